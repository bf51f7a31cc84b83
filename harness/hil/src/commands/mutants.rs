//! `hil mutants`: can the suite fail? Boards that are wrong on purpose, and who notices.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use hil_core::coverage::Fate;
use hil_core::mutant::{Mutant, Wrong};
use hil_report::record::chain;

use crate::cli::{Format, MutantsArgs, Select};
use crate::exit::bad_input;
use crate::home::{Home, read};
use crate::hunt::{Hunt, Mode, SMOKE, lock};
use crate::images::{self, Images};
use crate::kills::{Basis, Case, Kills, TrialResult, mutant_sha256};
use crate::progress::Live;
use crate::{interrupt, library, matrix, output};

/// Mutants that the smoke suite may catch alone: one in this many.
const GROSS_SHARE: usize = 3;

/// Tries mutants and says who survived.
///
/// # Errors
/// Bad input, boards that cannot be flashed, or results that cannot be written.
pub fn mutants(home: &Home, args: &MutantsArgs, format: Format) -> Result<ExitCode> {
    let rig = library::rig(home, "virtual")?;
    let library = library::cases(home)?;
    let all = library::mutants(home, library.catalogue())?;
    let chosen = choose(&all, &args.only)?;
    let plan = library::plan(&library, &rig.rig, &Select::default(), None)?;
    let cases = Case::all(plan.cases)?;
    let images = Images::mutants(home)?;
    images.check()?;
    up_to_date(home, &all)?;
    let path = Kills::path(home);
    let kills = Mutex::new(start(&path, &images, args)?);
    let hunt = Hunt {
        rig: &rig.rig,
        cases: &cases,
        logs: images.logs()?,
        images: &images,
        seed: args.seed,
        jobs: jobs(args.jobs),
        mode: mode(args),
        interrupt: interrupt::on_signals()?,
        kills: &kills,
    };
    let tried: Vec<&Mutant> = chosen
        .iter()
        .copied()
        .filter(|m| m.equivalent.is_none())
        .collect();
    let progress = Progress::new(tried.len());
    hunt.run(&tried, &|index| {
        let kills = lock(&kills);
        progress.tell(&line(&kills, tried[index], &cases));
        kills.write(&path)
    })?;
    let kills = lock(&kills);
    kills.write(&path)?;
    let found = Found {
        mutants: &chosen,
        cases: &cases,
        kills: &kills,
    };
    output::print(&match format {
        Format::Json => serde_json::to_string_pretty(&found.json())? + "\n",
        Format::Human | Format::Junit => found.text(args.full),
    })?;
    if hunt.interrupt.load(Ordering::Relaxed) {
        eprintln!(
            "stopped on request; what was found is kept, and the next call goes on from there"
        );
        return Ok(ExitCode::from(4));
    }
    found.code(mode(args))
}

/// The mutants that were asked for.
fn choose<'a>(all: &'a [Mutant], only: &[u32]) -> Result<Vec<&'a Mutant>> {
    if let Some(number) = only.iter().find(|n| !all.iter().any(|m| m.number == **n)) {
        return Err(bad_input(format!(
            "no mutant {number}: fixtures/mutants.toml has {} of them",
            all.len()
        )));
    }
    let wanted = |m: &&Mutant| only.is_empty() || only.contains(&m.number);
    Ok(all.iter().filter(wanted).collect())
}

/// Checks that the images hold the mutants of the list.
fn up_to_date(home: &Home, all: &[Mutant]) -> Result<()> {
    let edits: String = all.iter().map(Mutant::edit).collect();
    let expected = format!("edits = \"{}\"", chain::sha256(edits.as_bytes()));
    let manifest = home.join(images::MUTANTS).join("manifest.toml");
    if read(&manifest)?.lines().any(|line| line == expected) {
        return Ok(());
    }
    Err(bad_input(format!(
        "{} were built from another fixtures/mutants.toml: run firmware/build",
        images::MUTANTS
    )))
}

