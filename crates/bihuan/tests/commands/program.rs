//! The built binary on a folder of its own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The binary, with a folder that goes away.
pub(crate) struct Program {
    folder: TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: Option<i32>,
}

impl Program {
    pub(crate) fn new() -> Program {
        Program { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs the binary in the folder, with no locale set.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, words: &[S]) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bihuan"));
        command.args(words).current_dir(self.folder.path());
        for name in ["LANG", "LC_ALL", "LC_MESSAGES", "BIHUAN_DIR", "BIHUAN_DB"] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        Told {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            exit: output.status.code(),
        }
    }
}

impl Told {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Told {
        assert_eq!(self.exit, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn good(self) -> Told {
        self.exits(0)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|it| panic!("{it}: {}", self.stdout))
    }
}

/// Folders of the packs of the repository.
pub(crate) fn packs() -> Vec<String> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = std::fs::read_dir(packs).unwrap().map(|it| it.unwrap().path());
    let folders = entries.filter(|it| it.is_dir());
    folders.map(|it| it.to_str().unwrap().to_owned()).collect()
}
