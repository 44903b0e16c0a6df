//! Proofs about the record, checked by a few lines that share nothing with what made them.

use crate::town::{STRANGER, Town};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

fn hash(parts: &[&[u8]]) -> Hash {
    let mut sha = Sha256::new();
    parts.iter().for_each(|it| sha.update(it));
    sha.finalize().into()
}

fn node(left: Hash, right: Hash) -> Hash {
    hash(&[&[1], &left, &right])
}

/// The largest power of two below `size`.
fn left_of(size: u64) -> u64 {
    (0..).map(|it| 1 << it).take_while(|it| *it < size).last().expect("two leaves")
}

/// The root that a path leads to (RFC 6962, 2.1.1).
fn climb(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Hash {
    let Some((last, rest)) = path.split_last() else {
        assert_eq!((index, size), (0, 1));
        return leaf;
    };
    let left = left_of(size);
    if index < left {
        node(climb(leaf, index, left, rest), *last)
    } else {
        node(*last, climb(leaf, index - left, size - left, rest))
    }
}

/// The old and the new root that a consistency proof leads to (RFC 6962, 2.1.2).
fn grow(old: u64, new: u64, root: Option<Hash>, path: &[Hash]) -> (Hash, Hash) {
    if old == new {
        let own = root.unwrap_or_else(|| path[0]);
        return (own, own);
    }
    let (last, rest) = path.split_last().expect("a hash");
    let left = left_of(new);
    if old <= left {
        let (was, is) = grow(old, left, root, rest);
        (was, node(is, *last))
    } else {
        let (was, is) = grow(old - left, new - left, None, rest);
        (node(*last, was), node(*last, is))
    }
}

fn bytes(text: &Value) -> Hash {
    let text = text.as_str().expect("a hash");
    let digits = |no: usize| u8::from_str_radix(&text[2 * no..2 * no + 2], 16).expect("digits");
    std::array::from_fn(digits)
}

fn path(proof: &Value) -> Vec<Hash> {
    proof["path"].as_array().expect("a path").iter().map(bytes).collect()
}

fn size(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

async fn good(town: &Town, account: &str, path: &str) -> Value {
    let (status, said) = town.send(("GET", path), account, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{path}: {said}");
    said
}

async fn included(town: &Town, account: &str, receipt: &Value) -> Value {
    good(town, account, &format!("/api/v1/record/inclusion?receipt={receipt}")).await
}

#[tokio::test]
async fn an_entry_is_proved_to_be_in_the_record() {
    let town = Town::found();
    let matter = town.id();
    let (_, done) = town.act("inspector@v01", &matter, town.opening("v01")).await;
    let receipt = &done["receipt"]["first_seq"];
    town.opened().await;
    let head = good(&town, "leader@town", "/api/v1/record/head").await;
    for who in ["inspector@v01", "intake@town", "handler@v02"] {
        let proof = included(&town, who, receipt).await;
        assert_eq!(size(&proof["index"]) + 1, size(receipt));
        assert_eq!((&proof["size"], &proof["root"]), (&head["size"], &head["root"]));
        let (index, size) = (size(&proof["index"]), size(&proof["size"]));
        let root = climb(bytes(&proof["leaf"]), index, size, &path(&proof));
        assert_eq!(root, bytes(&head["root"]), "{who}");
        // Who does not see the matter gets no more than the digest.
        let shown = who != "handler@v02";
        assert_eq!(proof.get("entry").is_some(), shown, "{who}: {proof}");
        if shown {
            let entry = proof["entry"].as_str().expect("text");
            assert_eq!(hash(&[&[0], entry.as_bytes()]), bytes(&proof["leaf"]));
            let said: Value = serde_json::from_str(entry).expect("JSON");
            assert_eq!(said["matter"]["id"], *matter, "{said}");
        }
    }
    // What changed the rules is for the auditor to read.
    assert_eq!(included(&town, "leader@town", &json!(1)).await.get("entry"), None);
}

#[tokio::test]
async fn an_older_record_is_proved_to_be_the_beginning() {
    let town = Town::found();
    let mut heads = vec![good(&town, "leader@town", "/api/v1/record/head").await];
    for _ in 0..4 {
        town.opened().await;
        heads.push(good(&town, "leader@town", "/api/v1/record/head").await);
    }
    let newest = heads.last().expect("heads").clone();
    for head in &heads {
        let asked = format!("/api/v1/record/consistency?from={}", head["size"]);
        let proof = good(&town, "leader@town", &asked).await;
        assert_eq!(proof["from"]["root"], head["root"]);
        let (old, new) = (size(&head["size"]), size(&newest["size"]));
        let roots = grow(old, new, Some(bytes(&head["root"])), &path(&proof));
        assert_eq!(roots, (bytes(&head["root"]), bytes(&newest["root"])), "from {old}");
    }
    let path = "/api/v1/record/consistency?from=2&to=5";
    let proof = good(&town, "leader@town", path).await;
    assert_eq!((&proof["from"]["size"], &proof["to"]["size"]), (&json!(2), &json!(5)));
    for query in ["from=5&to=2", "from=1&to=99999", "from=99999"] {
        let path = format!("/api/v1/record/consistency?{query}");
        let (status, said) = town.send(("GET", &path), "leader@town", &Value::Null).await;
        assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
    }
}

#[tokio::test]
async fn positions_are_told_to_officials_and_to_whoever_made_the_entry() {
    let town = Town::found();
    town.opened().await;
    let mut opening = town.opening("v01");
    opening["open"]["source"] = json!("public");
    let (status, done) = town.act("resident@district", &town.id(), opening).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done.get("receipt"), None, "whoever comes from outside is not told where it stands");
    let own = good(&town, "leader@town", "/api/v1/record/head").await["size"].clone();
    let proof = included(&town, "resident@district", &own).await;
    assert_eq!((size(&proof["index"]) + 1, proof.get("entry")), (size(&own), None));
    let absent = town
        .send(("GET", "/api/v1/record/inclusion?receipt=99999"), "resident@district", &Value::Null)
        .await;
    assert_eq!(absent.0, StatusCode::NOT_FOUND);
    for receipt in [0, 1, size(&own) - 1] {
        let path = format!("/api/v1/record/inclusion?receipt={receipt}");
        assert_eq!(town.send(("GET", &path), "resident@district", &Value::Null).await, absent);
        assert_eq!(town.send(("GET", &path), STRANGER, &Value::Null).await, absent);
    }
    for path in ["/api/v1/record/head", "/api/v1/record/consistency?from=1"] {
        for who in [STRANGER, "resident@district"] {
            let (status, said) = town.send(("GET", path), who, &Value::Null).await;
            assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_official")));
        }
        let (status, _, _) = town.call(("GET", path), None, &[], b"").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}
