//! The process that decodes one picture and ends: bytes in, what was seen and its copies out.
//!
//! The program that serves starts itself anew with [`WORD`]; nothing that a picture does to this
//! process reaches the one that serves.
//!
//! What it writes: the length of a JSON text as four bytes, most significant first; the text, a
//! [`Told`]; then the bytes of each copy, in order.

use super::{Cover, PICTURE_BYTES_MAX, Refused, Seen, cover, limit, see};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode};

/// The word that makes the program decode a picture instead of serving.
pub const WORD: &str = "decode-picture";
/// The word of its second start, under the limits that the first one set.
const LIMITED: &str = "under-limits";
/// The word that follows [`WORD`] where parts of a picture are to be covered.
pub const COVER: &str = "cover";
/// Longest list of covers, in bytes, as [`to_cover`] writes it.
const COVERS_BYTES_MAX: usize = 64 * 1024;
/// The exit code where the limits could not be set, so that no picture was looked at.
pub const CANNOT_START: u8 = 3;
/// Longest answer, in bytes.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the process says of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Whether the kernel took every system call away that decoding does not need.
    pub is_confined: bool,
    /// The picture, or why it is refused.
    pub seen: Result<Seen, Refused>,
    /// How many bytes each copy has.
    pub lengths: Vec<usize>,
}

/// Runs the process, if the words of the command line ask for it: none where they do not.
///
/// Call it first of all in `main`.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != WORD {
        return None;
    }
    let words: Vec<_> = words.collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    if !has(LIMITED) {
        // It returns only where it failed.
        let _ = limited(has(COVER));
        return Some(ExitCode::from(CANNOT_START));
    }
    Some(if decode(has(COVER)).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Becomes the same program anew, under limits.
#[cfg(unix)]
fn limited(covers: bool) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let program = std::env::current_exe()?;
    limit::set()?;
    let what = covers.then_some(COVER);
    Err(Command::new(program).arg(WORD).arg(LIMITED).args(what).env_clear().exec())
}

fn decode(covers: bool) -> io::Result<()> {
    let is_confined = limit::confine();
    let mut bytes = Vec::new();
    let most = PICTURE_BYTES_MAX + COVERS_BYTES_MAX + 1;
    io::stdin().take(most as u64).read_to_end(&mut bytes)?;
    let seen = match covers {
        false => see(&bytes),
        true => covered(&bytes).ok_or(Refused::Broken).and_then(|(list, it)| cover(it, &list)),
    };
    drop(bytes);
    let copies = seen.as_ref().map_or(&[][..], |it| &it.copies);
    let lengths = copies.iter().map(|it| it.bytes.len()).collect();
    let told = Told { is_confined, seen: seen.clone(), lengths };
    let text = serde_json::to_vec(&told).expect("it has only string keys");
    let mut out = io::stdout().lock();
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(&text)?;
    for copy in copies {
        out.write_all(&copy.bytes)?;
    }
    out.flush()
}

/// What the process is given where it covers parts of a picture: the length of the list as four
/// bytes, the list as JSON, the picture.
#[must_use]
pub fn to_cover(bytes: &[u8], covers: &[Cover]) -> Vec<u8> {
    let list = serde_json::to_vec(covers).expect("it has only string keys");
    let length = u32::try_from(list.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[..], &list, bytes].concat()
}

/// Reads what [`to_cover`] wrote.
fn covered(bytes: &[u8]) -> Option<(Vec<Cover>, &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
    let (list, picture) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(list).ok()?, picture))
}

/// Reads what the process wrote; none where it is not whole.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<Told> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    let (text, mut rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let mut told: Told = serde_json::from_slice(text).ok()?;
    if let Ok(seen) = &mut told.seen {
        if seen.copies.len() != told.lengths.len() {
            return None;
        }
        for (copy, length) in seen.copies.iter_mut().zip(&told.lengths) {
            let (bytes, after) = rest.split_at_checked(*length)?;
            copy.bytes = bytes.to_vec();
            rest = after;
        }
    }
    rest.is_empty().then_some(told)
}
