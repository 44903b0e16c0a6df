//! `bihuan demo`: a town that lived through six weeks, and what there is to see in it.

use super::Outcome;
use crate::clock::machine_now;
use crate::config::Config;
use crate::demo::{self, Counted, Days, Demonstration, Pictures, Scenario};
use crate::output::Output;
use crate::password;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::realm::Realm;
use crate::setting::FILE;
use bihuan_store::file::{FileError, FileStore, NewFile};
use bihuan_store::summary::{Summary, summary};
use bihuan_store::{Store, Target, credential};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;

/// How a demonstration is served: with its public page open.
const SETTINGS: &str = "[public]\nreports = true\n";

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    seed: u64,
    days: Option<i64>,
) -> Result<Outcome, Problem> {
    if is_there(&config.target) {
        return Err(Problem::RealmExists(config.target.to_string()));
    }
    fs::create_dir_all(&config.dir).map_err(|it| Problem::file(&config.dir, &it))?;
    let days = days.map_or(Days::All, Days::First);
    let files = config.files.open()?;
    let counted = {
        let bar = Progress::of(100, out.pick("演示镇的六周", "six weeks of a town"));
        let mut shown = 0;
        demo::run(
            &config.target,
            (seed, days),
            machine_now(),
            |pictures| Ok(keep(&files, pictures)?),
            |day, of| {
                let percent = day * 100 / of.max(1);
                bar.step(percent.saturating_sub(shown));
                shown = shown.max(percent);
            },
        )
        .map_err(|it| Problem::Other(format!("{it:#}")))?
    };
    let realm = Realm::open(config)?;
    realm.mark(out);
    let scenario = Demonstration::scenario().map_err(|it| Problem::Other(format!("{it:#}")))?;
    set_passwords(&realm, &scenario.password)?;
    let path = config.dir.join(FILE);
    fs::write(&path, SETTINGS).map_err(|it| Problem::file(&path, &it))?;
    let summary = realm.read(summary)?;
    let value = json!({ "seed": seed, "commands": counted, "summary": summary });
    out.answer(value, |text| {
        tell(text, out, config, seed, &counted, &summary);
        tell_who(text, out, &scenario);
    });
    Ok(Outcome::Good)
}

/// Whether something lives there already.
fn is_there(target: &Target) -> bool {
    match target {
        Target::Sqlite(path) => path.exists(),
        Target::Postgres(_) => Store::look(target).is_ok_and(|it| it.rules().rev > 0),
    }
}

/// Every account gets the password of the demonstration.
fn set_passwords(realm: &Realm, password: &str) -> Result<(), Problem> {
    // One hash for all, and the same in every demonstration: it is told to everybody anyway.
    let (hash, now) = (password::hash_with(password, &[0; 16]), realm.now());
    let accounts: Vec<_> = realm.rules().accounts.keys().cloned().collect();
    realm
        .store()
        .write(move |db| accounts.iter().try_for_each(|it| credential::set(db, it, &hash, now)))?;
    Ok(())
}

/// As whom to sign in.
fn tell_who(text: &mut String, out: &Output, scenario: &Scenario) {
    let password = &scenario.password;
    let _ = writeln!(
        text,
        "\n{}",
        out.pick(
            &format!("登录账号（密码均为 {password}）："),
            &format!("accounts to sign in with (the password of each is {password}):"),
        )
    );
    for it in &scenario.sign_in {
        let _ = writeln!(text, "  {:<24}{}", it.account, out.text(&it.does));
    }
}

/// Pictures are safe on disk before a row names them.
fn keep(files: &FileStore, pictures: &Pictures) -> Result<(), FileError> {
    let all = pictures.all.iter().map(|(_, bytes)| NewFile { bytes, media: "image/png" });
    let all: Vec<NewFile<'_>> = all.collect();
    files.put(&all).map(drop)
}

fn tell(
    text: &mut String,
    out: &Output,
    config: &Config,
    seed: u64,
    counted: &Counted,
    summary: &Summary,
) {
    let refused: u64 = counted.refused.values().sum();
    let done = counted.done;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}",
        out.pick(
            &format!("种子 {seed}：{done} 条命令办理成功，{refused} 条被拒绝"),
            &format!("seed {seed}: {done} commands accepted, {refused} refused"),
        )
    );
    for (pack, meanings) in &summary.matters {
        let parts: Vec<String> =
            meanings.iter().map(|(meaning, count)| format!("{meaning} {count}")).collect();
        let _ = writeln!(text, "  {pack}: {}", parts.join(", "));
    }
    let Summary { overdue, reworked, rebounds, entries, root, .. } = summary;
    let _ = writeln!(
        text,
        "{}",
        out.pick(
            &format!("  超期 {overdue}，返工 {reworked}，反弹 {rebounds}"),
            &format!("  overdue {overdue}, sent back {reworked}, rebounded {rebounds}"),
        )
    );
    let _ = writeln!(
        text,
        "{}",
        out.pick(
            &format!("记录 {entries} 条，根 {root}"),
            &format!("{entries} entries in the record, root {root}"),
        )
    );
    let dir = config.dir.display();
    let _ = writeln!(text, "\n{}", out.pick("接着可以看：", "what there is to see:"));
    for (command, zh, en) in [
        ("ledger", "台账", "the ledger"),
        ("ledger balance", "各单位逐日平衡", "the daily balance of every unit"),
        ("show XH-2104-00001", "一件事项的来龙去脉", "one matter from end to end"),
        ("verify", "核验全部记录", "verify the whole record"),
        ("doctor", "体检", "what an administrator should mend"),
        ("serve", "启动服务", "serve the API"),
    ] {
        let _ = writeln!(text, "  bihuan {command} --dir {dir}    {}", out.pick(zh, en));
    }
}
