//! What the program is made of: packages as cargo resolved them, and those of the pages that it
//! carries, with licence, digest and folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{cargo, output, root};
use crate::web::part::NpmPart;

/// The program that is handed out.
const PROGRAM: &str = "bihuan";

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Registry {
    /// That of Rust; digests are SHA-256.
    Crates,
    /// That of Node; digests are SHA-512.
    Npm,
}

/// A package that is linked into the program, or that its pages are made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// Where it comes from.
    pub(super) registry: Registry,
    /// Name.
    pub(super) name: String,
    /// Version.
    pub(super) version: String,
    /// Under which licences, as an expression of SPDX.
    pub(super) licence: String,
    /// Digest of the package as the registry has it; none for our own.
    pub(super) digest: Option<String>,
    /// Where its sources are.
    pub(super) folder: PathBuf,
    /// What it needs in turn, as `name version`.
    pub(super) needs: BTreeSet<String>,
}

impl Part {
    /// `name version`.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Whether it is our own.
    pub(super) fn is_own(&self) -> bool {
        self.digest.is_none()
    }
}

/// All parts for a target, the program among them, in the order of names; those of the pages last.
///
/// # Errors
/// Cargo does not say.
pub(super) fn all(target: &str) -> Result<Vec<Part>> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", target]);
    let told: Value = serde_json::from_str(&output(&mut metadata)?)?;
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("no Cargo.lock")?;
    let mut parts = of(&told, &digests(&lock)?)?;
    parts.extend(crate::web::part::all()?.into_iter().map(Part::from));
    Ok(parts)
}

impl From<NpmPart> for Part {
    fn from(it: NpmPart) -> Part {
        Part {
            registry: Registry::Npm,
            name: it.name,
            version: it.version,
            licence: it.licence,
            digest: Some(it.digest),
            folder: it.folder,
            needs: it.needs,
        }
    }
}

/// Digests of the lock file, by `name version`.
fn digests(lock: &str) -> Result<BTreeMap<String, String>> {
    let lock: toml::Table = toml::from_str(lock)?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let text = |of: &toml::Value, name: &str| of.get(name)?.as_str().map(str::to_owned);
    let one = |it: &toml::Value| {
        let key = format!("{} {}", text(it, "name")?, text(it, "version")?);
        Some((key, text(it, "checksum")?))
    };
    Ok(packages.into_iter().flatten().filter_map(one).collect())
}

fn of(told: &Value, digests: &BTreeMap<String, String>) -> Result<Vec<Part>> {
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let all = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> =
        all(&told["packages"]).into_iter().map(|it| (text(&it, "id"), it)).collect();
    let nodes: BTreeMap<String, Value> =
        all(&told["resolve"]["nodes"]).into_iter().map(|it| (text(&it, "id"), it)).collect();
    let key = |id: &String| {
        packages.get(id).map(|it| format!("{} {}", text(it, "name"), text(it, "version")))
    };
    // What only builds or tests the program is not handed out with it.
    let is_linked = |dep: &Value| all(&dep["dep_kinds"]).iter().any(|it| it["kind"].is_null());
    let needs = |id: &String| -> Vec<String> {
        let deps = nodes.get(id).map(|it| all(&it["deps"])).unwrap_or_default();
        deps.iter().filter(|it| is_linked(it)).map(|it| text(it, "pkg")).collect()
    };
    let program = packages.iter().find(|(_, it)| it["name"] == PROGRAM);
    let mut open = vec![program.context("cargo does not know the program")?.0.clone()];
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    while let Some(id) = open.pop() {
        let Some(package) = packages.get(&id).filter(|_| seen.insert(id.clone())) else { continue };
        let below = needs(&id);
        let manifest = PathBuf::from(text(package, "manifest_path"));
        let name = key(&id).context("a package has a name")?;
        parts.push(Part {
            registry: Registry::Crates,
            name: text(package, "name"),
            version: text(package, "version"),
            licence: text(package, "license").replace('/', " OR "),
            digest: digests.get(&name).cloned(),
            folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
            needs: below.iter().filter_map(key).collect(),
        });
        open.extend(below);
    }
    parts.sort();
    Ok(parts)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A program that needs `a`, which needs `b`; `t` only tests it.
    pub(in crate::dist) fn sample() -> Vec<Part> {
        let package = |name: &str, licence: &str| {
            let manifest = format!("/src/{name}/Cargo.toml");
            json!({ "id": name, "name": name, "version": "1.0.0", "license": licence,
                "manifest_path": manifest })
        };
        let dep = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let told = json!({
            "packages": [package("bihuan", "MIT"), package("a", "MIT/Apache-2.0"),
                package("b", "ISC"), package("t", "MIT")],
            "resolve": { "nodes": [
                { "id": "bihuan", "deps": [dep("a", Value::Null), dep("t", json!("dev"))] },
                { "id": "a", "deps": [dep("b", Value::Null)] },
            ]},
        });
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"aa\"\n";
        let pages = crate::web::part::tests::sample().into_iter().map(Part::from);
        of(&told, &digests(lock).unwrap()).unwrap().into_iter().chain(pages).collect()
    }

    #[test]
    fn what_is_linked_is_a_part_and_what_only_tests_is_not() {
        let parts = sample();
        let names: Vec<&str> = parts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "bihuan", "@scope/a", "b"]);
        assert_eq!(parts[0].licence, "MIT OR Apache-2.0");
        assert_eq!(parts[0].digest.as_deref(), Some("aa"));
        assert_eq!(parts[0].needs, BTreeSet::from(["b 1.0.0".to_owned()]));
        assert!(parts[2].is_own() && !parts[0].is_own());
    }
}
