//! What a request carries, read with coded answers: bodies of JSON, the query and the path of an
//! address.
//!
//! Invariant: whatever is sent, the answer says what is wrong with it as `problem+json`.

use super::ApiProblem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bihuan_core::text::Text;
use serde::de::DeserializeOwned;

/// A body of JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

/// The query of an address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, ApiProblem> {
        if !is_json(request.headers()) {
            let text = Text::new(
                "请求体须为 JSON（Content-Type: application/json）",
                "send JSON, with Content-Type: application/json",
            );
            return Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", text));
        }
        // What is packed may be much larger than it looks.
        if request.headers().get(header::CONTENT_ENCODING).is_some_and(|it| it != "identity") {
            let text = Text::new("请求体不得压缩", "send the body without Content-Encoding");
            return Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "packed_body", text));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|it| unread(it.status()))?;
        serde_json::from_slice(&bytes).map(Json).map_err(|it| unfit(&it))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, ApiProblem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|it| Query(it.0)).map_err(|it| {
            let text = Text::new(
                format!("地址参数有误：{}", it.body_text()),
                format!("the query of the address is wrong: {}", it.body_text()),
            );
            ApiProblem::new(StatusCode::BAD_REQUEST, "wrong_query", text)
        })
    }
}

/// The parts of an address that its path names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, ApiProblem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        // What cannot be read names nothing that there is.
        read.map(|it| Path(it.0)).map_err(|_| ApiProblem::not_found())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// A body of more bytes than are taken.
#[must_use]
pub(super) fn too_large(bytes_max: u64) -> ApiProblem {
    let text = Text::new(
        format!("请求体过大，最多 {bytes_max} 字节，请分批提交"),
        format!("the body is too large; send at most {bytes_max} bytes at once"),
    );
    ApiProblem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
}

/// A body that could not be read to its end.
fn unread(status: StatusCode) -> ApiProblem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let text = Text::new("请求体过大，请分批提交", "the body is too large; send it in parts");
        return ApiProblem::new(status, "too_large", text);
    }
    let text = Text::new("请求体没有传完，请重试", "the body did not arrive whole; send it again");
    ApiProblem::new(StatusCode::BAD_REQUEST, "broken_body", text)
}

/// What is wrong with a text that should be JSON of a known shape.
#[must_use]
pub fn unfit(error: &serde_json::Error) -> ApiProblem {
    let (zh, en) = (format!("内容有误：{error}"), format!("the body is wrong: {error}"));
    if error.is_data() {
        return ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_shape", Text::new(zh, en));
    }
    ApiProblem::new(StatusCode::BAD_REQUEST, "not_json", Text::new(zh, en))
}
