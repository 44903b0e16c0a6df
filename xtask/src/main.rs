//! The command line of the automation: `cargo xtask <what>`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::dist::Scratch;
use xtask::torture::Campaign;
use xtask::torture::child::Life;

/// As in the binary, so that the bench measures what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Automation of the Bihuan workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Run every check and every test; the last line counts them.
    Test {
        /// Install what a full run needs, and fail where it cannot be had.
        #[arg(long)]
        full: bool,
    },
    /// What the forge runs: `test --full`.
    Ci,
    /// Check the habits of the house: sizes, names, words, numbered papers.
    Tidy,
    /// Run the tests and accept every changed snapshot; read the diff afterwards.
    Bless,
    /// Build the release binary, let it fill a believable town, and serve it.
    Demo {
        /// Where the town is put.
        #[arg(long, default_value = "demo-town")]
        dir: PathBuf,
        /// A schema of PostgreSQL that the town is put into, `postgres://…?schema=NAME`.
        #[arg(long)]
        db: Option<String>,
        /// The seed of the town; the same seed gives the same town.
        #[arg(long)]
        seed: Option<u64>,
        /// Verify the town and its service afterwards, and end.
        #[arg(long)]
        check: bool,
    },
    /// Try to break what the store promises; the control of each campaign must fail.
    Torture {
        /// The campaign.
        what: Campaign,
        /// The seed; the same seed makes the same choices.
        #[arg(long)]
        seed: Option<u64>,
        /// The long form, in release.
        #[arg(long)]
        full: bool,
    },
    /// Ask every address of the API in many ways, and compare the answers with its description.
    FuzzApi {
        /// The seed; the same seed draws the same requests.
        #[arg(long, default_value_t = xtask::fuzz::USUAL_SEED)]
        seed: u64,
        /// The long form.
        #[arg(long)]
        full: bool,
    },
    /// The process that `torture` kills.
    #[command(hide = true)]
    TortureChild(Life),
    /// Measure commands, reads and pages beside a floor, and write `bench/RESULTS.md`.
    Bench {
        /// Matters that the realm holds, for each size.
        #[arg(long, default_value = "100000,1000000")]
        matters: String,
        /// What is measured; the rest of the results stays as it is.
        #[arg(long, value_enum, value_delimiter = ',', default_value = "service,pages")]
        only: Vec<xtask::bench::Part>,
        /// Databases.
        #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
        db: Vec<xtask::bench::Database>,
        /// Prove only that it runs; the figures mean nothing.
        #[arg(long)]
        quick: bool,
    },
    /// Make the bundle for machines without a network.
    Dist {
        /// Where it is put.
        #[arg(long, default_value = "dist")]
        out: PathBuf,
        /// The kind of machine that it is for.
        #[arg(long, value_enum, default_value = "x86_64")]
        arch: xtask::dist::Arch,
        /// With a debug binary: proves only that it can be bundled.
        #[arg(long)]
        quick: bool,
        /// Install it, upgrade to it and go back, in a scratch folder without a network.
        #[arg(long)]
        check: bool,
        /// The bundle to upgrade from in the check.
        #[arg(long)]
        before: Option<PathBuf>,
    },
    /// The process that `dist --check` starts without a network.
    #[command(hide = true)]
    DistCheck(Scratch),
    /// The server that `bench` holds the service against.
    #[command(hide = true)]
    BenchFloor,
    /// Write generated files anew; they are committed, never edited.
    Gen {
        #[command(subcommand)]
        what: Gen,
    },
}

#[derive(Subcommand)]
enum Gen {
    /// The description of the API in `docs/api/openapi.json`, from the program itself.
    Openapi,
    /// The pictures of the manual in `docs/user/pictures/`, by people in a browser.
    Pictures,
    /// The demonstration town in `demo/`, from `demo/names.toml` and a seed.
    Demo {
        /// The seed of the town.
        #[arg(long, default_value_t = xtask::town::SEED)]
        seed: u64,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().what {
        What::Test { full } => xtask::test::run(full || xtask::process::in_ci()),
        What::Ci => xtask::test::run(true),
        What::Tidy => xtask::tidy::run(),
        What::Bless => xtask::test::bless(),
        What::Demo { dir, db, seed, check } => {
            xtask::demo::run(&xtask::demo::Options { dir, db, seed, check })
        }
        What::Torture { what, seed, full } => std::env::current_exe()
            .map_err(Into::into)
            .and_then(|program| xtask::torture::run(what, seed, full, &program)),
        What::FuzzApi { seed, full } => {
            xtask::fuzz::Tool::install().and_then(|tool| xtask::fuzz::run(&tool, seed, full))
        }
        What::TortureChild(life) => xtask::torture::child::live(&life),
        What::Bench { matters, only: parts, db: databases, quick } => xtask::bench::sizes(&matters)
            .and_then(|matters| {
                let program = std::env::current_exe()?;
                let options = xtask::bench::Options { matters, parts, databases, quick, program };
                xtask::bench::run(&options)
            }),
        What::BenchFloor => xtask::bench::serve_floor(),
        What::Dist { out, arch, quick, check, before } => {
            std::env::current_exe().map_err(Into::into).and_then(|program| {
                let options = xtask::dist::Options { out, arch, quick, check, before, program };
                xtask::dist::run(&options)
            })
        }
        What::DistCheck(scratch) => xtask::dist::inside(&scratch),
        What::Gen { what: Gen::Openapi } => xtask::openapi::write(),
        What::Gen { what: Gen::Pictures } => xtask::web::take_pictures(),
        What::Gen { what: Gen::Demo { seed } } => {
            xtask::town::run(&xtask::process::root().join("demo"), seed)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
