//! The one catalogue of problems that the program tells: a stable code each, what to do in both
//! languages, and the exit code.
//!
//! Exit codes: 0 done; 1 the answer is no (faults found, refused); 2 the words given were wrong;
//! 3 the realm, the database or a file could not serve.

use crate::import::ImportError;
use crate::picture::DecodeError;
use bihuan_core::adjustment::AdjustmentRefusal;
use bihuan_core::id::RoleId;
use bihuan_core::matter::Refusal;
use bihuan_core::pack::Gap;
use bihuan_core::text::Text;
use bihuan_store::file::FileError;
use bihuan_store::rules::ChangeError;
use bihuan_store::{AdjustError, Answer, DbError, Failure, RankingError, Receipt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Exit code where the answer is no.
pub const EXIT_NO: u8 = 1;
/// Exit code where the words given were wrong.
pub const EXIT_USAGE: u8 = 2;
/// Exit code where realm, database or file could not serve.
pub const EXIT_CANNOT: u8 = 3;

/// Something that a person must mend.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is no realm in the folder.
    #[error("no realm in `{0}`")]
    NoRealm(PathBuf),
    /// There is a realm already.
    #[error("a realm is in `{0}` already")]
    RealmExists(String),
    /// A file or folder could not be read or written.
    #[error("failed to use `{path}`: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The database failed or cannot serve.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The store could not.
    #[error("{}", .0.why)]
    Store(Failure),
    /// A file could not be kept or read.
    #[error(transparent)]
    Kept(FileError),
    /// Nobody could look at a picture.
    #[error(transparent)]
    Picture(DecodeError),
    /// A change of the rules is not sound.
    #[error("the change is not sound")]
    Unsound(Vec<String>),
    /// A pack has gaps.
    #[error("the pack has {} gaps", .0.len())]
    Gaps(Vec<Gap>),
    /// Settings cannot be used: each fault.
    #[error("{} settings cannot be used", .0.len())]
    Settings(Vec<Text>),
    /// A file to import is refused.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A command was refused.
    #[error("refused: {}", .0.code())]
    Refused(Box<Refusal>),
    /// A command on an adjustment was refused.
    #[error("refused: {}", .0.code())]
    Adjustment(Box<AdjustmentRefusal>),
    /// A ranking comes to something else than was seen.
    #[error("the ranking has changed")]
    RankingChanged,
    /// A ranking is published by others.
    #[error("not allowed")]
    RankingRoles(Vec<RoleId>),
    /// No such thing; what and its key.
    #[error("no {} `{key}`", .what.en)]
    Unknown {
        /// What kind of thing, in both languages.
        what: Text,
        /// As named.
        key: String,
    },
    /// A word of the command line cannot be used.
    #[error("`{word}` cannot be used")]
    Word {
        /// As given.
        word: String,
        /// What to give instead.
        want: Text,
    },
    /// A command id came back with another body.
    #[error("conflict")]
    Conflict,
    /// A list is too long to be written as one table.
    #[error("more than {most} matters")]
    TooMany {
        /// Most that may be written.
        most: i64,
    },
    /// Figures fall into too many cells.
    #[error("more than {most} cells")]
    TooFine {
        /// Most that are told.
        most: usize,
    },
    /// Figures are asked as of an entry of the record of which nobody can tell them.
    #[error("as of an entry outside {since} to {to}")]
    AsOf {
        /// The first entry as of which they are known.
        since: u64,
        /// The last.
        to: u64,
    },
    /// Something else that has no code of its own.
    #[error("{0}")]
    Other(String),
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Problem {
        match error {
            ChangeError::Unsound(faults) => Problem::Unsound(faults),
            ChangeError::Gaps(gaps) => Problem::Gaps(gaps),
            ChangeError::Db(error) => Problem::Db(error),
        }
    }
}

impl From<AdjustError> for Problem {
    fn from(error: AdjustError) -> Problem {
        match error {
            AdjustError::Refused(refusal) => Problem::Adjustment(refusal),
            AdjustError::Conflict => Problem::Conflict,
            AdjustError::Db(error) => Problem::Db(error),
        }
    }
}

