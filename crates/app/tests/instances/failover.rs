//! Failover of the database under load: the primary dies, its synchronous standby takes over, and the instances
//! continue without a restart.

use std::io::Write as _;
use std::time::Instant;

use scratch::{Cluster, Pair};

use crate::installation::{Installation, until};
use crate::load::{Load, check};
use crate::program::Instance;

/// Stops the primary under load, waits for `before_promotion`, promotes the standby, and checks everything.
fn fail_over(end: impl Fn(&mut Cluster), before_promotion: impl Fn(&Load)) {
    let mut pair = Pair::start();
    let installation = Installation::set_up(pair.url(), |sql| pair.primary.sql(sql));
    let instances = [installation.start(&[]), installation.start(&[])];
    let load = Load::start(instances.iter().map(|instance| instance.address.clone()).collect());
    load.wait_for(60);
    end(&mut pair.primary);
    before_promotion(&load);
    pair.promote();
    let promoted = Instant::now();
    load.wait_for(60);
    let seen = load.finish();
    let first = seen.acknowledged.values().map(|(_, at)| *at).filter(|at| *at > promoted).min().expect("some");
    check(&installation, &seen, |sql| pair.standby.sql(sql));
    assert!(instances.iter().all(Instance::ready));
    assert!(seen.repeated.keys().all(|said| said.starts_with("503") || said.starts_with("202")), "{:?}", seen.repeated);
    // Visible with `--no-capture`.
    let told = format!(
        "{} acknowledged, {} withdrawn, sent again {:?}; first {:?} after the promotion, longest gap {:?}\n",
        seen.acknowledged.len(),
        seen.withdrawn.len(),
        seen.repeated,
        first - promoted,
        seen.gap(),
    );
    std::io::stdout().write_all(told.as_bytes()).expect("said");
}

#[test]
fn when_the_standby_takes_over_at_once_nothing_is_lost_or_doubled() {
    fail_over(Cluster::kill, |_| {});
}

/// The outage is longer than an instance waits for a database. [`Load`] accepts only "not charged" and "unknown"
/// meanwhile.
#[test]
fn after_a_long_outage_every_payment_gets_its_outcome() {
    fail_over(Cluster::kill, |load| until("a caller is told", || !load.seen().repeated.is_empty()));
}

/// The machine keeps its connections and stays silent: the instances time out by themselves.
#[test]
fn a_hanging_primary_is_abandoned() {
    fail_over(|primary| drop(primary.freeze()), |_| {});
}
