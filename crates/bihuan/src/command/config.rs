//! `bihuan config`: the settings as they hold, and whether they are sound.

use super::Outcome;
use crate::cli::ConfigCommand;
use crate::output::Output;
use crate::problem::Problem;
use crate::serving::Serving;
use crate::setting::{Origin, Settings};
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(
    settings: &Settings,
    out: &mut Output,
    command: ConfigCommand,
) -> Result<Outcome, Problem> {
    match command {
        ConfigCommand::Check => check(settings, out),
        ConfigCommand::Show => {
            show(settings, out);
            Ok(Outcome::Good)
        }
    }
}

/// What cannot be read or used was told before we came here, or is told now.
fn check(settings: &Settings, out: &mut Output) -> Result<Outcome, Problem> {
    let serving = Serving::of(settings)?;
    let file = settings.file.as_ref().map(|it| it.display().to_string());
    let listeners = serving.listeners.iter().map(|it| json!({ it.name: it.address }));
    let listeners: Vec<_> = listeners.collect();
    out.answer(json!({ "ok": true, "file": file, "listeners": listeners }), |text| {
        let file = file.as_deref().unwrap_or(out.pick("（无配置文件）", "(no file)"));
        let _ = writeln!(text, "{} {file}", out.pick("配置无误：", "the settings are sound:"));
    });
    Ok(Outcome::Good)
}

fn show(settings: &Settings, out: &mut Output) {
    let word = |origin| match origin {
        Origin::Default => out.pick("默认", "default").to_owned(),
        Origin::File(line) => format!("{} {line}", out.pick("文件行", "file line")),
        Origin::Environment => out.pick("环境", "environment").to_owned(),
        Origin::Option => out.pick("选项", "option").to_owned(),
    };
    let file = settings.file.as_ref().map(|it| it.display().to_string());
    let all: Vec<_> = settings.shown().collect();
    let value = |it: &crate::setting::Shown| {
        json!({
            "key": it.setting.key, "value": it.text, "unit": it.setting.kind.unit(),
            "default": it.setting.default, "from": word(it.origin), "environment": it.setting.env,
        })
    };
    let values: Vec<_> = all.iter().map(value).collect();
    out.answer(json!({ "file": file, "settings": values }), |text| {
        for it in &all {
            let (key, said) = (it.setting.key, out.pick(it.setting.zh, it.setting.en));
            let value = if it.text.is_empty() { "-" } else { &it.text };
            let (unit, from) = (it.setting.kind.unit(), word(it.origin));
            let _ = writeln!(text, "{key} = {value}   [{unit}, {from}] {said}");
        }
    });
}
