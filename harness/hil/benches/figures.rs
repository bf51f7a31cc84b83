//! Where `hil run` stands against its promises: the speed of four boards and of the largest pack
//! with traces and judge on, a full charge in closed loop, flashing, the smoke suite.
//!
//! `cargo bench -p hil`; what the README's commands build is measured with `--profile dev`. Prints
//! ratios for people and judges nothing. Speed is taken from the processor time of the whole
//! process, so that a busy machine does not spoil it; the wall's time stands beside it. How fast a
//! busy core is, and a bare bench without judge and record, are figures of hil-mcu and hil-sim.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hil::cli::Select;
use hil::flash;
use hil::home::Home;
use hil::images::Images;
use hil::library;
use hil::session::{News, RunStart, Session};
use hil_core::library::Library;
use hil_core::plan::Plan;
use hil_core::ports::RecordSink;
use hil_core::rig::Rig;
use hil_core::{Time, Verdict};
use hil_report::RunFolder;
use hil_sim::{Flashed, LogTables};
use rustix::time::{ClockId, clock_gettime};

/// Boards that are flashed one by one.
const BOARDS: u16 = 4;
/// Rounds of which the median counts.
const ROUNDS: usize = 5;
/// The seed of `hil run`.
const SEED: u64 = 1;

/// charge-vmax on the largest pack there is. Every cell's voltage and temperature is traced.
const LARGEST_PACK: &str = r#"
id       = "largest-pack"
title    = "The charge relay opens when a cell in the middle of 255 reaches V-max"
tags     = ["bench"]
verifies = ["CHG-N-DIS-1"]
pack     = { cells = 255, profile = "lifepo4" }
let      = { rate = "10 mV/s" }

[[step]]
name  = "a healthy pack, charging"
set   = { "cells.voltage" = "$rest", "cells.temperature" = "$room", "pack.current" = "20 A" }
await = { all = ["relay.charge = allowed", "relay.load = allowed"], within = "$enable" }

[[step]]
name   = "one cell rises through V-max"
set    = { "cell[128].voltage" = "$vmax - 60 mV" }
ramp   = { "cell[128].voltage" = { to = "$vmax + 100 mV", rate = "$rate" } }
expect = [
  { signal = "relay.charge", stays = "allowed", while = "cell[128].voltage < $vmax - $v_accuracy" },
  { signal = "relay.charge", becomes = "not-allowed", after = "cell[128].voltage >= $vmax + $v_accuracy", within = "$reaction" },
  { signal = "relay.load", stays = "allowed" },
]
"#;

/// An empty pack of 100 Ah charged until it is full, in closed loop.
const FULL_CHARGE: &str = r#"
id       = "full-charge-from-empty"
title    = "A charger charges an empty pack until it is full"
tags     = ["bench"]
verifies = ["SYS-1"]
pack     = { cells = 4, profile = "lifepo4" }

[plant]
cells   = { model = "lifepo4", soc = "5 %", spread = { soc = "0.05 %", resistance = "10 %" } }
charger = { voltage = "13.7 V", limit = "32 A", through = "relay.charge" }

[[step]]
name   = "until it is full"
expect = [{ signal = "ext.soc", settles = ">= 100 %", within = "4 h", for = "1 min" }]
"#;

fn main() -> Result<()> {
    let home = Home::find(None)?;
    let images = Images::shipped(&home)?;
    let (boards, flashing) = flash_boards(&images)?;
    at_most("flash and verify four boards", flashing, 2.0, "s");
    let bench = Bench {
        rig: library::rig(&home, "virtual")?.rig,
        logs: images.logs()?,
        boards,
    };

    let plan = bench.plan(&library::cases(&home)?, Some("charge-vmax/"))?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(bench.run(&plan)?);
    }
    rounds.sort_by_key(|round| round.processor);
    rounds[ROUNDS / 2].print("charge-vmax, four boards", 1000.0);

    let text = [("largest-pack.toml".to_owned(), LARGEST_PACK.to_owned())];
    let plan = bench.plan(&library::of_sources(&home, text)?, None)?;
    bench.run(&plan)?.print("charge-vmax, 255 boards", 10.0);
    let text = [(
        "full-charge-from-empty.toml".to_owned(),
        FULL_CHARGE.to_owned(),
    )];
    let plan = bench.plan(&library::of_sources(&home, text)?, None)?;
    let round = bench.run(&plan)?;
    round.print("full charge, four boards", 1000.0);
    let took = round.wall.as_secs_f64();
    at_most("full charge of 100 Ah", took, 15.0, "s");
    at_most("peak memory so far", peak_memory_mib()?, 1024.0, "MiB");

    at_most("hil run, the smoke suite", smoke(&home)?, 20.0, "s");
    Ok(())
}

