//! What a case came to, for the caller of the runner and for tables.

use crate::event::Judgement;
use crate::judge::{Judged, words};
use crate::plan::PlannedCase;
use crate::ports::SafeState;
use crate::time::Time;
use crate::verdict::{Verdict, worst};

use super::Stop;

/// A step that was not run, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Index into the plan's steps.
    pub step: usize,
    /// Why, for people.
    pub reason: String,
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseOutcome {
    /// The instance.
    pub id: String,
    /// The worst of its judgements and troubles.
    pub verdict: Verdict,
    /// The judgements, in the order of the plan.
    pub judged: Vec<Judged>,
    /// The steps of which some expectation was not judged.
    pub not_run: Vec<NotRun>,
    /// The step whose set-up did not come true in time, with what that means: a failure, but of no
    /// expectation, or inconclusive.
    pub setup_missed: Option<(usize, Verdict)>,
    /// Why it was stopped by an interlock or a person.
    pub aborted: Option<String>,
    /// Troubles of the rig, in order.
    pub troubles: Vec<String>,
    /// What the rig read back when it was made safe. Absent or not verified: latch the rig.
    pub safe: Option<SafeState>,
    /// Bench time at the end.
    pub ended: Time,
}

/// One expectation of a case with what it came to, as data for a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// Index into the plan's steps.
    pub step: usize,
    /// Index into the step's expectations.
    pub expectation: usize,
    /// Name of the step.
    pub step_name: &'a str,
    /// The expectation as a sentence.
    pub text: &'a str,
    /// Line in the case file.
    pub line: u32,
    /// What was found, or why nothing was looked for.
    pub result: Result<&'a Judgement, &'a str>,
}

impl CaseOutcome {
    /// Every verdict that counts for the exit code: that a DUT failed is not hidden by trouble of
    /// the rig that came later.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> + '_ {
        let judged = self.judged.iter().map(|judged| judged.judgement.verdict);
        let setup = self.setup_missed.map(|(_, verdict)| verdict);
        judged.chain(setup).chain([self.verdict])
    }

    /// Whether the rig was seen to be safe at the end.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.safe.as_ref().is_some_and(|safe| safe.verified)
    }

    /// Every expectation of the plan, in its order.
    pub fn rows<'a>(&'a self, plan: &'a PlannedCase) -> impl Iterator<Item = Row<'a>> + 'a {
        plan.steps
            .iter()
            .enumerate()
            .flat_map(move |(step, planned)| {
                let rows = planned.expect.iter().enumerate();
                rows.map(move |(expectation, wanted)| Row {
                    step,
                    expectation,
                    step_name: &planned.name,
                    text: &wanted.text,
                    line: wanted.line,
                    result: self.find(step, expectation),
                })
            })
    }

    fn find(&self, step: usize, expectation: usize) -> Result<&Judgement, &str> {
        let mut judged = self.judged.iter();
        let found = judged.find(|j| j.step == step && j.expectation == expectation);
        let reason = self.not_run.iter().find(|not| not.step == step);
        found
            .map(|judged| &judged.judgement)
            .ok_or(reason.map_or("not judged", |not| not.reason.as_str()))
    }

    pub(super) fn add_trouble(&mut self, trouble: String) {
        self.troubles.push(trouble);
        self.verdict = self.verdict.max(Verdict::RigError);
    }
}

/// Puts the outcome of a case together that got as far as the step `reached`; safe state and end
/// are added by the caller.
pub(super) fn settle(
    plan: &PlannedCase,
    reached: usize,
    mut judged: Vec<Judged>,
    stop: Option<Stop>,
    aborted: Option<String>,
    troubles: Vec<String>,
) -> CaseOutcome {
    judged.sort_by_key(|j| (j.step, j.expectation));
    let reason = match &stop {
        None => String::new(),
        Some(Stop::Missed(step)) => format!(
            "not run: the set-up of {}",
            quoted(plan, *step, "was not reached")
        ),
        Some(Stop::Failed(step)) => format!("not run: {}", quoted(plan, *step, "failed")),
        Some(Stop::Interrupted | Stop::Interlock(_) | Stop::Unanswered) => {
            "not run: the case was aborted".to_string()
        }
        Some(Stop::Rig(_)) => "not run: trouble of the rig".to_string(),
    };
    let missing = |step: &usize| {
        let found = judged.iter().filter(|j| j.step == *step).count();
        found < plan.steps[*step].expect.len() || stop.is_some() && *step > reached
    };
    let not_run = (0..plan.steps.len())
        .filter(missing)
        .map(|step| NotRun {
            step,
            reason: reason.clone(),
        })
        .collect();
    let setup_missed = match stop {
        Some(Stop::Missed(step)) => Some((step, plan.steps[step].when_missed())),
        _ => None,
    };
    let verdicts = judged.iter().map(|j| j.judgement.verdict);
    let trouble = (!troubles.is_empty()).then_some(Verdict::RigError);
    let verdicts = verdicts
        .chain(setup_missed.map(|(_, verdict)| verdict))
        .chain(aborted.as_ref().map(|_| Verdict::Aborted))
        .chain(trouble);
    CaseOutcome {
        id: plan.id.clone(),
        verdict: worst(verdicts),
        judged,
        not_run,
        setup_missed,
        aborted,
        troubles,
        safe: None,
        ended: Time::ZERO,
    }
}

fn quoted(plan: &PlannedCase, step: usize, what: &str) -> String {
    format!("step \"{}\" {what}", plan.steps[step].name)
}

/// What is wrong with the safe state, if anything is.
pub(super) fn unsafe_message(safe: &Result<SafeState, String>) -> Option<String> {
    match safe {
        Ok(state) if state.verified => None,
        Ok(state) => {
            let outputs = state.read_back.iter();
            let outputs: Vec<String> = outputs
                .map(|(channel, value)| format!("{channel} = {}", words::value(*channel, *value)))
                .collect();
            let outputs = outputs.join(", ");
            Some(format!(
                "the safe state is not verified, read back: {outputs}"
            ))
        }
        Err(message) => Some(format!("the rig cannot be made safe: {message}")),
    }
}
