//! Pages and balances by hand-made rows, the same on both databases.

mod support;

use bihuan_core::id::MatterId;
use bihuan_core::pack::Meaning;
use bihuan_core::place::{BBox, Point, cell};
use bihuan_core::policy::Scope;
use bihuan_core::time::{DAY_MS, Instant, Zone};
use bihuan_core::unit::UnitId;
use bihuan_store::balance::{Balance, balance, daily};
use bihuan_store::filter::{Filter, Period, Standing};
use bihuan_store::page::{Ask, Mark, Sort, mark, page};
use bihuan_store::text::Shown;
use bihuan_store::{Db, Value, migrate, search};
use std::collections::BTreeMap;
use support::Ground;

/// Matters of the test; every third has ended, every fifth is late.
const COUNT: i64 = 600;
/// Units of the test, `u00` to `u29`.
const UNITS: i64 = 30;

fn text(it: impl Into<String>) -> Value {
    Value::Text(it.into())
}

fn id(no: i64) -> MatterId {
    format!("00000000-0000-7000-8000-{no:012}").parse().map(MatterId).unwrap()
}

fn at(no: i64) -> Point {
    Point { lon_e7: 1_100_000_000 + no * 1_000, lat_e7: 350_000_000 }
}

/// Rows as the write path leaves them, as far as pages look at them.
fn fill(db: &mut Db) {
    migrate(db).unwrap();
    let mut matters = Vec::new();
    let (mut titles, mut words, mut spans) = (Vec::new(), Vec::new(), Vec::new());
    for no in 1..=COUNT {
        let unit = format!("u{:02}", no % UNITS);
        let ended = no % 3 == 0;
        let meaning = if ended { "closed" } else { "handling" };
        let place = at(no);
        let owner = if ended { Value::Null } else { text(unit.clone()) };
        let due = if ended { Value::Null } else { Value::Int(if no % 5 == 0 { 10 } else { 99 }) };
        matters.push(vec![
            text(id(no).to_string()),
            Value::Int(no * 7),
            text(meaning),
            text(unit.clone()),
            owner,
            Value::Int(place.lon_e7),
            Value::Int(place.lat_e7),
            Value::Int(cell::key(place)),
            Value::Int(no),
            due,
        ]);
        let said = if no % 2 == 0 { "垃圾满溢" } else { "污水外溢" };
        let erased = if no == COUNT { Value::Int(9) } else { Value::Null };
        let bytes = if no == COUNT { Value::Null } else { Value::Blob(said.into()) };
        titles.push(vec![
            text(format!("ref{no}")),
            text(id(no).to_string()),
            text("title"),
            bytes,
            erased,
        ]);
        words.push((u64::try_from(no * 7).unwrap(), said.to_owned()));
        let left =
            if ended { (Value::Int(no + 10), text("cleared")) } else { (Value::Null, Value::Null) };
        spans.push(vec![
            text(id(no).to_string()),
            Value::Int(no * 7),
            Value::Int(no),
            text("filed"),
            text("handling"),
            Value::Int(i64::from(no % 7 == 0)),
            text(unit),
            left.0,
            left.1,
        ]);
    }
    put(db, matters, &titles, &words, spans);
}

/// Writes the rows, with what pages do not look at.
fn put(
    db: &mut Db,
    mut matters: Vec<Vec<Value>>,
    titles: &[Vec<Value>],
    words: &[(u64, String)],
    mut spans: Vec<Vec<Value>>,
) {
    for row in &mut matters {
        let more = [0, 1].map(Value::Int).into_iter();
        row.extend(more.chain(["p", "s", "c", "o"].map(text)).chain([0, 0].map(Value::Int)));
        row.push(text("{}"));
    }
    db.insert(
        "INSERT INTO matter (id, first_seq, meaning, responsible, owner_unit, lon_e7, lat_e7, cell,
         opened_ms, due_ms, last_seq, version, pack, stage, class, source, rework, span_seq, state)
         VALUES",
        &matters,
        "",
    )
    .unwrap();
    let head = "INSERT INTO content (ref, matter, kind, bytes, erased_seq) VALUES";
    db.insert(head, titles, "").unwrap();
    search::put(db, words).unwrap();
    for row in &mut spans {
        row.extend(["p", "s", "c", "o"].map(text));
        row.push(Value::Int(0));
    }
    db.insert(
        "INSERT INTO span (matter, from_seq, from_ms, entered, meaning, suspended, responsible,
         left_ms, left_as, pack, stage, class, source, weight_milli) VALUES",
        &spans,
        "",
    )
    .unwrap();
}

