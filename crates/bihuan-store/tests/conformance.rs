//! One suite for both databases: the same statements, the same answers, the same refusals.

mod support;

use bihuan_core::time::Instant;
use bihuan_store::db::Role;
use bihuan_store::realm::{confirm_clock, touch};
use bihuan_store::session::{self, Session};
use bihuan_store::{Db, DbError, Target, Value, migrate, search, webhook};
use support::Ground;

fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}

/// Runs one story on each database there is.
fn check(test: &str, story: impl Fn(&Ground, &mut Db)) {
    for ground in Ground::all(test) {
        let mut db = ground.writer();
        story(&ground, &mut db);
    }
}

/// A realm with its tables, and one of our own for what it does not have.
fn realm(db: &mut Db) {
    migrate(db).expect("a realm's tables");
    db.run("CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name TEXT, size DOUBLE PRECISION)")
        .expect("a table of ours");
}

fn code(result: Result<impl Sized, DbError>) -> &'static str {
    result.err().map_or("fine", |it| it.code())
}

#[test]
fn a_schema_is_made_once_and_a_newer_or_changed_one_is_refused() {
    check("migrate", |_, db| {
        migrate(db).unwrap();
        let before = db.executed();
        migrate(db).unwrap();
        assert!(db.executed() - before <= 5, "a second start looks and does nothing");

        let newer = "INSERT INTO migration (no, digest) VALUES (999, 'x')";
        db.execute(newer, &[]).unwrap();
        let error = migrate(db).unwrap_err();
        assert!(error.to_string().contains("install a newer version"), "{error}");
        db.execute("DELETE FROM migration WHERE no = 999", &[]).unwrap();

        db.execute("UPDATE migration SET digest = 'x' WHERE no = 1", &[]).unwrap();
        let error = migrate(db).unwrap_err();
        assert!(error.to_string().contains("has changed since it ran"), "{error}");
    });
}

#[test]
fn every_value_comes_back_as_it_went() {
    check("values", |_, db| {
        realm(db);
        let put = "INSERT INTO content (ref, kind, salt, bytes) VALUES ($1, $2, $3, $4)";
        let bytes: Vec<u8> = (0..=255).collect();
        let rows = [
            ("", "闭环 ‘’ “” 𫠠 \u{7f}\u{1}", Value::Blob(Vec::new()), Value::Blob(bytes.clone())),
            ("null", "$1 ?1 ' \"", Value::Null, Value::Blob(vec![0])),
        ];
        for (key, kind, salt, bytes) in &rows {
            db.execute(put, &[text(key), text(kind), salt.clone(), bytes.clone()]).unwrap();
        }
        let got = db
            .all("SELECT ref, kind, salt, bytes FROM content ORDER BY ref", &[], |row| {
                let salt = row.some_blob(2)?.map(<[u8]>::to_vec);
                Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), salt, row.blob(3)?.to_vec()))
            })
            .unwrap();
        assert_eq!(got[0], (String::new(), rows[0].1.to_owned(), Some(Vec::new()), bytes));
        assert_eq!(got[1], ("null".to_owned(), rows[1].1.to_owned(), None, vec![0]));

        let put = "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)";
        let numbers = [(i64::MIN, -0.5), (-1, f64::MAX), (0, f64::MIN_POSITIVE), (i64::MAX, 0.1)];
        for (id, size) in numbers {
            db.execute(put, &[Value::Int(id), Value::Null, Value::Real(size)]).unwrap();
        }
        let got = db
            .all("SELECT id, size, name FROM thing ORDER BY id", &[], |row| {
                assert_eq!(row.some_text(2)?, None);
                Ok((row.int(0)?, row.real(1)?))
            })
            .unwrap();
        assert_eq!(got, numbers);
    });
}

