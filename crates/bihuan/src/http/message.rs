//! Messages (消息): what concerns the caller, and how far each has got.
//!
//! Invariants: everybody reads own messages alone, about matters that they still see; what is told
//! of one is no more than a list of matters tells; only a person's own look counts as delivered,
//! never a program's; who has read what is told to those on the case alone.

use super::body::{Json, Path, Query};
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::look::Look;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::Via;
use bihuan_core::notice::NoticeKind;
use bihuan_core::pack::Compartment;
use bihuan_core::policy::{Sight, compartment, shows_person};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::message::{self, Ask, Message, Progress, Sent};
use bihuan_store::text::{Shown, names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Messages of one page where no number is given.
const LIMIT: i64 = 50;
/// Most messages that are marked at once.
const IDS_MAX: usize = 100;

/// Which messages.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// `all` (unless said), or `unread` alone.
    #[serde(default)]
    #[param(inline)]
    pub standing: MessageStanding,
    /// How many, 50 unless said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// The cursor that the page before told.
    #[serde(default)]
    #[param(max_length = 200)]
    pub cursor: Option<String>,
}

/// Which messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStanding {
    /// All.
    #[default]
    All,
    /// Those that were not read; what urged to act on a matter is closed by its end.
    Unread,
}

/// A page of messages.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessagePage {
    /// The newest first.
    pub rows: Vec<MessageShown>,
    /// How many are `unread`, in all.
    pub unread: i64,
    /// The cursor of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageShown {
    /// Id.
    pub id: String,
    /// Of what: `yours`, `due_soon`, `overdue`, `urged`, `supervised`, `second_look`,
    /// `disagreed` or `proposed`.
    pub kind: String,
    /// The same in words.
    pub text: Text,
    /// When it happened, in milliseconds since 1970 UTC, as all moments are.
    pub at: Instant,
    /// Whether it is `unread`: its person did not read it, and the end of the matter did not close
    /// it, as it closes what urged somebody to act.
    pub unread: bool,
    /// How far it has got.
    #[serde(flatten)]
    pub progress: MessageProgress,
    /// The matter.
    pub matter: MessageMatter,
}

/// How far a message has got.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageProgress {
    /// When a list with it was first answered to its person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub delivered_at: Option<Instant>,
    /// When it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub read_at: Option<Instant>,
    /// When its person confirmed to have received it (签收).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub received_at: Option<Instant>,
}

impl From<Progress> for MessageProgress {
    fn from(it: Progress) -> MessageProgress {
        let Progress { delivered_at, read_at, received_at } = it;
        MessageProgress { delivered_at, read_at, received_at }
    }
}

/// The matter of a message, as it stands now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageMatter {
    /// Id.
    pub id: MatterId,
    /// The kind of loop.
    pub pack: String,
    /// The stage that it stands in.
    pub stage: String,
    /// The problem type.
    pub class: String,
    /// Number since filing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Until when the next move is owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub due_at: Option<Instant>,
    /// The opener's words; absent where they are sealed or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Messages to mark.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageIds {
    /// Their ids, at most 100.
    #[schema(min_items = 1, max_items = 100)]
    pub ids: Vec<String>,
}

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessagesLeft {
    /// How many are `unread` now.
    pub unread: i64,
}

/// Who was told of a matter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessagesSent {
    /// The newest first, at most 500.
    pub rows: Vec<MessageSent>,
}

/// A message as those on the case see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageSent {
    /// To whom.
    pub person: PersonId,
    /// That person's name; absent where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of what, as in [`MessageShown`].
    pub kind: String,
    /// The same in words.
    pub text: Text,
    /// When it happened.
    pub at: Instant,
    /// How far it has got.
    #[serde(flatten)]
    pub progress: MessageProgress,
}

/// The caller's messages, the newest first.
///
/// What is told here counts as delivered, unless a program asked.
#[utoipa::path(
    get, path = "/api/v1/messages", tag = "message", params(MessageQuery),
    responses((status = 200, body = MessagePage), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<MessageQuery>,
) -> Result<axum::Json<MessagePage>, ApiProblem> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=message::PAGE_MAX).contains(&limit) {
        return Err(ApiProblem::invalid("limit", "每页1至100条", "a page has 1 to 100"));
    }
    let unread = query.standing == MessageStanding::Unread;
    let (seal, bound) = (app.pages().await?, format!("messages {unread} {}", caller.account));
    let place = |it: &String| {
        let bytes = seal.open_bytes(it, &bound)?.try_into().ok()?;
        Some(u64::from_be_bytes(bytes))
    };
    let before = match &query.cursor {
        Some(cursor) => Some(place(cursor).ok_or_else(wrong_cursor)?),
        None => None,
    };
    let (person, via) = (caller.person.clone(), caller.via);
    let read = move |realm: &Realm| {
        let look = Look::person(realm, &person, via);
        let ask = Ask { person: &person, unread, before, limit };
        let (rows, left) = realm.read(|db| {
            let rows = message::list(db, &look.scope, &ask)?;
            Ok((rows, message::unread(db, &look.scope, &person)?))
        })?;
        Ok((look, rows, left))
    };
    let (look, mut rows, unread) = app.run(read).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|it| it > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| full);
    let next = next.map(|it| seal.seal_bytes(&it.place.to_be_bytes(), &bound));
    if caller.via == Via::Person {
        deliver(&app, &mut rows).await?;
    }
    let rows = rows.into_iter().map(|it| shown(&look, it)).collect();
    Ok(axum::Json(MessagePage { rows, unread, next }))
}

