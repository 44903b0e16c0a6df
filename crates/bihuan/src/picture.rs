//! Having pictures decoded by a process of its own, few at a time.
//!
//! Invariant: whatever a picture does to that process, this one hears of it as an answer.

use bihuan_press::image::worker::{
    ANSWER_BYTES_MAX, CANNOT_START, COVER, Told, WORD, answer, to_cover,
};
use bihuan_press::image::{Copy, Cover, Refused};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Pictures that are decoded at once; more wait their turn.
const AT_ONCE: usize = 2;
/// How long one may take by the clock on the wall, beside the limit of its processor time.
const TAKES_MAX: Duration = Duration::from_secs(20);
/// How long one waits for its turn.
const WAITS_MAX: Duration = Duration::from_secs(30);

/// Decodes pictures in processes.
#[derive(Debug)]
pub struct Decoder {
    program: PathBuf,
    turns: Semaphore,
}

/// Why a picture was not decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The picture is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Too many are waiting.
    #[error("too many pictures wait to be decoded")]
    Busy,
    /// The process could not be used; the picture may be as good as any.
    #[error("failed to use the process that decodes pictures: {0}")]
    Process(std::io::Error),
}

impl Decoder {
    /// A decoder that starts `program`, which is this one.
    #[must_use]
    pub fn new(program: PathBuf) -> Decoder {
        Decoder { program, turns: Semaphore::new(AT_ONCE) }
    }

    /// Looks at a picture and makes its copies.
    ///
    /// # Errors
    /// Why it is refused, or that nobody could look.
    pub async fn see(&self, bytes: &[u8]) -> Result<Told, DecodeError> {
        self.told(bytes, None).await
    }

    /// A copy of a JPEG with parts of it covered.
    ///
    /// # Errors
    /// Why it is refused, or that nobody could do it.
    pub async fn cover(&self, bytes: &[u8], covers: &[Cover]) -> Result<Copy, DecodeError> {
        let told = self.told(&to_cover(bytes, covers), Some(COVER)).await?;
        Ok(told.seen?.copies.pop().ok_or(Refused::Broken)?)
    }

    async fn told(&self, bytes: &[u8], what: Option<&str>) -> Result<Told, DecodeError> {
        let turn = timeout(WAITS_MAX, self.turns.acquire()).await.map_err(|_| DecodeError::Busy)?;
        let _turn = turn.map_err(|_| DecodeError::Busy)?;
        // A picture that holds a process up until then is a broken one.
        let told = timeout(TAKES_MAX, self.ask(bytes, what)).await.unwrap_or(Ok(None))?;
        told.ok_or(DecodeError::Refused(Refused::Broken))
    }

    /// What the process says; none where it came to harm.
    async fn ask(&self, bytes: &[u8], what: Option<&str>) -> Result<Option<Told>, DecodeError> {
        let mut child = Command::new(&self.program)
            .arg(WORD)
            .args(what)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(DecodeError::Process)?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let give = async {
            if let Some(mut stdin) = stdin {
                // One that has seen enough does not read on.
                let _ = stdin.write_all(bytes).await;
            }
        };
        let take = async {
            let mut told = Vec::new();
            if let Some(stdout) = stdout {
                let most = ANSWER_BYTES_MAX as u64 + 1;
                stdout.take(most).read_to_end(&mut told).await?;
            }
            Ok::<_, std::io::Error>(told)
        };
        let ((), told) = tokio::join!(give, take);
        let told = told.map_err(DecodeError::Process)?;
        if told.len() > ANSWER_BYTES_MAX {
            return Ok(None);
        }
        let status = child.wait().await.map_err(DecodeError::Process)?;
        if status.code() == Some(i32::from(CANNOT_START)) {
            let why = "it cannot start itself under its limits";
            return Err(DecodeError::Process(std::io::Error::other(why)));
        }
        Ok(answer(&told).filter(|_| status.success()))
    }
}

/// Whether `program` decodes a picture without being able to reach a file or the network; none
/// where it decodes none. It waits for the process.
#[must_use]
pub fn is_confined(program: PathBuf) -> Option<bool> {
    let mut bytes = Vec::new();
    let encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.write_header().and_then(|mut it| it.write_image_data(&[0])).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let told = runtime.block_on(Decoder::new(program).see(&bytes)).ok()?;
    told.seen.is_ok().then_some(told.is_confined)
}
