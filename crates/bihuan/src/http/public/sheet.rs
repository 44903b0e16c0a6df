//! How a public page looks: one sheet in one language, readable without any script.
//!
//! Invariant: whatever anybody wrote goes through [`safe`]; nothing inside a page runs.

use bihuan_core::text::{Lang, Text};
use bihuan_core::time::{Instant, Zone};
use std::fmt::Write as _;

/// The policy of public pages: one script, which is ours and which no page needs.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The style of public pages.
pub(super) const STYLE: &str = include_str!("public.css");

/// The sign that a browser shows beside the title.
pub(super) const ICON: &str = include_str!("icon.svg");

/// What public pages can do beside, where scripts run.
pub(super) const SCRIPT: &str = include_str!("public.js");

/// Text as it may stand in a page, between tags and in quoted attributes.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            it => out.push(it),
        }
    }
    out
}

/// Who a page is for, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) lang: Lang,
    pub(super) zone: Zone,
}

impl Reader {
    /// A text in the reader's language, safe to stand in a page.
    pub(super) fn say(self, zh: &str, en: &str) -> String {
        safe(if self.lang == Lang::Zh { zh } else { en })
    }

    /// The same of a text of the realm.
    pub(super) fn words(self, text: &Text) -> String {
        self.say(&text.zh, &text.en)
    }

    /// A day and a time of day.
    pub(super) fn moment(self, at: Instant) -> String {
        self.zone.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// A day.
    pub(super) fn day(self, at: Instant) -> String {
        self.zone.civil(at).strftime("%Y-%m-%d").to_string()
    }

    /// What stands behind an address to keep the language.
    pub(super) fn keep(self) -> &'static str {
        if self.lang == Lang::Zh { "" } else { "?lang=en" }
    }
}

/// A page: its title, and its body, which is safe already.
pub(super) fn sheet(
    reader: Reader,
    realm: &Text,
    (path, title): (&str, &str),
    body: &str,
) -> String {
    let lang = if reader.lang == Lang::Zh { "zh-CN" } else { "en" };
    let (other, other_name) = match reader.lang {
        Lang::Zh => (format!("{}?lang=en", safe(path)), "English"),
        Lang::En => (safe(path), "中文"),
    };
    let realm = reader.words(realm);
    let keep = reader.keep();
    let links = [
        ("/", reader.say("首页", "Home")),
        ("/p", reader.say("随手拍", "Report")),
        ("/r", reader.say("查进度", "Follow")),
        ("/list", reader.say("公开事项", "Published")),
        ("/about", reader.say("隐私告知", "Privacy")),
    ];
    let mut nav = String::new();
    for (to, name) in links {
        let here = if to == path { " aria-current=\"page\"" } else { "" };
        let _ = write!(nav, "<a href=\"{to}{keep}\"{here}>{name}</a>");
    }
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · {realm}</title>\n<link rel=\"stylesheet\" href=\"/public.css\">\n\
         <link rel=\"icon\" href=\"/public.svg\" type=\"image/svg+xml\">\n\
         <script src=\"/public.js\" defer></script>\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#content\">{skip}</a>\n\
         <header><p class=\"realm\"><a href=\"/{keep}\">{realm}</a></p>\
         <nav aria-label=\"{menu}\">{nav}</nav>\
         <a class=\"other\" href=\"{other}\" lang=\"{other_lang}\">{other_name}</a></header>\n\
         <main id=\"content\">\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n",
        skip = reader.say("跳到正文", "Skip to the content"),
        menu = reader.say("主菜单", "Main menu"),
        other_lang = if reader.lang == Lang::Zh { "en" } else { "zh-CN" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_runs_nowhere() {
        let written = "<script>alert(1)</script>\"><img src=x onerror='x'>&";
        let safe = safe(written);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
        assert!(safe.ends_with("&amp;"));
    }
}
