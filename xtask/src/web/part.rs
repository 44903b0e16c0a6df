//! What the pages are made of: packages that the lock file names and that are not for building
//! alone, with licence, digest and folder.
//!
//! Invariant: each has a licence that `deny.toml` lets in, as the crates have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bihuan_core::content::hex;
use serde_json::Value;

use super::folder;
use crate::process::root;

/// How the lock file begins the digest of a package.
const SHA512: &str = "sha512-";

/// A package that pages are made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NpmPart {
    /// Name, with its scope.
    pub name: String,
    /// Version.
    pub version: String,
    /// Under which licences, as an expression of SPDX.
    pub licence: String,
    /// SHA-512 of the package as the registry has it, in hexadecimal digits.
    pub digest: String,
    /// Where it is installed.
    pub folder: PathBuf,
    /// What it needs in turn, as `name version`.
    pub needs: BTreeSet<String>,
}

/// All of them, in the order of names.
///
/// # Errors
/// The lock file cannot be read, or names something without a version or a digest.
pub fn all() -> Result<Vec<NpmPart>> {
    let lock = fs::read_to_string(folder().join("package-lock.json"));
    of(&serde_json::from_str(&lock.context("no package-lock.json")?)?)
}

/// Prints each whose licence is not let in; true where there is none.
///
/// # Errors
/// The lock file or `deny.toml` cannot be read.
pub fn check() -> Result<bool> {
    let allowed = allowed()?;
    let parts = all()?;
    let refused: Vec<_> = parts.iter().filter(|it| !is_let_in(&it.licence, &allowed)).collect();
    for part in &refused {
        println!("{} {}: `{}` is not let in", part.name, part.version, part.licence);
    }
    println!("{} libraries of the pages, {} of them not let in", parts.len(), refused.len());
    Ok(refused.is_empty())
}

/// The licences that `deny.toml` lets in.
fn allowed() -> Result<BTreeSet<String>> {
    let deny: toml::Table = toml::from_str(&fs::read_to_string(root().join("deny.toml"))?)?;
    let list = deny.get("licenses").and_then(|it| it.get("allow")).and_then(toml::Value::as_array);
    let words = list.context("`deny.toml` lets nothing in")?.iter();
    Ok(words.filter_map(|it| it.as_str().map(str::to_owned)).collect())
}

/// One of the choices is let in with all that it is joined with; brackets inside are not read.
fn is_let_in(licence: &str, allowed: &BTreeSet<String>) -> bool {
    let bare = licence.trim().trim_start_matches('(').trim_end_matches(')');
    bare.split(" OR ").any(|it| it.split(" AND ").all(|it| allowed.contains(it.trim())))
}

fn of(lock: &Value) -> Result<Vec<NpmPart>> {
    let packages = lock["packages"].as_object().context("the lock file names no packages")?;
    let keys: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    let needs = |at: &str| -> Vec<String> {
        let names = packages[at]["dependencies"].as_object();
        names.into_iter().flatten().filter_map(|(name, _)| place(&keys, at, name)).collect()
    };
    let mut found: BTreeMap<String, NpmPart> = BTreeMap::new();
    let mut open = needs("");
    while let Some(at) = open.pop() {
        if found.contains_key(&at) {
            continue;
        }
        let package = &packages[&at];
        let text = |it: &str| package[it].as_str().unwrap_or_default().to_owned();
        let below = needs(&at);
        let named = |it: &String| {
            let version = packages[it]["version"].as_str().unwrap_or_default();
            format!("{} {version}", name_of(it))
        };
        let part = NpmPart {
            name: name_of(&at).to_owned(),
            version: text("version"),
            licence: text("license"),
            digest: digest(&text("integrity")).with_context(|| format!("`{at}` has no digest"))?,
            folder: folder().join(&at),
            needs: below.iter().map(named).collect(),
        };
        ensure!(!part.version.is_empty(), "`{at}` has no version");
        found.insert(at, part);
        open.extend(below);
    }
    // The same version may lie in two places.
    let once: BTreeMap<(String, String), NpmPart> =
        found.into_values().map(|it| ((it.name.clone(), it.version.clone()), it)).collect();
    Ok(once.into_values().collect())
}

/// Where the package at `from` finds another by name: beside its own, or further up.
fn place(keys: &BTreeSet<&str>, from: &str, name: &str) -> Option<String> {
    let mut base = from;
    loop {
        let slash = if base.is_empty() { "" } else { "/" };
        let at = format!("{base}{slash}node_modules/{name}");
        if keys.contains(at.as_str()) {
            return Some(at);
        }
        base = base.rfind("node_modules/").map(|it| base[..it].trim_end_matches('/'))?;
    }
}

fn name_of(at: &str) -> &str {
    at.rsplit_once("node_modules/").map_or(at, |(_, name)| name)
}

fn digest(integrity: &str) -> Option<String> {
    Some(hex(&STANDARD.decode(integrity.strip_prefix(SHA512)?).ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// Pages that need `@scope/a`, which needs a `b` of its own; `t` only builds them.
    pub(crate) fn sample() -> Vec<NpmPart> {
        let package = |licence: &str, needs: Value| {
            json!({ "version": "1.0.0", "license": licence, "dependencies": needs,
                "integrity": "sha512-AP8=" })
        };
        let lock = json!({ "packages": {
            "": { "dependencies": { "@scope/a": "1.0.0" }, "devDependencies": { "t": "1.0.0" } },
            "node_modules/@scope/a": package("MIT", json!({ "b": "1.0.0", "absent": "1.0.0" })),
            "node_modules/@scope/a/node_modules/b": package("ISC", json!({ "@scope/a": "1.0.0" })),
            "node_modules/b": package("GPL-3.0", json!({})),
            "node_modules/t": package("GPL-3.0", json!({})),
        }});
        of(&lock).unwrap()
    }

    #[test]
    fn what_pages_need_is_a_part_and_what_only_builds_them_is_not() {
        let parts = sample();
        let names: Vec<&str> = parts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["@scope/a", "b"]);
        assert_eq!(parts[0].digest, "00ff");
        assert_eq!(parts[0].needs, BTreeSet::from(["b 1.0.0".to_owned()]));
        assert_eq!(parts[1].licence, "ISC", "the one beside it, not the one further up");
    }

    #[test]
    fn a_licence_that_is_not_let_in_is_found() {
        let allowed = BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]);
        for good in ["MIT", "(MIT OR GPL-3.0)", "MIT AND ISC"] {
            assert!(is_let_in(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0", "", "MIT AND GPL-3.0", "SEE LICENSE IN FILE"] {
            assert!(!is_let_in(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn every_library_of_the_pages_is_let_in() {
        assert!(check().unwrap());
    }
}
