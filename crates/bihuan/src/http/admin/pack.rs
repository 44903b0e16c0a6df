//! Packs published over the network: a zip of the folder, or its files in JSON.
//!
//! Invariants: every gap is told at once; a revision that was published never changes; sizes that
//! an archive states are not believed.

use super::super::body::Query;
use super::super::problem::WriteProblems;
use super::super::{ApiProblem, App, Caller};
use super::{change, invalid};
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::pack::{
    Gap, PACK_BYTES_MAX, PACK_FILE_BYTES_MAX, PACK_FILES_MAX, Pack, PackFiles, StaffingGap,
    staffing,
};
use bihuan_core::policy::{Action, shared_offices};
use bihuan_core::text::Text;
use bihuan_store::rules::Change;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use utoipa::{IntoParams, ToSchema};
use zip::ZipArchive;

/// Most bytes of an upload: files in JSON are longer than in an archive.
pub const UPLOAD_BYTES_MAX: usize = 2 * PACK_BYTES_MAX;

/// The files of a pack, as texts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackInput {
    /// Each file by its path in the folder, with `/` between parts.
    pub files: BTreeMap<String, String>,
}

/// Whether to check only.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackQuery {
    /// Tell the gaps; nothing is published.
    #[serde(default)]
    #[param(required = false)]
    pub preview: bool,
}

/// What was published, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PackAnswer {
    /// The pack.
    pub pack: Option<String>,
    /// Its revision.
    pub rev: Option<u32>,
    /// What is missing; nothing is published where anything is.
    #[schema(value_type = Vec<Object>)]
    pub gaps: Vec<Gap>,
    /// Roles that nobody holds where they would be needed; it is published none the less.
    #[schema(value_type = Vec<Object>)]
    pub staffing: Vec<StaffingGap>,
    /// Its number in the record, where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// Publishes a revision of a pack, from a zip (`application/zip`) or from JSON.
#[utoipa::path(
    post, path = "/api/v1/packs", tag = "realm", params(PackQuery), request_body = PackInput,
    responses(
        (status = 200, body = PackAnswer, description = "checked; nothing was published"),
        (status = 201, body = PackAnswer),
        WriteProblems,
    )
)]
pub async fn publish(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PackQuery>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::PublishPack)?;
    let files = files(&headers, &bytes)?;
    let pack = match Pack::load(&files) {
        Ok(pack) => pack,
        Err(gaps) if query.preview => {
            let answer = PackAnswer { pack: None, rev: None, gaps, staffing: vec![], seq: None };
            return Ok(axum::Json(answer).into_response());
        }
        Err(gaps) => return Err(Problem::Gaps(gaps).into()),
    };
    if !shared_offices(&rules, &pack).is_empty() && query.preview {
        let text = Text::new(
            "保密事项包的角色不能与其他事项包同名",
            "a sealed pack needs roles of its own",
        );
        return Err(ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "unsound", text));
    }
    let lacking = staffing(&rules, &pack, app.realm().now());
    let mut answer = PackAnswer {
        pack: Some(pack.id.0),
        rev: Some(pack.rev),
        gaps: Vec::new(),
        staffing: lacking,
        seq: None,
    };
    if query.preview {
        return Ok(axum::Json(answer).into_response());
    }
    answer.seq = Some(change(&app, &caller, Change::Pack(files)).await?.seq);
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

/// The limit of an upload, for the router.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(UPLOAD_BYTES_MAX)
}

fn files(headers: &HeaderMap, bytes: &[u8]) -> Result<PackFiles, ApiProblem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    match kind.and_then(|it| it.split(';').next()).unwrap_or_default().trim() {
        "application/zip" => unpacked(bytes).ok_or_else(|| {
            invalid("zip", "压缩包损坏或过大", "the archive is broken or too large")
        }),
        "application/json" => {
            let input: PackInput =
                serde_json::from_slice(bytes).map_err(|it| super::super::body::unfit(&it))?;
            let files = input.files.into_iter().map(|(name, text)| (name, text.into_bytes()));
            Ok(PackFiles { files: files.collect() })
        }
        _ => {
            let text = Text::new(
                "请上传 zip（application/zip）或 JSON（application/json）",
                "send a zip (application/zip) or JSON (application/json)",
            );
            Err(ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_pack", text))
        }
    }
}

/// The files of an archive; where all lie in one folder, that folder is left out.
fn unpacked(bytes: &[u8]) -> Option<PackFiles> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > PACK_FILES_MAX * 2 {
        return None;
    }
    let (mut files, mut total) = (BTreeMap::new(), 0_usize);
    for index in 0..archive.len() {
        let part = archive.by_index(index).ok()?;
        let name = part.enclosed_name()?.to_string_lossy().replace('\\', "/");
        let hidden = name.split('/').any(|it| it.starts_with('.') || it == "__MACOSX");
        if part.is_dir() || hidden {
            continue;
        }
        let mut content = Vec::new();
        // One byte more than allowed, so that the loader tells the gap.
        part.take(PACK_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut content).ok()?;
        total += content.len();
        if total > PACK_BYTES_MAX || files.len() >= PACK_FILES_MAX {
            return None;
        }
        files.insert(name, content);
    }
    Some(PackFiles { files: without_folder(files) })
}

fn without_folder(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let folder = files.keys().next().and_then(|it| it.split_once('/')).map(|it| it.0.to_owned());
    let Some(folder) = folder.map(|it| format!("{it}/")) else { return files };
    if !files.keys().all(|it| it.starts_with(&folder)) {
        return files;
    }
    files.into_iter().map(|(name, bytes)| (name[folder.len()..].to_owned(), bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zip(files: &[(&str, usize)]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut zip = ZipWriter::new(&mut bytes);
        for (name, length) in files {
            zip.start_file(*name, SimpleFileOptions::default()).expect("a file");
            zip.write_all(&vec![b'a'; *length]).expect("it is written");
        }
        zip.finish().expect("it is whole");
        bytes.into_inner()
    }

    #[test]
    fn an_archive_is_a_folder_or_what_lies_in_one() {
        let names = |it: PackFiles| it.files.into_keys().collect::<Vec<_>>();
        let flat = unpacked(&zip(&[("pack.toml", 1), ("documents/a", 1)])).expect("files");
        assert_eq!(names(flat), ["documents/a", "pack.toml"]);
        let inside = [("p/pack.toml", 1), ("p/documents/a", 1), ("__MACOSX/x", 1), ("p/.git", 1)];
        assert_eq!(names(unpacked(&zip(&inside)).expect("files")), ["documents/a", "pack.toml"]);
    }

    #[test]
    fn an_archive_that_is_broken_or_swells_is_refused() {
        assert!(unpacked(b"PK no archive").is_none());
        assert!(unpacked(&zip(&[("../pack.toml", 1)])).is_none(), "it leads out of its folder");
        let swells: Vec<(String, usize)> =
            (0..10).map(|it| (format!("f{it}"), PACK_FILE_BYTES_MAX)).collect();
        let swells: Vec<(&str, usize)> = swells.iter().map(|it| (it.0.as_str(), it.1)).collect();
        assert!(unpacked(&zip(&swells)).is_none(), "more than a pack may hold");
        let large = unpacked(&zip(&[("pack.toml", PACK_FILE_BYTES_MAX + 9)])).expect("files");
        assert_eq!(large.files["pack.toml"].len(), PACK_FILE_BYTES_MAX + 1, "the loader tells");
    }
}
