//! One running cluster: start, standby, promotion, and death by signal.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Installation;
use super::leash::Leash;
use crate::process::{output, pause};

/// The database user that owns everything; trusted, since only this machine can reach it.
const SUPERUSER: &str = "bihuan";
/// How often somebody else may take the port we just found free.
const TRIES_MAX: u32 = 3;
/// How long a server may take to start, stop or promote.
const WAIT_SECONDS: u32 = 60;
/// How long two looks at another process lie apart.
const LOOK: Duration = Duration::from_millis(20);

/// A PostgreSQL server of our own. Dropping it stops it and removes its directory.
#[derive(Debug)]
pub struct Cluster {
    installation: Installation,
    dir: PathBuf,
    port: u16,
    settings: BTreeMap<String, String>,
    leash: Option<Leash>,
}

impl Cluster {
    /// Makes a new cluster in the machine's temporary directory and starts it.
    ///
    /// `settings` are lines of `postgresql.conf` that come after our own.
    ///
    /// # Errors
    /// A program of PostgreSQL failed; its log is in the message.
    pub fn start(installation: &Installation, settings: &[(&str, &str)]) -> Result<Cluster> {
        let mut cluster = Cluster::placed(installation, settings)?;
        let mut initdb = installation.command("initdb");
        initdb.args(["--locale=C", "--encoding=UTF8", "--auth=trust"]);
        initdb.arg(format!("--username={SUPERUSER}"));
        output(initdb.arg("--pgdata").arg(cluster.data()))?;
        cluster.launch()?;
        Ok(cluster)
    }

