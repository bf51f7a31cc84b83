//! `hil run`: plan, flash, run, record, report.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use hil_core::event::Event;
use hil_core::plan::Plan;
use hil_core::ports::RecordSink;
use hil_core::runner::CaseOutcome;
use hil_core::verdict::{exit_code, worst};
use hil_core::{Time, Verdict};
use hil_report::record::{chain, host};
use hil_report::{Record, RunFolder, RunView};

use crate::cli::{Format, RunArgs};
use crate::exit::{bad_input, describe};
use crate::flash::{self, FlashedRig};
use crate::home::{Home, read};
use crate::images::Images;
use crate::library::{self, LoadedRig};
use crate::progress::Live;
use crate::session::{RunStart, Session};
use crate::{interrupt, output};

/// Runs a selection; without filter and tags, the tag `smoke`.
///
/// # Errors
/// Bad input, or trouble of the rig before the first case.
pub fn run(home: &Home, args: &RunArgs, format: Format) -> Result<ExitCode> {
    let rig = library::rig(home, &args.select.rig)?;
    let plan = library::plan(
        &library::cases(home)?,
        &rig.rig,
        &args.select,
        Some("smoke"),
    )?;
    if plan.cases.is_empty() {
        let skipped = plan
            .skipped
            .iter()
            .map(|s| format!("\n  {}: {}", s.id, s.reason));
        let reasons: String = skipped.collect();
        return Err(bad_input(format!(
            "no selected case fits rig {}{reasons}",
            rig.rig.name
        )));
    }
    let images = Images::choose(home, args)?;
    images.check()?;
    let logs = images.logs()?;
    let path = folder_path(home, args);
    let mut folder = create(&path)?;
    let terminal = std::io::stderr().is_terminal();
    let live = Live::new(terminal, output::style(terminal));
    let interrupt = interrupt::on_signals()?;

    folder.event(Time::ZERO, &started(home, &rig, &plan, args)?)?;
    live.say(&format!(
        "rig {}, {} instances, seed {}",
        rig.rig.name,
        plan.cases.len(),
        args.seed
    ));
    let flashed = match flash(&rig, &plan, &images, &live, &mut folder) {
        Ok(flashed) => flashed,
        Err(error) => return give_up(folder, &path, format, &error),
    };
    let session = Session {
        rig: &rig.rig,
        boards: &flashed.boards,
        logs,
        seed: args.seed,
        jobs: jobs(args),
        max_fail: args.max_fail,
        interrupt,
    };
    let identity = session.identify(&plan.cases[0])?;
    folder.event(Time::ZERO, &Event::Identified { identity })?;
    let outcomes = {
        let mut news = live.cases(&plan);
        session.run(&plan, &mut folder, &mut news)?
    };
    let complete = outcomes.len() == plan.cases.len() || args.max_fail.is_some();
    let verdicts = || verdicts(&outcomes, complete);
    folder.finish(worst(verdicts()))?;
    conclude(home, &path, format)?;
    Ok(ExitCode::from(exit_code(verdicts())))
}

/// Every verdict that counts; a run that was stopped before its last case is aborted.
fn verdicts(outcomes: &[CaseOutcome], complete: bool) -> impl Iterator<Item = Verdict> + '_ {
    let stopped = (!complete).then_some(Verdict::Aborted);
    outcomes
        .iter()
        .flat_map(CaseOutcome::verdicts)
        .chain(stopped)
}

fn flash(
    rig: &LoadedRig,
    plan: &Plan,
    images: &Images,
    live: &Live,
    folder: &mut RunFolder,
) -> Result<FlashedRig> {
    let cells = plan
        .cases
        .iter()
        .map(|case| case.pack.cells)
        .max()
        .unwrap_or(2);
    let probes: Vec<_> = rig
        .rig
        .probes
        .iter()
        .map(|probe| (probe.board, probe.selector.clone()))
        .collect();
    let flashed = flash::virtual_rig(images, cells, &probes, &mut live.flashing())?;
    for (board, took) in &flashed.took {
        folder.flashed(*board, *took);
    }
    for event in &flashed.events {
        folder.event(Time::ZERO, event)?;
        if let Event::Flashed {
            board,
            image,
            verified,
            ..
        } = event
        {
            live.say(&format!(
                "board {board}: {image} flashed, {verified} bytes verified"
            ));
        }
    }
    Ok(flashed)
}

