//! Rankings: ties share, nobody else changes an order, no matters are no rank.

use bihuan_core::pack::{ListRule, RankingRule};
use bihuan_core::ranking::{RankingList, RankingState, UnitTally, digest, rank};
use bihuan_core::text::Text;
use bihuan_core::unit::{KindId, UnitId};
use proptest::prelude::*;

fn rule() -> RankingRule {
    RankingRule {
        id: "villages".into(),
        title: Text::new("村", "villages"),
        kind: KindId::from("village"),
        groups: Vec::new(),
        per: None,
        publish: Vec::new(),
        minimum: 1,
        red: None,
        black: None,
    }
}

fn tally(unit: &str, cases: u64, points_milli: i64) -> UnitTally {
    UnitTally {
        unit: UnitId::from(unit),
        group: String::new(),
        cases,
        points_milli,
        overdue: 0,
        rework: 0,
        cleared: 0,
        took_ms: 0,
        base: 1,
        inspected: true,
        waiting: 0,
    }
}

/// The ranks by unit, in the order that is shown.
fn ranks(rule: &RankingRule, tallies: &[UnitTally]) -> Vec<(String, Option<u64>)> {
    rank(rule, tallies).into_iter().map(|it| (it.tally.unit.0, it.rank)).collect()
}

#[test]
fn ties_share_a_rank_and_the_next_is_skipped() {
    let all = [tally("c", 2, -1_000), tally("a", 2, 0), tally("b", 2, -1_000), tally("d", 2, -9)];
    let told = ranks(&rule(), &all);
    let told: Vec<_> = told.iter().map(|it| (it.0.as_str(), it.1)).collect();
    assert_eq!(told, [("a", Some(1)), ("d", Some(2)), ("b", Some(3)), ("c", Some(3))]);
    let more = [&all[..], &[tally("e", 1, -5_000)]].concat();
    assert_eq!(ranks(&rule(), &more)[4], ("e".to_owned(), Some(5)));
}

#[test]
fn a_tie_is_broken_by_overdue_then_rework_then_the_time_that_it_took() {
    let late = UnitTally { overdue: 1, ..tally("a", 3, -1_000) };
    let again = UnitTally { rework: 1, ..tally("b", 3, -1_000) };
    let slow = UnitTally { cleared: 2, took_ms: 40, ..tally("c", 3, -1_000) };
    let quick = UnitTally { cleared: 1, took_ms: 10, ..tally("d", 3, -1_000) };
    let never = tally("e", 3, -1_000);
    let told = ranks(&rule(), &[late, again, slow, quick, never]);
    assert_eq!(told.iter().map(|it| it.0.as_str()).collect::<String>(), "dceba");
}

#[test]
fn no_data_is_no_rank_and_never_full_marks() {
    let rule = RankingRule { minimum: 3, ..rule() };
    let all = [
        tally("few", 2, 5_000),
        tally("clean", 0, 0),
        UnitTally { inspected: false, ..tally("unseen", 0, 0) },
        UnitTally { waiting: 1, ..tally("waits", 0, 0) },
        UnitTally { base: 0, ..tally("empty", 5, 0) },
        tally("ranked", 3, -9_000),
    ];
    let told = rank(&rule, &all);
    let state = |unit: &str| told.iter().find(|it| it.tally.unit.0 == unit).map(|it| it.state);
    assert_eq!(state("few"), Some(RankingState::TooFew));
    assert_eq!(state("clean"), Some(RankingState::NoProblem));
    assert_eq!(state("unseen"), Some(RankingState::NotInspected));
    assert_eq!(state("waits"), Some(RankingState::TooFew), "something was found there");
    assert_eq!(state("empty"), Some(RankingState::NoBase));
    let ranked: Vec<_> = told.iter().filter(|it| it.rank.is_some()).collect();
    assert_eq!(ranked.len(), 1);
    assert_eq!((ranked[0].tally.unit.as_str(), ranked[0].rank), ("ranked", Some(1)));
}

