//! Adjustments: two persons, double entry, no edits, and whom money never falls on.

mod book;

use bihuan_core::adjustment::{
    AdjustmentCommand, AdjustmentRefusal, AdjustmentStage, AdjustmentSubmission, Period, Propose,
    RuleDocument, check_document,
};
use bihuan_core::id::{AccountId, AdjustmentId, CommandId, PackId};
use bihuan_core::matter::Via;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use book::{Book, document};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

fn code<T>(done: Result<T, AdjustmentRefusal>) -> &'static str {
    done.err().map_or("done", |it| it.code())
}

#[test]
fn money_goes_the_whole_way_by_two_persons_and_balances() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    book.score("v01", "finding", -10_000);
    book.score("v01", "on_time", 3_000);
    let id = book.propose("v01").expect("an assessor may");
    assert_eq!(book.adjustments[&id].amount_fen, -17_000);
    assert_eq!(code(book.submit("assessor@town", id, AdjustmentCommand::Review)), "not_allowed");
    assert_eq!(code(book.submit("leader@town", id, AdjustmentCommand::Confirm)), "wrong_stage");
    book.submit("leader@town", id, AdjustmentCommand::Review).expect("a second person");
    let announce = AdjustmentCommand::Announce("公示3号".into());
    book.submit("assessor@town", id, announce).expect("announced");
    assert_eq!(code(book.submit("leader@town", id, AdjustmentCommand::Confirm)), "term_runs");
    assert_eq!(code(book.submit("assessor@town", id, AdjustmentCommand::Execute)), "wrong_stage");
    book.now = book.now.plus_ms(6 * DAY_MS);
    book.submit("leader@town", id, AdjustmentCommand::Confirm).expect("after the term");
    book.submit("assessor@town", id, AdjustmentCommand::Execute).expect("executed");
    assert_eq!(book.account("v01"), -17_000);
    assert_eq!(book.accounts.values().sum::<i64>(), 0);
    let no = AdjustmentCommand::Reject("想改".into());
    assert_eq!(code(book.submit("leader@town", id, no)), "wrong_stage", "never an edit");
}

#[test]
fn whoever_proposes_judges_nothing_and_no_charged_unit_judges_itself() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    let id = book.propose("v01").expect("an assessor may");
    let review = || AdjustmentCommand::Review;
    assert_eq!(code(book.submit("leader@v01", id, review())), "charged_unit");
    assert_eq!(code(book.submit("unit_head@v01", id, review())), "not_allowed");
    assert_eq!(code(book.submit("nobody", id, review())), "no_account");
    book.submit("leader@district", id, review()).expect("another unit");
    // One person who holds both roles proposes, and may not go on.
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    let id = AdjustmentId(Uuid::from_u128(99));
    let propose = Propose {
        pack: PackId::from("sanitation"),
        period: Period { from: "2021-03-01".into(), to: "2021-03-31".into() },
        unit: UnitId::from("v01"),
        document: "2021-3".into(),
    };
    let both = "assessor@district";
    book.submit(both, id, AdjustmentCommand::Propose(propose)).expect("proposed");
    assert_eq!(code(book.submit("leader@district", id, review())), "same_person");
    let program = AdjustmentSubmission {
        id: CommandId(Uuid::from_u128(1_000)),
        by: AccountId::from("leader@town"),
        via: Via::Token,
        roles: Vec::new(),
        adjustment: id,
        base_version: None,
        command: review(),
    };
    assert_eq!(code(book.send(&program)), "not_by_machine");
    let stale = AdjustmentSubmission { via: Via::Person, base_version: Some(0), ..program };
    assert_eq!(code(book.send(&stale)), "stale");
}

#[test]
fn the_charged_unit_objects_within_the_term_and_once() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    let object = || AdjustmentCommand::Object("当日暴雨".into());
    let id = book.propose("v01").expect("proposed");
    assert_eq!(code(book.submit("unit_head@v01", id, object())), "wrong_stage");
    book.submit("leader@town", id, AdjustmentCommand::Review).expect("reviewed");
    book.submit("assessor@town", id, AdjustmentCommand::Announce("1".into())).expect("announced");
    assert_eq!(code(book.submit("unit_head@v02", id, object())), "not_allowed");
    assert_eq!(code(book.submit("handler@v01", id, object())), "not_allowed");
    book.submit("unit_head@v01", id, object()).expect("within the term");
    assert_eq!(code(book.submit("leader@town", id, AdjustmentCommand::Confirm)), "wrong_stage");
    let overrule = AdjustmentCommand::Overrule("已核实".into());
    assert_eq!(code(book.submit("assessor@town", id, overrule.clone())), "not_allowed");
    book.submit("leader@town", id, overrule).expect("answered");
    assert_eq!(code(book.submit("unit_head@v01", id, object())), "objected_already");
    book.now = book.now.plus_ms(6 * DAY_MS);
    book.submit("leader@town", id, AdjustmentCommand::Confirm).expect("after the term");
    // Of another one, the objection is right: it ends, and its scores are free again.
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    let id = book.propose("v01").expect("proposed");
    book.submit("leader@town", id, AdjustmentCommand::Review).expect("reviewed");
    book.submit("assessor@town", id, AdjustmentCommand::Announce("1".into())).expect("announced");
    book.submit("unit_head@v01", id, object()).expect("objected");
    let uphold = AdjustmentCommand::Uphold("属实".into());
    assert_eq!(book.submit("leader@town", id, uphold), Ok(AdjustmentStage::Rejected));
    book.propose("v01").expect("the score may be charged anew");
    let late = book.adjustments.keys().last().copied().expect("the new one");
    book.submit("leader@town", late, AdjustmentCommand::Review).expect("reviewed");
    book.submit("assessor@town", late, AdjustmentCommand::Announce("2".into())).expect("announced");
    book.now = book.now.plus_ms(6 * DAY_MS);
    assert_eq!(code(book.submit("unit_head@v01", late, object())), "term_over");
}

