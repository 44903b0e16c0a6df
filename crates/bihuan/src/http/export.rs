//! A filtered list as a table to take away: streamed, in constant memory.
//!
//! Invariants: it holds just the matters that the list of the same filter shows to the same caller;
//! a table that could not be written to its end is broken off, and never looks whole; whoever takes
//! one away is on the audit trail before its first byte is given.

use super::filter::{FilterParams, filter};
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::cli::Format;
use crate::column;
use crate::entropy;
use crate::export::{Export, Wanted};
use crate::look::Look;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::matter::Rules;
use bihuan_core::pack::LedgerColumn;
use bihuan_core::text::Text;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::page::{Filter, Sort};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::fs;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

/// Most columns of one table.
pub const COLUMNS_MAX: usize = 100;

/// As what a list is written.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `export` reads")]
pub struct ExportParams {
    /// `csv` (unless said; UTF-8 with its mark, no cell runs as a formula), `jsonl` or `xlsx`.
    format: Option<String>,
    /// `newest` (unless said), `oldest`, `due`, `overdue`, `changed` or `number`.
    sort: Option<String>,
    /// The columns, with commas between them; those of the list unless said, and those of the
    /// pack's ledger for `ledger`.
    columns: Option<String>,
    /// The language of headings and cells, `zh` (unless said) or `en`.
    lang: Option<String>,
}

/// A table of all matters that the caller may see and that fit; a million at most.
#[utoipa::path(
    get, path = "/api/v1/matters/export", tag = "matter", params(FilterParams, ExportParams),
    responses((
        status = 200, description = "The table; one that breaks off is not whole",
        content((String = "text/csv"), (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
    ), ReadProblems)
)]
pub async fn export(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<Response, ApiProblem> {
    let (rules, now) = (app.realm().rules(), app.realm().now());
    let filter = filter(&mut words, &rules, now);
    let formats = [("csv", Format::Csv), ("jsonl", Format::Jsonl), ("xlsx", Format::Xlsx)];
    let format = words.word("format", &formats).unwrap_or(Format::Csv);
    let sort = words.word("sort", &Sort::ALL.map(|it| (it.word(), it))).unwrap_or_default();
    let columns = columns(&mut words, &rules, &filter, column::of_list);
    let lang = words.lang();
    words.done()?;
    let permit = app.export().ok_or_else(too_many)?;
    let wanted = Wanted { filter, sort, columns, lang, format };
    let taken = Audited::by(Act::Exported, &caller.account).via(caller.via).about(ending(format));
    let begin = move |realm: &Realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        let mut export = Export::new(realm, look, wanted);
        // What cannot even begin is a problem; later on the table breaks off.
        let first = export.step(realm)?;
        Ok::<_, Problem>((export, first.unwrap_or_default()))
    };
    let (export, first) = app.run(begin).await?;
    app.audit(taken).await?;
    let body = match format {
        Format::Xlsx => book(&app, export, permit).await?,
        Format::Csv | Format::Jsonl => rows(app.clone(), export, first, permit),
    };
    let name = rules.zone.date(now).strftime("%Y%m%d").to_string();
    Ok(handed(body, format, &name))
}

/// The columns that words name: the usual ones, those of the ledger, or each by its word.
pub(super) fn columns(
    words: &mut Words,
    rules: &Rules,
    filter: &Filter,
    usual: impl FnOnce() -> Vec<LedgerColumn>,
) -> Vec<LedgerColumn> {
    let pack = match &filter.packs[..] {
        [one] => rules.pack(one),
        _ => None,
    };
    let Some(named) = words.one("columns") else { return usual() };
    let named: Vec<String> = match named.as_str() {
        "ledger" => Vec::new(),
        named => named.split(',').map(ToOwned::to_owned).collect(),
    };
    if named.len() > COLUMNS_MAX {
        let (zh, en) = (format!("最多 {COLUMNS_MAX} 列"), format!("at most {COLUMNS_MAX} columns"));
        words.bad("columns", &zh, &en);
        return Vec::new();
    }
    match column::columns(rules, pack, &named) {
        Ok(columns) => columns,
        Err(problem) => {
            let text = problem.text();
            words.bad("columns", &text.zh, &text.en);
            Vec::new()
        }
    }
}

/// An export on its way, page after page: no thread waits for whoever reads slowly.
struct Way {
    app: App,
    export: Export,
    _permit: OwnedSemaphorePermit,
}

fn rows(app: App, export: Export, first: Vec<u8>, permit: OwnedSemaphorePermit) -> Body {
    let way = Way { app, export, _permit: permit };
    let rest = stream::try_unfold(way, |way| async move {
        let Way { app, mut export, _permit } = way;
        let step = move |realm: &Realm| {
            let bytes = export.step(realm)?;
            Ok::<_, Problem>((export, bytes))
        };
        match app.run(step).await {
            Ok((export, Some(bytes))) => {
                Ok(Some((Bytes::from(bytes), Way { app, export, _permit })))
            }
            Ok((_, None)) => Ok(None),
            Err(problem) => {
                tracing::warn!(code = problem.code, "an export broke off");
                Err(std::io::Error::other(problem.title))
            }
        }
    });
    Body::from_stream(stream::once(async move { Ok(Bytes::from(first)) }).chain(rest))
}

/// A workbook, whose end is written before its beginning: it goes into a file that is gone by name
/// before the first byte of it leaves.
async fn book(
    app: &App,
    mut export: Export,
    permit: OwnedSemaphorePermit,
) -> Result<Body, ApiProblem> {
    loop {
        let step = move |realm: &Realm| {
            let more = export.step(realm)?.is_some();
            Ok::<_, Problem>((export, more))
        };
        let (stepped, more) = app.run(step).await?;
        export = stepped;
        if !more {
            break;
        }
    }
    let keep = move |realm: &Realm| {
        let folder = realm.dir.join("exports");
        let unkept = |it: std::io::Error| Problem::file(&folder, &it);
        fs::create_dir_all(&folder).map_err(unkept)?;
        let path = folder.join(format!("{}.xlsx", entropy::command_id(realm.now())));
        let saved = export.save(&path).and_then(|()| fs::File::open(&path).map_err(unkept));
        // Also what was written in part.
        let _ = fs::remove_file(&path);
        saved
    };
    let file = app.run(keep).await?;
    let reader = ReaderStream::new(tokio::fs::File::from_std(file));
    Ok(Body::from_stream(reader.map(move |it| {
        let _ = &permit;
        it
    })))
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
        Format::Xlsx => "xlsx",
    }
}

fn handed(body: Body, format: Format, day: &str) -> Response {
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Jsonl => "application/x-ndjson",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let mut answer = body.into_response();
    let place = format!("attachment; filename=\"matters-{day}.{}\"", ending(format));
    let said: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &place),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in said {
        // What is no header is left out; none of ours is.
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn too_many() -> ApiProblem {
    let text = Text::new(
        "正在导出的人太多，请稍后再试",
        "too many exports are being written; try again in a while",
    );
    ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_exports", text)
}
