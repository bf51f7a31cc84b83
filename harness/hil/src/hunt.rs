//! Tries mutants: flashes each into boards, the ordinary way, and runs cases on them until what it
//! breaks was noticed. What counts as noticed is [`crate::kills`]'s business.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use hil_core::mutant::{Mutant, Wrong};
use hil_core::rig::Rig;
use hil_sim::{Defect, Flashed, LogTables};

use crate::flash;
use crate::images::Images;
use crate::kills::{Case, Kills, Trial, TrialResult, mutant_sha256};
use crate::session::Session;

/// One board of each kind; packs are copies of them.
const BOARDS: u16 = 3;

/// Times that flashing a mutant is tried.
const FLASH_ATTEMPTS: usize = 3;

/// Tag of the suite that finds gross mutants alone.
pub const SMOKE: &str = "smoke";

/// Which cases are tried on a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Those that verify what it breaks, until each requirement has its kill.
    Own,
    /// All.
    Full,
    /// The smoke suite, until one fails.
    Smoke,
}

/// What all trials have in common.
pub struct Hunt<'a> {
    /// The rig.
    pub rig: &'a Rig,
    /// All cases that fit it.
    pub cases: &'a [Case],
    /// The mutants' images.
    pub images: &'a Images,
    /// The format strings of what the boards log.
    pub logs: Arc<LogTables>,
    /// Seed of tolerances and noise.
    pub seed: u64,
    /// Mutants at the same time, at least 1.
    pub jobs: usize,
    /// Which cases.
    pub mode: Mode,
    /// Set by whoever wants it to stop.
    pub interrupt: Arc<AtomicBool>,
    /// What is known, with what was known before.
    pub kills: &'a Mutex<Kills>,
}

/// A mutant as it is tried.
struct Quarry<'a> {
    number: u32,
    title: &'a str,
    sha256: String,
    defect: Option<Defect>,
}

/// Number 0 of the mutants' images.
const RIGHT: Quarry<'static> = Quarry {
    number: 0,
    title: "the right firmware",
    sha256: String::new(),
    defect: None,
};

impl<'a> Quarry<'a> {
    fn new(mutant: &'a Mutant) -> Self {
        Self {
            number: mutant.number,
            title: &mutant.title,
            sha256: mutant_sha256(mutant),
            defect: defect(mutant),
        }
    }
}

/// The defect of a mutant whose circuit is wrong.
#[must_use]
pub fn defect(mutant: &Mutant) -> Option<Defect> {
    let Wrong::Board(name) = &mutant.wrong else {
        return None;
    };
    Defect::ALL
        .iter()
        .copied()
        .find(|defect| defect.name() == name)
}

