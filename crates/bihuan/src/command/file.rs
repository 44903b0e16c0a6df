//! `bihuan file`: erasing a photo or document by a recorded act.

use super::Outcome;
use crate::cli::FileCommand;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::{OPERATOR, Realm};
use bihuan_store::file::{file, naming};
use serde_json::json;
use std::fmt::Write as _;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    command: FileCommand,
) -> Result<Outcome, Problem> {
    let FileCommand::Erase { digest, yes } = command;
    let realm = if yes { Realm::open(config)? } else { Realm::look(config)? };
    realm.mark(out);
    let known = realm.read(|db| file(db, &digest))?;
    let known = known.ok_or_else(|| Problem::unknown("文件", "file", &digest))?;
    let matters: Vec<_> = realm.read(|db| naming(db, &digest))?.iter().map(|it| it.id).collect();
    if yes {
        realm.store().erase_file(OPERATOR, &config.files.open()?, &digest)?;
    }
    let value = json!({ "digest": digest, "bytes": known.bytes, "media": known.media,
        "matters": matters, "erased": yes });
    let (bytes, count) = (known.bytes, matters.len());
    out.answer(value, |text| {
        let said = match (yes, out.pick("zh", "en")) {
            (true, "zh") => format!("已删除，{count} 件事项用过它；备份中的副本请另行处理"),
            (true, _) => format!("erased; {count} matters named it. Copies in backups remain"),
            (false, "zh") => format!("将删除 {bytes} 字节，{count} 件事项用过它；加 --yes 确认"),
            (false, _) => format!("{bytes} bytes, named by {count} matters; add --yes to erase"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}
