//! Every case instance on the virtual rig as a test of its own. A new case file is a new test
//! without a change here. The boards are flashed once, through their debug ports, when the first
//! test asks for them. A failed test leaves its record and pages below target/tmp.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use hil::cli::Select;
use hil::flash;
use hil::home::Home;
use hil::images::Images;
use hil::session::{RunStart, Session};
use hil::{library, output};
use hil_core::plan::{Plan, PlannedCase};
use hil_core::ports::RecordSink;
use hil_core::rig::Rig;
use hil_core::{Time, Verdict, verdict};
use hil_report::record::slug::slug;
use hil_report::{Record, RunFolder, RunView, Style, terminal};
use hil_sim::{Flashed, LogTables};
use libtest_mimic::{Arguments, Failed, Trial};

/// The seed the tests run with, the default of `hil run`.
const SEED: u64 = 1;

static BOARDS: LazyLock<Result<(Flashed, Arc<LogTables>), String>> =
    LazyLock::new(|| boards().map_err(|error| format!("{error:#}")));

fn boards() -> anyhow::Result<(Flashed, Arc<LogTables>)> {
    let images = Images::shipped(&Home::find(None)?)?;
    let flashing = flash::virtual_rig(&images, 4, &[], &Arc::default(), &mut |_| ())?;
    Ok((flashing.boards?, images.logs()?))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => hil::exit::report(&error),
    }
}

fn trials() -> anyhow::Result<Vec<Trial>> {
    let home = Home::find(None)?;
    let rig = Arc::new(library::rig(&home, "virtual")?.rig);
    let plan = library::plan(&library::cases(&home)?, &rig, &Select::default(), None)?;
    let cases = plan.cases.into_iter().map(|case| {
        let rig = Arc::clone(&rig);
        Trial::test(case.id.clone(), move || run(&rig, case))
    });
    // A case the virtual rig cannot run is shown as ignored, never as passed.
    let skipped = plan.skipped.into_iter().map(|skipped| {
        let name = format!("{} ({})", skipped.id, skipped.reason);
        Trial::test(name, || Ok(())).with_ignored_flag(true)
    });
    Ok(cases.chain(skipped).collect())
}

fn run(rig: &Rig, case: PlannedCase) -> Result<(), Failed> {
    let (boards, logs) = BOARDS.as_ref().map_err(|error| error.clone())?;
    let plan = Plan {
        cases: vec![case],
        skipped: Vec::new(),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(slug(&plan.cases[0].id));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let record = record(rig, boards, logs, &plan, &folder)?;
    let view = RunView::new(&record);
    let verdicts = record.cases.iter().filter_map(|case| case.verdict());
    if verdict::worst(verdicts) <= Verdict::Marginal {
        return Ok(());
    }
    output::write(&view)?;
    Err(terminal::render(&view, Style::PLAIN).into())
}

fn record(
    rig: &Rig,
    boards: &Flashed,
    logs: &Arc<LogTables>,
    plan: &Plan,
    path: &Path,
) -> anyhow::Result<Record> {
    let mut folder = RunFolder::create(path, None)?;
    let start = RunStart {
        seed: SEED,
        ..RunStart::default()
    };
    folder.event(Time::ZERO, &start.event(plan))?;
    let session = Session {
        rig,
        boards,
        logs: Arc::clone(logs),
        seed: SEED,
        jobs: 1,
        max_fail: None,
        interrupt: Arc::default(),
        defect: None,
    };
    let ran = session.run(plan, &mut folder, &mut |_| ());
    if let Some(error) = ran.unwritten {
        return Err(error.into());
    }
    folder.finish(verdict::worst(ran.outcomes.iter().map(|o| o.verdict)))?;
    Ok(Record::open(path)?)
}
