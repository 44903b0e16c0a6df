//! The life of a matter by ordinary commands: open, file, dispatch, receive, declare, accept.
//!
//! Invariant: the six commands are in order and lawful, whatever the chance.

use anyhow::{Context, Result};
use bihuan_core::id::{AccountId, ClassCode, CommandId, MatterId, MoveId};
use bihuan_core::matter::submission::{Command, FileDecl, MoveInput, Open, Submission, Via};
use bihuan_core::place::{Place, PlaceSource, Point};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;

use super::town::{NOW, VILLAGES, spot, town_of, village};
use crate::torture::realm::PACK;

/// Commands of one life.
pub(super) const STEPS: usize = 6;
/// Problem types, told by codes of one length.
pub(super) const CLASSES: [&str; 8] =
    ["0110", "0111", "0112", "0114", "0117", "0125", "0130", "0136"];
/// The problem type that more than half of all matters have, so that each village has more than a
/// page of it at every size.
pub(super) const USUAL: &str = CLASSES[0];
/// Where something is wrong, and what; two characters of each are searched for.
const PLACES: [&str; 12] = [
    "农贸市场东门",
    "小学北墙",
    "公交站台",
    "河堤西侧",
    "老家属院",
    "汽车站广场",
    "卫生院门口",
    "铁路桥下",
    "村委会旁",
    "加油站对面",
    "超市后巷",
    "公园南侧",
];
/// See [`PLACES`].
pub(super) const FAULTS: [&str; 12] = [
    "垃圾满溢",
    "污水外流",
    "建筑渣土",
    "小广告",
    "杂草丛生",
    "枯枝落叶",
    "废旧家具",
    "线缆垂落",
    "路面破损",
    "井盖缺失",
    "油污外泄",
    "乱搭乱建",
];

/// One life that may be lived.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) matter: MatterId,
    /// The ids of its commands, in order.
    pub(super) commands: Vec<CommandId>,
    pub(super) village: u64,
    pub(super) at: Point,
    pub(super) class: &'static str,
    pub(super) title: String,
    /// Digests of its photos: before and after.
    pub(super) photos: [String; 2],
}

impl Life {
    /// A life whose ids say that it began at `at`, as UUIDv7 do.
    pub(super) fn new(chance: &mut Chance, at: Instant) -> Result<Life> {
        let no = chance.below(VILLAGES);
        let pick = |of: &[&'static str], bits: u64| {
            *usize::try_from(bits).ok().and_then(|it| of.get(it % of.len())).unwrap_or(&of[0])
        };
        let (place, fault) = (pick(&PLACES, chance.bits() >> 1), pick(&FAULTS, chance.bits() >> 1));
        let mut commands = Vec::with_capacity(STEPS);
        for _ in 0..STEPS {
            commands.push(CommandId(uuid(chance, at)?.parse()?));
        }
        Ok(Life {
            matter: MatterId(uuid(chance, at)?.parse()?),
            commands,
            village: no,
            at: spot(no, chance.bits() >> 20, chance.bits() >> 20),
            class: if chance.below(2) == 0 { USUAL } else { pick(&CLASSES, chance.bits() >> 1) },
            title: format!("{place}{}米处{fault}，请尽快处理", chance.below(500)),
            photos: [chance.digest(), chance.digest()],
        })
    }

    /// Its commands.
    pub(super) fn submissions(&self) -> Vec<Submission> {
        let (village, town) = (village(self.village), town_of(self.village));
        let made = |by: &str, command: Command| (AccountId(by.to_owned()), command);
        let open = Open {
            pack: PACK.into(),
            class: ClassCode::from(self.class),
            source: "patrol".into(),
            title: self.title.clone(),
            place: Some(self.place()),
            files: vec![self.photo(0, "before", NOW.plus_ms(-120_000))],
            ..Open::default()
        };
        let texts = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(id, text)| ((*id).to_owned(), (*text).into())).collect()
        };
        let input = |id: &str| MoveInput { id: MoveId::from(id), ..MoveInput::default() };
        let moved = |input: MoveInput| Command::Move(Box::new(input));
        let dispatch = MoveInput {
            unit: Some(village.as_str().into()),
            form: texts(&[("measure", "清运垃圾，冲洗地面"), ("standard", "地面见本色，无残留")]),
            ..input("dispatch")
        };
        let declare = MoveInput {
            files: vec![self.photo(1, "after", NOW.plus_ms(-1_000))],
            form: texts(&[("measure_done", "已清运干净并冲洗")]),
            ..input("declare")
        };
        let accept = MoveInput { checklist: (0..40).collect(), ..input("accept") };
        let steps = [
            made(&format!("inspector-{village}"), Command::Open(Box::new(open))),
            made(&format!("intake-{town}"), moved(input("file"))),
            made(&format!("dispatcher-{town}"), moved(dispatch)),
            made(&format!("handler-{village}"), moved(input("receive"))),
            made(&format!("handler-{village}"), moved(declare)),
            made(&format!("acceptor-{town}"), moved(accept)),
        ];
        let submission = |(id, (by, command)): (&CommandId, (AccountId, Command))| Submission {
            id: *id,
            by,
            via: Via::Person,
            matter: self.matter,
            base_version: None,
            captured_at: Some(NOW.plus_ms(-500)),
            captured_in: None,
            roles: Vec::new(),
            command,
        };
        self.commands.iter().zip(steps).map(submission).collect()
    }

    fn place(&self) -> Place {
        Place { source: PlaceSource::Gnss, ..Place::of_point(self.at, NOW) }
    }

    fn photo(&self, no: usize, slot: &str, taken_at: Instant) -> FileDecl {
        FileDecl {
            digest: self.photos[no].clone(),
            slot: slot.to_owned(),
            taken_at: Some(taken_at),
            taken_in: Some(self.place()),
        }
    }
}

/// A UUIDv7 of a moment, as text.
fn uuid(chance: &mut Chance, at: Instant) -> Result<String> {
    let ms = u64::try_from(at.0).context("a moment before 1970")?;
    let (high, low) = (chance.bits(), chance.bits());
    Ok(format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
        ms >> 16,
        ms & 0xffff,
        high & 0xfff,
        (high >> 12) & 0xfff,
        low & 0xffff_ffff_ffff
    ))
}
