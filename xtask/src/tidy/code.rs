//! Habits of Rust: nothing silenced, nothing left open, a core that knows no world.

use super::source::Source;

pub(super) fn no_allow(source: &Source) -> Vec<(usize, String)> {
    let says = "use `#[expect(…, reason = \"…\")]`, which tells when it is no longer needed";
    let mut lines = source.lines_of(&["#", "[", "allow"]);
    lines.extend(source.lines_of(&["#", "!", "[", "allow"]));
    lines.into_iter().map(|it| (it, says.into())).collect()
}

pub(super) fn no_ignored_test(source: &Source) -> Vec<(usize, String)> {
    let says = "a test that is not run tells nothing: mend it or remove it";
    source.lines_of(&["#", "[", "ignore"]).into_iter().map(|it| (it, says.into())).collect()
}

pub(super) fn no_loose_ends(source: &Source) -> Vec<(usize, String)> {
    const ENDS: &[(&[&str], &str)] = &[
        (&["dbg", "!"], "a look for oneself: remove it"),
        (&["todo", "!"], "unfinished: finish it or refuse the case"),
        (&["unimplemented", "!"], "unfinished: finish it or refuse the case"),
        (&[".", "unwrap", "(", ")"], "use `expect(\"why it cannot fail\")` or return the error"),
        (&[".", "expect", "(", "\"\"", ")"], "say why it cannot fail"),
    ];
    let mut faults = Vec::new();
    for (words, says) in ENDS {
        let lines = source.lines_of(words).into_iter();
        faults.extend(lines.filter(|it| !source.is_test(*it)).map(|it| (it, (*says).into())));
    }
    faults
}

pub(super) fn core_is_pure(source: &Source) -> Vec<(usize, String)> {
    if !source.path.starts_with("crates/bihuan-core/src/") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for part in ["fs", "env", "net", "process", "thread", "io", "os"] {
        let says = format!("the core does no I/O: `std::{part}` belongs in another crate");
        let named = source.lines_of(&["std", ":", ":", part]).into_iter();
        faults.extend(named.map(|it| (it, says.clone())));
    }
    for word in ["HashMap", "HashSet", "async", "SystemTime"] {
        let says = format!("the core is the same on every run: `{word}` is not for it");
        let named = source.lines_of(&[word]).into_iter();
        faults.extend(named.map(|it| (it, says.clone())));
    }
    faults.retain(|(line, _)| !source.is_test(*line));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rule: fn(&Source) -> Vec<(usize, String)>, text: &str) -> Vec<usize> {
        let source = Source::parse("crates/bihuan-core/src/a.rs", text).expect("Rust");
        rule(&source).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_silenced_lint_is_found_and_an_expected_one_is_not() {
        assert_eq!(faults(no_allow, "#![allow(x)]\n#[allow(y)]\nfn a() {}"), [2, 1]);
        assert!(faults(no_allow, "#[expect(x, reason = \"y\")]\nfn a() {}").is_empty());
    }

    #[test]
    fn a_test_left_out_is_found() {
        assert_eq!(faults(no_ignored_test, "#[test]\n#[ignore = \"slow\"]\nfn a() {}"), [2]);
    }

    #[test]
    fn loose_ends_are_found_outside_tests_only() {
        assert_eq!(faults(no_loose_ends, "fn a() { dbg!(1); }"), [1]);
        assert_eq!(faults(no_loose_ends, "fn a() {\n todo!() }"), [2]);
        assert_eq!(faults(no_loose_ends, "fn a() { b()\n.unwrap(); }"), [2]);
        assert_eq!(faults(no_loose_ends, "fn a() { b().expect(\"\"); }"), [1]);
        assert!(faults(no_loose_ends, "#[test]\nfn a() { b().unwrap(); }").is_empty());
        assert!(
            faults(no_loose_ends, "// dbg!(1)\nfn a() { b().unwrap_or(\"dbg!\"); }").is_empty()
        );
    }

    #[test]
    fn a_core_that_looks_at_the_world_is_found() {
        assert_eq!(faults(core_is_pure, "fn a() { std::fs::read(\"x\"); }"), [1]);
        assert_eq!(faults(core_is_pure, "use std::collections::HashMap;"), [1]);
        assert!(faults(core_is_pure, "use std::collections::BTreeMap;").is_empty());
        let store = Source::parse("crates/bihuan-store/src/a.rs", "use std::fs;").expect("Rust");
        assert!(core_is_pure(&store).is_empty());
    }
}