#[test]
fn what_is_exempt_void_quick_or_over_the_cap_is_left_out() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000).is_exempt = true;
    book.score("v01", "finding", -10_000).is_void = true;
    book.score("v01", "finding", -10_000).cleared_at = Some(Instant(2 * HOUR_MS));
    book.score("v01", "finding", -10_000).before = 1;
    book.score("v01", "unknown", -10_000);
    assert_eq!(code(book.propose("v01")), "no_cases");
    for _ in 0..4 {
        book.score("v01", "finding", -10_000);
    }
    let id = book.propose("v01").expect("some are left");
    let fen: Vec<i64> = book.adjustments[&id].cases.iter().map(|it| it.fen).collect();
    assert_eq!(fen, [-10_000, -10_000, -5_000], "the cap of 250 yuan cuts the third");
    assert_eq!(book.adjustments[&id].cases[2].scored_fen, Some(-10_000));
    assert_eq!(code(book.propose("v01")), "no_cases", "a score is held once");
}

#[test]
fn money_falls_on_listed_public_bodies_alone_or_by_contract() {
    let mut book = Book::new();
    for unit in ["v01", "cleaner", "stall", "town"] {
        book.score(unit, "finding", -10_000);
    }
    assert_eq!(code(book.propose("stall")), "never_charged");
    assert_eq!(code(book.propose("town")), "no_cases", "the tariff does not list towns");
    assert_eq!(code(book.propose("cleaner")), "no_cases", "no contract");
    book.document.contracts.insert(UnitId::from("cleaner"), "合同 2021-17".into());
    let id = book.propose("cleaner").expect("by contract");
    assert_eq!(book.adjustments[&id].basis.contract.as_deref(), Some("合同 2021-17"));
    book.document.from = "2021-03-02".into();
    assert_eq!(code(book.propose("v01")), "not_covered");
    book.document.from = "2021-01-01".into();
    book.document.pack = PackId::from("dispute");
    assert_eq!(code(book.propose("v01")), "no_document");
    book.document.pack = PackId::from("sanitation");
    book.now = book.now.plus_ms(-2 * DAY_MS);
    assert_eq!(code(book.propose("v01")), "period_runs");
    let broken = RuleDocument { from: "2021-1-1".into(), fund: String::new(), ..document() };
    assert_eq!(check_document(&broken, &book.rules.units).len(), 2);
    assert!(check_document(&document(), &book.rules.units).is_empty());
}

#[test]
fn rewards_stay_within_the_pool() {
    let mut book = Book::new();
    book.score("v01", "on_time", 3_000);
    book.score("v01", "on_time", 3_000);
    assert_eq!(book.propose("v01").err(), Some(AdjustmentRefusal::PoolEmpty { left_fen: 5_000 }));
    book.document.pool_fen = Some(6_000);
    book.propose("v01").expect("within the pool");
}

#[test]
fn a_counter_entry_undoes_what_it_names_and_once() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    book.score("v01", "finding", -10_000);
    let id = book.propose("v01").expect("proposed");
    assert_eq!(code(book.reverse(id, &[])), "not_reversible");
    book.settle(id);
    assert_eq!(code(book.reverse(id, &[3])), "not_open");
    let counter = book.reverse(id, &[2]).expect("of the second case");
    assert_eq!(code(book.reverse(id, &[2])), "not_open", "a living counter-entry names it");
    book.settle(counter);
    assert_eq!(book.account("v01"), -10_000);
    assert_eq!(code(book.reverse(counter, &[])), "not_reversible");
    let rest = book.reverse(id, &[]).expect("whatever is left");
    book.settle(rest);
    assert_eq!((book.account("v01"), book.accounts.values().sum::<i64>()), (0, 0));
    assert_eq!(code(book.reverse(id, &[])), "not_open");
}

