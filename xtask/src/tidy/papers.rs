//! Papers that must agree with themselves and the tree: decisions, glossary, links.

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

/// A link from one document to a file of the repository leads to a file that is there.
pub(super) fn links_lead_somewhere(files: &Files) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, words) in numbered(text) {
            let targets = words.split("](").skip(1).filter_map(|it| it.split(')').next());
            let lost = targets.filter(|it| {
                let target = it.split('#').next().unwrap_or(it);
                let is_here = !target.is_empty() && !target.contains(':');
                is_here && super::is_text(target) && !is_there(files, &joined(folder, target))
            });
            let fault = |it: &str| {
                let says = format!("the link to `{it}` leads nowhere");
                Fault { path: path.clone(), line, says }
            };
            faults.extend(lost.map(fault));
        }
    }
    faults
}

/// Whether a path is a file that we read, or a folder that holds one.
fn is_there(files: &Files, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    files.contains_key(path) || files.keys().any(|it| it.starts_with(&folder)) || path.is_empty()
}

/// A relative path as seen from a folder, without `.` and `..`.
fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
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

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let given = |link: &str| {
            let text = format!("See [it]({link}).");
            let files = files(&[("docs/a.md", &text), ("docs/d/b.md", ""), ("README.md", "")]);
            links_lead_somewhere(&files).len()
        };
        for good in ["d/b.md", "d", "../README.md#part", "#part", "https://x.org/y.md", "x.png"] {
            assert_eq!(given(good), 0, "{good}");
        }
        assert_eq!(given("d/c.md"), 1);
        assert_eq!(given("README.md"), 1);
    }
}
