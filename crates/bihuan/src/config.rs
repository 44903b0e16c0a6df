//! What the program is told by its options and its environment; the one place that reads either.
//!
//! Invariant: an option goes before the environment, the environment before the default.

use crate::cli::{Global, LangWord};
use crate::locale;
use crate::problem::Problem;
use bihuan_core::text::Lang;
use bihuan_store::Target;
use bihuan_store::file::{FilePlace, S3Place};
use ipnet::IpNet;
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
    /// Reads options and environment: `BIHUAN_DIR`, `BIHUAN_DB`, `BIHUAN_S3_*`, `LC_ALL`,
    /// `LC_MESSAGES`, `LANG`.
    #[must_use]
    pub fn read(global: &Global) -> Config {
        let dir = global.dir.clone().or_else(|| variable("BIHUAN_DIR").map(PathBuf::from));
        let dir = dir.unwrap_or_else(|| PathBuf::from(DIR_DEFAULT));
        let db = global.db.clone().or_else(|| variable("BIHUAN_DB"));
        let target = match db {
            Some(db) => Target::parse(&db),
            None => Target::Sqlite(dir.join(REALM_FILE)),
        };
        let lang = match global.lang {
            Some(LangWord::Zh) => Lang::Zh,
            Some(LangWord::En) => Lang::En,
            None => {
                let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
                locale::of_locale(named.as_deref())
            }
        };
        let files = bucket().unwrap_or_else(|| FilePlace::Folder(dir.join(FILES_FOLDER)));
        Config { dir, target, files, lang, json: global.json }
    }

    /// The same with another folder, and the database in it.
    #[must_use]
    pub fn at(&self, dir: PathBuf) -> Config {
        let target = Target::Sqlite(dir.join(REALM_FILE));
        let files = FilePlace::Folder(dir.join(FILES_FOLDER));
        Config { dir, target, files, ..self.clone() }
    }
}

/// The bucket that `BIHUAN_S3_BUCKET` names, with `_ENDPOINT`, `_REGION`, `_PREFIX`, `_KEY` and
/// `_SECRET` beside it; a secret is never an option, which other users of the machine can see.
fn bucket() -> Option<FilePlace> {
    let bucket = variable("BIHUAN_S3_BUCKET")?;
    let said = |name: &str| variable(name).unwrap_or_default();
    Some(FilePlace::S3(S3Place {
        endpoint: variable("BIHUAN_S3_ENDPOINT"),
        region: variable("BIHUAN_S3_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
        bucket,
        prefix: said("BIHUAN_S3_PREFIX"),
        key: said("BIHUAN_S3_KEY"),
        secret: said("BIHUAN_S3_SECRET"),
    }))
}

/// The networks that webhooks may lead into although they are nobody's on the internet, which
/// `BIHUAN_WEBHOOK_NETWORKS` names: `10.20.0.0/16,fd12::/16`.
///
/// # Errors
/// Where one of them is no network.
pub fn webhook_networks() -> Result<Vec<IpNet>, Problem> {
    let named = variable("BIHUAN_WEBHOOK_NETWORKS").unwrap_or_default();
    let words = named.split(',').map(str::trim).filter(|it| !it.is_empty());
    let wrong = |word| {
        Problem::word(word, "请写网段，如 10.20.0.0/16", "name a network, such as 10.20.0.0/16")
    };
    words.map(|it| it.parse().map_err(|_| wrong(it))).collect()
}

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
