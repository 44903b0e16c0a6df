//! The words of `bihuan figure`.

use clap::Args;

/// Which figures.
#[derive(Debug, Args)]
pub struct FigureWords {
    /// 事项包 · pack
    #[arg(long)]
    pub pack: String,
    /// 指标，默认全部 · figures; all unless said
    #[arg(value_name = "FIGURE")]
    pub figures: Vec<String>,
    /// 期间：2021-04、2021-04-16、2021-W15、2021-Q2、2021-H1、2021 或专项名 · period
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub period: Option<String>,
    /// 开始日期 · first day
    #[arg(long, requires = "to")]
    pub from: Option<String>,
    /// 结束日期（含） · last day
    #[arg(long, requires = "from")]
    pub to: Option<String>,
    /// 分组：unit、place、class、source、day、week、month · told apart by
    #[arg(long)]
    pub by: Option<String>,
    /// 截至第几条记录，默认全部 · as of this entry of the record; all unless said
    #[arg(long, value_name = "SEQ")]
    pub as_of: Option<u64>,
    /// 只看这一组 · of this key of `--by` alone
    #[arg(long, requires = "by")]
    pub key: Option<String>,
    /// 列出每一条依据（只可查一项指标） · list the records behind the one figure named
    #[arg(long)]
    pub records: bool,
}