    /// The URL that a client connects to, over TCP.
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/postgres", self.port)
    }

    /// The directory of the data.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs one statement with `psql`; rows are lines, columns are separated by `|`.
    ///
    /// # Errors
    /// The server does not answer, or refuses the statement.
    pub fn psql(&self, statement: &str) -> Result<String> {
        let mut psql = self.installation.command("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        output(psql.arg("--command").arg(statement).arg(self.url()))
    }

    /// Copies this cluster to a second one that follows it, and returns once every commit waits
    /// for both.
    ///
    /// # Errors
    /// A program of PostgreSQL failed, or the standby did not catch up.
    pub fn standby(&mut self, name: &str) -> Result<Cluster> {
        let mut standby = Cluster::placed(&self.installation, &[])?;
        standby.settings = self.settings.clone();
        standby.settings.remove("synchronous_standby_names");
        let source = format!("{}?application_name={name}", self.url());
        let mut copy = self.installation.command("pg_basebackup");
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]);
        output(copy.arg("--dbname").arg(source).arg("--pgdata").arg(standby.data()))?;
        standby.launch()?;
        self.set("synchronous_standby_names", &format!("'{name}'"))?;
        let state =
            format!("SELECT sync_state FROM pg_stat_replication WHERE application_name = '{name}'");
        wait("the standby to be synchronous", || Ok(self.psql(&state)? == "sync"))?;
        Ok(standby)
    }

    /// Makes a standby a primary, and returns once it takes writes.
    ///
    /// # Errors
    /// It was no standby, or took longer than the limit.
    pub fn promote(&mut self) -> Result<()> {
        self.pg_ctl(&["promote"])
    }

    /// Changes one setting of the running server.
    ///
    /// # Errors
    /// The file could not be written, or the server not be told.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.settings.insert(name.into(), value.into());
        self.write_settings()?;
        self.pg_ctl(&["reload"])
    }

    /// Stops what sends to standbys, as a network that stalls would, until the server is killed.
    ///
    /// # Errors
    /// No standby follows, or it could not be stopped.
    pub fn stall_replication(&self) -> Result<()> {
        let senders = self.psql("SELECT pid FROM pg_stat_replication")?;
        let senders: Vec<u32> = senders.lines().filter_map(|it| it.trim().parse().ok()).collect();
        if senders.is_empty() {
            bail!("no standby follows");
        }
        signal("STOP", &senders)
    }

    /// Ends every process of the server at once by SIGKILL, as a loss of the machine would.
    ///
    /// # Errors
    /// The server was not running, or did not die.
    pub fn kill(&mut self) -> Result<()> {
        let postmaster = self.pid()?;
        // Stopped first, so that it can start no process between the look and the blow.
        signal("STOP", &[postmaster])?;
        let mut family = children(postmaster);
        family.push(postmaster);
        let killed = signal("KILL", &family);
        wait("the killed server to be gone", || Ok(!family.iter().any(|it| alive(*it))))?;
        self.clear_locks();
        killed
    }

    /// Starts a stopped or killed server again, on the same port and data.
    ///
    /// # Errors
    /// It did not start; its log is in the message.
    pub fn restart(&mut self) -> Result<()> {
        self.run()
    }

    /// Stops the server in order; the directory stays until the cluster is dropped.
    ///
    /// # Errors
    /// It did not stop within the limit.
    pub fn stop(&mut self) -> Result<()> {
        if !self.lock().exists() {
            return Ok(());
        }
        self.pg_ctl(&["stop", "--mode=fast"])
    }

    /// The process id of the running server.
    ///
    /// # Errors
    /// It is not running.
    pub fn pid(&self) -> Result<u32> {
        let path = self.lock();
        let text = fs::read_to_string(&path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        let first = text.lines().next().unwrap_or_default();
        first.trim().parse().with_context(|| format!("no process id in `{}`", path.display()))
    }

    /// A directory and settings, without data as yet.
    fn placed(installation: &Installation, settings: &[(&str, &str)]) -> Result<Cluster> {
        let dir = tempfile::Builder::new()
            .prefix("bihuan-pg-")
            .tempdir()
            .context("failed to make a temporary directory")?
            .keep();
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let settings = settings.collect();
        let installation = installation.clone();
        let leash = Some(Leash::tie(&dir)?);
        let cluster = Cluster { installation, dir, port: 0, settings, leash };
        cluster.installation.own(&cluster.dir)?;
        Ok(cluster)
    }

    /// Starts on a free port; tries again when somebody else was quicker.
    fn launch(&mut self) -> Result<()> {
        let mut tries = 1;
        loop {
            self.port = free_port()?;
            self.write_settings()?;
            match self.run() {
                Err(error) if tries < TRIES_MAX && format!("{error}").contains("in use") => {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    fn run(&mut self) -> Result<()> {
        let log = self.dir.join("log");
        let started = self.pg_ctl(&["start", "--log", &log.to_string_lossy()]);
        if let Err(error) = started {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let tail: Vec<&str> = said.lines().rev().take(12).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            bail!("failed to start PostgreSQL: {error:#}\n{}", tail.join("\n"));
        }
        Ok(())
    }

    /// The file that a running server holds, with its process id.
    fn lock(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    /// Clears what a killed server left. Its processes are gone, but a process id stays taken
    /// until the parent looks, and the next server would take it for a rival.
    fn clear_locks(&self) {
        let socket = format!(".s.PGSQL.{}.lock", self.port);
        for lock in [self.lock(), self.dir.join(socket)] {
            // What is not there needs no clearing.
            let _ = fs::remove_file(lock);
        }
    }

    fn pg_ctl(&self, what: &[&str]) -> Result<()> {
        let mut command = self.installation.command("pg_ctl");
        command.args(what).args(["--wait", "--silent", "--timeout", &WAIT_SECONDS.to_string()]);
        output(command.arg("--pgdata").arg(self.data())).map(drop)
    }

    /// Writes the whole of `postgresql.conf`: what is not there has its default.
    fn write_settings(&self) -> Result<()> {
        let own = [
            ("listen_addresses", "'127.0.0.1'".to_owned()),
            ("port", self.port.to_string()),
            ("unix_socket_directories", format!("'{}'", socket_dir(&self.dir))),
            ("fsync", "on".to_owned()),
            ("max_connections", "200".to_owned()),
            ("timezone", "'UTC'".to_owned()),
        ];
        let mut text = String::new();
        for (name, value) in &own {
            text.push_str(&format!("{name} = {value}\n"));
        }
        for (name, value) in &self.settings {
            text.push_str(&format!("{name} = {value}\n"));
        }
        let path = self.data().join("postgresql.conf");
        fs::write(&path, text).with_context(|| format!("failed to write `{}`", path.display()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            // The leash, dropped unreleased, ends it by force and removes the directory.
            eprintln!("warning: failed to stop PostgreSQL: {error:#}");
            return;
        }
        if let Some(leash) = self.leash.take() {
            leash.release();
        }
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            eprintln!("warning: failed to remove `{}`: {error}", self.dir.display());
        }
    }
}

/// A socket path has at most 107 bytes; in a deeper directory there is TCP only.
fn socket_dir(dir: &Path) -> String {
    let dir = dir.to_string_lossy();
    if dir.len() <= 80 { dir.into_owned() } else { String::new() }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("failed to find a free port")?;
    Ok(listener.local_addr().context("failed to read the free port")?.port())
}

fn wait(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let looks = WAIT_SECONDS * 1000 / 20;
    for _ in 0..looks {
        if done()? {
            return Ok(());
        }
        pause(LOOK);
    }
    bail!("waited {WAIT_SECONDS} s for {what}")
}

/// Sends a signal to processes; one that is gone already is no fault.
fn signal(name: &str, pids: &[u32]) -> Result<()> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let script = r#"name=$1; shift; for pid; do kill -s "$name" "$pid"; done; :"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "signal", name]).args(&pids).stderr(Stdio::null());
    output(&mut command).map(drop)
}

/// The processes that a process has started, where the system tells (Linux).
fn children(pid: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    listed.unwrap_or_default().split_whitespace().filter_map(|it| it.parse().ok()).collect()
}

/// Whether a process still runs; one that only waits to be reaped does not.
fn alive(pid: u32) -> bool {
    if !Path::new("/proc/self/stat").exists() {
        let script = r#"kill -0 "$1" 2>/dev/null"#;
        let looked = Command::new("sh").args(["-c", script, "look", &pid.to_string()]).status();
        return looked.is_ok_and(|it| it.success());
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which stands in brackets and may hold anything.
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    !state.is_empty() && !state.starts_with('Z')
}
