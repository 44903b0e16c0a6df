//! `torture crowd`: thousands of connections that bring nothing on, while somebody works; then
//! thousands of streams that wait for news.
//!
//! Invariants: each connection that says nothing, or half a head, is closed in time; whoever works
//! meanwhile is served about as fast as before; a stream costs little memory. Control: a service
//! whose time-outs are set to minutes must still hold them all.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bihuan_core::time::Instant;
use bihuan_store::{Moment, Store, Target};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::http::binary;
use super::{Options, Seconds, realm};
use crate::process::{clock_ms, moment};
use crate::service::{Service, UNLIMITED};

/// Silent connections, and as many with half a head: of the full form, and of the short one, which
/// are together fewer than may wait to be accepted (1,024): a machine that is busy with other tests
/// would else take some in so late that their time-out ends after ours.
const SLOW: (usize, usize) = (5_000, 400);
/// Streams of events: of the full form, and of the short one.
const STREAMS: (usize, usize) = (10_000, 1_000);
/// Connections from one address of this machine.
const PER_ADDRESS: usize = 400;
/// Within so many seconds every slow connection must be closed.
const CLOSED_WITHIN_S: f64 = 15.0;
/// Memory of the service with all streams of the full form, in MiB.
const MEMORY_MAX_MB: u64 = 150;
/// Requests that the pace of work is measured by.
const WORK: usize = 1_500;
/// Slower work than this is looked at in the short form, in ms: it is a debug build beside other
/// tests, and can only tell that nobody is kept out.
const SHORT_FLOOR_MS: f64 = 500.0;
/// Connections that are being opened at the same time.
const OPENING_MAX: usize = 200;
/// Connections that begin in a hundredth of a second: a thousand a second, so that the processors
/// of this machine, which the crowd shares with the service, are not what is measured.
const BEGIN: usize = 10;
/// The account that works, and its password.
const WORKER: (&str, &str) = ("dispatcher-town-town", "campaign-of-crowds");
/// The control: a service that waits for minutes, as one without time-outs would.
const PATIENT: [(&str, &str); 2] =
    [("BIHUAN_LIMIT_FIRST_BYTE_S", "600"), ("BIHUAN_LIMIT_HEADER_S", "600")];

/// What became of slow connections.
#[derive(Debug, Default)]
struct Closed {
    /// Opened.
    opened: usize,
    /// Closed by the service in time.
    closed: usize,
    /// The longest that one lived, in seconds.
    longest_s: f64,
}

/// Runs the campaign; true where all held and the control did not.
///
/// # Errors
/// It could not be run; the seed is in the message, although nothing here is drawn by chance.
pub fn run(options: &Options) -> Result<bool> {
    let clock = Seconds::start();
    let pick = |(full, short): (usize, usize)| if options.full { full } else { short };
    let (slow, streams) = (pick(SLOW), pick(STREAMS));
    println!("torture crowd: {slow} silent, {slow} with half a head, {streams} streams");
    raise_files()?;
    let folder = tempfile::tempdir().context("failed to make a temporary directory")?;
    let binary = binary(options.full)?;
    found(&binary, folder.path())?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build();
    let runtime = runtime.context("failed to start clients")?;

    let service = Service::start_with(&binary, folder.path(), &UNLIMITED)?;
    let token = service.sign_in(WORKER.0, WORKER.1)?;
    work(&service, &token, WORK / 5)?;
    let quiet_ms = p99(work(&service, &token, WORK)?);
    let (closed, busy_ms) = beside(&runtime, &service, &token, slow)?;
    println!(
        "  {} of {} closed, the last after {:.1} s; work at p99 {quiet_ms:.1} ms alone, \
         {busy_ms:.1} ms beside them",
        closed.closed, closed.opened, closed.longest_s
    );
    let before_mb = memory_mb(service.pid())?;
    let open = runtime.block_on(listen(address(&service)?, streams, &token))?;
    let after_mb = memory_mb(service.pid())?;
    println!("  {} streams: {before_mb} MiB before, {after_mb} MiB with them", open.len());
    let heard = open.len();
    drop((open, service));

    let all: Vec<_> = UNLIMITED.into_iter().chain(PATIENT).collect();
    let patient = Service::start_with(&binary, folder.path(), &all)?;
    let control = runtime.block_on(crowd(address(&patient)?, slow.min(SLOW.1)))?;
    println!(
        "  control, time-outs of minutes: {} of {} closed in time (few may be)",
        control.closed, control.opened
    );
    let floor_ms = if options.full { 0.0 } else { SHORT_FLOOR_MS };
    let is_fast = busy_ms < (2.0 * quiet_ms).max(floor_ms);
    let is_small = !options.full || after_mb <= MEMORY_MAX_MB;
    let passed = closed.closed == closed.opened
        && closed.opened == slow * 2
        && is_fast
        && is_small
        && heard == streams
        && control.closed * 10 < control.opened;
    let said = if passed { "passed" } else { "FAILED" };
    println!("torture crowd: {:.0} s: {said}", clock.gone());
    Ok(passed)
}

