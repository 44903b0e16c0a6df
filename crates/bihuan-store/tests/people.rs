//! People, log-in and personal data in the store, on both databases: each statement, with what it
//! refuses beside what it does.

mod support;
#[expect(dead_code, reason = "the town has more than this file needs")]
mod town;

use bihuan_core::content::ContentRef;
use bihuan_core::id::{AccountId, MatterId, PackId, PersonId, RoleId};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::audit::{self, Act, AuditFilter, Audited, FAILURES_AN_HOUR_MAX};
use bihuan_store::retention::{self, FILES, GRACE_MS, REPORTER};
use bihuan_store::rules::{AccountRow, Change, ChangeError, PersonRow};
use bihuan_store::session::Session;
use bihuan_store::token::{TOKENS_MAX, Token};
use bihuan_store::verify::verify;
use bihuan_store::{
    Answer, Db, DbError, credential, factor, identity, privacy, realm, reporter, request, session,
    token,
};
use support::Ground;
use town::Town;

const NOW: Instant = Instant(1_614_600_000_000);

fn handler() -> AccountId {
    AccountId::from("handler@v02")
}

/// Writes in a transaction of its own.
fn write<T>(town: &mut Town, work: impl FnOnce(&mut Db) -> Result<T, DbError>) -> T {
    let moment = town.moment();
    town.writer.record(&moment, |db, _| Ok((work(db)?, Vec::new()))).expect("it is written")
}

