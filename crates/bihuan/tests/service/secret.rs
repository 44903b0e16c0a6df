//! Secrets are words that stand nowhere else: whoever may not see one finds it in no answer of any
//! address that is read, whatever is asked for.
//!
//! Invariant: a secret that somebody may see is found by somebody, else the search shows nothing.

use crate::crowd::{Crowd, DESK, Heard, WHO, get};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/service/secret.csv");

/// By secret: for each caller whether it may stand in an answer.
fn table() -> BTreeMap<String, Vec<bool>> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_path(TABLE).expect("the table");
    let columns: Vec<String> =
        reader.headers().expect("a first line").iter().skip(1).map(str::to_owned).collect();
    let all: Vec<&str> = WHO.iter().copied().chain([DESK]).collect();
    assert_eq!(columns, all, "one column for each caller, in this order");
    let row = |it: csv::StringRecord| {
        (it[0].to_owned(), it.iter().skip(1).map(|it| it == "yes").collect())
    };
    reader.records().map(|it| row(it.expect("a line"))).collect()
}

fn stands(heard: &Heard, secret: &str) -> bool {
    let within = |bytes: &[u8]| bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
    within(&heard.body) || heard.headers.values().any(|it| within(it.as_bytes()))
}

#[tokio::test]
async fn a_secret_stands_in_no_answer_to_whoever_may_not_see_it() {
    let (crowd, table) = (Crowd::gather().await, table());
    assert!(table.keys().eq(crowd.secrets.keys().copied()), "{:?}", crowd.secrets.keys());
    let (addresses, mut faults) = (crowd.addresses(), String::new());
    let mut found: BTreeMap<&str, u32> = BTreeMap::new();
    for (no, who) in WHO.iter().copied().chain([DESK]).enumerate() {
        for address in &addresses {
            let heard = get(&crowd.town, address, crowd.caller(who)).await;
            assert!(!heard.status.is_server_error(), "{who} {address}: {}", heard.status);
            for (name, secret) in crowd.secrets.iter().filter(|it| stands(&heard, it.1)) {
                *found.entry(name).or_default() += 1;
                if !table[*name][no] {
                    writeln!(faults, "{name} ({secret}) is told to {who} by {address}")
                        .expect("text");
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    for (name, may) in &table {
        let seen = found.contains_key(name.as_str());
        assert_eq!(seen, may.contains(&true), "{name}: nobody is told it, so nothing is shown");
    }
}