/// Flashes and verifies four new boards several times; the median of the wall's time counts.
fn flash_boards(images: &Images) -> Result<(Flashed, f64)> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let wall = Instant::now();
        let flashed = flash::virtual_rig(images, BOARDS, &[], &Arc::default(), &mut |_| ())?;
        rounds.push((wall.elapsed(), flashed.boards?));
    }
    rounds.sort_by_key(|round| round.0);
    let (took, boards) = rounds.swap_remove(ROUNDS / 2);
    Ok((boards, took.as_secs_f64()))
}

/// What cases are run on.
struct Bench {
    rig: Rig,
    boards: Flashed,
    logs: Arc<LogTables>,
}

/// What running a plan came to.
struct Round {
    virtual_s: f64,
    processor: Duration,
    wall: Duration,
    /// Executed by all boards together.
    instructions: u64,
    cells: u16,
}

impl Bench {
    fn plan(&self, library: &Library, filter: Option<&str>) -> Result<Plan> {
        let select = Select {
            filter: filter.map(str::to_owned),
            ..Select::default()
        };
        let plan = library::plan(library, &self.rig, &select, None)?;
        ensure!(plan.skipped.is_empty(), "the rig cannot run {filter:?}");
        Ok(plan)
    }

    /// Runs a plan as `hil run` does, one case at a time, into a record of its own.
    fn run(&self, plan: &Plan) -> Result<Round> {
        let scratch = tempfile::tempdir()?;
        let session = Session {
            rig: &self.rig,
            boards: &self.boards,
            logs: Arc::clone(&self.logs),
            seed: SEED,
            jobs: 1,
            max_fail: None,
            interrupt: Arc::default(),
            defect: None,
        };
        let start = RunStart {
            seed: SEED,
            ..RunStart::default()
        };
        let (processor, wall) = (processor_time(), Instant::now());
        let mut folder = RunFolder::create(&scratch.path().join("run"), None)?;
        folder.event(Time::ZERO, &start.event(plan))?;
        let mut executed = 0;
        let ran = session.run(plan, &mut folder, &mut |news| {
            if let News::Ended { instructions, .. } = news {
                executed += instructions;
            }
        });
        folder.finish(Verdict::Pass)?;
        let (processor, wall) = (processor_time() - processor, wall.elapsed());
        ensure!(ran.unwritten.is_none(), "the record could not be written");
        for outcome in &ran.outcomes {
            let (id, verdict) = (&outcome.id, outcome.verdict);
            ensure!(verdict <= Verdict::Marginal, "{id}: {}", verdict.word());
        }
        Ok(Round {
            virtual_s: ran.outcomes.iter().map(|o| o.ended.as_secs()).sum(),
            processor,
            wall,
            instructions: executed,
            cells: plan.cases.first().map_or(1, |case| case.pack.cells),
        })
    }
}

impl Round {
    fn print(&self, what: &str, wanted: f64) {
        let speed = self.virtual_s / self.processor.as_secs_f64();
        line(what, speed, wanted, "× real time", speed / wanted);
        let each = self.instructions as f64 / self.virtual_s / f64::from(self.cells);
        println!(
            "    {:.0} virtual s in {:.3} s of processor, {:.3} s of wall time; \
             {each:.0} instructions per virtual second and board",
            self.virtual_s,
            self.processor.as_secs_f64(),
            self.wall.as_secs_f64(),
        );
    }
}

/// The whole command as a user calls it, with flashing and pages; seconds of wall time.
fn smoke(home: &Home) -> Result<f64> {
    let scratch = tempfile::tempdir()?;
    let wall = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_hil"))
        .arg("run")
        .arg("--out")
        .arg(scratch.path().join("run"))
        .current_dir(home.join(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let took = wall.elapsed();
    ensure!(status.success(), "hil run ended with {status}");
    Ok(took.as_secs_f64())
}

/// Processor time of all threads of this process.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The most memory this process has ever held (Linux, proc(5): `VmHWM`).
fn peak_memory_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|text| text.split_whitespace().next());
    let kib: f64 = kib.context("no VmHWM in /proc/self/status")?.parse()?;
    Ok(kib / 1024.0)
}

fn at_most(what: &str, value: f64, wanted: f64, unit: &str) {
    line(what, value, wanted, unit, wanted / value);
}

/// `ratio` is above 1 where the figure is better than wanted.
fn line(what: &str, value: f64, wanted: f64, unit: &str, ratio: f64) {
    let verdict = if ratio >= 1.0 { "PASS" } else { "short" };
    println!(
        "{verdict:<5}  {what:<30} {value:>9.2} {unit:<11}  wanted {wanted:>6}, {ratio:.2} times as good"
    );
}
