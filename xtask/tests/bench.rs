//! The short form of the bench: it runs, on every database that is there, and means nothing.

use xtask::bench::{Database, Options, Part, run, sizes};

#[test]
fn the_bench_runs() {
    let options = Options {
        matters: vec![6_000],
        parts: vec![Part::Service],
        databases: vec![Database::Sqlite],
        quick: true,
        program: env!("CARGO_BIN_EXE_xtask").into(),
    };
    assert!(run(&options).expect("it runs"));
}

#[test]
fn a_size_that_means_nothing_is_refused() {
    assert_eq!(sizes("100000, 1000000").expect("they are numbers"), [100_000, 1_000_000]);
    assert!(sizes("12").is_err() && sizes("many").is_err());
}
