//! The loop that takes connections in, and their end when the service closes.
//!
//! Invariants: what is full makes newcomers wait in the queue of the system, and an address with
//! too many gets no more; a failure to accept pauses and never ends the loop.

use super::connection::{Common, serve_one};
use super::limit::Limits;
use super::place::{Place, Places};
use super::tls::Tls;
use super::trust::Trusted;
use axum::Router;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait after a failure to accept, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);
/// How long connections that were cut may take to be gone.
const CUT: Duration = Duration::from_secs(1);

/// All listeners of a service together.
#[derive(Clone, Debug)]
pub struct Edge {
    limits: Limits,
    trusted: Arc<Trusted>,
    tls: Option<Arc<Tls>>,
    places: Arc<Places>,
    closing: CancellationToken,
    cut: CancellationToken,
    connections: TaskTracker,
}

impl Edge {
    /// An edge with no listener yet.
    #[must_use]
    pub fn new(limits: Limits, trusted: Trusted, tls: Option<Arc<Tls>>) -> Edge {
        Edge {
            limits,
            trusted: Arc::new(trusted),
            tls,
            places: Places::new(limits.connections_max, limits.connections_per_address_max),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
            connections: TaskTracker::new(),
        }
    }

    /// Connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Takes in the connections of one listener until the service closes.
    pub async fn serve(&self, listener: TcpListener, router: Router) {
        let common = Common {
            router,
            limits: self.limits,
            trusted: Arc::clone(&self.trusted),
            closing: self.closing.clone(),
            cut: self.cut.clone(),
        };
        while let Some(accepted) = self.next(&listener).await {
            match accepted {
                Ok((stream, peer, Some(place))) => {
                    // Small answers are not to wait for more.
                    let _ = stream.set_nodelay(true);
                    let serving = serve(common.clone(), self.tls.clone(), (stream, peer), place);
                    self.connections.spawn(serving);
                }
                // An address with too many gets no answer, since an answer would be one more.
                Ok((_, _, None)) => tracing::debug!("an address has too many connections"),
                Err(error) if is_of_one(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted just now");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The next connection; `None` once the service closes.
    async fn next(
        &self,
        listener: &TcpListener,
    ) -> Option<io::Result<(TcpStream, IpAddr, Option<Place>)>> {
        let accept = async {
            let seat = self.places.seat().await;
            let (stream, peer) = listener.accept().await?;
            let peer = peer.ip().to_canonical();
            let place = match self.trusted.has(peer) {
                true => Some(self.places.take_for_proxy(seat)),
                false => self.places.take(seat, peer),
            };
            Ok((stream, peer, place))
        };
        tokio::select! {
            biased;
            () = self.closing.cancelled() => None,
            accepted = accept => Some(accepted),
        }
    }

    /// Takes no more in.
    pub fn close(&self) {
        self.closing.cancel();
        self.connections.close();
    }

    /// Waits for what was begun, for a limited time, then ends it; says how many were cut off.
    pub async fn drained(&self) -> usize {
        self.close();
        if timeout(self.limits.drain, self.connections.wait()).await.is_ok() {
            return 0;
        }
        let left = self.connections.len();
        self.cut();
        // What does not even hear this is not waited for.
        let _ = timeout(CUT, self.connections.wait()).await;
        left
    }

    /// Ends what was begun at once.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

/// Serves a connection for as long as it has its place. There are many, so that this is spawned as
/// it is: what wraps a future holds room for it twice.
async fn serve(
    common: Common,
    tls: Option<Arc<Tls>>,
    (stream, peer): (TcpStream, IpAddr),
    _place: Place,
) {
    let end = match tls {
        None => serve_one(common, stream, peer).await,
        // Apart, so that a connection in the clear has no room for it.
        Some(tls) => Box::pin(shake(common, tls, stream, peer)).await,
    };
    tracing::trace!(end, "a connection ended");
}

/// Serves a connection after shaking hands; says how it ended.
async fn shake(common: Common, tls: Arc<Tls>, stream: TcpStream, peer: IpAddr) -> &'static str {
    let shaken = timeout(common.limits.first_byte, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        shaken = shaken => shaken,
        () = common.closing.cancelled() => return "closing",
    };
    match shaken {
        Ok(Ok(stream)) => serve_one(common, stream, peer).await,
        Ok(Err(_)) => "handshake_failed",
        Err(_) => "handshake",
    }
}

/// Whether a failure to accept is about one connection alone.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
