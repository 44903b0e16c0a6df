//! `bihuan pack`: check, test, new, publish, draw, list.

use super::Outcome;
use crate::cli::PackCommand;
use crate::config::Config;
use crate::flow;
use crate::output::{Output, table};
use crate::pack_folder;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::is_key;
use bihuan_core::pack::{Gap, Pack, PackFiles, StaffingGap, staffing};
use bihuan_core::story::{self, StoryFault};
use bihuan_store::rules::Change;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Refusals that every pack has to tell beside its successes.
const REFUSALS: [&str; 3] = ["missing", "not_allowed", "same_party"];

/// The small pack that `pack new` writes; `__ID__` is its key.
const TEMPLATE: [(&str, &str); 5] = [
    ("pack.toml", include_str!("../../template/pack/pack.toml")),
    ("classes.csv", include_str!("../../template/pack/classes.csv")),
    ("README.md", include_str!("../../template/pack/README.md")),
    ("stories/clear.story", include_str!("../../template/pack/stories/clear.story")),
    ("stories/refused.story", include_str!("../../template/pack/stories/refused.story")),
];

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    command: PackCommand,
) -> Result<Outcome, Problem> {
    match command {
        PackCommand::Check { folders, realm } => check(config, out, &folders, realm),
        PackCommand::Test { folders } => test(out, &folders),
        PackCommand::New { folder } => new(out, &folder),
        PackCommand::Publish { folder } => publish(config, out, &folder),
        PackCommand::Flow { folder } => draw(config, out, &folder),
        PackCommand::List => list(config, out),
    }
}

fn draw(config: &Config, out: &mut Output, folder: &Path) -> Result<Outcome, Problem> {
    let pack = Pack::load(&pack_folder::read(folder)?).map_err(Problem::Gaps)?;
    let svg = flow::svg(&pack, config.lang);
    out.answer(json!({ "pack": pack.id, "svg": svg }), |text| text.push_str(&svg));
    Ok(Outcome::Good)
}

/// What was found in a folder.
#[derive(Serialize)]
struct Checked {
    folder: String,
    pack: Option<String>,
    gaps: Vec<Gap>,
    staffing: Vec<StaffingGap>,
}

fn check(
    config: &Config,
    out: &mut Output,
    folders: &[PathBuf],
    realm: Option<PathBuf>,
) -> Result<Outcome, Problem> {
    let realm = realm.map(|it| Realm::look(&config.at(it))).transpose()?;
    if let Some(realm) = &realm {
        realm.mark(out);
    }
    let mut checked = Vec::new();
    for folder in folders {
        let loaded = Pack::load(&pack_folder::read(folder)?);
        let mut lacking = Vec::new();
        let (pack, gaps) = match loaded {
            Ok(pack) => {
                if let Some(realm) = &realm {
                    lacking = staffing(&realm.rules(), &pack, realm.now());
                }
                (Some(pack.id.0), Vec::new())
            }
            Err(gaps) => (None, gaps),
        };
        let folder = folder.display().to_string();
        checked.push(Checked { folder, pack, gaps, staffing: lacking });
    }
    let is_good = checked.iter().all(|it| it.gaps.is_empty() && it.staffing.is_empty());
    out.answer(json!({ "ok": is_good, "packs": checked }), |text| {
        for it in &checked {
            for gap in &it.gaps {
                let what = out.text(&gap.what);
                let _ =
                    writeln!(text, "{}/{}:{}: {}: {what}", it.folder, gap.file, gap.line, gap.code);
            }
            for gap in &it.staffing {
                let what = out.text(&gap.what);
                let _ = writeln!(text, "{}: {}: {what}", it.folder, gap.code);
            }
            let count = it.gaps.len() + it.staffing.len();
            let _ = match out.pick("zh", "en") {
                _ if count == 0 => {
                    writeln!(text, "{}: {}", it.folder, out.pick("没有缺漏", "no gaps"))
                }
                "zh" => writeln!(text, "{}: {count} 处缺漏", it.folder),
                _ => writeln!(text, "{}: {count} gaps", it.folder),
            };
        }
    });
    Ok(Outcome::of(is_good))
}

/// What the stories of a folder showed.
#[derive(Serialize)]
struct Tested {
    folder: String,
    pack: String,
    stories: Vec<Told>,
    steps: usize,
    moves_untold: Vec<String>,
    refusals_told: BTreeSet<String>,
    refusals_untold: Vec<String>,
}

#[derive(Serialize)]
struct Told {
    file: String,
    faults: Vec<StoryFault>,
}

impl Tested {
    fn is_good(&self) -> bool {
        self.moves_untold.is_empty() && self.stories.iter().all(|it| it.faults.is_empty())
    }
}

fn test(out: &Output, folders: &[PathBuf]) -> Result<Outcome, Problem> {
    let mut tested = Vec::new();
    for folder in folders {
        let files = pack_folder::read(folder)?;
        let pack = Pack::load(&files).map_err(Problem::Gaps)?;
        tested.push(tell(folder, &pack, &files));
    }
    let is_good = tested.iter().all(Tested::is_good);
    out.answer(json!({ "ok": is_good, "packs": tested }), |text| {
        for it in &tested {
            say_tested(out, text, it);
        }
    });
    Ok(Outcome::of(is_good))
}

