//! Placards: what stands on one, where its code leads, and how many there may be.

use crate::town::Town;
use axum::http::StatusCode;
use bihuan::http::placard::PLACARDS_MAX;
use bihuan::http::{Publishing, router};
use bihuan_core::id::{PersonId, PointId};
use bihuan_core::place::Point;
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::rules::{Change, PointRow};

const WHO: &str = "dispatcher@town";
const SHEET: &str = "/api/v1/points/placards";

fn point(id: &str, unit: &str) -> PointRow {
    PointRow {
        id: PointId::from(id),
        kind: "site".into(),
        title: Text::new("村口<垃圾>点", "Bins & gate"),
        unit: UnitId::from(unit),
        person: Some(PersonId::from("handler@v01")),
        leader: None,
        at: Point { lon_e7: 1_133_000_000, lat_e7: 348_000_000 },
    }
}

async fn sheet(town: &Town, query: &str, headers: &[(&str, &str)]) -> (StatusCode, String, String) {
    let path = format!("{SHEET}{query}");
    let (status, told, body) =
        town.call(("GET", &path), Some(&town.caller(WHO)), headers, b"").await;
    let policy = told.get("content-security-policy").and_then(|it| it.to_str().ok());
    let policy = policy.unwrap_or_default().to_owned();
    (status, policy, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// What a camera reads from the first code of a sheet: its dark squares painted, then decoded.
fn read(html: &str) -> String {
    let from = html.find("<svg").expect("a code");
    let drawing = &html[from..from + html[from..].find("</svg>").expect("its end")];
    let side = |name: &str| {
        let (_, rest) = drawing.split_once(&format!(" {name}=\"")).expect("a side");
        rest.split('"').next().and_then(|it| it.parse::<usize>().ok()).expect("a number")
    };
    let (width, height) = (side("width"), side("height"));
    let (_, path) = drawing.split_once(" d=\"").expect("the dark squares");
    let mut dark = vec![false; width * height];
    for square in path.split('"').next().expect("a path").split('M').skip(1) {
        let mut numbers = square.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
        let mut next = || numbers.next().and_then(|it| it.parse::<usize>().ok()).expect("a number");
        let (left, top, wide, high) = (next(), next(), next(), next());
        for row in top..top + high {
            dark[row * width + left..row * width + left + wide].fill(true);
        }
    }
    let shade = |x: usize, y: usize| if dark[y * width + x] { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().expect("it is read").1
}

#[tokio::test]
async fn a_placard_says_whose_the_point_is_and_its_code_leads_there() {
    let mut town = Town::found();
    let points = vec![point("p-1", "v01"), point("p-2", "v02")];
    town.app.realm().change(Change::Points(points)).expect("points");
    let (status, _, body) = sheet(&town, "", &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("no_public_url"), "{body}");

    let host = [("host", "desk.example:8080")];
    let (status, policy, html) = sheet(&town, "?unit=v01", &host).await;
    assert_eq!(status, StatusCode::OK);
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'sha256-"));
    assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
    for words in ["发现问题，扫码上报", "Seen a problem? Scan and tell us", "村口&lt;垃圾&gt;点"]
    {
        assert!(html.contains(words), "{words}");
    }
    assert_eq!(html.matches("<section").count(), 1);
    assert!(html.contains("size:105mm 148mm") && html.contains("break-after:page"));
    assert!(!html.contains("姓名") && !html.contains("handler"), "no person hangs in the street");
    assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("src="));
    assert_eq!(read(&html), "http://desk.example:8080/p/p%2D1");

    let url = Some("https://12345.example/".to_owned());
    town.app = town.app.clone().publishing(Publishing { url, photos: false });
    town.service = router(town.app.clone());
    let (_, _, html) = sheet(&town, "?size=a4", &host).await;
    assert_eq!(html.matches("<section").count(), 2);
    assert!(html.contains("size:210mm 297mm"));
    assert_eq!(read(&html), "https://12345.example/p/p%2D1", "as is set");
    let (_, _, html) = sheet(&town, "?point=p-2", &host).await;
    assert_eq!(read(&html), "https://12345.example/p/p%2D2");
    let (status, _, html) = sheet(&town, "?kind=none", &host).await;
    assert!(status == StatusCode::OK && html.contains("没有符合条件的点位"));

    let many = (0..=PLACARDS_MAX).map(|it| point(&format!("m-{it:04}"), "v02")).collect();
    town.app.realm().change(Change::Points(many)).expect("points");
    let (status, _, body) = sheet(&town, "?unit=v02", &host).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("too_many_placards"), "{body}");
}
