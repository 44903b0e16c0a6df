//! `bihuan pack`: the built binary on folders, its successes and refusals, in both languages.

use crate::program::{Program, packs};

#[test]
fn the_packs_of_the_repository_pass_and_a_broken_one_names_file_and_line() {
    let program = Program::new();
    for folder in packs() {
        program.run(&["pack", "check", &folder]).good();
    }
    let folder = program.path("broken");
    program.run(&["pack", "new", &folder]).good();
    let path = format!("{folder}/pack.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().position(|it| it.starts_with("owner = ")).unwrap() + 1;
    let text = text.replacen("owner = { role = \"dispatcher\" }\n", "\n", 1);
    std::fs::write(&path, text).unwrap();
    let told = program.run(&["pack", "check", &folder, "--lang", "en"]).exits(1);
    assert!(told.stdout.contains("no_owner") && told.stdout.contains("/pack.toml:"), "{told:?}");
    let json = program.run(&["pack", "check", &folder, "--json"]).exits(1).json();
    assert_eq!(json["ok"], false);
    let gap = &json["packs"][0]["gaps"][0];
    let near = gap["line"].as_u64().unwrap().abs_diff(line as u64);
    assert!(near <= 5 && gap["file"] == "pack.toml", "{gap}");
}

#[test]
fn stories_pass_and_a_move_that_nobody_tells_fails() {
    let program = Program::new();
    let mut words = vec!["pack".to_owned(), "test".to_owned()];
    words.extend(packs());
    program.run(&words).good();
    let folder = program.path("new_one");
    program.run(&["pack", "new", &folder]).good();
    let told = program.run(&["pack", "test", &folder, "--lang", "zh"]).good();
    assert!(told.stdout.contains("全部符合"), "{told:?}");
    let story = format!("{folder}/stories/clear.story");
    let text = std::fs::read_to_string(&story).unwrap();
    let (kept, _) = text.split_once("> acceptor@town send_back").unwrap();
    std::fs::write(&story, kept).unwrap();
    let json = program.run(&["pack", "test", &folder, "--json"]).exits(1).json();
    assert_eq!(json["packs"][0]["moves_untold"], serde_json::json!(["void", "send_back"]));
    std::fs::write(&story, kept.replace("-> waiting", "-> closed")).unwrap();
    let told = program.run(&["pack", "test", &folder, "--lang", "en"]).exits(1);
    assert!(told.stdout.contains("clear.story:15: the story says"), "{told:?}");
}

#[test]
fn a_folder_that_is_not_there_or_already_there_is_refused_with_a_code() {
    let program = Program::new();
    let told = program.run(&["pack", "check", "nowhere", "--lang", "zh"]).exits(3);
    assert!(told.stderr.starts_with("file: 无法使用 nowhere"), "{told:?}");
    let json = program.run(&["pack", "check", "nowhere", "--json"]).exits(3).json();
    assert_eq!(json["problem"]["code"], "file");
    let folder = program.path("a");
    program.run(&["pack", "new", &folder]).good();
    program.run(&["pack", "new", &folder]).exits(2);
    program.run(&["pack", "new", &program.path("has blanks")]).exits(2);
    let json = program.run(&["pack", "chek", "--json"]).exits(2).json();
    assert_eq!(json["problem"]["code"], "usage");
}

#[test]
fn the_way_of_a_matter_is_drawn_in_both_languages() {
    let program = Program::new();
    for folder in packs() {
        for lang in ["zh", "en"] {
            let drawn = program.run(&["pack", "flow", &folder, "--lang", lang]).good().stdout;
            assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"), "{drawn}");
            let mut reader = quick_xml::Reader::from_str(&drawn);
            while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
        }
    }
    let nowhere = program.path("nowhere");
    program.run(&["pack", "flow", &nowhere]).exits(3);
}
