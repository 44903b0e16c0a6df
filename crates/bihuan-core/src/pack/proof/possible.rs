//! Possible: somebody can make each move, and can give each need on the surface they work on.

use super::ways::Ways;
use super::{moves, tell};
use crate::pack::{
    Act, Meaning, Move, Need, Pack, PhotoNeed, PlaceKind, Role, Sink, Stage, Surface,
};
use std::collections::BTreeMap;

/// The slot of the photos that come with the opening of a matter.
const SLOT_ON_OPENING: &str = "before";

/// What may have been given before a stage, by the stage's number.
struct Before {
    /// Photos of a slot that some move on a way to the stage asks for.
    photos: BTreeMap<String, Vec<bool>>,
    /// Whether units may have joined.
    joined: Vec<bool>,
}

/// A move whose needs are looked at.
struct Asking<'p> {
    pack: &'p Pack,
    stage: usize,
    made: &'p Move,
    by: Vec<&'p Role>,
    before: &'p Before,
}

pub(super) fn prove(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    for (no, role) in pack.roles.iter().enumerate().filter(|(_, it)| it.surfaces.is_empty()) {
        tell(
            sink,
            "nobody",
            &format!("role.{no}"),
            format!("请写明“{}”在哪里工作：surfaces", role.id),
            format!("say where `{}` works: surfaces = [\"field\", \"desk\", \"public\"]", role.id),
        );
    }
    let before = before(pack, ways);
    for (path, stage, made) in moves(pack) {
        somebody_makes_it(pack, &path, made, sink);
        let stage = pack.stages.iter().position(|it| std::ptr::eq(it, stage)).unwrap_or_default();
        let by = made.by.iter().filter_map(|it| pack.role(it)).collect();
        let asking = Asking { pack, stage, made, by, before: &before };
        for (no, need) in made.needs.iter().enumerate() {
            if let Some((zh, en)) = asking.why_impossible(need) {
                tell(sink, "impossible_need", &format!("{path}.needs.{no}"), zh, en);
            }
        }
    }
}

fn before(pack: &Pack, ways: &Ways<'_>) -> Before {
    let mut asked: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for way in &ways.ways {
        for need in way.made.iter().flat_map(|(_, it)| &it.needs) {
            if let Need::Photo(photo) = need {
                asked.entry(photo.slot.clone()).or_default().push(way.to);
            }
        }
    }
    let photos = asked.into_iter();
    let photos = photos.map(|(slot, to)| (slot, ways.reach(to.into_iter(), |_| true))).collect();
    let joins = |it: &Stage| it.is == Meaning::Handling && !it.allow.join.is_empty();
    let joined = pack.stages.iter().enumerate().filter(|(_, it)| joins(it)).map(|(no, _)| no);
    Before { photos, joined: ways.reach(joined, |_| true) }
}

fn somebody_makes_it(pack: &Pack, path: &str, made: &Move, sink: &Sink) {
    if made.by.is_empty() {
        let en = format!("say who may make `{}`: by = [\"…\"]", made.id);
        tell(sink, "nobody", path, format!("请写明谁可以“{}”：by", made.id), en);
    }
    let may =
        matches!(made.act, Act::Advance | Act::Void | Act::Declare | Act::Accept | Act::SendBack);
    let public = made.by.iter().filter_map(|it| pack.role(it)).find(|it| it.is_public_only());
    if let Some(role) = public.filter(|_| !may) {
        tell(
            sink,
            "not_public",
            &format!("{path}.by"),
            format!("“{}”只在公众页面，不能办理“{}”", role.id, made.id),
            format!("`{}` works on the public page only and cannot make `{}`", role.id, made.id),
        );
    }
}

fn takes_photos(role: &Role) -> bool {
    role.surfaces.iter().any(|it| matches!(it, Surface::Field | Surface::Public))
}

impl Asking<'_> {
    /// Why a need cannot be given here, in both languages.
    fn why_impossible(&self, need: &Need) -> Option<(String, String)> {
        let pack = self.pack;
        let said = |zh: &str, en: &str| Some((zh.to_owned(), en.to_owned()));
        match need {
            Need::Photo(photo) => self.why_no_photo(photo),
            Need::Checklist if !pack.classes.iter().any(|it| !it.standard.zh.is_empty()) => said(
                "没有任何类别写明整改标准，无从逐条勾选",
                "no class has a standard, so there is nothing to tick",
            ),
            Need::Checks if pack.checks.is_empty() => {
                said("没有校验规则（[[check]]）", "the pack has no [[check]]")
            }
            Need::Children if !self.before.joined[self.stage] => said(
                "此前没有任何整改环节允许协同（allow.join）",
                "no handling stage before allows joining (allow.join)",
            ),
            Need::Rows(id) if super::typed::is_rows(pack, id) == Some(false) => {
                said("该字段不是表格（type = \"rows\"）", "the field is no table (type = \"rows\")")
            }
            Need::Field(id) if super::typed::is_formula(pack, id) => said(
                "该字段由公式算出，无从填写",
                "the field is computed by a formula; nobody can give it",
            ),
            Need::Checklist
            | Need::Person
            | Need::Unit
            | Need::Limit
            | Need::Visit
            | Need::Payment => {
                let role = self.by.iter().find(|it| it.is_public_only())?;
                Some((
                    format!("“{}”只在公众页面，给不出这一项", role.id),
                    format!("`{}` works on the public page only and cannot give this", role.id),
                ))
            }
            _ => None,
        }
    }

    fn why_no_photo(&self, photo: &PhotoNeed) -> Option<(String, String)> {
        let earlier = |slot: &String| {
            let reached = self.before.photos.get(slot);
            reached.is_some_and(|it| it[self.stage])
        };
        let place = self.pack.place;
        if photo.near_m.is_some() && !(place.kind == PlaceKind::Point && place.required) {
            return Some((
                "近距照片要求事项必有点位：[place] kind = \"point\"、required = true".to_owned(),
                "near_m needs a point: [place] kind = \"point\" and required = true".to_owned(),
            ));
        }
        let beside = |slot: &String| {
            let mut photos = self.made.needs.iter();
            photos.any(|it| matches!(it, Need::Photo(other) if other.slot == *slot))
        };
        if let Some(slot) = &photo.later_than
            && (photo.slot == *slot || !(earlier(slot) || beside(slot)))
        {
            return Some((
                format!("此前没有要求过“{slot}”照片，无从比较先后"),
                format!("no move before asks for a photo `{slot}` to be later than"),
            ));
        }
        let may_be_old = photo.later_than.is_none() && photo.fresh_min.is_none();
        if may_be_old && (photo.slot == SLOT_ON_OPENING || earlier(&photo.slot)) {
            return None;
        }
        let role = self.by.iter().find(|it| !takes_photos(it) && !it.surfaces.is_empty())?;
        Some((
            format!("“{}”在桌面端工作，拍不了“{}”照片", role.id, photo.slot),
            format!("`{}` works at the desk and cannot take a photo `{}`", role.id, photo.slot),
        ))
    }
}
