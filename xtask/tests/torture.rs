//! The campaigns in their short form; each control must fail, or the campaign shows nothing.

use xtask::torture::{Campaign, run};

#[test]
fn simulated_phones_lose_nothing_and_double_nothing() {
    assert!(run(Campaign::Sim, None, false).expect("what must hold, holds"));
}
