//! A stream whose coming and going is noted and which can be taken away, and an answer that says
//! when it is over.

use super::pulse::{Busy, Pulse};
use axum::body::{Body as Inner, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream under watch, until it is taken.
pub(super) struct Watched<S> {
    stream: Shared<S>,
    pulse: Arc<Pulse>,
}

/// A stream that may be taken from whoever reads and writes it.
pub(super) struct Shared<S>(Arc<Mutex<Option<S>>>);

impl<S> Shared<S> {
    pub(super) fn new(stream: S) -> Shared<S> {
        Shared(Arc::new(Mutex::new(Some(stream))))
    }

    /// Takes it: whoever had it finds it closed.
    pub(super) fn take(&self) -> Option<S> {
        self.inner().take()
    }

    fn inner(&self) -> MutexGuard<'_, Option<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Unpin> Shared<S> {
    fn poll<T>(
        &self,
        poll: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match self.inner().as_mut() {
            Some(stream) => poll(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Shared<S> {
        Shared(Arc::clone(&self.0))
    }
}

impl<S> Watched<S> {
    pub(super) fn new(stream: Shared<S>, pulse: Arc<Pulse>) -> Watched<S> {
        Watched { stream, pulse }
    }

    fn noted(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &done {
            Poll::Pending => self.pulse.waits(),
            Poll::Ready(Ok(bytes)) => self.pulse.said(*bytes),
            Poll::Ready(Err(_)) => {}
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = self.stream.poll(|it| it.poll_read(cx, buf));
        if buf.filled().len() > before {
            self.pulse.heard();
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.noted(self.stream.poll(|it| it.poll_write(cx, buf)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.noted(self.stream.poll(|it| it.poll_write_vectored(cx, bufs)))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.inner().as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.stream.poll(|it| it.poll_flush(cx));
        self.noted(done.map_ok(|()| 0)).map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.stream.poll(|it| it.poll_shutdown(cx));
        self.noted(done.map_ok(|()| 0)).map_ok(drop)
    }
}

/// The body of an answer, whose request is under way until it is dropped.
pub(super) struct Tracked {
    pub(super) body: Inner,
    pub(super) _busy: Busy,
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
