//! The words for adjustments and rankings.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with adjustments. Each step is a person's, who signs in; here they are looked at.
#[derive(Debug, Subcommand)]
pub enum AdjustmentWords {
    /// 列出考核扣款 · list adjustments, the newest first
    List {
        /// 单位及其下级 · this unit and below
        #[arg(long)]
        unit: Option<String>,
        /// 环节 · stage, such as announced
        #[arg(long)]
        stage: Option<String>,
    },
    /// 查看一笔及其案件 · one adjustment with its cases
    Show {
        /// 编号 · id
        id: String,
    },
    /// 预览某期间各单位应扣应奖 · what the scores of a period would come to
    Preview {
        /// 事项包 · pack
        #[arg(long)]
        pack: String,
        /// 开始日期 · first day
        #[arg(long)]
        from: String,
        /// 结束日期（含） · last day
        #[arg(long)]
        to: String,
        /// 单位类别 · kind of units
        #[arg(long)]
        kind: String,
        /// 扣款办法 · rule document
        #[arg(long)]
        document: String,
    },
    /// 对账单：期初、逐笔、期末 · opening, lines, closing of a unit
    Statement {
        /// 单位 · unit
        unit: String,
        /// 开始日期 · first day
        #[arg(long)]
        from: Option<String>,
        /// 结束日期（含） · last day
        #[arg(long)]
        to: Option<String>,
    },
    /// 登记扣款办法 · enter rule documents
    Document {
        /// 文件，一份一段 [[document]] · TOML with a [[document]] each; none lists them
        file: Option<PathBuf>,
    },
}

/// Which ranking.
#[derive(Debug, Args)]
pub struct RankingWords {
    /// 事项包 · pack
    #[arg(long)]
    pub pack: String,
    /// 哪一个排名，默认第一个 · which ranking of the pack; the first unless said
    #[arg(long)]
    pub ranking: Option<String>,
    /// 在哪个单位之下，默认全域 · the unit whose units below are ranked; the topmost unless said
    #[arg(long)]
    pub under: Option<String>,
    /// 开始日期，默认当月第一天 · first day; the first of the month unless said
    #[arg(long)]
    pub from: Option<String>,
    /// 结束日期（含），默认今天 · last day; today unless said
    #[arg(long)]
    pub to: Option<String>,
    /// 截至第几条记录 · up to which entry of the record
    #[arg(long, value_name = "SEQ")]
    pub as_of: Option<u64>,
}
