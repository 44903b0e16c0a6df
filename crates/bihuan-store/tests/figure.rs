//! Figures of a town that lived: as of any entry, what the store answers is what somebody counts
//! who reads the events one by one and knows nothing of the store's own steps.

#[path = "figure/naive.rs"]
mod naive;
mod support;
mod town;

use bihuan_core::figure::{Cut, Cycles, Exact, Period, Question, sides, told_as, value};
use bihuan_core::pack::{Counted, Figure, Formula, How, Origin, Pack, Take};
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::Chance;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant, Zone};
use bihuan_store::figure::{AsOf, Ask, By, Cell, as_of, digest, evaluate, records};
use bihuan_store::rules::{Change, EntryRow, RegisterRows};
use bihuan_store::verify::verify;
use bihuan_store::{Answer, Db, Value};
use naive::History;
use std::collections::{BTreeMap, BTreeSet};
use support::Ground;
use town::Town;

/// A town that lived for some days.
fn lived(ground: &Ground, seed: u64, batches: usize) -> (Town, Pack) {
    let mut town = Town::found(ground, seed);
    for _ in 0..batches {
        let batch = town.batch(16);
        let moment = town.moment();
        for (submission, answer) in batch.iter().zip(town.writer.execute(moment, &batch)) {
            let known = town.world.submit(submission).is_ok();
            assert_eq!(known, matches!(answer, Answer::Done(_)), "seed {seed}");
        }
    }
    let pack = every(town.world.rules.pack(&town.pack.id).expect("it is published"));
    (town, pack)
}

/// A pack with a figure of each word, and every other way of taking a number that it has.
fn every(pack: &Pack) -> Pack {
    let mut pack = pack.clone();
    let figure = |id: String, take: Take| Figure {
        id,
        title: Text::new("数", "number"),
        is: Formula::One(take),
        places: 0,
        unit: None,
        wording: None,
    };
    for counted in naive::ALL {
        let id = format!("count_{counted:?}");
        pack.figures.push(figure(id, Take { how: How::Count, of: Origin::Matters(counted) }));
    }
    for how in [How::Sum, How::Min, How::Max, How::First, How::Last, How::Units, How::Matters] {
        for counted in [Counted::Declared, Counted::ClearedOnTime] {
            let id = format!("{how:?}_{counted:?}");
            pack.figures.push(figure(id, Take { how, of: Origin::Matters(counted) }));
        }
    }
    pack
}

/// What differs between the store and who counts by hand, over some random days.
fn differences(db: &mut Db, pack: &Pack, chance: &mut Chance, days: u32) -> Vec<String> {
    let (history, head) = History::read(db);
    let figures: Vec<&Figure> = pack.figures.iter().collect();
    let cycles = Cycles::plain(Zone(8 * 3_600));
    let mut found = Vec::new();
    for no in 0..days {
        let seq = 10 + chance.below(head - 9);
        let as_of = as_of(db, Some(seq)).expect("the head").expect("it is there");
        let period = some_period(&cycles, &history, chance);
        let by = [None, Some(By::Unit), Some(By::Place), Some(By::Class), Some(By::Source)];
        let by = by[no as usize % by.len()];
        let ask = Ask { pack, cycles: &cycles, period: &period, as_of, by };
        let cells = evaluate(db, &Scope::operator(), &ask, &figures).expect("figures");
        found.extend(compare(&history, &ask, &figures, &cells));
    }
    found
}

/// Some days in which something may have happened.
fn some_period(cycles: &Cycles, history: &History, chance: &mut Chance) -> Period {
    let zone = cycles.zone;
    let (first, last) = history.days(zone);
    let span = u64::try_from(last - first + 10).expect("days");
    let from = first - 2 + i64::try_from(chance.below(span)).expect("a day");
    let long = i64::try_from(chance.below(12)).expect("days");
    let date = |day: i64| zone.date(Instant(zone.start_of_day(day).0 + DAY_MS / 2));
    cycles.days(date(from), date(from + long)).expect("a period")
}

fn compare(history: &History, ask: &Ask<'_>, figures: &[&Figure], cells: &[Cell]) -> Vec<String> {
    let mut found = Vec::new();
    let keys: BTreeSet<Option<String>> = cells.iter().map(|it| it.key.clone()).collect();
    for key in history.keys(ask).into_iter().filter(|it| it.is_some()) {
        let any = figures.iter().any(|it| history.figure(ask, it, key.as_deref()) != blank(it));
        if any && !keys.contains(&key) {
            found.push(format!("no cell of {key:?}"));
        }
    }
    for cell in cells {
        let figure = figures[cell.figure];
        let by_hand = history.figure(ask, figure, cell.key.as_deref());
        if by_hand != cell.value {
            found.push(format!(
                "{} of {:?} in {} as of {}: {:?}, by hand {by_hand:?}",
                figure.id, cell.key, ask.period.name, ask.as_of.seq, cell.value
            ));
        }
    }
    found
}

