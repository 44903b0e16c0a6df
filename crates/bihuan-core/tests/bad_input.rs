//! Bad input: coded refusals, nothing changed, never a panic.

use bihuan_core::matter::Submission;
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story::chance::{self, Chance, View};
use bihuan_core::story::{self, world::World};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const SCENE: &str = "
start 2021-03-01T08:30
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
person inspector@town on=v01
person intake@town
person dispatcher@town
person handler@v01
person acceptor@town
";

fn world() -> (World, Pack) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/sanitation");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect("the pack is there"));
    }
    for entry in std::fs::read_dir(folder.join("documents")).expect("the folder is there") {
        let path = entry.expect("it reads").path();
        let name = format!("documents/{}", path.file_name().expect("a name").to_string_lossy());
        files.insert(name, std::fs::read(path).expect("it reads"));
    }
    let pack = Pack::load(&PackFiles { files }).expect("the pack has no gaps");
    let (world, _) = story::world(&pack, SCENE).expect("the scene stands");
    (world, pack)
}

/// A report that is accepted, to be spoiled one thing at a time.
fn good() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-000000000001",
        "by": "inspector@town",
        "matter": "00000000-0000-7000-8000-000000000002",
        "captured_at": 1_614_559_000_000_i64,
        "command": { "open": {
            "pack": "sanitation",
            "class": "0110",
            "source": "patrol",
            "title": "墙角堆放垃圾",
            "place": {
                "at": { "lon_e7": 1_100_250_000_i64, "lat_e7": 350_050_000_i64 },
                "datum": "wgs84", "accuracy_m": 5, "source": "gnss"
            },
            "files": [{ "digest": "a".repeat(64), "slot": "before" }],
        }},
    })
}

/// What comes of a submission: `parse`, the code of a refusal, or `done`.
fn outcome(value: &Value) -> String {
    let (mut world, _) = world();
    let text = value.to_string();
    let Ok(submission) = serde_json::from_str::<Submission>(&text) else { return "parse".into() };
    let before = (world.matters.clone(), world.events.len(), world.counters.clone());
    match world.submit(&submission) {
        Ok(_) => "done".into(),
        Err(refusal) => {
            assert_eq!(before, (world.matters, world.events.len(), world.counters));
            let told = refusal.text();
            assert!(!told.zh.is_empty() && !told.en.is_empty());
            refusal.code().to_owned()
        }
    }
}

fn spoiled(pointer: &str, value: Value) -> Value {
    let mut good = good();
    *good.pointer_mut(pointer).expect("the field is there") = value;
    good
}

#[test]
fn each_bad_thing_gets_its_own_answer() {
    assert_eq!(outcome(&good()), "done", "the control");
    let place = "/command/open/place";
    let long = "长".repeat(20_000);
    let deep = (0..200).fold(json!(1), |it, _| json!([it]));
    let many: Vec<Value> =
        (0..100).map(|it| json!({ "digest": format!("{it:064x}"), "slot": "before" })).collect();
    let cases = [
        ("/captured_at", json!(-5_364_662_400_000_i64), "invalid"),
        ("/captured_at", json!("yesterday"), "parse"),
        ("/by", json!("nobody"), "no_account"),
        ("/id", json!("not-an-id"), "parse"),
        ("/command/open/pack", json!("nothing"), "no_pack"),
        ("/command/open/class", json!("9999"), "no_class"),
        ("/command/open/source", json!("rumour"), "invalid"),
        ("/command/open/title", json!(long), "invalid"),
        ("/command/open/title", json!("墙角\u{0}"), "invalid"),
        ("/command/open/title", deep, "parse"),
        ("/command/open/files", json!(many), "invalid"),
        ("/command/open/files/0/digest", json!("../../etc/passwd"), "invalid"),
        ("/command/open/files/0/digest", json!("A".repeat(64)), "invalid"),
        ("/command/open/files/0/slot", json!("前"), "invalid"),
        ("/command/open", json!({ "pack": "sanitation", "clas": "0110" }), "parse"),
        ("/command", json!({ "destroy": {} }), "parse"),
        (place, json!({ "at": { "lon_e7": null, "lat_e7": 1 }, "datum": "wgs84" }), "parse"),
        ("/command/open/place/datum", json!("mars"), "parse"),
        ("/command/open/place/at", json!({ "lon_e7": 9_900_000_000_i64, "lat_e7": 1 }), "place"),
        (
            "/command/open/place/at",
            json!({ "lon_e7": 1_000_000_000, "lat_e7": 300_000_000 }),
            "place",
        ),
    ];
    for (pointer, value, expected) in cases {
        let got = outcome(&spoiled(pointer, value.clone()));
        // A place that no point can be is refused where it is read or where it is judged.
        let fits = got == expected || (expected == "place" && got == "parse");
        let shown: String = value.to_string().chars().take(60).collect();
        assert!(fits, "{pointer} = {shown}: {got}, not {expected}");
    }
}

