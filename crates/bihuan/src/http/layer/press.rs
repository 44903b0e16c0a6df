//! Texts go out compressed where the caller can read that.
//!
//! Invariant: pictures, papers and streams of events are left as they are: they are small already,
//! or must not wait.

use axum::http::{HeaderMap, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Less than this is not worth it, in bytes.
const BYTES_MIN: u64 = 1_024;

/// What is a text to be compressed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IsText;

impl Predicate for IsText {
    fn should_compress<B: hyper::body::Body>(&self, answer: &axum::http::Response<B>) -> bool {
        is_text(answer.headers())
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).unwrap_or_default().trim();
    let is_text = kind.starts_with("text/") && kind != "text/event-stream";
    let is_data = [
        "application/json",
        "application/problem+json",
        "application/geo+json",
        // What is drawn from numbers and words.
        "application/vnd.mapbox-vector-tile",
        "image/svg+xml",
    ];
    is_text || is_data.contains(&kind)
}

/// The layer.
pub(super) fn layer() -> CompressionLayer<And<SizeAbove, IsText>> {
    CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(BYTES_MIN).and(IsText))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn texts_are_compressed_and_nothing_else() {
        let of = |kind: &'static str| {
            is_text(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        for kind in ["application/json", "text/html; charset=utf-8", "image/svg+xml"] {
            assert!(of(kind), "{kind}");
        }
        for kind in ["text/event-stream", "image/jpeg", "application/pdf", "", "application/zip"] {
            assert!(!of(kind), "{kind}");
        }
        assert!(!is_text(&HeaderMap::new()));
    }
}
