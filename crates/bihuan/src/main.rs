//! The bihuan binary.

/// Many small texts are made and dropped for each page and command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    bihuan::command::run()
}
