//! The bundle: one file that holds all that a machine without a network needs.
//!
//! Invariants: every file of it is in SHA256SUMS; what it needs of the machine is said; the same
//! sources and the same compiler give the same files.

mod bill;
mod check;
mod cross;
mod linked;
mod part;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use bihuan_core::content::hex;
use clap::ValueEnum;
use sha2::{Digest, Sha256};

use crate::process::{cargo, output, root, succeeds, target_dir};
use crate::torture::Seconds;
use crate::web::{Node, Pages};
use cross::{GLIBC, Linker};

pub use check::{Scratch, inside};

/// What is copied as it lies in the repository.
const COPIED: [&str; 11] = [
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "GLOSSARY.md",
    "ETHICS.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "packs",
    "docs",
    "demo",
];

/// What is asked of the bundle.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is put.
    pub out: PathBuf,
    /// The kind of machine that it is for.
    pub arch: Arch,
    /// A debug binary: proves that it can be bundled, and is not handed out.
    pub quick: bool,
    /// Install it, upgrade to it and go back, in a folder of its own.
    pub check: bool,
    /// The bundle before, to upgrade from; else this one under an earlier name.
    pub before: Option<PathBuf>,
    /// The program of the automation, which is called again without a network.
    pub program: PathBuf,
}

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// 64-bit Intel, AMD, Hygon (海光) and Zhaoxin (兆芯).
    #[value(name = "x86_64")]
    X8664,
    /// 64-bit Arm: Kunpeng (鲲鹏), Phytium (飞腾).
    #[value(name = "aarch64")]
    Aarch64,
}

impl Arch {
    /// Its name.
    fn word(self) -> &'static str {
        match self {
            Arch::X8664 => "x86_64",
            Arch::Aarch64 => "aarch64",
        }
    }

    /// As the compiler calls it.
    fn target(self) -> String {
        format!("{}-unknown-linux-gnu", self.word())
    }

    /// Whether this machine is one.
    fn is_here(self) -> bool {
        self.word() == std::env::consts::ARCH
    }
}

/// Makes the bundle, and checks it where that is asked; true where all went well.
///
/// # Errors
/// Something could not be built, read or written.
pub fn run(options: &Options) -> Result<bool> {
    let (clock, arch) = (Seconds::start(), options.arch);
    ensure!(!options.check || arch.is_here(), "{} does not run here to be checked", arch.word());
    let node = Node::find().map_err(|why| anyhow!("a bundle holds the pages, and {why}"))?;
    Pages::prepare(node)?.build()?;
    let binary = build(arch, options.quick)?;
    needs(&binary, options.quick)?;
    let name = format!("bihuan-{}-{}-linux", release()?, arch.word());
    let out = root().join(&options.out);
    fs::create_dir_all(&out).with_context(|| format!("failed to make `{}`", out.display()))?;
    let folder = out.join(&name);
    fill(&folder, &binary, &arch.target())?;
    let bundle = pack(&out, &name)?;
    let bytes = fs::metadata(&bundle)?.len();
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let megabytes = bytes as f64 / 1e6;
    let sum = hex(&Sha256::digest(fs::read(&bundle)?));
    println!("wrote {} ({megabytes:.1} MB)\n  SHA-256 {sum}", bundle.display());
    if !arch.is_here() {
        println!("  it was built here and has not been run: this machine is of another kind");
    }
    let checked = if options.check {
        check::run(&options.program, &bundle, options.before.as_deref())?
    } else {
        true
    };
    println!(
        "dist: {name}, {megabytes:.1} MB{}{}; {:.0} s: {}",
        if options.quick { ", debug: not to be handed out" } else { "" },
        if options.check { ", installed, upgraded and gone back" } else { "" },
        clock.gone(),
        if checked { "passed" } else { "FAILED" }
    );
    Ok(checked)
}

/// What is handed out is linked against an old C library; a debug binary as everything here.
fn build(arch: Arch, quick: bool) -> Result<PathBuf> {
    if !quick {
        return Linker::install()?.build(&arch.target());
    }
    ensure!(arch.is_here(), "a debug binary is built for this machine alone");
    let mut build = cargo();
    build.args(["build", "--bin", "bihuan", "--locked"]);
    ensure!(succeeds(&mut build)?, "the program does not build");
    Ok(target_dir().join("debug/bihuan"))
}

/// Says what the binary needs of the machine, which for one that is handed out is not much.
fn needs(binary: &Path, quick: bool) -> Result<()> {
    let Some(glibc) = linked::glibc(binary)? else {
        println!("the binary is static: it runs under any Linux");
        return Ok(());
    };
    println!("the binary needs the GNU C library {}.{} or newer", glibc.0, glibc.1);
    ensure!(quick || glibc <= GLIBC, "machine rooms have an older one");
    Ok(())
}

/// Version and commit: what is installed beside another has another name.
fn release() -> Result<String> {
    let commit = output(Command::new("git").current_dir(root()).args([
        "describe",
        "--always",
        "--dirty",
        "--abbrev=10",
    ]))?;
    Ok(format!("{}-{commit}", env!("CARGO_PKG_VERSION")))
}

/// Puts everything into the folder of the bundle, its sums last.
fn fill(folder: &Path, binary: &Path, target: &str) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("failed to clear the folder of the bundle")?;
    }
    fs::create_dir_all(folder.join("bin"))?;
    fs::copy(binary, folder.join("bin/bihuan")).context("failed to copy the binary")?;
    for name in COPIED.iter().filter(|it| root().join(it).exists()) {
        output(Command::new("cp").args(["--recursive"]).arg(root().join(name)).arg(folder))?;
    }
    for name in ["setup", "bihuan.service"] {
        let from = root().join("packaging").join(name);
        if from.exists() {
            fs::copy(&from, folder.join(name))?;
        }
    }
    fs::set_permissions(folder.join("setup"), fs::Permissions::from_mode(0o755))?;
    let parts = part::all(target)?;
    let version = env!("CARGO_PKG_VERSION");
    let bill = serde_json::to_string_pretty(&bill::bill(&parts, version))?;
    fs::write(folder.join("sbom.cdx.json"), bill + "\n")?;
    fs::write(folder.join("LICENSES-THIRD-PARTY.txt"), bill::licences(&parts)?)?;
    println!("{} parts of others are named with their licences", parts.len());
    sign(folder, &release()?)
}

/// Names the release and writes the sums of all files.
fn sign(folder: &Path, release: &str) -> Result<()> {
    fs::write(folder.join("VERSION"), format!("{release}\n"))?;
    let sums = folder.join("SHA256SUMS");
    if sums.exists() {
        fs::remove_file(&sums)?;
    }
    let mut text = String::new();
    for path in files(folder)? {
        let name = path.strip_prefix(folder).expect("a file lies in its folder");
        let digest = hex(&Sha256::digest(fs::read(&path)?));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{digest}  {}", name.display());
    }
    fs::write(sums, text).context("failed to write the sums")
}

/// All files below a folder, in the order of names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// The folder as one file, the same for the same files.
fn pack(out: &Path, name: &str) -> Result<PathBuf> {
    let bundle = out.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.current_dir(out).args(["--sort=name", "--mtime=@0", "--use-compress-program=gzip -n"]);
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--create", "--file"]);
    tar.arg(&bundle).arg(name);
    if !succeeds(&mut tar)? {
        bail!("the bundle cannot be packed");
    }
    Ok(bundle)
}