impl From<RankingError> for Problem {
    fn from(error: RankingError) -> Problem {
        match error {
            RankingError::NotAllowed(roles) => Problem::RankingRoles(roles),
            RankingError::Unknown => Problem::unknown("排名", "ranking", "?"),
            RankingError::Changed => Problem::RankingChanged,
            RankingError::Db(error) => Problem::Db(error),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Problem {
        match error {
            FileError::Change(error) => Problem::from(error),
            error => Problem::Kept(error),
        }
    }
}

impl Problem {
    /// The receipt of an answer.
    ///
    /// # Errors
    /// A refusal, a conflict, or why the store could not.
    pub fn of_answer(answer: Answer) -> Result<Receipt, Problem> {
        match answer {
            Answer::Done(receipt) => Ok(receipt),
            Answer::Refused(refusal) => Err(Problem::Refused(refusal)),
            Answer::Conflict => Err(Problem::Conflict),
            Answer::Failed(failure) => Err(Problem::Store(failure)),
        }
    }

    /// A problem with a file or folder.
    #[must_use]
    pub fn file(path: &Path, error: &dyn std::fmt::Display) -> Problem {
        Problem::File { path: path.to_owned(), why: error.to_string() }
    }

    /// A word that cannot be used, and what to give instead.
    #[must_use]
    pub fn word(word: &str, zh: &str, en: &str) -> Problem {
        Problem::Word { word: word.to_owned(), want: Text::new(zh, en) }
    }

    /// No such thing.
    #[must_use]
    pub fn unknown(zh: &str, en: &str, key: &str) -> Problem {
        Problem::Unknown { what: Text::new(zh, en), key: key.to_owned() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Problem::NoRealm(_) => "no_realm",
            Problem::RealmExists(_) => "realm_exists",
            Problem::File { .. } => "file",
            Problem::Db(DbError::Busy(_)) => "busy",
            Problem::Db(DbError::InUse(_)) => "in_use",
            Problem::Db(DbError::Full(_)) => "disk_full",
            Problem::Db(DbError::ReadOnly(_)) => "read_only",
            Problem::Db(DbError::Lost(_)) => "connection_lost",
            Problem::Db(DbError::Unfit(_)) => "database_unfit",
            Problem::Db(DbError::OutcomeUnknown(_)) => "outcome_unknown",
            Problem::Db(_) => "database",
            Problem::Store(failure) => failure.code,
            Problem::Kept(error) => error.code(),
            Problem::Picture(_) => "pictures_unread",
            Problem::Unsound(_) => "unsound",
            Problem::Gaps(_) => "pack_gaps",
            Problem::Settings(_) => "settings",
            Problem::Import(error) => error.code,
            Problem::Refused(refusal) => refusal.code(),
            Problem::Adjustment(refusal) => refusal.code(),
            Problem::RankingChanged => "ranking_changed",
            Problem::RankingRoles(_) => "not_allowed",
            Problem::Unknown { .. } => "unknown",
            Problem::Word { .. } => "word",
            Problem::Conflict => "conflict",
            Problem::TooMany { .. } => "too_many_rows",
            Problem::TooFine { .. } => "too_many_cells",
            Problem::AsOf { .. } => "as_of_unknown",
            Problem::Other(_) => "failed",
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Problem::Unsound(_)
            | Problem::Gaps(_)
            | Problem::Refused(_)
            | Problem::Adjustment(_)
            | Problem::RankingChanged
            | Problem::RankingRoles(_)
            | Problem::Conflict => EXIT_NO,
            Problem::Import(_)
            | Problem::Settings(_)
            | Problem::Unknown { .. }
            | Problem::Word { .. }
            | Problem::TooMany { .. }
            | Problem::TooFine { .. }
            | Problem::AsOf { .. } => EXIT_USAGE,
            _ => EXIT_CANNOT,
        }
    }

    /// What is wrong and what to do, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let (zh, en) = match self {
            Problem::NoRealm(dir) => (
                format!("{} 里没有数据；先运行 bihuan init，或用 --dir 指明目录", dir.display()),
                format!(
                    "there is no realm in {}; run `bihuan init`, or name one with --dir",
                    dir.display()
                ),
            ),
            Problem::RealmExists(place) => (
                format!("{place} 里已有数据；请换一个空目录，或另一个 schema"),
                format!("there is a realm in {place} already; name an empty folder, or schema"),
            ),
            Problem::File { path, why } => (
                format!("无法使用 {}：{why}；请检查路径、权限和磁盘空间", path.display()),
                format!("cannot use {}: {why}; check path, rights and disk space", path.display()),
            ),
            Problem::Db(error) => of_db(error),
            Problem::Store(failure) => of_store(failure),
            Problem::Kept(error) => kept(error),
            Problem::Picture(error) => unread(error),
            Problem::Unsound(faults) => (
                format!("有 {} 处错误，未作任何更改：", faults.len()),
                format!("{} faults; nothing was changed:", faults.len()),
            ),
            Problem::Gaps(gaps) => (
                format!("事项包有 {} 处缺漏，补齐后才能发布：", gaps.len()),
                format!("the pack has {} gaps; close them, then publish:", gaps.len()),
            ),
            Problem::Settings(faults) => (
                format!("有 {} 项设置不可用：", faults.len()),
                format!("{} settings cannot be used:", faults.len()),
            ),
            Problem::Import(error) => (
                format!("无法读取 {}{}：{}", error.file, spot_zh(error), error.message.zh),
                error.to_string(),
            ),
            Problem::Refused(refusal) => return refusal.text(),
            Problem::Adjustment(refusal) => return refusal.text(),
            Problem::RankingChanged => return ranking_changed(),
            Problem::RankingRoles(roles) => of_roles(roles),
            Problem::Unknown { what, key } => (
                format!("没有{}“{key}”，请核对", what.zh),
                format!("there is no {} `{key}`; check the name", what.en),
            ),
            Problem::Word { word, want } => (
                format!("“{word}”不可用；{}", want.zh),
                format!("`{word}` cannot be used; {}", want.en),
            ),
            Problem::Conflict => (
                "同一命令编号对应不同内容，已另存备查".to_owned(),
                "this command id was used with another body; it is kept aside".to_owned(),
            ),
            Problem::TooMany { most } => (
                format!("超过 {most} 件，不能一次导出；请缩小筛选范围，分批导出"),
                format!("more than {most} matters; narrow the filter and export in parts"),
            ),
            Problem::TooFine { most } => (
                format!("结果超过 {most} 格；请缩小筛选范围或减少分组"),
                format!("more than {most} cells; narrow the filter or count by less"),
            ),
            Problem::AsOf { since, to } => (
                format!("只能截至第 {since} 至 {to} 条记录；请改用其中的条号"),
                format!("only as of entries {since} to {to} of the record; name one of these"),
            ),
            Problem::Other(why) => (why.clone(), why.clone()),
        };
        Text { zh, en }
    }

