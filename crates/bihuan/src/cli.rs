//! The words of the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// 闭环：问题从发现到销号 · closed loops: a matter is found, fixed, accepted by another party, cleared
#[derive(Debug, Parser)]
#[command(name = "bihuan", version, about, max_term_width = 100)]
pub struct Cli {
    /// Words that go with every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Words that go with every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// 数据目录 · folder of the realm [default: ./bihuan-data, or BIHUAN_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// 数据库 · connection string, `postgres://…?schema=NAME` [or BIHUAN_DB]
    #[arg(long, global = true, value_name = "URL")]
    pub db: Option<String>,
    /// 以 JSON 回答 · answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// 语言 · language [default: by LC_ALL or LANG]
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangWord>,
}

/// A language by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangWord {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 事项包：检查、演练、新建、发布 · packs: check, test, new, publish, list
    #[command(subcommand)]
    Pack(PackCommand),
    /// 备份，不停用 · back the realm up while it stays in use
    Backup {
        /// 空目录 · an empty folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// 从备份恢复并核验 · make a realm from a backup, and verify it
    Restore {
        /// 备份目录 · the folder of the backup
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// 核验全部记录：逐条摘要、根、台账平衡、文字与文件 · verify the whole record
    Verify,
    /// 造一个演示镇：六周的事项，全部经普通命令办理 · make a demonstration town: six weeks by ordinary commands
    Demo {
        /// 种子，同一种子得同一个镇 · seed; the same seed gives the same town
        #[arg(long, default_value_t = crate::demo::SEED)]
        seed: u64,
        /// 只演前几天 · play only the first days
        #[arg(long, value_name = "N")]
        days: Option<i64>,
    },
}

/// What to do with packs.
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// 检查缺漏，逐一指明文件和行 · tell every gap with file and line
    Check {
        /// 事项包目录 · folders of packs
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// 并对照某处数据检查人员配备 · also check the staffing of the realm in this folder
        #[arg(long, value_name = "DIR")]
        realm: Option<PathBuf>,
    },
    /// 演练全部故事 · run all stories; every move must be told
    Test {
        /// 事项包目录 · folders of packs
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
    /// 新建一个可用的小事项包 · write a small pack that passes check and test
    New {
        /// 目录，其名即编号 · folder; its name becomes the key
        folder: PathBuf,
    },
    /// 发布到数据目录 · publish to the realm
    Publish {
        /// 事项包目录 · folder of the pack
        folder: PathBuf,
    },
    /// 列出已发布的事项包 · list what is published
    List,
}
