//! `reports/kills.json`: what every mutant came to on every case that was tried on it, written as
//! it comes. It says what it was found with, so that what has changed since is tried again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hil_core::Verdict;
use hil_core::coverage::{Fate, Fates};
use hil_core::mutant::{Mutant, Wrong};
use hil_core::plan::PlannedCase;
use hil_core::runner::CaseOutcome;
use hil_report::record::chain;
use serde::{Deserialize, Serialize};

use crate::home::Home;

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kills {
    /// What it was found with.
    pub basis: Basis,
    /// By number; 0 is the right firmware in the mutants' images.
    pub mutants: BTreeMap<u32, Tried>,
}

/// What decides the outcome of a trial besides mutant and case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// SHA-256 of the program that ran the cases, hex.
    pub harness_sha256: String,
    /// SHA-256 of the mutants' images, hex.
    pub images_sha256: String,
    /// Seed of tolerances and noise.
    pub seed: u64,
}

/// What was tried on a mutant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What is wrong with it.
    pub title: String,
    /// SHA-256 of what is wrong with it, hex.
    pub sha256: String,
    /// By case instance.
    pub trials: BTreeMap<String, Trial>,
}

/// A case on a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// SHA-256 of the case's plan, hex.
    pub sha256: String,
    /// What the case came to.
    pub result: TrialResult,
    /// What was seen by the expectation that failed.
    pub seen: Option<String>,
}

/// What a case came to, as far as mutants are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialResult {
    /// It saw nothing wrong.
    Passed,
    /// An expectation failed: only this can kill a mutant.
    Failed,
    /// A set-up was not reached.
    SetUp,
    /// Not enough was measured to say.
    Inconclusive,
    /// Trouble of the rig.
    RigError,
}

impl TrialResult {
    /// The word used in files and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::SetUp => "failed in its set-up",
            Self::Inconclusive => "inconclusive",
            Self::RigError => "rig-error",
        }
    }
}

impl Trial {
    /// From what a case came to.
    #[must_use]
    pub fn new(case: &Case, outcome: &CaseOutcome) -> Self {
        let failed = outcome
            .judged
            .iter()
            .find(|j| j.judgement.verdict == Verdict::Fail);
        let result = match outcome.verdict {
            // That a DUT failed is not hidden by trouble of the rig that came of it.
            _ if failed.is_some() => TrialResult::Failed,
            _ if !outcome.troubles.is_empty() => TrialResult::RigError,
            Verdict::Pass | Verdict::Marginal => TrialResult::Passed,
            _ if outcome.setup_missed.is_some() => TrialResult::SetUp,
            _ => TrialResult::Inconclusive,
        };
        Self {
            sha256: case.sha256.clone(),
            result,
            seen: failed.map(|j| j.judgement.seen.clone()),
        }
    }
}

/// A case with the hash of all that it does.
#[derive(Debug)]
pub struct Case {
    /// The case.
    pub plan: PlannedCase,
    /// SHA-256 of its plan, hex.
    pub sha256: String,
}

impl Case {
    /// The cases of a plan.
    ///
    /// # Errors
    /// When a plan cannot be written as text.
    pub fn all(plans: Vec<PlannedCase>) -> Result<Vec<Self>> {
        let hashed = plans.into_iter().map(|plan| {
            let sha256 = chain::sha256(&serde_json::to_vec(&plan)?);
            Ok(Self { plan, sha256 })
        });
        hashed.collect()
    }

    /// Whether it verifies a requirement.
    #[must_use]
    pub fn verifies(&self, requirement: &str) -> bool {
        self.plan.verifies.iter().any(|id| id == requirement)
    }

    /// Whether it verifies anything that a mutant breaks.
    #[must_use]
    pub fn concerns(&self, mutant: &Mutant) -> bool {
        mutant.breaks.iter().any(|id| self.verifies(id))
    }
}