/// Gives each matter a place in every order, none of them that of its opening.
fn spread(db: &mut Db) {
    for no in 1..=COUNT {
        let other = no * 7_919 % COUNT;
        let number = if no % 4 == 0 { Value::Null } else { text(format!("N-{other:05}")) };
        let late = if other % 2 == 0 { Value::Int(other / 10) } else { Value::Null };
        let due = if no % 3 == 0 { Value::Null } else { Value::Int(other / 8) };
        let sql = "UPDATE matter SET last_seq = $2, number = $3, overdue_ms = $4, due_ms = $5,
                          span_seq = first_seq
                   WHERE first_seq = $1";
        db.execute(sql, &[Value::Int(no * 7), Value::Int(other), number, late, due]).unwrap();
    }
}

/// What an order shows, and how it compares two matters.
fn wanted(sort: Sort) -> Vec<i64> {
    let other = |no: i64| no * 7_919 % COUNT;
    let is_open = |no: &i64| no % 3 != 0;
    let mut all: Vec<i64> = (1..=COUNT).collect();
    match sort {
        Sort::Newest => all.reverse(),
        Sort::Oldest => {}
        Sort::Due => {
            all.retain(is_open);
            all.sort_by_key(|it| (other(*it) / 8, *it));
        }
        Sort::Overdue => {
            all.retain(|it| is_open(it) && other(*it) % 2 == 0);
            all.sort_by_key(|it| (other(*it) / 10, *it));
        }
        Sort::Changed => all.sort_by_key(|it| -other(*it)),
        Sort::Number => {
            all.retain(|it| it % 4 != 0);
            all.sort_by_key(|it| other(*it));
        }
    }
    all
}

#[test]
fn every_order_is_kept_page_by_page_under_every_filter() {
    for ground in Ground::all("order") {
        let db = &mut ground.writer();
        fill(db);
        spread(db);
        let within = BBox {
            west_e7: at(50).lon_e7,
            east_e7: at(300).lon_e7,
            south_e7: 349_990_000,
            north_e7: 350_010_000,
        };
        let none = Filter::default;
        type Fits = fn(i64) -> bool;
        let filters: Vec<(Filter, Fits)> = vec![
            (none(), |_| true),
            (Filter { units: units(1), ..none() }, |it| it % UNITS < 1),
            (Filter { units: units(3), ..none() }, |it| it % UNITS < 3),
            (Filter { units: units(9), ..none() }, |it| it % UNITS < 9),
            (Filter { units: units(20), ..none() }, |it| it % UNITS < 20),
            (Filter { places: units(9), ..none() }, |_| false),
            (Filter { standing: Standing::Open, ..none() }, |it| it % 3 != 0),
            (Filter { standing: Standing::Ended, ..none() }, |it| it % 3 == 0),
            (Filter { standing: Standing::Suspended, ..none() }, |it| it % 3 != 0 && it % 7 == 0),
            (Filter { meanings: vec![Meaning::Handling], ..none() }, |it| it % 3 != 0),
            (Filter { meanings: vec![Meaning::Handling, Meaning::Closed], ..none() }, |_| true),
            (Filter { stages: vec!["s".into()], ..none() }, |_| true),
            (Filter { classes: vec!["d".into(), "e".into()], ..none() }, |_| false),
            (Filter { within: Some(within), ..none() }, |it| (50..=300).contains(&it)),
            (Filter { search: Some("垃圾".into()), ..none() }, |it| it % 2 == 0),
            (Filter { search: Some("垃圾".into()), units: units(9), ..none() }, |it| {
                it % 2 == 0 && it % UNITS < 9
            }),
            (Filter { number_prefix: Some("N-001".into()), ..none() }, |it| {
                it % 4 != 0 && it * 7_919 % COUNT / 100 == 1
            }),
            (Filter { numbers: vec!["N-00001".into()], ..none() }, |it| it * 7_919 % COUNT == 1),
        ];
        for sort in Sort::ALL {
            for (filter, fits) in &filters {
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let ask = Ask { filter: filter.clone(), sort, after, limit: 37, whole: false };
                    let before = db.executed();
                    let page = page(db, &Scope::operator(), &ask).unwrap();
                    assert!(db.executed() - before <= 3, "{filter:?}");
                    found.extend(page.rows.iter().map(|it| it.opened_at.0));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let mut wanted = wanted(sort);
                wanted.retain(|it| fits(*it));
                assert_eq!(found, wanted, "{sort:?} {filter:?}");
            }
        }
    }
}