    /// Each fault of many, for a list.
    #[must_use]
    pub fn details(&self) -> Vec<Value> {
        match self {
            Problem::Unsound(faults) => faults.iter().map(|it| json!(it)).collect(),
            Problem::Gaps(gaps) => gaps.iter().map(|it| json!(it.to_string())).collect(),
            Problem::Settings(faults) => {
                faults.iter().map(|it| json!(format!("{} · {}", it.zh, it.en))).collect()
            }
            Problem::Refused(refusal) => vec![json!(refusal)],
            Problem::Adjustment(refusal) => vec![json!(refusal)],
            Problem::Import(error) => vec![json!(error)],
            _ => Vec::new(),
        }
    }
}

fn ranking_changed() -> Text {
    Text::new(
        "排名与您看到的不同，请刷新后再发布",
        "it comes to something else than you saw; look again, then publish",
    )
}

/// Whose a ranking is to publish.
fn of_roles(roles: &[RoleId]) -> (String, String) {
    let list = roles.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", ");
    (
        format!("须由管辖这些单位的以下角色本人发布：{list}"),
        format!("a person who holds one of {list} for these units publishes it"),
    )
}

fn of_store(failure: &Failure) -> (String, String) {
    match failure.code {
        "disk_full" => full(),
        "read_only" => read_only(),
        "outcome_unknown" => outcome_unknown(),
        _ => (
            format!("未能写入：{}；可用同一编号重试", failure.why),
            format!("not written: {}; it may be tried again", failure.why),
        ),
    }
}

fn of_db(error: &DbError) -> (String, String) {
    match error {
        DbError::InUse(_) => (
            "数据正被另一进程写入（通常是服务）；请在服务里办理，或先停止它".to_owned(),
            "another process, such as the service, writes to the realm; do it there, or stop it \
             first"
                .to_owned(),
        ),
        DbError::Full(_) => full(),
        DbError::ReadOnly(_) => read_only(),
        DbError::OutcomeUnknown(_) => outcome_unknown(),
        DbError::Lost(why) => (
            format!("连不上数据库：{why}；请检查 --db 与数据库是否运行"),
            format!("no connection to the database: {why}; check --db and that it runs"),
        ),
        error => (
            format!("数据库不可用：{error}；请运行 bihuan doctor"),
            format!("{error}; run `bihuan doctor`"),
        ),
    }
}

/// Nothing was written, and nothing that was acknowledged is lost.
fn full() -> (String, String) {
    (
        "服务器磁盘已满，未作任何更改；已受理的记录不受影响，请稍后用同一编号重试，并通知管理员"
            .to_owned(),
        "the disk of the service is full and nothing was changed; what was acknowledged is safe; \
         try again later with the same id, and tell the administrator"
            .to_owned(),
    )
}

/// The same where nothing can be written at all.
fn read_only() -> (String, String) {
    (
        "服务器的磁盘或数据库现在只能读取，未作任何更改；已受理的记录不受影响，\
         请稍后用同一编号重试，并通知管理员"
            .to_owned(),
        "the disk or database of the service can only be read now and nothing was changed; what \
         was acknowledged is safe; try again later with the same id, and tell the administrator"
            .to_owned(),
    )
}

/// It may or may not have been written.
fn outcome_unknown() -> (String, String) {
    (
        "未能确认是否已写入；请用同一编号重试，已写入的不会重复办理，并通知管理员".to_owned(),
        "it is not known whether it was written; try again with the same id, which does nothing \
         twice, and tell the administrator"
            .to_owned(),
    )
}

fn kept(error: &FileError) -> (String, String) {
    (
        format!("文件存取失败：{error}；请检查文件目录或对象存储"),
        format!("{error}; check the folder of files or the bucket"),
    )
}

fn unread(error: &DecodeError) -> (String, String) {
    (format!("照片暂时无法处理：{error}；请稍后重试"), format!("{error}; try again in a while"))
}

fn spot_zh(error: &ImportError) -> String {
    let line = error.line.map(|it| format!("第 {it} 行")).unwrap_or_default();
    let column = error.column.as_ref().map(|it| format!("“{it}”列")).unwrap_or_default();
    line + &column
}
