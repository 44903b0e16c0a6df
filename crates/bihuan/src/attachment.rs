//! Attachments of a realm: uploads that have begun, files that are kept, pictures that are decoded;
//! and how an upload becomes a file that matters have waited for.
//!
//! Invariants: bytes are safe before a row names them, and the row is committed before a matter is
//! told; whoever is cut off in between leaves nothing that the next run does not finish.

use crate::picture::{DecodeError, Decoder};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::upload::{UploadError, Uploads};
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, CommandId, MatterId};
use bihuan_core::matter::submission::Arrive;
use bihuan_core::matter::{Command, Refusal, Submission};
use bihuan_core::photo::{Facts, Phone};
use bihuan_core::time::Instant;
use bihuan_press::image::worker::Told;
use bihuan_press::image::{Copy, Cover, PICTURE_BYTES_MAX, Refused, Seen};
use bihuan_store::Answer;
use bihuan_store::file::{FileError, FilePlace, FileStore, NewFile, file, untold, waiting_for};
use bihuan_store::rules::{Change, FileRow, PictureRow, VariantRow};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder of uploads that have begun, below that of the realm.
const UPLOADS_FOLDER: &str = "uploads";
/// How a printed document begins (ISO 32000-1, 7.5.2).
const PDF: &[u8] = b"%PDF-";
/// Its media type.
const PDF_MEDIA: &str = "application/pdf";

/// Attachments of a realm; its folders are opened when they are first used.
pub struct Attachments {
    place: FilePlace,
    uploads_folder: PathBuf,
    files: OnceLock<FileStore>,
    uploads: OnceLock<Uploads>,
    decoder: Decoder,
}

/// A file that has come whole and has the digest that it was announced with.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Who sent it.
    pub by: AccountId,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the phone says of it.
    pub phone: Phone,
}

/// Why what has come is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ArriveError {
    /// It is no picture and no document that we take.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It was erased, and does not come back.
    #[error("file {0} was erased")]
    Erased(String),
    /// It could not be looked at or kept now; it may be tried again.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Problem {
        match error {
            UploadError::System { path, source } => {
                Problem::from(FileError::System { path, source })
            }
            UploadError::TooMany => Problem::Other(error.to_string()),
        }
    }
}

impl From<DecodeError> for ArriveError {
    fn from(error: DecodeError) -> ArriveError {
        match error {
            DecodeError::Refused(refused) => ArriveError::Refused(refused),
            other => ArriveError::Problem(Problem::Picture(other)),
        }
    }
}

impl Attachments {
    /// Attachments of a realm in `dir`, with files in `place`; `program` decodes pictures.
    #[must_use]
    pub fn new(dir: &Path, place: FilePlace, program: PathBuf) -> Attachments {
        Attachments {
            place,
            uploads_folder: dir.join(UPLOADS_FOLDER),
            files: OnceLock::new(),
            uploads: OnceLock::new(),
            decoder: Decoder::new(program),
        }
    }