impl Hunt<'_> {
    /// Tries the mutants; tells `done` after each, with the index into `mutants`. The first error
    /// ends it.
    ///
    /// # Errors
    /// When boards cannot be flashed.
    pub fn run(
        &self,
        mutants: &[&Mutant],
        done: &(dyn Fn(usize) -> Result<()> + Sync),
    ) -> Result<()> {
        let right = self.flash(0)?;
        let sound: Vec<OnceLock<bool>> = self.cases.iter().map(|_| OnceLock::new()).collect();
        let is_sound = |case: usize| {
            let trial = || self.attempt(&RIGHT, &right, &self.cases[case]);
            *sound[case].get_or_init(|| trial().is_some_and(|t| t.result == TrialResult::Passed))
        };
        if self.mode == Mode::Full {
            self.in_parallel(self.cases.len(), &|case| {
                is_sound(case);
                Ok(())
            })?;
        }
        self.in_parallel(mutants.len(), &|index| {
            self.one(mutants[index], &is_sound)?;
            if self.stopped() { Ok(()) } else { done(index) }
        })
    }

    /// Tries one mutant on its cases.
    fn one(&self, mutant: &Mutant, is_sound: &(dyn Fn(usize) -> bool + Sync)) -> Result<()> {
        let quarry = Quarry::new(mutant);
        let mut boards = None;
        let mut open: BTreeSet<&str> = mutant.breaks.iter().map(String::as_str).collect();
        for index in self.order(mutant) {
            let case = &self.cases[index];
            let own = || open.iter().any(|id| case.verifies(id));
            if self.stopped() || self.mode == Mode::Own && !own() {
                continue;
            }
            let trial = match self.known(&quarry, case) {
                Some(trial) => Some(trial),
                None => {
                    if boards.is_none() {
                        boards = Some(self.flash(mutant.number)?);
                    }
                    let boards = boards.as_ref().context("they were flashed above")?;
                    self.attempt(&quarry, boards, case)
                }
            };
            let result = trial.map(|trial| trial.result);
            match result {
                Some(TrialResult::Failed) if is_sound(index) => {
                    open.retain(|id| !case.verifies(id));
                    if self.mode == Mode::Smoke {
                        break;
                    }
                }
                Some(TrialResult::SetUp) if self.mode == Mode::Smoke && is_sound(index) => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// The indices of the cases to try, the most promising first: what killed it before, then the
    /// cheapest.
    fn order(&self, mutant: &Mutant) -> Vec<usize> {
        let wanted = |case: &Case| match self.mode {
            Mode::Own => case.concerns(mutant),
            Mode::Full => true,
            Mode::Smoke => case.plan.tags.iter().any(|tag| tag == SMOKE),
        };
        let mut order: Vec<usize> = (0..self.cases.len())
            .filter(|index| wanted(&self.cases[*index]))
            .collect();
        let kills = lock(self.kills);
        let before = kills.mutants.get(&mutant.number);
        let cost = |index: &usize| {
            let case = &self.cases[*index];
            let found = before.and_then(|tried| tried.trials.get(&case.plan.id));
            let failed = found.is_some_and(|trial| trial.result == TrialResult::Failed);
            (
                !failed,
                case.plan.estimate.0 * u64::from(case.plan.pack.cells),
            )
        };
        order.sort_by_key(cost);
        order
    }

    /// Runs a case on a mutant's boards and keeps what came of it; `None` when it was stopped.
    fn attempt(&self, quarry: &Quarry<'_>, boards: &Flashed, case: &Case) -> Option<Trial> {
        if let Some(known) = self.known(quarry, case) {
            return Some(known);
        }
        let session = Session {
            rig: self.rig,
            boards,
            logs: Arc::clone(&self.logs),
            seed: self.seed,
            jobs: 1,
            max_fail: None,
            interrupt: Arc::clone(&self.interrupt),
            defect: quarry.defect,
        };
        let outcome = session.try_case(&case.plan);
        if self.stopped() {
            return None;
        }
        let trial = Trial::new(case, &outcome);
        let mut kills = lock(self.kills);
        kills.add(
            quarry.number,
            quarry.title,
            &quarry.sha256,
            case,
            trial.clone(),
        );
        Some(trial)
    }

    fn known(&self, quarry: &Quarry<'_>, case: &Case) -> Option<Trial> {
        let kills = lock(self.kills);
        kills.trial(quarry.number, &quarry.sha256, case).cloned()
    }

    /// Boards of a mutant, flashed through their probes. A machine with much else to do may miss a
    /// probe's time-out, which says nothing about the mutant: that is tried again.
    fn flash(&self, number: u32) -> Result<Flashed> {
        let images = self.images.mutant(number);
        let once =
            || flash::virtual_rig(&images, BOARDS, &[], &self.interrupt, &mut |_| ())?.boards;
        let mut flashed = once();
        for _ in 1..FLASH_ATTEMPTS {
            if flashed.is_ok() || self.stopped() {
                break;
            }
            flashed = once();
        }
        flashed.with_context(|| format!("mutant {number} cannot be flashed"))
    }

    fn stopped(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// Calls `work` with 0 to `count` − 1, `jobs` at a time, until one fails or it is to stop.
    fn in_parallel(&self, count: usize, work: &(dyn Fn(usize) -> Result<()> + Sync)) -> Result<()> {
        let next = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let worker = || {
            while !over.load(Ordering::Relaxed) && !self.stopped() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                work(index).inspect_err(|_| over.store(true, Ordering::Relaxed))?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.clamp(1, count.max(1)))
                .map(|_| scope.spawn(worker))
                .collect();
            let joined = workers.into_iter().map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            joined.collect::<Result<Vec<()>>>().map(|_| ())
        })
    }
}

/// Nothing is left half-changed by whoever panics with the lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
