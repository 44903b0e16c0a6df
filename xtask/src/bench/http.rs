//! The service over HTTP: what a request costs its process, beside a bare server that sends the
//! same bytes, and beside what the store alone takes for the same.
//!
//! Invariants: time is that of the server's process alone, threads that ended included; each
//! question is asked of the service and of the floor in turn; nobody else asks meanwhile.

mod ask;
pub(super) mod floor;
mod page;
mod realm;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use anyhow::{Context, Result, ensure};
use bihuan_core::matter::Submission;
use bihuan_core::story::chance::Chance;
use bihuan_store::Target;
use serde_json::json;

use super::cpu::Took;
use super::load::lives;
use super::read::Read;
use super::report::What;
use crate::process::{cargo, moment, succeeds, target_dir};
use crate::service::{Question, Service, UNLIMITED};
pub(super) use ask::Ask;
use ask::Asker;
use floor::Floor;
pub(super) use page::tables;

/// Senders or readers together.
const WAYS: [usize; 2] = [1, 16];
/// Lives of each sender, and lives before anything is measured.
const LIVES: (usize, usize) = (12, 2);
/// Times that a cold start is measured.
const STARTS: usize = 5;

/// One thing over HTTP, in one round.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Of the service.
    pub(super) took: Took,
    /// Of a bare server that sends the same bytes.
    pub(super) floor: Took,
    /// Requests.
    pub(super) count: usize,
    /// Bytes of an answer, on average.
    pub(super) bytes: usize,
}

/// What was measured of the service over one realm.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// By what was asked and by how many at once.
    pub(super) asked: BTreeMap<(Ask, usize), Vec<Told>>,
    /// Milliseconds from the start of the process until it is ready.
    pub(super) starts_ms: Vec<f64>,
    /// Most memory that the process had, in kilobytes.
    pub(super) resident_kb: u64,
    /// What the service does not serve.
    pub(super) absent: Vec<Ask>,
}

/// Measures the service over a realm of SQLite in a folder.
pub(super) fn measure(
    folder: &Path,
    target: &Target,
    (rounds, questions): (usize, usize),
    (program, quick): (&Path, bool),
) -> Result<Measured> {
    let binary = binary(quick)?;
    let mut chance = Chance::new(super::SEED ^ 3);
    let mut measured = Measured::default();
    let mut asker = Asker::new(target, &mut chance, questions)?;
    let commands = commands(&mut chance, rounds)?;
    realm::prepare(folder, target, &commands)?;
    // What fell due meanwhile is done before anything is measured.
    let mut tick = std::process::Command::new(&binary);
    tick.args(["tick", "--dir"]).arg(folder).stdout(std::process::Stdio::null());
    ensure!(succeeds(&mut tick)?, "the timers of the realm cannot be fired");
    for _ in 0..STARTS {
        measured.starts_ms.push(start(&binary, folder)?);
    }
    let service = Service::start_with(&binary, folder, &UNLIMITED)?;
    let floor = Floor::start(program)?;
    asker.learn(&service)?;
    measured.absent = Ask::ALL.into_iter().filter(|it| !asker.serves(*it)).collect();
    for (round, batch) in commands.iter().enumerate() {
        println!("  HTTP, round {} of {rounds}", round + 1);
        for (ways, own) in WAYS.into_iter().zip(batch) {
            let told = send(&service, &floor, own)?;
            measured.asked.entry((Ask::Command, ways)).or_default().push(told);
        }
        for ask in Ask::READS.into_iter().filter(|it| asker.serves(*it)) {
            for ways in WAYS {
                let told = read(&service, &floor, (&asker, ask), ways)?;
                measured.asked.entry((ask, ways)).or_default().push(told);
            }
        }
    }
    measured.resident_kb = resident_kb(service.pid())?;
    service.kill()?;
    Ok(measured)
}

/// Its store does the same for this.
pub(super) fn of_store(ask: Ask, ways: usize) -> Option<What> {
    match ask {
        Ask::Command => Some(What::Command(ways)),
        Ask::One => Some(What::Read(Read::One)),
        Ask::Page => Some(What::Read(Read::Page)),
        Ask::Filter => Some(What::Read(Read::Filter)),
        Ask::Search => Some(What::Read(Read::Search)),
        Ask::Viewport => Some(What::Read(Read::Viewport)),
        Ask::Export => None,
    }
}

fn binary(quick: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--bin", "bihuan"]);
    if !quick {
        build.arg("--release");
    }
    ensure!(succeeds(&mut build)?, "the program does not build");
    Ok(target_dir().join(if quick { "debug" } else { "release" }).join("bihuan"))
}

/// The lives of all senders: their steps by life and sender.
type Lives = Vec<Vec<Vec<Submission>>>;

/// The senders of each round, in the order of [`WAYS`].
fn commands(chance: &mut Chance, rounds: usize) -> Result<Vec<Vec<Lives>>> {
    let mut all = Vec::new();
    for _ in 0..rounds {
        let mut round = Vec::new();
        for ways in WAYS {
            let own: Result<Lives> = (0..ways).map(|_| lives(chance, LIVES.0 + LIVES.1)).collect();
            round.push(own?);
        }
        all.push(round);
    }
    Ok(all)
}

