//! The files packed inside a workbook, unpacked once to count them before anybody trusts them.
//!
//! Sizes stated in the package are not believed: every part is really unpacked, into nothing,
//! up to its limit; parts that are XML are walked for depth and document types.

use super::fault::Fault;
use super::limit;
use quick_xml::events::Event;
use std::io::{BufReader, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// Checks every part.
///
/// # Errors
/// The fault; nothing has been kept in memory.
pub(super) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Fault::WorkbookBroken)?;
    if archive.len() > limit::PACKED_FILES_MAX {
        return Err(Fault::PackedFiles);
    }
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Fault::Password,
            _ => Fault::WorkbookBroken,
        })?;
        let name = part.name().map_err(|_| Fault::WorkbookBroken)?.to_ascii_lowercase();
        let packed = part.compressed_size();
        let left = limit::UNPACKED_BYTES_MAX - unpacked;
        let mut counted = Counted { inner: part, count: 0, max: allowed(&name, packed).min(left) };
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let walked = if is_xml { walk(&mut counted) } else { drain(&mut counted) };
        if counted.count > counted.max {
            return Err(Fault::Unpacked);
        }
        walked?;
        unpacked += counted.count;
    }
    Ok(())
}

/// How many bytes a part may unpack to.
fn allowed(name: &str, packed: u64) -> u64 {
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_xml = last.ends_with(".xml") || last.ends_with(".rels");
    let max = match last {
        _ if !is_xml => limit::UNPACKED_BYTES_MAX,
        "sharedstrings.xml" => limit::SHEET_BYTES_MAX,
        _ if last.starts_with("sheet") && last.ends_with(".xml") => limit::SHEET_BYTES_MAX,
        _ => limit::PART_BYTES_MAX,
    };
    max.min(packed.saturating_mul(limit::RATIO_MAX).max(limit::RATIO_FROM_BYTES))
}

/// A reader that counts, and ends one byte past its limit.
struct Counted<R> {
    inner: R,
    count: u64,
    max: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.count > self.max {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.count += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

fn drain(part: &mut impl Read) -> Result<(), Fault> {
    std::io::copy(part, &mut std::io::sink()).map(|_| ()).map_err(|_| Fault::WorkbookBroken)
}

/// Walks the elements of a part to its end.
fn walk(part: &mut impl Read) -> Result<(), Fault> {
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(part));
    reader.config_mut().check_end_names = false;
    let (mut depth, mut buffer) = (0_usize, Vec::new());
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::DocType(_)) => return Err(Fault::XmlDoctype),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(_) => return Err(Fault::WorkbookBroken),
        }
        if depth > limit::XML_DEPTH_MAX {
            return Err(Fault::XmlDepth);
        }
    }
}
