//! The drawing itself, the way around it, and the same in words.

use super::view::{HEIGHT, WIDTH};
use super::{CLEARED_DAYS, Map, Mark, SPOTS_MAX, View, ground};
use crate::http::public::sheet::{Reader, safe};
use crate::http::public::view::state;
use bihuan_core::text::Lang;
use std::fmt::Write as _;

/// Longest bar of the scale, in units of the drawing.
const BAR_MAX: f64 = 120.0;

impl Map {
    /// The section of the page; `cursor` is where the list below stands.
    pub(in crate::http::public) fn section(&self, reader: Reader, cursor: Option<&str>) -> String {
        let way = Way { reader, cursor };
        let counts = self.counts();
        let total: usize = counts.iter().map(|it| it.1).sum();
        let said: Vec<String> = counts
            .iter()
            .filter(|it| it.1 > 0)
            .map(|(name, count)| format!("{} {}", state(reader, name), self.told(name, *count)))
            .collect();
        let said = match total {
            0 => reader.say("图中范围内没有公开事项", "nothing is published in this part"),
            _ => said.join(reader.say("、", ", ").as_str()),
        };
        let title = reader.say("地图", "Map");
        let mut legend = String::new();
        for (name, count) in counts {
            let _ = write!(
                legend,
                "<li><svg viewBox=\"-12 -12 24 24\" aria-hidden=\"true\">{}</svg>{} {}</li>",
                shape(name),
                state(reader, name),
                self.told(name, count),
            );
        }
        format!(
            "<h2 id=\"map\">{title}</h2><div class=\"map\">\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"group\" aria-label=\"{title}：{said}\">\
             {}{}{}</svg>{}<ul class=\"legend\">{legend}</ul></div><p class=\"note\">{}</p>",
            self.drawn_ground(reader),
            self.drawn_marks(&way),
            self.scale(reader),
            self.ways(&way),
            self.note(reader),
        )
    }

    fn drawn_ground(&self, reader: Reader) -> String {
        let mut out = String::from("<g aria-hidden=\"true\">");
        for it in &self.ground {
            let class = if it.is_fine { "ground fine" } else { "ground" };
            let _ = write!(out, "<path class=\"{class}\" d=\"{}\"/>", it.path);
        }
        let marks = self.marks.iter().map(|it| self.view.place(it.at));
        for (name, (x, y)) in ground::names(&self.ground, reader.lang, marks) {
            let _ =
                write!(out, "<text class=\"name\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", safe(name));
        }
        out + "</g>"
    }

    fn drawn_marks(&self, way: &Way<'_>) -> String {
        let mut out = String::new();
        for mark in &self.marks {
            let (x, y) = self.view.place(mark.at);
            let drawn = match mark.count() {
                1 => single(way.reader, mark),
                _ => self.together(way, mark),
            };
            let _ = write!(out, "<g transform=\"translate({x:.1} {y:.1})\">{drawn}</g>");
        }
        out
    }

    /// Several matters: how many, and the way nearer to them.
    fn together(&self, way: &Way<'_>, mark: &Mark) -> String {
        let (reader, count) = (way.reader, mark.count());
        let states: Vec<String> = mark
            .states
            .iter()
            .map(|(name, count)| format!("{} {}", state(reader, name), self.told(name, *count)))
            .collect();
        let states = states.join(&reader.say("、", ", "));
        let radius = if count < 10 { 12 } else { 15 };
        let drawn = format!(
            "<circle class=\"together\" r=\"{radius}\"/>\
             <text class=\"count\" y=\"5\">{count}</text>"
        );
        if !self.view.may_zoom().0 {
            return format!("<title>{states}</title>{drawn}");
        }
        let nearer = self.view.zoomed(mark.at, self.view.zoom + 2);
        let said = reader.say(
            &format!("{count} 件（{states}），放大查看"),
            &format!("{count} matters ({states}), look nearer"),
        );
        format!(
            "<a href=\"{}\" aria-label=\"{said}\"><title>{states}</title>{drawn}</a>",
            way.to(Some(nearer))
        )
    }

