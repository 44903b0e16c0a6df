//! A file system of our own in a file, to be broken.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{on_path, output};

/// Size of the file.
const BYTES: u64 = 512 << 20;

/// A file system. Dropping it unmounts it.
pub(super) struct Image {
    dir: TempDir,
    mounted: bool,
}

impl Image {
    /// Makes one and mounts it.
    pub(super) fn make(system: &str, options: &[&str]) -> Result<Image> {
        let dir = tempfile::Builder::new().prefix("bihuan-image-").tempdir();
        let mut image = Image { dir: dir.context("failed to make a directory")?, mounted: false };
        let file = fs::File::create(image.file()).context("failed to make an image")?;
        file.set_len(BYTES).context("failed to size an image")?;
        fs::create_dir(image.root()).context("failed to make a mount point")?;
        output(Command::new(format!("mkfs.{system}")).args(options).arg(image.file()))?;
        image.mount()?;
        Ok(image)
    }

    fn file(&self) -> PathBuf {
        self.beside("image")
    }

    /// Where it is mounted.
    pub(super) fn root(&self) -> PathBuf {
        self.beside("disk")
    }

    /// A place outside of it.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn mount(&mut self) -> Result<()> {
        output(Command::new("mount").args(["-o", "loop"]).arg(self.file()).arg(self.root()))?;
        self.mounted = true;
        Ok(())
    }

    pub(super) fn unmount(&mut self) -> Result<()> {
        output(Command::new("umount").arg(self.root()))?;
        self.mounted = false;
        Ok(())
    }

    /// Whether it takes something that is written.
    pub(super) fn takes(&self) -> bool {
        let probe = self.root().join("probe");
        fs::write(&probe, b"x").and_then(|()| fs::File::open(&probe)?.sync_all()).is_ok()
    }

    /// Has the system make it read-only, as it does after a fault of the disk.
    pub(super) fn fail(&self) -> Result<()> {
        output(Command::new("mount").args(["-o", "remount,abort"]).arg(self.root()))?;
        ensure!(!self.takes(), "the file system was broken off, and still writes");
        Ok(())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.mounted
            && let Err(error) = self.unmount()
        {
            eprintln!("warning: failed to unmount: {error:#}");
        }
    }
}

/// Why this machine cannot mount what these programs make, as far as can be said without trying.
pub(super) fn unable(programs: &[&str]) -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("only Linux has such mounts".into());
    }
    match output(Command::new("id").arg("-u")).as_deref() {
        Ok("0") => {}
        Ok(_) => return Some("only root may mount".into()),
        Err(error) => return Some(format!("{error:#}")),
    }
    let missing = ["mount", "umount"].iter().chain(programs).find(|it| on_path(it).is_none());
    missing.map(|it| format!("`{it}` is not installed"))
}
