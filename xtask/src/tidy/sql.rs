//! Walls around the record: who may hold SQL, who may write an event, and how durably.

use super::numbered;
use super::source::Source;

/// The only place that inserts events.
const EXECUTE: &str = "crates/bihuan-store/src/execute";
/// The only control that shows what a weaker setting loses.
const TORTURE: &str = "xtask/src/torture";
/// How a statement that belongs in the store begins.
const KEYWORDS: &[&str] = &[
    "SELECT",
    "INSERT INTO",
    "UPDATE",
    "DELETE FROM",
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE INDEX",
    "ALTER TABLE",
    "DROP TABLE",
    "PRAGMA",
    "TRUNCATE",
];

pub(super) fn events_only_in_execute(source: &Source) -> Vec<(usize, String)> {
    let inserts = source.strings().filter(|(_, it)| touches(it, "INSERT INTO"));
    let inserts = inserts.filter(|_| !source.path.starts_with(EXECUTE));
    let says = "only the store's `execute` inserts events";
    let mut faults: Vec<_> = inserts.map(|(line, _)| (line, says.to_owned())).collect();
    let edits =
        source.strings().filter(|(_, it)| touches(it, "UPDATE") || touches(it, "DELETE FROM"));
    faults.extend(edits.map(|(line, _)| (line, "an event is never changed or removed".into())));
    faults
}

pub(super) fn no_event_in_migrations(path: &str, text: &str) -> Vec<(usize, String)> {
    if !path.ends_with(".sql") {
        return Vec::new();
    }
    let touched = numbered(text).filter(|(_, line)| {
        ["INSERT INTO", "UPDATE", "DELETE FROM"].iter().any(|it| touches(line, it))
    });
    touched.map(|(line, _)| (line, "only the store's `execute` writes events".into())).collect()
}

pub(super) fn only_in_the_store(source: &Source) -> Vec<(usize, String)> {
    if ["crates/bihuan-store/", "xtask/"].iter().any(|it| source.path.starts_with(it)) {
        return Vec::new();
    }
    let statements = source.strings().filter(|(_, it)| is_statement(it));
    statements.map(|(line, _)| (line, "all SQL lives in the store".into())).collect()
}

/// No weaker promise than a commit that survives the loss of power.
pub(super) fn durable(path: &str, text: &str) -> Vec<(usize, String)> {
    let checked = [".rs", ".sql", ".toml"].iter().any(|it| path.ends_with(it));
    if !checked || path.starts_with(TORTURE) {
        return Vec::new();
    }
    let weak = [
        concat!("synchronous=", "normal"),
        concat!("synchronous=", "off"),
        concat!("synchronous,", "normal"),
        concat!("synchronous,", "off"),
        concat!("synchronous_commit=", "off"),
        concat!("synchronous_commit,", "off"),
        concat!("fsync=", "off"),
        concat!("fsync,", "off"),
        concat!("full_page_writes=", "off"),
        concat!("full_page_writes,", "off"),
    ];
    let lines = numbered(text).filter(|(_, line)| {
        let bare: String = line.chars().filter(|it| !" \t\"'`".contains(*it)).collect();
        let bare = bare.to_ascii_lowercase();
        weak.iter().any(|it| bare.contains(it))
    });
    lines.map(|(line, _)| (line, "loses acknowledged writes when the power fails".into())).collect()
}

/// Whether a statement does `verb` to the table of events.
fn touches(statement: &str, verb: &str) -> bool {
    let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let statement = statement.to_ascii_uppercase();
    let target = format!("{verb} EVENT");
    statement.match_indices(&target).any(|(at, _)| {
        let after = statement[at + target.len()..].chars().next();
        !after.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
    })
}

fn is_statement(text: &str) -> bool {
    KEYWORDS.iter().any(|keyword| {
        text.match_indices(keyword).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + keyword.len()..].chars().next();
            before.is_none_or(|it| " (;".contains(it)) && after == Some(' ')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: fn(&Source) -> Vec<(usize, String)>, path: &str, text: &str) -> usize {
        rule(&Source::parse(path, text).expect("Rust")).len()
    }

    #[test]
    fn an_event_is_inserted_in_one_place() {
        let insert = "const A: &str = \"INSERT INTO\n  event (seq) VALUES ($1)\";";
        assert_eq!(found(events_only_in_execute, "crates/bihuan-store/src/matter.rs", insert), 1);
        assert_eq!(
            found(events_only_in_execute, "crates/bihuan-store/src/execute/a.rs", insert),
            0
        );
        let other = insert.replace("event", "event_note");
        assert_eq!(found(events_only_in_execute, "crates/bihuan-store/src/matter.rs", &other), 0);
        let edit = "const A: &str = \"UPDATE event SET bytes = $1\";";
        assert_eq!(found(events_only_in_execute, "crates/bihuan-store/src/execute.rs", edit), 1);
        assert_eq!(no_event_in_migrations("m/2.sql", "\nDELETE FROM event;").len(), 1);
        assert!(no_event_in_migrations("m/2.sql", "CREATE TABLE event (").is_empty());
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        let text = "const A: &str = \"SELECT id\n FROM matter\";";
        assert_eq!(found(only_in_the_store, "crates/bihuan/src/http/matter.rs", text), 1);
        assert_eq!(found(only_in_the_store, "crates/bihuan-store/src/matter.rs", text), 0);
        let english = "const A: &str = \"Select a matter, UPDATED daily\";";
        assert_eq!(found(only_in_the_store, "crates/bihuan/src/http/matter.rs", english), 0);
    }

    #[test]
    fn a_weaker_promise_is_found_outside_the_control() {
        for weak in
            [concat!("PRAGMA synchronous = ", "NORMAL"), concat!("(\"fsync\", ", "\"off\")")]
        {
            assert_eq!(durable("crates/bihuan-store/src/db.rs", weak).len(), 1, "{weak}");
            assert!(durable("xtask/src/torture/power.rs", weak).is_empty());
        }
        assert!(durable("crates/bihuan-store/src/db.rs", "PRAGMA synchronous = FULL").is_empty());
    }
}
