//! Why a deadline is what it is, as data; and the words for it.
//!
//! Invariant: times in steps are what a clock on the wall of the realm shows, so that the words
//! need no zone.

use super::calendar::DayKind;
use super::hours::Minute;
use super::within::{Unit, Within};
use crate::text::{Lang, Text};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// The most steps of one explanation; earlier details give way to later ones.
pub const STEPS_MAX: usize = 24;

/// One step of the reckoning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The moment that it runs from.
    Start(DateTime),
    /// The limit.
    Limit(Within),
    /// Set to this moment by order.
    Fixed(DateTime),
    /// It ran only from this opening on.
    Opened(DateTime),
    /// Rest days not counted.
    Skipped {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
        /// Weekend or holiday.
        kind: DayKind,
    },
    /// Rest days that were counted because they work.
    Counted {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
        /// Make-up day or duty.
        kind: DayKind,
    },
    /// Further days of which only the sum is told.
    Others {
        /// Weekend days not counted.
        weekend_days: u32,
        /// Days off not counted.
        holiday_days: u32,
        /// Make-up and duty days counted.
        counted_days: u32,
    },
    /// The last day was a rest day and moved on.
    Rolled {
        /// The rest day.
        from: Date,
        /// The working day.
        to: Date,
    },
    /// The last day is a rest day and stays.
    Stayed(Date),
    /// The last day ends.
    Closes {
        /// The day.
        date: Date,
        /// When on that day.
        at: Minute,
    },
    /// Prolonged.
    Extended {
        /// The deadline before.
        from: DateTime,
        /// By how much.
        by: Within,
    },
    /// The clock stood still.
    Paused {
        /// From when.
        from: DateTime,
        /// Until when.
        to: DateTime,
        /// What was left and runs on.
        left: Left,
    },
    /// Years whose days off are not on record.
    Uncovered {
        /// First year.
        first: i16,
        /// Last year.
        last: i16,
    },
    /// Beyond the last moment that the engine reckons with.
    Clamped,
}

/// What was left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// Milliseconds by the clock on the wall.
    Ms(i64),
    /// Milliseconds of working time.
    WorkMs(i64),
    /// Calendar days.
    Days(u32),
    /// Working days.
    WorkDays(u32),
}

impl Step {
    /// Whether the step is a detail that may give way when there are too many.
    pub(super) fn is_detail(&self) -> bool {
        matches!(
            self,
            Step::Opened(_) | Step::Skipped { .. } | Step::Counted { .. } | Step::Others { .. }
        )
    }

