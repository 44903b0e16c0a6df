//! Bytes of a file as an answer: whole, in part, or not at all where the caller has them.
//!
//! Invariant: no browser runs, frames or guesses at what is handed over.

use super::tagged::names;
use super::{ApiProblem, App};
use crate::attachment::Attachments;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::text::Text;
use std::ops::Range;

/// What is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    /// SHA-256 of the bytes.
    pub(super) digest: String,
    /// Their media type.
    pub(super) media: String,
    /// What a browser calls it when it keeps it.
    pub(super) name: String,
    /// Whether it is a sealed original: kept by nobody in between, and never shown in a page.
    pub(super) sealed: bool,
}

/// Answers with the bytes of a file.
pub(super) async fn served(
    app: &App,
    what: Served,
    headers: &HeaderMap,
) -> Result<Response, ApiProblem> {
    let tag = format!("\"{}\"", what.digest);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|it| names(it, &tag)) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED.into_response(), &what, &tag));
    }
    let digest = what.digest.clone();
    let read = move |_: &Realm, it: &Attachments| Ok::<_, Problem>(it.files()?.read(&digest)?);
    let bytes = app.attach(read).await?;
    let length = bytes.len();
    let asked = headers.get(header::RANGE).filter(|_| {
        // A part of another file is of no use.
        headers.get(header::IF_RANGE).is_none_or(|it| it == tag.as_str())
    });
    let answer = match asked.map(|it| range(it, length)) {
        None | Some(Asked::All) => (StatusCode::OK, Body::from(bytes)).into_response(),
        Some(Asked::Part(part)) => {
            let said = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let part = bytes[part].to_vec();
            let answer = (StatusCode::PARTIAL_CONTENT, Body::from(part)).into_response();
            with(answer, header::CONTENT_RANGE, &said)
        }
        Some(Asked::Outside) => {
            let text = Text::new(
                format!("文件只有 {length} 字节"),
                format!("the file has {length} bytes; ask for a part of them"),
            );
            let problem = ApiProblem::new(StatusCode::RANGE_NOT_SATISFIABLE, "wrong_range", text);
            let said = format!("bytes */{length}");
            return Ok(with(problem.into_response(), header::CONTENT_RANGE, &said));
        }
    };
    Ok(with_headers(answer, &what, &tag))
}

fn with_headers(answer: Response, what: &Served, tag: &str) -> Response {
    let (kept, place) = if what.sealed {
        ("private, no-store", "attachment")
    } else {
        // It may be kept, and is asked for anew each time: rights end.
        ("private, no-cache", "inline")
    };
    let place = format!("{place}; filename=\"{}\"", what.name);
    let said: [(HeaderName, &str); 8] = [
        (header::CONTENT_TYPE, &what.media),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, kept),
        (header::CONTENT_DISPOSITION, &place),
        (header::ACCEPT_RANGES, "bytes"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    said.into_iter().fold(answer, |answer, (name, value)| with(answer, name, value))
}

fn with(mut answer: Response, name: HeaderName, value: &str) -> Response {
    // What is no header is left out; none of ours is.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// What a range asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    All,
    Part(Range<usize>),
    Outside,
}

/// One range of bytes (RFC 9110, 14.1.2); what is no such thing asks for all.
fn range(value: &HeaderValue, length: usize) -> Asked {
    let text = value.to_str().unwrap_or_default();
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
        return Asked::All;
    };
    let number = |it: &str| {
        let is_one = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        is_one.then(|| it.parse::<usize>().unwrap_or(usize::MAX))
    };
    let part = match (number(from.trim()), number(to.trim())) {
        (Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(length),
        (Some(from), None) if to.trim().is_empty() => from..length,
        (None, Some(last)) if from.trim().is_empty() => length - last.min(length)..length,
        _ => return Asked::All,
    };
    if part.start < part.end { Asked::Part(part) } else { Asked::Outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_or_none() {
        let read = |text: &'static str| range(&HeaderValue::from_static(text), 10);
        assert_eq!(read("bytes=0-3"), Asked::Part(0..4));
        assert_eq!(read("bytes=8-99"), Asked::Part(8..10));
        assert_eq!(read("bytes=4-"), Asked::Part(4..10));
        assert_eq!(read("bytes=-3"), Asked::Part(7..10));
        assert_eq!(read("bytes=-99"), Asked::Part(0..10));
        for outside in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(read(outside), Asked::Outside, "{outside}");
        }
        for odd in ["bytes=3-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=", "lines=0-1", "bytes=-"] {
            assert_eq!(read(odd), Asked::All, "{odd}");
        }
        let most = "bytes=18446744073709551615-18446744073709551615";
        assert_eq!(range(&HeaderValue::from_static(most), 10), Asked::Outside);
        assert_eq!(range(&HeaderValue::from_static("bytes=0-0"), 0), Asked::Outside);
    }
}
