//! What holds of the policy whatever the realm.

use crate::cells::publish;
use crate::town;
use crate::world::Ground;
use bihuan_core::content::ContentRef;
use bihuan_core::form::FieldValue;
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::matter::state::{FileState, Owed};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::{Compartment, Meaning, Pack};
use bihuan_core::place::{Place, Point};
use bihuan_core::policy::{
    AUDIT_ADMINISTRATOR, Action, Denied, HIDDEN, Part, SECURITY_ADMINISTRATOR,
    SYSTEM_ADMINISTRATOR, Scope, Sight, Standpoint, Viewer, may, redact, scope, shared_offices,
    sight,
};
use bihuan_core::story::chance::Chance;
use bihuan_core::unit::UnitId;
use std::collections::BTreeSet;

const WORLDS: u64 = 2_000;

#[test]
fn what_a_scope_holds_is_what_a_look_at_each_matter_shows() {
    let ground = Ground::new();
    let (mut seen, mut hidden, mut sights) = (0, 0, BTreeSet::new());
    for seed in 0..WORLDS {
        let realm = ground.realm(&mut Chance::new(seed), 24, 12);
        for viewer in &realm.viewers {
            let scope = scope(&realm.rules, viewer);
            for matter in &realm.matters {
                let sight = sight(&realm.rules, matter, viewer);
                let listed = scope.holds(matter);
                assert_eq!(listed, sight != Sight::Nothing, "seed {seed}: {viewer:?} {matter:?}");
                let found = scope.searched().holds(matter);
                assert!(listed || !found, "seed {seed}: a search finds what is not seen");
                sights.insert(sight);
                *if listed { &mut seen } else { &mut hidden } += 1;
            }
        }
    }
    assert_eq!(sights.len(), 6, "each sight comes up: {sights:?}");
    assert!(seen > 10_000 && hidden > 10_000, "{seen} seen, {hidden} hidden");
}

#[test]
fn the_operator_sees_everything_and_is_nobody_that_signs_in() {
    let ground = Ground::new();
    let realm = ground.realm(&mut Chance::new(1), 9, 9);
    assert!(Scope::operator().is_everything());
    assert!(realm.matters.iter().all(|it| Scope::operator().holds(it)));
    assert!(realm.viewers.iter().all(|it| it.standpoint() != Standpoint::Operator));
}

#[test]
fn words_of_sealed_matters_are_not_searched_and_the_public_searches_none() {
    let (mut rules, now) = town::rules();
    publish(&mut rules, Compartment::Sealed);
    town::hold(&mut rules, town::grant("h", "inspector", "t1", "t1"));
    let viewer = Viewer::person(&rules, &PersonId::from("h"), Via::Person, now);
    let matter = town::matter("p", 1, Meaning::Filed, "g1", now);
    let sealed = scope(&rules, &viewer);
    assert!(sealed.holds(&matter) && !sealed.searched().holds(&matter));
    publish(&mut rules, Compartment::Open);
    let open = scope(&rules, &Viewer::public(now));
    assert!(open.holds(&matter) && !open.searched().holds(&matter));
}

#[test]
fn what_was_opened_before_a_pack_was_closed_is_published_no_more() {
    let (mut rules, now) = town::rules();
    publish(&mut rules, Compartment::Open);
    let matter = town::matter("p", 1, Meaning::Filed, "g1", now);
    let public = Viewer::public(now);
    assert_eq!(sight(&rules, &matter, &public), Sight::Published);
    let open = Pack::clone(rules.pack(&matter.pack).expect("it is there"));
    let closed = Pack { rev: 2, compartment: Compartment::Internal, public: None, ..open };
    town::add(&mut rules, closed);
    assert_eq!(sight(&rules, &matter, &public), Sight::Nothing);
    assert!(!scope(&rules, &public).holds(&matter));
}

