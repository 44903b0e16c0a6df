//! The bodies of public pages.

use super::lately::{Common, Counts};
use super::listed::PublicMatters;
use super::map::View;
use super::page::Page;
use super::sheet::{Reader, safe};
use super::told::Followed;
use crate::http::ApiProblem;
use bihuan_core::id::PointId;
use bihuan_core::text::{Lang, Text};
use bihuan_core::time::Instant;
use bihuan_store::privacy::Notice;
use std::fmt::Write as _;

pub(super) fn home(reader: Reader, takes: bool, counts: &Counts) -> Page {
    let keep = reader.keep();
    let figure = |name: String, value: Option<u64>| {
        let value = value.map_or_else(|| "—".to_owned(), |it| it.to_string());
        format!("<div><dt>{name}</dt><dd>{value}</dd></div>")
    };
    let mut body = String::new();
    if takes {
        let _ = write!(
            body,
            "<p>{}</p><p><a class=\"button\" href=\"/p{keep}\">{}</a> \
             <a class=\"button quiet\" href=\"/r{keep}\">{}</a></p>",
            reader.say(
                "看到环境卫生等问题，拍照告诉我们。处理完由另一个单位验收，凭查询码可查。",
                "Seen a problem in your street? Send a photo. Somebody of another unit accepts \
                 what was done, and you follow it by a code.",
            ),
            reader.say("我要上报", "Report"),
            reader.say("查进度", "Follow"),
        );
    }
    let _ = write!(
        body,
        "<h2>{}</h2><dl class=\"figures\">{}{}</dl><p class=\"note\">{}</p>\
         <p><a href=\"/list{keep}\">{}</a></p>\
         <p class=\"note\"><a href=\"/desk/\">{}</a></p>",
        reader.say("本月情况", "This month"),
        figure(reader.say("上报", "Reported"), counts.opened),
        figure(reader.say("销号", "Cleared"), counts.cleared),
        reader.say("数量太少时不显示。", "What is too few is not shown."),
        reader.say("查看公开事项", "What is published"),
        reader.say("工作人员登录", "For staff"),
    );
    (reader.say("随手拍", "Tell us"), body)
}

pub(super) fn form(
    reader: Reader,
    id: &str,
    offered: &[Common],
    point: Option<&(PointId, Text)>,
    notice: Option<&Notice>,
) -> Page {
    let mut body = String::new();
    let mut kinds = String::new();
    for Common { pack, title, classes } in offered {
        if offered.len() > 1 {
            let _ = write!(kinds, "<p class=\"note\">{}</p>", reader.words(title));
        }
        for (code, class) in classes {
            let value = safe(&format!("{}/{}", pack.0, code.0));
            let _ = write!(
                kinds,
                "<label class=\"choice\"><input type=\"radio\" name=\"kind\" value=\"{value}\" \
                 required>{}</label>",
                reader.words(class)
            );
        }
    }
    let place = match point {
        Some((id, title)) => format!(
            "<p class=\"card\">{} <strong>{}</strong></p>\
             <input type=\"hidden\" name=\"point\" value=\"{}\">",
            reader.say("地点：", "Place:"),
            reader.words(title),
            safe(&id.0)
        ),
        None => format!(
            "<div class=\"field\"><label for=\"point\">{}</label>\
             <input type=\"text\" id=\"point\" name=\"point\" maxlength=\"64\" required \
             aria-describedby=\"where\"><p class=\"note\" id=\"where\">{}</p>\
             <button type=\"button\" class=\"quiet\" id=\"locate\" hidden data-done=\"{}\" \
             data-failed=\"{}\">{}</button><p class=\"note\" id=\"located\" role=\"status\"></p>\
             <input type=\"hidden\" name=\"lon\"><input type=\"hidden\" name=\"lat\">\
             <input type=\"hidden\" name=\"accuracy_m\"></div>",
            reader.say("点位编号", "Number of the point"),
            reader.say(
                "写在点位牌上；扫点位牌的二维码会自动填好。",
                "It stands on the placard; scanning its code fills it in.",
            ),
            reader.say("已取得位置，误差约 {m} 米", "Your position is known to about {m} m"),
            reader.say("未能取得位置，请填点位编号", "No position; give the number of the point"),
            reader.say("用我现在的位置", "Use where I am"),
        ),
    };
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/api/v1/public/reports\" \
         enctype=\"multipart/form-data\" data-locate>\
         <input type=\"hidden\" name=\"id\" value=\"{id}\">{place}\
         <fieldset><legend>{}</legend>{kinds}</fieldset>\
         <div class=\"field\"><label for=\"photo\">{}</label><input type=\"file\" id=\"photo\" \
         name=\"photo\" accept=\"image/*\" multiple></div>\
         <div class=\"field\"><label for=\"words\">{}</label><textarea id=\"words\" \
         name=\"words\" rows=\"3\" maxlength=\"600\"></textarea></div>{}\
         <button type=\"submit\">{}</button></form>",
        reader.say("是什么问题", "What is it about"),
        reader.say("照片（最多三张）", "Photos, at most three"),
        reader.say("情况说明（可不写，请勿写姓名、车牌）", "In your words, if you like; no names"),
        contact(reader, notice),
        reader.say("提交", "Send"),
    );
    (reader.say("我要上报", "Report"), body)
}

