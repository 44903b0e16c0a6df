//! What somebody sees through the store is what the policy says of each matter, in random realms on
//! both databases; and whoever may not see a matter cannot tell whether it is there.

mod support;
#[path = "../../bihuan-core/tests/policy/town.rs"]
mod town;
#[path = "../../bihuan-core/tests/policy/world.rs"]
mod world;

use bihuan_core::clock::{Due, RuleRef, Unit};
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::matter::state::Owed;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::place::BBox;
use bihuan_core::policy::{Scope, Sight, Standpoint, Viewer, scope, sight};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::balance::balance;
use bihuan_store::calendar_feed::{self, owed};
use bihuan_store::count::{Dimension, Span, count};
use bihuan_store::filter::Filter;
use bihuan_store::map::{spots, squares};
use bihuan_store::matter::{among, matter, seen};
use bihuan_store::page::{Ask, Sort, mark, page};
use bihuan_store::realm::find;
use bihuan_store::row::{self, MATTER_COLUMNS, Seqs, matter_row};
use bihuan_store::summary::counts;
use bihuan_store::{Db, Value, migrate, search};
use std::collections::BTreeSet;
use support::Ground;
use world::Realm;

/// Words of titles; each matter has one of them.
const WORDS: [&str; 2] = ["垃圾满溢", "污水外溢"];

fn text(it: impl Into<String>) -> Value {
    Value::Text(it.into())
}

fn first_seq(no: usize) -> u64 {
    (no as u64 + 1) * 3
}

/// Puts a realm into the database, as the write path does; the one before it goes.
fn put(db: &mut Db, realm: &Realm) {
    for table in ["matter", "matter_part", "span", "unit", "content"] {
        db.execute(&format!("DELETE FROM {table}"), &[]).expect("it empties");
    }
    for seq in search::find(db, "垃圾", i64::MAX, 10_000).expect("a search") {
        search::remove(db, seq).expect("it goes");
    }
    for seq in search::find(db, "污水", i64::MAX, 10_000).expect("a search") {
        search::remove(db, seq).expect("it goes");
    }
    let units = realm.rules.units.iter().map(|it| {
        let parent = it.parent.as_ref().map_or(Value::Null, |it| text(it.0.clone()));
        let words = [&it.kind.0, &it.scope, &it.title.zh, &it.title.en].map(|it| text(it.clone()));
        let functions = text(it.functions.join("|"));
        [vec![text(it.id.0.clone()), parent], words.to_vec(), vec![functions]].concat()
    });
    let units: Vec<Vec<Value>> = units.collect();
    let head = "INSERT INTO unit (id, parent, kind, scope, zh, en, functions) VALUES";
    db.insert(head, &units, "").expect("units");
    let (mut rows, mut parts, mut titles, mut words) = (vec![], vec![], vec![], vec![]);
    let mut spans = Vec::new();
    for (no, matter) in realm.matters.iter().enumerate() {
        let seq = first_seq(no);
        rows.push(matter_row(&realm.rules, matter, Seqs { first: seq, last: seq, span: seq }));
        let units: BTreeSet<&UnitId> = matter.parts.iter().map(|it| &it.unit).collect();
        let int = Value::Int(i64::try_from(seq).expect("small"));
        parts.extend(units.iter().map(|it| vec![text(it.0.clone()), int.clone()]));
        let id = text(matter.id.to_string());
        let word = word(matter);
        titles.push(vec![
            text(format!("r{}", matter.id)),
            id,
            text("title"),
            Value::Blob(word.into()),
        ]);
        words.push((seq, word.to_owned()));
        let span = row::Span::begun(None, matter, seq, matter.opened_at).expect("it begins");
        spans.push(span.row().to_vec());
    }
    db.insert(&format!("INSERT INTO matter ({MATTER_COLUMNS}) VALUES"), &rows, "").expect("rows");
    db.insert("INSERT INTO matter_part (unit, first_seq) VALUES", &parts, "").expect("parts");
    db.insert("INSERT INTO content (ref, matter, kind, bytes) VALUES", &titles, "").expect("texts");
    let head = format!("INSERT INTO span ({}) VALUES", bihuan_store::row::SPAN_COLUMNS);
    db.insert(&head, &spans, "").expect("spans");
    search::put(db, &words).expect("words");
}

/// The title of a matter, which its id decides.
fn word(matter: &Matter) -> &'static str {
    WORDS[usize::from(matter.id.0.as_bytes()[0] % 2)]
}