/// What is known already, as far as it was found in the same way.
fn start(path: &std::path::Path, images: &Images, args: &MutantsArgs) -> Result<Kills> {
    let harness = std::fs::read(std::env::current_exe()?)?;
    let basis = Basis {
        harness_sha256: chain::sha256(&harness),
        images_sha256: images.sha256(),
        seed: args.seed,
    };
    let before = Kills::read(path).filter(|kills| kills.basis == basis && !args.again);
    Ok(before.unwrap_or(Kills {
        basis,
        ..Kills::default()
    }))
}

fn mode(args: &MutantsArgs) -> Mode {
    match (args.full, args.smoke) {
        (true, _) => Mode::Full,
        (_, true) => Mode::Smoke,
        _ => Mode::Own,
    }
}

fn jobs(jobs: usize) -> usize {
    match jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
}

/// One line about a mutant: its number, what became of it, what is wrong with it and who noticed.
fn line(kills: &Kills, mutant: &Mutant, cases: &[Case]) -> String {
    let fates = mutant
        .breaks
        .iter()
        .map(|id| (id, kills.fate(mutant, id, cases)));
    let fates: Vec<_> = fates.collect();
    let any = |fate: Fate| fates.iter().any(|(_, found)| *found == fate);
    let word = match () {
        () if mutant.equivalent.is_some() => "equivalent",
        () if any(Fate::Survived) => "SURVIVED",
        () if any(Fate::Untried) => "untried",
        () => "killed",
    };
    let by = |(id, fate): &(&String, Fate)| match fate {
        Fate::Killed { by } => format!("{id}: {by}"),
        Fate::Survived => format!("{id}: nobody"),
        Fate::Untried | Fate::Equivalent => id.to_string(),
    };
    let by: Vec<_> = fates.iter().map(by).collect();
    let (number, title) = (mutant.number, &mutant.title);
    format!("{word:<10} {number:>3}  {title}  [{}]", by.join(", "))
}

/// What was found, for people and programs.
struct Found<'a> {
    mutants: &'a [&'a Mutant],
    cases: &'a [Case],
    kills: &'a Kills,
}

