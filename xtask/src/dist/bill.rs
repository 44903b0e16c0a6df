//! The bill of materials: what is in the program, as CycloneDX 1.5 tells it, and the texts of all
//! licences.
//!
//! Invariant: the same parts give the same bytes, so that two builds can be compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::part::{Part, Registry};

/// How a file begins that holds the text of a licence or a notice, upper case.
const TEXTS: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// The bill of all parts; `version` is that of the bundle.
pub(super) fn bill(parts: &[Part], version: &str) -> Value {
    let place = |it: &Part| (it.registry, it.key());
    let of_key: BTreeMap<(Registry, String), String> =
        parts.iter().map(|it| (place(it), purl(it))).collect();
    let component = |it: &Part| {
        let kind = if it.name == "bihuan" { "application" } else { "library" };
        let mut told = json!({
            "type": kind, "bom-ref": purl(it), "name": it.name, "version": it.version,
            "purl": purl(it), "licenses": [{ "expression": it.licence }],
        });
        if let Some(digest) = &it.digest {
            told["hashes"] = json!([{ "alg": algorithm(it.registry), "content": digest }]);
        }
        told
    };
    let dependency = |it: &Part| {
        let key = |needed: &String| of_key.get(&(it.registry, needed.clone()));
        let needs: Vec<&String> = it.needs.iter().filter_map(key).collect();
        json!({ "ref": purl(it), "dependsOn": needs })
    };
    let (program, others): (Vec<&Part>, Vec<&Part>) =
        parts.iter().partition(|it| it.name == "bihuan");
    let mut metadata = json!({ "tools": { "components": [
        { "type": "application", "name": "cargo xtask dist", "version": version },
    ]}});
    if let Some(program) = program.first() {
        metadata["component"] = component(program);
    }
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": metadata,
        "components": others.into_iter().map(component).collect::<Vec<_>>(),
        "dependencies": parts.iter().map(dependency).collect::<Vec<_>>(),
    })
}

/// The address of a package, whatever registry has it.
fn purl(it: &Part) -> String {
    let kind = match it.registry {
        Registry::Crates => "cargo",
        Registry::Npm => "npm",
    };
    format!("pkg:{kind}/{}@{}", it.name.replace('@', "%40"), it.version)
}

fn algorithm(registry: Registry) -> &'static str {
    match registry {
        Registry::Crates => "SHA-256",
        Registry::Npm => "SHA-512",
    }
}

/// The texts of all licences of others, each once, with whose it is.
///
/// # Errors
/// The sources of a part cannot be read.
pub(super) fn licences(parts: &[Part]) -> Result<String> {
    let mut whose: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut head = String::from("What the program is made of, and under which licences.\n\n");
    for part in parts.iter().filter(|it| !it.is_own()) {
        // Writing to a String cannot fail.
        let _ = writeln!(head, "{} {}: {}", part.name, part.version, part.licence);
        let said = || format!("failed to read `{}`", part.folder.display());
        for entry in std::fs::read_dir(&part.folder).with_context(said)? {
            let path = entry.with_context(said)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            if path.is_file() && TEXTS.iter().any(|it| name.starts_with(it)) {
                let bytes = std::fs::read(&path).with_context(said)?;
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                whose.entry(text.trim_end().to_owned()).or_default().push(part.key());
            }
        }
    }
    for (text, parts) in whose {
        let _ = writeln!(head, "\n{}\n{}\n\n{text}", "=".repeat(72), parts.join(", "));
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::super::part::tests::sample;
    use super::*;

    #[test]
    fn the_bill_names_every_part_and_what_it_needs() {
        let bill = bill(&sample(), "0.1.0");
        assert_eq!(bill["specVersion"], "1.5");
        assert_eq!(bill["metadata"]["component"]["name"], "bihuan");
        let names: Vec<&Value> =
            bill["components"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
        assert_eq!(names, ["a", "b", "@scope/a", "b"]);
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "aa");
        assert_eq!(bill["components"][2]["purl"], "pkg:npm/%40scope/a@1.0.0");
        assert_eq!(bill["components"][2]["hashes"][0]["alg"], "SHA-512");
        assert_eq!(bill["dependencies"][3]["dependsOn"], json!(["pkg:npm/b@1.0.0"]));
        assert_eq!(bill["dependencies"][0]["dependsOn"], json!(["pkg:cargo/b@1.0.0"]));
    }
}
