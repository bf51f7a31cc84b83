//! `hil run`: plan, flash, run, record, report.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use hil_core::event::Event;
use hil_core::plan::Plan;
use hil_core::ports::{RecordSink, SinkError};
use hil_core::runner::CaseOutcome;
use hil_core::verdict::{exit_code, worst};
use hil_core::{Time, Verdict};
use hil_report::record::chain;
use hil_report::{Record, RunFolder, RunView};
use hil_sim::{Flashed, LogTables};

use crate::cli::{Format, RunArgs};
use crate::exit::{self, bad_input, describe};
use crate::home::{Home, read};
use crate::images::Images;
use crate::library::{self, LoadedRig};
use crate::progress::Live;
use crate::runs::{create, latest};
use crate::session::{RunStart, Session};
use crate::{flash, interrupt, output};

/// Runs a selection; without filter and tags, the tag `smoke`.
///
/// # Errors
/// Bad input, or a record that cannot be opened. Trouble after that stands in the record.
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
    let started = started(home, &rig, &plan, args)?;
    let interrupt = interrupt::on_signals()?;
    let (path, mut folder) = create(home, args.out.as_deref(), args.seed)?;
    let terminal = std::io::stderr().is_terminal();
    let attempt = Attempt {
        rig: &rig,
        plan: &plan,
        images: &images,
        logs,
        args,
        live: Live::new(terminal, output::style(terminal)),
        interrupt,
    };
    let mut verdicts = Vec::new();
    let written = attempt
        .go(&started, &mut folder, &mut verdicts)
        .and_then(|()| folder.finish(worst(verdicts.iter().copied())));
    let shown = conclude(home, &path, format);
    // What was found before is not hidden by trouble with files.
    let troubles = [written.err().map(Into::into), shown.err()];
    for error in troubles.into_iter().flatten() {
        exit::tell(&error);
        verdicts.push(Verdict::RigError);
    }
    Ok(ExitCode::from(exit_code(verdicts)))
}

/// A run with all it needs.
struct Attempt<'a> {
    rig: &'a LoadedRig,
    plan: &'a Plan,
    images: &'a Images,
    logs: Arc<LogTables>,
    args: &'a RunArgs,
    live: Live,
    interrupt: Arc<AtomicBool>,
}

impl Attempt<'_> {
    /// Flashes, runs and records; adds every verdict that counts for the exit code.
    fn go(
        &self,
        started: &Event,
        folder: &mut RunFolder,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), SinkError> {
        folder.event(Time::ZERO, started)?;
        self.live.say(&format!(
            "rig {}, {} instances, seed {}",
            self.rig.rig.name,
            self.plan.cases.len(),
            self.args.seed
        ));
        let Some(boards) = self.flash(folder, verdicts)? else {
            return Ok(());
        };
        let session = Session {
            rig: &self.rig.rig,
            boards: &boards,
            logs: Arc::clone(&self.logs),
            seed: self.args.seed,
            jobs: jobs(self.args),
            max_fail: self.args.max_fail.map(usize::from),
            interrupt: Arc::clone(&self.interrupt),
            defect: None,
        };
        match session.identify(&self.plan.cases[0]) {
            Ok(identity) => folder.event(Time::ZERO, &Event::Identified { identity })?,
            Err(error) => return self.trouble(&error.into(), folder, verdicts),
        }
        let ran = session.run(self.plan, folder, &mut self.live.cases(self.plan));
        verdicts.extend(ran.outcomes.iter().flat_map(CaseOutcome::verdicts));
        if let Some(error) = ran.unwritten {
            return Err(error);
        }
        let unrun = self.plan.cases.len() - ran.outcomes.len();
        if unrun > 0 && self.interrupt.load(Ordering::Relaxed) {
            verdicts.push(Verdict::Aborted);
            let of = self.plan.cases.len();
            let reason = format!("on request; {unrun} of {of} cases were not run");
            folder.event(Time::ZERO, &Event::Aborted { reason })?;
        }
        Ok(())
    }

    /// The boards with their firmware, when there was no trouble with any of them.
    fn flash(
        &self,
        folder: &mut RunFolder,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<Option<Flashed>, SinkError> {
        let probes = self.rig.rig.probes.iter();
        let probes: Vec<_> = probes
            .map(|probe| (probe.board, probe.selector.clone()))
            .collect();
        let flashing = flash::virtual_boards(
            self.images,
            &flash::boards(&self.rig.rig, self.plan),
            &probes,
            &self.interrupt,
            &mut self.live.flashing(),
        );
        let flashing = match flashing {
            Ok(flashing) => flashing,
            Err(error) => return self.trouble(&error, folder, verdicts).map(|()| None),
        };
        for (board, phase, took) in &flashing.took {
            folder.flashed(*board, *phase, *took);
        }
        for event in &flashing.events {
            folder.event(Time::ZERO, event)?;
            match event {
                Event::Flashed {
                    board,
                    image,
                    verified,
                    ..
                } => self.live.say(&format!(
                    "board {board}: {image} flashed, {verified} bytes verified"
                )),
                Event::FlashPhaseDone { .. } => {}
                Event::Aborted { .. } => verdicts.push(Verdict::Aborted),
                _ => verdicts.push(Verdict::RigError),
            }
        }
        match flashing.boards {
            Ok(boards) => Ok(Some(boards)),
            Err(_) if !verdicts.is_empty() => Ok(None),
            Err(error) => self.trouble(&error, folder, verdicts).map(|()| None),
        }
    }

    /// Records that the rig could not be made ready.
    fn trouble(
        &self,
        error: &anyhow::Error,
        folder: &mut RunFolder,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), SinkError> {
        verdicts.push(Verdict::RigError);
        let message = describe(error);
        folder.event(Time::ZERO, &Event::RigError { message })
    }
}

fn started(home: &Home, rig: &LoadedRig, plan: &Plan, args: &RunArgs) -> Result<Event> {
    let start = RunStart {
        seed: args.seed,
        arguments: arguments(args),
        rig: &rig.text,
        inputs_sha256: inputs(home, plan)?,
        dut_serial: args.dut_serial.clone(),
        hardware_revision: args.hardware_revision.clone(),
    };
    Ok(start.event(plan))
}

/// The files the planned cases come from, with their hashes.
fn inputs(home: &Home, plan: &Plan) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for case in &plan.cases {
        let profile = format!("fixtures/profiles/{}.toml", case.pack.profile);
        let logs = case.steps.iter().filter_map(|step| step.replay.as_ref());
        let logs = logs.map(|replay| replay.file.clone());
        for path in [case.file.clone(), profile].into_iter().chain(logs) {
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

/// Pages, `latest`, and the result on stdout, which is shown even when a page cannot be written.
fn conclude(home: &Home, path: &Path, format: Format) -> Result<()> {
    let record = Record::open(path)?;
    let view = RunView::new(&record);
    let pages = output::write(&view);
    output::show(&view, format)?;
    pages?;
    latest(home, path).context("cannot point reports/runs/latest to this run")
}