#[test]
fn the_same_id_of_a_matter_is_not_opened_twice() {
    let (mut world, _) = world();
    let first: Submission = serde_json::from_value(good()).expect("it is good");
    assert!(world.submit(&first).is_ok());
    let mut second = first.clone();
    second.id = bihuan_core::id::CommandId(uuid::Uuid::from_u128(99));
    assert_eq!(world.submit(&second).map(|_| ()).map_err(|it| it.code()), Err("matter_exists"));
}

/// Replaces one value somewhere in a tree.
fn stir(value: &mut Value, chance: &mut Chance) {
    let odd = [
        json!(null),
        json!(-1),
        json!(i64::MAX),
        json!(1e300),
        json!(""),
        json!("\u{0}"),
        json!([]),
        json!({}),
        json!(true),
        json!("closed"),
        json!("00000000-0000-0000-0000-000000000000"),
    ];
    let here = chance.percent(25);
    match value {
        Value::Object(map) if !here && !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = chance.one(&keys).expect("it is not empty").clone();
            if chance.percent(10) {
                map.remove(&key);
            } else if let Some(below) = map.get_mut(&key) {
                stir(below, chance);
            }
        }
        Value::Array(list) if !here && !list.is_empty() => {
            let no = usize::try_from(chance.below(list.len() as u64)).expect("small");
            stir(&mut list[no], chance);
        }
        _ => *value = chance.one(&odd).expect("it is not empty").clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn stirred_commands_never_panic_and_a_refusal_changes_nothing(seed in any::<u64>()) {
        let (mut world, pack) = world();
        let mut chance = Chance::new(seed);
        let units = [("v01".into(), bihuan_core::place::Point {
            lon_e7: 1_100_250_000, lat_e7: 350_050_000,
        })];
        for _ in 0..60 {
            let view = View {
                rules: &world.rules, pack: &pack, now: world.now,
                matters: &world.matters, places: &units,
            };
            let lawful = chance::submission(&mut chance, &view);
            chance::arrive(&mut chance, &lawful, &mut world.arrived);
            let mut value = serde_json::to_value(&lawful).expect("it has only string keys");
            for _ in 0..chance.below(3) {
                stir(&mut value, &mut chance);
            }
            let Ok(submission) = serde_json::from_str::<Submission>(&value.to_string()) else {
                continue;
            };
            let before = world.matters.clone();
            if world.submit(&submission).is_err() {
                prop_assert_eq!(&before, &world.matters, "seed {}", seed);
            }
        }
    }

    #[test]
    fn random_bytes_are_no_command(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(serde_json::from_slice::<Submission>(&bytes).is_err());
    }
}

#[test]
fn a_schedule_opens_once_for_each_unit_and_only_by_the_clock() {
    let (mut world, mut pack) = world();
    pack.schedules.push(bihuan_core::pack::Schedule {
        id: "weekly".into(),
        title: bihuan_core::text::Text::new("每周巡查", "weekly patrol"),
        every: bihuan_core::pack::Every::Week,
        register: None,
        kind: Some(bihuan_core::unit::KindId("village".into())),
        class: "0110".into(),
    });
    let revisions = world.rules.packs.get_mut(&pack.id).expect("it is there");
    revisions.insert(pack.rev, std::sync::Arc::new(pack));
    let due = bihuan_core::schedule::openings(&world.rules, world.now);
    assert_eq!(due.len(), 1, "one village");
    assert_eq!(due, bihuan_core::schedule::openings(&world.rules, world.now.plus_ms(86_400_000)));
    let mut by_hand = due[0].clone();
    by_hand.by = "inspector@town".into();
    by_hand.via = bihuan_core::matter::Via::Person;
    let refused = world.submit(&by_hand).map(|_| ()).map_err(|it| it.code());
    assert_eq!(refused, Err("not_allowed"));
    assert!(world.submit(&due[0]).is_ok());
    let later = world.now.plus_ms(7 * 86_400_000);
    assert_ne!(due, bihuan_core::schedule::openings(&world.rules, later));
}
