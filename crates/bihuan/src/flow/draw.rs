//! The picture: SVG that needs no style sheet, no script and nothing from elsewhere.
//!
//! Invariant: every text of a pack is escaped.

use super::Flow;
use super::layout::{Arrow, LINE, Layout, MARGIN, NAME_PX, Placed, SMALL_PX, Way, layout};
use super::shape::{CUT, Look, Outline, POINT, ROUND, look, word};
use bihuan_core::text::Lang;
use quick_xml::escape::escape;
use std::fmt::Write as _;

/// Fonts that have Chinese, of the systems that are in use.
const FONTS: &str = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',\
    'WenQuanYi Micro Hei',sans-serif";
/// Radius of the bends of an arrow.
const BEND: i32 = 7;
/// Length of the head of an arrow.
const HEAD: i32 = 8;
/// Colour of arrows down, and of text.
const INK: &str = "#1f2328";
/// Colour of lesser text.
const FAINT: &str = "#4b5563";

/// The picture of a flow.
pub(super) fn svg(title: &str, flow: &Flow, lang: Lang) -> String {
    let plan = layout(flow, lang);
    let Layout { width, height, .. } = plan;
    let (title, tag) = (escape(title), if lang == Lang::Zh { "zh-CN" } else { "en" });
    let mut svg = String::new();
    // Writing to a String cannot fail, here and below.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\" lang=\"{tag}\" \
         font-family=\"{FONTS}\"><title>{title}</title>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\
         <text x=\"{MARGIN}\" y=\"{y}\" font-size=\"18\" font-weight=\"bold\" fill=\"{INK}\">\
         {title}</text>",
        y = MARGIN + 14
    );
    for arrow in &plan.arrows {
        draw_arrow(&mut svg, &plan, flow, arrow);
    }
    for (stage, placed) in flow.stages.iter().zip(&plan.boxes) {
        let (name, look, is) = (stage.title.get(lang), look(stage.is), word(stage.is));
        // A name that says what the stage means is not said twice.
        let is = Some((is.get(lang), look.line)).filter(|it| it.0 != name.to_lowercase());
        let owed = stage.owed.as_ref().map(|it| (it.get(lang), FAINT));
        let lines: Vec<(&str, &str)> = is.into_iter().chain(owed).collect();
        draw_box(&mut svg, &plan, placed, look, (name, &lines));
    }
    for arrow in &plan.arrows {
        draw_labels(&mut svg, &plan, flow, arrow);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_box(
    svg: &mut String,
    plan: &Layout,
    placed: &Placed,
    look: Look,
    (name, lines): (&str, &[(&str, &str)]),
) {
    let (left, top, right, bottom) =
        (plan.left, placed.top, plan.right, placed.top + placed.height);
    outline(svg, look, [left, top, right, bottom]);
    if look.outline == Outline::DoublePill {
        outline(svg, look, [left + 4, top + 4, right - 4, bottom - 4]);
    }
    let middle = (left + right) / 2;
    let rows = i32::try_from(lines.len()).unwrap_or(0);
    let mut y = (top + bottom) / 2 - rows * LINE / 2 + NAME_PX / 3;
    text(svg, [middle, y], "middle", (NAME_PX, INK, true), name);
    for (line, colour) in lines {
        y += LINE;
        text(svg, [middle, y], "middle", (SMALL_PX, colour, false), line);
    }
}

fn outline(svg: &mut String, look: Look, [left, top, right, bottom]: [i32; 4]) {
    let Look { outline, line, fill } = look;
    let paint = format!("fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"2\"");
    let (width, height, middle) = (right - left, bottom - top, (top + bottom) / 2);
    let rect = |radius: i32, more: &str| {
        format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
             rx=\"{radius}\" {paint}{more}/>"
        )
    };
    let polygon = |points: &[(i32, i32)]| {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        format!("<polygon points=\"{}\" {paint}/>", points.join(" "))
    };
    svg.push_str(&match outline {
        Outline::Pill | Outline::DoublePill => rect(ROUND, ""),
        Outline::Rounded => rect(9, ""),
        Outline::Square => rect(0, ""),
        Outline::Broken => rect(9, " stroke-dasharray=\"6 4\""),
        Outline::Pointed => polygon(&[
            (left + POINT, top),
            (right - POINT, top),
            (right, middle),
            (right - POINT, bottom),
            (left + POINT, bottom),
            (left, middle),
        ]),
        Outline::Cut => polygon(&[
            (left + CUT, top),
            (right - CUT, top),
            (right, top + CUT),
            (right, bottom - CUT),
            (right - CUT, bottom),
            (left + CUT, bottom),
            (left, bottom - CUT),
            (left, top + CUT),
        ]),
    });
}

