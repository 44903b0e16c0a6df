//! The bihuan binary.

/// Many small texts are made and dropped for each page and command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // Before anything else: a process that decodes a picture is nothing but that.
    bihuan_press::image::worker::run_if_asked().unwrap_or_else(bihuan::command::run)
}