/// From nothing to ready, in milliseconds.
fn start(binary: &Path, folder: &Path) -> Result<f64> {
    let began = moment();
    let service = Service::start(binary, folder)?;
    let told = service.ask("GET", "/ready", None, &serde_json::Value::Null)?;
    let took = moment().duration_since(began).as_secs_f64() * 1e3;
    ensure!(told.status == 204, "the service is not ready: {}", told.status);
    service.kill()?;
    Ok(took)
}

/// Does all, each list on a thread of its own, and says what the process of `pid` took for what
/// came after the first `warm` of each list.
fn together<T: Sync>(
    pid: u32,
    lists: &[Vec<T>],
    warm: usize,
    one: impl Fn(&T) -> Result<()> + Sync,
) -> Result<Took> {
    let gate = Barrier::new(lists.len() + 1);
    std::thread::scope(|scope| {
        let (gate, one) = (&gate, &one);
        let threads: Vec<_> = lists
            .iter()
            .map(|list| {
                scope.spawn(move || {
                    let (before, after) = list.split_at(warm.min(list.len()));
                    let warmed = before.iter().try_for_each(one);
                    gate.wait();
                    let done = after.iter().try_for_each(one);
                    gate.wait();
                    warmed.and(done)
                })
            })
            .collect();
        gate.wait();
        let (before, began) = (cpu_ns(pid)?, moment());
        gate.wait();
        let wall = moment().duration_since(began);
        let cpu_ns = cpu_ns(pid)?.saturating_sub(before);
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a client failed"))??;
        }
        Ok(Took { cpu_ns, wall_ns: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX) })
    })
}

/// Commands of all senders, then as many answers of the floor.
fn send(service: &Service, floor: &Floor, senders: &Lives) -> Result<Told> {
    let mut lists = Vec::new();
    for own in senders {
        let mut list = Vec::new();
        for it in own.iter().flatten() {
            let body = json!({
                "id": it.id, "matter": it.matter, "captured_at": it.captured_at,
                "command": it.command,
            });
            list.push((realm::token(&it.by), serde_json::to_vec(&body)?));
        }
        lists.push(list);
    }
    let headers = [("content-type", "application/json".to_owned())];
    let last = std::sync::Mutex::new(Vec::new());
    let post = |to: &Service, way, (token, body): &(String, Vec<u8>)| {
        let question = Question { way, token: Some(token), headers: &headers, bytes: body.clone() };
        to.send(question)
    };
    let steps = super::life::STEPS;
    let took = together(service.pid(), &lists, LIVES.1 * steps, |it| {
        let told = post(service, ("POST", "/api/v1/commands"), it)?;
        ensure!(told.status == 200, "a command was not done: {}", told.body);
        *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            serde_json::to_vec(&told.body)?;
        Ok(())
    })?;
    let answer = last.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let bytes = answer.len();
    floor.set(&answer)?;
    let under = together(floor.service.pid(), &lists, LIVES.1 * steps, |it| {
        let told = post(&floor.service, ("POST", "/"), it)?;
        ensure!(told.status == 200, "the floor answers {}", told.status);
        Ok(())
    })?;
    let count = lists.iter().map(|it| it.len().saturating_sub(LIVES.1 * steps)).sum();
    Ok(Told { took, floor: under, count, bytes })
}

/// Every question of a kind, shared among so many readers.
fn read(
    service: &Service,
    floor: &Floor,
    (asker, ask): (&Asker, Ask),
    ways: usize,
) -> Result<Told> {
    let paths = asker.paths(ask);
    let mut lists: Vec<Vec<&String>> = vec![Vec::new(); ways];
    for (no, path) in paths.iter().enumerate() {
        lists[no % ways].push(path);
    }
    let get = |path: &str| service.ask("GET", path, Some(asker.token()), &serde_json::Value::Null);
    let first = paths.first().context("there are questions")?;
    let bytes = asker.bytes(service, first)?;
    floor.set(&bytes)?;
    let count = paths.len();
    let took = together(service.pid(), &lists, 0, |path| {
        let told = get(path)?;
        ensure!(told.status == 200, "{path} answers {} {}", told.status, told.body);
        Ok(())
    })?;
    let under = together(floor.service.pid(), &lists, 0, |_| {
        let told = floor.service.ask("GET", "/", None, &serde_json::Value::Null)?;
        ensure!(told.status == 200, "the floor answers {}", told.status);
        Ok(())
    })?;
    Ok(Told { took, floor: under, count, bytes: bytes.len() })
}

/// Processor time of a process so far, threads that ended included, in nanoseconds.
fn cpu_ns(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("no such process")?;
    // The name of the program is in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok());
    let (user, system) = (ticks(12).context("no user time")?, ticks(13).context("no system time")?);
    // A tick is a hundredth of a second on every Linux of these machines.
    Ok((user + system) * 10_000_000)
}

/// Most memory that a process had so far, in kilobytes.
fn resident_kb(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let number = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
    number.context("the system does not say how much memory it had")
}
