//! Reading a matter: what it tells, to whom, and what may be done with it and why not.

use crate::town::{STRANGER, Town, with};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

async fn read(town: &Town, account: &str, matter: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/matters/{matter}");
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    request.extensions_mut().extend(with(town.caller(account)));
    town.ask(request).await
}

fn act<'a>(life: &'a Value, id: &str) -> &'a Value {
    let acts = life["acts"].as_array().expect("acts");
    acts.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no {id} in {acts:?}"))
}

#[tokio::test]
async fn a_matter_tells_what_happened_and_why_its_deadline_is_what_it_is() {
    let town = Town::found();
    let matter = town.declared().await;
    let (status, life) = read(&town, "acceptor@town", &matter).await;
    assert_eq!(status, StatusCode::OK, "{life}");
    assert_eq!((&life["matter"]["id"], &life["stage"]["zh"]), (&json!(matter), &json!("待验收")));
    assert_eq!(life["timeline"].as_array().expect("a timeline").len(), 5);
    let because = life["due"]["because"].as_array().expect("the reckoning");
    assert!(because.iter().all(|it| it["zh"].is_string() && it["en"].is_string()));
    assert!(!because.is_empty() && life["due"]["at"].is_i64(), "{}", life["due"]);
}

#[tokio::test]
async fn each_act_says_whether_the_caller_may_and_why_not() {
    let town = Town::found();
    let matter = town.declared().await;
    let (_, life) = read(&town, "acceptor@town", &matter).await;
    let accept = act(&life, "accept");
    assert_eq!(accept["allowed"], true, "{accept}");
    let (_, life) = read(&town, "handler@v01", &matter).await;
    let accept = act(&life, "accept");
    assert_eq!(accept["allowed"], false);
    assert!(accept["problem"]["title_zh"].is_string(), "{accept}");
    // What is told is what the engine says when it is tried.
    let command = json!({ "move": { "id": "accept" } });
    let (_, refused) = town.act("handler@v01", &matter, command).await;
    assert_eq!(refused["code"], accept["problem"]["code"]);
}

#[tokio::test]
async fn who_may_not_see_a_matter_gets_the_answer_of_one_that_is_not_there() {
    let town = Town::found();
    let matter = town.declared().await;
    let unseen = read(&town, STRANGER, &matter).await;
    let absent = read(&town, STRANGER, &town.id()).await;
    assert_eq!(unseen.0, StatusCode::NOT_FOUND);
    assert_eq!(unseen, absent);
    assert_eq!(read(&town, "handler@v02", &matter).await, absent, "another village");
    assert_eq!(read(&town, STRANGER, "no-id").await, absent);
    let path = format!("/api/v1/matters/{matter}");
    let (status, body) = town.ask(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("signed_out")));
}

/// A matter of v01 that v02 is to fix, beside an older one that is v01's alone.
async fn beside(town: &Town) -> (String, String) {
    let (older, newer) = (town.opened().await, town.opened().await);
    let dispatch = json!({ "move": {
        "id": "dispatch", "unit": "v02", "form": { "measure": "清运", "standard": "见本色" },
    }});
    for (who, command) in
        [("intake@town", json!({ "move": { "id": "file" } })), ("dispatcher@town", dispatch)]
    {
        let (status, body) = town.act(who, &newer, command).await;
        assert_eq!(status, StatusCode::OK, "{who}: {body}");
    }
    (older, newer)
}

#[tokio::test]
async fn another_matter_is_named_only_to_whoever_sees_it_too() {
    let town = Town::found();
    let (older, newer) = beside(&town).await;
    let opened = |life: &Value| life["timeline"][0]["event"]["what"]["opened"].clone();
    let (_, life) = read(&town, "dispatcher@town", &newer).await;
    assert_eq!(life["matter"]["similar"], json!([older]), "{}", life["matter"]);
    assert_eq!(opened(&life)["similar"], json!([older]), "{}", life["timeline"][0]);
    let (status, life) = read(&town, "handler@v02", &newer).await;
    assert_eq!(status, StatusCode::OK, "{life}");
    assert!(opened(&life).is_object(), "{life}");
    assert!(!life.to_string().contains(&older), "{life}");

    let merge = json!({ "merge": { "into": newer, "reason": "同一处" } });
    let (status, body) = town.act("intake@town", &older, merge).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (_, life) = read(&town, "dispatcher@town", &older).await;
    assert_eq!(life["matter"]["merged_into"], json!(newer));
    let (_, life) = read(&town, "handler@v02", &newer).await;
    assert!(!life.to_string().contains(&older), "that another was merged into it: {life}");
}

#[tokio::test]
async fn a_preview_names_no_matter_that_the_sender_does_not_see() {
    let town = Town::found();
    let older = town.opened().await;
    let mut opening = town.opening("v01");
    opening["open"]["source"] = json!("public");
    let body = json!({ "id": town.id(), "matter": town.id(), "command": opening });
    for (who, similar) in [("resident@district", json!([])), ("intake@town", json!([older]))] {
        let path = "/api/v1/commands?preview=true";
        let (status, said) = town.post(path, Some(&town.caller(who)), &body).await;
        assert_eq!(status, StatusCode::OK, "{who}: {said}");
        assert_eq!(said["matters"][0]["similar"], similar, "{who}: {said}");
    }
}

#[tokio::test]
async fn who_may_not_learns_that_before_what_is_missing() {
    let town = Town::found();
    let matter = town.rectifying().await;
    for who in ["handler@v01", "leader@town"] {
        let (_, life) = read(&town, who, &matter).await;
        let told = act(&life, "transfer");
        assert_eq!(
            (&told["allowed"], &told["problem"]["code"]),
            (&json!(false), &json!("not_allowed")),
            "{who}"
        );
        assert_eq!(told["problem"]["title_zh"], "只有派遣员可以办理，且须管辖该处");
        assert_eq!(told["problem"]["title"], "only Dispatcher may do this, for this place or unit");
    }
    let (_, life) = read(&town, "dispatcher@town", &matter).await;
    let told = act(&life, "transfer");
    assert_eq!((&told["allowed"], &told["problem"]["code"]), (&json!(true), &json!("missing")));
    assert_eq!(told["problem"]["title_zh"], "还需要：责任单位");
    // A side act of somebody who may not is refused for that alone, whatever else is wrong.
    let merge = json!({ "merge": { "into": town.id(), "reason": "同一处" } });
    let (status, body) = town.act("handler@v01", &matter, merge).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("not_allowed")), "{body}");
}

#[tokio::test]
async fn refusals_speak_in_the_words_of_the_pack() {
    let town = Town::found();
    let matter = town.opened().await;
    assert_eq!(town.act("intake@town", &matter, json!({ "move": { "id": "file" } })).await.0, 200);
    let bare = json!({ "move": { "id": "dispatch", "unit": "v01" } });
    let (_, body) = town.act("dispatcher@town", &matter, bare).await;
    assert_eq!(body["title_zh"], "还需要：整改措施、整改标准", "{body}");
    assert_eq!(body["title"], "still needed: Measure, Standard", "{body}");
    assert_eq!(body["details"][0]["needs"][1]["need"]["field"], "standard", "keys stay: {body}");
    let (_, body) = town.act("handler@v01", &matter, json!({ "move": { "id": "declare" } })).await;
    assert_eq!(body["code"], "wrong_stage");
    let title = body["title_zh"].as_str().expect("a title");
    assert!(title.starts_with("当前环节“待交办”不能这样办理"), "{title}");
    assert!(!title.contains("dispatch"), "{title}");
}
