//! Pictures of a demonstration: drawn, small and few; they show no real place and no person.

use bihuan_core::content::hex;
use bihuan_core::id::ClassCode;
use bihuan_core::matter::submission::FileDecl;
use bihuan_core::place::{Place, Point};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use sha2::{Digest, Sha256};

/// Pictures of each kind.
const EACH: usize = 60;
/// Width and height in pixels.
const SIZE: (usize, usize) = (160, 120);

/// Pictures of a demonstration.
pub struct Pictures {
    /// Bytes (PNG) with their digests; the first half shows something wrong, the rest nothing.
    pub all: Vec<(String, Vec<u8>)>,
}

impl Pictures {
    /// Draws them, from a seed.
    pub fn draw(seed: u64) -> Pictures {
        let mut chance = Chance::new(seed);
        let all = (0..EACH * 2)
            .map(|no| {
                let bytes = picture(&mut chance, no < EACH);
                (hex(&Sha256::digest(&bytes)), bytes)
            })
            .collect();
        Pictures { all }
    }

    /// A picture of something wrong.
    pub fn before(
        &self,
        chance: &mut Chance,
        _class: &ClassCode,
        place: &Place,
        now: Instant,
    ) -> FileDecl {
        self.one(chance, 0, "before", Some(place), now.plus_ms(-60_000))
    }

    /// A picture for another slot.
    pub fn other(
        &self,
        chance: &mut Chance,
        slot: &str,
        place: Option<&Place>,
        now: Instant,
    ) -> FileDecl {
        let from = if slot == "before" { 0 } else { EACH };
        self.one(chance, from, slot, place, now.plus_ms(-30_000))
    }

    fn one(
        &self,
        chance: &mut Chance,
        from: usize,
        slot: &str,
        place: Option<&Place>,
        taken_at: Instant,
    ) -> FileDecl {
        let no = from + usize::try_from(chance.below(EACH as u64)).unwrap_or(0);
        let taken_in = place.map(|place| {
            let step = |chance: &mut Chance| i64::try_from(chance.below(800)).unwrap_or(0) - 400;
            let at = Point {
                lon_e7: place.at.lon_e7 + step(chance),
                lat_e7: place.at.lat_e7 + step(chance),
            };
            let mut taken = Place::of_point(at, taken_at);
            taken.accuracy_m = 5;
            taken.source = place.source;
            taken
        });
        FileDecl {
            digest: self.all[no % self.all.len()].0.clone(),
            slot: slot.to_owned(),
            taken_at: Some(taken_at),
            taken_in,
        }
    }
}

/// A wall, a ground, and for something wrong a heap on it.
fn picture(chance: &mut Chance, wrong: bool) -> Vec<u8> {
    let (width, height) = SIZE;
    let tone = 150 + chance.below(80);
    let horizon = 40 + usize::try_from(chance.below(30)).unwrap_or(0);
    let mut pixels = vec![[0_u8; 3]; width * height];
    let byte = |it: u64| u8::try_from(it.min(255)).unwrap_or(255);
    for (no, pixel) in pixels.iter_mut().enumerate() {
        let row = no / width;
        *pixel = if row < horizon {
            [byte(tone), byte(tone), byte(tone + 20)]
        } else {
            [byte(tone - 50), byte(tone - 45), byte(tone - 55)]
        };
    }
    let heap = if wrong { 30 + chance.below(40) } else { 0 };
    let (left, base) = (20 + chance.below(80), 70 + chance.below(20));
    for _ in 0..heap * 6 {
        let x = left + chance.below(heap);
        let y = base + chance.below(heap / 2 + 1);
        let color = [
            byte(60 + chance.below(140)),
            byte(50 + chance.below(110)),
            byte(40 + chance.below(90)),
        ];
        for dx in 0..4 {
            for dy in 0..3 {
                let at = (usize::try_from(y).unwrap_or(0) + dy) * width
                    + usize::try_from(x).unwrap_or(0)
                    + dx;
                if let Some(pixel) = pixels.get_mut(at) {
                    *pixel = color;
                }
            }
        }
    }
    let mut bytes = Vec::new();
    let (w, h) = (u32::try_from(width).unwrap_or(1), u32::try_from(height).unwrap_or(1));
    let mut encoder = png::Encoder::new(&mut bytes, w, h);
    encoder.set_color(png::ColorType::Rgb);
    let flat: Vec<u8> = pixels.into_iter().flatten().collect();
    encoder
        .write_header()
        .and_then(|mut it| it.write_image_data(&flat))
        .expect("writing to memory cannot fail, and the size is right");
    bytes
}
