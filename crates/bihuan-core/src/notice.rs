//! Notices: who is to be told of what, after commit.

use crate::id::{PersonId, RoleId};
use crate::matter::event::{Event, What};
use crate::matter::state::Matter;
use crate::matter::submission::TimerRule;
use crate::unit::UnitId;

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
        }
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