fn contact(reader: Reader, notice: Option<&Notice>) -> String {
    let read = notice.map_or_else(String::new, |it| {
        format!(
            "<label class=\"choice\"><input type=\"checkbox\" name=\"notice\" value=\"{}\">\
             <span>{} <a href=\"/about{}\">{}</a></span></label>",
            it.rev,
            reader.say("我已阅读并同意", "I have read and agree to the"),
            reader.keep(),
            reader.say("隐私告知", "notice"),
        )
    });
    format!(
        "<details class=\"card\"><summary>{}</summary><p class=\"note\">{}</p>\
         <div class=\"field\"><label for=\"name\">{}</label><input type=\"text\" id=\"name\" \
         name=\"name\" maxlength=\"40\" autocomplete=\"name\"></div>\
         <div class=\"field\"><label for=\"telephone\">{}</label><input type=\"tel\" \
         id=\"telephone\" name=\"telephone\" maxlength=\"20\" autocomplete=\"tel\"></div>{read}\
         </details>",
        reader.say("留下联系方式（可不填）", "Leave a contact, if you like"),
        reader.say(
            "单独封存，整改单位看不到；须说明理由并经第二人同意才能打开。",
            "Kept apart and sealed: those who fix it never see it; it opens for a reason and with \
             a second person's consent only.",
        ),
        reader.say("姓名", "Name"),
        reader.say("电话", "Telephone"),
    )
}

/// Where a code is asked for.
pub(super) fn ask(reader: Reader, was_wrong: bool) -> Page {
    let fault = match was_wrong {
        true => format!(
            "<p class=\"fault\" role=\"alert\">{}</p>",
            reader.say("查询码应为16位数字和字母", "a code has 16 digits and letters"),
        ),
        false => String::new(),
    };
    let lang = if reader.lang == Lang::En {
        "<input type=\"hidden\" name=\"lang\" value=\"en\">"
    } else {
        ""
    };
    let body = format!(
        "{fault}<form method=\"get\" action=\"/r\" class=\"card\">{lang}<div class=\"field\">\
         <label for=\"code\">{}</label><input type=\"text\" id=\"code\" name=\"code\" \
         maxlength=\"30\" required autocapitalize=\"characters\" autocomplete=\"off\"></div>\
         <button type=\"submit\">{}</button></form>",
        reader.say("查询码", "Tracking code"),
        reader.say("查询", "Look"),
    );
    (reader.say("查进度", "Follow a report"), body)
}

