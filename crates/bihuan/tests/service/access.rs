//! Every route, asked by every kind of caller, against a table that people review.
//!
//! Invariant: a route that the table does not name fails, and so does a line that names no route.

use crate::crowd::{Crowd, WHO};
use crate::provider::Idp;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan::http::routes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tower::ServiceExt;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/service/access.csv");
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// A line of the table.
struct Line {
    route: String,
    /// Whether each `yes` is asked in a town of its own, because it would change the others.
    alone: bool,
    path: String,
    body: String,
    answers: Vec<String>,
}

fn lines() -> Vec<Line> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_path(TABLE).expect("the table");
    let header = reader.headers().expect("a first line").clone();
    let columns: Vec<&str> = header.iter().skip(3).collect();
    assert_eq!(columns, WHO, "one column for each caller, in this order");
    let line = |row: csv::StringRecord| {
        let path = row[1].trim_start_matches('!').to_owned();
        Line {
            route: row[0].to_owned(),
            alone: row[1].starts_with('!'),
            path,
            body: row[2].replace('\'', "\""),
            answers: row.iter().skip(3).map(str::to_owned).collect(),
        }
    };
    reader.records().map(|it| line(it.expect("a line"))).collect()
}

fn described() -> BTreeSet<String> {
    let json = serde_json::to_value(routes().1).expect("it has only string keys");
    let paths = json["paths"].as_object().expect("paths").clone();
    let of = |(path, item): (String, Value)| {
        let has = move |it: &&&str| item.get(it.to_lowercase()).is_some();
        METHODS.iter().filter(has).map(|it| format!("{it} {path}")).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(of).collect()
}

/// What a status says to whoever may or may not: a request may be wrong and yet allowed.
fn word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "no",
        StatusCode::NOT_FOUND => "none",
        it if it.is_server_error() => "failed",
        _ => "yes",
    }
}

impl Crowd {
    /// What a route answers to somebody.
    async fn answer(&self, line: &Line, who: &str) -> StatusCode {
        let (method, _) = line.route.split_once(' ').expect("a method and a path");
        let path = self.named(who, &line.path).await;
        let body = self.named(who, &line.body).await;
        let mut request = Request::builder().method(method).uri(&path);
        if path.contains("/uploads") {
            for (name, value) in tus() {
                request = request.header(name, value);
            }
            if method == "PATCH" {
                request = request.header("content-type", "application/offset+octet-stream");
            }
        } else if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        // A program comes in by what it shows: which addresses it reaches is decided there.
        let is_program = who == "token";
        if is_program {
            request = request.header("authorization", format!("Bearer {}", self.program));
        }
        let mut request = request.body(Body::from(body)).expect("a request");
        let caller = self.caller(who).filter(|_| !is_program).map(crate::town::with);
        request.extensions_mut().extend(caller.unwrap_or_default());
        self.town.service.clone().oneshot(request).await.expect("it answers").status()
    }
}

/// The headers of an upload.
pub(crate) fn tus() -> [(&'static str, &'static str); 4] {
    static DIGEST: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| format!("sha256 {}", STANDARD.encode("a".repeat(64))));
    [
        ("tus-resumable", "1.0.0"),
        ("upload-length", "5"),
        ("upload-offset", "0"),
        ("upload-metadata", DIGEST.as_str()),
    ]
}

/// Everybody, in a town whose people sign in at a provider, too.
async fn gathered() -> Crowd {
    let mut crowd = Crowd::gather().await;
    crowd.town.service = Idp::start().await.service(&crowd.town);
    crowd
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_reviewed_table_says() {
    let (lines, described, crowd) = (lines(), described(), gathered().await);
    let mut faults = String::new();
    let named: BTreeSet<String> = lines.iter().map(|it| it.route.clone()).collect();
    assert_eq!(named.len(), lines.len(), "a route is named twice");
    for route in described.difference(&named) {
        writeln!(faults, "{route}: no line names it; see the head of access.csv").expect("text");
    }
    for route in named.difference(&described) {
        writeln!(faults, "{route}: there is no such route").expect("text");
    }
    for line in lines.iter().filter(|it| described.contains(&it.route)) {
        let mut told = Vec::new();
        for (who, expected) in WHO.iter().zip(&line.answers) {
            let status = if line.alone && expected == "yes" {
                gathered().await.answer(line, who).await
            } else {
                crowd.answer(line, who).await
            };
            told.push(word(status));
        }
        if told != line.answers {
            writeln!(faults, "{}: told      {}", line.route, told.join(",")).expect("text");
            writeln!(faults, "{}: the table {}", line.route, line.answers.join(",")).expect("text");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}
