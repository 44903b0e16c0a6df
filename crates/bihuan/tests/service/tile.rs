//! A vector tile read back, by the letter of its format and with nothing of what wrote it.

use serde_json::{Map, Value, json};

/// A feature of a layer: its attributes, and the points of its geometry in units of the tile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Feature {
    pub(crate) layer: String,
    pub(crate) tags: Map<String, Value>,
    pub(crate) points: Vec<(i64, i64)>,
}

/// The fields of a message: number, then a number or bytes.
struct Fields<'a>(&'a [u8]);

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<(u64, Field<'a>)> {
        if self.0.is_empty() {
            return None;
        }
        let key = number(&mut self.0);
        let field = match key & 7 {
            0 => Field::Number(number(&mut self.0)),
            2 => {
                let length = usize::try_from(number(&mut self.0)).expect("a length");
                let (bytes, rest) = self.0.split_at(length);
                self.0 = rest;
                Field::Bytes(bytes)
            }
            other => panic!("wire type {other}"),
        };
        Some((key >> 3, field))
    }
}

fn bytes(field: Field<'_>) -> &[u8] {
    match field {
        Field::Bytes(bytes) => bytes,
        Field::Number(number) => panic!("{number} is no message"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn numbers(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(number(&mut bytes));
    }
    numbers
}

fn value(bytes: &[u8]) -> Value {
    match Fields(bytes).next().expect("a value") {
        (1, Field::Bytes(bytes)) => json!(text(bytes)),
        (4 | 5, Field::Number(number)) => json!(number),
        (field, _) => panic!("a value of field {field}"),
    }
}

/// All features of a tile.
pub(crate) fn read(tile: &[u8]) -> Vec<Feature> {
    let mut all = Vec::new();
    for (field, layer) in Fields(tile) {
        assert_eq!(field, 3, "a tile has layers");
        let layer = bytes(layer);
        let (mut name, mut keys, mut values, mut features) =
            (String::new(), Vec::new(), Vec::new(), Vec::new());
        for (field, it) in Fields(layer) {
            match field {
                1 => name = text(bytes(it)),
                2 => features.push(bytes(it)),
                3 => keys.push(text(bytes(it))),
                4 => values.push(value(bytes(it))),
                _ => {}
            }
        }
        all.extend(features.into_iter().map(|it| feature(&name, it, &keys, &values)));
    }
    all
}

fn feature(layer: &str, message: &[u8], keys: &[String], values: &[Value]) -> Feature {
    let (mut tags, mut points) = (Map::new(), Vec::new());
    for (field, it) in Fields(message) {
        match field {
            2 => {
                for pair in numbers(bytes(it)).chunks_exact(2) {
                    let at = |no: u64| usize::try_from(no).expect("an index");
                    tags.insert(keys[at(pair[0])].clone(), values[at(pair[1])].clone());
                }
            }
            4 => points = geometry(&numbers(bytes(it))),
            _ => {}
        }
    }
    Feature { layer: layer.to_owned(), tags, points }
}

fn geometry(commands: &[u64]) -> Vec<(i64, i64)> {
    let unzigzag = |it: u64| (it >> 1).cast_signed() ^ -(it & 1).cast_signed();
    let (mut at, mut points, mut rest) = ((0, 0), Vec::new(), commands);
    while let Some((command, after)) = rest.split_first() {
        let count = usize::try_from(command >> 3).expect("a count");
        let taken = if command & 7 == 7 { 0 } else { 2 * count };
        for pair in after[..taken].chunks_exact(2) {
            at = (at.0 + unzigzag(pair[0]), at.1 + unzigzag(pair[1]));
            points.push(at);
        }
        rest = &after[taken..];
    }
    points
}
