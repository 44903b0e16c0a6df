//! scratch
fn main() {
    let days = std::env::args().nth(1).and_then(|it| it.parse().ok());
    let path = std::env::args().nth(2).unwrap_or("/tmp/play.db".into());
    let _ = std::fs::remove_file(&path);
    let _ = std::fs::remove_file(format!("{path}-wal"));
    let days = days.map_or(bihuan::demo::Days::All, bihuan::demo::Days::First);
    let counted = bihuan::demo::run(
        &bihuan_store::Target::parse(&path),
        (bihuan::demo::SEED, days),
        bihuan_core::time::Instant(1_795_400_000_000),
        |_| Ok(()),
        |_, _| {},
    )
    .unwrap();
    println!("{counted:#?}");
}
