//! Where the record stands, and proofs about it that anybody can check elsewhere.
//!
//! Invariants: positions of the record are told to officials, and to whoever made an entry of that
//! entry; the bytes of an entry are told to those who see all of it.

use super::body::Query;
use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::problem::Problem;
use crate::proof::{ConsistencyProof, InclusionProof, RecordProof, TREE, TreeHead, texts};
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::content::hex;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Rules;
use bihuan_core::policy::{self, Action, Sight, Viewer, scope};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::matter::{among, seen};
use bihuan_store::realm::head;
use bihuan_store::record::{Record, Said};
use bihuan_store::timeline::inclusion;
use bihuan_store::verify::{entry, prove_consistency, root_of};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where the record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordHead {
    /// The tree: `rfc6962-sha256`.
    pub tree: String,
    /// Number of entries.
    pub size: u64,
    /// Root over them, as 64 hexadecimal digits.
    pub root: String,
    /// The last moment of the realm's clock, in milliseconds since 1970 UTC.
    pub last_at: Instant,
}

/// Which entry.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionQuery {
    /// Number of the entry, as a receipt says it (`first_seq` to `last_seq`).
    pub receipt: u64,
}

/// Which two records.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// Entries of the older one.
    pub from: u64,
    /// Entries of the newer one; all that there are where absent.
    #[serde(default)]
    pub to: Option<u64>,
}

/// Where the record stands.
#[utoipa::path(
    get, path = "/api/v1/record/head", tag = "record",
    responses((status = 200, body = RecordHead), ReadProblems)
)]
pub async fn stands(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<RecordHead>, ApiProblem> {
    caller.may(&app, &Action::ReadRecord)?;
    let head = app.run(|realm| realm.read(head)).await?;
    let (tree, size) = (TREE.to_owned(), head.seq);
    Ok(axum::Json(RecordHead { tree, size, root: head.root, last_at: head.last_at }))
}

/// The proof that an entry is in the record, to be kept and checked elsewhere.
#[utoipa::path(
    get, path = "/api/v1/record/inclusion", tag = "record", params(InclusionQuery),
    responses((status = 200, body = RecordProof), ReadProblems)
)]
pub async fn included(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<InclusionQuery>,
) -> Result<axum::Json<RecordProof>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let proof =
        app.run(move |realm| prove(realm, &rules, (&caller, &viewer), query.receipt)).await?;
    proof.map(axum::Json).ok_or_else(ApiProblem::not_found)
}

fn prove(
    realm: &Realm,
    rules: &Rules,
    (caller, viewer): (&Caller, &Viewer),
    seq: u64,
) -> Result<Option<RecordProof>, Problem> {
    let Some(bytes) = realm.read(|db| entry(db, seq))? else { return Ok(None) };
    let damaged = |it| Problem::Other(format!("entry {seq} is damaged: {it}"));
    let record = Record::from_bytes(&bytes).map_err(damaged)?;
    let is_own = matches!(&record.said, Said::Matter(it) if it.by.account == caller.account);
    if !is_own && policy::may(rules, viewer, &Action::ReadRecord).is_err() {
        return Ok(None);
    }
    let Some(found) = realm.read(|db| inclusion(db, seq))? else { return Ok(None) };
    let shown = sees_all(realm, rules, viewer, &record)?;
    Ok(Some(RecordProof::Inclusion(InclusionProof {
        tree: TREE.to_owned(),
        index: seq - 1,
        size: found.size,
        leaf: found.leaf,
        path: found.proof,
        root: found.root,
        entry: String::from_utf8(bytes).ok().filter(|_| shown),
    })))
}

/// Whether all that an entry says is the viewer's to see.
fn sees_all(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    record: &Record,
) -> Result<bool, Problem> {
    let Some(id) = record.matter() else {
        return Ok(policy::may(rules, viewer, &Action::ReadAudit).is_ok());
    };
    let seen = realm.read(|db| seen(db, rules, viewer, id))?;
    if seen.is_none_or(|it| it.sight != Sight::OnCase) {
        return Ok(false);
    }
    // Another matter that the entry names may be hidden from those who see this one.
    let Said::Matter(said) = &record.said else { return Ok(false) };
    let links: Vec<MatterId> = policy::event_links(&said.event).into_iter().collect();
    let scope = scope(rules, viewer);
    let known = realm.read(|db| among(db, &scope, &links))?;
    Ok(known.len() == links.len())
}

/// The proof that the record of `from` entries is the beginning of that of `to`.
#[utoipa::path(
    get, path = "/api/v1/record/consistency", tag = "record", params(ConsistencyQuery),
    responses((status = 200, body = RecordProof), ReadProblems)
)]
pub async fn consistent(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ConsistencyQuery>,
) -> Result<axum::Json<RecordProof>, ApiProblem> {
    caller.may(&app, &Action::ReadRecord)?;
    let size = app.run(|realm| realm.read(head)).await?.seq;
    let (from, to) = (query.from, query.to.unwrap_or(size));
    if from > to || to > size {
        let text = Text::new(
            format!("请写 from ≤ to ≤ {size}"),
            format!("give from at most to, and to at most {size}"),
        );
        return Err(ApiProblem::invalid("from, to", &text.zh, &text.en));
    }
    let proof = app
        .run(move |realm| {
            realm.read(|db| {
                let path = texts(&prove_consistency(db, from, to)?);
                let head = |size: u64, root: [u8; 32]| TreeHead { size, root: hex(&root) };
                let from = head(from, root_of(db, from)?);
                let to = head(to, root_of(db, to)?);
                Ok(ConsistencyProof { tree: TREE.to_owned(), from, to, path })
            })
        })
        .await?;
    Ok(axum::Json(RecordProof::Consistency(proof)))
}
