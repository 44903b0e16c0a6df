//! What a story expects, held against what came out.

use crate::form::FieldValue;
use crate::matter::state::Matter;
use crate::pack::Level;
use crate::story::run::Teller;
use crate::story::words::pair;

impl Teller<'_> {
    pub(super) fn expect_done(&mut self, words: &[String]) -> Result<(), String> {
        if let Err(refusal) = self.outcome.as_ref().ok_or("no step came before")? {
            return Err(format!("refused: {} ({})", refusal.code(), refusal.text().en));
        }
        let id = self.last.ok_or("no matter was opened yet")?;
        let of = words.iter().find_map(|it| it.strip_prefix("matter="));
        let id = of.and_then(|it| self.labels.get(it)).copied().unwrap_or(id);
        let matter = self.world.matters.get(&id).ok_or("no such matter")?;
        let stage = words.get(1).map_or("", String::as_str);
        let mut wrong = Vec::new();
        if matter.standing.stage.0 != stage {
            wrong.push(format!("stage {}", matter.standing.stage));
        }
        for (key, value) in words.iter().skip(2).map(|it| pair(it)) {
            let got = self.shows(matter, key);
            let fits = if key == "due" { got.starts_with(value) } else { got == value };
            if key != "matter" && !fits {
                wrong.push(format!("{key}={got}"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join(" ")) }
    }

    fn shows(&self, matter: &Matter, key: &str) -> String {
        let yes = |it: bool| if it { "yes".to_owned() } else { "no".to_owned() };
        match key {
            "due" => matter
                .standing
                .due
                .as_ref()
                .map_or("none".into(), |it| self.world.rules.zone.civil(it.at).to_string()),
            "overdue" => yes(matter.overdue_at.is_some()),
            "supervised" => match matter.supervised {
                None => "none".into(),
                Some(Level::Blue) => "blue".into(),
                Some(Level::Yellow) => "yellow".into(),
                Some(Level::Red) => "red".into(),
            },
            "responsible" => matter.standing.responsible.0.clone(),
            "owner" => matter.standing.owner.as_ref().map_or("none".into(), |it| it.unit.0.clone()),
            "rework" => matter.rework.to_string(),
            "extended" => matter.handling.as_ref().map_or(0, |it| it.extended).to_string(),
            "suspended" => yes(matter.suspension.is_some()),
            "rebound_of" => matter
                .rebound_of
                .and_then(|it| self.labels.iter().find(|(_, id)| **id == it))
                .map_or("none".into(), |(label, _)| label.clone()),
            "numbered" => yes(matter.number.is_some()),
            "cleared" => yes(matter.clear_number.is_some()),
            "exempt" => yes(matter.exempt),
            other => match other.strip_prefix("field:").map(|id| matter.form.get(id)) {
                Some(Some(FieldValue::Int(it))) => it.to_string(),
                Some(Some(FieldValue::Key(it))) => it.clone(),
                Some(Some(FieldValue::Yes(it))) => yes(*it),
                Some(Some(_)) => "given".into(),
                Some(None) => "none".into(),
                None => format!("{other} is not something that a matter shows"),
            },
        }
    }

    pub(super) fn expect_refused(&mut self, words: &[String]) -> Result<(), String> {
        let code = words.get(1).map_or("", String::as_str);
        match self.outcome.as_ref().ok_or("no step came before")? {
            Ok(()) => Err("done".into()),
            Err(refusal) => {
                let text = refusal.text();
                let told = format!("{} {} {refusal:?}", text.zh, text.en).to_lowercase();
                let names = words.get(2).is_none_or(|it| told.contains(&it.to_lowercase()));
                if refusal.code() == code && names {
                    Ok(())
                } else {
                    Err(format!("refused: {} ({})", refusal.code(), text.en))
                }
            }
        }
    }
}