pub(super) fn follow(reader: Reader, code: &str, it: &Followed) -> Page {
    let steps: [(String, Option<Instant>, String); 5] = [
        (reader.say("已收到", "Received"), Some(it.opened_at), String::new()),
        (reader.say("已立案", "Filed"), it.filed_at, String::new()),
        (
            reader.say("已交办", "Given to a unit"),
            it.handed_at,
            it.unit.as_ref().map_or_else(String::new, |unit| reader.words(unit)),
        ),
        (
            reader.say("已整改，待另一单位验收", "Done, to be accepted"),
            it.declared_at,
            String::new(),
        ),
        (reader.say("已验收销号", "Accepted and cleared"), it.cleared_at, String::new()),
    ];
    let mut way = String::new();
    for (name, at, more) in steps {
        let (class, time) = match at {
            Some(at) => (" class=\"done\"", format!("<time>{}</time>", reader.moment(at))),
            None => ("", String::new()),
        };
        let more = if more.is_empty() { more } else { format!(" · {more}") };
        let _ = write!(way, "<li{class}>{name}{more}{time}</li>");
    }
    let mut body = format!(
        "<p class=\"card\">{} <span class=\"code\">{}</span><br><span class=\"note\">{}</span></p>\
         <p><strong>{}</strong> · {} · {}</p>",
        reader.say("查询码", "Code"),
        safe(code),
        reader.say("请记下来：凭它查进度。", "Keep it: by it you follow your report."),
        reader.words(&it.stage),
        reader.words(&it.class),
        reader.words(&it.place),
    );
    if let Some(due) = it.due_at {
        let _ = write!(body, "<p>{} {}</p>", reader.say("整改时限：", "Due:"), reader.moment(due));
    }
    match it.state {
        "rejected" | "merged" => body.push_str(&ended(reader, it.state)),
        _ => {
            let _ = write!(body, "<ol class=\"way\">{way}</ol>");
        }
    }
    body.push_str(&released(reader, it));
    if it.objections > 0 {
        let text = reader.say(
            "此前销号后您提出没整改好，已重新处理。",
            "You said that it was not \
            well done; it is dealt with anew.",
        );
        let _ = write!(body, "<p class=\"note\">{text}</p>");
    }
    if it.may_object {
        body.push_str(&objection(reader, code));
    }
    (reader.say("处理进度", "Your report"), body)
}

/// The photos that somebody released.
fn released(reader: Reader, it: &Followed) -> String {
    let mut body = String::new();
    for photo in &it.photos {
        let name = match photo.slot.as_str() {
            "before" => reader.say("整改前", "Before"),
            "after" => reader.say("整改后", "After"),
            other => safe(other),
        };
        let _ = write!(
            body,
            "<figure><img class=\"after\" src=\"{}\" alt=\"{name}\"><figcaption>{name}\
             </figcaption></figure>",
            safe(&photo.address),
        );
    }
    body
}

fn ended(reader: Reader, state: &str) -> String {
    let text = match state {
        "merged" => reader.say(
            "与另一件相同，已并案处理。",
            "It is the same as another report and is dealt with there.",
        ),
        _ => reader.say(
            "核实后不予立案。如仍存在，请补充照片后重新上报。",
            "It was looked at and not taken up. If it is still there, report it anew with a photo.",
        ),
    };
    format!("<p class=\"card\">{text}</p>")
}

fn objection(reader: Reader, code: &str) -> String {
    format!(
        "<details class=\"card\"><summary>{title}</summary><form method=\"post\" \
         action=\"/api/v1/public/reports/{}/objections\" enctype=\"multipart/form-data\">\
         <p class=\"note\">{}</p><div class=\"field\"><label for=\"photo\">{}</label>\
         <input type=\"file\" id=\"photo\" name=\"photo\" accept=\"image/*\" multiple></div>\
         <div class=\"field\"><label for=\"words\">{}</label><textarea id=\"words\" \
         name=\"words\" rows=\"2\" maxlength=\"600\"></textarea></div>\
         <button type=\"submit\">{title}</button></form></details>",
        safe(code),
        reader.say(
            "将作为反弹重新进入待办，时限重新计算。",
            "It goes back to work as a rebound, with a deadline of its own.",
        ),
        reader.say("现在的照片（可不传）", "A photo of now, if you like"),
        reader.say("哪里没有整改好", "What is not well done"),
        title = reader.say("没整改好", "Not well done"),
    )
}