/// What a figure comes to where there is nothing.
fn blank(figure: &Figure) -> Exact {
    match &figure.is {
        Formula::One(take) => match take.how {
            How::Min | How::Max | How::First | How::Last => Exact::Nothing,
            How::Average => Exact::Ratio { over: 0, under: 0 },
            _ => Exact::Whole(0),
        },
        Formula::Above { .. } => {
            Exact::Difference { over: 0, under: 0, base_over: 0, base_under: 0 }
        }
        _ => Exact::Ratio { over: 0, under: 0 },
    }
}

#[test]
fn five_hundred_days_are_counted_as_by_hand_and_one_planted_fault_is_caught() {
    for (ground, days) in Ground::all("figure_days").iter().zip([500, 100]) {
        let (mut town, pack) = lived(ground, 41, 60);
        let mut chance = Chance::new(7);
        let db = town.writer.db();
        let found = differences(db, &pack, &mut chance, days);
        assert!(
            found.is_empty(),
            "{} differ, such as {:?}",
            found.len(),
            &found[..3.min(found.len())]
        );
        let report = verify(db, None, &mut |_, _| {}).expect("a report");
        assert!(report.is_sound() && report.tallies > 300, "{:?}", report.faults.first());

        let plant = "UPDATE tally SET on_time = 1 - on_time WHERE kind = 'cleared' AND from_seq =
                     (SELECT MIN(from_seq) FROM tally WHERE kind = 'cleared')";
        assert_eq!(db.execute(plant, &[]).expect("a row"), 1);
        let found = differences(db, &pack, &mut chance, 100);
        assert!(!found.is_empty(), "one planted fault goes unseen");
        let report = verify(db, None, &mut |_, _| {}).expect("a report");
        assert!(report.faults.iter().any(|it| it.code == "tally"), "verify sees it too");
    }
}

#[test]
fn the_records_behind_a_figure_add_up_to_it_and_its_digest_never_changes() {
    for ground in Ground::all("figure_records") {
        let (mut town, pack) = lived(&ground, 42, 40);
        let cycles = Cycles::plain(Zone(8 * 3_600));
        let db = town.writer.db();
        let (history, head) = History::read(db);
        let (first, last) = history.days(cycles.zone);
        let date = |day: i64| cycles.zone.date(cycles.zone.start_of_day(day));
        let period = cycles.days(date(first), date(last)).expect("all days");
        let as_of = as_of(db, Some(head)).expect("the head").expect("it is there");
        let ask = Ask { pack: &pack, cycles: &cycles, period: &period, as_of, by: None };
        let mut digests = BTreeSet::new();
        for figure in &pack.figures {
            let cell = evaluate(db, &Scope::operator(), &ask, &[figure]).unwrap().remove(0);
            let added = added(db, &ask, figure);
            assert_eq!(added, cell.value, "{}", figure.id);
            let question = Question { pack: &pack, period: &period, as_of: head, group: None };
            let sealed = digest(db, &Scope::operator(), &ask, (figure, &cell.value), &question);
            assert!(digests.insert(sealed.unwrap()), "each figure has a digest of its own");
        }
        let before = digests.len();
        // Life goes on: as of the entry before, nothing has changed.
        let batch: Vec<_> = (0..5).map(|_| town.opening("又一处")).collect();
        let moment = town.moment();
        let answers = town.writer.execute(moment, &batch);
        assert!(answers.iter().any(|it| matches!(it, Answer::Done(_))), "{answers:?}");
        let db = town.writer.db();
        for figure in &pack.figures {
            let cell = evaluate(db, &Scope::operator(), &ask, &[figure]).unwrap().remove(0);
            let question = Question { pack: &pack, period: &period, as_of: head, group: None };
            let sealed = digest(db, &Scope::operator(), &ask, (figure, &cell.value), &question);
            digests.insert(sealed.unwrap());
        }
        assert_eq!(digests.len(), before);
        let unknown = as_of_later(db, head);
        assert_eq!(unknown, None, "what is not recorded yet is refused");
    }
}

fn as_of_later(db: &mut Db, head: u64) -> Option<AsOf> {
    as_of(db, Some(head + 1_000)).expect("the head")
}

