//! What every decision needs at hand: the actor, the rights, the sealing of texts, the stages.

use crate::clock::{Due, RuleRef, Within, due};
use crate::content::{ContentRef, derive_salt, seal};
use crate::form::{
    FieldFault, FieldValue, Ground, check_entries, check_form, fill_formulas, undeclared,
};
use crate::id::{MatterId, PersonId, RoleId};
use crate::matter::decide::{By, Content, Decision};
use crate::matter::event::{Behalf, Event, Score};
use crate::matter::facts::{Facts, Grant, Rules, Wanted};
use crate::matter::number::{counter_name, format_number};
use crate::matter::refusal::Refusal;
use crate::matter::state::{FileState, Handling, Matter, Owed, Standing};
use crate::matter::submission::{
    CLOCK_ACCOUNT, FILES_MAX, FileDecl, OnBehalf, Submission, TEXT_BYTES_MAX, Via,
};
use crate::pack::{Class, ClockWithin, Of, Pack, Stage, Starts, TariffOn};
pub(crate) use crate::party::Scene;
use crate::party::covers_as;
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use std::collections::BTreeMap;

/// What every decision needs at hand.
pub(crate) struct Context<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Instant,
    pub(crate) submission: &'a Submission,
    pub(crate) person: PersonId,
    acting: Option<(Option<UnitId>, RoleId)>,
    contents: Vec<Content>,
    counters: Vec<String>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        facts: &'a Facts<'a>,
        submission: &'a Submission,
    ) -> Result<Context<'a>, Refusal> {
        let person = if submission.via == Via::Clock {
            PersonId(CLOCK_ACCOUNT.to_owned())
        } else {
            facts.rules.accounts.get(&submission.by).ok_or(Refusal::NoAccount)?.clone()
        };
        if submission.captured_at.is_some_and(|it| !it.is_plausible()) {
            return Err(invalid(
                "captured_at",
                "日期须在2000年至2100年之间",
                "dates lie in 2000 to 2100",
            ));
        }
        Ok(Context {
            facts,
            rules: facts.rules,
            now: facts.now,
            submission,
            person,
            acting: None,
            contents: Vec::new(),
            counters: Vec::new(),
        })
    }

    pub(crate) fn into_decision(self, events: Vec<(MatterId, Event)>) -> Decision {
        let (unit, role) = self.acting.unwrap_or_default();
        let by = By {
            account: self.submission.by.clone(),
            person: self.person,
            unit,
            role,
            via: self.submission.via,
        };
        Decision { by, events, contents: self.contents, counters: self.counters }
    }

    /// The matter acted on, if it is as the sender saw it.
    pub(crate) fn matter(&self) -> Result<&'a Matter, Refusal> {
        let matter = self.facts.matters.get(&self.submission.matter).ok_or(Refusal::NoMatter)?;
        match self.submission.base_version {
            Some(base) if base < matter.version => Err(Refusal::Stale { version: matter.version }),
            _ => Ok(matter),
        }
    }

    /// The pack of a matter, at the revision it was opened under.
    pub(crate) fn pack_of(&self, matter: &Matter) -> Result<&'a Pack, Refusal> {
        let no_pack = || Refusal::NoPack { pack: matter.pack.clone() };
        self.rules.pack_of(matter).map(AsRef::as_ref).ok_or_else(no_pack)
    }

    pub(crate) fn class_of(&self, pack: &'a Pack, matter: &Matter) -> Result<&'a Class, Refusal> {
        let class = &matter.standing.class;
        pack.class(class).ok_or_else(|| Refusal::NoClass { class: class.clone() })
    }

    /// The clock acts by itself; everybody else is refused.
    pub(crate) fn only_clock(&mut self) -> Result<(), Refusal> {
        if self.submission.via != Via::Clock {
            return Err(Refusal::not_allowed(vec![RoleId(CLOCK_ACCOUNT.to_owned())]));
        }
        self.acting = Some((None, RoleId(CLOCK_ACCOUNT.to_owned())));
        Ok(())
    }

    /// All grants under which the actor may do on `matter` what `roles` may.
    pub(crate) fn grants(&self, pack: &Pack, roles: &[RoleId], on: &Scene<'_>) -> Vec<Grant> {
        if self.submission.via == Via::Clock {
            return Vec::new();
        }
        let fits = |grant: &&Grant| {
            roles.contains(&grant.role)
                && pack.role(&grant.role).is_some_and(|it| {
                    covers_as(&self.rules.units, grant, it, on, self.submission.via)
                })
        };
        self.held().filter(fits).cloned().collect()
    }

    /// The grants that the actor may act under, as far as the way it came in allows.
    pub(crate) fn held(&self) -> impl Iterator<Item = &Grant> {
        let only = &self.submission.roles;
        let held = self.rules.grants_of(&self.person, self.now);
        held.filter(move |it| only.is_empty() || only.contains(&it.role))
    }

    /// The first fitting grant becomes the one acted under.
    pub(crate) fn act_as(
        &mut self,
        pack: &Pack,
        roles: &[RoleId],
        on: &Scene<'_>,
    ) -> Result<Grant, Refusal> {
        let grant = self.grants(pack, roles, on).into_iter().next();
        let grant = grant.ok_or_else(|| Refusal::not_allowed(roles.to_vec()))?;
        self.act_under(&grant);
        Ok(grant)
    }

    pub(crate) fn act_under(&mut self, grant: &Grant) {
        self.acting = Some((Some(grant.unit.clone()), grant.role.clone()));
    }

    /// Seals a text; the text itself goes beside the record.
    pub(crate) fn seal(&mut self, kind: &str, text: &str) -> Result<ContentRef, Refusal> {
        if text.trim().is_empty() {
            return Err(invalid(kind, "不能为空", "must not be empty"));
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(invalid(kind, "文字过长（上限16KB）", "the text is longer than 16 KiB"));
        }
        if text.contains('\0') {
            return Err(invalid(kind, "含有无法保存的字符，请删除", "remove the character NUL"));
        }
        let mut purpose = self.submission.id.0.as_bytes().to_vec();
        purpose.extend_from_slice(&self.contents.len().to_be_bytes());
        let salt = derive_salt(self.facts.salt, &purpose);
        let reference = seal(&salt, text.as_bytes());
        self.contents.push(Content {
            reference: reference.clone(),
            salt,
            bytes: text.as_bytes().to_vec(),
            kind: kind.to_owned(),
        });
        Ok(reference)
    }

    pub(crate) fn seal_some(
        &mut self,
        kind: &str,
        text: Option<&String>,
    ) -> Result<Option<ContentRef>, Refusal> {
        text.map(|it| self.seal(kind, it)).transpose()
    }

    pub(crate) fn behalf(&mut self, behalf: Option<&OnBehalf>) -> Result<Option<Behalf>, Refusal> {
        let Some(behalf) = behalf else { return Ok(None) };
        if !["phone", "visit", "letter", "signed_paper"].contains(&behalf.means.as_str()) {
            return Err(invalid(
                "on_behalf.means",
                "请选择方式",
                "name phone, visit, letter or signed_paper",
            ));
        }
        let party = self.seal("party", &behalf.party)?;
        let evidence = behalf.evidence.clone();
        Ok(Some(Behalf { party, means: behalf.means.clone(), evidence }))
    }

    /// Checks the fields given, seals their texts and computes what follows from them. `matter`
    /// carries what was filled in before, and its files; `files` are those declared beside.
    pub(crate) fn form(
        &mut self,
        pack: &Pack,
        matter: Option<&Matter>,
        input: &BTreeMap<String, serde_json::Value>,
        files: &[FileDecl],
    ) -> Result<BTreeMap<String, FieldValue>, Refusal> {
        if input.is_empty() {
            return Ok(BTreeMap::new());
        }
        let refuse = |faults: Vec<FieldFault>| Refusal::Form { faults };
        let inputs = check_form(&pack.form, input).map_err(refuse)?;
        let mut values = BTreeMap::new();
        for (id, input) in inputs {
            let value = input.into_value(&mut |text| self.seal(&id, text))?;
            values.insert(id, value);
        }
        let old = matter.map_or(&[][..], |it| &it.files);
        let is_declared = |digest: &str| {
            files.iter().any(|it| it.digest == digest) || old.iter().any(|it| it.digest == digest)
        };
        undeclared(&values, &is_declared).map_err(refuse)?;
        let (rules, nothing) = (self.rules, BTreeMap::new());
        let entries = rules.entries(&pack.id);
        check_entries(&pack.form, &values, entries, self.now).map_err(refuse)?;
        let ground = Ground::of(pack, entries, rules.zone.date(self.now));
        let before = matter.map_or(&nothing, |it| &it.form);
        fill_formulas(&pack.form, &ground, before, &mut values).map_err(refuse)?;
        Ok(values)
    }

    /// The next number of a template.
    pub(crate) fn number(&mut self, template: &str) -> String {
        let name = counter_name(template, self.rules.zone, self.now);
        let used = self.counters.iter().filter(|it| **it == name).count() as u64;
        let next = self.facts.counters.get(&name).copied().unwrap_or(1) + used;
        let number = format_number(&name, next);
        self.counters.push(name);
        number
    }

    /// Files as the matter keeps them, with their distance from its place.
    pub(crate) fn files(
        &self,
        declared: &[FileDecl],
        matter: Option<&Matter>,
        place: Option<&crate::place::Place>,
    ) -> Result<Vec<FileState>, Refusal> {
        if declared.len() > FILES_MAX {
            return Err(invalid("files", "一次最多40个文件", "at most 40 files at once"));
        }
        let mut files: Vec<FileState> = Vec::new();
        for file in declared {
            let known = matter.is_some_and(|it| it.files.iter().any(|it| it.digest == file.digest));
            if known || files.iter().any(|it| it.digest == file.digest) {
                return Err(invalid(
                    "files",
                    "照片已用过，请重新拍摄",
                    "this file was used before; take a new photo",
                ));
            }
            files.push(self.file(file, matter, place)?);
        }
        Ok(files)
    }

    fn file(
        &self,
        file: &FileDecl,
        matter: Option<&Matter>,
        place: Option<&crate::place::Place>,
    ) -> Result<FileState, Refusal> {
        let hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        if file.digest.len() != 64 || !file.digest.bytes().all(hex) {
            return Err(invalid(
                "files.digest",
                "应为64位小写十六进制",
                "64 lower-case hexadecimal digits",
            ));
        }
        if !crate::id::is_key(&file.slot) {
            return Err(invalid("files.slot", "请注明用途", "say what it shows"));
        }
        if file.taken_at.is_some_and(|it| !it.is_plausible()) {
            return Err(invalid(
                "files.taken_at",
                "日期须在2000年至2100年之间",
                "dates lie in 2000 to 2100",
            ));
        }
        let off_m = match (&file.taken_in, place) {
            (Some(taken), Some(place)) => {
                let slack_m = taken.accuracy_m.min(ACCURACY_SLACK_M_MAX);
                Some(taken.at.distance_m(place.at).saturating_sub(slack_m))
            }
            _ => None,
        };
        Ok(FileState {
            digest: file.digest.clone(),
            slot: file.slot.clone(),
            taken_at: file.taken_at,
            off_m,
            arrived: self.facts.arrived.contains(&file.digest),
            since: matter.map_or(1, |it| it.version + 1),
        })
    }

    /// Where a matter stands on entering `stage`.
    pub(crate) fn enter(&self, into: &Entry<'_>) -> Standing {
        let stage = into.stage;
        let owner = stage.owner.as_ref().map(|owner| {
            let unit = self.rules.owner_unit(&Wanted {
                role: &owner.role,
                of: &owner.of,
                place: into.place,
                assigned: into.handling.map(|it| &it.unit),
                opener: into.opener_unit,
                not: into.not,
                now: self.now,
            });
            let person = match (&owner.of, into.handling) {
                (Of::Assigned, Some(handling)) => handling.person.clone(),
                _ => None,
            };
            Owed { role: owner.role.clone(), unit, person }
        });
        Standing {
            stage: stage.id.clone(),
            is: stage.is,
            since: self.now,
            responsible: into.responsible.clone(),
            owner,
            due: self.stage_due(into),
            class: into.class.code.clone(),
            weight_milli: into.weight_milli,
            suspended: false,
        }
    }

    fn stage_due(&self, into: &Entry<'_>) -> Option<Due> {
        let clock = into.stage.clock.as_ref()?;
        if clock.starts == Starts::Dispatch
            && let Some(handling) = into.handling
        {
            return Some(handling.due.clone());
        }
        let start = if clock.starts == Starts::Open { into.opened_at } else { self.now };
        Some(self.due_from(into.pack, into.stage, into.class, start))
    }

    /// The deadline of a stage counted from `start`.
    pub(crate) fn due_from(
        &self,
        pack: &Pack,
        stage: &Stage,
        class: &Class,
        start: Instant,
    ) -> Due {
        let (within, rule) = match stage.clock.as_ref().map(|it| it.within) {
            Some(ClockWithin::Fixed(within)) => (within, RuleRef::Stage { id: stage.id.0.clone() }),
            _ => (class.limit, RuleRef::Class { code: class.code.0.clone(), rev: pack.rev }),
        };
        self.due(pack, stage, start, within, rule)
    }

    pub(crate) fn due(
        &self,
        pack: &Pack,
        stage: &Stage,
        start: Instant,
        within: Within,
        rule: RuleRef,
    ) -> Due {
        let rest_day = stage.clock.as_ref().map_or(crate::clock::RestDay::Roll, |it| it.rest_day);
        due(self.rules.calendar(pack), self.rules.zone, start, within, rest_day, rule)
    }

    /// Points and money that follow for `unit`.
    pub(crate) fn scores(
        &self,
        pack: &Pack,
        on: TariffOn,
        unit: &UnitId,
        weight_milli: i64,
        exempt: bool,
    ) -> Vec<Score> {
        if exempt {
            return Vec::new();
        }
        let today = self.rules.zone.date(self.now).to_string();
        let kind = self.rules.units.get(unit).map(|it| &it.kind);
        let valid = pack.tariffs.iter().filter(|it| {
            it.on == on
                && it.valid_from.as_ref().is_none_or(|from| *from <= today)
                && it.valid_to.as_ref().is_none_or(|to| today < *to)
        });
        valid
            .map(|tariff| {
                let factor = if tariff.by_weight { weight_milli } else { 1_000 };
                let scale = |it: i64| it.saturating_mul(factor) / 1_000;
                let may_charge = kind.is_some_and(|it| tariff.fen_kinds.contains(it));
                Score {
                    unit: unit.clone(),
                    tariff: tariff.id.clone(),
                    on,
                    points_milli: scale(tariff.points_milli),
                    fen: if may_charge { scale(tariff.fen) } else { 0 },
                }
            })
            .collect()
    }
}

/// Most metres of inaccuracy that count in favour of a photo.
pub(crate) const ACCURACY_SLACK_M_MAX: u32 = 30;

/// A stage about to be entered.
pub(crate) struct Entry<'a> {
    pub(crate) pack: &'a Pack,
    pub(crate) stage: &'a Stage,
    pub(crate) class: &'a Class,
    pub(crate) weight_milli: i64,
    pub(crate) place: &'a UnitId,
    pub(crate) responsible: &'a UnitId,
    pub(crate) handling: Option<&'a Handling>,
    pub(crate) opener_unit: &'a UnitId,
    pub(crate) opened_at: Instant,
    pub(crate) not: &'a [UnitId],
}

impl Event {
    /// An event with no more than what happened.
    pub(crate) fn of(what: crate::matter::event::What) -> Event {
        Event { what, standing: None, fired: None, scores: Vec::new() }
    }
}

pub(crate) fn invalid(field: &str, zh: &str, en: &str) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), why: Text::new(zh, en) }
}
