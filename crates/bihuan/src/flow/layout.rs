//! Where everything stands: stages in one column, in the order in which a matter passes them.
//!
//! A move to the next stage is an arrow down. What leads further on leaves to the right, what leads
//! back leaves to the left; each target has a lane of its own there, so that arrows which end in
//! one place run together. Lanes that do not meet share a track.
//!
//! Invariants: no two lanes of one track overlap; every arrow has a slot of its own at each end; a
//! label stands between the box and the lanes, where no lane runs.

use super::shape::{look, word};
use super::{Flow, FlowMove};
use bihuan_core::id::StageId;
use bihuan_core::text::Lang;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthChar;

/// Size of a stage's name.
pub(super) const NAME_PX: i32 = 15;
/// Size of what stands below a name, and of labels.
pub(super) const SMALL_PX: i32 = 12;
/// Room around everything.
pub(super) const MARGIN: i32 = 24;
/// Height of the heading.
const HEADING: i32 = 40;
/// From one slot to the next.
const SLOT: i32 = 25;
/// From the top of a box to its first slot.
const FIRST_SLOT: i32 = 27;
/// Room between two boxes without a label.
const GAP: i32 = 26;
/// Height of a line of a label.
pub(super) const LINE: i32 = 17;
/// From one track to the next.
const TRACK: i32 = 16;
/// Least height of a box.
const BOX_HEIGHT_MIN: i32 = 66;
/// Least width of a box.
const BOX_WIDTH_MIN: i32 = 150;

/// A box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) top: i32,
    pub(super) height: i32,
}

/// An arrow of one move, or of several that lead the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) labels: Vec<String>,
    pub(super) way: Way,
}

/// How an arrow runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight down.
    Down,
    /// Along a lane at `x`, leaving at `leaves` and entering at `enters`.
    Lane {
        /// Where its lane is.
        x: i32,
        /// Where it leaves its box.
        leaves: i32,
        /// Where it enters its box.
        enters: i32,
    },
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Left side of the boxes.
    pub(super) left: i32,
    /// Right side of the boxes.
    pub(super) right: i32,
    pub(super) boxes: Vec<Placed>,
    pub(super) arrows: Vec<Arrow>,
}

/// About how wide a text is.
pub(super) fn width(text: &str, size_px: i32) -> i32 {
    // A Chinese character is as wide as it is high; a Latin letter a little over half of that.
    let hundredths = |it: char| if it.width().unwrap_or(0) > 1 { 100 } else { 56 };
    text.chars().map(hundredths).sum::<i32>() * size_px / 100
}

/// One side of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Moves from one stage to another.
struct Link {
    from: usize,
    to: usize,
    labels: Vec<String>,
}

impl Link {
    /// The side on which it runs; `None` straight down.
    fn side(&self) -> Option<Side> {
        match self.to.checked_sub(self.from) {
            Some(1) => None,
            Some(0) | None => Some(Side::Left),
            Some(_) => Some(Side::Right),
        }
    }
}

/// Lays a flow out.
pub(super) fn layout(flow: &Flow, lang: Lang) -> Layout {
    let links = links(flow, lang);
    let lanes = [Side::Left, Side::Right].map(|side| tracks(&links, side));
    let track = |link: &Link| match link.side() {
        Some(Side::Left) => lanes[0].get(&link.to).copied().unwrap_or(0),
        _ => lanes[1].get(&link.to).copied().unwrap_or(0),
    };
    let slots = slots(&links, &track);
    let boxes = stack(flow, &links, &slots);
    let room = |side: Side| {
        let labels = links.iter().filter(|it| it.side() == Some(side)).map(label_width);
        let tracks = lanes[usize::from(side == Side::Right)].values().max().map_or(0, |it| it + 1);
        let labels = labels.max().unwrap_or(0);
        (labels, if tracks == 0 { 0 } else { labels + 24 + tracks * TRACK })
    };
    let box_width = box_width(flow, lang);
    let (left_labels, left_room) = room(Side::Left);
    let (right_labels, right_room) = room(Side::Right);
    // A label beside an arrow down may reach further than the box.
    let down = links.iter().filter(|it| it.side().is_none());
    let beside = down.map(|it| label_width(it) + 12 - box_width / 2).max().unwrap_or(0);
    let left = MARGIN + left_room;
    let right = left + box_width;
    let place = |side: Side, no: usize, what: Slot| {
        let at = slots.get(&(no, side)).and_then(|it| it.iter().position(|it| *it == what));
        let at = i32::try_from(at.unwrap_or(0)).unwrap_or(0);
        boxes[no].top + FIRST_SLOT + at * SLOT
    };
    let arrow = |link: &Link| {
        let way = link.side().map_or(Way::Down, |side| Way::Lane {
            x: match side {
                Side::Left => left - left_labels - 16 - track(link) * TRACK,
                Side::Right => right + right_labels + 16 + track(link) * TRACK,
            },
            leaves: place(side, link.from, Slot::Leaves(link.to)),
            enters: place(side, link.to, Slot::Enters),
        });
        Arrow { from: link.from, to: link.to, labels: link.labels.clone(), way }
    };
    let bottom = boxes.last().map_or(HEADING, |it| it.top + it.height);
    Layout {
        width: right + right_room.max(beside) + MARGIN,
        height: bottom + MARGIN,
        left,
        right,
        arrows: links.iter().map(arrow).collect(),
        boxes,
    }
}

