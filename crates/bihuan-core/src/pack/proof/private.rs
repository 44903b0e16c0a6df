//! Private: what is sealed shows nowhere that others look.

use super::{tell, typed};
use crate::pack::{Compartment, Of, Pack, SEALED_COUNT_MIN, Shows, Sink};
use crate::policy::is_administrative;

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    let sealed = pack.compartment == Compartment::Sealed;
    if let Some(public) = pack.public.as_ref().filter(|_| pack.compartment != Compartment::Open) {
        for (shown, key) in [(public.list, "list"), (public.map, "map")] {
            if shown {
                tell(
                    sink,
                    "private",
                    &format!("public.{key}"),
                    format!("只有开放（open）的事项包可以公开{key}"),
                    format!("only an open pack may show a public {key}"),
                );
            }
        }
        if sealed && public.count_min < SEALED_COUNT_MIN {
            tell(
                sink,
                "private",
                "public.count_min",
                format!("保密事项的公开计数，不足{SEALED_COUNT_MIN}件的须隐去"),
                format!("public counts of sealed matters are withheld below {SEALED_COUNT_MIN}"),
            );
        }
    }
    for (no, column) in pack.ledger.iter().enumerate() {
        if let Shows::Field(id) = &column.shows
            && typed::is_sealed(pack, id)
        {
            tell(
                sink,
                "private",
                &format!("ledger.{no}.shows"),
                format!("“{id}”是保密字段，台账不能显示"),
                format!("`{id}` is sealed; the ledger must not show it"),
            );
        }
    }
    for (no, role) in pack.roles.iter().enumerate().filter(|it| is_administrative(&it.1.id)) {
        tell(
            sink,
            "private",
            &format!("role.{no}.id"),
            format!("“{}”是管理员角色，事项包不能使用此名", role.id),
            format!("`{}` is an office of administrators, who see no matters", role.id),
        );
    }
    for (no, role) in pack.roles.iter().enumerate().filter(|_| sealed) {
        if role.is_public_only() && !matches!(role.of, Of::Subject | Of::Opener) {
            tell(
                sink,
                "private",
                &format!("role.{no}.of"),
                format!("保密事项的公众角色“{}”只能是本人（subject或opener）", role.id),
                format!("in a sealed pack `{}` sees only own matters: subject or opener", role.id),
            );
        }
    }
}
