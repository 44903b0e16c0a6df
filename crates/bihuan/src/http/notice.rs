//! What people are told of how their data is used, and the stamp that somebody has read it.
//!
//! Invariants: a version never changes; a stamp names a version and a moment, cannot be made up,
//! and says nothing of who read.

use super::body::{Json, Path};
use super::cursor::Seal;
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::privacy::{self, Notice};
use bihuan_store::{Db, DbError, rules};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest text of one language, in bytes.
const TEXT_BYTES_MAX: usize = 40_000;
/// How long a stamp is good.
const STAMP_MS: i64 = DAY_MS;
/// What seals stamps.
const PURPOSE: &str = "read the notice";

/// A version of the notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeShown {
    /// Its number.
    pub rev: i64,
    /// What it says.
    pub text: Text,
    /// Since when, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub published_at: Instant,
}

impl From<Notice> for NoticeShown {
    fn from(it: Notice) -> NoticeShown {
        NoticeShown { rev: it.rev, text: it.text, published_at: it.published_at }
    }
}

/// The next version of the notice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeInput {
    /// What it says: purpose, kinds of data, how long they are kept, rights, whom to ask.
    pub text: Text,
}

/// That somebody has read a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeStamp {
    /// To be sent along with what is reported, within a day.
    pub stamp: String,
}

/// What a stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// The version.
    pub rev: i64,
    /// When it was accepted.
    pub at: Instant,
}

/// The newest version of the notice.
#[utoipa::path(
    get, path = "/api/v1/notice", tag = "personal_data",
    responses((status = 200, body = NoticeShown), ReadProblems)
)]
pub async fn newest(State(app): State<App>) -> Result<axum::Json<NoticeShown>, ApiProblem> {
    let found = app.run(|realm| realm.read(privacy::newest)).await?;
    found.map(|it| axum::Json(it.into())).ok_or_else(ApiProblem::not_found)
}

/// One version of the notice.
#[utoipa::path(
    get, path = "/api/v1/notice/{rev}", tag = "personal_data", params(("rev" = i64, Path)),
    responses((status = 200, body = NoticeShown), ReadProblems)
)]
pub async fn one(
    State(app): State<App>,
    Path(rev): Path<i64>,
) -> Result<axum::Json<NoticeShown>, ApiProblem> {
    let found = app.run(move |realm| realm.read(|db| privacy::find(db, rev))).await?;
    found.map(|it| axum::Json(it.into())).ok_or_else(ApiProblem::not_found)
}

/// Publishes the next version.
#[utoipa::path(
    post, path = "/api/v1/notice", tag = "personal_data", request_body = NoticeInput,
    responses((status = 201, body = NoticeShown), WriteProblems)
)]
pub async fn publish(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<NoticeInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeSettings)?;
    let fits = |it: &str| !it.trim().is_empty() && it.len() <= TEXT_BYTES_MAX && !it.contains('\0');
    if !fits(&input.text.zh) || !fits(&input.text.en) {
        let text = Text::new(
            "请用两种语言填写，每种40000字节以内",
            "write it in both languages, each in 40,000 bytes",
        );
        return Err(ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text));
    }
    let shown = app
        .record(move |db, now| {
            let rev = privacy::publish(db, &input.text, now)?;
            let told = Audited::by(Act::NoticePublished, &caller.account).about(rev.to_string());
            Ok((NoticeShown { rev, text: input.text, published_at: now }, vec![told]))
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

/// Says that the newest version was read, for the public form.
#[utoipa::path(
    post, path = "/api/v1/notice/{rev}/accept", tag = "personal_data", params(("rev" = i64, Path)),
    responses((status = 201, body = NoticeStamp), WriteProblems)
)]
pub async fn accept(State(app): State<App>, Path(rev): Path<i64>) -> Result<Response, ApiProblem> {
    let at = app.realm().now();
    let stamp = app
        .run(move |realm| {
            realm.read(|db| match privacy::newest(db)? {
                Some(it) if it.rev == rev => {
                    let said = serde_json::to_vec(&Stamped { rev, at });
                    let said = said.expect("it has only string keys");
                    Ok(Some(seal(db)?.seal_bytes(&said, "")))
                }
                _ => Ok(None),
            })
        })
        .await?;
    let stamp = stamp.ok_or_else(out_of_date)?;
    Ok((StatusCode::CREATED, axum::Json(NoticeStamp { stamp })).into_response())
}

/// What a stamp says; none where it was made up or is older than a day.
///
/// # Errors
/// As the database says.
pub fn stamped(realm: &Realm, stamp: &str) -> Result<Option<Stamped>, crate::problem::Problem> {
    let bytes = realm.read(|db| Ok(seal(db)?.open_bytes(stamp, "")))?;
    let said: Option<Stamped> = bytes.and_then(|it| serde_json::from_slice(&it).ok());
    Ok(said.filter(|it| (0..STAMP_MS).contains(&(realm.now().0 - it.at.0))))
}

fn seal(db: &mut Db) -> Result<Seal, DbError> {
    Ok(Seal::new(rules::key(db, PURPOSE)?, PURPOSE))
}

fn out_of_date() -> ApiProblem {
    let text = Text::new("告知书已更新，请重新阅读", "the notice has changed; read it again");
    ApiProblem::new(StatusCode::CONFLICT, "notice_changed", text)
}
