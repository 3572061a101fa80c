//! The database fails over under load: the primary dies, its synchronous standby takes over, and the copies go on
//! without a restart.

use std::io::Write as _;
use std::time::Instant;

use scratch::{Cluster, Pair};

use crate::house::{House, until};
use crate::load::{Load, check};
use crate::outside::Copy;

/// Ends the primary under load, waits for `before_promotion`, promotes, and checks everything.
fn fail_over(end: impl Fn(&mut Cluster), before_promotion: impl Fn(&Load)) {
    let mut pair = Pair::start();
    let house = House::lay(pair.url(), |sql| pair.primary.sql(sql));
    let copies = [house.copy(&[]), house.copy(&[])];
    let load = Load::start(copies.iter().map(|copy| copy.address.clone()).collect());
    load.wait_for(60);
    end(&mut pair.primary);
    before_promotion(&load);
    pair.promote();
    let promoted = Instant::now();
    load.wait_for(60);
    let seen = load.finish();
    let first = seen.acknowledged.values().map(|(_, at)| *at).filter(|at| *at > promoted).min().expect("some");
    check(&house, &seen, |sql| pair.standby.sql(sql));
    assert!(copies.iter().all(Copy::ready));
    assert!(seen.repeated.keys().all(|said| said.starts_with("503") || said.starts_with("202")), "{:?}", seen.repeated);
    // Shown by `--no-capture`.
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

/// Longer than a copy waits for a database. [`Load`] accepts no answer in between but "not charged" and "unknown".
#[test]
fn after_a_long_outage_every_payment_gets_its_outcome() {
    fail_over(Cluster::kill, |load| until("somebody is told", || !load.seen().repeated.is_empty()));
}

/// Its machine keeps the connections and says nothing: the copies give it up by themselves.
#[test]
fn a_primary_that_hangs_is_left() {
    fail_over(|primary| drop(primary.freeze()), |_| {});
}
