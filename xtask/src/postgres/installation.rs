//! The PostgreSQL programs installed here, and the user they run as.
//!
//! PostgreSQL refuses to run as root, so root steps down to an unprivileged user.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{on_path, output};

/// Where Debian and its relatives put each major version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The oldest major version that the store supports.
const MAJOR_MIN: u32 = 15;

/// An installed PostgreSQL of a supported version.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The directory of `initdb`, `pg_ctl` and the rest.
    pub bin: PathBuf,
    /// Whom to become first; only when we are root.
    pub user: Option<User>,
}

/// An unprivileged user of this machine.
#[derive(Clone, Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// The numeric user id, which owns the directories.
    pub uid: u32,
    /// The numeric group id.
    pub gid: u32,
}

impl Installation {
    /// Finds the newest supported PostgreSQL; none is a normal answer.
    ///
    /// # Errors
    /// There is one, but no user to run it as.
    pub fn find() -> Result<Option<Installation>> {
        let Some(bin) = newest_bin() else { return Ok(None) };
        let user = if id("-u", None)? == 0 { Some(unprivileged()?) } else { None };
        Ok(Some(Installation { bin, user }))
    }

    /// A command that runs one of the programs as the user it should have.
    pub fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match &self.user {
            None => Command::new(&program),
            Some(user) => user.becoming(&program),
        };
        // Messages are read by people and by us; the time zone must not depend on the machine.
        command.env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
        command
    }

    /// Gives a file or directory to the user that the programs run as.
    ///
    /// # Errors
    /// The owner could not be changed.
    pub fn own(&self, path: &Path) -> Result<()> {
        let Some(user) = &self.user else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user.uid), Some(user.gid))
            .with_context(|| format!("failed to give `{}` to {}", path.display(), user.name))
    }
}

impl User {
    fn becoming(&self, program: &Path) -> Command {
        if let Some(setpriv) = on_path("setpriv") {
            let mut command = Command::new(setpriv);
            command.arg(format!("--reuid={}", self.uid)).arg(format!("--regid={}", self.gid));
            command.arg("--clear-groups").arg("--").arg(program);
            return command;
        }
        // `su` hands what follows the script to it as arguments, unquoted by any shell.
        let mut command = Command::new("su");
        command.args(["-s", "/bin/sh", "-c", r#"exec "$0" "$@""#, &self.name, "--"]).arg(program);
        command
    }
}

fn newest_bin() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|it| Some((it.file_name().to_str()?.parse().ok()?, it.path().join("bin"))))
        .filter(|(major, bin)| *major >= MAJOR_MIN && bin.join("initdb").is_file())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Some(bin);
    }
    let bin = on_path("initdb")?.canonicalize().ok()?.parent()?.to_path_buf();
    let version = output(Command::new(bin.join("postgres")).arg("--version")).ok()?;
    (major(&version)? >= MAJOR_MIN).then_some(bin)
}

/// The major version in an answer such as `postgres (PostgreSQL) 15.8 (Debian …)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

fn unprivileged() -> Result<User> {
    let user = |name: &str| -> Result<User> {
        Ok(User { name: name.into(), uid: id("-u", Some(name))?, gid: id("-g", Some(name))? })
    };
    user("postgres")
        .or_else(|_| user("nobody"))
        .context("PostgreSQL does not run as root, and there is neither `postgres` nor `nobody`")
}

fn id(which: &str, name: Option<&str>) -> Result<u32> {
    let said = output(Command::new("id").arg(which).args(name.map(OsStr::new)))?;
    said.parse().with_context(|| format!("`id` answered `{said}`"))
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("not found"), None);
    }
}