/// All ids that pages of a filter show, newest first, page by page.
fn all(db: &mut Db, scope: &Scope, filter: &Filter) -> Vec<MatterId> {
    ordered(db, scope, filter, Sort::Newest)
}

/// The same in an order.
fn ordered(db: &mut Db, scope: &Scope, filter: &Filter, sort: Sort) -> Vec<MatterId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let ask = Ask { filter: filter.clone(), sort, after, limit: 7, whole: true };
        let page = page(db, scope, &ask).expect("a page");
        let is_hidden = |it: &bihuan_store::page::PageRow| it.matter.is_none();
        assert!(page.rows.iter().all(is_hidden), "whole matters are for the operator alone");
        found.extend(page.rows.iter().map(|it| it.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn bbox(chance: &mut Chance) -> BBox {
    let mut off = || 100_000 - i64::try_from(chance.below(200_000)).expect("small");
    let (a, b, c, d) = (off(), off(), off(), off());
    BBox {
        west_e7: 1_100_100_000 + a.min(b),
        east_e7: 1_100_100_000 + a.max(b),
        south_e7: 350_100_000 + c.min(d),
        north_e7: 350_100_000 + c.max(d),
    }
}

/// Filters that a realm is asked with.
fn filters(chance: &mut Chance, rules: &Rules) -> Vec<Filter> {
    let units: Vec<UnitId> = rules.units.iter().map(|it| it.id.clone()).collect();
    let count = usize::try_from(chance.below(units.len() as u64 + 1)).expect("small");
    let pack: Vec<_> = rules.packs.keys().next().cloned().into_iter().collect();
    let word = Some(WORDS[0][..6].to_owned());
    let none = Filter::default;
    vec![
        none(),
        Filter { packs: pack.clone(), ..none() },
        Filter { units: Some(units[..count].to_vec()), ..none() },
        Filter { within: Some(bbox(chance)), ..none() },
        Filter { search: word.clone(), ..none() },
        Filter { search: word, packs: pack, within: Some(bbox(chance)), ..none() },
    ]
}

/// Whether a matter fits a filter, for a viewer who sees it.
fn fits(scope: &Scope, filter: &Filter, matter: &Matter) -> bool {
    let at = matter.place.as_ref().map(|it| scope.shown_at(&matter.pack, it.at));
    let found =
        |it: &String| scope.searched().holds(matter) && word(matter).starts_with(it.as_str());
    (filter.packs.is_empty() || filter.packs.contains(&matter.pack))
        && filter.units.as_ref().is_none_or(|it| it.contains(&matter.standing.responsible))
        && filter.within.is_none_or(|it| at.is_some_and(|at| it.contains(at)))
        && filter.search.as_ref().is_none_or(found)
}

/// The map shows each matter that a list shows and that has a place, one by one or counted.
fn check_map(db: &mut Db, scope: &Scope, filter: &Filter, wanted: &[MatterId], told: &str) {
    let shown: Vec<_> = spots(db, scope, filter, 1_000).expect("spots");
    let ids: BTreeSet<MatterId> = shown.iter().map(|it| it.id).collect();
    let placed = shown.len() == ids.len() && ids.iter().all(|it| wanted.contains(it));
    assert!(placed && (filter.within.is_none() || ids.len() == wanted.len()), "{told} {filter:?}");
    let first = spots(db, scope, filter, 3).expect("spots");
    assert_eq!(first[..], shown[..shown.len().min(3)], "the newest come first");
    for level in [5, 14, 17, 31] {
        let squares = squares(db, scope, filter, (level, Instant(0))).expect("squares");
        let counted: u64 = squares.iter().map(|it| it.count).sum();
        assert_eq!(counted, shown.len() as u64, "{told} {filter:?} {level}");
        for square in &squares {
            let alone =
                shown.iter().find(|it| Some(it.id) == square.alone.as_ref().map(|it| it.id));
            assert_eq!(square.count == 1, square.alone.is_some(), "{told}");
            assert_eq!(alone, square.alone.as_ref(), "{told}");
            assert!(alone.is_none_or(|it| it.at == square.at), "{told}");
        }
    }
}

/// Gives what has not ended owners and deadlines, some of them the same.
fn owe(realm: &mut Realm) {
    let units: Vec<UnitId> = realm.rules.units.iter().map(|it| it.id.clone()).collect();
    let open = realm.matters.iter_mut().filter(|it| !it.standing.is.is_final());
    for (no, matter) in open.enumerate() {
        let person = (no % 3 == 0).then(|| PersonId(format!("h{}", no % 4)));
        let unit = units[no % units.len()].clone();
        matter.standing.owner = Some(Owed { role: "r1".into(), unit, person });
        let at = Instant(1_600_000_000_000 + (no as i64 * 7) % 11 * 1_000);
        let rule = RuleRef::Stage { id: "s".into() };
        matter.standing.due = Some(Due::fixed(realm.rules.zone, at, Unit::NaturalDay, rule));
    }
}

/// Who looks for own deadlines finds those of matters that are seen, the soonest first.
fn check_owed(db: &mut Db, realm: &Realm, scope: &Scope, visible: &[&Matter], told: &str) {
    let owners = realm.matters.iter().filter_map(|it| it.standing.owner.as_ref());
    let persons: BTreeSet<PersonId> = owners.filter_map(|it| it.person.clone()).take(3).collect();
    let units: BTreeSet<UnitId> =
        realm.rules.units.iter().map(|it| it.id.clone()).take(5).collect();
    let is_owed = |it: &&&Matter| {
        it.standing.owner.as_ref().is_some_and(|owner| match &owner.person {
            Some(person) => persons.contains(person),
            None => units.contains(&owner.unit),
        })
    };
    let due = |it: &&&Matter| Some((it.standing.due.as_ref()?.at, it.id));
    let mut wanted: Vec<_> = visible.iter().filter(is_owed).filter_map(|it| due(&it)).collect();
    wanted.sort();
    let wanted: Vec<MatterId> = wanted.into_iter().map(|it| it.1).take(8).collect();
    assert_eq!(owed(db, scope, (&persons, &units), 8).expect("deadlines"), wanted, "{told}");
    let sees_all = visible.len() == realm.matters.len() && visible.len() > 12;
    assert!(!sees_all || !wanted.is_empty(), "{told}: nobody owes anything");
}

#[test]
fn a_calendar_secret_is_one_for_each_account() {
    for place in Ground::all("calendar") {
        let mut db = place.writer();
        migrate(&mut db).expect("tables");
        let (own, other) = (AccountId::from("own"), AccountId::from("other"));
        for (account, digest) in [(&own, [1; 32]), (&other, [2; 32]), (&own, [3; 32])] {
            calendar_feed::set(&mut db, account, &digest, Instant(7)).expect("it is kept");
        }
        let mut find = |digest: [u8; 32]| calendar_feed::find(&mut db, &digest).expect("a look");
        assert_eq!(find([1; 32]), None, "replaced");
        assert_eq!((find([2; 32]), find([3; 32])), (Some(other), Some(own.clone())));
        assert!(calendar_feed::remove(&mut db, &own).expect("it goes"));
        assert!(!calendar_feed::remove(&mut db, &own).expect("it is gone"));
        assert_eq!(calendar_feed::find(&mut db, &[3; 32]).expect("a look"), None);
    }
}

/// Whatever the order, just what is seen is shown, and each once.
fn orders(db: &mut Db, scope: &Scope, visible: &[&Matter], told: &str) {
    let none = Filter::default();
    let newest: Vec<MatterId> = visible.iter().rev().map(|it| it.id).collect();
    let oldest: Vec<MatterId> = visible.iter().map(|it| it.id).collect();
    assert_eq!(ordered(db, scope, &none, Sort::Changed), newest, "{told}");
    assert_eq!(ordered(db, scope, &none, Sort::Oldest), oldest, "{told}");
    let is_due = |it: &&&Matter| it.standing.owner.is_some() && it.standing.due.is_some();
    let mut due: Vec<&&Matter> = visible.iter().filter(is_due).collect();
    due.sort_by_key(|it| it.standing.due.as_ref().map(|it| it.at));
    let due: Vec<MatterId> = due.iter().map(|it| it.id).collect();
    assert_eq!(ordered(db, scope, &none, Sort::Due), due, "{told}");
    let mut numbered: Vec<&&Matter> = visible.iter().filter(|it| it.number.is_some()).collect();
    numbered.sort_by_key(|it| it.number.clone());
    numbered.retain(|_| scope.standpoint() != Standpoint::Public);
    let numbered: Vec<MatterId> = numbered.iter().map(|it| it.id).collect();
    assert_eq!(ordered(db, scope, &none, Sort::Number), numbered, "{told}");
}

/// Every reader shows a viewer just what the policy says of each matter.
fn check(db: &mut Db, realm: &Realm, viewer: &Viewer, filters: &[Filter], told: &str) -> usize {
    let scope = scope(&realm.rules, viewer);
    let sees = |it: &&Matter| sight(&realm.rules, it, viewer) != Sight::Nothing;
    let visible: Vec<&Matter> = realm.matters.iter().filter(sees).collect();
    for filter in filters {
        let wanted = visible.iter().rev().filter(|it| fits(&scope, filter, it));
        let wanted: Vec<MatterId> = wanted.map(|it| it.id).collect();
        assert_eq!(all(db, &scope, filter), wanted, "{told} {filter:?} {viewer:?} {scope:?}");
        for by in [&[][..], &[Dimension::Unit, Dimension::Opened(Span::Week)], &[Dimension::Person]]
        {
            let who = (&realm.rules, viewer, &scope);
            let counted = count(db, who, filter, by).expect("counts").expect("few cells");
            let sum: u64 = counted.iter().map(|it| it.count).sum();
            assert_eq!(sum, wanted.len() as u64, "{told} {filter:?} {by:?}");
        }
        if filter.search.is_none() {
            let counted = counts(db, &scope, filter).expect("counts");
            let sum: u64 = counted.matters.values().flat_map(|it| it.values()).sum();
            assert_eq!(sum, wanted.len() as u64, "{told} {filter:?}");
            check_map(db, &scope, filter, &wanted, told);
        }
    }
    check_owed(db, realm, &scope, &visible, told);
    orders(db, &scope, &visible, told);
    let ids: Vec<MatterId> = realm.matters.iter().map(|it| it.id).collect();
    let among = among(db, &scope, &ids).expect("ids");
    assert_eq!(among, visible.iter().map(|it| it.id).collect(), "{told}");
    let end = Instant(i64::MAX);
    let accounts = balance(db, &scope, Instant(0), end).expect("accounts");
    let closing: i64 = accounts.values().map(|it| it.closing).sum();
    let open = visible.iter().filter(|it| it.standing.is.is_in_ledger()).count();
    assert_eq!(closing, i64::try_from(open).expect("small"), "{told}");
    for it in realm.matters.iter().take(6) {
        let is_seen = among.contains(&it.id);
        let number = it.number.as_deref().expect("it has one");
        assert_eq!(find(db, &scope, number).expect("a look").is_some(), is_seen, "{told}");
        assert_eq!(matter(db, &scope, it.id).expect("a row").is_some(), is_seen, "{told}");
        let shown = seen(db, &realm.rules, viewer, it.id).expect("a row");
        assert_eq!(shown.is_some(), is_seen, "{told}");
    }
    visible.len()
}

#[test]
fn every_reader_shows_what_the_policy_says_of_each_matter() {
    let random = world::Ground::new();
    for (place, worlds) in Ground::all("scope").iter().zip([24, 12]) {
        let mut db = place.writer();
        migrate(&mut db).expect("tables");
        let (mut shown, mut asked) = (0, 0);
        for seed in 0..worlds {
            let mut chance = Chance::new(seed);
            // More units than are named one by one, too.
            let units_max = if seed % 3 == 0 { 90 } else { 14 };
            let mut realm = random.realm(&mut chance, units_max, 40);
            owe(&mut realm);
            put(&mut db, &realm);
            let filters = filters(&mut chance, &realm.rules);
            for viewer in &realm.viewers {
                shown += check(&mut db, &realm, viewer, &filters, &format!("seed {seed}"));
                asked += realm.matters.len();
            }
        }
        assert!(shown * 10 > asked && shown * 10 < asked * 9, "{shown} of {asked} are seen");
    }
}

/// Everything that a viewer is told, as bytes.
fn told(db: &mut Db, realm: &Realm, viewer: &Viewer, filters: &[Filter], id: MatterId) -> String {
    let scope = scope(&realm.rules, viewer);
    let mut told = Vec::new();
    let sorts = || Sort::ALL.into_iter();
    for (filter, sort) in filters.iter().flat_map(|it| sorts().map(move |sort| (it, sort))) {
        let mut after = None;
        loop {
            let ask = Ask { filter: filter.clone(), sort, after, limit: 5, whole: false };
            let page = page(db, &scope, &ask).expect("a page");
            after = page.next.clone();
            told.push(serde_json::to_string(&page).expect("it is JSON"));
            if after.is_none() {
                break;
            }
        }
        let counted = counts(db, &scope, filter).expect("counts");
        told.push(serde_json::to_string(&counted).expect("it is JSON"));
        told.push(format!("{:?}", spots(db, &scope, filter, 9).expect("spots")));
        for level in [14, 31] {
            let squares = squares(db, &scope, filter, (level, Instant(0))).expect("squares");
            told.push(format!("{squares:?}"));
        }
        // Who guesses its id does not learn from a cursor that it is there.
        for sort in Sort::ALL {
            told.push(format!("{}", mark(db, &scope, sort, id).expect("a look").is_some()));
        }
    }
    for filter in filters {
        let who = (&realm.rules, viewer, &scope);
        let counted = count(db, who, filter, &[Dimension::Unit, Dimension::Stage]);
        let mut cells: Vec<String> =
            counted.expect("counts").iter().flatten().map(|it| format!("{it:?}")).collect();
        cells.sort();
        told.extend(cells);
    }
    told.push(format!("{:?}", find(db, &scope, &id.to_string()).expect("a look")));
    told.push(format!("{:?}", find(db, &scope, "SECRET").expect("a look")));
    told.push(format!("{:?}", seen(db, &realm.rules, viewer, id).expect("a row")));
    let accounts = balance(db, &scope, Instant(0), Instant(i64::MAX)).expect("accounts");
    told.push(serde_json::to_string(&accounts).expect("it is JSON"));
    told.join("\n")
}

#[test]
fn whoever_may_not_see_a_matter_cannot_tell_whether_it_is_there() {
    let random = world::Ground::new();
    for place in Ground::all("secret") {
        let mut db = place.writer();
        migrate(&mut db).expect("tables");
        let (mut same, mut other) = (0, 0);
        for seed in 0..12 {
            let mut chance = Chance::new(1_000 + seed);
            let mut realm = random.realm(&mut chance, 20, 25);
            let filters = filters(&mut chance, &realm.rules);
            let no = usize::try_from(chance.below(realm.matters.len() as u64)).expect("small");
            let secret = &mut realm.matters[no];
            secret.number = Some("SECRET".into());
            let secret = secret.clone();
            put(&mut db, &realm);
            let ask = |db: &mut Db, realm: &Realm| -> Vec<String> {
                let viewers = realm.viewers.iter();
                viewers.map(|it| told(db, realm, it, &filters, secret.id)).collect()
            };
            let with = ask(&mut db, &realm);
            realm.matters.remove(no);
            put(&mut db, &realm);
            let without = ask(&mut db, &realm);
            for ((viewer, with), without) in realm.viewers.iter().zip(&with).zip(&without) {
                if sight(&realm.rules, &secret, viewer) == Sight::Nothing {
                    assert_eq!(with, without, "seed {seed}: {viewer:?}");
                    same += 1;
                } else {
                    // The control: who may see it is told something else.
                    assert_ne!(with, without, "seed {seed}: {viewer:?}");
                    other += 1;
                }
            }
        }
        assert!(same > 40 && other > 20, "{same} told the same, {other} not");
    }
}

#[test]
fn the_public_learns_of_a_place_no_more_than_its_square() {
    let random = world::Ground::new();
    let place = Ground::sqlite();
    let mut db = place.writer();
    migrate(&mut db).expect("tables");
    let mut squares = 0;
    for seed in 0..30 {
        let mut chance = Chance::new(2_000 + seed);
        let mut realm = random.realm(&mut chance, 9, 30);
        let public = realm.viewers.iter().find(|it| it.standpoint() == Standpoint::Public);
        let public = public.expect("it is there").clone();
        let scope = scope(&realm.rules, &public);
        let filters: Vec<Filter> = (0..20)
            .map(|_| Filter { within: Some(bbox(&mut chance)), ..Filter::default() })
            .collect();
        let id = MatterId(chance.uuid());
        put(&mut db, &realm);
        let before = told(&mut db, &realm, &public, &filters, id);
        // Each moves to the middle of its square: nobody outside can tell.
        for matter in realm.matters.iter_mut().filter(|it| scope.holds(it)) {
            if let Some(place) = &mut matter.place {
                let middle = scope.shown_at(&matter.pack, place.at);
                squares += usize::from(middle != place.at);
                place.at = middle;
            }
        }
        put(&mut db, &realm);
        assert_eq!(before, told(&mut db, &realm, &public, &filters, id), "seed {seed}");
    }
    assert!(squares > 50, "{squares} places are shown in a square");
}
