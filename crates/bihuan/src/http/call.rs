//! Whom one may call about a matter, with one tap.
//!
//! Invariants: who may is decided by the policy; a person's number is read together with the entry
//! of the audit trail that tells of it; no list and no export has one.

use super::body::Path;
use super::problem::{ReadProblems, denied};
use super::{ApiProblem, App, Caller};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::Compartment;
use bihuan_core::policy::{
    Callee, Denied, NoCall, Scope, Viewer, callees, compartment, shows_person, sight,
};
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::record::Said;
use bihuan_store::text::{Shown, names, telephones};
use bihuan_store::timeline::timeline;
use bihuan_store::{Db, DbError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Whom one may call about a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Calls {
    /// Who owes the next act first, persons before offices.
    pub calls: Vec<Call>,
}

/// A number that one may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Call {
    /// Whose it is: the role of a person, or which office's duty telephone.
    pub role: Text,
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_title: Text,
    /// The person; absent for the duty telephone of an office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// That person's name; absent where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number.
    pub telephone: String,
    /// The same as an address that a telephone dials (RFC 3966).
    #[schema(example = "tel:03705550123")]
    pub tel: String,
}

/// The numbers that the caller may call about an open matter, as one who takes part in it or owes
/// its next act.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/call", tag = "matter", params(("id" = MatterId, Path)),
    responses((status = 200, body = Calls), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
) -> Result<Response, ApiProblem> {
    if caller.via != Via::Person {
        return Err(denied(&Denied::NotByMachine));
    }
    let (rules, viewer) = caller.viewer(&app);
    let read = move |db: &mut Db| told(db, &rules, &viewer, &caller, id);
    let calls = app.record(move |db, _| read(db)).await?.map_err(refused)?;
    let head = [(header::CACHE_CONTROL, "no-store")];
    Ok((head, axum::Json(Calls { calls })).into_response())
}

type Told = (Result<Vec<Call>, NoCall>, Vec<Audited>);

fn told(
    db: &mut Db,
    rules: &Rules,
    viewer: &Viewer,
    caller: &Caller,
    id: MatterId,
) -> Result<Told, DbError> {
    let Some(matter) = bihuan_store::matter::matter(db, &Scope::operator(), id)? else {
        return Ok((Err(NoCall::Unseen), Vec::new()));
    };
    let entries = timeline(db, &matter)?;
    let acts: Vec<_> = entries
        .iter()
        .filter_map(|it| match &it.said {
            Said::Matter(it) => Some((&it.by, &it.event)),
            Said::Rules(_) | Said::Audit(_) | Said::Adjustment(_) | Said::Ranking(_) => None,
        })
        .collect();
    let callees = match callees(rules, &matter, viewer, &acts) {
        Ok(it) => it,
        Err(why) => return Ok((Err(why), Vec::new())),
    };
    let persons: BTreeSet<PersonId> = callees.iter().filter_map(|it| it.person.clone()).collect();
    let known = (telephones(db, &persons)?, names(db, &persons)?);
    let sees = |it: &PersonId| shows_person(rules, sight(rules, &matter, viewer), it);
    let calls: Vec<Call> =
        callees.into_iter().filter_map(|it| call(rules, &known, &sees, it)).collect();
    let entries = shown(rules, &matter, caller, &calls);
    Ok((Ok(calls), entries))
}

type Known = BTreeMap<PersonId, Shown>;

fn call(
    rules: &Rules,
    (numbers, names): &(Known, Known),
    sees: &impl Fn(&PersonId) -> bool,
    callee: Callee,
) -> Option<Call> {
    let unit = rules.units.get(&callee.unit)?;
    let text = |of: &Known, it: &PersonId| of.get(it).and_then(Shown::text).map(str::to_owned);
    let telephone = match &callee.person {
        Some(person) => text(numbers, person),
        None => unit.telephone.clone(),
    }?;
    let person = callee.person.filter(sees);
    Some(Call {
        role: callee.role,
        unit: callee.unit,
        unit_title: unit.title.clone(),
        name: person.as_ref().and_then(|it| text(names, it)),
        person,
        tel: format!("tel:{telephone}"),
        telephone,
    })
}

/// What the audit trail says of the answer.
fn shown(rules: &Rules, matter: &Matter, caller: &Caller, calls: &[Call]) -> Vec<Audited> {
    let told = |act| Audited::by(act, &caller.account).via(caller.via).matter(matter.id);
    let pack = rules.pack_of(matter);
    if pack.is_some_and(|it| compartment(rules, it) == Compartment::Sealed) {
        return vec![told(Act::SealedSeen)];
    }
    let persons = calls.iter().filter_map(|it| it.person.as_ref());
    persons.map(|it| told(Act::TelephoneSeen).about(it.0.clone())).collect()
}

fn refused(why: NoCall) -> ApiProblem {
    let (status, code, zh, en) = match why {
        NoCall::Unseen => return ApiProblem::not_found(),
        NoCall::Ended => (
            StatusCode::CONFLICT,
            "matter_ended",
            "事项已办结，不再提供联系电话",
            "the matter has ended; numbers are given while it is open",
        ),
        NoCall::NoPart => (
            StatusCode::FORBIDDEN,
            "no_part",
            "仅限经办此件或轮到其办理的人员拨打电话",
            "numbers are for those who take part in the matter or owe its next act",
        ),
    };
    ApiProblem::new(status, code, Text::new(zh, en))
}
