//! Words that do not belong: marks of unfinished work, names of places, the machine it was
//! written on.

use super::source::{Source, is_test_file};
use super::{Fault, Files, NAMES, has_word, is_code, numbered};

pub(super) fn no_marks(path: &str, text: &str) -> Vec<(usize, String)> {
    if !is_code(path, text) {
        return Vec::new();
    }
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let marked = numbered(text).filter(|(_, line)| marks.iter().any(|it| has_word(line, it)));
    marked.map(|(line, _)| (line, "finish it, or open an issue".into())).collect()
}

/// The repository speaks of the product, not of a machine.
pub(super) fn no_workplace(_path: &str, text: &str) -> Vec<(usize, String)> {
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
        concat!("/Us", "ers/"),
    ];
    let named = numbered(text).filter(|(_, line)| {
        paths.iter().any(|it| {
            line.match_indices(it).any(|(at, _)| {
                // As the start of a path: not after a variable, and not within an address.
                let before = line[..at].chars().next_back();
                before.is_none_or(|it| " \t\"'`(=:<>[".contains(it))
            })
        })
    });
    named.map(|(line, _)| (line, "a path of somebody's own machine".into())).collect()
}

/// Lock files name the public registries alone.
pub(super) fn public_registries(path: &str, text: &str) -> Vec<(usize, String)> {
    const PUBLIC: &[&str] =
        &["https://github.com/rust-lang/crates.io-index", "https://registry.npmjs.org/"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_lock = ["Cargo.lock", "package-lock.json", "pnpm-lock.yaml"].contains(&name);
    let is_source = |line: &str| {
        let line = line.trim_start();
        ["source = ", "\"resolved\":"].iter().any(|it| line.starts_with(it))
            || line.contains("tarball:")
    };
    let other = numbered(text).filter(|(_, line)| {
        is_lock && is_source(line) && !PUBLIC.iter().any(|it| line.contains(it))
    });
    other.map(|(line, _)| (line, "locked to a registry that others cannot reach".into())).collect()
}

/// No place, department or pack is named in the code of the product; tests may.
pub(super) fn no_names(files: &Files) -> Vec<Fault> {
    let list = files.get(NAMES).map_or("", String::as_str);
    let names: Vec<String> = list
        .lines()
        .map(|it| it.trim().to_lowercase())
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
        .collect();
    let mut faults = Vec::new();
    let product = files.iter().filter(|(path, _)| {
        path.starts_with("crates/") && path.contains("/src/") && !is_test_file(path)
    });
    for (path, text) in product.filter(|(path, _)| path.ends_with(".rs")) {
        // What does not lex is reported once, elsewhere.
        let Ok(source) = Source::parse(path, text) else { continue };
        for (line, words) in numbered(text).filter(|(line, _)| !source.is_test(*line)) {
            let words = words.to_lowercase();
            for name in names.iter().filter(|it| has_word(&words, it)) {
                let says = format!("`{name}` is data: name it in `packs/` or the demo town");
                faults.push(Fault { path: path.clone(), line, says });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_as_a_word() {
        let mark = concat!("// TO", "DO: later");
        assert_eq!(no_marks("a.rs", mark).len(), 1);
        assert!(no_marks("a.rs", concat!("// TO", "DOS")).is_empty());
        assert!(no_marks("a.md", mark).is_empty());
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        for path in [concat!("see /wo", "rk/x"), concat!("`/ho", "me/x`")] {
            assert_eq!(no_workplace("a.md", path).len(), 1, "{path}");
        }
        assert!(no_workplace("a.md", concat!("$HOME/wo", "rk/x")).is_empty());
        assert!(no_workplace("a.md", "https://example.org/home/").is_empty());
    }

    #[test]
    fn a_private_registry_is_found() {
        let private = "source = \"registry+https://mirror.example/index\"";
        assert_eq!(public_registries("Cargo.lock", private).len(), 1);
        assert!(public_registries("README.md", private).is_empty());
        let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(public_registries("Cargo.lock", public).is_empty());
    }

    #[test]
    fn a_place_named_in_the_product_is_found() {
        let names = (NAMES.to_owned(), "# places\n某镇\nsometown\n".to_owned());
        let at = |path: &str, text: &str| {
            let files = Files::from([names.clone(), (path.into(), text.into())]);
            no_names(&files).len()
        };
        assert_eq!(at("crates/x/src/a.rs", "//! for 某镇"), 1);
        assert_eq!(at("crates/x/src/a.rs", "const SOMETOWN_ID: u8 = 1;"), 1);
        assert_eq!(at("crates/x/src/a.rs", "const SOMETOWNS: u8 = 1;"), 0);
        assert_eq!(at("crates/x/src/a.rs", "#[test]\nfn a() { open(\"某镇\"); }"), 0);
        assert_eq!(at("crates/x/tests/a.rs", "//! for 某镇"), 0);
    }
}