/// Notes that messages are told for the first time, before they are.
async fn deliver(app: &App, rows: &mut [Message]) -> Result<(), ApiProblem> {
    let now = app.realm().now();
    let fresh = rows.iter_mut().filter(|it| it.progress.delivered_at.is_none());
    let ids: Vec<String> = fresh
        .map(|it| {
            it.progress.delivered_at = Some(now);
            it.id.clone()
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    app.write(move |db| message::delivered(db, &ids, now)).await
}

fn shown(look: &Look, it: Message) -> MessageShown {
    let revs = look.rules.packs.get(&it.pack);
    let own = it.rev.and_then(|rev| revs.and_then(|it| it.get(&rev)));
    let pack = own.or_else(|| look.rules.pack(&it.pack));
    let is_sealed = pack.is_none_or(|it| compartment(&look.rules, it) == Compartment::Sealed);
    let title = it.title.text().filter(|_| !is_sealed).map(ToOwned::to_owned);
    MessageShown {
        id: it.id,
        text: words(&it.kind),
        kind: it.kind,
        at: it.at,
        unread: it.unread,
        progress: it.progress.into(),
        matter: MessageMatter {
            id: it.matter,
            pack: it.pack.0,
            stage: it.stage.0,
            class: it.class.0,
            number: it.number,
            due_at: it.due_at,
            title,
        },
    }
}

fn words(kind: &str) -> Text {
    NoticeKind::of_word(kind).map_or_else(|| Text::new(kind, kind), NoticeKind::text)
}

/// Marks messages of the caller as read; others are passed over.
#[utoipa::path(
    post, path = "/api/v1/messages/read", tag = "message", request_body = MessageIds,
    responses((status = 200, body = MessagesLeft), WriteProblems)
)]
pub async fn read(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<MessageIds>,
) -> Result<axum::Json<MessagesLeft>, ApiProblem> {
    if !(1..=IDS_MAX).contains(&input.ids.len()) {
        return Err(ApiProblem::invalid("ids", "每次1至100条", "name 1 to 100"));
    }
    let (person, via) = (caller.person, caller.via);
    let told = BTreeSet::from([person.clone()]);
    let unread = app
        .run(move |realm| {
            let (look, now) = (Look::person(realm, &person, via), realm.now());
            let own = realm.read(|db| message::own(db, &look.scope, &person, &input.ids))?;
            realm.store().write(move |db| message::read(db, &own, now))?;
            realm.read(|db| message::unread(db, &look.scope, &person))
        })
        .await?;
    app.feed().tell(told);
    Ok(axum::Json(MessagesLeft { unread }))
}

/// Confirms that the caller has received a message (签收).
#[utoipa::path(
    post, path = "/api/v1/messages/{id}/receive", tag = "message", params(("id" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn receive(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let (person, via) = (caller.person, caller.via);
    let told = BTreeSet::from([person.clone()]);
    let found = app
        .run(move |realm| {
            let (look, now) = (Look::person(realm, &person, via), realm.now());
            let own = realm.read(|db| message::own(db, &look.scope, &person, &[id]))?;
            let found = !own.is_empty();
            realm.store().write(move |db| message::received(db, &own, now))?;
            Ok(found)
        })
        .await?;
    if !found {
        return Err(ApiProblem::not_found());
    }
    app.feed().tell(told);
    Ok(StatusCode::NO_CONTENT)
}

/// Who was told of a matter, and how far that got; for those on the case.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/messages", tag = "message", params(("id" = MatterId, Path)),
    responses((status = 200, body = MessagesSent), ReadProblems)
)]
pub async fn of_matter(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
) -> Result<axum::Json<MessagesSent>, ApiProblem> {
    let rows = app.run(move |realm| sent(realm, &caller, id)).await?;
    let rows = rows.ok_or_else(ApiProblem::not_found)?.ok_or_else(not_on_case)?;
    Ok(axum::Json(MessagesSent { rows }))
}

/// None where the matter is out of sight; none within that for whoever is not on the case.
fn sent(
    realm: &Realm,
    caller: &Caller,
    id: MatterId,
) -> Result<Option<Option<Vec<MessageSent>>>, Problem> {
    let look = Look::person(realm, &caller.person, caller.via);
    let seen = |db: &mut _| bihuan_store::matter::seen(db, &look.rules, &look.viewer, id);
    let Some(seen) = realm.read(seen)? else { return Ok(None) };
    if seen.sight != Sight::OnCase {
        return Ok(Some(None));
    }
    let sent = realm.read(|db| message::of_matter(db, id))?;
    let shown = |it: &&Sent| shows_person(&look.rules, seen.sight, &it.person);
    let persons: BTreeSet<PersonId> = sent.iter().map(|it| it.person.clone()).collect();
    let names = realm.read(|db| names(db, &persons))?;
    let row = |it: &Sent| MessageSent {
        name: names.get(&it.person).and_then(Shown::text).map(ToOwned::to_owned),
        person: it.person.clone(),
        text: words(&it.kind),
        kind: it.kind.clone(),
        at: it.at,
        progress: it.progress.into(),
    };
    Ok(Some(Some(sent.iter().filter(shown).map(row).collect())))
}

fn not_on_case() -> ApiProblem {
    let text = Text::new(
        "消息是否送达、已读、签收，仅限经办此件且非整改方的人员查看",
        "how far messages have got is for those on the case who do not fix it",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "not_on_case", text)
}

fn wrong_cursor() -> ApiProblem {
    let text = Text::new(
        "此游标不属于本列表；请去掉 cursor 从第一页开始",
        "the cursor is none of this list; begin without it",
    );
    ApiProblem::new(StatusCode::BAD_REQUEST, "wrong_cursor", text)
}
