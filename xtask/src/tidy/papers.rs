//! Papers that must agree with themselves: the decisions and the glossary.

use std::collections::BTreeMap;

use super::{Fault, Files, numbered};

const DECISIONS: &str = "docs/decisions/";
const GLOSSARY: &str = "GLOSSARY.md";

/// Every decision has a number of its own, is headed by it, and is linked from the list.
pub(super) fn decisions_are_listed(files: &Files) -> Vec<Fault> {
    let list_path = format!("{DECISIONS}README.md");
    let list = files.get(&list_path).map_or("", String::as_str);
    let mut faults = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, text) in files {
        let Some(name) = path.strip_prefix(DECISIONS).filter(|it| *it != "README.md") else {
            continue;
        };
        let mut add = |says: String| faults.push(Fault { path: path.clone(), line: 1, says });
        let Some((number, _)) = name.split_once('-').filter(|(it, _)| is_number(it)) else {
            add("a decision is called `NNNN-title.md`".into());
            continue;
        };
        if let Some(other) = numbers.insert(number, name) {
            add(format!("{number} is taken by `{other}`"));
        }
        if !text.starts_with(&format!("# {number}")) {
            add(format!("the heading begins with `# {number}`"));
        }
        if !list.contains(&format!("({name})")) {
            add(format!("not linked from `{list_path}`"));
        }
    }
    faults
}

/// One identifier means one thing: it stands in the second column of one row.
pub(super) fn glossary_is_unique(files: &Files) -> Vec<Fault> {
    let text = files.get(GLOSSARY).map_or("", String::as_str);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for (line, row) in numbered(text) {
        let Some(cell) = row.strip_prefix('|').and_then(|it| it.split('|').nth(1)) else {
            continue;
        };
        // Between the back-ticks: every second piece.
        for identifier in cell.split('`').skip(1).step_by(2) {
            if let Some(first) = seen.insert(identifier, line) {
                let says = format!("`{identifier}` is explained in line {first} already");
                faults.push(Fault { path: GLOSSARY.into(), line, says });
            }
        }
    }
    faults
}

fn is_number(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(given: &[(&str, &str)]) -> Files {
        given.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect()
    }

    fn says(faults: Vec<Fault>) -> String {
        faults.iter().map(|it| format!("{it}\n")).collect()
    }

    #[test]
    fn a_decision_without_its_place_in_the_list_is_found() {
        let good = [
            ("docs/decisions/0001-one.md", "# 0001: One"),
            ("docs/decisions/README.md", "[0001](0001-one.md)"),
        ];
        assert_eq!(says(decisions_are_listed(&files(&good))), "");
        let mut bad = good.to_vec();
        bad.push(("docs/decisions/0001-two.md", "# Two"));
        bad.push(("docs/decisions/notes.md", "# Notes"));
        let said = says(decisions_are_listed(&files(&bad)));
        for part in ["0001 is taken by `0001-one.md`", "begins with", "not linked", "NNNN-title"] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn a_word_explained_twice_is_found() {
        let good = "| 销号 | `clear`, `cleared` | off the ledger |\n| 作废 | `void` | rejected |\n";
        assert_eq!(says(glossary_is_unique(&files(&[(GLOSSARY, good)]))), "");
        let bad = format!("{good}| 清 | `cleared` | again |\n");
        let said = says(glossary_is_unique(&files(&[(GLOSSARY, &bad)])));
        assert_eq!(said, "GLOSSARY.md:3: `cleared` is explained in line 1 already\n");
    }
}
