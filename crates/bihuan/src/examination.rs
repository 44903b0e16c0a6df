//! Examining a realm: each finding says what was looked at, whether it is well, and how to mend it.
//!
//! Invariant: nothing here changes anything; the same findings serve the command line and a page
//! of health.

use crate::picture;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::matter::Rules;
use bihuan_core::pack::{StaffingGap, staffing};
use bihuan_core::place::tiling::TOLERANCE_M2;
use bihuan_core::place::{Area, tiling_report};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::file::{FilePlace, FileStore};
use bihuan_store::is_read_only;
use bihuan_store::realm::{Head, head, late_timers, stuck_messages};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How long a message may wait before it counts as stuck.
const STUCK_MS: i64 = HOUR_MS;
/// How long a timer may be late before it counts.
const LATE_MS: i64 = 10 * 60_000;
/// Less free space than this has to be mended, in bytes.
const SPACE_MEND: u64 = 1 << 30;
/// Less free space than this is worth a look, in bytes.
const SPACE_LOOK: u64 = 10 << 30;
/// How far the machine's clock may lie behind the record.
const BEHIND_MS: i64 = 10 * 60_000;

/// Whether something is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Good,
    /// It is worth a look.
    Look,
    /// It has to be mended.
    Mend,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable key.
    pub id: &'static str,
    /// Whether it is well.
    pub state: State,
    /// What was found.
    pub said: Text,
    /// How to mend it.
    pub mend: Text,
    /// Each thing concerned.
    pub items: Vec<Text>,
}

/// Examines a realm.
///
/// # Errors
/// Where the database cannot be read at all.
pub fn examine(realm: &Realm) -> Result<Vec<Finding>, Problem> {
    let rules = realm.rules();
    let now = realm.now();
    let record = realm.read(head)?;
    let stuck = realm.read(|db| stuck_messages(db, now.plus_ms(-STUCK_MS)))?;
    let late = realm.read(|db| late_timers(db, now.plus_ms(-LATE_MS)))?;
    let gaps = lacking(&rules, now);
    let acceptors = |it: &&StaffingGap| it.code == "no_acceptor";
    Ok(vec![
        database(&record, rules.rev),
        clock(&record, now),
        space(&realm.dir),
        files(&realm.files),
        pictures(),
        units(&rules),
        packs(&rules),
        posts(&gaps.iter().filter(|it| !acceptors(it)).collect::<Vec<_>>()),
        other_party(&gaps.iter().filter(acceptors).collect::<Vec<_>>()),
        points(&rules),
        calendar(&rules, now),
        areas(&rules),
        messages(stuck),
        timers(late),
    ])
}

fn finding(id: &'static str, state: State, zh: String, en: String) -> Finding {
    Finding { id, state, said: Text { zh, en }, mend: Text::default(), items: Vec::new() }
}

impl Finding {
    fn mend(mut self, zh: &str, en: &str) -> Finding {
        self.mend = Text::new(zh, en);
        self
    }

    fn items(mut self, items: impl IntoIterator<Item = Text>) -> Finding {
        self.items = items.into_iter().collect();
        self
    }
}

fn good_if(is_good: bool, otherwise: State) -> State {
    if is_good { State::Good } else { otherwise }
}

fn database(head: &Head, rev: u64) -> Finding {
    let seq = head.seq;
    finding(
        "database",
        State::Good,
        format!("数据库可用，结构为最新；记录 {seq} 条，规则第 {rev} 版"),
        format!("database reachable, schema current; {seq} entries, rules revision {rev}"),
    )
}

fn clock(head: &Head, now: Instant) -> Finding {
    let is_good = head.last_at.0.saturating_sub(now.0) <= BEHIND_MS;
    let (zh, en) = if is_good {
        ("时钟不早于最近一条记录", "the clock is not behind the record")
    } else {
        ("时钟早于最近一条记录，处罚性动作暂停", "the clock is behind the record; penal acts wait")
    };
    finding("clock", good_if(is_good, State::Mend), zh.into(), en.into())
        .mend("校准服务器时间（NTP）", "set the machine's clock (NTP)")
}

