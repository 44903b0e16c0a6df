//! `bihuan verify`: the record against itself, the rows against the record, the account against
//! the rows.

use super::Outcome;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use bihuan_store::verify::{VerifyReport, verify};
use std::fmt::Write as _;

/// Faults that a person is shown; JSON has more.
const SHOWN_MAX: usize = 20;

pub(super) fn run(config: &Config, out: &mut Output) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let files = config.files.look()?;
    let report = {
        let bar = Progress::of(100, out.pick("核验", "verify"));
        let mut shown = 0;
        let mut progress = |done: u64, of: u64| {
            let percent = done * 100 / of.max(1);
            bar.step(percent.saturating_sub(shown));
            shown = shown.max(percent);
        };
        realm.read(|db| verify(db, Some(&files), &mut progress))?
    };
    let value = serde_json::json!({ "sound": report.is_sound(), "report": report });
    out.answer(value, |text| tell(text, out, &report));
    Ok(Outcome::of(report.is_sound()))
}

fn tell(text: &mut String, out: &Output, report: &VerifyReport) {
    let VerifyReport { entries, root, matters, cleared, spans, scores, .. } = report;
    let VerifyReport { contents, erased, files, balanced_units, balanced_days, .. } = report;
    let lines = [
        out.pick(
            &format!("记录 {entries} 条，根 {root}"),
            &format!("{entries} entries, root {root}"),
        )
        .to_owned(),
        out.pick(
            &format!("事项 {matters} 件，已销号 {cleared} 件；时段 {spans}，计分 {scores}"),
            &format!("{matters} matters, {cleared} cleared; {spans} spans, {scores} scores"),
        )
        .to_owned(),
        out.pick(
            &format!("台账逐日平衡：{balanced_units} 个单位，{balanced_days} 天"),
            &format!("accounts closed: {balanced_units} units, {balanced_days} days"),
        )
        .to_owned(),
        out.pick(
            &format!("文字 {contents} 条完好，文件 {files} 个完好，依记录删除 {erased}"),
            &format!("{contents} texts and {files} files whole, {erased} erased by recorded acts"),
        )
        .to_owned(),
    ];
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    }
    for fault in report.faults.iter().take(SHOWN_MAX) {
        let seq = fault.seq.map(|it| format!(" #{it}")).unwrap_or_default();
        let matter = fault.matter.map(|it| format!(" {it}")).unwrap_or_default();
        let _ = writeln!(text, "✗ {}{seq}{matter}: {}", fault.code, out.text(&fault.what));
    }
    let count = report.faults_total;
    let verdict = if report.is_sound() {
        out.pick("核验通过", "sound").to_owned()
    } else {
        out.pick(&format!("核验不通过：{count} 处"), &format!("not sound: {count} faults"))
            .to_owned()
    };
    let _ = writeln!(text, "{verdict}");
}
