//! An answer that goes on, such as a stream of events: told on the bare connection once its head
//! is made.
//!
//! Invariants: thousands of them rest at once, so that one holds neither buffers nor the machinery
//! of requests; what is not taken in time ends it; nothing else is asked on its connection.

use super::limit::Pace;
use crate::clock::machine_now;
use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, Response, Version, header};
use http_body_util::BodyExt;
use hyper::body::Body;
use jiff::Timestamp;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// What a caller may still say while it listens, in bytes: some end a request with a blank line
/// too many.
const SAID_MAX: usize = 64;

/// Whether an answer to a request goes on, in a version in which a connection is its alone.
pub(super) fn may_last<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET && request.version() == Version::HTTP_11
}

/// Whether an answer goes on.
pub(super) fn lasts<B>(answer: &Response<B>) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    kind.is_some_and(|it| it.starts_with("text/event-stream"))
}

/// Tells an answer to its end, or to that of the caller; says how it ended, by a stable word.
pub(super) async fn tell<S, B>(mut stream: S, answer: Response<B>, pace: Pace) -> &'static str
where
    S: AsyncRead + AsyncWrite + Unpin,
    B: Body<Data = Bytes> + Unpin,
{
    match told(&mut stream, answer, pace.grace).await {
        Ok(()) => "done",
        Err(error) if error.kind() == io::ErrorKind::TimedOut => "answer",
        Err(_) => "broken",
    }
}

async fn told<S, B>(stream: &mut S, answer: Response<B>, grace: Duration) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    B: Body<Data = Bytes> + Unpin,
{
    let (head, mut body) = head(answer);
    say(stream, &head, grace).await?;
    drop(head);
    let (mut scrap, mut said) = ([0; SAID_MAX], 0);
    loop {
        tokio::select! {
            frame = body.frame() => match frame {
                Some(Ok(frame)) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    say(stream, &chunk(&bytes), grace).await?;
                }
                // Without its last chunk, the answer is seen to be broken off.
                Some(Err(_)) => return Err(io::ErrorKind::Interrupted.into()),
                None => break,
            },
            heard = stream.read(&mut scrap) => {
                let heard = heard?;
                said += heard;
                if heard == 0 || said > SAID_MAX {
                    return Ok(());
                }
            }
        }
    }
    say(stream, b"0\r\n\r\n", grace).await?;
    timeout(grace, stream.shutdown()).await?
}

/// Sends bytes, which must be taken in time.
async fn say<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    grace: Duration,
) -> io::Result<()> {
    timeout(grace, async {
        stream.write_all(bytes).await?;
        stream.flush().await
    })
    .await?
}

/// A part of a body, in the chunks of HTTP/1.1; nothing for an empty one, which would end it.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The head of an answer as it is sent, and its body.
fn head<B>(answer: Response<B>) -> (Vec<u8>, B) {
    let (mut parts, body) = answer.into_parts();
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    parts.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    parts.headers.remove(header::CONTENT_LENGTH);
    let now = Timestamp::from_millisecond(machine_now().0).unwrap_or_default();
    let now = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = HeaderValue::try_from(now) {
        parts.headers.entry(header::DATE).or_insert(now);
    }
    let mut head = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    (head, body)
}