/// A matter with a mark in every part of it, and the marks.
fn marked(rules: &mut Rules) -> (Matter, Vec<(Part, &'static str)>) {
    let (_, now) = town::rules();
    publish(rules, Compartment::Open);
    let mut pack = Pack::clone(rules.pack(&"p".into()).expect("it is there"));
    let mut plain = pack.form[0].clone();
    (plain.id, plain.sealed) = ("plain".into(), false);
    let mut sealed = plain.clone();
    (sealed.id, sealed.sealed) = ("sealed".into(), true);
    pack.form = vec![plain, sealed];
    town::add(rules, pack);
    town::hold(rules, town::grant("mark-staff", "handler", "v1", "v1"));
    let mut matter = town::matter("p", 1, Meaning::Handling, "g1", now);
    town::dispatch(&mut matter, "v1", now);
    let text = |it: &str| Some(ContentRef(it.into()));
    matter.title = text("mark-title");
    matter.measure = text("mark-texts");
    matter.number = Some("mark-numbers".into());
    matter.opened_by = PersonId::from("mark-reporter");
    matter.form.insert("plain".into(), FieldValue::Key("mark-fields".into()));
    matter.form.insert("sealed".into(), FieldValue::Key("mark-sealed-fields".into()));
    matter.point = Some("mark-exact-place".into());
    matter.place = Some(Place::of_point(Point { lon_e7: 1_100_123_457, lat_e7: 350_123_457 }, now));
    let role = RoleId::from("handler");
    let (unit, person) = (UnitId::from("v1"), Some(PersonId::from("mark-staff")));
    matter.standing.owner = Some(Owed { role, unit, person });
    let file = |digest: &str, since| FileState {
        digest: digest.into(),
        slot: "before".into(),
        taken_at: None,
        off_m: None,
        arrived: true,
        since,
    };
    matter.files = vec![file("mark-opening-files", 1), file("mark-files", 2)];
    let sealed = file("mark-sealed-file", 2);
    matter.files.push(sealed.clone());
    matter.form.insert(
        "sealed".into(),
        FieldValue::Rows(vec![
            [("name".to_owned(), FieldValue::Key("mark-sealed-fields".into()))].into(),
            [("scan".to_owned(), FieldValue::Files(vec![sealed.digest]))].into(),
        ]),
    );
    let marks = vec![
        (Part::Title, "mark-title"),
        (Part::Texts, "mark-texts"),
        (Part::Numbers, "mark-numbers"),
        (Part::Reporter, "mark-reporter"),
        (Part::Fields, "mark-fields"),
        (Part::SealedFields, "mark-sealed-fields"),
        (Part::SealedFields, "mark-sealed-file"),
        (Part::ExactPlace, "mark-exact-place"),
        (Part::ExactPlace, "1100123457"),
        (Part::Staff, "mark-staff"),
        (Part::OpeningFiles, "mark-opening-files"),
        (Part::Files, "mark-files"),
    ];
    (matter, marks)
}

#[test]
fn what_is_left_of_a_matter_holds_just_the_parts_that_are_shown() {
    let (mut rules, _) = town::rules();
    let (matter, marks) = marked(&mut rules);
    assert_eq!(redact(&rules, &matter, Sight::Nothing), None);
    let sights = [Sight::Published, Sight::Own, Sight::Beside, Sight::Fixing, Sight::OnCase];
    for sight in sights {
        let left = redact(&rules, &matter, sight).expect("something is shown");
        let json = serde_json::to_string(&left).expect("it is JSON");
        for (part, mark) in &marks {
            assert_eq!(json.contains(mark), sight.shows(*part), "{sight:?} {mark}");
        }
        assert_eq!(json.contains(HIDDEN), !sight.shows(Part::Reporter), "{sight:?}");
    }
}

fn administrator(rules: &mut Rules, person: &str, role: &str) -> Viewer {
    let (_, now) = town::rules();
    town::hold(rules, town::grant(person, role, "d1", "d1"));
    Viewer::person(rules, &PersonId::from(person), Via::Person, now)
}

#[test]
fn no_administrator_makes_another_or_helps_oneself() {
    let (mut rules, _) = town::rules();
    let security = administrator(&mut rules, "sec", SECURITY_ADMINISTRATOR);
    let _ = administrator(&mut rules, "sys", SYSTEM_ADMINISTRATOR);
    let unit = UnitId::from("v1");
    let grant = |person: &str, role: &str| Action::Grant {
        person: PersonId::from(person),
        role: RoleId::from(role),
        unit: unit.clone(),
        area: unit.clone(),
    };
    assert_eq!(may(&rules, &security, &grant("clerk", "handler")), Ok(()));
    assert_eq!(may(&rules, &security, &grant("sec", "handler")), Err(Denied::Oneself));
    for role in [SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDIT_ADMINISTRATOR] {
        assert_eq!(may(&rules, &security, &grant("clerk", role)), Err(Denied::ByOperator));
    }
    // To take over the account of another administrator would be to hold that office.
    let take = Action::ChangePerson { person: PersonId::from("sys"), unit: unit.clone() };
    assert_eq!(may(&rules, &security, &take), Err(Denied::ByOperator));
    let (person, stands_for) = (PersonId::from("sec"), PersonId::from("clerk"));
    let stand_in = Action::Deputise { person, stands_for, unit };
    assert_eq!(may(&rules, &security, &stand_in), Err(Denied::Oneself));
}

#[test]
fn whoever_holds_two_offices_administers_nothing_until_one_ends() {
    let (mut rules, now) = town::rules();
    let system = administrator(&mut rules, "both", SYSTEM_ADMINISTRATOR);
    assert_eq!(may(&rules, &system, &Action::ChangeUnits), Ok(()));
    let both = administrator(&mut rules, "both", AUDIT_ADMINISTRATOR);
    for action in [Action::ChangeUnits, Action::ReadAudit] {
        assert_eq!(may(&rules, &both, &action), Err(Denied::NotSeparated));
    }
    let machine = Viewer::person(&rules, &PersonId::from("both"), Via::Token, now);
    assert_eq!(may(&rules, &machine, &Action::ReadAudit), Err(Denied::NotByMachine));
    let public = Viewer::public(now);
    assert_eq!(may(&rules, &public, &Action::ChangeOwnLogin), Err(Denied::SignedOut));
    for denied in [Denied::NotSeparated, Denied::SignedOut, Denied::OutOfArea { unit: None }] {
        let text = denied.text();
        assert!(!text.zh.is_empty() && !text.en.is_empty() && !denied.code().is_empty());
    }
}

#[test]
fn no_pack_makes_an_official_of_an_administrator() {
    let mut files = town::files();
    let file = files.files.get_mut("pack.toml").expect("it is there");
    let role = format!(
        "[[role]]\nid = \"{AUDIT_ADMINISTRATOR}\"\ntitle = {{ zh = \"审计\", en = \"Audit\" }}\n\
         of = \"place\"\nkinds = []\nsurfaces = [\"desk\"]\n\n[[field]]"
    );
    let text = String::from_utf8(file.clone()).expect("it is UTF-8");
    *file = text.replacen("[[field]]", &role, 1).into_bytes();
    let gaps = Pack::load(&files).expect_err("the name is kept");
    assert!(
        gaps.iter().any(|it| it.code == "private" && it.what.en.contains("office")),
        "{gaps:?}"
    );
    // Were there such a pack, the office would still show nothing.
    let (mut rules, now) = town::rules();
    publish(&mut rules, Compartment::Internal);
    let mut pack = Pack::clone(rules.pack(&"p".into()).expect("it is there"));
    let (of, desk) = (bihuan_core::pack::Of::Place, bihuan_core::pack::Surface::Desk);
    pack.roles.push(town::role(AUDIT_ADMINISTRATOR, of, desk));
    town::add(&mut rules, pack);
    let audit = administrator(&mut rules, "audit", AUDIT_ADMINISTRATOR);
    let matter = town::matter("p", 1, Meaning::Filed, "g1", now);
    assert_eq!(sight(&rules, &matter, &audit), Sight::Nothing);
}

#[test]
fn a_sealed_pack_shares_no_office_with_another() {
    let (mut rules, _) = town::rules();
    let open = Pack { compartment: Compartment::Open, ..town::pack() };
    let other = |compartment| Pack { id: "other".into(), compartment, ..town::pack() };
    assert_eq!(shared_offices(&rules, &other(Compartment::Sealed)), [], "there is no other yet");
    town::add(&mut rules, open.clone());
    assert_eq!(shared_offices(&rules, &other(Compartment::Open)), [], "nothing is sealed");
    let shared = shared_offices(&rules, &other(Compartment::Sealed));
    let offices = open.roles.iter().filter(|it| !it.is_public_only()).count();
    assert!(offices > 1);
    assert_eq!(shared.len(), offices, "all but who works on the public page alone: {shared:?}");
    assert!(shared.iter().all(|(pack, _)| *pack == open.id), "{shared:?}");

    // The other way round, and a next revision of itself.
    let sealed = Pack { rev: open.rev + 1, compartment: Compartment::Sealed, ..open.clone() };
    assert_eq!(shared_offices(&rules, &sealed), [], "a pack may keep its own roles");
    town::add(&mut rules, sealed);
    assert_eq!(shared_offices(&rules, &other(Compartment::Open)).len(), offices);
}
