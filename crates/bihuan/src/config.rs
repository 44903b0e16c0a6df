//! What the program is told by its options and its environment; the one place that reads either.
//!
//! Invariant: an option goes before the environment, the environment before the default.

use crate::cli::{Global, LangWord};
use crate::locale;
use bihuan_core::text::Lang;
use bihuan_store::Target;
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
    /// The language to speak.
    pub lang: Lang,
    /// Whether to answer in JSON.
    pub json: bool,
}

impl Config {
    /// Reads options and environment: `BIHUAN_DIR`, `BIHUAN_DB`, `LC_ALL`, `LC_MESSAGES`, `LANG`.
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
        Config { dir, target, lang, json: global.json }
    }

    /// The same with another folder, and the database in it.
    #[must_use]
    pub fn at(&self, dir: PathBuf) -> Config {
        let target = Target::Sqlite(dir.join(REALM_FILE));
        Config { dir, target, ..self.clone() }
    }
}

/// A variable of the environment that says something.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
