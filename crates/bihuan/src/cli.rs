//! The words of the command line.

pub mod adjustment;
mod figure;
mod ledger;

pub use figure::FigureWords;
pub use ledger::{LedgerCommand, LedgerWords};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "bihuan",
    version,
    about = "闭环：问题从发现到销号 · a matter is found, fixed, accepted by another party, cleared"
)]
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
    /// 配置文件 · file of settings [default: bihuan.toml in the folder, or BIHUAN_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
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
    /// 新建空数据目录 · make an empty realm
    Init {
        /// 名称 · name of the realm, in Chinese
        #[arg(long)]
        title: Option<String>,
        /// 英文名称 · name of the realm, in English
        #[arg(long)]
        title_en: Option<String>,
    },
    /// 导入单位、人员、区域、点位、名录、台账 · import units, people, areas, points, a register, a ledger
    Import(ImportWords),
    /// 人员与权限 · people and what they may do
    #[command(subcommand)]
    User(UserCommand),
    /// 工作日历 · calendars of working days
    #[command(subcommand)]
    Calendar(CalendarCommand),
    /// 记录的证明 · proofs about the record
    #[command(subcommand)]
    Record(RecordCommand),
    /// 照片和文件 · photos and documents
    #[command(subcommand)]
    File(FileCommand),
    /// 触发到期的提醒与升级 · fire the timers that are due
    Tick {
        /// 停用一年以上后确认时钟无误 · after more than a year of rest: the clock is right
        #[arg(long)]
        clock_is_right: bool,
    },
    /// 把数据表升级到最新结构 · bring the tables to their newest form
    Migrate,
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
    /// 查看一件事项的全过程 · one matter from end to end
    Show(ShowWords),
    /// 台账：筛选、分页、平衡 · the ledger: filter, page, balance
    Ledger(LedgerWords),
    /// 指标：按期间、单位、截至某条记录，可追到每件事项 · figures that trace to their records
    Figure(FigureWords),
    /// 考核扣款：查看、预览、对账单、扣款办法 · adjustments: list, preview, statement, documents
    #[command(subcommand)]
    Adjustment(adjustment::AdjustmentWords),
    /// 排名：按记录的某一刻 · units by points, as of an entry of the record
    Ranking(adjustment::RankingWords),
    /// 导出台账或记录 · export the ledger or the record
    Export(ExportWords),
    /// 启动服务 · serve the API
    Serve {
        /// 监听地址 · address to listen on [default: listen.all of the settings, 127.0.0.1:8080]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<std::net::SocketAddr>,
    },
    /// 设置：检查、查看 · settings: check, show
    #[command(subcommand)]
    Config(ConfigCommand),
    /// 接口说明（OpenAPI） · the description of the API
    #[command(hide = true)]
    Openapi,
    /// 体检：管理员要处理的问题 · what an administrator should mend
    Doctor,
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

/// What to do with proofs about the record.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// 核对下载的证明，不需要数据目录 · check a proof that was downloaded, without a realm
    Check {
        /// 证明文件 · the proof
        file: PathBuf,
        /// 另行记下的根，用于比对 · a root that you got in another way, to compare with
        #[arg(long, value_name = "HEX")]
        root: Option<String>,
    },
}

/// What to do with settings.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// 检查全部设置，逐一指明文件和行 · tell every fault with file and line
    Check,
    /// 查看生效的设置及其来源，密码不显示 · the settings as they hold, secrets hidden
    Show,
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
    /// 画出办理流程（SVG） · draw the way of a matter as a picture
    Flow {
        /// 事项包目录 · folder of the pack
        folder: PathBuf,
    },
    /// 列出已发布的事项包 · list what is published
    List,
}

/// What to import.
#[derive(Debug, Args)]
pub struct ImportWords {
    /// 种类 · what the file holds
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// 文件 · CSV, XLSX or GeoJSON (areas)
    pub file: PathBuf,
    /// 只预览，不写入 · only say what each row would do
    #[arg(long)]
    pub preview: bool,
    /// 列对应关系 · mapping of the ledger's columns
    #[arg(long, value_name = "TOML")]
    pub map: Option<PathBuf>,
    /// 区域坐标系 · datum of areas: wgs84, cgcs2000, gcj02, bd09
    #[arg(long, default_value = "wgs84")]
    pub datum: String,
    /// 台账导入到哪个事项包，或名录属于哪个事项包 · pack that a ledger or register belongs to
    #[arg(long)]
    pub pack: Option<String>,
    /// 名录 · register of that pack
    #[arg(long)]
    pub register: Option<String>,
    /// 以哪个账号导入台账 · account that opens the rows of a ledger
    #[arg(long = "as", value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// 台账逐行结果文件 · file for the answer to each row of a ledger
    #[arg(long, value_name = "CSV")]
    pub result: Option<PathBuf>,
    /// 区划代码表所属的区县名称 · name of the district that a list of administrative codes is of
    #[arg(long, value_name = "NAME")]
    pub district: Option<String>,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// Units.
    Units,
    /// People.
    People,
    /// Areas of units.
    Areas,
    /// Named points.
    Points,
    /// Entries of a register of a pack.
    Register,
    /// An existing ledger.
    Ledger,
}