#[test]
fn lists_are_by_rank_or_by_rate_and_a_group_has_its_own() {
    let places = ListRule { places: Some(1), percent: None };
    let by_rank = RankingRule { red: Some(places), black: Some(places), ..rule() };
    let mut all = vec![tally("a", 2, 0), tally("b", 2, -1), tally("c", 2, -2)];
    let list = |rule: &RankingRule, all: &[UnitTally]| -> Vec<Option<RankingList>> {
        rank(rule, all).iter().map(|it| it.list).collect()
    };
    let (red, black) = (Some(RankingList::Red), Some(RankingList::Black));
    assert_eq!(list(&by_rank, &all), [red, None, black]);
    assert_eq!(list(&by_rank, &all[..1]), [None], "first and last at once is on neither list");
    for (no, cleared) in [10, 9, 8].into_iter().enumerate() {
        (all[no].cases, all[no].cleared) = (10, cleared);
    }
    let by_rate = RankingRule {
        red: Some(ListRule { places: None, percent: Some(90) }),
        black: Some(ListRule { places: None, percent: Some(85) }),
        ..rule()
    };
    assert_eq!(list(&by_rate, &all), [red, red, black]);
    all[2].group = "class_2".into();
    let told = ranks(&by_rank, &all);
    assert_eq!(told[2], ("c".to_owned(), Some(1)), "the first of its own group");
}

#[test]
fn points_count_for_each_grid_below() {
    let large = UnitTally { base: 10, ..tally("large", 9, -9_000) };
    let small = UnitTally { base: 2, ..tally("small", 3, -3_000) };
    let told = rank(&rule(), &[small, large]);
    assert_eq!((told[0].tally.unit.as_str(), told[0].score_milli), ("large", -900));
    assert_eq!(told[1].score_milli, -1_500);
}

fn any_tally(no: usize) -> impl Strategy<Value = UnitTally> {
    let small = 0..4_u64;
    let group = prop_oneof![Just(String::new()), Just("class_1".to_owned())];
    (small.clone(), -3..3_i64, small.clone(), small.clone(), small, 1..3_u64, 0..9_i64, group)
        .prop_map(move |(cases, points, overdue, rework, cleared, base, took_ms, group)| {
            let unit = format!("u{no}");
            UnitTally {
                overdue,
                rework,
                cleared,
                took_ms,
                base,
                group,
                ..tally(&unit, cases, points * 500)
            }
        })
}

fn any_tallies() -> impl Strategy<Value = Vec<UnitTally>> {
    (1..9_usize).prop_flat_map(|count| (0..count).map(any_tally).collect::<Vec<_>>())
}

/// The same units in two orders.
fn any_shuffled() -> impl Strategy<Value = (Vec<UnitTally>, Vec<UnitTally>)> {
    any_tallies().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle()))
}

proptest! {
    #[test]
    fn the_order_of_the_units_that_are_given_changes_nothing(
        (all, shuffled) in any_shuffled()
    ) {
        prop_assert_eq!(rank(&rule(), &all), rank(&rule(), &shuffled));
        prop_assert_eq!(digest(&rule(), &all), digest(&rule(), &shuffled));
    }

    #[test]
    fn another_unit_changes_no_order_of_the_others(all in any_tallies(), more in any_tally(99)) {
        let before: Vec<_> = ranks(&rule(), &all).into_iter().map(|it| it.0).collect();
        let with = [&all[..], &[more]].concat();
        let after = ranks(&rule(), &with).into_iter().map(|it| it.0);
        prop_assert_eq!(before, after.filter(|it| it != "u99").collect::<Vec<_>>());
    }

    #[test]
    fn a_rank_is_one_more_than_how_many_stand_better(all in any_tallies()) {
        let told = rank(&rule(), &all);
        for it in told.iter().filter(|it| it.rank.is_some()) {
            let same = |other: &&bihuan_core::ranking::Ranked| other.tally.group == it.tally.group;
            let better = told.iter().filter(same).filter(|other| other.rank < it.rank);
            let better = better.filter(|it| it.rank.is_some()).count() as u64;
            prop_assert_eq!(it.rank, Some(better + 1));
            prop_assert!(it.tally.cases > 0, "without matters there is no rank");
        }
    }
}
