//! `bihuan user`: people, what they may do, who stands in, and handing over.

use super::Outcome;
use crate::cli::{MemberWords, UserCommand};
use crate::config::Config;
use crate::day;
use crate::entropy;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::{OPERATOR, Realm};
use bihuan_core::id::{AccountId, MatterId, PersonId, RoleId, is_key};
use bihuan_core::matter::submission::{Command, HandOver, Submission, Via};
use bihuan_core::policy::{Scope, is_administrative};
use bihuan_core::time::Zone;
use bihuan_core::unit::UnitId;
use bihuan_store::Answer;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::matter::matter;
use bihuan_store::realm::{Person, owed_by, people};
use bihuan_store::rules::{Change, DeputyRow, MembershipRow, PersonRow};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    command: UserCommand,
) -> Result<Outcome, Problem> {
    let realm = match command {
        UserCommand::List { .. } | UserCommand::HandOver { yes: false, .. } => Realm::look(config)?,
        _ => Realm::open(config)?,
    };
    realm.mark(out);
    let zone = realm.rules().zone;
    match command {
        UserCommand::List { unit, role } => list(&realm, out, unit.as_deref(), role.as_deref()),
        UserCommand::Add { person, name, account, phone, member } => {
            add(&realm, out, person, name, account, phone, &member)
        }
        UserCommand::Password { account, stdin } => password(&realm, out, account, stdin),
        UserCommand::Grant { person, member } => {
            let row = membership(&realm, zone, &member)?;
            change_members(&realm, out, &PersonId(person), vec![row])
        }
        UserCommand::Suspend { person, role } => suspend(&realm, out, person, role.as_deref()),
        UserCommand::Deputy { person, stands_for, from, to } => {
            let (person, stands_for) = (PersonId(person), PersonId(stands_for));
            for it in [&person, &stands_for] {
                known(&realm, it)?;
            }
            let (from, to) = (day::start(zone, &from)?, day::end(zone, &to)?);
            let row = DeputyRow { person, stands_for, from, to };
            let seq = realm.change(Change::Deputies(vec![row]))?;
            done(out, json!({ "seq": seq }), "已登记代理", "noted");
            Ok(Outcome::Good)
        }
        UserCommand::HandOver { person, to, reason, account, yes } => {
            let given = Given { from: PersonId(person), to: PersonId(to), reason };
            hand_over(&realm, out, &given, account, yes)
        }
    }
}

fn done(out: &Output, value: Value, zh: &str, en: &str) {
    out.answer(value, |text| {
        let _ = writeln!(text, "{}", out.pick(zh, en));
    });
}

/// Sets the password of an account and ends its sessions. One that is drawn is told once, here.
fn password(realm: &Realm, out: &Output, account: String, stdin: bool) -> Result<Outcome, Problem> {
    let account = AccountId(account);
    if !realm.rules().accounts.contains_key(&account) {
        return Err(Problem::unknown("账号", "account", &account.0));
    }
    let given = stdin.then(|| {
        let mut line = String::new();
        let most = crate::password::BYTES_MAX as u64 + 2;
        let read = std::io::stdin().take(most).read_to_string(&mut line);
        read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
    });
    let given = given.transpose().map_err(|it| Problem::Other(it.to_string()))?;
    if let Some(password) = &given {
        crate::password::check(&account, password)
            .map_err(|want| Problem::Word { word: "password".into(), want })?;
    }
    let drawn = given.is_none().then(crate::password::draw);
    let plain = given.or_else(|| drawn.clone()).unwrap_or_default();
    let (hash, now) = (crate::password::hash(&plain), realm.now());
    let of = account.clone();
    realm.store().record(move |db, _| {
        bihuan_store::credential::set(db, &of, &hash, now)?;
        let by = Some(OPERATOR.to_owned());
        let told = Audited { by, ..Audited::nobody(Act::PasswordChanged) };
        Ok(((), vec![told.about(of.0)]))
    })?;
    let told = drawn.clone().unwrap_or_default();
    out.answer(json!({ "account": account, "password": drawn }), |text| {
        let zh = format!("{account} 的新密码（只显示这一次）：{told}");
        let en = format!("new password of {account}, shown this once: {told}");
        let (zh, en) = match told.is_empty() {
            true => {
                ("密码已设置，原有登录已退出".to_owned(), "set; every device is out".to_owned())
            }
            false => (zh, en),
        };
        let _ = writeln!(text, "{}", out.pick(&zh, &en));
    });
    Ok(Outcome::Good)
}

fn known(realm: &Realm, id: &PersonId) -> Result<Person, Problem> {
    let found = realm.read(people)?.into_iter().find(|it| it.id == *id);
    found.ok_or_else(|| Problem::unknown("人员", "person", &id.0))
}