/// SHA-256 of what is wrong with a mutant, hex.
#[must_use]
pub fn mutant_sha256(mutant: &Mutant) -> String {
    let what = match &mutant.wrong {
        Wrong::Board(defect) => defect.clone(),
        Wrong::Firmware { .. } => mutant.edit(),
    };
    chain::sha256(what.as_bytes())
}

impl Kills {
    /// Where they are kept.
    #[must_use]
    pub fn path(home: &Home) -> PathBuf {
        home.join("reports/kills.json")
    }

    /// What is there, if anything that can be read.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Writes it beside and moves it into place, so that a kill leaves the old or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let beside = path.with_extension("json.new");
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// What is known of a case on a mutant as both are now.
    #[must_use]
    pub fn trial(&self, number: u32, sha256: &str, case: &Case) -> Option<&Trial> {
        let tried = self
            .mutants
            .get(&number)
            .filter(|tried| tried.sha256 == sha256)?;
        tried
            .trials
            .get(&case.plan.id)
            .filter(|trial| trial.sha256 == case.sha256)
    }

    /// Adds what a case came to on a mutant; what is known of another mutant with that number goes.
    pub fn add(&mut self, number: u32, title: &str, sha256: &str, case: &Case, trial: Trial) {
        let tried = self.mutants.entry(number).or_default();
        if tried.sha256 != sha256 {
            tried.trials.clear();
            sha256.clone_into(&mut tried.sha256);
        }
        title.clone_into(&mut tried.title);
        tried.trials.insert(case.plan.id.clone(), trial);
    }

    /// Whether the right firmware passes the case. A case that always fails kills nobody.
    #[must_use]
    pub fn is_sound(&self, case: &Case) -> bool {
        let trial = self.trial(0, "", case);
        trial.is_some_and(|trial| trial.result == TrialResult::Passed)
    }

    /// Whether one of these cases notices the mutant in whatever way; `None` while none has and
    /// not all were tried.
    #[must_use]
    pub fn noticed<'a>(
        &self,
        mutant: &Mutant,
        mut cases: impl Iterator<Item = &'a Case> + Clone,
    ) -> Option<bool> {
        let sha256 = mutant_sha256(mutant);
        let result = |case: &Case| Some(self.trial(mutant.number, &sha256, case)?.result);
        let wrong = |case: &Case| {
            let bad = matches!(result(case), Some(TrialResult::Failed | TrialResult::SetUp));
            bad && self.is_sound(case)
        };
        let tried = cases.clone().all(|case| result(case).is_some());
        match cases.any(wrong) {
            true => Some(true),
            false => tried.then_some(false),
        }
    }

    /// What became of a mutant for a requirement that it breaks.
    #[must_use]
    pub fn fate(&self, mutant: &Mutant, requirement: &str, cases: &[Case]) -> Fate {
        if mutant.equivalent.is_some() {
            return Fate::Equivalent;
        }
        let sha256 = mutant_sha256(mutant);
        let own = cases.iter().filter(|case| case.verifies(requirement));
        let mut untried = false;
        for case in own {
            match self
                .trial(mutant.number, &sha256, case)
                .map(|trial| trial.result)
            {
                Some(TrialResult::Failed) if self.is_sound(case) => {
                    return Fate::Killed {
                        by: case.plan.id.clone(),
                    };
                }
                Some(_) => {}
                None => untried = true,
            }
        }
        if untried {
            Fate::Untried
        } else {
            Fate::Survived
        }
    }

    /// What became of every mutant for every requirement it breaks.
    #[must_use]
    pub fn fates(&self, mutants: &[Mutant], cases: &[Case]) -> Fates {
        let of = |mutant: &Mutant| {
            let fate = |id: &String| ((mutant.number, id.clone()), self.fate(mutant, id, cases));
            mutant.breaks.iter().map(fate).collect::<Vec<_>>()
        };
        mutants.iter().flat_map(of).collect()
    }
}