pub(super) fn listed(reader: Reader, page: &PublicMatters, at: Option<View>, map: &str) -> Page {
    let title = reader.say("公开事项", "Published");
    if page.matters.is_empty() {
        let none = reader.say("暂无公开事项。", "Nothing yet.");
        return (title, format!("<p>{none}</p>{map}"));
    }
    let mut rows = String::new();
    for it in &page.matters {
        let state = state(reader, it.state);
        let cleared = it.cleared_at.map_or_else(|| "—".to_owned(), |at| reader.day(at));
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{state}</td><td>{}</td><td>{cleared}</td></tr>",
            reader.words(&it.class),
            reader.words(&it.place),
            reader.day(it.opened_at),
        );
    }
    let heads = [
        reader.say("类别", "What"),
        reader.say("所在", "Where"),
        reader.say("状态", "State"),
        reader.say("上报", "Reported"),
        reader.say("销号", "Cleared"),
    ];
    let heads: String = heads.iter().map(|it| format!("<th scope=\"col\">{it}</th>")).collect();
    let next = page.next.as_ref().map_or_else(String::new, |it| {
        let lang = if reader.lang == Lang::En { "&amp;lang=en" } else { "" };
        let view = at.map_or_else(String::new, |it| format!("&amp;{}", it.query()));
        let name = reader.say("下一页", "Next page");
        format!(
            "<p><a class=\"button quiet\" \
             href=\"/list?cursor={}{view}{lang}#list\">{name}</a></p>",
            safe(it)
        )
    });
    let body = format!(
        "{map}<h2 id=\"list\">{list}</h2><p class=\"note\">{}</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{list}\">\
         <table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{next}",
        reader.say(
            "只列类别、所在单位和进度，不列个人信息和具体位置。",
            "Only what, in which unit, and how far; no persons and no exact places.",
        ),
        list = reader.say("清单", "List"),
    );
    (title, body)
}

/// How far a published matter is, in words.
pub(super) fn state(reader: Reader, state: &str) -> String {
    match state {
        "filed" => reader.say("已立案", "Filed"),
        "declared" => reader.say("待验收", "To be accepted"),
        "cleared" => reader.say("已销号", "Cleared"),
        _ => reader.say("整改中", "Being fixed"),
    }
}

pub(super) fn about(reader: Reader, notice: Option<(i64, String)>) -> Page {
    let body = match notice {
        Some((rev, text)) => {
            let paragraphs: String = text
                .split("\n")
                .filter(|it| !it.trim().is_empty())
                .map(|it| format!("<p>{it}</p>"))
                .collect();
            format!("{paragraphs}<p class=\"note\">{} {rev}</p>", reader.say("版本", "Version"))
        }
        None => format!(
            "<p>{}</p>",
            reader.say(
                "尚未发布告知书；不留联系方式也可以上报。",
                "No notice has been published; you may report without leaving a contact.",
            )
        ),
    };
    (reader.say("隐私告知", "Privacy"), body)
}

pub(super) fn refusal(reader: Reader, problem: &ApiProblem) -> String {
    let text = reader.say(&problem.title_zh, &problem.title);
    format!(
        "<p class=\"fault\" role=\"alert\">{text}</p><p class=\"note\">{}</p>\
         <p><a class=\"button quiet\" href=\"/{}\">{}</a></p>",
        reader.say(
            "按浏览器的返回键可回到刚才的表单，已填内容还在。",
            "The back button of the browser leads to the form with what you wrote.",
        ),
        reader.keep(),
        reader.say("回首页", "Home"),
    )
}
