//! Commands through the store, and the floor under them: the same rows, made beforehand, inserted
//! into the same tables in transactions of the same size.

use std::sync::Barrier;

use anyhow::{Result, bail, ensure};
use bihuan_core::matter::Submission;
use bihuan_core::story::chance::Chance;
use bihuan_store::db::Role;
use bihuan_store::row::{MATTER_COLUMNS, Reach, matter_upsert};
use bihuan_store::rules::{Change, FileRow};
use bihuan_store::{Answer, Db, Store, Target, Value, Writer, search};

use super::cpu::{Meter, Took};
use super::life::STEPS;
use super::load::{Minter, Tip, insert_sql, lives};
use super::mould::{EVENT, Mould, TABLES, Tables};
use super::town::tick;

/// Lives that each sender lives before anything is measured.
const WARM: usize = 2;

/// A change that says that files are safe on disk.
pub(super) fn files<'a>(digests: impl Iterator<Item = &'a String>) -> Change {
    let row = |digest: &String| FileRow {
        digest: digest.clone(),
        bytes: 300_000,
        media: "image/jpeg".into(),
        picture: None,
    };
    Change::Files(digests.map(row).collect())
}

fn files_of(lives: &[Vec<Submission>]) -> Change {
    let all = lives.iter().flatten().flat_map(|it| it.command.files());
    let digests: Vec<String> = all.map(|it| it.digest.clone()).collect();
    files(digests.iter())
}

/// What `each` lives of each of `ways` senders took, and how many commands they were. A sender
/// sends its next command when the last one is answered.
///
/// # Errors
/// A command was not done.
pub(super) fn commands(
    (target, meter): (&Target, &Meter),
    chance: &mut Chance,
    ways: usize,
    each: usize,
) -> Result<(Took, usize)> {
    let store = Store::open(target, Box::new(tick))?;
    let mut senders = Vec::new();
    for _ in 0..ways {
        let own = lives(chance, WARM + each)?;
        store.change("edge", files_of(&own))?;
        senders.push(own);
    }
    let gate = Barrier::new(ways + 1);
    let send = |own: &[Vec<Submission>]| -> Result<()> {
        for submission in own.iter().flatten() {
            match store.submit(submission.clone()) {
                Answer::Done(_) => {}
                other => bail!("a command was not done: {other:?}"),
            }
        }
        Ok(())
    };
    let took = std::thread::scope(|scope| {
        let gate = &gate;
        let send = &send;
        let threads: Vec<_> = senders
            .iter()
            .map(|own| {
                scope.spawn(move || {
                    let warm = send(&own[..WARM]);
                    gate.wait();
                    let done = send(&own[WARM..]);
                    gate.wait();
                    // Only a thread that is still there tells its time.
                    gate.wait();
                    warm.and(done)
                })
            })
            .collect();
        gate.wait();
        let ((), took) = meter.measure(|| {
            gate.wait();
        });
        gate.wait();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a sender failed"))??;
        }
        anyhow::Ok(took)
    })?;
    Ok((took, ways * each * STEPS))
}

/// Statements of each command in groups of `ways`, begin and commit included.
///
/// # Errors
/// A command was not done.
pub(super) fn statements(target: &Target, chance: &mut Chance, ways: usize) -> Result<f64> {
    let mut writer = Writer::new(Db::connect(target, Role::Writer)?, tick())?;
    let own = lives(chance, ways)?;
    writer.change(tick(), "edge", &files_of(&own))?;
    let before = writer.db().executed();
    for step in 0..STEPS {
        let batch: Vec<Submission> = own.iter().map(|it| it[step].clone()).collect();
        let answers = writer.execute(tick(), &batch);
        ensure!(answers.iter().all(|it| matches!(it, Answer::Done(_))), "{answers:?}");
    }
    #[expect(clippy::cast_precision_loss, reason = "few statements")]
    let per_command = (writer.db().executed() - before) as f64 / (ways * STEPS) as f64;
    Ok(per_command)
}

/// One transaction of the floor.
struct Group {
    matters: Vec<Vec<Value>>,
    tables: Tables,
    tiles: Vec<Vec<Value>>,
    /// Values of spans that end, and the statement that ends so many.
    ended: Option<(String, Vec<Value>)>,
    /// The same of steps that figures count.
    left: Option<(String, Vec<Value>)>,
    texts: Vec<(u64, String)>,
    counter: Option<Vec<Value>>,
    /// Whether the step changes numbers or the responsible unit.
    resettles: bool,
    head: [Value; 2],
}

/// The statements of the floor that are the same in each transaction.
struct Texts {
    tables: Vec<String>,
    matter: String,
    /// For a step that changes what most leave alone, and for others.
    upserts: [String; 2],
    tile: String,
    counter: String,
}