/// Where an arrow touches the side of a box.
fn side(plan: &Layout, flow: &Flow, no: usize, (y, on_right): (i32, bool)) -> i32 {
    let placed = &plan.boxes[no];
    let inset = look(flow.stages[no].is).outline.inset(y - placed.top, placed.height);
    if on_right { plan.right - inset } else { plan.left + inset }
}

fn draw_arrow(svg: &mut String, plan: &Layout, flow: &Flow, arrow: &Arrow) {
    let (from, to) = (&plan.boxes[arrow.from], &plan.boxes[arrow.to]);
    let (path, head, colour, dashes) = match arrow.way {
        Way::Down => {
            let x = (plan.left + plan.right) / 2;
            let (y, end) = (from.top + from.height, to.top);
            let path = format!("M{x} {y}V{}", end - HEAD);
            (path, [(x, end), (x - 5, end - HEAD), (x + 5, end - HEAD)], INK, "")
        }
        Way::Lane { x, leaves, enters } => {
            let on_right = x > plan.right;
            let out = if on_right { 1 } else { -1 };
            let down = if enters > leaves { 1 } else { -1 };
            let begin = side(plan, flow, arrow.from, (leaves, on_right));
            let end = side(plan, flow, arrow.to, (enters, on_right));
            let (tip, bend) = (end + out * HEAD, x - out * BEND);
            // From its end on, so that the dashes of arrows that run together lie on each other.
            let path = format!(
                "M{tip} {enters}H{bend}Q{x} {enters} {x} {}\
                 V{}Q{x} {leaves} {bend} {leaves}H{begin}",
                enters - down * BEND,
                leaves + down * BEND,
            );
            let colour = look(flow.stages[arrow.to].is).line;
            let dashes = if on_right { "" } else { " stroke-dasharray=\"5 3\"" };
            (path, [(end, enters), (tip, enters - 5), (tip, enters + 5)], colour, dashes)
        }
    };
    let points: Vec<String> = head.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let _ = write!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dashes}/>\
         <polygon points=\"{}\" fill=\"{colour}\"/>",
        points.join(" ")
    );
}

fn draw_labels(svg: &mut String, plan: &Layout, flow: &Flow, arrow: &Arrow) {
    match arrow.way {
        Way::Down => {
            let x = (plan.left + plan.right) / 2 + 10;
            let first = plan.boxes[arrow.from].top + plan.boxes[arrow.from].height + LINE + 2;
            for (no, label) in (0..).zip(&arrow.labels) {
                text(svg, [x, first + no * LINE], "start", (SMALL_PX, INK, false), label);
            }
        }
        Way::Lane { x, leaves, .. } => {
            let on_right = x > plan.right;
            let (x, anchor) =
                if on_right { (plan.right + 8, "start") } else { (plan.left - 8, "end") };
            let colour = look(flow.stages[arrow.to].is).line;
            let label = arrow.labels.join(" / ");
            text(svg, [x, leaves - 5], anchor, (SMALL_PX, colour, false), &label);
        }
    }
}

fn text(
    svg: &mut String,
    [x, y]: [i32; 2],
    anchor: &str,
    (size, colour, bold): (i32, &str, bool),
    words: &str,
) {
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\" \
         text-anchor=\"{anchor}\"{weight}>{}</text>",
        escape(words)
    );
}
