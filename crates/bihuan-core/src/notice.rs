//! Notices: who is to be told of what, after commit.

use crate::id::{PersonId, RoleId};
use crate::matter::Rules;
use crate::matter::event::{Event, What};
use crate::matter::facts::Grant;
use crate::matter::state::Matter;
use crate::matter::submission::TimerRule;
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

    /// Whether everybody above is told, too: what slips is for them to see.
    fn is_wide(self) -> bool {
        matches!(self, NoticeKind::DueSoon | NoticeKind::Overdue | NoticeKind::Disagreed)
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

/// The persons whom a notice concerns at a moment: whoever is named and is still in office, else
/// whoever holds the role for the unit; and those who stand in for them.
#[must_use]
pub fn recipients(rules: &Rules, notice: &Notice, now: Instant) -> BTreeSet<PersonId> {
    let is_there = |it: &&PersonId| rules.grants_of(it, now).next().is_some();
    let mut persons: BTreeSet<PersonId> = match notice.person.as_ref().filter(is_there) {
        Some(person) => BTreeSet::from([person.clone()]),
        None => holders(rules, notice, now),
    };
    let deputies = rules.deputies.iter();
    let stands_in = deputies.filter(|it| it.from <= now && now < it.to);
    let deputies: Vec<PersonId> = stands_in
        .filter(|it| persons.contains(&it.stands_for))
        .map(|it| it.person.clone())
        .collect();
    persons.extend(deputies);
    persons
}

/// Whoever holds the role for the unit itself; where nobody does, or all above are meant, whoever
/// holds it for a unit above.
fn holders(rules: &Rules, notice: &Notice, now: Instant) -> BTreeSet<PersonId> {
    let (Some(role), Some(unit)) = (&notice.role, &notice.unit) else { return BTreeSet::new() };
    let held = || rules.by_role.get(role).into_iter().flatten().filter(|it| it.holds(now));
    let of = |fits: &dyn Fn(&Grant) -> bool| -> BTreeSet<PersonId> {
        held().filter(|it| fits(it)).map(|it| it.person.clone()).collect()
    };
    let own = of(&|it| it.unit == *unit || it.area == *unit);
    if !own.is_empty() && !notice.kind.is_wide() {
        return own;
    }
    let above = of(&|it| rules.units.is_within(unit, &it.area));
    own.into_iter().chain(above).collect()
}
