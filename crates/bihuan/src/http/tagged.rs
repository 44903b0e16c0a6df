//! Answers that a client keeps and asks for anew: the tag is a digest of the bytes, so that it is
//! right for whoever asks and tells nothing that the bytes do not.
//!
//! Invariant: nobody in between keeps what was answered to somebody; rights end.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The media type of GeoJSON (RFC 7946, section 12).
pub(super) const GEOJSON: &str = "application/geo+json";
/// Bytes of the digest that a tag shows.
const TAG_BYTES: usize = 16;

/// Bytes, or that the client has them already.
pub(super) fn tagged(headers: &HeaderMap, media: &'static str, bytes: Bytes) -> Response {
    let tag = tag_of(&bytes);
    let has = headers.get(header::IF_NONE_MATCH).is_some_and(|it| names(it, &tag));
    let mut answer = match has {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(bytes).into_response(),
    };
    let kept: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, media),
        (header::ETAG, &tag),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in kept {
        let value = HeaderValue::from_str(value).expect("media types and digests are plain");
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// The tag of bytes; a weak one, since they may be compressed on their way.
pub(super) fn tag_of(bytes: &[u8]) -> String {
    format!("W/\"{}\"", hex(&Sha256::digest(bytes)[..TAG_BYTES]))
}

/// The same for a value as JSON.
pub(super) fn tagged_json(headers: &HeaderMap, value: &impl Serialize) -> Response {
    tagged(headers, "application/json", bytes_of(value))
}

/// A value as JSON.
pub(super) fn bytes_of(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("answers have only string keys").into()
}

/// Whether a list of tags names ours.
pub(super) fn names(list: &HeaderValue, tag: &str) -> bool {
    let bare = |it: &str| it.trim().trim_start_matches("W/").to_owned();
    let list = list.to_str().unwrap_or_default();
    list.split(',').any(|it| it.trim() == "*" || bare(it) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_bytes_is_told_so() {
        let answer = |headers: &HeaderMap| tagged_json(headers, &"一样");
        let first = answer(&HeaderMap::new());
        let tag = first.headers()[header::ETAG].clone();
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag.clone());
        assert_eq!(answer(&headers).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(tagged_json(&headers, &"别样").status(), StatusCode::OK);
        let strong = tag.to_str().unwrap().trim_start_matches("W/");
        headers.insert(header::IF_NONE_MATCH, format!("\"x\", {strong}").parse().unwrap());
        assert_eq!(answer(&headers).status(), StatusCode::NOT_MODIFIED);
    }
}
