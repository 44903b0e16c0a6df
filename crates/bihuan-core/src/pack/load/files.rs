//! The files of a pack as they come in, and how large they may be.

use super::gap::Sink;
use crate::text::Text;
use std::collections::BTreeMap;

/// Most files of one pack.
pub const PACK_FILES_MAX: usize = 512;
/// Largest file of a pack, in bytes.
pub const PACK_FILE_BYTES_MAX: usize = 1 << 20;
/// Most bytes of all files of a pack together.
pub const PACK_BYTES_MAX: usize = 8 << 20;
/// The file that says what a pack means.
pub const PACK_FILE: &str = "pack.toml";
/// The table of problem types.
pub const CLASSES_FILE: &str = "classes.csv";
/// The folder of what is printed.
pub const DOCUMENTS_FOLDER: &str = "documents/";

/// The files of a pack by their path in its folder, with `/` between parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct PackFiles {
    /// Bytes by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl PackFiles {
    /// Whether the files keep to the limits; tells what does not.
    pub(super) fn fit(&self, sink: &Sink) -> bool {
        let mut fits = true;
        let mut too_large = |file: &str, zh: String, en: String| {
            fits = false;
            sink.gap_at("too_large", file, 0, Text::new(zh, en));
        };
        if self.files.len() > PACK_FILES_MAX {
            too_large(
                PACK_FILE,
                format!("文件太多，最多{PACK_FILES_MAX}个"),
                format!("too many files; keep to {PACK_FILES_MAX}"),
            );
        }
        for (file, _) in self.files.iter().filter(|(_, it)| it.len() > PACK_FILE_BYTES_MAX) {
            too_large(
                file,
                format!("文件太大，最多{PACK_FILE_BYTES_MAX}字节"),
                format!("the file is too large; keep to {PACK_FILE_BYTES_MAX} bytes"),
            );
        }
        if self.files.values().map(Vec::len).sum::<usize>() > PACK_BYTES_MAX {
            too_large(
                PACK_FILE,
                format!("文件总量太大，最多{PACK_BYTES_MAX}字节"),
                format!("the files are too large together; keep to {PACK_BYTES_MAX} bytes"),
            );
        }
        fits
    }

    /// A file as text without its byte order mark; tells if it is missing or not UTF-8.
    pub(crate) fn text(&self, file: &str, sink: &Sink) -> Option<&str> {
        let Some(bytes) = self.files.get(file) else {
            let zh = format!("缺少文件 {file}，请补上");
            sink.gap_at("missing_file", file, 0, Text::new(zh, format!("add the file {file}")));
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(error) => {
                let before = &bytes[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|it| **it == b'\n').count();
                let what = Text::new("请以UTF-8编码保存", "save the file in UTF-8");
                sink.gap_at("not_utf8", file, u32::try_from(line).unwrap_or(u32::MAX), what);
                None
            }
        }
    }
}