#[test]
fn a_case_that_falls_on_the_way_stops_the_money() {
    let mut book = Book::new();
    book.score("v01", "finding", -10_000);
    let id = book.propose("v01").expect("proposed");
    book.submit("leader@town", id, AdjustmentCommand::Review).expect("reviewed");
    book.submit("assessor@town", id, AdjustmentCommand::Announce("1".into())).expect("announced");
    book.now = book.now.plus_ms(6 * DAY_MS);
    book.scored[0].is_exempt = true;
    let refused = book.submit("leader@town", id, AdjustmentCommand::Confirm);
    assert_eq!(refused, Err(AdjustmentRefusal::CasesFell { cases: vec![1] }));
    let withdraw = AdjustmentCommand::Withdraw("申诉成立".into());
    assert_eq!(code(book.submit("leader@town", id, withdraw.clone())), "not_allowed");
    book.submit("assessor@town", id, withdraw).expect("own proposal");
}

/// Something that somebody tries.
fn any_step() -> impl Strategy<Value = (usize, usize, u8)> {
    (0..12_usize, 0..9_usize, 0..8_u8)
}

proptest! {
    #[test]
    fn whatever_people_try_the_ledger_balances_and_two_persons_stand_behind_it(
        fen in proptest::collection::vec((0..2_usize, -3..2_i64), 1..12),
        steps in proptest::collection::vec(any_step(), 1..120),
    ) {
        let mut book = Book::new();
        let units = ["v01", "v02"];
        for (unit, sign) in fen.iter().filter(|it| it.1 != 0) {
            let tariff = if *sign > 0 { "on_time" } else { "finding" };
            book.score(units[*unit], tariff, sign * 2_000);
        }
        let who = [
            "assessor@town", "leader@town", "leader@district", "unit_head@v01", "unit_head@v02",
            "leader@v01",
        ];
        for (person, what, which) in steps {
            let ids: Vec<AdjustmentId> = book.adjustments.keys().copied().collect();
            let id = ids.get(usize::from(which) % ids.len().max(1)).copied();
            let Some(id) = id.filter(|_| what > 0) else {
                drop(book.propose(units[usize::from(which) % 2]));
                continue;
            };
            // Half of the time it is whoever may, so that money does move.
            let may = [0, 1, 0, 3, 1, 1, 0, 0, 1][what];
            let person = who.get(person).copied().unwrap_or(who[may]);
            let command = match what {
                1 => AdjustmentCommand::Review,
                2 => AdjustmentCommand::Announce("1".into()),
                3 => AdjustmentCommand::Object("x".into()),
                4 => AdjustmentCommand::Overrule("x".into()),
                5 => AdjustmentCommand::Confirm,
                6 => AdjustmentCommand::Execute,
                7 => { drop(book.reverse(id, &[])); continue }
                _ => AdjustmentCommand::Reject("x".into()),
            };
            if what == 5 && which % 2 == 0 {
                book.now = book.now.plus_ms(6 * DAY_MS);
            }
            drop(book.submit(person, id, command));
            check(&book)?;
        }
    }
}

/// The laws that hold after every step.
fn check(book: &Book) -> Result<(), TestCaseError> {
    prop_assert_eq!(book.accounts.values().sum::<i64>(), 0, "every entry has its other side");
    for unit in ["v01", "v02"] {
        let executed = book
            .adjustments
            .values()
            .filter(|it| it.unit.as_str() == unit && it.stage == AdjustmentStage::Executed);
        let sum: i64 = executed.map(|it| it.amount_fen).sum();
        prop_assert_eq!(sum, book.account(unit), "adjustments are what statements say");
    }
    let mut held = BTreeSet::new();
    for it in book.adjustments.values() {
        let cases: i64 = it.cases.iter().map(|it| it.fen).sum();
        prop_assert_eq!(cases, it.amount_fen, "the amount is its cases");
        let by = |what: &str| it.steps.iter().find(|step| step.what == what);
        for judged in ["reviewed", "confirmed"] {
            let person = by(judged).map(|it| &it.person);
            prop_assert_ne!(person, Some(&it.proposed_by), "two persons");
        }
        if it.stage == AdjustmentStage::Executed {
            prop_assert!(by("reviewed").is_some() && by("confirmed").is_some());
            let at = |what: &str| by(what).map_or(0, |it| it.at.0);
            let waited = it.amount_fen >= 0 || it.until.is_some_and(|it| it.0 <= at("confirmed"));
            prop_assert!(waited, "the term was kept");
        }
        if it.reverses.is_none() && !it.stage.is_void() {
            let undone = |seq: u64| !book.held(false).contains(&seq);
            for case in it.cases.iter().filter(|case| !undone(case.seq)) {
                prop_assert!(held.insert(case.seq), "a score is in one living adjustment");
            }
        }
    }
    Ok(())
}