fn list(
    realm: &Realm,
    out: &Output,
    unit: Option<&str>,
    role: Option<&str>,
) -> Result<Outcome, Problem> {
    let rules = realm.rules();
    let under = unit.map(UnitId::from);
    if let Some(unit) = under.as_ref().filter(|it| rules.units.get(it).is_none()) {
        return Err(Problem::unknown("单位", "unit", &unit.0));
    }
    let fits = |it: &MembershipRow| {
        under.as_ref().is_none_or(|unit| rules.units.is_within(&it.unit, unit))
            && role.is_none_or(|role| it.role.0 == role)
    };
    let mut found = realm.read(people)?;
    if under.is_some() || role.is_some() {
        for person in &mut found {
            person.memberships.retain(fits);
        }
        found.retain(|it| !it.memberships.is_empty());
    }
    out.answer(json!({ "count": found.len(), "people": found }), |text| {
        let head = [
            out.pick("编号", "person"),
            out.pick("姓名", "name"),
            out.pick("账号", "accounts"),
            out.pick("角色@单位（区域）", "role@unit (area)"),
        ];
        let rows: Vec<Vec<String>> = found.iter().map(|it| row(out, it)).collect();
        table(text, &head.map(ToOwned::to_owned), &rows);
        let count = found.len();
        let said = out.pick("共", "in all");
        let _ = writeln!(text, "{said} {count}");
    });
    Ok(Outcome::Good)
}

fn row(out: &Output, person: &Person) -> Vec<String> {
    let accounts: Vec<&str> = person.accounts.iter().map(|it| it.as_str()).collect();
    let member = |it: &MembershipRow| {
        let area = if it.area == it.unit { String::new() } else { format!(" ({})", it.area) };
        let status = if it.status == "active" {
            String::new()
        } else {
            format!(" [{}]", out.pick("停用", it.status.as_str()))
        };
        format!("{}@{}{area}{status}", it.role, it.unit)
    };
    let members: Vec<String> = person.memberships.iter().map(member).collect();
    let name = person.name.text().unwrap_or(out.pick("（已删除）", "(erased)"));
    vec![person.id.0.clone(), name.to_owned(), accounts.join(" "), members.join("; ")]
}

fn membership(realm: &Realm, zone: Zone, words: &MemberWords) -> Result<MembershipRow, Problem> {
    let rules = realm.rules();
    let roles = rules.packs.values().flat_map(|it| it.values()).flat_map(|it| &it.roles);
    let is_known = roles.clone().any(|it| it.id.0 == words.role)
        || is_administrative(&RoleId::from(words.role.as_str()));
    if !rules.packs.is_empty() && !is_known {
        return Err(Problem::unknown("角色", "role", &words.role));
    }
    let unit = |key: &str| {
        let id = UnitId::from(key);
        if rules.units.get(&id).is_some() {
            return Ok(id);
        }
        Err(Problem::unknown("单位", "unit", key))
    };
    let area = words.area.as_deref().unwrap_or(&words.unit);
    Ok(MembershipRow {
        role: RoleId::from(words.role.as_str()),
        unit: unit(&words.unit)?,
        area: unit(area)?,
        from: words.from.as_deref().map(|it| day::start(zone, it)).transpose()?,
        to: words.to.as_deref().map(|it| day::end(zone, it)).transpose()?,
        status: "active".into(),
    })
}

fn add(
    realm: &Realm,
    out: &Output,
    person: String,
    name: String,
    account: Option<String>,
    phone: Option<String>,
    member: &MemberWords,
) -> Result<Outcome, Problem> {
    let account = account.unwrap_or_else(|| person.clone());
    for key in [&person, &account] {
        if !is_key(key) {
            let (zh, en) = ("编号只用字母、数字、_ - .", "a key is letters, digits, _ - .");
            return Err(Problem::word(key, zh, en));
        }
    }
    if name.trim().is_empty() {
        return Err(Problem::word(&name, "请写姓名", "give a name"));
    }
    let row = PersonRow {
        id: PersonId(person),
        name,
        identity: phone,
        telephone: None,
        accounts: vec![AccountId(account)],
        memberships: vec![membership(realm, realm.rules().zone, member)?],
    };
    if known(realm, &row.id).is_ok() {
        let (zh, en) = ("已有此人；用 user grant 授予角色", "is known; use `user grant`");
        return Err(Problem::word(&row.id.0, zh, en));
    }
    let id = row.id.clone();
    let seq = realm.change(Change::People(vec![row]))?;
    done(out, json!({ "person": id, "seq": seq }), "已新增", "added");
    Ok(Outcome::Good)
}

