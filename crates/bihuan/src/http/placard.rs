//! Placards (点位牌): a sheet to print, with a code at each point by which anybody tells of a problem.
//!
//! Invariants: nothing personal stands on a placard, for it hangs in the street; the sheet loads
//! nothing and runs nothing, so that it prints without a network.

use super::body::Query;
use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::realm::Realm;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan_core::id::PointId;
use bihuan_core::matter::Rules;
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::realm::point_titles;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use quick_xml::escape::escape;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use utoipa::{IntoParams, ToSchema};

/// Most placards of one answer.
pub const PLACARDS_MAX: usize = 200;
/// Side of a code in units of its drawing; the sheet scales it.
const CODE_SIDE: u32 = 400;

/// Which placards.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlacardQuery {
    /// Of points of this responsible unit and all below it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// Of points of this type.
    #[serde(default)]
    pub kind: Option<String>,
    /// Of this point.
    #[serde(default)]
    pub point: Option<PointId>,
    /// The paper; `a6` where absent.
    #[serde(default)]
    pub size: Paper,
}

/// Paper, one placard on each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 105 × 148 mm.
    #[default]
    A6,
}

impl Paper {
    /// Its width, height and type size in millimetres; CSS has no name for A6.
    fn measures(self) -> (u32, u32, u32) {
        match self {
            Paper::A4 => (210, 297, 8),
            Paper::A6 => (105, 148, 4),
        }
    }

    fn style(self) -> String {
        let (width, height, type_mm) = self.measures();
        format!(
            "@page{{size:{width}mm {height}mm;margin:0}}\
             *{{box-sizing:border-box;margin:0}}\
             html{{font:{type_mm}mm/1.35 'Noto Sans CJK SC','Source Han Sans SC',\
             'Microsoft YaHei','PingFang SC',sans-serif;color:#000;background:#fff}}\
             .placard{{width:{width}mm;height:{height}mm;padding:2em 1.5em;overflow:hidden;\
             display:flex;flex-direction:column;align-items:center;justify-content:space-between;\
             text-align:center;break-after:page;break-inside:avoid}}\
             .placard:last-child{{break-after:auto}}\
             h1{{font-size:1.9em}}h2{{font-size:1.35em}}svg{{width:58%;height:auto}}\
             .small{{font-size:.8em;overflow-wrap:anywhere}}.none{{padding:2em}}\
             @media screen{{html{{background:#ddd}}.placard{{background:#fff;\
             margin:1em auto;border:1px solid #767676}}}}"
        )
    }
}

/// What stands on a placard.
struct Placard {
    title: Text,
    unit: Text,
    address: String,
}

/// A sheet of placards to print, each with the name of a point, the unit that answers for it, and
/// the code that leads to its public page; at most 200.
#[utoipa::path(
    get, path = "/api/v1/points/placards", tag = "realm", params(PlacardQuery),
    responses((status = 200, body = String, content_type = "text/html"), ReadProblems)
)]
pub async fn sheet(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    Query(query): Query<PlacardQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let origin = origin(&app, &headers, &uri)?;
    let size = query.size;
    let placards = app.run(move |realm| chosen(realm, &rules, &query, &origin)).await?;
    if placards.len() > PLACARDS_MAX {
        let text = Text::new(
            format!("点位超过 {PLACARDS_MAX} 个，请按单位或类型分批打印"),
            format!("more than {PLACARDS_MAX} points; print them by unit or type"),
        );
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(ApiProblem::new(status, "too_many_placards", text));
    }
    let realm = app.realm().title().unwrap_or_default();
    let style = size.style();
    Ok(answer(&page(&realm, &style, &placards), &style))
}

/// Where the public reaches the service: as is set, or as whoever asks has reached it.
fn origin(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<String, ApiProblem> {
    let said = app.public().url.as_deref().map(|it| it.trim_end_matches('/').to_owned());
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|it| it.as_str()));
    let scheme = if app.is_secure() { "https" } else { "http" };
    let reached = host.and_then(|it| format!("{scheme}://{it}").parse::<reqwest::Url>().ok());
    let reached = reached.map(|it| it.origin().ascii_serialization());
    said.or(reached).ok_or_else(|| {
        let text = Text::new(
            "不知道公众页面的网址，请设置 public.url",
            "it is not known where the public reaches the service; set `public.url`",
        );
        ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_public_url", text)
    })
}

/// The placards that are asked for, in the order of points; one more than may be, where there are.
fn chosen(
    realm: &Realm,
    rules: &Rules,
    query: &PlacardQuery,
    origin: &str,
) -> Result<Vec<Placard>, crate::problem::Problem> {
    let titles = realm.read(point_titles)?;
    let points = rules.points.iter().filter(|(id, point)| {
        query.point.as_ref().is_none_or(|it| it == *id)
            && query.kind.as_ref().is_none_or(|it| point.kind == *it)
            && query.unit.as_ref().is_none_or(|it| rules.units.is_within(&point.unit, it))
    });
    let placard = |(id, point): (&PointId, &bihuan_core::matter::facts::NamedPoint)| Placard {
        title: titles.get(id).cloned().unwrap_or_default(),
        unit: rules.units.get(&point.unit).map(|it| it.title.clone()).unwrap_or_default(),
        address: format!("{origin}/p/{}", utf8_percent_encode(id.as_str(), NON_ALPHANUMERIC)),
    };
    Ok(points.take(PLACARDS_MAX + 1).map(placard).collect())
}

/// An address as a code, drawn; none where it is longer than any code.
fn code(address: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::Q).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(CODE_SIDE, CODE_SIDE).build();
    // Inside a page a drawing has no head of its own.
    drawn.find("<svg").map(|at| drawn[at..].to_owned())
}

/// Both languages, once where they are the same.
fn both(text: &Text) -> String {
    let (zh, en) = (escape(&text.zh), escape(&text.en));
    if zh == en { zh.into_owned() } else { format!("{zh}<br><span lang=\"en\">{en}</span>") }
}

fn page(realm: &Text, style: &str, placards: &[Placard]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>点位牌 Placards · \
         {}</title><style>{style}</style></head><body>",
        placards.len()
    );
    for it in placards {
        let code = code(&it.address).unwrap_or_default();
        // A text in memory takes every write.
        let _ = write!(
            html,
            "<section class=\"placard\"><p>{realm}</p><div><h1>发现问题，扫码上报</h1>\
             <p lang=\"en\">Seen a problem? Scan and tell us</p></div>{code}\
             <div><h2>{title}</h2><p>责任单位 <span lang=\"en\">Responsible</span>：{unit}</p></div>\
             <p class=\"small\">{address}</p></section>",
            realm = both(realm),
            title = both(&it.title),
            unit = both(&it.unit),
            address = escape(&it.address),
        );
    }
    if placards.is_empty() {
        html +=
            "<p class=\"none\">没有符合条件的点位。<span lang=\"en\">No point is so.</span></p>";
    }
    html + "</body></html>"
}

fn answer(html: &str, style: &str) -> Response {
    let style = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let mut answer = html.to_owned().into_response();
    let said = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in said {
        let value = HeaderValue::from_str(value).expect("digests and words are plain");
        answer.headers_mut().insert(name, value);
    }
    answer
}
