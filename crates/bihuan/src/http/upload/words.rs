//! The headers of tus, read with coded answers.

use super::{CHECKSUM, LENGTH, METADATA, OFFSET, RESUMABLE, UPLOAD_BYTES_MAX, VERSION};
use crate::http::ApiProblem;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan_core::photo::Phone;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::file::is_digest;
use std::collections::BTreeMap;

/// Longest metadata, in bytes.
const METADATA_BYTES_MAX: usize = 4_096;
/// Keys that clients send of themselves; a name of a file says nothing that we trust.
const PASSED_OVER: [&str; 5] = ["filename", "filetype", "name", "type", "relativePath"];

pub(super) fn problem(status: StatusCode, code: &str, zh: &str, en: &str) -> ApiProblem {
    ApiProblem::new(status, code, Text::new(zh, en))
}

fn bad(code: &str, zh: &str, en: &str) -> ApiProblem {
    problem(StatusCode::BAD_REQUEST, code, zh, en)
}

/// Whether the version is the one that we speak.
pub(super) fn version(headers: &HeaderMap) -> Result<(), ApiProblem> {
    if headers.get(RESUMABLE).is_some_and(|it| it == VERSION) {
        return Ok(());
    }
    Err(problem(
        StatusCode::PRECONDITION_FAILED,
        "wrong_tus_version",
        "请使用 tus 1.0.0 协议（Tus-Resumable: 1.0.0）",
        "speak tus 1.0.0 (Tus-Resumable: 1.0.0)",
    ))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?;
    // A sign is no digit.
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

/// How long the upload will be.
pub(super) fn length(headers: &HeaderMap) -> Result<u64, ApiProblem> {
    match number(headers, &LENGTH) {
        Some(length) if length > UPLOAD_BYTES_MAX => Err(problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "picture_too_large",
            "文件超过20MB，请压缩后再传",
            "more than 20 MB; send a smaller one",
        )),
        Some(length) if length > 0 => Ok(length),
        _ => Err(bad("wrong_length", "请给出文件大小 Upload-Length", "say Upload-Length in bytes")),
    }
}

/// Where the bytes go.
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, ApiProblem> {
    let wrong = || bad("wrong_offset", "请给出 Upload-Offset", "say Upload-Offset in bytes");
    number(headers, &OFFSET).ok_or_else(wrong)
}

/// The digest that the file will have, and what the phone says of it.
pub(super) fn metadata(headers: &HeaderMap) -> Result<(String, Phone), ApiProblem> {
    let wrong = |key: &str| {
        ApiProblem::new(
            StatusCode::BAD_REQUEST,
            "wrong_metadata",
            Text::new(
                format!("Upload-Metadata 的 {key} 有误或缺失"),
                format!("`{key}` of Upload-Metadata is wrong or missing"),
            ),
        )
    };
    let text = headers.get(METADATA).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if text.len() > METADATA_BYTES_MAX {
        return Err(wrong("*"));
    }
    let mut values = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let known = ["sha256", "taken_at", "taken_in"].contains(&key);
        if !known && !PASSED_OVER.contains(&key) {
            return Err(wrong(key));
        }
        let value = STANDARD.decode(value.trim()).ok().and_then(|it| String::from_utf8(it).ok());
        let value = value.ok_or_else(|| wrong(key))?;
        if values.insert(key, value).is_some() {
            return Err(wrong(key));
        }
    }
    let digest = values.remove("sha256").filter(|it| is_digest(it));
    let digest = digest.ok_or_else(|| wrong("sha256"))?;
    let mut phone = Phone::default();
    if let Some(at) = values.remove("taken_at") {
        let at = at.parse().ok().map(Instant).filter(|it| it.is_plausible());
        phone.taken_at = Some(at.ok_or_else(|| wrong("taken_at"))?);
    }
    if let Some(place) = values.remove("taken_in") {
        let place = serde_json::from_str(&place).map_err(|_| wrong("taken_in"))?;
        phone.taken_in = Some(place);
    }
    Ok((digest, phone))
}

/// A sum that bytes should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

/// The sum that the bytes of this request should have, where one is stated.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, ApiProblem> {
    let Some(text) = headers.get(CHECKSUM) else { return Ok(None) };
    let wrong = || {
        bad(
            "wrong_checksum",
            "Upload-Checksum 应为 sha1 或 sha256 加 base64",
            "Upload-Checksum is sha1 or sha256 and base64",
        )
    };
    let text = text.to_str().map_err(|_| wrong())?;
    let (kind, value) = text.split_once(' ').ok_or_else(wrong)?;
    let value = STANDARD.decode(value.trim()).map_err(|_| wrong())?;
    match (kind, value.len()) {
        ("sha1", 20) => Ok(Some(Checksum::Sha1(value))),
        ("sha256", 32) => Ok(Some(Checksum::Sha256(value))),
        _ => Err(wrong()),
    }
}

pub(super) fn wrong_type() -> ApiProblem {
    problem(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "wrong_type",
        "请用 Content-Type: application/offset+octet-stream，不要压缩",
        "send application/offset+octet-stream, without a Content-Encoding",
    )
}

pub(super) fn wrong_place(expected: u64) -> ApiProblem {
    ApiProblem::new(
        StatusCode::CONFLICT,
        "offset_differs",
        Text::new(
            format!("请从第 {expected} 字节续传"),
            format!("go on at byte {expected}; ask with HEAD"),
        ),
    )
}

pub(super) fn busy() -> ApiProblem {
    problem(
        StatusCode::CONFLICT,
        "upload_busy",
        "此上传正在进行，请稍后再试",
        "somebody writes to this upload; try again in a moment",
    )
}

pub(super) fn is_file() -> ApiProblem {
    problem(
        StatusCode::CONFLICT,
        "upload_done",
        "已收妥，不能再撤回",
        "it has become a file and is on record",
    )
}

pub(super) fn gone() -> ApiProblem {
    problem(
        StatusCode::GONE,
        "upload_gone",
        "此上传已失效，请重新上传",
        "this upload has ended; begin a new one",
    )
}

pub(super) fn too_many() -> ApiProblem {
    problem(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_uploads",
        "未完成的上传过多，请先传完或撤销一些",
        "too many uploads have begun; finish or end some first",
    )
}

pub(super) fn too_long() -> ApiProblem {
    problem(
        StatusCode::PAYLOAD_TOO_LARGE,
        "upload_too_long",
        "内容超出声明的大小，已丢弃",
        "more bytes than were announced; they were dropped",
    )
}

pub(super) fn broken() -> ApiProblem {
    bad("broken_body", "没有传完，请从断点续传", "it was broken off; go on where HEAD says")
}

pub(super) fn sum_differs() -> ApiProblem {
    let status = StatusCode::from_u16(460).expect("a status has three digits");
    problem(
        status,
        "checksum_differs",
        "传输中出错，校验和不符，请重传这一段",
        "the checksum differs; send these bytes again",
    )
}

pub(super) fn digest_differs() -> ApiProblem {
    let status = StatusCode::from_u16(460).expect("a status has three digits");
    problem(
        status,
        "digest_differs",
        "文件与声明的 SHA-256 不符，请重新上传",
        "the file does not have the SHA-256 that was announced; begin a new upload",
    )
}

pub(super) fn no_method() -> ApiProblem {
    bad(
        "wrong_override",
        "X-HTTP-Method-Override 应为 PATCH、DELETE 或 HEAD",
        "X-HTTP-Method-Override is PATCH, DELETE or HEAD",
    )
}
