//! Notices: who is to be told of what, after commit.

use crate::id::{PersonId, RoleId};
use crate::matter::Rules;
use crate::matter::event::{Event, What};
use crate::matter::facts::Grant;
use crate::matter::state::Matter;
use crate::matter::submission::{TimerRule, Via};
use crate::pack::Meaning;
use crate::party::{Scene, covers_as, relation};
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use std::collections::BTreeSet;

/// Somebody to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of what.
    pub kind: NoticeKind,
    /// Whoever holds this role, where no person is named.
    pub role: Option<RoleId>,
    /// For this unit.
    pub unit: Option<UnitId>,
    /// The person, where one is named.
    pub person: Option<PersonId>,
}

/// Of what somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// The next move is theirs.
    Yours,
    /// A deadline comes near.
    DueSoon,
    /// A deadline has passed.
    Overdue,
    /// Urged (催办).
    Urged,
    /// Under supervision (督办).
    Supervised,
    /// An acceptance was drawn, and is theirs to look at again (盲抽复核).
    SecondLook,
    /// Whoever looked again does not agree with the acceptance.
    Disagreed,
    /// Whoever fixes it by a link has said that it is done.
    Proposed,
}

impl NoticeKind {
    /// The word in rows and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            NoticeKind::Yours => "yours",
            NoticeKind::DueSoon => "due_soon",
            NoticeKind::Overdue => "overdue",
            NoticeKind::Urged => "urged",
            NoticeKind::Supervised => "supervised",
            NoticeKind::SecondLook => "second_look",
            NoticeKind::Disagreed => "disagreed",
            NoticeKind::Proposed => "proposed",
        }
    }

    /// All kinds.
    pub const EACH: [NoticeKind; 8] = [
        NoticeKind::Yours,
        NoticeKind::DueSoon,
        NoticeKind::Overdue,
        NoticeKind::Urged,
        NoticeKind::Supervised,
        NoticeKind::SecondLook,
        NoticeKind::Disagreed,
        NoticeKind::Proposed,
    ];

    /// The kind of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<NoticeKind> {
        NoticeKind::EACH.into_iter().find(|it| it.word() == word)
    }

    /// What it says to a person.
    #[must_use]
    pub fn text(self) -> Text {
        let (zh, en) = match self {
            NoticeKind::Yours => ("待您办理", "the next move is yours"),
            NoticeKind::DueSoon => ("即将到期", "a deadline comes near"),
            NoticeKind::Overdue => ("已超期", "a deadline has passed"),
            NoticeKind::Urged => ("被催办", "urged"),
            NoticeKind::Supervised => ("被督办", "under supervision"),
            NoticeKind::SecondLook => ("抽中复核，请您再看一次", "drawn for a second look by you"),
            NoticeKind::Disagreed => {
                ("复核与验收结论不一致", "the second look disagrees with the acceptance")
            }
            NoticeKind::Proposed => {
                ("处置人已提交，请核对后申报", "the fixer says that it is done: check and declare")
            }
        };
        Text::new(zh, en)
    }

    /// Whether all who could act are told, not only those of the unit that owes it: that acceptance
    /// was judged wrongly is for more than the one desk to see.
    fn is_wide(self) -> bool {
        self == NoticeKind::Disagreed
    }
}

/// Who is to be told of a step from `before` to `after`.
#[must_use]
pub fn notices(before: Option<&Matter>, after: &Matter, event: &Event) -> Vec<Notice> {
    let mut notices = Vec::new();
    let owner = after.standing.owner.as_ref();
    let to_owner = |kind| {
        owner.map(|it| Notice {
            kind,
            role: Some(it.role.clone()),
            unit: Some(it.unit.clone()),
            person: it.person.clone(),
        })
    };
    if before.is_none_or(|it| it.standing.owner != after.standing.owner) {
        notices.extend(to_owner(NoticeKind::Yours));
    }
    match &event.what {
        What::Urged(_) => notices.extend(to_owner(NoticeKind::Urged)),
        What::Supervised(..) => notices.extend(to_owner(NoticeKind::Supervised)),
        What::Expired(expired) => {
            let kind = match expired.rule {
                TimerRule::Warn => NoticeKind::DueSoon,
                TimerRule::Overdue => NoticeKind::Overdue,
                _ => return notices,
            };
            notices.extend(to_owner(kind));
            if let Some(role) = &expired.tell
                && owner.is_none_or(|it| it.role != *role)
            {
                let unit = Some(after.place_unit.clone());
                notices.push(Notice { kind, role: Some(role.clone()), unit, person: None });
            }
        }
        _ => {}
    }
    notices
}

/// The persons whom a notice of a matter concerns at a moment: whoever is named and is still in
/// office, else whoever holds the role for it; and those who stand in for them.
#[must_use]
pub fn recipients(
    rules: &Rules,
    matter: &Matter,
    notice: &Notice,
    now: Instant,
) -> BTreeSet<PersonId> {
    let is_there = |it: &&PersonId| rules.grants_of(it, now).next().is_some();
    let mut persons: BTreeSet<PersonId> = match notice.person.as_ref().filter(is_there) {
        Some(person) => BTreeSet::from([person.clone()]),
        None => holders(rules, matter, notice, now),
    };
    let stand_in = rules.deputies.iter().filter(|it| it.from <= now && now < it.to);
    let deputies: Vec<PersonId> = stand_in
        .filter(|it| persons.contains(&it.stands_for))
        .map(|it| it.person.clone())
        .collect();
    persons.extend(deputies);
    persons
}

/// Whoever could act on a matter in the role, of the unit or the nearest above it that has one.
fn holders(rules: &Rules, matter: &Matter, notice: &Notice, now: Instant) -> BTreeSet<PersonId> {
    let pack = rules.pack_of(matter);
    let role = notice.role.as_ref().and_then(|it| pack.and_then(|pack| pack.role(it)));
    let Some(role) = role else { return BTreeSet::new() };
    let scene = Scene::of(matter);
    // What awaits acceptance is for another party alone.
    let awaits = matter.standing.is == Meaning::Declared
        && matter.standing.owner.as_ref().is_some_and(|it| it.role == role.id);
    let is_free = |it: &Grant| {
        let employments = || rules.employments(&it.person, matter.opened_at, now);
        !awaits
            || relation(&rules.units, &matter.parts, &it.person, &it.unit, &employments()).is_ok()
    };
    let held = rules.by_role.get(&role.id).into_iter().flatten().filter(|it| it.holds(now));
    let covers = |it: &&Grant| covers_as(&rules.units, it, role, &scene, Via::Person);
    let able: Vec<&Grant> = held.filter(covers).filter(|it| is_free(it)).collect();
    if notice.kind.is_wide() {
        return able.into_iter().map(|it| it.person.clone()).collect();
    }
    nearest(rules, notice.unit.as_ref(), &able)
}

/// Those of the unit that owes it; where it has none, those of the nearest unit above that has. Not
/// everybody who could: what is everybody's is nobody's.
fn nearest(rules: &Rules, unit: Option<&UnitId>, able: &[&Grant]) -> BTreeSet<PersonId> {
    let of = |unit: &UnitId| -> BTreeSet<PersonId> {
        let own = able.iter().filter(|it| it.unit == *unit || it.area == *unit);
        own.map(|it| it.person.clone()).collect()
    };
    let above = unit.into_iter().flat_map(|it| rules.units.up_from(it));
    let found = above.map(|it| of(&it.id)).find(|it| !it.is_empty());
    // A unit beside the way up, such as a department: whoever could act is told.
    found.unwrap_or_else(|| able.iter().map(|it| it.person.clone()).collect())
}