/// What inserting the rows of `each` lives of each of `ways` senders took, and how many commands
/// they stand for.
///
/// # Errors
/// The database refused a row.
pub(super) fn floor(
    (target, meter): (&Target, &Meter),
    (moulds, minter): (&[Mould], &mut Minter),
    ways: usize,
    each: usize,
) -> Result<(Took, usize)> {
    let mut db = Db::connect(target, Role::Writer)?;
    let mut tip = Tip::read(&mut db)?;
    let mut groups = Vec::new();
    for _ in 0..WARM + each {
        groups.extend(made(&mut tip, moulds, minter, ways)?);
    }
    let texts = Texts {
        tables: TABLES.iter().map(|(table, columns, _)| insert_sql(table, columns)).collect(),
        matter: insert_sql("matter", MATTER_COLUMNS),
        upserts: [Reach::Settled, Reach::Most].map(matter_upsert),
        tile: insert_sql("tile", "level, no, hash"),
        counter: insert_sql("counter", "name, next"),
    };
    let (warm, measured) = groups.split_at(WARM * STEPS);
    let mut put = |groups: &[Group]| groups.iter().try_for_each(|it| it.put(&mut db, &texts));
    put(warm)?;
    let (done, took) = meter.measure(|| put(measured));
    done?;
    Ok((took, ways * each * STEPS))
}

/// The groups of one life of each of `ways` senders.
fn made(tip: &mut Tip, moulds: &[Mould], minter: &mut Minter, ways: usize) -> Result<Vec<Group>> {
    let mut own = Vec::new();
    for _ in 0..ways {
        let mould = minter.mould(moulds)?;
        own.push((mould, minter.mint(mould.refs())?.1));
    }
    let mut groups = Vec::new();
    for step in 0..STEPS {
        let mut tables = Tables::default();
        let (mut matters, mut ended, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut texts = Vec::new();
        for (mould, fresh) in &mut own {
            while fresh.seqs.len() < mould.entries(step + 1) {
                fresh.seqs.push(tip.next());
            }
            let (matter, rows) = mould.step(step, fresh);
            matters.push(matter);
            for (all, new) in tables.iter_mut().zip(rows) {
                all.extend(new);
            }
            ended.extend(mould.ended(step, fresh));
            left.extend(mould.left(step, fresh));
            if step == 0 {
                texts.push((u64::try_from(fresh.seqs[0])?, fresh.title.clone()));
            }
        }
        tip.push(&mut tables[EVENT])?;
        // Filing and acceptance draw a number.
        let draws = matches!(step, 1 | 5);
        let counter = vec![Value::Text("floor".into()), Value::Int(tip.seq)];
        groups.push(Group {
            matters,
            tables,
            tiles: tip.take_tiles(),
            ended: (!ended.is_empty()).then(|| (ended_sql(ended.len()), ended.concat())),
            left: (!left.is_empty()).then(|| (left_sql(left.len()), left.concat())),
            texts,
            counter: draws.then_some(counter),
            resettles: matches!(step, 1 | 2 | 5),
            head: tip.values(),
        });
    }
    Ok(groups)
}

fn ended_sql(rows: usize) -> String {
    let values = cast_rows(&["TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT"], rows);
    format!(
        "UPDATE span SET left_seq = v.column3, left_ms = v.column4, left_as = v.column5
         FROM (VALUES {values}) AS v WHERE span.matter = v.column1 AND span.from_seq = v.column2"
    )
}

fn left_sql(rows: usize) -> String {
    let values = cast_rows(&["BIGINT", "TEXT", "BIGINT"], rows);
    format!(
        "UPDATE tally SET left_seq = v.column3
         FROM (VALUES {values}) AS v WHERE tally.first_seq = v.column1
         AND tally.kind = v.column2 AND tally.left_seq IS NULL"
    )
}

/// So many rows of parameters, each cast to the type of its column.
fn cast_rows(types: &[&str], rows: usize) -> String {
    let row = |row: usize| {
        let at = |no: usize| row * types.len() + no + 1;
        let value = |(no, kind): (usize, &&str)| format!("CAST(${} AS {kind})", at(no));
        let values: Vec<String> = types.iter().enumerate().map(value).collect();
        format!("({})", values.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

impl Group {
    fn put(&self, db: &mut Db, texts: &Texts) -> Result<()> {
        db.begin()?;
        db.execute("UPDATE head SET was_ms = last_ms WHERE id = 1", &[])?;
        let upsert = &texts.upserts[usize::from(!self.resettles)];
        db.insert(&texts.matter, &self.matters, upsert)?;
        for (sql, values) in self.ended.iter().chain(&self.left) {
            db.execute(sql, values)?;
        }
        for (sql, rows) in texts.tables.iter().zip(&self.tables) {
            db.insert(sql, rows, "")?;
        }
        db.insert(&texts.tile, &self.tiles, "")?;
        if let Some(counter) = &self.counter {
            let tail = "ON CONFLICT (name) DO UPDATE SET next = excluded.next";
            db.insert(&texts.counter, std::slice::from_ref(counter), tail)?;
        }
        search::put(db, &self.texts)?;
        db.execute("UPDATE head SET seq = $1, frontier = $2 WHERE id = 1", &self.head)?;
        db.commit()?;
        Ok(())
    }
}
