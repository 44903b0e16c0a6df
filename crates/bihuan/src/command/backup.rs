//! `bihuan backup` and `bihuan restore`: a folder that proves itself, and a realm made from it.

use super::Outcome;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use bihuan_store::backup::{BackupError, backup, restore};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Problem {
        match error {
            BackupError::NotEmpty(path) => Problem::file(&path, &"it is not empty / 不是空目录"),
            BackupError::NotWhole { path, why } => {
                Problem::file(&path, &format!("no whole backup / 备份不完整：{why}"))
            }
            BackupError::File { path, source } => Problem::file(&path, &source),
            BackupError::Kept(error) => Problem::from(error),
            BackupError::Db(error) => Problem::Db(error),
            BackupError::NotSound(report) => Problem::Unsound(
                report.faults.iter().map(|it| format!("{}: {}", it.code, it.what.en)).collect(),
            ),
        }
    }
}

/// Backs the realm up while it stays in use.
pub(super) fn make(config: &Config, out: &mut Output, to: &Path) -> Result<Outcome, Problem> {
    Realm::look(config)?.mark(out);
    let files = config.files.look()?;
    let manifest = {
        let bar = Progress::of(0, out.pick("备份", "backup"));
        backup(&config.target, &files, to, &mut |_| bar.step(1))?
    };
    let (entries, root) = (manifest.entries, &manifest.root);
    let files = manifest.files.len();
    let value = json!({ "to": to, "entries": entries, "root": root, "files": files });
    out.answer(value, |text| {
        let zh =
            format!("已备份到 {}：记录 {entries} 条，根 {root}，文件 {files} 个", to.display());
        let en =
            format!("backed up to {}: {entries} entries, root {root}, {files} files", to.display());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", out.pick(&zh, &en));
    });
    Ok(Outcome::Good)
}

/// Makes a realm from a backup and verifies it.
pub(super) fn take(config: &Config, out: &mut Output, from: &Path) -> Result<Outcome, Problem> {
    let report = {
        let bar = Progress::of(0, out.pick("恢复", "restore"));
        restore(from, &config.target, &config.files, &mut |_| bar.step(1))?
    };
    Realm::look(config)?.mark(out);
    let value = json!({ "from": from, "report": report });
    out.answer(value, |text| {
        let (entries, root) = (report.entries, &report.root);
        let zh = format!("已恢复并核验通过：记录 {entries} 条，根 {root}");
        let en = format!("restored and verified: {entries} entries, root {root}");
        let _ = writeln!(text, "{}", out.pick(&zh, &en));
    });
    Ok(Outcome::Good)
}