/// All matters of a filter, page by page; checks that a page is few statements.
fn all(db: &mut Db, filter: &Filter) -> Vec<i64> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let ask = Ask { filter: filter.clone(), after, limit: 37, ..Ask::default() };
        let before = db.executed();
        let page = page(db, &Scope::operator(), &ask).unwrap();
        assert!(db.executed() - before <= 3, "{filter:?}");
        assert!(page.rows.len() <= 37);
        found.extend(page.rows.iter().map(|it| it.opened_at.0));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// What a filter finds is what a plain look over the numbers finds, newest first.
fn same(db: &mut Db, filter: &Filter, wanted: impl Fn(i64) -> bool) {
    let expected: Vec<i64> = (1..=COUNT).rev().filter(|it| wanted(*it)).collect();
    assert!(!expected.is_empty(), "{filter:?}");
    assert_eq!(all(db, filter), expected, "{filter:?}");
}

fn units(count: i64) -> Option<Vec<UnitId>> {
    Some((0..count).map(|it| UnitId(format!("u{it:02}"))).collect())
}

#[test]
fn every_filter_finds_what_a_look_over_all_would_find() {
    for ground in Ground::all("page") {
        let db = &mut ground.writer();
        fill(db);
        same(db, &Filter::default(), |_| true);
        for count in [1, 3, 16, 17, 29] {
            let filter = Filter { units: units(count), ..Filter::default() };
            same(db, &filter, |it| it % UNITS < count);
            if count == 1 {
                continue;
            }
            let filter = Filter { standing: Standing::Open, ..filter };
            same(db, &filter, |it| it % UNITS < count && it % 3 != 0);
            let filter = Filter { search: Some("垃圾".into()), ..filter };
            same(db, &filter, |it| it % UNITS < count && it % 3 != 0 && it % 2 == 0);
        }
        let late = Filter { standing: Standing::Overdue(Instant(50)), ..Filter::default() };
        same(db, &late, |it| it % 3 != 0 && it % 5 == 0);
        let opened = Period { from: Some(Instant(100)), to: Some(Instant(200)) };
        same(db, &Filter { opened, ..Filter::default() }, |it| (100..200).contains(&it));
        let within = BBox {
            west_e7: at(50).lon_e7,
            east_e7: at(90).lon_e7,
            south_e7: 349_990_000,
            north_e7: 350_010_000,
        };
        let within = Some(within);
        same(db, &Filter { within, ..Filter::default() }, |it| (50..=90).contains(&it));
        let none = Filter { units: Some(Vec::new()), ..Filter::default() };
        assert!(all(db, &none).is_empty());
        let none = Filter { search: Some("垃圾".into()), ..none };
        assert!(all(db, &none).is_empty(), "a search shows nothing to whom no unit is shown");
        let found = Filter { search: Some("垃圾".into()), ..Filter::default() };
        same(db, &found, |it| it % 2 == 0);
        let none = Filter { search: Some("没有".into()), ..Filter::default() };
        assert!(all(db, &none).is_empty());
        let none = Filter { search: Some("，。".into()), ..Filter::default() };
        assert!(all(db, &none).is_empty(), "a query without a word finds nothing");
    }
}

