//! A rolling restart under load: one instance after the other stops and starts again.

use scratch::Cluster;

use crate::installation::{Installation, until};
use crate::load::{Load, check};
use crate::program::Instance;

fn addresses(instances: &[Instance]) -> Vec<String> {
    instances.iter().map(|instance| instance.address.clone()).collect()
}

/// With a proxy that queries `/readyz`: an instance reports not ready before it stops, so no request fails.
#[test]
fn behind_a_proxy_a_restart_is_not_noticed() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let start = || installation.start(&["--stop-delay", "3"]);
    let mut instances = vec![start(), start()];
    let load = Load::start(addresses(&instances));
    load.wait_for(30);
    for _ in 0..2 {
        let old = instances.remove(0);
        old.send_stop();
        until("it is not ready any more", || !old.ready());
        load.send_to(addresses(&instances));
        load.wait_for(30);
        old.wait();
        instances.push(start());
        load.send_to(addresses(&instances));
        load.wait_for(30);
    }
    let seen = load.finish();
    assert_eq!(seen.withdrawn, Vec::<String>::new());
    // A slow disk can make a payment wait too long; a stopping instance must not cause any error.
    assert!(seen.repeated.keys().all(|said| said == "503 unavailable"), "{:?}", seen.repeated);
    check(&installation, &seen, |sql| server.sql(sql));
}

/// Without a proxy: whatever fails for a caller, repeating the same request succeeds.
#[test]
fn without_a_proxy_the_same_request_again_is_answered() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let mut instances = vec![installation.start(&[]), installation.start(&[])];
    let load = Load::start(addresses(&instances));
    load.wait_for(30);
    for _ in 0..2 {
        let old = instances.remove(0);
        old.send_stop();
        load.wait_for(10);
        old.wait();
        load.wait_for(10);
        instances.push(installation.start(&[]));
        load.send_to(addresses(&instances));
        load.wait_for(30);
    }
    let seen = load.finish();
    assert_eq!(seen.withdrawn, Vec::<String>::new());
    let cured = |said: &str| said.starts_with("no answer") || said == "503 unavailable";
    assert!(seen.repeated.keys().all(|said| cured(said)), "{:?}", seen.repeated);
    check(&installation, &seen, |sql| server.sql(sql));
}