fn started(home: &Home, rig: &LoadedRig, plan: &Plan, args: &RunArgs) -> Result<Event> {
    let start = RunStart {
        seed: args.seed,
        arguments: arguments(args),
        rig: &rig.text,
        inputs_sha256: inputs(home, plan)?,
        dut_serial: args.dut_serial.clone(),
    };
    Ok(start.event(plan))
}

/// The files the planned cases come from, with their hashes.
fn inputs(home: &Home, plan: &Plan) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for case in &plan.cases {
        let profile = format!("fixtures/profiles/{}.toml", case.pack.profile);
        for path in [case.file.clone(), profile] {
            if let Entry::Vacant(entry) = hashes.entry(path) {
                let text = read(&home.join(entry.key()))?;
                entry.insert(chain::sha256(text.as_bytes()));
            }
        }
    }
    Ok(hashes)
}

/// The arguments that change what a case does, for the command that reproduces it.
fn arguments(args: &RunArgs) -> Vec<String> {
    let mut words = Vec::new();
    if args.select.rig != "virtual" {
        words.extend(["--rig".to_owned(), args.select.rig.clone()]);
    }
    for (board, file) in &args.images {
        words.extend(["--image".to_owned(), format!("{board}={}", file.display())]);
    }
    if let Some(folder) = &args.firmware {
        words.extend(["--firmware".to_owned(), folder.display().to_string()]);
    }
    words
}

fn jobs(args: &RunArgs) -> usize {
    match args.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
}

fn folder_path(home: &Home, args: &RunArgs) -> PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let runs = home.join("reports/runs");
        let name = host::run_name(SystemTime::now(), args.seed);
        // A second run within the same second gets a number.
        let others = (2..).map(|n| runs.join(format!("{name}-{n}")));
        let mut free = std::iter::once(runs.join(&name)).chain(others);
        free.find(|path| !path.exists()).unwrap_or(runs)
    })
}

/// A new run folder. A record is never written over.
fn create(path: &Path) -> Result<RunFolder> {
    RunFolder::create(path, None).map_err(|error| match error.source.kind() {
        ErrorKind::AlreadyExists => bad_input(format!(
            "{} holds a record already; name another folder with --out",
            path.display()
        )),
        _ => error.into(),
    })
}

/// The rig could not be made ready: that stands in the record too, and the pages say so.
fn give_up(
    mut folder: RunFolder,
    path: &Path,
    format: Format,
    error: &anyhow::Error,
) -> Result<ExitCode> {
    let message = describe(error);
    folder.event(Time::ZERO, &Event::RigError { message })?;
    folder.finish(Verdict::RigError)?;
    let record = Record::open(path)?;
    let view = RunView::new(&record);
    output::write(&view)?;
    output::show(&view, format)?;
    Ok(ExitCode::from(exit_code([Verdict::RigError])))
}

/// Pages, `latest`, and the result on stdout.
fn conclude(home: &Home, path: &Path, format: Format) -> Result<()> {
    let record = Record::open(path).map_err(|error| bad_input(error.to_string()))?;
    let view = RunView::new(&record);
    output::write(&view)?;
    latest(home, path).context("cannot point reports/runs/latest to this run")?;
    output::show(&view, format)
}

/// Makes `reports/runs/latest` point to the run, when the run is in reports/runs.
fn latest(home: &Home, path: &Path) -> std::io::Result<()> {
    let runs = home.join("reports/runs");
    let Some(name) = path
        .strip_prefix(&runs)
        .ok()
        .filter(|name| name.components().count() == 1)
    else {
        return Ok(());
    };
    let link = runs.join("latest");
    match std::fs::remove_file(&link) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(name, link)
}