    /// Nearer, farther, and to the four sides.
    fn ways(&self, way: &Way<'_>) -> String {
        let (reader, view) = (way.reader, self.view);
        let (nearer, farther) = view.may_zoom();
        let at = view.at;
        let all = [
            (nearer, view.zoomed(at, view.zoom + 1), reader.say("＋ 放大", "+ Nearer")),
            (farther, view.zoomed(at, view.zoom - 1), reader.say("－ 缩小", "− Farther")),
            (true, view.moved(-1.0, 0.0), reader.say("← 西", "← West")),
            (true, view.moved(0.0, -1.0), reader.say("↑ 北", "↑ North")),
            (true, view.moved(0.0, 1.0), reader.say("↓ 南", "↓ South")),
            (true, view.moved(1.0, 0.0), reader.say("→ 东", "→ East")),
        ];
        let mut out = format!("<nav aria-label=\"{}\">", reader.say("移动地图", "Move the map"));
        for (_, to, name) in all.iter().filter(|it| it.0) {
            let _ = write!(out, "<a href=\"{}\">{name}</a>", way.to(Some(*to)));
        }
        if view != self.whole {
            let name = reader.say("全图", "Whole");
            let _ = write!(out, "<a href=\"{}\">{name}</a>", way.to(None));
        }
        out + "</nav>"
    }

    fn scale(&self, reader: Reader) -> String {
        let metres = self.view.metres();
        let steps = (0..7).flat_map(|power| [1, 2, 5].map(|it| it * 10_u32.pow(power)));
        let fits = |it: &u32| f64::from(*it) / metres <= BAR_MAX;
        let Some(length_m) = steps.filter(fits).max() else { return String::new() };
        let end = 12.0 + f64::from(length_m) / metres;
        let said = match length_m {
            it if it < 1_000 => reader.say(&format!("{it} 米"), &format!("{it} m")),
            it => {
                let it = it / 1_000;
                reader.say(&format!("{it} 公里"), &format!("{it} km"))
            }
        };
        let (low, high) = (HEIGHT - 12.0, HEIGHT - 18.0);
        format!(
            "<g aria-hidden=\"true\"><path class=\"bar\" d=\"M12 {high}V{low}H{end:.1}V{high}\"/>\
             <text class=\"length\" x=\"14\" y=\"{:.0}\">{said}</text></g>",
            high - 3.0
        )
    }

    /// A count as it is told: what is drawn, with a sign where there is more.
    fn told(&self, state: &str, count: usize) -> String {
        let more = if self.is_cut[usize::from(state == "cleared")] { "+" } else { "" };
        format!("{count}{more}")
    }

    fn note(&self, reader: Reader) -> String {
        let mut zh = format!("在办的和最近{CLEARED_DAYS}天销号的。");
        let mut en =
            format!("What is open, and what was cleared in the last {CLEARED_DAYS} days. ");
        if self.is_cut.contains(&true) {
            let _ = write!(zh, "只画最新的{SPOTS_MAX}件。");
            let _ = write!(en, "Only the newest {SPOTS_MAX} are drawn. ");
        }
        if self.coarse_m > 0 {
            let _ = write!(zh, "位置只精确到约{}米的方格。", self.coarse_m);
            let _ = write!(en, "Places are squares of about {} m. ", self.coarse_m);
        }
        zh.push_str("示意图，界线不作划界依据。同样的内容见下面的清单。");
        en.push_str("A sketch: its lines settle no border. The list below says the same in words.");
        reader.say(&zh, &en)
    }
}

/// Where links lead: the same page, language and place in the list.
struct Way<'a> {
    reader: Reader,
    cursor: Option<&'a str>,
}

impl Way<'_> {
    fn to(&self, view: Option<View>) -> String {
        let mut words: Vec<String> = view.map(View::query).into_iter().collect();
        words.extend(self.cursor.map(|it| format!("cursor={}", safe(it))));
        if self.reader.lang == Lang::En {
            words.push("lang=en".to_owned());
        }
        let query = if words.is_empty() { "" } else { "?" };
        format!("/list{query}{}#map", words.join("&amp;"))
    }
}

/// One matter; the list says the same to whoever sees no drawing.
fn single(reader: Reader, mark: &Mark) -> String {
    let name = mark.states.keys().next().copied().unwrap_or("handling");
    let class = mark.class.as_ref().map(|it| reader.words(it)).unwrap_or_default();
    format!(
        "<g aria-hidden=\"true\"><title>{class} · {}</title>{}</g>",
        state(reader, name),
        shape(name)
    )
}

/// States differ in shape as in colour.
fn shape(state: &str) -> &'static str {
    match state {
        "filed" => "<circle class=\"filed\" r=\"8\"/>",
        "declared" => "<path class=\"declared\" d=\"M0-10L10 0L0 10L-10 0Z\"/>",
        "cleared" => {
            "<circle class=\"cleared\" r=\"9\"/><path class=\"tick\" d=\"M-4 0L-1 4L5-4\"/>"
        }
        _ => "<path class=\"handling\" d=\"M0-10L10 8H-10Z\"/>",
    }
}
