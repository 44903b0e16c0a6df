//! One matter from end to end, as a person reads it.

use crate::life::{Entry, Life};
use crate::output::{Output, table};
use crate::sheet::erased;
use crate::telling::rule_words;
use bihuan_core::content::ContentRef;
use bihuan_core::form::FieldValue;
use bihuan_core::matter::{Rules, Via};
use bihuan_core::unit::UnitId;
use bihuan_store::text::Shown;
use std::fmt::Write as _;

pub(super) fn tell(text: &mut String, out: &Output, rules: &Rules, life: &Life) {
    let teller = Teller { out, rules, life };
    teller.head(text);
    teller.deadline(text);
    teller.form(text);
    teller.files(text);
    teller.kin(text);
    teller.duties(text);
    teller.acts(text);
    teller.spans(text);
    teller.receipt(text);
}

struct Teller<'a> {
    out: &'a Output,
    rules: &'a Rules,
    life: &'a Life,
}

impl Teller<'_> {
    fn unit<'b>(&'b self, id: &'b UnitId) -> &'b str {
        self.rules.units.get(id).map_or(id.as_str(), |it| self.out.text(&it.title))
    }

    fn content(&self, reference: &ContentRef) -> String {
        match self.life.texts.get(reference) {
            Some(Shown::Text(text)) => text.clone(),
            Some(Shown::Erased(seq)) => erased(self.out.lang, *seq),
            Some(Shown::None) | None => self.out.pick("（不可见）", "(not shown)").to_owned(),
        }
    }

    fn line(&self, text: &mut String, (zh, en): (&str, &str), value: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {value}", self.out.pick(zh, en));
    }

    fn heading(&self, text: &mut String, zh: &str, en: &str) {
        let _ = writeln!(text, "\n{}", self.out.pick(zh, en));
    }

    fn head(&self, text: &mut String) {
        let (out, matter) = (self.out, &self.life.matter);
        let id = matter.id.to_string();
        let number = matter.number.as_deref().unwrap_or(&id);
        let stage = self.life.pack.stage(&matter.standing.stage);
        let stage = stage.map_or(matter.standing.stage.as_str(), |it| out.text(&it.title));
        let _ = writeln!(text, "{number}  {stage}  {}", out.text(&self.life.pack.title));
        if let Some(title) = &matter.title {
            let _ = writeln!(text, "{}", self.content(title));
        }
        let class = self.life.pack.class(&matter.standing.class);
        let class = class.map_or(matter.standing.class.as_str(), |it| out.text(&it.title));
        self.line(text, ("类别", "class"), class);
        self.line(text, ("位置", "place"), self.unit(&matter.place_unit));
        if let Some(place) = &matter.place {
            let at = format!("{:.6}, {:.6} WGS-84", place.at.lon(), place.at.lat());
            let datum = place.datum.title();
            self.line(
                text,
                ("坐标", "coordinates"),
                &format!("{at} ({datum}, ±{} m)", place.accuracy_m),
            );
        }
        self.line(text, ("责任单位", "responsible"), self.unit(&matter.standing.responsible));
        if let Some(owner) = &matter.standing.owner {
            let role = self.life.pack.role(&owner.role);
            let role = role.map_or(owner.role.as_str(), |it| out.text(&it.title));
            let person = owner.person.as_ref().map(|it| self.life.name(it)).unwrap_or_default();
            let value = format!("{} {role} {person}", self.unit(&owner.unit));
            self.line(text, ("当前办理", "next move by"), value.trim_end());
        }
        if let Some(number) = &matter.clear_number {
            self.line(text, ("销号编号", "cleared as"), number);
        }
    }

    fn deadline(&self, text: &mut String) {
        let (out, matter) = (self.out, &self.life.matter);
        let Some(due) = &matter.standing.due else { return };
        let at = out.moment(self.rules.zone, due.at);
        let provisional =
            if due.provisional { out.pick("（暂定）", " (provisional)") } else { "" };
        self.line(text, ("时限", "due"), &format!("{at}{provisional}"));
        let _ = writeln!(text, "  {}", out.text(&rule_words(&due.rule)));
        for step in &due.because {
            let _ = writeln!(text, "  {}", step.text(out.lang));
        }
    }

    fn form(&self, text: &mut String) {
        let form = &self.life.matter.form;
        if form.is_empty() {
            return;
        }
        self.heading(text, "表单", "form");
        for (id, value) in form {
            let field = self.life.pack.form.iter().find(|it| it.id == *id);
            let title = field.map_or(id.as_str(), |it| self.out.text(&it.title));
            let value = match value {
                FieldValue::Int(it) => it.to_string(),
                FieldValue::Key(key) => key.clone(),
                FieldValue::Yes(yes) => {
                    let (zh, en) = if *yes { ("是", "yes") } else { ("否", "no") };
                    self.out.pick(zh, en).to_owned()
                }
                FieldValue::Ref(it) => self.content(it),
                FieldValue::Files(digests) => digests.join(" "),
                FieldValue::Rows(rows) => format!("{} {}", rows.len(), self.out.pick("行", "rows")),
            };
            let _ = writeln!(text, "  {title}: {value}");
        }
    }

    fn files(&self, text: &mut String) {
        if self.life.matter.files.is_empty() {
            return;
        }
        self.heading(text, "照片与文件", "files");
        for file in &self.life.matter.files {
            let taken = file.taken_at.map(|it| self.out.moment(self.rules.zone, it));
            let off = file.off_m.map(|it| format!("{it} m")).unwrap_or_default();
            let state = if file.arrived { ("已到", "here") } else { ("未到", "not here yet") };
            let _ = writeln!(
                text,
                "  {}  {}  {}  {off}  {}",
                file.slot,
                &file.digest[..file.digest.len().min(12)],
                taken.unwrap_or_default(),
                self.out.pick(state.0, state.1)
            );
        }
    }

    fn kin(&self, text: &mut String) {
        let matter = &self.life.matter;
        for (id, number) in &self.life.lineage {
            let name = number.clone().unwrap_or_else(|| id.to_string());
            self.line(text, ("反弹自", "rebound of"), &name);
        }
        let others = [
            (("反弹为", "came back as"), matter.rebounded_as),
            (("并入", "merged into"), matter.merged_into),
            (("主办事项", "part of"), matter.parent),
        ];
        for (heading, id) in others {
            if let Some(id) = id {
                self.line(text, heading, &id.to_string());
            }
        }
        for child in &matter.children {
            let state = if child.ended { ("已办结", "ended") } else { ("办理中", "open") };
            let state = self.out.pick(state.0, state.1);
            self.line(text, ("协同", "joint"), &format!("{} {state}", self.unit(&child.unit)));
        }
    }

    fn duties(&self, text: &mut String) {
        for duty in &self.life.matter.duties {
            let rule = self.life.pack.duties.iter().find(|it| it.id == duty.id);
            let name = match rule {
                Some(rule) => self.out.text(&rule.title),
                None => self.out.pick("回头看", "recheck"),
            };
            let value = match duty.done_at {
                Some(at) => {
                    let at = self.out.moment(self.rules.zone, at);
                    format!("{name}  {} {at}", self.out.pick("已完成", "done"))
                }
                None => {
                    let at = self.out.moment(self.rules.zone, duty.due.at);
                    format!("{name}  {} {at}", self.out.pick("应在此前", "due"))
                }
            };
            self.line(text, ("后续任务", "duty"), &value);
        }
    }

    fn acts(&self, text: &mut String) {
        self.heading(text, "经过", "what happened");
        for entry in &self.life.entries {
            self.act(text, entry);
        }
    }

    fn act(&self, text: &mut String, entry: &Entry) {
        let (out, by) = (self.out, &entry.said.by);
        let who = if by.via == Via::Clock {
            out.pick("系统时钟", "the clock").to_owned()
        } else {
            let role = self.life.pack.role(&by.role);
            let role = role.map_or(by.role.as_str(), |it| out.text(&it.title));
            let unit = by.unit.as_ref().map(|it| self.unit(it)).unwrap_or_default();
            format!("{} {unit} {role}", self.life.name(&by.person))
        };
        let at = out.moment(self.rules.zone, entry.at);
        let _ = writeln!(text, "  {at}  {}  {}", out.text(&entry.told.act), who.trim_end());
        for note in &entry.told.notes {
            let _ = writeln!(text, "      {}", out.text(note));
        }
        for (heading, said) in &entry.told.said {
            let _ = writeln!(text, "      {}: {}", out.text(heading), self.content(said));
        }
        for score in &entry.said.event.scores {
            let (unit, milli) = (self.unit(&score.unit), score.points_milli);
            let sign = if milli < 0 { "-" } else { "" };
            let (whole, rest) = (milli.unsigned_abs() / 1_000, milli.unsigned_abs() % 1_000);
            let points = out.pick("计分", "points");
            let _ =
                writeln!(text, "      {points} {unit} {sign}{whole}.{rest:03} ({})", score.tariff);
        }
    }

    fn spans(&self, text: &mut String) {
        self.heading(text, "各环节", "where it stood");
        let out = self.out;
        let heads = [("自", "from"), ("至", "to"), ("环节", "stage"), ("责任单位", "responsible")];
        let heads = heads.map(|it| out.pick(it.0, it.1).to_owned());
        let rows = self.life.spans.iter().map(|it| {
            let moment = |at| out.moment(self.rules.zone, at);
            let stage = self.life.pack.stage(&it.stage);
            let stage = stage.map_or(it.stage.as_str(), |it| out.text(&it.title));
            let to = it.to.map(moment).unwrap_or_default();
            vec![moment(it.from), to, stage.to_owned(), self.unit(&it.responsible).to_owned()]
        });
        table(text, &heads, &rows.collect::<Vec<_>>());
    }

    fn receipt(&self, text: &mut String) {
        let (first, last) = self.life.receipt;
        let _ = writeln!(text);
        self.line(text, ("收件凭证", "receipt"), &format!("{first}–{last}"));
        let Some(proof) = &self.life.proof else { return };
        let (seq, size) = (proof.seq, proof.size);
        let value = match self.out.pick("zh", "en") {
            "zh" => format!("第 {seq} 条在 {size} 条记录之中"),
            _ => format!("entry {seq} of {size}"),
        };
        self.line(text, ("包含证明", "inclusion"), &value);
        let _ = writeln!(text, "  leaf {}\n  root {}", proof.leaf, proof.root);
        for hash in &proof.proof {
            let _ = writeln!(text, "  {hash}");
        }
    }
}