/// Founds a realm in which somebody has a password.
fn found(binary: &Path, dir: &Path) -> Result<()> {
    let target = Target::Sqlite(dir.join("realm.db"));
    let ticker = || Moment { clock: Instant(clock_ms()), salt: [7; 32] };
    let store = Store::open(&target, Box::new(ticker))?;
    realm::found(|it| Ok(store.change("campaign", it).map(drop)?))?;
    drop(store);
    let mut set = Command::new(binary);
    set.args(["user", "password", WORKER.0, "--stdin", "--dir"]).arg(dir);
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut stdin = set.stdin.take().context("a pipe was asked for")?;
    std::io::Write::write_all(&mut stdin, WORKER.1.as_bytes())?;
    drop(stdin);
    ensure!(set.wait()?.success(), "no password can be set");
    Ok(())
}

/// Works beside a crowd: what became of it, and the p99 of the work in milliseconds.
fn beside(
    runtime: &tokio::runtime::Runtime,
    service: &Service,
    token: &str,
    slow: usize,
) -> Result<(Closed, f64)> {
    let at = address(service)?;
    let is_over = Arc::new(AtomicBool::new(false));
    let crowd = {
        let is_over = Arc::clone(&is_over);
        runtime.spawn(async move {
            let closed = crowd(at, slow).await;
            is_over.store(true, Ordering::Release);
            closed
        })
    };
    let mut took_ms = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        took_ms.extend(work(service, token, WORK / 5)?);
    }
    Ok((runtime.block_on(crowd)??, p99(took_ms)))
}

/// What 99 of 100 keep below; 0 of none.
fn p99(mut took_ms: Vec<f64>) -> f64 {
    took_ms.sort_by(f64::total_cmp);
    took_ms.get(took_ms.len() * 99 / 100).copied().unwrap_or_default()
}

/// Asks for something that is read from the realm, again and again: how long each took, in
/// milliseconds.
fn work(service: &Service, token: &str, count: usize) -> Result<Vec<f64>> {
    let mut took_ms = Vec::with_capacity(count);
    for _ in 0..count {
        let began = moment();
        let told = service.ask("GET", "/api/v1/sessions", Some(token), &serde_json::Value::Null)?;
        ensure!(told.status == 200, "the work was answered with {}: {}", told.status, told.body);
        took_ms.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(took_ms)
}

/// Opens so many silent connections and as many with half a head, and sees them closed.
async fn crowd(at: SocketAddr, slow: usize) -> Result<Closed> {
    let opened = Arc::new(AtomicUsize::new(0));
    let mut all = JoinSet::new();
    let turns = Arc::new(tokio::sync::Semaphore::new(OPENING_MAX));
    let mut beat = tokio::time::interval(Duration::from_millis(10));
    for no in 0..slow * 2 {
        if no.is_multiple_of(BEGIN) {
            beat.tick().await;
        }
        let (opened, turns) = (Arc::clone(&opened), Arc::clone(&turns));
        all.spawn(async move {
            let turn = turns.acquire_owned().await.ok()?;
            let mut stream = connect(at, no).await.ok()?;
            if no.is_multiple_of(2) {
                stream.write_all(b"GET /live HTTP/1.1\r\nHost: a\r\nX-").await.ok()?;
            }
            drop(turn);
            opened.fetch_add(1, Ordering::Relaxed);
            let began = moment();
            let mut bytes = [0; 64];
            let most = Duration::from_secs_f64(CLOSED_WITHIN_S);
            let end = timeout(most, stream.read(&mut bytes));
            // An end or a reset: either way it is closed. An answer would be none of ours.
            let is_closed = matches!(end.await, Ok(Ok(0) | Err(_)));
            is_closed.then(|| began.elapsed().as_secs_f64())
        });
    }
    let mut closed = Closed::default();
    while let Some(one) = all.join_next().await {
        if let Some(lived_s) = one? {
            closed.closed += 1;
            closed.longest_s = closed.longest_s.max(lived_s);
        }
    }
    closed.opened = opened.load(Ordering::Relaxed);
    Ok(closed)
}

/// Opens streams of events, and keeps those that were answered.
async fn listen(at: SocketAddr, count: usize, token: &str) -> Result<Vec<TcpStream>> {
    let mut open = Vec::with_capacity(count);
    let head =
        format!("GET /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    for no in 0..count {
        let mut stream = connect(at, no).await.context("no connection for a stream")?;
        stream.write_all(head.as_bytes()).await?;
        let mut answer = [0; 256];
        let read = timeout(Duration::from_secs(10), stream.read(&mut answer));
        let size = read.await.context("a stream is not answered")??;
        ensure!(answer[..size].starts_with(b"HTTP/1.1 200"), "a stream is refused");
        open.push(stream);
    }
    Ok(open)
}

/// A connection from one of the addresses of this machine, of which each has so many.
async fn connect(to: SocketAddr, no: usize) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let last = u8::try_from(2 + no / PER_ADDRESS).context("too many addresses")?;
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
    Ok(timeout(Duration::from_secs(30), socket.connect(to)).await??)
}

fn address(service: &Service) -> Result<SocketAddr> {
    let at = service.base.strip_prefix("http://").context("the service is under TLS")?;
    Ok(at.parse()?)
}

/// What a process holds in memory.
fn memory_mb(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.context("failed to look at the service")?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.trim().strip_suffix(" kB")).context("it does not say")?;
    Ok(kib.trim().parse::<u64>()? / 1_024)
}

/// Raises the limit of open files of this process as far as it goes.
fn raise_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, wanted).context("failed to raise the limit of open files")
}
