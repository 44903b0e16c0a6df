//! The habits of the house.
/// x
pub fn run() -> anyhow::Result<bool> {
    Ok(true)
}
