//! `bihuan serve`: the API on the network.
//!
//! Invariant: whoever asks it to end, by SIGTERM or SIGINT, gets what was begun done, for a limited
//! time; whoever asks twice does not wait.

use super::Outcome;
use crate::config::Config;
use crate::http::base_map::BaseMap;
use crate::http::edge::{Edge, Tls};
use crate::http::{self, App, Publishing, Watch, metrics};
use crate::job;
use crate::log;
use crate::output::Output;
use crate::outward::Outward;
use crate::problem::Problem;
use crate::provider::{Provider, ProviderConfig};
use crate::realm::Realm;
use crate::serving::{Listener, Serving};
use crate::setting::Settings;
use crate::traces::Traces;
use axum::Extension;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// File descriptors beside those of connections: the database, files, pictures, jobs.
const FILES_BESIDE: u64 = 256;
/// Connections that may wait to be taken in; the system may allow fewer.
const QUEUE: u32 = 4_096;
/// How often what is remembered of callers, and figures, are looked through.
const EVERY: Duration = Duration::from_secs(20);

pub(super) fn run(
    config: &Config,
    settings: &Settings,
    out: &mut Output,
) -> Result<Outcome, Problem> {
    let mut serving = Serving::of(settings)?;
    log::begin(settings);
    keep_to_small_pages();
    let files = files_at_once().saturating_sub(FILES_BESIDE);
    let files = usize::try_from(files).unwrap_or(usize::MAX).max(1);
    if files < serving.limits.connections_max {
        tracing::warn!(files, "fewer connections than set: raise the limit of open files");
        serving.limits.connections_max = files;
    }
    let realm = Realm::open(config)?;
    realm.mark(out);
    let outward = Outward::new(settings.networks("webhook.networks"));
    let outward = outward.map_err(|it| Problem::Other(format!("{it}")))?;
    let failed = |it: io::Error| Problem::file(Path::new("runtime"), &it);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let app = App::new(realm).reaching(outward).mapped(BaseMap::of(settings)?);
    let app = app.taking_reports(settings.is("public.reports"));
    let app = app.receiving(settings.count("limit.reports"));
    let app = app.publishing(Publishing::of(settings));
    let mut app = people(app, settings)?;
    let traces = traces(settings)?;
    if let Some(traces) = traces.clone() {
        app = app.traced(traces);
    }
    let served = runtime.map_err(failed)?.block_on(serve(app, serving, out));
    traces.iter().for_each(Traces::end);
    served.map(|()| Outcome::Good)
}

/// Where traces go, as the settings say.
fn traces(settings: &Settings) -> Result<Option<Traces>, Problem> {
    let address = settings.text("trace.url");
    if address.is_empty() {
        return Ok(None);
    }
    let traces = Traces::to(address);
    traces.map(Some).map_err(|it| Problem::Other(format!("trace.url: {it}")))
}

/// Thousands of streams rest on some kilobytes each, of which a huge page would hold two megabytes.
fn keep_to_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "the system goes on to use huge pages");
    }
}

/// The same with how people enter.
fn people(app: App, settings: &Settings) -> Result<App, Problem> {
    let is_required = settings.text("login.second_factor") == "administrators";
    let app = if is_required { app.requiring_factor() } else { app };
    let Some(config) = ProviderConfig::of(settings) else { return Ok(app) };
    let provider = Provider::new(config).map_err(|it| Problem::Other(it.to_string()))?;
    Ok(app.signing_in_at(provider))
}

async fn serve(app: App, serving: Serving, out: &mut Output) -> Result<(), Problem> {
    let system = |it: io::Error| Problem::file(Path::new("signals"), &it);
    let mut ends = Ends::new().map_err(system)?;
    let (rates, tls) = (Arc::new(serving.rates), serving.tls);
    let edge = Edge::new(serving.limits, serving.trusted, tls.clone());
    let mut app = app.rated(Arc::clone(&rates));
    app.health().want_free(serving.free_bytes_min);
    if serving.is_secure {
        app = app.secure();
    }
    let mut jobs = JoinSet::new();
    if serving.listeners.iter().any(|it| it.name == "watch") {
        let figures = metrics::gather().map_err(|it| Problem::Other(it.to_string()))?;
        app = app.watched(Watch { figures: figures.clone(), edge: edge.clone() });
        jobs.spawn(again(move || figures.run_upkeep()));
    }
    jobs.spawn(again(move || rates.forget()));
    if let Some(tls) = &tls {
        jobs.spawn(renew(Arc::clone(tls), signal(SignalKind::hangup()).map_err(system)?));
    }
    let mut listening = JoinSet::new();
    let mut told = Vec::new();
    for listener in serving.listeners {
        let (bound, at) = bind(&listener, tls.is_some())?;
        told.push((listener.name, at));
        let router = http::router(app.clone()).layer(Extension(listener.reach));
        let edge = edge.clone();
        listening.spawn(async move { edge.serve(bound, router).await });
    }
    tell(out, &told);
    let working = job::start(&app);
    ends.one().await;
    tracing::info!("asked to end; what was begun may end");
    // Streams of events would go on for ever.
    app.feed().close();
    tokio::select! {
        cut = edge.drained() => tracing::info!(cut, "ended"),
        () = ends.one() => edge.cut(),
    }
    drop((listening, working, jobs));
    Ok(())
}

/// A listener with a long queue: whoever finds none is only heard once the system tries again,
/// seconds later.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

fn bind(listener: &Listener, is_tls: bool) -> Result<(TcpListener, String), Problem> {
    let failed = |at: SocketAddr, it: &io::Error| Problem::file(Path::new(&at.to_string()), it);
    let bound = listen(listener.address);
    let bound = bound.map_err(|it| failed(listener.address, &it))?;
    let at = bound.local_addr().map_err(|it| failed(listener.address, &it))?;
    let scheme = if is_tls { "https" } else { "http" };
    Ok((bound, format!("{scheme}://{at}")))
}

fn tell(out: &Output, listeners: &[(&'static str, String)]) {
    let each: Vec<_> =
        listeners.iter().map(|(name, at)| json!({ "for": name, "at": at })).collect();
    let first = listeners.first().map(|it| &it.1);
    out.answer(json!({ "listening": first, "listeners": each }), |text| {
        for (name, at) in listeners {
            let _ = writeln!(text, "{} {at} ({name})", out.pick("服务已启动：", "listening on"));
        }
    });
}

/// Does something again and again.
async fn again(work: impl Fn() + Send) {
    let mut next = interval(EVERY);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        work();
    }
}

/// Reads certificate and key anew whenever it is asked to.
async fn renew(tls: Arc<Tls>, mut asked: Signal) {
    while asked.recv().await.is_some() {
        match tls.renew() {
            Ok(()) => tracing::info!("certificate and key were read anew"),
            Err(error) => tracing::warn!(%error, "the certificate before stays in use"),
        }
    }
}

/// What asks the service to end.
struct Ends {
    term: Signal,
    int: Signal,
}

impl Ends {
    fn new() -> io::Result<Ends> {
        Ok(Ends { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    async fn one(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

/// Raises the limit of open files as far as it goes, and says how many there may be.
fn files_at_once() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let limit = setrlimit(Resource::Nofile, wanted).map_or(limit, |()| wanted);
    limit.current.unwrap_or(u64::MAX)
}
