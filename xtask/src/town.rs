//! The demonstration town: a seed and the lists of `demo/names.toml` become the files of `demo/`.
//!
//! Invariants: everything is invented and says so; the same seed gives the same bytes on every
//! machine; grids tile their village, villages their town and street, both the district.

mod ground;
mod mesh;
mod names;
mod partition;
mod people;
mod points;
mod random;
mod ring;
mod units;
mod write;

use anyhow::Context;
use std::path::Path;

/// The seed of the committed files.
pub const SEED: u64 = 20_210_416;

/// One file of the demonstration.
pub struct File {
    /// Name inside `demo/`.
    pub name: &'static str,
    /// Content.
    pub text: String,
}

/// The files that a seed and the lists of names (TOML) make.
///
/// # Errors
/// The lists cannot be read, or no ground of the seed is sound.
pub fn files(names: &str, seed: u64) -> anyhow::Result<Vec<File>> {
    let names: names::Names = toml::from_str(names).context("failed to read the names")?;
    let ground = ground::Ground::new(seed).context("no ground of this seed is sound")?;
    let tree = units::Tree::new(&names, &ground);
    let random = &mut random::Random::new(seed);
    let roster = people::Roster::new(&names, &tree, random);
    let points = points::points(&names, &ground, &tree, &roster, random);
    Ok(vec![
        File { name: "realm.toml", text: write::realm(&names) },
        File { name: "units.csv", text: write::units(&tree.units)? },
        File { name: "areas.geojson", text: write::areas(&names, &tree.areas) },
        File { name: "points.csv", text: write::points(&points)? },
        File { name: "people.csv", text: write::people(&roster.rows)? },
    ])
}

/// Writes the files of a seed into `directory`, reading `names.toml` there.
///
/// # Errors
/// As [`files`]; or a file cannot be read or written.
pub fn run(directory: &Path, seed: u64) -> anyhow::Result<bool> {
    let path = directory.join("names.toml");
    let names = std::fs::read_to_string(&path)
        .with_context(|| format!("failed to read names `{}`", path.display()))?;
    for File { name, text } in files(&names, seed)? {
        let path = directory.join(name);
        std::fs::write(&path, &text)
            .with_context(|| format!("failed to write `{}`", path.display()))?;
        println!("{}: {} bytes", path.display(), text.len());
    }
    Ok(true)
}