fn space(dir: &Path) -> Finding {
    if is_read_only(&dir.join("doctor")) {
        let (zh, en) = ("磁盘只能读取", "the disk can only be read");
        return finding("disk", State::Mend, zh.into(), en.into()).mend(
            "查看系统日志，修好磁盘并重新挂载，再重启服务",
            "see the system's log, mend the disk, mount it anew and start the service again",
        );
    }
    let free = rustix::fs::statvfs(dir).ok().map(|it| it.f_bavail.saturating_mul(it.f_frsize));
    let state = match free {
        Some(it) if it < SPACE_MEND => State::Mend,
        Some(it) if it >= SPACE_LOOK => State::Good,
        _ => State::Look,
    };
    let shown = free.map_or_else(|| "?".to_owned(), |it| format!("{} GiB", it >> 30));
    finding("disk", state, format!("磁盘可用 {shown}"), format!("{shown} of disk space left"))
        .mend("清理或扩容磁盘；写满后将无法受理", "free or add space; a full disk takes nothing")
}

fn files(place: &FilePlace) -> Finding {
    let (name, fault) = match place {
        FilePlace::Folder(folder) => {
            let is_there = folder.is_dir();
            (folder.display().to_string(), (!is_there).then(|| "?".to_owned()))
        }
        FilePlace::S3(bucket) => {
            let asked = FileStore::s3(bucket).and_then(|it| it.check());
            (format!("{bucket:?}"), asked.err().map(|it| it.to_string()))
        }
    };
    let (zh, en) = match &fault {
        None => (format!("照片存放处 {name} 可用"), format!("photos are kept in {name}")),
        Some(why) => (
            format!("照片存放处 {name} 不可用：{why}"),
            format!("the place of photos {name} is not there: {why}"),
        ),
    };
    finding("files", good_if(fault.is_none(), State::Mend), zh, en).mend(
        "恢复该目录或对象存储，或从备份恢复",
        "bring the folder or bucket back, or restore a backup",
    )
}

/// Has a picture decoded, as the service will.
fn pictures() -> Finding {
    let confined = std::env::current_exe().ok().and_then(picture::is_confined);
    let (state, zh, en) = match confined {
        Some(true) => (
            State::Good,
            "照片在隔离进程中处理，无法访问文件和网络",
            "pictures are decoded in a process that reaches no file and no network",
        ),
        Some(false) => (
            State::Look,
            "照片在限额进程中处理，但此系统不支持系统调用过滤",
            "pictures are decoded under limits, but this kernel filters no system calls",
        ),
        None => (State::Mend, "照片无法处理", "pictures cannot be decoded"),
    };
    finding("pictures", state, zh.into(), en.into()).mend(
        "使用支持 seccomp 的 Linux 内核，并确认程序可被执行",
        "run on a Linux kernel with seccomp, and see that the program may be executed",
    )
}

fn units(rules: &Rules) -> Finding {
    let (units, people) = (rules.units.len(), rules.grants.len());
    let is_good = units > 0 && people > 0;
    finding(
        "units",
        good_if(is_good, State::Mend),
        format!("{units} 个单位，{people} 名在岗人员"),
        format!("{units} units, {people} people with roles"),
    )
    .mend("用 bihuan import units / people 导入", "use `bihuan import units` and `people`")
}

fn packs(rules: &Rules) -> Finding {
    let count = rules.packs.len();
    finding(
        "packs",
        good_if(count > 0, State::Mend),
        format!("已发布 {count} 个事项包"),
        format!("{count} packs published"),
    )
    .mend("用 bihuan pack publish 发布", "use `bihuan pack publish`")
}

/// What the newest revision of each pack lacks, told once.
fn lacking(rules: &Rules, now: Instant) -> Vec<StaffingGap> {
    let mut gaps = BTreeMap::new();
    for pack in rules.packs.keys().filter_map(|it| rules.pack(it)) {
        for gap in staffing(rules, pack, now) {
            gaps.entry((gap.code, gap.unit.clone(), gap.role.clone())).or_insert(gap);
        }
    }
    gaps.into_values().collect()
}

fn posts(gaps: &[&StaffingGap]) -> Finding {
    let count = gaps.len();
    finding(
        "posts",
        good_if(gaps.is_empty(), State::Mend),
        format!("{count} 个岗位无人"),
        format!("{count} posts without anybody"),
    )
    .mend(
        "用 bihuan user grant 指定人员，或在单位表补上职能",
        "use `bihuan user grant`, or give the function to a unit",
    )
    .items(grouped(gaps))
}

/// One line for each kind of lack: the first unit in words, and how many more.
fn grouped(gaps: &[&StaffingGap]) -> Vec<Text> {
    let mut groups: BTreeMap<_, Vec<&StaffingGap>> = BTreeMap::new();
    for gap in gaps {
        groups.entry((gap.code, &gap.role)).or_default().push(gap);
    }
    let mut lines = Vec::with_capacity(groups.len());
    for group in groups.into_values() {
        let (first, more) = (&group[0].what, group.len() - 1);
        lines.push(match more {
            0 => first.clone(),
            _ => Text::new(
                format!("{}（另有 {more} 个单位同样）", first.zh),
                format!("{} (and {more} more units alike)", first.en),
            ),
        });
    }
    lines
}