/// Runs all stories of a pack.
fn tell(folder: &Path, pack: &Pack, files: &PackFiles) -> Tested {
    let (mut stories, mut steps) = (Vec::new(), 0);
    let (mut made, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for (file, bytes) in files.files.iter().filter(|(name, _)| name.ends_with(".story")) {
        let report = story::run(pack, &String::from_utf8_lossy(bytes));
        made.extend(report.made);
        refused.extend(report.refused);
        steps += report.steps;
        stories.push(Told { file: file.clone(), faults: report.faults });
    }
    let moves = pack.stages.iter().flat_map(|it| &it.moves);
    let untold = moves.filter(|it| !made.contains(&format!("move:{}", it.id)));
    Tested {
        folder: folder.display().to_string(),
        pack: pack.id.0.clone(),
        stories,
        steps,
        moves_untold: untold.map(|it| it.id.0.clone()).collect(),
        refusals_untold: REFUSALS
            .into_iter()
            .filter(|it| !refused.contains(*it))
            .map(ToOwned::to_owned)
            .collect(),
        refusals_told: refused,
    }
}

fn say_tested(out: &Output, text: &mut String, it: &Tested) {
    for story in &it.stories {
        for fault in &story.faults {
            let _ = writeln!(
                text,
                "{}/{}:{}: {} `{}`, {} `{}`",
                it.folder,
                story.file,
                fault.line,
                out.pick("故事写", "the story says"),
                fault.expected,
                out.pick("实际", "it came out as"),
                fault.got
            );
        }
    }
    if !it.moves_untold.is_empty() {
        let moves = it.moves_untold.join(", ");
        let said = out.pick("没有故事办理过这些动作", "no story makes these moves");
        let _ = writeln!(text, "{}: {said}: {moves}", it.folder);
    }
    if !it.refusals_untold.is_empty() {
        let codes = it.refusals_untold.join(", ");
        let said = out.pick("建议补上被拒绝的情形", "worth telling: a step refused with");
        let _ = writeln!(text, "{}: {said}: {codes}", it.folder);
    }
    let (stories, steps) = (it.stories.len(), it.steps);
    let verdict = match (it.is_good(), out.pick("zh", "en")) {
        (true, "zh") => format!("{stories} 个故事、{steps} 步，全部符合"),
        (true, _) => format!("{stories} stories, {steps} steps, all as told"),
        (false, "zh") => format!("{stories} 个故事、{steps} 步，不符合"),
        (false, _) => format!("{stories} stories, {steps} steps: not as told"),
    };
    let _ = writeln!(text, "{}: {verdict}", it.folder);
}

fn new(out: &Output, folder: &Path) -> Result<Outcome, Problem> {
    let id = folder.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    if !is_key(&id) {
        return Err(Problem::word(
            &id,
            "目录名即事项包编号，只用字母、数字、_ - .",
            "the folder's name becomes the key of the pack: letters, digits, _ - .",
        ));
    }
    if folder.exists() {
        let zh = "已存在，请换一个目录名";
        return Err(Problem::word(&folder.display().to_string(), zh, "it exists; name a new one"));
    }
    let mut written = Vec::new();
    for (name, template) in TEMPLATE {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|it| Problem::file(parent, &it))?;
        let text = template.replace("__ID__", &id);
        std::fs::write(&path, text).map_err(|it| Problem::file(&path, &it))?;
        written.push(name);
    }
    out.answer(json!({ "pack": id, "files": written }), |text| {
        let said = match out.pick("zh", "en") {
            "zh" => {
                format!("已写好 {}；改好后运行 bihuan pack check 与 pack test", folder.display())
            }
            _ => format!(
                "wrote {}; change it, then run `pack check` and `pack test`",
                folder.display()
            ),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}

fn publish(config: &Config, out: &mut Output, folder: &Path) -> Result<Outcome, Problem> {
    let files = pack_folder::read(folder)?;
    let pack = Pack::load(&files).map_err(Problem::Gaps)?;
    let realm = Realm::open(config)?;
    realm.mark(out);
    let seq = realm.change(Change::Pack(files))?;
    let (id, rev) = (pack.id, pack.rev);
    out.answer(json!({ "pack": id, "rev": rev, "seq": seq }), |text| {
        let said = match out.pick("zh", "en") {
            "zh" => format!("已发布 {id} 第 {rev} 版；新事项从现在起按它办理"),
            _ => format!("published {id} revision {rev}; matters opened from now on follow it"),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::Good)
}

fn list(config: &Config, out: &mut Output) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let rules = realm.rules();
    let packs = rules.packs.values().flat_map(|it| it.values());
    let packs: Vec<_> = packs.collect();
    let newest = |pack: &Pack| rules.pack(&pack.id).is_some_and(|it| it.rev == pack.rev);
    let value: Vec<_> = packs
        .iter()
        .map(|it| json!({ "pack": it.id, "rev": it.rev, "title": it.title, "opens": newest(it) }))
        .collect();
    out.answer(json!({ "packs": value }), |text| {
        let head = [("编号", "pack"), ("版本", "rev"), ("名称", "title"), ("受理", "opens")];
        let head: Vec<String> = head.iter().map(|it| out.pick(it.0, it.1).to_owned()).collect();
        let yes = |is: bool| out.pick(if is { "是" } else { "" }, if is { "yes" } else { "" });
        let row = |it: &&std::sync::Arc<Pack>| {
            let title = out.text(&it.title).to_owned();
            vec![it.id.0.clone(), it.rev.to_string(), title, yes(newest(it)).to_owned()]
        };
        table(text, &head, &packs.iter().map(row).collect::<Vec<_>>());
    });
    Ok(Outcome::Good)
}