#[test]
fn what_one_database_cannot_hold_neither_takes() {
    check("refused_values", |_, db| {
        realm(db);
        let put = "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)";
        let nul = db.execute(put, &[Value::Int(1), text("a\0b"), Value::Null]);
        assert_eq!(code(nul), "bad_value");
        let nan = db.execute(put, &[Value::Int(1), Value::Null, Value::Real(f64::NAN)]);
        assert_eq!(code(nan), "bad_value");
        let rows = [vec![Value::Int(1), text("a\0"), Value::Null]];
        assert_eq!(
            code(db.insert("INSERT INTO thing (id, name, size) VALUES", &rows, "")),
            "bad_value"
        );
        // Tables of a realm refuse a value of another type; a row read wrongly says so.
        let put = "INSERT INTO counter (name, next) VALUES ($1, $2)";
        assert_ne!(code(db.execute(put, &[text("a"), text("8letters")])), "fine");
        assert_ne!(code(db.execute(put, &[text("a"), Value::Blob(vec![1])])), "fine");
        db.execute(put, &[text("a"), Value::Int(7)]).unwrap();
        let wrong = db.first("SELECT name, next FROM counter", &[], |row| row.int(0));
        assert_eq!(code(wrong), "failed");
        let wrong = db
            .first("SELECT name, next FROM counter", &[], |row| row.text(1).map(ToOwned::to_owned));
        assert_eq!(code(wrong), "failed");
        let right = db.first("SELECT next FROM counter", &[], |row| row.count(0)).unwrap();
        assert_eq!(right, Some(7));
    });
}

#[test]
fn constraints_fail_alike() {
    check("constraints", |_, db| {
        realm(db);
        let put = "INSERT INTO counter (name, next) VALUES ($1, $2)";
        db.execute(put, &[text("a"), Value::Int(1)]).unwrap();
        assert_eq!(code(db.execute(put, &[text("a"), Value::Int(2)])), "constraint");
        assert_eq!(code(db.execute(put, &[text("b"), Value::Null])), "constraint");
        assert_eq!(code(db.execute("SELECT nonsense", &[])), "failed");
        let kept = db.first("SELECT next FROM counter WHERE name = 'a'", &[], |row| row.int(0));
        assert_eq!(kept.unwrap(), Some(1));
    });
}

#[test]
fn conflicts_are_settled_and_rows_returned() {
    check("returning", |_, db| {
        realm(db);
        let upsert = "INSERT INTO counter (name, next) VALUES ($1, $2)
                      ON CONFLICT (name) DO UPDATE SET next = excluded.next + counter.next
                      RETURNING next";
        for (given, expected) in [(5, 5), (2, 7)] {
            let values = [text("a"), Value::Int(given)];
            let next = db.first(upsert, &values, |row| row.int(0)).unwrap();
            assert_eq!(next, Some(expected));
        }
        let nothing = "INSERT INTO counter (name, next) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        assert_eq!(db.execute(nothing, &[text("a"), Value::Int(9)]).unwrap(), 0);
        assert_eq!(db.execute("DELETE FROM counter", &[]).unwrap(), 1);
    });
}

#[test]
fn numbers_of_parameters_count_and_not_their_order() {
    check("order_trap", |_, db| {
        realm(db);
        let values = [text("first"), text("second")];
        let got = db
            .first("SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT), '$1'", &values, {
                |row| Ok([0, 1, 2, 3].map(|it| row.text(it).unwrap().to_owned()))
            })
            .unwrap();
        assert_eq!(got.unwrap(), ["second", "first", "second", "$1"]);
    });
}

#[test]
fn keys_sort_by_their_bytes() {
    check("collation", |_, db| {
        realm(db);
        let sorted = ["", "-a", "A", "B", "Z", "_", "a", "ab", "a~", "~", "é", "一", "中", "𫠠"];
        for (no, name) in sorted.iter().rev().enumerate() {
            let values = [Value::Int(i64::try_from(no).unwrap()), text(name)];
            db.execute("INSERT INTO thing (id, name) VALUES ($1, $2)", &values).unwrap();
        }
        let got = db
            .all("SELECT name FROM thing ORDER BY name", &[], |row| Ok(row.text(0)?.to_owned()))
            .unwrap();
        assert_eq!(got, sorted);
        let range = "SELECT COUNT(*) FROM thing WHERE name >= $1 AND name < $2";
        let subtree = db.first(range, &[text("a"), text("b")], |row| row.int(0)).unwrap();
        assert_eq!(subtree, Some(3));
    });
}

