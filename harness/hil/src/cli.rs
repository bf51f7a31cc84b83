//! The command line: what can be typed, with its help. No behaviour lives here.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Exit codes, shown under `--help` and documented in README.md.
const EXIT_CODES: &str = "\
Exit codes:
  0  pass or marginal            3  trouble of the rig
  1  a DUT failed                4  stopped by an interlock or a person
  2  bad input                   5  inconclusive";

/// Hardware-in-the-loop test harness for the 123\SmartBMS.
#[derive(Debug, Parser)]
#[command(name = "hil", version, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The folder with fixtures/ and rigs/; found upwards from here when not given.
    #[arg(long, global = true, env = "HIL_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// How results are written to stdout.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// JUnit XML.
    Junit,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the case instances with their length in bench seconds.
    List(Select),
    /// Parse and plan everything; nothing is energised.
    Check(Select),
    /// Flash the boards, run the cases and write a record with pages.
    Run(RunArgs),
    /// Try boards that are wrong on purpose: does a case notice? 0 all do, 1 survivors, 2 bad input.
    Mutants(MutantsArgs),
    /// Requirements, their cases and mutants, and what is missing: 0 nothing, 1 gaps, 2 bad input.
    Coverage {
        /// Also as a page.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Make the pages of a record again.
    Report {
        /// Folder of the record, for example reports/runs/latest.
        record: PathBuf,
    },
    /// Judge a record again; exits as `run` does.
    Judge {
        /// Folder of the record.
        record: PathBuf,
    },
    /// Check a record's hash chain: 0 clean, 1 a finding, 2 bad input.
    Verify {
        /// Folder of the record.
        record: PathBuf,
    },
    /// Print the JSON Schema of a kind of file, for editors, or the table of channels.
    Schema {
        /// Which kind.
        #[arg(value_enum, default_value_t = SchemaKind::Case)]
        kind: SchemaKind,
    },
    /// Rigs.
    Rig {
        /// What to do with them.
        #[command(subcommand)]
        command: RigCommand,
    },
    /// The virtual rig by itself.
    Sim {
        /// What to do with it.
        #[command(subcommand)]
        command: SimCommand,
    },
}

/// Which cases.
#[derive(Args, Clone, Debug, Default)]
pub struct Select {
    /// Only instances whose id contains this.
    pub filter: Option<String>,
    /// Only cases with this tag; several: any of them.
    #[arg(long = "tag", value_name = "T")]
    pub tags: Vec<String>,
    /// The i-th of n equal parts of the selection.
    #[arg(long, value_name = "i/n", value_parser = parse_shard)]
    pub shard: Option<(u32, u32)>,
    /// A rig's name in rigs/ or a path to its file.
    #[arg(long, value_name = "R", default_value = "virtual")]
    pub rig: String,
}

/// Arguments of `run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Which cases; without FILTER and --tag: the tag `smoke`.
    #[command(flatten)]
    pub select: Select,
    /// Another image for a board: `end=FILE.elf`; may be given several times.
    #[arg(long = "image", value_name = "BOARD=FILE", value_parser = parse_image)]
    pub images: Vec<(String, PathBuf)>,
    /// A folder with begin.elf, between.elf and end.elf instead of firmware/images.
    #[arg(long, value_name = "DIR", conflicts_with = "images")]
    pub firmware: Option<PathBuf>,
    /// Seed of tolerances and noise.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Begin no further case after so many failed ones, at least 1.
    #[arg(long, value_name = "N")]
    pub max_fail: Option<NonZeroUsize>,
    /// Serial number of the DUT, for the record.
    #[arg(long, value_name = "S")]
    pub dut_serial: Option<String>,
    /// Hardware revision of the DUT, for the record.
    #[arg(long, value_name = "R")]
    pub hardware_revision: Option<String>,
    /// Folder for the record instead of one in reports/runs that is named by the time.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Cases at the same time, where the rig can; 0 = one per core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
}

/// Arguments of `mutants`.
#[derive(Args, Clone, Debug)]
pub struct MutantsArgs {
    /// Only this mutant; may be given several times.
    #[arg(long, value_name = "N")]
    pub only: Vec<u32>,
    /// Every case on every mutant, and the whole matrix of who notices what.
    #[arg(long)]
    pub full: bool,
    /// Only the smoke suite: which mutants it catches alone; at most a third may be.
    #[arg(long, conflicts_with = "full")]
    pub smoke: bool,
    /// Try again what reports/kills.json knows already.
    #[arg(long)]
    pub again: bool,
    /// Seed of tolerances and noise.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Mutants at the same time; 0 = one per core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
}

/// Kinds of files with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// fixtures/cases/*.toml
    Case,
    /// rigs/*.toml
    Rig,
    /// fixtures/profiles/*.toml
    Profile,
    /// fixtures/cells/*.toml
    Cell,
    /// fixtures/requirements.toml
    Requirements,
    /// fixtures/mutants.toml
    Mutants,
    /// Not a schema: a table of every channel with its access, unit or states, and meaning
    Channels,
}

/// Commands about rigs.
#[derive(Debug, Subcommand)]
pub enum RigCommand {
    /// List the rigs in rigs/.
    List,
}

/// Commands about the virtual rig.
#[derive(Debug, Subcommand)]
pub enum SimCommand {
    /// Keep a virtual rig alive in real time, with its probe ports and EXT OUT on a
    /// pseudo-terminal, until Ctrl-C.
    Serve {
        /// A rig's name or path.
        #[arg(default_value = "virtual")]
        rig: String,
        /// Cells in series.
        #[arg(long, default_value_t = 4)]
        cells: u16,
        /// TCP port of board 1's probe; board k has the k-1 next ones. 0 = any free ones.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Leave the boards blank instead of flashing the shipped images first.
        #[arg(long)]
        blank: bool,
        /// Seed of tolerances and noise.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn parse_shard(text: &str) -> Result<(u32, u32), String> {
    let parse = || {
        let (i, n) = text.split_once('/')?;
        let (i, n) = (i.parse::<u32>().ok()?, n.parse::<u32>().ok()?);
        (1..=n).contains(&i).then_some((i, n))
    };
    parse().ok_or_else(|| "expected i/n with 1 ≤ i ≤ n, for example 2/3".to_owned())
}

fn parse_image(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((board @ ("begin" | "between" | "end"), file)) if !file.is_empty() => {
            Ok((board.to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected begin=FILE, between=FILE or end=FILE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_shard_must_exist() {
        assert_eq!(parse_shard("2/3"), Ok((2, 3)));
        for bad in ["0/3", "4/3", "3", "a/b", "1/0"] {
            assert!(parse_shard(bad).is_err(), "{bad}");
        }
    }
}
