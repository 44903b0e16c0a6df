//! Registers: a matter names an entry, its formula reckons with it, a schedule opens one for each.

use bihuan_core::matter::{Refusal, Submission, What};
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story::{self, world::World};
use bihuan_core::time::DAY_MS;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const SCENE: &str = "
start 2021-03-01T08:30
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
unit v02 in=town kind=village
person inspector@town on=v01
person intake@town
entry outlet/o1 in=v01 rent=120000
entry outlet/o2 in=v02 rent=90000
";

const REGISTER: &str = r#"
[[register]]
id = "outlet"
title = { zh = "经营网点", en = "Outlet" }
fields = [
  { id = "rent", title = { zh = "月租", en = "Rent" }, type = "money", required = true },
]

[[field]]
id = "outlet"
title = { zh = "网点", en = "Outlet" }
type = "register"
register = "outlet"

[[field]]
id = "due"
title = { zh = "两月租金", en = "Two months' rent" }
type = "formula"
expr = "outlet.rent * 2"

[[schedule]]
id = "monthly"
title = { zh = "每月查看", en = "Monthly look" }
every = "month"
register = "outlet"
class = "0110"
"#;

fn world() -> World {
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
    files.get_mut("pack.toml").expect("it is there").extend(REGISTER.as_bytes());
    let pack = Pack::load(&PackFiles { files }).expect("the pack has no gaps");
    story::world(&pack, SCENE).expect("the scene stands").0
}

fn opening(no: u8, form: Value) -> Submission {
    let value = json!({
        "id": format!("00000000-0000-7000-8000-0000000000{no:02}"),
        "by": "inspector@town",
        "matter": format!("00000000-0000-7000-8000-0000000001{no:02}"),
        "command": { "open": {
            "pack": "sanitation", "class": "0110", "source": "patrol", "title": "墙角堆放垃圾",
            "place": {
                "at": { "lon_e7": 1_100_250_000_i64, "lat_e7": 350_050_000_i64 },
                "datum": "wgs84", "accuracy_m": 5, "source": "gnss"
            },
            "files": [{ "digest": "a".repeat(64), "slot": "before" }],
            "form": form,
        }},
    });
    serde_json::from_value(value).expect("a submission")
}

fn codes(refusal: &Refusal) -> Vec<&'static str> {
    match refusal {
        Refusal::Form { faults } => faults.iter().map(|it| it.code).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_formula_reckons_with_the_entry_that_a_matter_names() {
    let mut world = world();
    let decision = world.submit(&opening(1, json!({ "outlet": "o1" }))).expect("it opens");
    let form = decision.events.iter().find_map(|it| match &it.1.what {
        What::Opened(opened) => Some(opened.form.clone()),
        _ => None,
    });
    let form = serde_json::to_value(form.expect("an opening")).expect("json");
    assert_eq!(form, json!({ "outlet": { "key": "o1" }, "due": { "int": 240_000 } }));
}

#[test]
fn an_entry_that_is_not_there_or_no_longer_is_refused() {
    let mut world = world();
    let refused = world.submit(&opening(1, json!({ "outlet": "o9" }))).expect_err("no entry");
    assert_eq!(codes(&refused), ["no_entry"]);
    let now = world.now;
    let entries = world.rules.registers.values_mut().next().expect("a register");
    entries.get_mut("outlet").expect("it").get_mut("o2").expect("an entry").to = Some(now);
    let refused = world.submit(&opening(2, json!({ "outlet": "o2" }))).expect_err("ended");
    assert_eq!(codes(&refused), ["no_entry"]);
    assert!(world.matters.is_empty());
}

#[test]
fn a_schedule_opens_one_matter_for_each_entry_and_period() {
    let mut world = world();
    let due = bihuan_core::schedule::openings(&world.rules, world.now);
    assert_eq!(due.len(), 2, "two outlets");
    for opening in &due {
        world.submit(opening).expect("the clock opens it");
        // Sent again, by whatever node, it is the same command.
        assert!(bihuan_core::schedule::openings(&world.rules, world.now).contains(opening));
    }
    let units: Vec<_> = world.matters.values().map(|it| it.place_unit.0.clone()).collect();
    assert!(units.contains(&"v01".into()) && units.contains(&"v02".into()), "{units:?}");
    let next_month = world.now.plus_ms(31 * DAY_MS);
    let later = bihuan_core::schedule::openings(&world.rules, next_month);
    assert!(later.iter().all(|it| !due.contains(it)));
}
