//! What the program is told by its options and its environment; the one place that reads either.
//!
//! Invariant: an option goes before the environment, the environment before the default.

use crate::cli::{Global, LangWord};
use crate::locale;
use crate::problem::Problem;
use crate::setting::Settings;
use bihuan_core::text::Lang;
use bihuan_store::Target;
use bihuan_store::file::{FilePlace, S3Place};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The folder of a realm when nobody names one.
pub const DIR_DEFAULT: &str = "bihuan-data";
/// The file of a realm in its folder.
pub const REALM_FILE: &str = "realm.db";
/// The folder of its photos and papers.
pub const FILES_FOLDER: &str = "files";

/// What the program is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the realm.
    pub dir: PathBuf,
    /// Where its database is: the file in the folder, unless a connection string is given.
    pub target: Target,
    /// Where its files are: in its folder, unless a bucket is named.
    pub files: FilePlace,
    /// The language to speak.
    pub lang: Lang,
    /// Whether to answer in JSON.
    pub json: bool,
}

impl Config {
    /// Reads options, environment and settings: `BIHUAN_DIR`, `LC_ALL`, `LC_MESSAGES`, `LANG`, and
    /// what `db` and `s3.*` say in [`crate::setting`].
    #[must_use]
    pub fn read(global: &Global, settings: &Settings) -> Config {
        let dir = dir(global);
        let target = match settings.some("db") {
            Some(db) => Target::parse(db),
            None => Target::Sqlite(dir.join(REALM_FILE)),
        };
        let files = bucket(settings).unwrap_or_else(|| FilePlace::Folder(dir.join(FILES_FOLDER)));
        Config { dir, target, files, lang: lang(global), json: global.json }
    }

    /// The same with another folder, and the database in it.
    #[must_use]
    pub fn at(&self, dir: PathBuf) -> Config {
        let target = Target::Sqlite(dir.join(REALM_FILE));
        let files = FilePlace::Folder(dir.join(FILES_FOLDER));
        Config { dir, target, files, ..self.clone() }
    }
}

/// The folder of the realm.
#[must_use]
pub fn dir(global: &Global) -> PathBuf {
    let dir = global.dir.clone().or_else(|| variable("BIHUAN_DIR").map(PathBuf::from));
    dir.unwrap_or_else(|| PathBuf::from(DIR_DEFAULT))
}

/// The language to speak.
#[must_use]
pub fn lang(global: &Global) -> Lang {
    match global.lang {
        Some(LangWord::Zh) => Lang::Zh,
        Some(LangWord::En) => Lang::En,
        None => {
            let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
            locale::of_locale(named.as_deref())
        }
    }
}

/// The file, the environment, and the options that stand for settings.
///
/// # Errors
/// Every fault of the settings at once.
pub fn settings(global: &Global, listen: Option<SocketAddr>) -> Result<Settings, Problem> {
    let named = global.config.clone().or_else(|| variable("BIHUAN_CONFIG").map(PathBuf::from));
    let db = global.db.iter().map(|it| ("db", it.clone()));
    let listen = listen.iter().map(|it| ("listen.all", it.to_string()));
    let options: Vec<_> = db.chain(listen).collect();
    Settings::read(named.as_deref(), &dir(global), &options)
}

/// The bucket of files, where one is set; its secret is never an option, which other users of the
/// machine can see.
fn bucket(settings: &Settings) -> Option<FilePlace> {
    let said = |key: &str| settings.text(key).to_owned();
    Some(FilePlace::S3(S3Place {
        bucket: settings.some("s3.bucket")?.to_owned(),
        endpoint: settings.some("s3.endpoint").map(str::to_owned),
        region: said("s3.region"),
        prefix: said("s3.prefix"),
        key: said("s3.key"),
        secret: said("s3.secret"),
    }))
}

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