#[test]
fn sums_are_whole_numbers() {
    check("sums", |_, db| {
        realm(db);
        for id in [3, 4_000_000_000] {
            db.execute("INSERT INTO thing (id) VALUES ($1)", &[Value::Int(id)]).unwrap();
        }
        let sum = "SELECT CAST(SUM(id) AS BIGINT), COUNT(*), CAST(AVG(id) AS BIGINT) FROM thing";
        let got = db.first(sum, &[], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?))).unwrap();
        assert_eq!(got.map(|it| (it.0, it.1)), Some((4_000_000_003, 2)));
    });
}

#[test]
fn many_rows_go_in_few_statements() {
    check("insert", |_, db| {
        realm(db);
        let rows: Vec<_> =
            (0..150).map(|it| vec![Value::Int(it), text("x"), Value::Null]).collect();
        let before = db.executed();
        db.insert("INSERT INTO thing (id, name, size) VALUES", &rows, "").unwrap();
        assert_eq!(db.executed() - before, 2 + 1 + 1 + 2, "64 + 64 + 16 + 4 + 1 + 1");
        let count = db.first("SELECT COUNT(*) FROM thing", &[], |row| row.int(0)).unwrap();
        assert_eq!(count, Some(150));
        db.insert("INSERT INTO thing (id) VALUES", &[], "").unwrap();
        let wide = [vec![Value::Int(1); 3], vec![Value::Int(2); 3]];
        assert_ne!(code(db.insert("INSERT INTO thing (id, id, id) VALUES", &wide, "")), "fine");
    });
}

#[test]
fn a_transaction_in_which_something_failed_is_never_committed() {
    check("broken", |ground, db| {
        realm(db);
        let put = "INSERT INTO counter (name, next) VALUES ($1, $2)";
        db.begin().unwrap();
        db.execute(put, &[text("kept"), Value::Int(1)]).unwrap();
        assert_eq!(code(db.execute(put, &[text("kept"), Value::Int(1)])), "constraint");
        assert_eq!(code(db.commit()), "failed");

        db.begin().unwrap();
        db.execute(put, &[text("dropped"), Value::Int(1)]).unwrap();
        db.rollback();

        db.begin().unwrap();
        db.execute(put, &[text("good"), Value::Int(1)]).unwrap();
        let mut reader = Db::connect(&ground.target, Role::Reader).unwrap();
        let names = |db: &mut Db| {
            db.all("SELECT name FROM counter", &[], |row| Ok(row.text(0)?.to_owned())).unwrap()
        };
        assert!(names(&mut reader).is_empty(), "a reader sees only what is committed");
        db.commit().unwrap();
        assert_eq!(names(&mut reader), ["good"]);
        assert_eq!(code(reader.execute(put, &[text("reader"), Value::Int(1)])), "read_only");
    });
}

