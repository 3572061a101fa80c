//! A new version is rolled out: one copy after the other ends and starts again, under load.

use scratch::Cluster;

use crate::house::{House, until};
use crate::load::{Load, check};
use crate::outside::Copy;

fn addresses(copies: &[Copy]) -> Vec<String> {
    copies.iter().map(|copy| copy.address.clone()).collect()
}

/// With a proxy that asks `/readyz`: a copy says that it stops before it does, so that no request fails.
#[test]
fn behind_a_proxy_a_restart_is_not_noticed() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let start = || house.copy(&["--stop-delay", "3"]);
    let mut copies = vec![start(), start()];
    let load = Load::start(addresses(&copies));
    load.wait_for(30);
    for _ in 0..2 {
        let old = copies.remove(0);
        old.tell_to_stop();
        until("it is not ready any more", || !old.ready());
        load.send_to(addresses(&copies));
        load.wait_for(30);
        old.wait();
        copies.push(start());
        load.send_to(addresses(&copies));
        load.wait_for(30);
    }
    let seen = load.finish();
    assert_eq!(seen.withdrawn, Vec::<String>::new());
    // A payment may wait too long for a slow disk; no copy's end is the reason for anything.
    assert!(seen.repeated.keys().all(|said| said == "503 unavailable"), "{:?}", seen.repeated);
    check(&house, &seen, |sql| server.sql(sql));
}

/// Without one: whatever goes wrong for a caller, the same request sent again cures it.
#[test]
fn without_a_proxy_the_same_request_again_is_answered() {
    let server = Cluster::start();
    let house = House::lay(server.url(), |sql| server.sql(sql));
    let mut copies = vec![house.copy(&[]), house.copy(&[])];
    let load = Load::start(addresses(&copies));
    load.wait_for(30);
    for _ in 0..2 {
        let old = copies.remove(0);
        old.tell_to_stop();
        load.wait_for(10);
        old.wait();
        load.wait_for(10);
        copies.push(house.copy(&[]));
        load.send_to(addresses(&copies));
        load.wait_for(30);
    }
    let seen = load.finish();
    assert_eq!(seen.withdrawn, Vec::<String>::new());
    let cured = |said: &str| said.starts_with("no answer") || said == "503 unavailable";
    assert!(seen.repeated.keys().all(|said| cured(said)), "{:?}", seen.repeated);
    check(&house, &seen, |sql| server.sql(sql));
}