fn other_party(gaps: &[&StaffingGap]) -> Finding {
    let count = gaps.len();
    finding(
        "acceptors",
        good_if(gaps.is_empty(), State::Mend),
        format!("{count} 个单位的整改无另一方验收"),
        format!("{count} units whose work no other party can accept"),
    )
    .mend("在该单位之外指定验收人", "grant an acceptor outside the unit")
    .items(grouped(gaps))
}

fn points(rules: &Rules) -> Finding {
    let lacking = rules.points.iter().filter(|(_, it)| {
        let person = it.person.as_ref();
        person.is_none_or(|it| !rules.grants.contains_key(it))
    });
    let named = lacking.map(|(id, it)| {
        let unit = it.unit.as_str();
        Text::new(format!("{id}（{unit}）"), format!("{id} ({unit})"))
    });
    let items: Vec<Text> = named.collect();
    let (count, all) = (items.len(), rules.points.len());
    finding(
        "points",
        good_if(count == 0, State::Look),
        format!("{all} 个点位，{count} 个没有在岗责任人"),
        format!("{all} points, {count} without a responsible person in office"),
    )
    .mend("改好点位表后用 bihuan import points 导入", "mend the table, then import points")
    .items(items)
}

fn calendar(rules: &Rules, now: Instant) -> Finding {
    let (this, next) = (rules.zone.date(now).year(), rules.zone.date(now.plus_ms(366 * DAY_MS)));
    let missing: Vec<i16> = (this..=next.year()).filter(|it| !rules.calendar.covers(*it)).collect();
    let state = match missing.as_slice() {
        [] => State::Good,
        years if years.contains(&this) => State::Mend,
        _ => State::Look,
    };
    let years = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (zh, en) = if missing.is_empty() {
        ("工作日历覆盖今后一年".to_owned(), "the calendar covers the year to come".to_owned())
    } else {
        (
            format!("{years} 年放假安排未录入，涉及的时限为暂定"),
            format!("the days off of {years} are not on record; deadlines there are provisional"),
        )
    };
    finding("calendar", state, zh, en).mend(
        "国务院公布后用 bihuan calendar add 加入",
        "add the year with `bihuan calendar add` once it is announced",
    )
}

/// Gaps and overlaps of the areas below each unit that has one.
fn areas(rules: &Rules) -> Finding {
    let areas: BTreeMap<&UnitId, &Area> =
        rules.areas.entries().iter().map(|it| (&it.unit, &it.area)).collect();
    let mut items = Vec::new();
    for (unit, whole) in &areas {
        let below = rules.units.children(unit).map(|it| it.id.clone());
        let parts: Vec<(UnitId, Area)> =
            below.filter_map(|it| areas.get(&it).map(|area| (it, (*area).clone()))).collect();
        if parts.is_empty() {
            continue;
        }
        let report = tiling_report(whole, &parts, TOLERANCE_M2);
        if !report.is_clean() {
            let counts = (report.gaps.len(), report.overlaps.len(), report.outside.len());
            let (gaps, overlaps, outside) = counts;
            items.push(Text::new(
                format!("{unit}：空缺 {gaps} 处，重叠 {overlaps} 处，越界 {outside} 处"),
                format!("{unit}: {gaps} gaps, {overlaps} overlaps, {outside} parts outside"),
            ));
        }
    }
    let (count, all) = (items.len(), areas.len());
    finding(
        "areas",
        good_if(count == 0, State::Look),
        format!("{all} 个区域，{count} 个单位的下级区域拼接不严"),
        format!("{all} areas; below {count} units they do not tile"),
    )
    .mend("在测绘软件中改好后重新导入", "mend the outlines and import them again")
    .items(items)
}

fn messages(stuck: i64) -> Finding {
    finding(
        "outbox",
        good_if(stuck == 0, State::Look),
        format!("{stuck} 条通知超过一小时未送出"),
        format!("{stuck} messages have waited for more than an hour"),
    )
    .mend("检查服务是否运行、通知渠道是否配置", "check that the service runs and can send")
}

fn timers(late: i64) -> Finding {
    finding(
        "timers",
        good_if(late == 0, State::Look),
        format!("{late} 件的到期提醒迟了十分钟以上"),
        format!("the timers of {late} matters are more than ten minutes late"),
    )
    .mend("启动服务，或运行 bihuan tick", "start the service, or run `bihuan tick`")
}
