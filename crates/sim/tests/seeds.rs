//! The simulator finds nothing wrong with the real host, and finds every planted fault.

use sim::flaws::Flaw;
use sim::run::{Kind, run};

#[test]
fn two_hundred_seeds_in_memory() {
    let (mut paid, mut restarts, mut arrived, mut never) = (0, 0, 0, 0);
    let mut after = [0; 13];
    for seed in 1..=200 {
        let stats = run(Kind::Memory, seed, 45).expect("nothing wrong");
        (paid, restarts) = (paid + stats.paid, restarts + stats.restarts);
        after.iter_mut().zip(stats.after).for_each(|(sum, one)| *sum += one);
        (arrived, never) = (arrived + stats.resolved.0, never + stats.resolved.1);
    }
    // The runs are worth something only when they reach these.
    assert!(after.iter().all(|count| *count > 50), "{after:?}");
    assert!(paid > 1_000 && restarts > 100 && arrived > 100 && never > 50, "{paid} {restarts} {arrived} {never}");
}

#[test]
fn some_seeds_over_a_file() {
    for seed in 1_000..1_012 {
        run(Kind::Sqlite, seed, 30).expect("nothing wrong");
    }
}

#[test]
fn the_control_without_a_flaw_passes() {
    for seed in 1..=50 {
        run(Kind::Flawed(None), seed, 30).expect("nothing wrong");
    }
}

/// The first seeds in which each planted fault shows; 500 are allowed.
#[test]
fn every_planted_fault_is_found() {
    for flaw in Flaw::ALL {
        let found = (1..=500).find(|seed| run(Kind::Flawed(Some(flaw)), *seed, 30).is_err());
        assert!(found.is_some(), "{flaw:?} was not found in 500 seeds");
    }
}
