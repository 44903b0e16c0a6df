//! The campaigns in their short form; each control must fail, or the campaign shows nothing.

use std::path::Path;

use xtask::test::installation_for_tests;
use xtask::torture::{Campaign, run};

fn holds(campaign: Campaign) {
    let program = Path::new(env!("CARGO_BIN_EXE_xtask"));
    assert!(run(campaign, None, false, program).expect("what must hold, holds"));
}

#[test]
fn simulated_phones_lose_nothing_and_double_nothing() {
    holds(Campaign::Sim);
}

#[test]
fn a_killed_writer_keeps_every_receipt_it_gave() {
    holds(Campaign::Kill);
}

#[test]
fn a_killed_service_keeps_every_receipt_and_every_photo() {
    holds(Campaign::Http);
}

#[test]
fn slow_connections_are_closed_and_keep_nobody_waiting() {
    holds(Campaign::Crowd);
}

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    holds(Campaign::Disk);
}

#[test]
fn a_loss_of_power_takes_no_receipt_with_it() {
    holds(Campaign::Power);
}

#[test]
fn a_standby_takes_over_with_every_receipt() {
    if installation_for_tests().expect("PostgreSQL can be found").is_some() {
        holds(Campaign::Failover);
    }
}