#[test]
fn an_erased_text_says_by_which_entry_and_an_unknown_cursor_ends() {
    for ground in Ground::all("page_text") {
        let db = &mut ground.writer();
        fill(db);
        let ask = Ask { limit: 2, ..Ask::default() };
        let first = page(db, &Scope::operator(), &ask).unwrap();
        assert_eq!(first.rows[0].title, Shown::Erased(9));
        assert_eq!(first.rows[1].title, Shown::Text("污水外溢".into()));
        let last = mark(db, &Scope::operator(), Sort::Newest, id(COUNT - 1)).unwrap();
        assert!(last.is_some() && first.next == last, "{:?}", first.next);
        assert_eq!(mark(db, &Scope::operator(), Sort::Newest, id(COUNT + 1)).unwrap(), None);
        // A place in another order is none in this one.
        let after = Some(Mark::Number("p-1".into()));
        let ask = Ask { after, limit: 2, ..Ask::default() };
        assert!(page(db, &Scope::operator(), &ask).unwrap().rows.is_empty());
    }
}

#[test]
fn a_balance_counts_movements_and_standing_apart_and_they_agree() {
    for ground in Ground::all("balance") {
        let db = &mut ground.writer();
        fill(db);
        let accounts = balance(db, &Scope::operator(), Instant(100), Instant(300)).unwrap();
        let count = |wanted: &dyn Fn(i64) -> bool| {
            i64::try_from((1..=COUNT).filter(|it| it % UNITS == 0 && wanted(*it)).count()).unwrap()
        };
        let it = &accounts[&UnitId("u00".into())];
        // Every matter of this unit has ended: thirty is divided by three.
        assert_eq!(it.opening, count(&|it| it < 100 && it + 10 >= 100));
        assert_eq!(it.filed, count(&|it| (100..300).contains(&it)));
        assert_eq!(it.cleared, count(&|it| (100..300).contains(&(it + 10))));
        assert!(accounts.values().all(|it| it.balances()), "{accounts:?}");
        assert!(accounts.values().any(|it| it.suspended > 0));
        // By day: the same over the one day that all of it happened on, and from there on.
        let days = daily(db, &Scope::operator(), Zone(0), (-1, 1)).unwrap();
        let all = balance(db, &Scope::operator(), Instant(0), Instant(DAY_MS)).unwrap();
        let of_day = |day: i64| -> BTreeMap<UnitId, Balance> {
            let of_day = days.iter().filter(|(it, _)| it.0 == day);
            of_day.map(|((_, unit), it)| (unit.clone(), *it)).collect()
        };
        assert_eq!((of_day(-1).len(), of_day(0)), (0, all.clone()));
        let next = balance(db, &Scope::operator(), Instant(DAY_MS), Instant(2 * DAY_MS)).unwrap();
        assert_eq!(of_day(1), next);
        // A span that is lost shows at once.
        let sql = "UPDATE span SET entered = NULL WHERE from_ms = $1";
        db.execute(sql, &[Value::Int(151)]).unwrap();
        let accounts = balance(db, &Scope::operator(), Instant(100), Instant(300)).unwrap();
        let wrong: Vec<&UnitId> =
            accounts.iter().filter(|(_, it)| !it.balances()).map(|it| it.0).collect();
        assert_eq!(wrong, [&UnitId("u01".into())]);
        assert!(balance(db, &Scope::operator(), Instant(2_000), Instant(1_999)).is_ok());
    }
}
