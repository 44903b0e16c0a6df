//! Reading the folder of a pack from disk, within the limits that a pack has.

use crate::problem::Problem;
use bihuan_core::pack::{PACK_FILE_BYTES_MAX, PACK_FILES_MAX, PackFiles};
use std::collections::BTreeMap;
use std::path::Path;

/// Deepest folder inside the folder of a pack.
const DEPTH_MAX: usize = 8;

/// Reads all files of a folder; hidden ones and links are passed over.
///
/// # Errors
/// Where the folder or a file cannot be read. A file beyond the limit is cut one byte after it,
/// so that the loader tells the gap.
pub fn read(folder: &Path) -> Result<PackFiles, Problem> {
    let mut files = BTreeMap::new();
    collect(folder, folder, DEPTH_MAX, &mut files)?;
    Ok(PackFiles { files })
}

fn collect(
    folder: &Path,
    under: &Path,
    depth: usize,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), Problem> {
    let fault = |it: std::io::Error| Problem::file(folder, &it);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        entries.push(entry.map_err(fault)?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        // One more than allowed is enough for the loader to refuse them.
        if files.len() > PACK_FILES_MAX {
            return Ok(());
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(fault)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            if depth > 0 {
                collect(&path, under, depth - 1, files)?;
            }
            continue;
        }
        let name = path.strip_prefix(under).unwrap_or(&path);
        files.insert(name.to_string_lossy().replace('\\', "/"), bytes(&path)?);
    }
    Ok(())
}

fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|it| Problem::file(path, &it))?;
    let mut bytes = Vec::new();
    let limit = PACK_FILE_BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|it| Problem::file(path, &it))?;
    Ok(bytes)
}
