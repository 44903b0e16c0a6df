//! Printed: the template of each document is in the folder, and names only what can be shown.

use crate::pack::load::word_of;
use crate::pack::{
    DOCUMENTS_FOLDER, GAPS_MAX, Pack, PackFiles, Shows, Sink, nearest, perhaps, quote,
};
use crate::text::Text;

pub(super) fn prove(pack: &Pack, files: &PackFiles, sink: &Sink) {
    for (no, document) in pack.documents.iter().enumerate() {
        if document.template.is_empty() {
            continue;
        }
        let file = format!("{DOCUMENTS_FOLDER}{}", document.template);
        if files.files.contains_key(&file) {
            if let Some(text) = files.text(&file, sink) {
                words(pack, &file, text, sink);
            }
            continue;
        }
        let in_folder = files.files.keys().filter_map(|it| it.strip_prefix(DOCUMENTS_FOLDER));
        let (zh, en) = perhaps(nearest(&document.template, in_folder));
        let file = quote(&file);
        let what =
            Text::new(format!("缺少模板文件{file}{zh}"), format!("there is no file {file}{en}"));
        sink.gap("missing_file", &format!("document.{no}.template"), what);
    }
}

/// Each `{word}` is a word of the ledger or `{field:KEY}`.
fn words(pack: &Pack, file: &str, text: &str, sink: &Sink) {
    let mut told = 0;
    for (no, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((word, after)) = after.split_once('}') else { break };
            rest = after;
            if told == GAPS_MAX {
                return;
            }
            let near = match word.strip_prefix("field:") {
                Some(id) if pack.form.iter().any(|it| it.id == id) => continue,
                Some(id) => nearest(id, pack.form.iter().map(|it| it.id.as_str())),
                None => match word_of::<Shows>(word) {
                    Ok(_) => continue,
                    Err(known) => nearest(word, known.iter().copied()),
                },
            };
            let ((zh, en), word) = (perhaps(near), quote(word));
            let what = Text::new(
                format!("没有“{{{word}}}”可填{zh}"),
                format!("nothing can be filled in for {{{word}}}{en}"),
            );
            let line = u32::try_from(no + 1).unwrap_or(u32::MAX);
            sink.gap_at("unknown_name", file, line, what);
            told += 1;
        }
    }
}