/// What to do with people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// 列出人员 · list people
    List {
        /// 单位及其下级 · of this unit and below
        #[arg(long)]
        unit: Option<String>,
        /// 角色 · with this role
        #[arg(long)]
        role: Option<String>,
    },
    /// 设置登录密码；不从标准输入给出时随机生成 · set the password of an account; drawn unless given on stdin
    Password {
        /// 账号 · account
        account: String,
        /// 从标准输入读取密码 · read the password from stdin
        #[arg(long)]
        stdin: bool,
    },
    /// 新增人员 · add a person
    Add {
        /// 人员编号 · key of the person
        person: String,
        /// 姓名 · name
        #[arg(long)]
        name: String,
        /// 账号，默认同编号 · account; the key unless said
        #[arg(long)]
        account: Option<String>,
        /// 电话，用于区分同名 · phone, to tell two of one name apart
        #[arg(long)]
        phone: Option<String>,
        /// 首个角色 · the first role
        #[command(flatten)]
        member: MemberWords,
    },
    /// 授予角色 · grant a role
    Grant {
        /// 人员编号 · key of the person
        person: String,
        /// 角色 · the role
        #[command(flatten)]
        member: MemberWords,
    },
    /// 停用：收回角色 · suspend: take roles away
    Suspend {
        /// 人员编号 · key of the person
        person: String,
        /// 只收回这个角色 · only this role
        #[arg(long)]
        role: Option<String>,
    },
    /// 代理：某段时间内代行职责 · let somebody stand in for a stated period
    Deputy {
        /// 代理人 · who stands in
        person: String,
        /// 被代理人 · for whom
        #[arg(long = "for", value_name = "PERSON")]
        stands_for: String,
        /// 开始日期 · first day
        #[arg(long)]
        from: String,
        /// 结束日期（含） · last day
        #[arg(long)]
        to: String,
    },
    /// 移交未办结事项 · hand a leaving person's open matters over
    HandOver {
        /// 移出人 · who leaves
        person: String,
        /// 接手人 · who takes over
        #[arg(long)]
        to: String,
        /// 原因 · why
        #[arg(long)]
        reason: String,
        /// 以哪个账号办理，默认移出人的账号 · account that acts; the leaving person's unless said
        #[arg(long = "as", value_name = "ACCOUNT")]
        account: Option<String>,
        /// 确认移交；不加只预览 · do it; without this it is only previewed
        #[arg(long)]
        yes: bool,
    },
}

/// A role of a person.
#[derive(Clone, Debug, Args)]
pub struct MemberWords {
    /// 角色 · role
    #[arg(long)]
    pub role: String,
    /// 所在单位 · unit that employs
    #[arg(long)]
    pub unit: String,
    /// 负责区域，默认所在单位 · unit worked on; the employer unless said
    #[arg(long)]
    pub area: Option<String>,
    /// 开始日期 · first day
    #[arg(long)]
    pub from: Option<String>,
    /// 结束日期（含） · last day
    #[arg(long)]
    pub to: Option<String>,
}

/// What to do with files.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// 依记录删除一个文件及其全部信息，不可恢复 · erase a file and all that is known of it, for good
    Erase {
        /// 文件的 SHA-256 · SHA-256 of the file
        digest: String,
        /// 确认删除；不加只预览 · do it; without this it is only said what would go
        #[arg(long)]
        yes: bool,
    },
}

/// What to do with calendars.
#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// 列出有放假安排的年份 · list the years whose days off are on record
    List,
    /// 加入一年的安排并重算时限 · add a year and compute deadlines anew
    Add {
        /// 年历文件 · table of the year (TOML)
        file: PathBuf,
    },
}

/// Which matter to show.
#[derive(Debug, Args)]
pub struct ShowWords {
    /// 问题编号、销号编号或事项 ID · number, clearance number or id
    pub key: String,
    /// 按某账号可见的范围 · only what this account may see
    #[arg(long = "as", value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// 附收件凭证的包含证明 · with the proof that it is in the record
    #[arg(long)]
    pub proof: bool,
}

/// A filter of matters.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterWords {
    /// 责任单位及其下级 · responsible unit and below
    #[arg(long)]
    pub unit: Option<String>,
    /// 环节 · stage
    #[arg(long)]
    pub stage: Option<String>,
    /// 类别 · class
    #[arg(long)]
    pub class: Option<String>,
    /// 事项包 · pack
    #[arg(long)]
    pub pack: Option<String>,
    /// 上报开始日期 · opened on or after this day
    #[arg(long)]
    pub from: Option<String>,
    /// 上报结束日期（含） · opened on or before this day
    #[arg(long)]
    pub to: Option<String>,
    /// 未办结 · not ended
    #[arg(long)]
    pub open: bool,
    /// 已超期未办结 · past the deadline and not ended
    #[arg(long)]
    pub overdue: bool,
    /// 描述里的词 · words of the description
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
}

/// What to export.
#[derive(Debug, Args)]
pub struct ExportWords {
    /// 导出记录 · export the record
    #[command(subcommand)]
    pub command: Option<ExportCommand>,
    /// 筛选 · which matters
    #[command(flatten)]
    pub filter: FilterWords,
    /// 列，以逗号分隔 · columns, such as number,due,responsible
    #[arg(long, value_delimiter = ',')]
    pub columns: Vec<String>,
    /// 格式 · format
    #[arg(long, value_enum, default_value_t = Format::Xlsx)]
    pub format: Format,
    /// 输出文件 · file to write
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// What else to export.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// 整个记录，供第三方核验 · the whole record, for a third person to check
    Log {
        /// 输出文件 · file to write
        #[arg(long)]
        out: PathBuf,
    },
}

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated, UTF-8 with its mark, safe against formulas.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// A workbook.
    Xlsx,
}