/// A figure from nothing but its records, read by small pages.
fn added(db: &mut Db, ask: &Ask<'_>, figure: &Figure) -> Exact {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let of = (figure, None);
        let page = records(db, &Scope::operator(), ask, of, (after.as_ref(), 7)).unwrap();
        assert!(page.rows.len() <= 7);
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let sides: Vec<_> = sides(ask.pack, figure)
        .into_iter()
        .map(|side| {
            let rows: Vec<_> = all.iter().filter(|it| it.side == side.name).collect();
            let numbers = rows.iter().map(|it| it.contribution);
            let count = i64::try_from(rows.len()).unwrap();
            let units: BTreeSet<_> = rows.iter().map(|it| &it.unit).collect();
            let ids: BTreeSet<_> = rows.iter().map(|it| &it.id).collect();
            let value = match side.take.how {
                How::Count | How::Sum | How::Average => Some(numbers.sum()),
                How::Units => i64::try_from(units.len()).ok(),
                How::Matters => i64::try_from(ids.len()).ok(),
                How::Min => numbers.min(),
                How::Max => numbers.max(),
                How::First => rows.first().map(|it| it.contribution),
                How::Last => rows.last().map(|it| it.contribution),
            };
            (side, value, count)
        })
        .collect();
    value(figure, &sides)
}

#[test]
fn days_of_a_month_add_up_to_the_month() {
    let ground = Ground::sqlite();
    let (mut town, pack) = lived(&ground, 43, 30);
    let cycles = Cycles { month_from: 21, ..Cycles::plain(Zone(8 * 3_600)) };
    let db = town.writer.db();
    let as_of = as_of(db, None).unwrap().unwrap();
    let month = cycles.period("2021-03").expect("a month");
    assert_eq!(month.said().en, "from 2021-02-21 to 2021-03-20, both days included");
    let filed = pack.figures.iter().find(|it| it.id == "count_Filed").expect("it is there");
    let mut of = |period: &Period| {
        let ask = Ask { pack: &pack, cycles: &cycles, period, as_of, by: None };
        match evaluate(db, &Scope::operator(), &ask, &[filed]).unwrap()[0].value {
            Exact::Whole(it) => it,
            other => panic!("{other:?}"),
        }
    };
    let days = cycles.cut(&month, Cut::Day);
    assert_eq!(days.len(), 28);
    let whole = of(&month);
    assert!(whole > 0);
    assert_eq!(days.iter().map(&mut of).sum::<i64>(), whole);
    let sql = "SELECT COUNT(*) FROM tally WHERE kind = $1";
    let all = db.first(sql, &[Value::Text("filed".into())], |row| row.int(0)).unwrap();
    assert!(all >= Some(whole));
}

#[test]
fn numbers_of_forms_are_those_of_the_entry() {
    for ground in Ground::all("figure_forms") {
        let (mut town, mut pack) = lived(&ground, 44, 30);
        let cycles = Cycles::plain(Zone(8 * 3_600));
        let db = town.writer.db();
        let (history, head) = History::read(db);
        let (first, last) = history.days(cycles.zone);
        let date = |day: i64| cycles.zone.date(cycles.zone.start_of_day(day));
        let period = cycles.days(date(first), date(last)).expect("all days");
        // Every matter has 5 from its opening; from entry `turn` on each has 7 instead.
        let turn = Value::Int(i64::try_from(head / 2).expect("a number"));
        for sql in [
            "INSERT INTO measure (matter, field, value, from_seq, left_seq)
             SELECT id, 'mm', 5, first_seq, CASE WHEN first_seq < $1 THEN $1 ELSE NULL END
             FROM matter",
            "INSERT INTO measure (matter, field, value, from_seq)
             SELECT id, 'mm', 7, CAST($1 AS BIGINT) FROM matter WHERE first_seq < $1",
        ] {
            db.execute(sql, std::slice::from_ref(&turn)).expect(sql);
        }
        for how in [How::Sum, How::Average, How::Max] {
            let of = Origin::Field { field: "mm".into(), at: Counted::Filed };
            pack.figures.push(Figure {
                id: format!("mm_{how:?}"),
                title: Text::new("数", "number"),
                is: Formula::One(Take { how, of }),
                places: 0,
                unit: None,
                wording: None,
            });
        }
        let mut of = |id: &str, seq: u64| {
            let figure = pack.figures.iter().find(|it| it.id == id).expect("it is there");
            let as_of = as_of(db, Some(seq)).expect("the head").expect("it is there");
            let ask = Ask { pack: &pack, cycles: &cycles, period: &period, as_of, by: None };
            evaluate(db, &Scope::operator(), &ask, &[figure]).unwrap()[0].value
        };
        for seq in [head, head / 2 - 1] {
            let Exact::Whole(filed) = of("count_Filed", seq) else { panic!("a count") };
            assert!(filed > 0);
            let Exact::Whole(sum) = of("mm_Sum", seq) else { panic!("a sum") };
            assert_eq!(of("mm_Average", seq), Exact::Ratio { over: sum, under: filed });
            let most = if seq == head { 7 } else { 5 };
            assert_eq!(of("mm_Max", seq), Exact::Whole(most));
            assert!(sum >= 5 * filed && sum <= most * filed);
        }
    }
}

