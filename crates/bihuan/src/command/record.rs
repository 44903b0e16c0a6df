//! `bihuan record`: proofs that were downloaded, checked without a realm.

use super::Outcome;
use crate::cli::RecordCommand;
use crate::output::Output;
use crate::problem::Problem;
use crate::proof::{PROOF_BYTES_MAX, ProofFault, RecordProof};
use serde_json::json;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

pub(super) fn run(out: &mut Output, command: RecordCommand) -> Result<Outcome, Problem> {
    let RecordCommand::Check { file, root } = command;
    let proof = read(&file)?;
    let checked = proof.check(root.as_deref());
    let told = json!({
        "sound": checked.is_ok(), "proof": proof, "compared": root.is_some(),
        "fault": checked.err().map(|it| json!({ "code": it.code(), "what": it.text() })),
    });
    out.answer(told, |text| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", said(out, &proof, checked));
        if checked.is_ok() && root.is_none() {
            let remark = out.pick(
                "请用 --root 与您另行记下的根比对",
                "compare it, with --root, with a root that you got in another way",
            );
            let _ = writeln!(text, "{remark}");
        }
    });
    Ok(Outcome::of(checked.is_ok()))
}

fn read(file: &Path) -> Result<RecordProof, Problem> {
    let opened = std::fs::File::open(file).map_err(|it| Problem::file(file, &it))?;
    let mut text = String::new();
    let most = PROOF_BYTES_MAX as u64 + 1;
    opened.take(most).read_to_string(&mut text).map_err(|it| Problem::file(file, &it))?;
    let no_proof = || {
        Problem::word(
            &file.display().to_string(),
            "请给出从 /api/v1/record 下载的证明文件（至多1 MiB）",
            "give a proof that was downloaded from /api/v1/record, of at most 1 MiB",
        )
    };
    if text.len() > PROOF_BYTES_MAX {
        return Err(no_proof());
    }
    serde_json::from_str(&text).map_err(|_| no_proof())
}

fn said(out: &Output, proof: &RecordProof, checked: Result<(), ProofFault>) -> String {
    if let Err(fault) = checked {
        return format!("✗ {}: {}", fault.code(), out.text(&fault.text()));
    }
    let (zh, en) = match proof {
        RecordProof::Inclusion(it) => {
            let (seq, size, root) = (it.index + 1, it.size, &it.root);
            (
                format!("第 {seq} 条在 {size} 条记录之内，根 {root}"),
                format!("entry {seq} is in the record of {size} entries, root {root}"),
            )
        }
        RecordProof::Consistency(it) => {
            let (from, to, root) = (it.from.size, it.to.size, &it.to.root);
            (
                format!("前 {from} 条未变，现有 {to} 条记录，根 {root}"),
                format!("the first {from} of {to} entries are unchanged, root {root}"),
            )
        }
    };
    out.pick(&zh, &en).to_owned()
}
