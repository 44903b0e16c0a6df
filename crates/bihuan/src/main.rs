//! The bihuan binary.

fn main() -> std::process::ExitCode {
    bihuan::command::run()
}