impl Found<'_> {
    fn text(&self, full: bool) -> String {
        let mut text = String::new();
        if full {
            text += &matrix::render(self.mutants, self.cases, self.kills);
        }
        for mutant in self.mutants {
            text += &format!("{}\n", line(self.kills, mutant, self.cases));
            if let Some(proof) = &mutant.equivalent {
                text += &format!("                proof: {proof}\n");
            }
            if self.survived(mutant) {
                text += &self.tried(mutant);
            }
        }
        for (case, trial) in self.unsound() {
            let seen = trial.seen.as_deref().unwrap_or(trial.result.word());
            text += &format!("the right firmware does not pass {case}: {seen}\n");
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let count =
            |what: &dyn Fn(&Mutant) -> bool| self.mutants.iter().filter(|m| what(m)).count();
        let board = |m: &Mutant| matches!(m.wrong, Wrong::Board(_));
        let (survived, equivalent) = (
            count(&|m| self.survived(m)),
            count(&|m| m.equivalent.is_some()),
        );
        let untried = count(&|m| self.has(m, &Fate::Untried) && !self.survived(m));
        let killed = self.mutants.len() - survived - equivalent - untried;
        let smoke = |m: &Mutant| self.noticed_by_smoke(m);
        let (caught, unknown) = (
            count(&|m| smoke(m) == Some(true)),
            count(&|m| smoke(m).is_none()),
        );
        format!(
            "{} mutants, {} of them wrong circuits: {killed} killed, {survived} survived, {untried} untried, {equivalent} equivalent\n\
             the smoke suite alone catches {caught} of them{}\n",
            self.mutants.len(),
            count(&board),
            if unknown == 0 {
                String::new()
            } else {
                format!("; of {unknown} it is not known (--smoke)")
            },
        )
    }

    /// Everything that was tried on a survivor.
    fn tried(&self, mutant: &Mutant) -> String {
        let sha256 = mutant_sha256(mutant);
        let own = |case: &&Case| case.concerns(mutant);
        let mut results: BTreeMap<(&str, TrialResult), usize> = BTreeMap::new();
        for case in self.cases.iter().filter(own) {
            if let Some(trial) = self.kills.trial(mutant.number, &sha256, case) {
                let family = case.plan.family.as_str();
                *results.entry((family, trial.result)).or_default() += 1;
            }
        }
        let mut text = String::new();
        for ((family, result), instances) in results {
            let result = result.word();
            text += &format!("                tried {family} × {instances}: {result}\n");
        }
        if text.is_empty() {
            text += "                no case verifies what it breaks\n";
        }
        text
    }

    fn has(&self, mutant: &Mutant, fate: &Fate) -> bool {
        mutant
            .breaks
            .iter()
            .any(|id| self.kills.fate(mutant, id, self.cases) == *fate)
    }

    fn survived(&self, mutant: &Mutant) -> bool {
        self.has(mutant, &Fate::Survived)
    }

    fn noticed_by_smoke(&self, mutant: &Mutant) -> Option<bool> {
        let smoke = self
            .cases
            .iter()
            .filter(|case| case.plan.tags.iter().any(|tag| tag == SMOKE));
        self.kills.noticed(mutant, smoke)
    }

    /// The cases that were tried and that the right firmware does not pass.
    fn unsound(&self) -> impl Iterator<Item = (&str, &crate::kills::Trial)> {
        self.cases.iter().filter_map(|case| {
            let trial = self.kills.trial(0, "", case)?;
            (trial.result != TrialResult::Passed).then_some((case.plan.id.as_str(), trial))
        })
    }

    fn json(&self) -> serde_json::Value {
        let mutants = self.mutants.iter().map(|mutant| {
            let fates = mutant.breaks.iter().map(|id| {
                let fate = self.kills.fate(mutant, id, self.cases);
                (id.clone(), serde_json::json!(fate))
            });
            serde_json::json!({
                "number": mutant.number, "title": mutant.title, "gross": mutant.gross,
                "breaks": fates.collect::<serde_json::Map<_, _>>(),
                "noticed_by_smoke": self.noticed_by_smoke(mutant),
                "equivalent": mutant.equivalent,
                "trials": self.kills.mutants.get(&mutant.number).map(|tried| &tried.trials),
            })
        });
        serde_json::json!({ "basis": self.kills.basis, "mutants": mutants.collect::<Vec<_>>() })
    }

    /// 0 no survivor, 1 survivors or too many gross ones, 2 cases that the right firmware fails.
    fn code(&self, mode: Mode) -> Result<ExitCode> {
        let unsound: Vec<_> = self.unsound().map(|(case, _)| case).collect();
        if !unsound.is_empty() {
            let cases = unsound.join(", ");
            return Err(bad_input(format!(
                "cases that the right firmware does not pass prove nothing: {cases}"
            )));
        }
        let caught = |m: &&&Mutant| self.noticed_by_smoke(m) == Some(true);
        let gross = self.mutants.iter().filter(caught).count();
        let bad = match mode {
            Mode::Smoke => gross * GROSS_SHARE > self.mutants.len(),
            Mode::Own | Mode::Full => self.mutants.iter().any(|m| self.survived(m)),
        };
        Ok(ExitCode::from(u8::from(bad)))
    }
}

/// Progress on stderr with the time that is left.
struct Progress {
    live: Live,
    began: Instant,
    state: Mutex<usize>,
    count: usize,
}

impl Progress {
    fn new(count: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            live: Live::new(terminal, output::style(terminal)),
            began: Instant::now(),
            state: Mutex::new(0),
            count,
        }
    }

    fn tell(&self, line: &str) {
        let mut done = lock(&self.state);
        *done += 1;
        let each = self.began.elapsed().div_f64(*done as f64);
        let left = each * u32::try_from(self.count - *done).unwrap_or(u32::MAX);
        let left = Duration::from_secs(left.as_secs());
        self.live.say(&format!(
            "{:>3}/{} {line}; {left:?} left",
            *done, self.count
        ));
    }
}
