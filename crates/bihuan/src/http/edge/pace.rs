//! The body of a request, which must come at a pace.
//!
//! Invariant: only the time in which somebody waits for the body counts, never the time that the
//! service itself takes.

use super::limit::Pace;
use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body that fails where it comes too slowly.
pub(super) struct Paced<B> {
    body: B,
    pace: Pace,
    bytes: u64,
    waited: Duration,
    since: Option<Instant>,
    late: Option<Pin<Box<Sleep>>>,
}

/// Why a body was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError<E> {
    #[error("the body came too slowly")]
    Slow,
    #[error(transparent)]
    Broken(E),
}

impl<B> Paced<B> {
    pub(super) fn new(body: B, pace: Pace) -> Paced<B> {
        Paced { body, pace, bytes: 0, waited: Duration::ZERO, since: None, late: None }
    }

    /// Whether it has come too late by now; asks to be woken when it will have.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = self.pace.allowance(self.bytes).saturating_sub(self.waited);
        // What lies beyond all clocks never comes.
        let Some(end) = since.checked_add(left) else { return false };
        let late = self.late.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if late.deadline() != end {
            late.as_mut().reset(end);
        }
        late.as_mut().poll(cx).is_ready()
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    type Data = Bytes;
    type Error = BodyError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut next = self.body.frame();
        let Poll::Ready(frame) = Pin::new(&mut next).poll(cx) else {
            ready!(if self.is_late(cx) { Poll::Ready(()) } else { Poll::Pending });
            return Poll::Ready(Some(Err(BodyError::Slow)));
        };
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame.map(|it| it.map_err(BodyError::Broken)));
        };
        self.bytes += frame.data_ref().map_or(0, |it| it.len() as u64);
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
