//! Databases for tests: a file in a temporary directory always, and a PostgreSQL where one is
//! named by `BIHUAN_TEST_PG`; each test has a file and a schema of its own.

use bihuan_store::db::Role;
use bihuan_store::{Db, Target};

/// A realm's place that goes away with it.
pub(crate) struct Ground {
    pub(crate) target: Target,
    _dir: Option<tempfile::TempDir>,
}

impl Ground {
    /// A file in a directory of its own.
    pub(crate) fn sqlite() -> Ground {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Ground { target: Target::Sqlite(dir.path().join("realm.db")), _dir: Some(dir) }
    }

    /// A schema of its own, named after the test, where a PostgreSQL is named.
    pub(crate) fn postgres(test: &str) -> Option<Ground> {
        #[expect(clippy::disallowed_methods, reason = "the one place where tests find a database")]
        let Ok(url) = std::env::var("BIHUAN_TEST_PG") else {
            println!("skipped on PostgreSQL: BIHUAN_TEST_PG names none");
            return None;
        };
        let mark = if url.contains('?') { '&' } else { '?' };
        let schema = format!("test_{test}_{}", std::process::id());
        let ground = Ground {
            target: Target::parse(&format!(
                "{url}{mark}schema={}",
                &schema[..schema.len().min(63)]
            )),
            _dir: None,
        };
        ground.clear();
        Some(ground)
    }

    /// All there are.
    pub(crate) fn all(test: &str) -> Vec<Ground> {
        std::iter::once(Ground::sqlite()).chain(Ground::postgres(test)).collect()
    }

    pub(crate) fn writer(&self) -> Db {
        Db::connect(&self.target, Role::Writer).expect("a writer")
    }

    fn clear(&self) {
        if let Target::Postgres(url) = &self.target {
            let schema = url.rsplit_once("schema=").expect("a schema of its own").1;
            // A test that panicked may leave a transaction behind; its schema then stays.
            let dropped = Db::connect(&self.target, Role::Writer)
                .and_then(|mut it| it.run(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")));
            if let Err(error) = dropped {
                println!("schema {schema} stays: {error}");
            }
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.clear();
    }
}