/// Moves joined where they lead from and to the same stages.
fn links(flow: &Flow, lang: Lang) -> Vec<Link> {
    let place = |id: &StageId| flow.stages.iter().position(|it| it.id == *id).unwrap_or(0);
    let mut links: Vec<Link> = Vec::new();
    for FlowMove { title, from, to, .. } in &flow.moves {
        let (from, to, label) = (place(from), place(to), title.get(lang).to_owned());
        match links.iter_mut().find(|it| (it.from, it.to) == (from, to)) {
            Some(link) => link.labels.push(label),
            None => links.push(Link { from, to, labels: vec![label] }),
        }
    }
    links
}

/// The track of each target's lane on a side: short lanes run inside.
fn tracks(links: &[Link], side: Side) -> BTreeMap<usize, i32> {
    let mut spans: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for link in links.iter().filter(|it| it.side() == Some(side)) {
        let span = spans.entry(link.to).or_insert((link.to, link.to));
        *span = (span.0.min(link.from), span.1.max(link.from));
    }
    let mut lanes: Vec<(usize, (usize, usize))> = spans.into_iter().collect();
    lanes.sort_by_key(|(to, (first, last))| (last - first, *to));
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut tracks = BTreeMap::new();
    for (to, span) in lanes {
        let is_free = |it: &Vec<(usize, usize)>| it.iter().all(|it| it.1 < span.0 || span.1 < it.0);
        let track = taken.iter().position(is_free).unwrap_or(taken.len());
        if track == taken.len() {
            taken.push(Vec::new());
        }
        taken[track].push(span);
        tracks.insert(to, i32::try_from(track).unwrap_or(i32::MAX));
    }
    tracks
}

/// What a slot of a box is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Where its own lane comes in.
    Enters,
    /// Where an arrow to a stage goes out.
    Leaves(usize),
}

/// What begins and ends at one side of a box.
#[derive(Default)]
struct Ends {
    /// How far out the lane of each arrow that leaves is, in the order from above, and where to.
    leaves: Vec<(i32, usize)>,
    /// Whether a lane comes in.
    is_target: bool,
}

/// The slots of each side of each box, from above. What comes from above enters first, what comes
/// from below last; what leaves for an outer lane does so where it meets fewest others.
fn slots(links: &[Link], track: &impl Fn(&Link) -> i32) -> BTreeMap<(usize, Side), Vec<Slot>> {
    let mut sides: BTreeMap<(usize, Side), Ends> = BTreeMap::new();
    for link in links {
        let Some(side) = link.side() else { continue };
        let outward = if side == Side::Right { -track(link) } else { track(link) };
        sides.entry((link.from, side)).or_default().leaves.push((outward, link.to));
        sides.entry((link.to, side)).or_default().is_target = true;
    }
    let order = |(key, Ends { mut leaves, is_target }): ((usize, Side), Ends)| {
        leaves.sort_unstable();
        let mut slots: Vec<Slot> = leaves.into_iter().map(|(_, to)| Slot::Leaves(to)).collect();
        if is_target {
            let at = if key.1 == Side::Right { 0 } else { slots.len() };
            slots.insert(at, Slot::Enters);
        }
        (key, slots)
    };
    sides.into_iter().map(order).collect()
}

/// The boxes below each other, each high enough for its slots.
fn stack(flow: &Flow, links: &[Link], slots: &BTreeMap<(usize, Side), Vec<Slot>>) -> Vec<Placed> {
    let mut top = MARGIN + HEADING;
    let mut boxes = Vec::with_capacity(flow.stages.len());
    for no in 0..flow.stages.len() {
        let sides = [Side::Left, Side::Right].map(|it| slots.get(&(no, it)).map_or(0, Vec::len));
        let most = i32::try_from(sides[0].max(sides[1])).unwrap_or(0);
        let height = (2 * FIRST_SLOT - 8 + (most - 1) * SLOT).max(BOX_HEIGHT_MIN);
        boxes.push(Placed { top, height });
        let down = links.iter().find(|it| it.from == no && it.side().is_none());
        let lines = down.map_or(0, |it| i32::try_from(it.labels.len()).unwrap_or(0));
        top += height + GAP + lines * LINE;
    }
    boxes
}

fn label_width(link: &Link) -> i32 {
    match link.side() {
        None => link.labels.iter().map(|it| width(it, SMALL_PX)).max().unwrap_or(0),
        Some(_) => width(&link.labels.join(" / "), SMALL_PX),
    }
}

fn box_width(flow: &Flow, lang: Lang) -> i32 {
    let widths = flow.stages.iter().flat_map(|it| {
        let owed = it.owed.as_ref().map_or("", |it| it.get(lang));
        let outline = look(it.is).outline;
        // What is slanted or round has less room at its top and bottom.
        let edge = 2 * outline.inset(12, BOX_HEIGHT_MIN) + 28;
        let small = width(owed, SMALL_PX).max(width(word(it.is).get(lang), SMALL_PX));
        [width(it.title.get(lang), NAME_PX) + edge, small + edge]
    });
    widths.max().unwrap_or(0).max(BOX_WIDTH_MIN)
}
