//! The bundle: one file that holds all that a machine without a network needs.
//!
//! Invariants: every file of it is in SHA256SUMS; what it needs of the machine is said; the same
//! sources and the same compiler give the same files.

mod bill;
mod check;
mod linked;
mod part;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::content::hex;
use sha2::{Digest, Sha256};

use crate::process::{cargo, on_path, output, root, succeeds, target_dir};
use crate::torture::Seconds;

pub use check::{Scratch, inside};

/// Linked statically, it runs under any Linux.
const STATIC: &str = "x86_64-unknown-linux-musl";
/// Linked against the C library of the machine that builds.
const DYNAMIC: &str = "x86_64-unknown-linux-gnu";
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
    /// A debug binary: proves that it can be bundled, and is not handed out.
    pub quick: bool,
    /// Install it, upgrade to it and go back, in a folder of its own.
    pub check: bool,
    /// The bundle before, to upgrade from; else this one under an earlier name.
    pub before: Option<PathBuf>,
    /// The program of the automation, which is called again without a network.
    pub program: PathBuf,
}

/// Makes the bundle, and checks it where that is asked; true where all went well.
///
/// # Errors
/// Something could not be built, read or written.
pub fn run(options: &Options) -> Result<bool> {
    let clock = Seconds::start();
    let target = target()?;
    let binary = build(target, options.quick)?;
    needs(&binary)?;
    let name = format!("bihuan-{}-x86_64-linux", release()?);
    let out = root().join(&options.out);
    fs::create_dir_all(&out).with_context(|| format!("failed to make `{}`", out.display()))?;
    let folder = out.join(&name);
    fill(&folder, &binary, target)?;
    let bundle = pack(&out, &name)?;
    let bytes = fs::metadata(&bundle)?.len();
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let megabytes = bytes as f64 / 1e6;
    let sum = hex(&Sha256::digest(fs::read(&bundle)?));
    println!("wrote {} ({megabytes:.1} MB)\n  SHA-256 {sum}", bundle.display());
    println!(
        "  aarch64 is not built here: neither its standard library nor a C compiler for it is"
    );
    let checked = if options.check {
        check::run(&options.program, &bundle, options.before.as_deref())?
    } else {
        true
    };
    println!(
        "dist: {name}, {megabytes:.1} MB, {target}{}{}; {:.0} s: {}",
        if options.quick { ", debug: not to be handed out" } else { "" },
        if options.check { ", installed, upgraded and gone back" } else { "" },
        clock.gone(),
        if checked { "passed" } else { "FAILED" }
    );
    Ok(checked)
}

/// Static where that can be built here.
fn target() -> Result<&'static str> {
    let mut rustc = Command::new("rustc");
    let library = output(rustc.args(["--print", "target-libdir", "--target", STATIC]))?;
    let has_library = Path::new(&library).is_dir();
    let has_compiler = on_path("musl-gcc").or_else(|| on_path("x86_64-linux-musl-gcc")).is_some();
    if has_library && has_compiler {
        return Ok(STATIC);
    }
    let lacks = if has_library { "a C compiler" } else { "the standard library" };
    println!("not static: {lacks} for {STATIC} is not installed");
    Ok(DYNAMIC)
}

fn build(target: &str, quick: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--bin", "bihuan", "--locked"]);
    // The usual target is built where everything else is, so that nothing is built twice.
    let mut folder = target_dir();
    if target != DYNAMIC {
        build.args(["--target", target]);
        folder.push(target);
    }
    if !quick {
        build.arg("--release");
    }
    ensure!(succeeds(&mut build)?, "the program does not build");
    Ok(folder.join(if quick { "debug" } else { "release" }).join("bihuan"))
}

/// Says what the binary needs of the machine.
fn needs(binary: &Path) -> Result<()> {
    match linked::glibc(binary)? {
        None => println!("the binary is static: it runs under any Linux of x86_64"),
        Some((major, minor)) => {
            println!("the binary needs the GNU C library {major}.{minor} or newer");
        }
    }
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
    let program = folder.join("bin/bihuan");
    fs::copy(binary, &program).context("failed to copy the binary")?;
    // Names of functions stay; lines of sources, which are most of it, do not.
    if let Some(strip) = on_path("strip") {
        output(Command::new(strip).arg("--strip-debug").arg(&program))?;
    }
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