#[test]
fn a_word_of_two_characters_is_found_until_it_is_erased() {
    check("search", |_, db| {
        realm(db);
        let texts = [
            "农贸市场东门垃圾满溢",
            "道路破损 Gate ３号门",
            "垃圾桶倾倒; 𫠠𫡀路口",
            "a\0b' \" & | ! *",
        ];
        let rows: Vec<(u64, String)> = (1..).zip(texts.map(ToOwned::to_owned)).collect();
        search::put(db, &rows).unwrap();
        let finds = |db: &mut Db, query: &str| search::find(db, query, i64::MAX, 10).unwrap();
        assert_eq!(finds(db, "垃圾"), [3, 1], "newest first");
        assert_eq!(search::find(db, "垃圾", 3, 10).unwrap(), [1], "older than the third");
        assert_eq!(search::find(db, "垃圾", i64::MAX, 1).unwrap(), [3]);
        assert_eq!(finds(db, "垃圾 市场"), [1]);
        assert_eq!(finds(db, "东门垃圾"), [1]);
        assert_eq!(finds(db, "门"), [2, 1]);
        assert_eq!(finds(db, "gate 3"), [2]);
        assert_eq!(finds(db, "lj"), [3, 1], "by the first letters of 垃圾");
        assert_eq!(finds(db, "LJMY"), [1], "of 垃圾满溢");
        assert_eq!(finds(db, "nmsc 垃圾"), [1]);
        assert!(finds(db, "ljmx").is_empty() && finds(db, "jl").is_empty());
        assert_eq!(finds(db, "𫠠𫡀"), [3]);
        assert!(finds(db, "圾垃").is_empty());
        assert!(finds(db, "污水").is_empty());
        for odd in ["", "  ", "' OR \" NOT ( * & | ! <-> :", "search", "NEAR", "AND"] {
            assert!(finds(db, odd).is_empty(), "{odd}");
        }
        assert_eq!(finds(db, "a & b"), [4], "operators are no words");
        assert!(finds(db, &"长".repeat(10_000)).is_empty());
        search::remove(db, 3).unwrap();
        assert_eq!(finds(db, "垃圾"), [1]);
        assert_eq!(finds(db, "lj"), [1], "the first letters go with the text");
    });
}

#[test]
fn a_realm_in_a_file_has_one_writer_and_a_reader_makes_no_file() {
    let ground = Ground::sqlite();
    assert_eq!(code(Db::connect(&ground.target, Role::Reader)), "unfit");
    let first = ground.writer();
    let error = Db::connect(&ground.target, Role::Writer).err().unwrap();
    assert_eq!(error.code(), "in_use");
    assert!(error.to_string().contains("another process has"), "{error}");
    Db::connect(&ground.target, Role::Reader).unwrap();
    drop(first);
    ground.writer();
}

#[test]
fn a_target_that_cannot_serve_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = Target::Sqlite(dir.path().join("missing").join("realm.db"));
    assert_eq!(code(Db::connect(&nowhere, Role::Writer)), "unfit");
    let foreign = dir.path().join("letter.txt");
    std::fs::write(&foreign, "Dear sir, this is no database, and quite long. ".repeat(40)).unwrap();
    assert_eq!(code(Db::connect(&Target::Sqlite(foreign), Role::Writer)), "unfit");
    let refused = Target::parse("postgres://nobody@127.0.0.1:1/none?schema=x");
    assert_eq!(code(Db::connect(&refused, Role::Writer)), "connection_lost");
    let odd = Target::parse("postgres://nobody@127.0.0.1:1/none?schema=x;DROP");
    assert_eq!(code(Db::connect(&odd, Role::Writer)), "unfit");
}

#[test]
fn a_lost_connection_is_made_anew_at_the_next_transaction() {
    let Some(ground) = Ground::postgres("lost") else { return };
    let mut db = ground.writer();
    realm(&mut db);
    let put = "INSERT INTO counter (name, next) VALUES ($1, $2)";
    db.begin().unwrap();
    db.execute(put, &[text("lost"), Value::Int(1)]).unwrap();
    let pid = db.first("SELECT pg_backend_pid()", &[], |row| row.int(0));
    assert_eq!(code(pid), "failed", "it is an INT, which no column of ours is");
    db.rollback();

    db.begin().unwrap();
    db.execute(put, &[text("lost"), Value::Int(1)]).unwrap();
    let sql = "SELECT CAST(pg_backend_pid() AS BIGINT)";
    let pid = db.first(sql, &[], |row| row.int(0)).unwrap().unwrap();
    let mut other = ground.writer();
    let kill = "SELECT CASE WHEN pg_terminate_backend(CAST(CAST($1 AS BIGINT) AS INT), 5000)
                THEN 1 ELSE 0 END";
    other.query(kill, &[Value::Int(pid)], |_| Ok(())).unwrap();
    assert_eq!(code(db.commit()), "outcome_unknown");

    db.begin().unwrap();
    db.execute(put, &[text("kept"), Value::Int(1)]).unwrap();
    db.commit().unwrap();
    let names = "SELECT name FROM counter";
    let names = db.all(names, &[], |row| Ok(row.text(0)?.to_owned())).unwrap();
    assert_eq!(names, ["kept"]);
}

