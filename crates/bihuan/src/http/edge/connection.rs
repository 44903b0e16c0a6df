//! One connection from its first byte to its end, in HTTP/1.1 or HTTP/2.

use super::lasting::{lasts, may_last, tell};
use super::limit::Limits;
use super::pace::Paced;
use super::pulse::{Late, Pulse};
use super::trust::Trusted;
use super::watched::{Shared, Tracked, Watched};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How often a connection of HTTP/2 is asked whether it lives, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);
/// Headers of one request.
const HEADERS_MAX: usize = 100;
/// Requests of HTTP/2 that were taken back and not looked at yet.
const RESETS_MAX: usize = 20;

/// What all connections of a listener have in common.
#[derive(Clone, Debug)]
pub struct Common {
    /// Answers requests.
    pub router: Router,
    /// The limits.
    pub limits: Limits,
    /// The proxies that are trusted.
    pub trusted: Arc<Trusted>,
    /// Cancelled when the service closes: what was begun may end.
    pub closing: CancellationToken,
    /// Cancelled when it has waited long enough.
    pub cut: CancellationToken,
}

/// How a connection ended.
#[derive(Debug)]
enum End {
    Done,
    Broken,
    Late(Late),
    Cut,
    /// It goes on with one answer alone.
    Lasts(Response<Body>),
}

/// Serves one connection to its end; says how it ended, by a stable word.
pub async fn serve_one<S>(common: Common, stream: S, peer: IpAddr) -> &'static str
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (cut, pace, stream) = (common.cut.clone(), common.limits.answer, Shared::new(stream));
    // Apart, so that an answer that lasts keeps none of it.
    let answer = match Box::pin(converse(common, stream.clone(), peer)).await {
        End::Done => return "done",
        End::Broken => return "broken",
        End::Late(late) => return late.code(),
        End::Cut => return "cut",
        End::Lasts(answer) => answer,
    };
    let Some(stream) = stream.take() else { return "broken" };
    tokio::select! {
        end = tell(stream, answer, pace) => end,
        () = cut.cancelled() => "cut",
    }
}

/// Answers requests until the connection ends, or one answer has it for itself.
async fn converse<S>(common: Common, stream: Shared<S>, peer: IpAddr) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Pulse::new(common.limits);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&pulse)));
    let (router, trusted) = (common.router, common.trusted);
    let (noted, body_pace) = (Arc::clone(&pulse), common.limits.body);
    let lasting: Arc<Mutex<Option<Response<Body>>>> = Arc::default();
    let kept = Arc::clone(&lasting);
    let service = service_fn(move |request: Request<Incoming>| {
        let busy = noted.begin(request.version() == Version::HTTP_2);
        let (may_last, noted, kept) = (may_last(&request), Arc::clone(&noted), Arc::clone(&kept));
        let client = trusted.client(peer, request.headers());
        let mut request = request.map(|it| Body::new(Paced::new(it, body_pace)));
        request.extensions_mut().insert(client);
        let answer = router.clone().oneshot(request);
        async move {
            let answer = answer.await?;
            if may_last && lasts(&answer) && !noted.is_waiting() {
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                // The connection is taken away from under it.
                return pending().await;
            }
            Ok::<_, Infallible>(answer.map(|body| Tracked { body, _busy: busy }))
        }
    });
    let builder = builder(&common.limits);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut closing = pin!(common.closing.cancelled());
    let mut cut = pin!(common.cut.cancelled());
    let mut late = pin!(sleep_until(Instant::now()));
    let mut is_closing = false;
    poll_fn(|cx| {
        if !is_closing && closing.as_mut().poll(cx).is_ready() {
            is_closing = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(done) = connection.as_mut().poll(cx) {
            return Poll::Ready(if done.is_ok() { End::Done } else { End::Broken });
        }
        if let Some(answer) = lasting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Poll::Ready(End::Lasts(answer));
        }
        if cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(End::Cut);
        }
        let Some((at, why)) = pulse.end() else { return Poll::Pending };
        if late.deadline() != at {
            late.as_mut().reset(at);
        }
        late.as_mut().poll(cx).map(|()| End::Late(why))
    })
    .await
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The head of a request has a time-out of ours, which also covers what hyper's does not.
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(None);
    http1.max_headers(HEADERS_MAX).max_buf_size(limits.header_bytes_max.max(8 * 1_024));
    let header_bytes_max = u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING);
    http2.max_concurrent_streams(limits.streams_max).max_header_list_size(header_bytes_max);
    http2.max_pending_accept_reset_streams(RESETS_MAX).max_local_error_reset_streams(RESETS_MAX);
    builder
}