fn change_members(
    realm: &Realm,
    out: &Output,
    person: &PersonId,
    rows: Vec<MembershipRow>,
) -> Result<Outcome, Problem> {
    known(realm, person)?;
    let count = rows.len();
    let members = BTreeMap::from([(person.clone(), rows)]);
    let seq = realm.change(Change::Memberships(members))?;
    done(out, json!({ "person": person, "roles": count, "seq": seq }), "已更新", "changed");
    Ok(Outcome::Good)
}

fn suspend(
    realm: &Realm,
    out: &Output,
    person: String,
    role: Option<&str>,
) -> Result<Outcome, Problem> {
    let id = PersonId(person);
    let mut rows = known(realm, &id)?.memberships;
    rows.retain(|it| it.status == "active" && role.is_none_or(|role| it.role.0 == role));
    if rows.is_empty() {
        return Err(Problem::unknown("在岗角色", "active role of", &id.0));
    }
    for row in &mut rows {
        row.status = "suspended".into();
    }
    let open = realm.read(|db| owed_by(db, &id))?.len();
    let outcome = change_members(realm, out, &id, rows)?;
    if open > 0 && !out.json {
        let said = match out.pick("zh", "en") {
            "zh" => format!("名下还有 {open} 件未办结，请用 user hand-over 移交"),
            _ => format!("{open} open matters are still in that name; use `user hand-over`"),
        };
        out.remark(&said);
    }
    Ok(outcome)
}

struct Given {
    from: PersonId,
    to: PersonId,
    reason: String,
}

/// What became of one matter.
struct Handed {
    matter: MatterId,
    number: Option<String>,
    code: &'static str,
    said: String,
}

fn hand_over(
    realm: &Realm,
    out: &Output,
    given: &Given,
    account: Option<String>,
    yes: bool,
) -> Result<Outcome, Problem> {
    let leaver = known(realm, &given.from)?;
    known(realm, &given.to)?;
    let account = account.map(AccountId).or_else(|| leaver.accounts.first().cloned());
    let by = account.ok_or_else(|| {
        Problem::word(&given.from.0, "没有账号；用 --as 指明", "has no account; name one with --as")
    })?;
    let mut handed = Vec::new();
    for id in realm.read(|db| owed_by(db, &given.from))? {
        let number = realm.read(|db| matter(db, &Scope::operator(), id))?.and_then(|it| it.number);
        let (code, said) = if yes {
            hand_one(realm, out, given, &by, id)?
        } else {
            ("preview", out.pick("将移交", "would go over").to_owned())
        };
        handed.push(Handed { matter: id, number, code, said });
    }
    let value: Vec<Value> = handed
        .iter()
        .map(|it| json!({ "matter": it.matter, "number": it.number, "code": it.code }))
        .collect();
    let refused = handed.iter().filter(|it| !["done", "preview"].contains(&it.code)).count();
    out.answer(json!({ "done": yes, "refused": refused, "matters": value }), |text| {
        let rows = handed.iter().map(|it| {
            let number = it.number.clone().unwrap_or_else(|| it.matter.to_string());
            vec![number, it.said.clone()]
        });
        let head = [out.pick("编号", "number"), out.pick("结果", "answer")];
        table(text, &head.map(ToOwned::to_owned), &rows.collect::<Vec<_>>());
        let count = handed.len();
        let said = match (yes, out.pick("zh", "en")) {
            (true, "zh") => format!("共 {count} 件，{refused} 件被拒绝"),
            (true, _) => format!("{count} matters, {refused} refused"),
            (false, "zh") => format!("共 {count} 件；加 --yes 正式移交"),
            (false, _) => format!("{count} matters; say --yes to hand them over"),
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::of(refused == 0))
}

fn hand_one(
    realm: &Realm,
    out: &Output,
    given: &Given,
    by: &AccountId,
    matter: MatterId,
) -> Result<(&'static str, String), Problem> {
    let (from, to, reason) = (given.from.clone(), given.to.clone(), given.reason.clone());
    let submission = Submission {
        id: entropy::command_id(realm.now()),
        by: by.clone(),
        via: Via::Bulk,
        matter,
        base_version: None,
        captured_at: None,
        captured_in: None,
        roles: Vec::new(),
        command: Command::HandOver(HandOver { from, to, reason }),
    };
    match realm.store().submit(submission) {
        Answer::Done(_) => Ok(("done", out.pick("已移交", "handed over").to_owned())),
        Answer::Refused(refusal) => Ok((refusal.code(), out.text(&refusal.text()).to_owned())),
        Answer::Conflict => Err(Problem::Conflict),
        Answer::Failed(failure) => Err(Problem::Store(failure)),
    }
}
