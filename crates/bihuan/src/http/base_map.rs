//! The base map under matters and areas: a file that the operator brought, or tiles of a service.
//!
//! Invariants: none is shipped, since a map that the public sees needs its approval number (审图号),
//! which the operator names beside it; pages load tiles from the one origin that is set, and from
//! nowhere else.

use super::problem::ReadProblems;
use super::{ApiProblem, App};
use crate::problem::Problem;
use crate::setting::Settings;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::path::PathBuf;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

/// What stands in an address of tiles.
const PLACES: [&str; 3] = ["{z}", "{x}", "{y}"];

/// Where the base map comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseMap {
    from: From,
    attribution: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum From {
    /// A PMTiles file.
    File(PathBuf),
    /// Tiles of a service, as an address with `{z}`, `{x}` and `{y}`, and its origin.
    Tiles { address: String, origin: String },
}

/// The base map as a page needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BaseMapShown {
    /// `pmtiles`, a file that is read in parts, or `raster`, tiles by their address.
    pub kind: &'static str,
    /// Where: an address of this service, or one with `{z}`, `{x}` and `{y}`.
    pub url: String,
    /// Whose it is, and its approval number; to be shown on the map.
    pub attribution: String,
}

impl BaseMap {
    /// The base map that the settings name, if any.
    ///
    /// # Errors
    /// Where both kinds are named, or one of them cannot be what it is said to be.
    pub fn of(settings: &Settings) -> Result<Option<BaseMap>, Problem> {
        let attribution = settings.text("map.attribution").trim().to_owned();
        let from = match (settings.path("map.file"), settings.some("map.tiles")) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let both = "map.file and map.tiles: set one of them";
                return Err(Problem::Other(both.to_owned()));
            }
            (Some(file), None) => From::File(read_pmtiles(file)?),
            (None, Some(address)) => tiles_of(address.trim().to_owned())?,
        };
        Ok(Some(BaseMap { from, attribution }))
    }

    /// As a page needs to know it.
    #[must_use]
    pub fn shown(&self) -> BaseMapShown {
        let (kind, url) = match &self.from {
            From::File(_) => ("pmtiles", "/api/v1/base-map".to_owned()),
            From::Tiles { address, .. } => ("raster", address.clone()),
        };
        BaseMapShown { kind, url, attribution: self.attribution.clone() }
    }

    /// The origin that pages may load tiles from, where it is not their own.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        match &self.from {
            From::File(_) => None,
            From::Tiles { origin, .. } => Some(origin),
        }
    }
}

/// A path, where what lies there begins as a PMTiles file of version 3 does.
fn read_pmtiles(path: PathBuf) -> Result<PathBuf, Problem> {
    use std::io::Read;
    let failed = |it: std::io::Error| Problem::file(&path, &it);
    let mut begins = [0_u8; 8];
    let mut file = std::fs::File::open(&path).map_err(failed)?;
    file.read_exact(&mut begins).map_err(failed)?;
    if begins[..7] != *b"PMTiles" || begins[7] != 3 {
        let text = format!("map.file: `{}` is no PMTiles file of version 3", path.display());
        return Err(Problem::Other(text));
    }
    Ok(path)
}

fn tiles_of(address: String) -> Result<From, Problem> {
    let lacks = PLACES.iter().find(|it| !address.contains(**it));
    if let Some(place) = lacks {
        return Err(Problem::Other(format!("map.tiles: `{place}` has to stand in the address")));
    }
    let url = address.parse::<reqwest::Url>();
    let url = url.map_err(|it| Problem::Other(format!("map.tiles: {it}")))?;
    Ok(From::Tiles { origin: url.origin().ascii_serialization(), address })
}

/// The file of the base map (PMTiles), or a part of it.
#[utoipa::path(
    get, path = "/api/v1/base-map", tag = "map",
    params(("Range" = Option<String>, Header, description = "the part that is wanted, in bytes")),
    responses(
        (status = 200, description = "The whole file",
            content((Vec<u8> = "application/vnd.pmtiles"))),
        (status = 206, description = "The part", content((Vec<u8> = "application/vnd.pmtiles"))),
        (status = 304, description = "The caller has it"),
        (status = 416, description = "There is no such part"),
        ReadProblems,
    )
)]
pub async fn file(State(app): State<App>, request: Request) -> Result<Response, ApiProblem> {
    let Some(BaseMap { from: From::File(path), .. }) = app.base_map() else {
        return Err(ApiProblem::not_found());
    };
    let kind = "application/vnd.pmtiles".parse().ok();
    let serve = match kind {
        Some(kind) => ServeFile::new_with_mime(path, &kind),
        None => ServeFile::new(path),
    };
    let Ok(answer) = serve.oneshot(request).await;
    let mut answer = answer.map(Body::new).into_response();
    let kept = HeaderValue::from_static("public, max-age=3600");
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_tiles_has_three_places_and_one_origin() {
        let good = "https://t0.example.cn/w?l=img&z={z}&x={x}&y={y}".to_owned();
        let From::Tiles { origin, .. } = tiles_of(good).expect("it is one") else {
            panic!("it is one of tiles")
        };
        assert_eq!(origin, "https://t0.example.cn");
        assert!(tiles_of("https://a/{z}/{x}".to_owned()).is_err());
        assert!(tiles_of("a/{z}/{x}/{y}".to_owned()).is_err());
    }

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("map.pmtiles");
        std::fs::write(&path, b"PMTiles\x03 and more").expect("written");
        assert!(read_pmtiles(path.clone()).is_ok());
        std::fs::write(&path, b"SQLite format 3\0").expect("written");
        assert!(read_pmtiles(path).is_err());
        assert!(read_pmtiles(dir.path().join("none")).is_err());
    }
}