const PIPES: &str = r#"
[[register]]
id = "pipes"
title = { zh = "管段", en = "Pipes" }
fields = [{ id = "long", title = { zh = "长度", en = "Length" }, type = "length" }]

[[figure]]
id = "pipes"
title = { zh = "管段数", en = "Pipes" }
count = "register:pipes"

[[figure]]
id = "length"
title = { zh = "总长", en = "Length" }
sum = "register:pipes/long"
unit = "km"
places = 3
"#;

fn pipe(id: &str, mm: i64, to: Option<i64>) -> EntryRow {
    EntryRow {
        id: id.into(),
        title: Text::new(id, id),
        unit: "v01".into(),
        person: None,
        from: None,
        to: to.map(Instant),
        fields: BTreeMap::from([("long".to_owned(), mm.into())]),
    }
}

#[test]
fn registers_and_holders_are_those_of_the_entry_and_of_the_day() {
    for ground in Ground::all("figure_standing") {
        let mut town = Town::found(&ground, 45);
        let mut files = town::files_of("sanitation");
        let toml = String::from_utf8(files.files["pack.toml"].clone()).expect("UTF-8");
        let toml = toml.replacen("rev = 1\n", "rev = 2\n", 1) + PIPES;
        files.files.insert("pack.toml".into(), toml.into_bytes());
        let change = |town: &mut Town, change: Change| {
            let moment = town.moment();
            town.writer.change(moment, "operator", &change).expect("a sound change")
        };
        change(&mut town, Change::Pack(files));
        let pack = town.writer.rules().pack(&"sanitation".into()).expect("a pack").clone();
        let rows = |entries| {
            let (pack, register) = ("sanitation".into(), "pipes".into());
            Change::Register(RegisterRows { pack, register, entries })
        };
        let ends = town.world.now.0;
        let first =
            change(&mut town, rows(vec![pipe("a", 38_061_000, None), pipe("b", 7, Some(ends))]));
        let second = change(&mut town, rows(vec![pipe("a", 5_000, None)]));
        let gone = Change::EndPerson("acceptor@squad".into());
        let third = change(&mut town, gone);
        let cycles = Cycles::plain(Zone(8 * 3_600));
        let day = |ms: i64| cycles.zone.date(Instant(ms));
        let now = day(ends + DAY_MS);
        let today = cycles.days(now, now).expect("a day");
        let before = cycles.days(day(ends - 2 * DAY_MS), day(ends - DAY_MS)).expect("days");
        let db = town.writer.db();
        let mut of = |id: &str, seq: u64, period: &Period| {
            let figure = pack.figures.iter().find(|it| it.id == id).expect("it is there");
            let as_of = as_of(db, Some(seq)).expect("the head").expect("it is there");
            let ask = Ask { pack: &pack, cycles: &cycles, period, as_of, by: None };
            let value = evaluate(db, &Scope::operator(), &ask, &[figure]).unwrap()[0].value;
            told_as(&pack, figure, &value).en
        };
        assert_eq!(of("pipes", first - 1, &today), "0", "nothing stood there yet");
        assert_eq!(of("pipes", first, &today), "1", "one has ended by then");
        assert_eq!(of("pipes", first, &before), "2");
        assert_eq!(of("length", first, &today), "38.061 km");
        assert_eq!(of("length", second, &today), "0.005 km");
        assert_eq!(of("length", first, &today), "38.061 km", "as it was known then");
        assert_eq!(of("acceptors", second, &today), "4");
        assert_eq!(of("acceptors", third, &today), "3", "one has left");
        assert_eq!(of("acceptors", third, &before), "4", "and held it until then");
        let report = verify(db, None, &mut |_, _| {}).expect("a report");
        assert!(report.is_sound(), "{:?}", report.faults);
        let plant = "UPDATE register_past SET fields = '{}' WHERE left_seq IS NULL";
        assert!(db.execute(plant, &[]).expect("rows") > 0);
        let report = verify(db, None, &mut |_, _| {}).expect("a report");
        assert!(report.faults.iter().any(|it| it.code == "past"), "{:?}", report.faults);
    }
}