#[test]
fn a_server_that_sorts_by_language_is_refused() {
    let Some(ground) = Ground::postgres("language") else { return };
    let Target::Postgres(url) = &ground.target else { unreachable!() };
    let name = format!("bihuan_icu_{}", std::process::id());
    let mut db = ground.writer();
    db.run(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' \
         LOCALE_PROVIDER icu ICU_LOCALE 'und'"
    ))
    .unwrap();
    let (server, rest) = url.rsplit_once('/').unwrap();
    let schema = rest.split_once('?').unwrap().1;
    let foreign = Target::parse(&format!("{server}/{name}?{schema}"));
    let error = Db::connect(&foreign, Role::Writer).err();
    db.run(&format!("DROP DATABASE {name}")).unwrap();
    let error = error.unwrap().to_string();
    assert!(error.contains("LC_COLLATE 'C'"), "{error}");
}

/// A realm with its head, as it is founded.
fn head(db: &mut Db) {
    realm(db);
    let head = "INSERT INTO head (id, seq, rules_rev, last_ms, was_ms, frontier)
                VALUES (1, 0, 0, 5, 5, $1)";
    db.execute(head, &[Value::Blob(Vec::new())]).unwrap();
}

/// To write what is there already writes nothing, and a disk that takes nothing would be ready.
#[test]
fn what_is_tried_reaches_the_disk_and_changes_nothing() {
    let ground = Ground::sqlite();
    let mut db = ground.writer();
    head(&mut db);
    let Target::Sqlite(path) = &ground.target else { unreachable!("it is a file") };
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let size = || std::fs::metadata(&log).unwrap().len();
    let rev = |db: &mut Db| db.first("SELECT rules_rev FROM head", &[], |it| it.int(0)).unwrap();
    let (before, rev_before) = (size(), rev(&mut db));
    db.begin().unwrap();
    touch(&mut db).unwrap();
    db.commit().unwrap();
    assert!(size() > before, "{} bytes, as before", size());
    assert_eq!(rev(&mut db), rev_before);
    assert!(!bihuan_store::is_read_only(path), "a disk that takes what is written");
}

#[test]
fn what_is_watched_is_tried_and_counted_alike() {
    check("watch", |_, db| {
        head(db);
        db.begin().unwrap();
        touch(db).unwrap();
        db.commit().unwrap();
        confirm_clock(db, Instant(4)).unwrap();
        let last = |db: &mut Db| {
            db.first("SELECT last_ms, was_ms FROM head", &[], |it| Ok((it.int(0)?, it.int(1)?)))
        };
        assert_eq!(last(db).unwrap(), Some((5, 5)), "no clock goes back");
        confirm_clock(db, Instant(9)).unwrap();
        assert_eq!(last(db).unwrap(), Some((9, 9)));
        let session = Session {
            id: "a".into(),
            account: "inspector@v01".into(),
            device: String::new(),
            began_at: Instant(1),
            seen_at: Instant(1),
            ends_at: Instant(10),
            factor: false,
        };
        session::open(db, &[7; 32], &session).unwrap();
        assert_eq!(session::count_live(db, Instant(9), 5).unwrap(), 1);
        assert_eq!(session::count_live(db, Instant(10), 5).unwrap(), 0, "it has ended");
        assert_eq!(webhook::all_waiting(db, 5).unwrap(), 0);
    });
}