    /// The files; it waits for the system.
    ///
    /// # Errors
    /// Where they cannot be reached.
    pub fn files(&self) -> Result<&FileStore, Problem> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let opened = self.place.open()?;
        Ok(self.files.get_or_init(|| opened))
    }

    /// The uploads; it waits for the system.
    ///
    /// # Errors
    /// Where they cannot be reached.
    pub fn uploads(&self) -> Result<&Uploads, Problem> {
        if let Some(uploads) = self.uploads.get() {
            return Ok(uploads);
        }
        let opened = Uploads::open(&self.uploads_folder)?;
        Ok(self.uploads.get_or_init(|| opened))
    }

    /// Looks at what has come; none where it is no picture but a document.
    ///
    /// # Errors
    /// Why it is refused, or that nobody could look.
    pub async fn look(&self, bytes: &[u8]) -> Result<Option<Told>, ArriveError> {
        if bytes.len() > PICTURE_BYTES_MAX {
            return Err(ArriveError::Refused(Refused::TooLarge));
        }
        if bytes.starts_with(PDF) {
            return Ok(None);
        }
        Ok(Some(self.decoder.see(bytes).await?))
    }

    /// A copy of a JPEG of ours with parts of it covered.
    ///
    /// # Errors
    /// Why it is refused, or that nobody could do it.
    pub async fn cover(&self, bytes: &[u8], covers: &[Cover]) -> Result<Copy, ArriveError> {
        Ok(self.decoder.cover(bytes, covers).await?)
    }

    /// The SHA-256 of a file of the system and its bytes, at most as many as a picture may have.
    ///
    /// # Errors
    /// As the system says.
    pub fn read_part(&self, path: &Path) -> Result<(String, Vec<u8>), Problem> {
        let bytes = std::fs::read(path).map_err(|it| Problem::file(path, &it))?;
        Ok((hex(&Sha256::digest(&bytes)), bytes))
    }

    /// Whether a file is known already.
    ///
    /// # Errors
    /// [`ArriveError::Erased`], or as the database says.
    pub fn is_known(&self, realm: &Realm, digest: &str) -> Result<bool, ArriveError> {
        match realm.read(|db| file(db, digest))? {
            Some(file) if file.erased_seq.is_some() => Err(ArriveError::Erased(digest.to_owned())),
            known => Ok(known.is_some()),
        }
    }

    /// Keeps a file, says so in the record, and tells the matters that have waited for it.
    ///
    /// # Errors
    /// Why it is refused, or could not be kept.
    pub fn keep(
        &self,
        realm: &Realm,
        arrived: &Arrived,
        told: Option<Told>,
    ) -> Result<(), ArriveError> {
        let seen = told.map(|it| it.seen).transpose()?;
        let mut all = vec![NewFile { bytes: &arrived.bytes, media: PDF_MEDIA }];
        let copies = seen.as_ref().map_or(&[][..], |it| &it.copies);
        all.extend(copies.iter().map(|it| NewFile { bytes: &it.bytes, media: "image/jpeg" }));
        let digests = self.files()?.put(&all).map_err(Problem::from)?;
        let media = seen.as_ref().map_or(PDF_MEDIA, |it| it.kind.media()).to_owned();
        let picture = seen.map(|it| picture(realm, it, &digests[1..], &arrived.phone));
        let (digest, bytes) = (arrived.digest.clone(), arrived.bytes.len() as u64);
        let row = FileRow { digest, bytes, media, picture };
        let change = Change::Files(vec![row]);
        realm.store().change(&arrived.by.0, change).map_err(Problem::from)?;
        Ok(())
    }

    /// Tells the matters that wait for a file that it has come. Matters that cannot be told now are
    /// told by the next [`tell_rest`].
    ///
    /// # Errors
    /// As the database says.
    pub fn tell(&self, realm: &Realm, digest: &str) -> Result<(), Problem> {
        let waiting = realm.read(|db| waiting_for(db, digest))?;
        tell_these(realm, waiting.into_iter().map(|it| (it, digest.to_owned())).collect())
    }
}

/// What the record says of a picture.
fn picture(realm: &Realm, seen: Seen, digests: &[String], phone: &Phone) -> PictureRow {
    let facts = Facts { camera: seen.camera, phone: phone.clone() };
    let variants = seen.copies.iter().zip(digests).map(|(copy, digest)| VariantRow {
        side_px: copy.side_px,
        digest: digest.clone(),
        bytes: copy.bytes.len() as u64,
        width_px: copy.width_px,
        height_px: copy.height_px,
    });
    PictureRow {
        width_px: seen.width_px,
        height_px: seen.height_px,
        look: seen.look,
        flags: facts.flags(realm.rules().zone),
        variants: variants.collect(),
        facts: Some(serde_json::to_string(&facts).expect("facts have only string keys")),
    }
}

/// Tells matters of files that have come since `since`, where whoever brought one was cut off.
///
/// # Errors
/// As the database says.
pub fn tell_rest(realm: &Realm, since: Instant) -> Result<(), Problem> {
    let rest = realm.read(|db| untold(db, since))?;
    tell_these(realm, rest)
}

fn tell_these(realm: &Realm, pairs: Vec<(MatterId, String)>) -> Result<(), Problem> {
    let commands = pairs.into_iter().map(|(matter, digest)| {
        let id = arrival_id(matter, &digest);
        Submission::of_clock(id, matter, Command::Arrive(Arrive { digests: vec![digest] }))
    });
    for answer in realm.store().submit_all(commands.collect()) {
        match answer {
            Answer::Done(_) | Answer::Conflict => {}
            // Another node was faster.
            Answer::Refused(refusal) if *refusal == Refusal::Already => {}
            Answer::Refused(refusal) => {
                tracing::warn!(code = refusal.code(), "a matter would not hear that a file came");
            }
            Answer::Failed(failure) => return Err(Problem::Store(failure)),
        }
    }
    Ok(())
}

/// The id of the command by which one matter hears of one file: two nodes say it once.
fn arrival_id(matter: MatterId, digest: &str) -> CommandId {
    let mut hash = Sha256::new();
    hash.update(b"bihuan arrival");
    hash.update(matter.0.as_bytes());
    hash.update(digest.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
