//! The public pages, as any browser reads them: home, report, follow, what is published, privacy.
//!
//! Invariant: each page says what the described API says, and nothing beside.

use super::code::Code;
use super::lately::Lately;
use super::map::{Map, View};
use super::sheet::{ICON, POLICY, Reader, SCRIPT, STYLE, safe, sheet};
use super::told::unknown_code;
use super::view;
use crate::entropy;
use crate::http::{ApiProblem, App};
use crate::realm::Realm;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::id::PointId;
use bihuan_core::text::{Lang, Text};

/// Answers a public address, where it is one.
pub(in crate::http) async fn page(app: &App, uri: &Uri) -> Option<Response> {
    let path = uri.path();
    let asked: Vec<(String, String)> = words(uri.query().unwrap_or_default());
    let word = |name: &str| asked.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let lang = if word("lang") == Some("en") { Lang::En } else { Lang::Zh };
    let reader = Reader { lang, zone: app.realm().rules().zone };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let made = match parts[..] {
        ["public.css"] => return Some(file("text/css; charset=utf-8", STYLE)),
        ["public.svg"] => return Some(file("image/svg+xml", ICON)),
        ["public.js"] => return Some(file("text/javascript; charset=utf-8", SCRIPT)),
        [""] => home(app, reader).await,
        ["p"] => form(app, reader, None).await,
        ["p", point] => form(app, reader, Some(PointId::from(point))).await,
        ["r"] => match word("code").and_then(Code::typed) {
            Some(code) => {
                let to = format!("/r/{}{}", code.shown(), reader.keep());
                return Some(Redirect::to(&to).into_response());
            }
            None => Ok(view::ask(reader, word("code").is_some())),
        },
        ["r", code] => follow(app, reader, code).await,
        ["list"] => {
            let view = View::read(word("at"), word("zoom"));
            listed(app, reader, (word("cursor"), view)).await
        }
        ["about"] => about(app, reader).await,
        _ => return None,
    };
    let realm = title_of(app.realm());
    Some(match made {
        Ok((title, body)) => answer(StatusCode::OK, sheet(reader, &realm, (path, &title), &body)),
        Err(problem) => refusal(app, reader, path, &problem),
    })
}

/// A refusal as a page: what to do, and the way back.
pub(super) fn refusal(app: &App, reader: Reader, path: &str, problem: &ApiProblem) -> Response {
    let title = reader.say("没有办成", "It was not done");
    let body = view::refusal(reader, problem);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    answer(status, sheet(reader, &title_of(app.realm()), (path, &title), &body))
}

/// The reader of a form that was sent: in the language of the page that it stood in.
pub(super) fn reader_of(app: &App, headers: &HeaderMap) -> Reader {
    let from = headers.get(header::REFERER).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let lang = if from.contains("lang=en") { Lang::En } else { Lang::Zh };
    Reader { lang, zone: app.realm().rules().zone }
}

fn title_of(realm: &Realm) -> Text {
    realm.title().unwrap_or_else(|| Text::new("闭环", "Bihuan"))
}

fn answer(status: StatusCode, html: String) -> Response {
    let said = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, said, html).into_response()
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let said = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")];
    (said, text).into_response()
}

/// The words of a query; what is no text is passed over.
fn words(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse();
    let read = uri.ok().and_then(|it: Uri| axum::extract::Query::try_from_uri(&it).ok());
    read.map(|it: axum::extract::Query<_>| it.0).unwrap_or_default()
}

/// A page: its title, and its body.
pub(super) type Page = (String, String);

async fn home(app: &App, reader: Reader) -> Result<Page, ApiProblem> {
    let counts = Lately::counts(app).await?;
    Ok(view::home(reader, app.takes_reports(), &counts))
}

async fn form(app: &App, reader: Reader, point: Option<PointId>) -> Result<Page, ApiProblem> {
    if !app.takes_reports() {
        return Err(super::not_open());
    }
    let id = entropy::command_id(app.realm().now());
    let known = app.realm().rules();
    if point.as_ref().is_some_and(|it| !known.points.contains_key(it)) {
        let text = Text::new(
            "没有这个点位；可以直接上报，并允许定位",
            "there is no such point; report without it, and allow the position",
        );
        return Err(ApiProblem::new(StatusCode::NOT_FOUND, "no_point", text));
    }
    let counts = Lately::counts(app).await?;
    let (title, notice) = app
        .run(move |realm| {
            let titles = realm.read(bihuan_store::realm::point_titles)?;
            let title = point.map(|it| (it.clone(), titles.get(&it).cloned().unwrap_or_default()));
            let notice = realm.read(bihuan_store::privacy::newest)?;
            Ok((title, notice))
        })
        .await?;
    Ok(view::form(reader, &id.to_string(), &counts.common, title.as_ref(), notice.as_ref()))
}

async fn follow(app: &App, reader: Reader, code: &str) -> Result<Page, ApiProblem> {
    let code = Code::typed(code).ok_or_else(unknown_code)?;
    let found = super::followed(app, code.clone()).await?;
    let (_, followed) = found.ok_or_else(unknown_code)?;
    Ok(view::follow(reader, &code.shown(), &followed))
}

async fn listed(
    app: &App,
    reader: Reader,
    (cursor, view): (Option<&str>, Option<View>),
) -> Result<Page, ApiProblem> {
    let page = super::listed::page(app, cursor).await?;
    let map = app.run(move |realm| Map::read(realm, view)).await?;
    let map = map.map_or_else(String::new, |it| it.section(reader, cursor));
    Ok(view::listed(reader, &page, view, &map))
}

async fn about(app: &App, reader: Reader) -> Result<Page, ApiProblem> {
    let notice = app.run(|realm| realm.read(bihuan_store::privacy::newest)).await?;
    let text = notice
        .map(|it| (it.rev, safe(if reader.lang == Lang::Zh { &it.text.zh } else { &it.text.en })));
    Ok(view::about(reader, text))
}
