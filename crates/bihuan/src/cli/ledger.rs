//! The words for the ledger.

use super::FilterWords;
use clap::{Args, Subcommand};

/// Which matters to list.
#[derive(Debug, Args)]
pub struct LedgerWords {
    /// 各单位平衡 · the balance of each unit
    #[command(subcommand)]
    pub command: Option<LedgerCommand>,
    /// 筛选 · which matters
    #[command(flatten)]
    pub filter: FilterWords,
    /// 列，以逗号分隔 · columns, such as number,due,responsible
    #[arg(long, value_delimiter = ',')]
    pub columns: Vec<String>,
    /// 从这一件之后继续 · go on after this cursor
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// 每页件数 · matters a page
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
}

/// Figures of the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// 平衡表：期初、增减、期末 · opening, movements, closing for each unit
    Balance {
        /// 单位及其下级 · this unit and below
        #[arg(long)]
        unit: Option<String>,
        /// 某一天，默认今天 · one day; today unless said
        #[arg(long)]
        day: Option<String>,
        /// 开始日期 · first day
        #[arg(long, requires = "to", conflicts_with = "day")]
        from: Option<String>,
        /// 结束日期（含） · last day
        #[arg(long, requires = "from")]
        to: Option<String>,
    },
}
