//! The commands of the binary, a noun each.

mod adjustment;
mod backup;
mod balance;
mod calendar;
mod config;
mod demo;
mod doctor;
mod export;
mod figure;
mod file;
mod import;
mod import_ledger;
mod init;
mod ledger;
mod migrate;
mod pack;
mod ranking;
mod record;
mod serve;
mod show;
mod show_text;
mod tick;
mod user;
mod verify;

use crate::cli::{Cli, Command, Global};
use crate::config::{self as told, Config};
use crate::output::Output;
use crate::problem::{EXIT_NO, EXIT_USAGE, Problem};
use clap::Parser;
use clap::error::ErrorKind;
use serde_json::json;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Good,
    /// It was done, and the answer is no: faults were found.
    Faults,
}

impl Outcome {
    fn of(is_good: bool) -> Outcome {
        if is_good { Outcome::Good } else { Outcome::Faults }
    }
}

/// Runs the command that the arguments of the process name.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut out = Output::new(told::lang(&cli.global), cli.global.json);
    match dispatch(&cli.global, &mut out, cli.command) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Faults) => ExitCode::from(EXIT_NO),
        Err(problem) => {
            out.problem(&problem);
            ExitCode::from(problem.exit())
        }
    }
}

fn dispatch(global: &Global, out: &mut Output, command: Command) -> Result<Outcome, Problem> {
    let listen = match command {
        Command::Serve { listen } => listen,
        _ => None,
    };
    let settings = told::settings(global, listen)?;
    let config = &Config::read(global, &settings);
    match command {
        Command::Pack(command) => pack::run(config, out, command),
        Command::Init { title, title_en } => init::run(config, out, title, title_en),
        Command::Import(words) => import::run(config, out, &words),
        Command::User(command) => user::run(config, out, command),
        Command::Calendar(command) => calendar::run(config, out, command),
        Command::File(command) => file::run(config, out, command),
        Command::Record(command) => record::run(out, command),
        Command::Tick { clock_is_right } => tick::run(config, out, clock_is_right),
        Command::Migrate => migrate::run(config, out),
        Command::Show(words) => show::run(config, out, &words),
        Command::Ledger(words) => ledger::run(config, out, words),
        Command::Figure(words) => figure::run(config, out, &words),
        Command::Adjustment(words) => adjustment::run(config, out, words),
        Command::Ranking(words) => ranking::run(config, out, &words),
        Command::Export(words) => export::run(config, out, &words),
        Command::Openapi => {
            print!("{}", crate::http::openapi::text());
            Ok(Outcome::Good)
        }
        Command::Doctor => doctor::run(config, out),
        Command::Backup { out: to } => backup::make(config, out, &to),
        Command::Restore { from } => backup::take(config, out, &from),
        Command::Serve { .. } => serve::run(config, &settings, out),
        Command::Config(command) => config::run(&settings, out, command),
        Command::Verify => verify::run(config, out),
        Command::Demo { seed, days } => demo::run(config, out, seed, days),
    }
}

/// Tells wrong words, or the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked && std::env::args_os().any(|it| it == "--json") {
        let text = error.to_string();
        let value =
            json!({ "problem": { "code": "usage", "zh": text, "en": text, "details": [] } });
        println!("{value}");
        return ExitCode::from(EXIT_USAGE);
    }
    // A reader that went away has read enough.
    let _ = error.print();
    if asked { ExitCode::SUCCESS } else { ExitCode::from(EXIT_USAGE) }
}
