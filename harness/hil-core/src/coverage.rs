//! Which requirement is verified by which cases, what those came to, and which mutants show that
//! they can fail; and what of that is missing. Pure bookkeeping: it runs nothing and reads nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::library::Library;
use crate::mutant::Mutant;
use crate::verdict::Verdict;

/// The matrix, both ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// By requirement, in the order of their ids.
    pub requirements: Vec<Requirement>,
    /// By case file, in plan order.
    pub cases: Vec<Case>,
}

/// A requirement with what shows that it is met, and that the showing is worth something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// Its id.
    pub id: String,
    /// What the DUT must do.
    pub text: String,
    /// What was decided for it (`[D]`).
    pub decision: Option<String>,
    /// Why no case has to verify it.
    pub reason: Option<String>,
    /// Indices into the coverage's cases.
    pub cases: Vec<usize>,
    /// The mutants that break it.
    pub mutants: Vec<Trial>,
}

/// A case file with what its instances came to last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Id of the case.
    pub id: String,
    /// For people.
    pub title: String,
    /// Requirement ids.
    pub verifies: Vec<String>,
    /// Number of instances.
    pub instances: usize,
    /// How many of them passed, or passed with little margin.
    pub passed: usize,
    /// How many have no verdict.
    pub not_run: usize,
    /// The worst verdict of those that have one.
    pub worst: Option<Verdict>,
}

/// A mutant with what was found of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Its number.
    pub number: u32,
    /// What is wrong with it.
    pub title: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a mutant that breaks a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A case that verifies the requirement failed in an expectation.
    Killed {
        /// The case instance.
        by: String,
    },
    /// Every case that verifies the requirement was run, and none saw it.
    Survived,
    /// Not tried with the present images and cases.
    Untried,
    /// Proven to be no different.
    Equivalent,
}

/// What became of the mutants, by number and requirement; who has no entry is untried.
pub type Fates = BTreeMap<(u32, String), Fate>;

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// No case verifies it, and no reason is given.
    NoCase,
    /// No mutant breaks it.
    NoMutant,
    /// None of its cases passed with the present images.
    NotPassed,
    /// This case did something else than pass.
    Failed(String),
    /// A mutant that breaks it was not seen.
    Survivor(u32),
    /// None of its mutants was killed.
    NoKill,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCase => f.write_str("no case verifies it"),
            Self::NoMutant => f.write_str("no mutant breaks it"),
            Self::NotPassed => f.write_str("none of its cases has passed with the present images"),
            Self::Failed(case) => write!(f, "{case} did not pass"),
            Self::Survivor(number) => write!(f, "mutant {number} survived"),
            Self::NoKill => f.write_str("none of its mutants was killed"),
        }
    }
}

impl Coverage {
    /// Puts the matrix together from what cases came to last, by instance, and what became of
    /// mutants. Who has no entry was not run or tried.
    #[must_use]
    pub fn new(
        library: &Library,
        mutants: &[Mutant],
        verdicts: &BTreeMap<String, Verdict>,
        fates: &Fates,
    ) -> Self {
        let cases: Vec<Case> = library
            .families()
            .map(|family| {
                let of = |id: &&str| verdicts.get(*id).copied();
                let found: Vec<Verdict> = family.instances.iter().filter_map(of).collect();
                Case {
                    id: family.id.to_owned(),
                    title: family.title.to_owned(),
                    verifies: family.verifies.iter().map(ToString::to_string).collect(),
                    instances: family.instances.len(),
                    passed: found.iter().filter(|v| **v <= Verdict::Marginal).count(),
                    not_run: family.instances.len() - found.len(),
                    worst: found.into_iter().max(),
                }
            })
            .collect();
        let requirements = library.catalogue().0.iter().map(|(id, requirement)| {
            let verifies = |case: &Case| case.verifies.contains(id);
            let indices = (0..cases.len()).filter(|index| verifies(&cases[*index]));
            let breaks = mutants.iter().filter(|mutant| mutant.breaks.contains(id));
            Requirement {
                id: id.clone(),
                text: requirement.text.clone(),
                decision: requirement.decision.clone(),
                reason: requirement.reason.clone(),
                cases: indices.collect(),
                mutants: breaks.map(|mutant| trial(mutant, id, fates)).collect(),
            }
        });
        let requirements = requirements.collect();
        Self {
            requirements,
            cases,
        }
    }

    /// What is missing of a requirement before anything is run: a case, or a mutant.
    #[must_use]
    pub fn orphaned(&self, requirement: &Requirement) -> Vec<Gap> {
        let mut gaps = Vec::new();
        if requirement.reason.is_none() {
            gaps.extend(requirement.cases.is_empty().then_some(Gap::NoCase));
            let real = |trial: &Trial| trial.fate != Fate::Equivalent;
            gaps.extend((!requirement.mutants.iter().any(real)).then_some(Gap::NoMutant));
        }
        gaps
    }

    /// Everything that is missing of a requirement.
    #[must_use]
    pub fn gaps(&self, requirement: &Requirement) -> Vec<Gap> {
        let mut gaps = self.orphaned(requirement);
        let cases = || requirement.cases.iter().map(|index| &self.cases[*index]);
        let failed = cases().filter(|case| case.worst.is_some_and(|v| v > Verdict::Marginal));
        gaps.extend(failed.map(|case| Gap::Failed(case.id.clone())));
        if !requirement.cases.is_empty() && !cases().any(|case| case.passed > 0) {
            gaps.push(Gap::NotPassed);
        }
        let survived = requirement
            .mutants
            .iter()
            .filter(|trial| trial.fate == Fate::Survived);
        gaps.extend(survived.map(|trial| Gap::Survivor(trial.number)));
        let killed = |trial: &Trial| matches!(trial.fate, Fate::Killed { .. });
        if !requirement.mutants.is_empty() && !requirement.mutants.iter().any(killed) {
            gaps.push(Gap::NoKill);
        }
        gaps
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.requirements
            .iter()
            .all(|row| self.gaps(row).is_empty())
    }
}

fn trial(mutant: &Mutant, requirement: &str, fates: &Fates) -> Trial {
    let found = || fates.get(&(mutant.number, requirement.to_owned())).cloned();
    let fate = match &mutant.equivalent {
        Some(_) => Fate::Equivalent,
        None => found().unwrap_or(Fate::Untried),
    };
    Trial {
        number: mutant.number,
        title: mutant.title.clone(),
        fate,
    }
}