    /// The step in words, without a full stop.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(&self) -> String {
        match self {
            Step::Start(at) => format!("自{}起算", minute(*at)),
            Step::Limit(within) => match within.unit() {
                Unit::WorkDay | Unit::NaturalDay => {
                    format!("时限{}，当日不计", within.text(Lang::Zh))
                }
                Unit::WorkHour | Unit::UrgentHour => format!("时限{}", within.text(Lang::Zh)),
            },
            Step::Fixed(at) => format!("指定期限为{}", minute(*at)),
            Step::Opened(at) => format!("非工作时间不计，自{}上班起算", minute(*at)),
            Step::Skipped { first, last, kind } | Step::Counted { first, last, kind } => {
                let days = days_zh(*first, *last);
                match kind {
                    DayKind::Working => format!("{days}为工作日，计入"),
                    DayKind::MakeUp(name) => format!("{days}调休上班（{}），计入", name.zh),
                    DayKind::Duty(name) => format!("{days}值守（{}），计入", name.zh),
                    DayKind::Weekend => format!("{days}周末，不计"),
                    DayKind::Holiday(name) => format!("{days}{}放假，不计", name.zh),
                }
            }
            Step::Others { weekend_days, holiday_days, counted_days } => format!(
                "另有周末{weekend_days}天、放假{holiday_days}天不计，调休或值守{counted_days}天计入"
            ),
            Step::Rolled { from, to } => format!("最后一日{from}为休息日，顺延至{to}"),
            Step::Stayed(date) => format!("最后一日{date}为休息日，不顺延"),
            Step::Closes { date, at } => format!("{date} {at}截止"),
            Step::Extended { from, by } => {
                format!("自原期限{}起延长{}", minute(*from), by.text(Lang::Zh))
            }
            Step::Paused { from, to, left } => {
                format!("{}至{}暂停计时，余{}", minute(*from), minute(*to), left.text(Lang::Zh))
            }
            Step::Uncovered { first, last } if first == last => {
                format!("{first}年放假安排尚未录入，期限为暂定")
            }
            Step::Uncovered { first, last } => {
                format!("{first}年至{last}年放假安排尚未录入，期限为暂定")
            }
            Step::Clamped => "超出可计算的最晚时间，期限为暂定".to_owned(),
        }
    }

    fn en(&self) -> String {
        match self {
            Step::Start(at) => format!("runs from {}", minute(*at)),
            Step::Limit(within) => match within.unit() {
                Unit::WorkDay | Unit::NaturalDay => {
                    format!("limit {}, the first day not counted", within.text(Lang::En))
                }
                Unit::WorkHour | Unit::UrgentHour => format!("limit {}", within.text(Lang::En)),
            },
            Step::Fixed(at) => format!("ordered for {}", minute(*at)),
            Step::Opened(at) => format!("waited for opening at {}", minute(*at)),
            Step::Skipped { first, last, kind } | Step::Counted { first, last, kind } => {
                let days = days_en(*first, *last);
                match kind {
                    DayKind::Working => format!("{days} counted: working"),
                    DayKind::MakeUp(name) => format!("{days} counted: make-up for {}", name.en),
                    DayKind::Duty(name) => format!("{days} counted: on duty ({})", name.en),
                    DayKind::Weekend => format!("{days} not counted: weekend"),
                    DayKind::Holiday(name) => format!("{days} not counted: {}", name.en),
                }
            }
            Step::Others { weekend_days, holiday_days, counted_days } => format!(
                "further days: {weekend_days} of weekends and {holiday_days} off not counted, \
                 {counted_days} of make-up or duty counted"
            ),
            Step::Rolled { from, to } => format!("last day {from} is a rest day, moved to {to}"),
            Step::Stayed(date) => format!("last day {date} is a rest day and stays"),
            Step::Closes { date, at } => format!("ends {date} {at}"),
            Step::Extended { from, by } => {
                format!("extended from {} by {}", minute(*from), by.text(Lang::En))
            }
            Step::Paused { from, to, left } => format!(
                "stood still from {} to {}, {} left",
                minute(*from),
                minute(*to),
                left.text(Lang::En)
            ),
            Step::Uncovered { first, last } if first == last => {
                format!("the days off of {first} are not on record: provisional")
            }
            Step::Uncovered { first, last } => {
                format!("the days off of {first} to {last} are not on record: provisional")
            }
            Step::Clamped => "beyond the last moment reckoned with: provisional".to_owned(),
        }
    }
}

impl Left {
    /// What was left, in words.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let parts = |ms: i64| (ms / 3_600_000, ms / 60_000 % 60);
        let text = match self {
            Left::Ms(ms) => {
                let (hours, minutes) = parts(ms);
                Text::new(format!("{hours}小时{minutes}分"), format!("{hours} h {minutes} min"))
            }
            Left::WorkMs(ms) => {
                let (hours, minutes) = parts(ms);
                Text::new(
                    format!("{hours}个工作时{minutes}分"),
                    format!("{hours} h {minutes} min of working time"),
                )
            }
            Left::Days(days) => {
                Text::new(format!("{days}个自然日"), format!("{days} calendar days"))
            }
            Left::WorkDays(days) => {
                Text::new(format!("{days}个工作日"), format!("{days} working days"))
            }
        };
        text.get(lang).to_owned()
    }
}

fn minute(at: DateTime) -> String {
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

fn days_zh(first: Date, last: Date) -> String {
    if first == last { first.to_string() } else { format!("{first}至{last}") }
}

fn days_en(first: Date, last: Date) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}