fn sound(town: &mut Town) {
    let report = verify(town.writer.db(), None, &mut |_, _| {}).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[test]
fn entries_of_the_trail_are_found_page_by_page_and_by_what_they_are_about() {
    for ground in Ground::all("trail") {
        let mut town = Town::found(&ground, 3);
        let matter = MatterId(town.chance.uuid());
        let by = handler();
        let moment = town.moment();
        let told = town.writer.record(&moment, |_, _| {
            let seen = Audited::by(Act::PeopleSeen, &by).rows(7);
            let login = Audited::by(Act::LogIn, &by).about("device");
            let asked = Audited::by(Act::RevealAsked, &by).matter(matter);
            Ok(((), vec![seen, login, asked, Audited::nobody(Act::LogInFailed)]))
        });
        told.expect("it is written");
        let db = town.writer.db();
        let all = audit::page(db, &AuditFilter::default(), 100).expect("it reads");
        assert!(all.iter().any(|it| it.act == "change_people"), "changes are on it, too");
        assert_eq!((all[0].act.as_str(), &all[0].account), ("log_in_failed", &None));
        let first = audit::page(db, &AuditFilter::default(), 2).expect("it reads");
        let before = first.last().map(|it| it.seq);
        let rest = AuditFilter { before, ..AuditFilter::default() };
        let rest = audit::page(db, &rest, 100).expect("it reads");
        assert_eq!([&first[..], &rest[..]].concat(), all);
        let found =
            |filter: AuditFilter, db: &mut Db| audit::page(db, &filter, 9).expect("it reads");
        let acts = vec!["log_in".to_owned(), "people_seen".to_owned()];
        let of = AuditFilter { acts, account: Some(by.0.clone()), ..AuditFilter::default() };
        assert_eq!(found(of, db).len(), 2);
        let about = AuditFilter { about: Some("device".into()), ..AuditFilter::default() };
        assert_eq!(found(about, db)[0].act, "log_in");
        let of = AuditFilter { matter: Some(matter), ..AuditFilter::default() };
        assert_eq!(found(of, db)[0].act, "reveal_asked");
        let at = all[0].at;
        let late = AuditFilter { from: Some(at.plus_ms(1)), ..AuditFilter::default() };
        assert!(found(late, db).is_empty());
        let early = AuditFilter { to: Some(at), ..AuditFilter::default() };
        assert!(found(early, db).iter().all(|it| it.at < at));
        assert!(audit::has_room(db, at).expect("it reads"));
        let many = usize::try_from(FAILURES_AN_HOUR_MAX).expect("small");
        let moment = town.moment();
        let fill = |_: &mut Db, _| Ok(((), vec![Audited::nobody(Act::LogInFailed); many]));
        town.writer.record(&moment, fill).expect("it is written");
        assert!(!audit::has_room(town.writer.db(), at).expect("it reads"));
        sound(&mut town);
    }
}

#[test]
fn tokens_factors_and_secrets_are_used_as_often_as_they_may() {
    for ground in Ground::all("ways_in") {
        let mut town = Town::found(&ground, 5);
        let of = handler();
        let made = |no: u8, ends: Instant| Token {
            id: format!("t{no}"),
            account: handler(),
            title: "一只井盖".into(),
            scopes: vec!["read_matters".into(), "upload".into()],
            roles: vec![RoleId::from("handler")],
            created_at: NOW,
            ends_at: ends,
            used_day: None,
            revoked_at: None,
        };
        write(&mut town, |db| {
            let first = made(0, NOW.plus_ms(DAY_MS));
            assert!(token::add(db, &[0; 32], &first)?);
            assert_eq!(token::find(db, &[0; 32])?, Some(first.clone()));
            assert_eq!(token::find(db, &[9; 32])?, None);
            assert!(token::used(db, "t0", 5)? && !token::used(db, "t0", 5)?);
            for no in 1..u8::try_from(TOKENS_MAX).expect("small") {
                assert!(token::add(db, &[no; 32], &made(no, NOW.plus_ms(DAY_MS)))?);
            }
            assert!(!token::add(db, &[200; 32], &made(200, NOW.plus_ms(DAY_MS)))?, "too many");
            assert!(!token::revoke(db, &AccountId::from("other"), "t0", NOW)?);
            assert!(token::revoke(db, &of, "t0", NOW)? && !token::revoke(db, &of, "t0", NOW)?);
            assert!(token::add(db, &[201; 32], &made(201, NOW.plus_ms(DAY_MS)))?);
            assert_eq!(token::revoke_all(db, &of, NOW)?, 20);
            assert!(token::of_account(db, &of)?.iter().all(|it| !it.is_live(NOW)));

            assert!(
                factor::begin(db, &of, "sealed", NOW)? && factor::begin(db, &of, "again", NOW)?
            );
            assert!(factor::confirm(db, &of, 7, &[[1; 32], [2; 32]], NOW)?);
            assert!(!factor::confirm(db, &of, 8, &[], NOW)? && !factor::begin(db, &of, "x", NOW)?);
            assert!(!factor::use_step(db, &of, 7)? && factor::use_step(db, &of, 8)?);
            assert!(factor::use_code(db, &of, &[1; 32], NOW)?);
            assert!(!factor::use_code(db, &of, &[1; 32], NOW)?);
            assert_eq!(factor::find(db, &of)?.map(|it| it.recovery_left), Some(1));
            assert!(factor::remove(db, &of)? && !factor::remove(db, &of)?);

            let by = AccountId::from("security");
            credential::allow_reset(db, &[3; 32], &of, &by, NOW.plus_ms(10))?;
            credential::allow_reset(db, &[4; 32], &of, &by, NOW.plus_ms(10))?;
            assert_eq!(credential::reset(db, &[3; 32], NOW)?, None, "the one before is void");
            assert_eq!(credential::reset(db, &[4; 32], NOW)?, Some(of.clone()));
            assert_eq!(credential::reset(db, &[4; 32], NOW.plus_ms(10))?, None, "too old");
            assert!(credential::use_reset(db, &[4; 32], NOW)?);
            assert!(!credential::use_reset(db, &[4; 32], NOW)?);

            assert!(identity::bind(db, "https://i", "s1", &of, NOW)?);
            assert!(identity::bind(db, "https://i", "s1", &of, NOW)?);
            assert!(!identity::bind(db, "https://i", "s2", &of, NOW)?);
            assert!(!identity::bind(db, "https://i", "s1", &by, NOW)?);
            assert!(identity::bind(db, "https://i", "s2", &by, NOW)?);
            Ok(())
        });
    }
}

#[test]
fn who_ends_leaves_no_way_in_and_no_role() {
    for ground in Ground::all("ends") {
        let mut town = Town::found(&ground, 6);
        let (of, person) = (handler(), PersonId::from("handler@v02"));
        let open = Session {
            id: "s".into(),
            account: of.clone(),
            device: String::new(),
            began_at: NOW,
            seen_at: NOW,
            ends_at: NOW.plus_ms(90 * DAY_MS),
            factor: true,
        };
        let kept = open.clone();
        write(&mut town, move |db| {
            credential::set(db, &kept.account, "hash", NOW)?;
            session::open(db, &[1; 32], &kept)?;
            assert_eq!(session::find(db, &[1; 32])?, Some(kept.clone()));
            session::strengthen(db, &kept.account, "s")
        });
        let row = |status: &str, whose: &str| {
            Change::Accounts(vec![AccountRow {
                id: AccountId::from("second"),
                person: PersonId::from(whose),
                status: status.into(),
            }])
        };
        let mut change = |it: &Change| {
            let moment = town.moment();
            town.writer.change(moment, "security", it)
        };
        change(&row("active", "handler@v02")).expect("it is added");
        for odd in
            [row("active", "leader@town"), row("active", "nobody"), row("odd", "handler@v02")]
        {
            assert!(matches!(change(&odd), Err(ChangeError::Unsound(_))), "{odd:?}");
        }
        change(&row("suspended", "handler@v02")).expect("it is locked");
        // A locked account keeps its password, so that nobody else may be given it.
        let given = |id: &str| {
            Change::People(vec![PersonRow {
                id: PersonId::from(id),
                name: id.into(),
                identity: None,
                telephone: None,
                accounts: vec![AccountId::from("second")],
                memberships: Vec::new(),
            }])
        };
        assert!(matches!(change(&given("newcomer")), Err(ChangeError::Unsound(_))));
        change(&Change::EndPerson(person.clone())).expect("it ends");
        assert!(matches!(
            change(&Change::EndPerson(PersonId::from("nobody"))),
            Err(ChangeError::Unsound(_))
        ));
        assert!(!town.writer.rules().grants.contains_key(&person));
        assert!(!town.writer.rules().accounts.contains_key(&of));
        let db = town.writer.db();
        assert_eq!(session::find(db, &[1; 32]).expect("it reads"), None);
        assert_eq!(credential::hash_of(db, &of).expect("it reads"), None);
        let found = realm::person(db, &person).expect("it reads").expect("the person stays");
        assert!(found.memberships.iter().all(|it| it.status == "left" && it.to.is_some()));
        assert_eq!(realm::owner(db, &of).expect("it reads"), Some(person));
        sound(&mut town);
    }
}

#[test]
fn a_list_of_people_unlocks_nobody() {
    for ground in Ground::all("relisted") {
        let mut town = Town::found(&ground, 7);
        let locked = AccountRow {
            id: handler(),
            person: PersonId::from("handler@v02"),
            status: "suspended".into(),
        };
        let listed = PersonRow {
            id: PersonId::from("handler@v02"),
            name: "许久".into(),
            identity: None,
            telephone: None,
            accounts: vec![handler(), AccountId::from("third")],
            memberships: Vec::new(),
        };
        for change in [Change::Accounts(vec![locked]), Change::People(vec![listed])] {
            let moment = town.moment();
            town.writer.change(moment, "security", &change).expect("it is written");
        }
        let accounts = &town.writer.rules().accounts;
        assert!(!accounts.contains_key(&handler()), "it stays locked");
        assert!(accounts.contains_key(&AccountId::from("third")), "a new one is there");
        sound(&mut town);
    }
}

/// A matter that was opened and rejected, with its title's reference.
fn rejected(town: &mut Town) -> (MatterId, ContentRef) {
    let opening = town.opening("墙角堆放垃圾");
    let matter = opening.matter;
    let mut reject = opening.clone();
    reject.id = bihuan_core::id::CommandId(town.chance.uuid());
    reject.by = AccountId::from("intake@town");
    reject.command = serde_json::from_value(serde_json::json!({
        "move": { "id": "void", "reason": "not_met" },
    }))
    .expect("a command");
    for submission in [opening, reject] {
        let moment = town.moment();
        let answer = town.writer.execute(moment, &[submission]).remove(0);
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }
    let sql = "SELECT ref FROM content WHERE matter = $1 AND kind = 'title'";
    let key = [bihuan_store::Value::Text(matter.to_string())];
    let found = town.writer.db().first(sql, &key, |row| Ok(ContentRef(row.text(0)?.to_owned())));
    (matter, found.expect("it reads").expect("a title"))
}

#[test]
fn what_outlives_its_period_is_found_unless_it_is_held_back() {
    for ground in Ground::all("periods") {
        let mut town = Town::found(&ground, 7);
        let (matter, title) = rejected(&mut town);
        let who = PersonId::from("intake@town");
        let other = PersonId::from("dispatcher@town");
        let now = town.world.now;
        let kept = write(&mut town, |db| {
            let kept = reporter::keep_text(db, "reporter", (&[1; 32], "a"), b"{}")?;
            assert!(reporter::keep(db, matter, &kept, now)?);
            assert!(!reporter::keep(db, matter, &kept, now)?);
            let why = reporter::keep_text(db, "reason", (&[1; 32], "b"), "回访".as_bytes())?;
            reporter::ask(db, matter, ("r", &who), &why, now)?;
            assert!(!reporter::decide(db, matter, ("r", &who), (true, now))?, "who asked");
            assert!(!reporter::open(db, matter, ("r", &who), now)?, "nobody consented");
            let late = now.plus_ms(reporter::WAITS_MS);
            assert!(!reporter::decide(db, matter, ("r", &other), (true, late))?, "too late");
            assert!(reporter::decide(db, matter, ("r", &other), (true, now))?);
            assert!(!reporter::decide(db, matter, ("r", &other), (false, now))?, "it is decided");
            assert!(reporter::open(db, matter, ("r", &who), now)?);
            assert!(!reporter::open(db, matter, ("r", &who), now)?, "once");
            assert_eq!(reporter::reveals(db, matter)?[0].reason.text(), Some("回访"));
            for what in ["title", REPORTER, FILES] {
                retention::set(db, &PackId::from("sanitation"), what, Some(30), now)?;
            }
            Ok(kept)
        });
        let later = now.plus_ms(31 * DAY_MS);
        let due = |db: &mut Db, at: Instant| retention::due(db, at).expect("it reads");
        let keys = |it: Vec<retention::Due>| it.into_iter().map(|it| it.key).collect::<Vec<_>>();
        let db = town.writer.db();
        assert!(due(db, now.plus_ms(29 * DAY_MS)).is_empty(), "too early");
        assert_eq!(keys(due(db, later)), [title.0.clone(), kept.0.clone()]);
        assert_eq!(retention::periods(db).expect("it reads").len(), 3);
        write(&mut town, |db| {
            retention::set(db, &PackId::from("sanitation"), "title", Some(30), later)?;
            assert_eq!(keys(due(db, later)), [kept.0.as_str()], "set a moment ago");
            assert_eq!(keys(due(db, later.plus_ms(GRACE_MS + 1))).len(), 2);
            retention::set(db, &PackId::from("sanitation"), "title", None, later)?;
            assert_eq!(keys(due(db, later.plus_ms(GRACE_MS + 1))), [kept.0.as_str()]);
            let until = Some(later.plus_ms(DAY_MS));
            retention::hold(db, matter, &handler(), (&title, until), later)?;
            assert!(due(db, later).is_empty(), "it is held back");
            assert_eq!(retention::holds(db, later)?.len(), 1);
            assert_eq!(retention::holds(db, later.plus_ms(DAY_MS))?, []);
            Ok(())
        });
        town.world.now = later;
        for reference in [&title, &kept] {
            let (moment, erase) = (town.moment(), Change::Erase(vec![reference.clone()]));
            let refused = town.writer.change(moment, "operator", &erase);
            assert!(matches!(refused, Err(ChangeError::Unsound(_))), "{reference:?}");
        }
        let ended = write(&mut town, |db| retention::release(db, matter, later));
        assert!(ended);
        let (moment, erase) = (town.moment(), Change::Erase(vec![title, kept]));
        town.writer.change(moment, "retention", &erase).expect("nothing holds it back");
        sound(&mut town);
    }
}

#[test]
fn requests_wait_by_their_clock_and_notices_have_versions() {
    for ground in Ground::all("requests") {
        let mut town = Town::found(&ground, 8);
        write(&mut town, |db| {
            let by = handler();
            for (no, days) in [(1_u8, 30), (2, 5)] {
                let id = format!("q{no}");
                let text = reporter::keep_text(db, "request", (&[no; 32], &id), b"who")?;
                let due = NOW.plus_ms(days * DAY_MS);
                request::add(db, (&id, "see"), &text, &by, (NOW, due))?;
            }
            let ids = |db: &mut Db| -> Result<Vec<String>, DbError> {
                Ok(request::list(db)?.into_iter().map(|it| it.id).collect())
            };
            assert_eq!(ids(db)?, ["q2", "q1"], "the most urgent first");
            let note = reporter::keep_text(db, "request", (&[7; 32], "n"), b"done")?;
            assert!(request::decide(db, ("q2", "granted"), &note, &by, NOW)?);
            assert!(!request::decide(db, ("q2", "refused"), &note, &by, NOW)?, "once");
            assert!(!request::decide(db, ("q9", "refused"), &note, &by, NOW)?);
            assert_eq!(ids(db)?, ["q1", "q2"]);
            assert_eq!(privacy::newest(db)?, None);
            assert_eq!(privacy::publish(db, &Text::new("一", "one"), NOW)?, 1);
            assert_eq!(privacy::publish(db, &Text::new("二", "two"), NOW)?, 2);
            assert_eq!(privacy::newest(db)?.map(|it| it.rev), Some(2));
            assert_eq!(privacy::find(db, 1)?.map(|it| it.text.zh), Some("一".into()));
            assert_eq!(privacy::find(db, 3)?, None);
            Ok(())
        });
    }
}
