//! Fields that name files: the bytes travel apart, the form carries their digests.
//!
//! Invariant: a form names only files that the command declares or that the matter has.

use crate::form::check::{FieldFault, fault};
use crate::form::{FIELD_FILES_MAX, FieldValue};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Digests of at most `max` files, each once.
pub(super) fn check_files(
    max: usize,
    value: &Value,
    path: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<FieldValue> {
    let most = max.min(FIELD_FILES_MAX);
    let Some(list) = value.as_array().filter(|it| (1..=most).contains(&it.len())) else {
        let zh = format!("请附1至{most}个文件");
        let en = format!("give a list of 1 to {most} files");
        faults.push(fault("not_files", path, &zh, &en));
        return None;
    };
    let mut digests = Vec::with_capacity(list.len());
    for digest in list {
        let Some(digest) = digest.as_str().filter(|it| is_digest(it)) else {
            faults.push(fault(
                "not_a_digest",
                path,
                "文件以64位小写十六进制摘要指明",
                "name a file by its SHA-256, 64 lower-case hexadecimal digits",
            ));
            return None;
        };
        digests.push(digest.to_owned());
    }
    if digests.iter().collect::<BTreeSet<_>>().len() < digests.len() {
        faults.push(fault("duplicate", path, "同一文件只附一次", "give each file once"));
        return None;
    }
    Some(FieldValue::Files(digests))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

/// What names a file that `is_declared` does not know: one fault a field.
///
/// # Errors
/// Every one of them at once.
pub fn undeclared(
    values: &BTreeMap<String, FieldValue>,
    is_declared: &impl Fn(&str) -> bool,
) -> Result<(), Vec<FieldFault>> {
    let mut faults = Vec::new();
    find(values, "", is_declared, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn find(
    values: &BTreeMap<String, FieldValue>,
    path: &str,
    is_declared: &impl Fn(&str) -> bool,
    faults: &mut Vec<FieldFault>,
) {
    for (id, value) in values {
        match value {
            FieldValue::Files(digests) if !digests.iter().all(|it| is_declared(it)) => {
                faults.push(fault(
                    "not_declared",
                    &format!("{path}{id}"),
                    "请同时申报所附文件",
                    "declare the file under `files` in the same command",
                ));
            }
            FieldValue::Rows(rows) => {
                for (no, row) in rows.iter().enumerate() {
                    find(row, &format!("{path}{id}[{no}]."), is_declared, faults);
                }
            }
            _ => (),
        }
    }
}
