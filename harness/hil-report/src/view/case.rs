//! A case instance and its expectations, as the record has them.

use hil_core::event::{Event, Judgement};
use hil_core::plan::{Expectation, Finding, PlannedCase, PlannedStep};
use hil_core::ports::{Identity, LogLine, SafeState};
use hil_core::{Span, Time, Verdict};

use super::{Outcome, Trouble};
use crate::record::{CASES, CaseRecord};

/// A case instance.
#[derive(Debug)]
pub struct CaseView<'a> {
    /// Its record.
    pub record: &'a CaseRecord,
    /// Its plan, when it started.
    pub plan: Option<&'a PlannedCase>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who the rig said it is when the case began.
    pub identity: Option<&'a Identity>,
    /// Its expectations with what they came to, in plan order.
    pub expectations: Vec<ExpectationView<'a>>,
    /// When its steps began and ended, and when their set-up was done.
    pub steps: Vec<StepTimes>,
    /// What searches found, with the step.
    pub findings: Vec<(usize, &'a Finding)>,
    /// Troubles, in order.
    pub troubles: Vec<Trouble<'a>>,
    /// Steps whose set-up did not come true in time.
    pub missed: Vec<usize>,
    /// The target's log.
    pub logs: Vec<&'a LogLine>,
    /// What the rig said when it was made safe.
    pub safe: Option<&'a SafeState>,
}

/// When a step was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepTimes {
    /// Its stimuli were applied.
    pub start: Option<Time>,
    /// Its set-up was done.
    pub ready: Option<Time>,
    /// It ended.
    pub end: Option<Time>,
}

/// An expectation and what it came to.
#[derive(Clone, Copy, Debug)]
pub struct ExpectationView<'a> {
    /// Index of the step.
    pub step: usize,
    /// Index in the step.
    pub index: usize,
    /// As planned.
    pub planned: &'a Expectation,
    /// What was found; `None` when the case ended before it was decided.
    pub judgement: Option<&'a Judgement>,
}

impl<'a> CaseView<'a> {
    pub(super) fn new(record: &'a CaseRecord) -> Self {
        let plan = record.plan();
        let mut view = Self {
            record,
            plan,
            outcome: match record.verdict() {
                Some(verdict) => Outcome::Ended(verdict),
                None if record.lines.is_empty() => Outcome::NotRun,
                None => Outcome::Unfinished,
            },
            identity: None,
            expectations: plan.map(planned_expectations).unwrap_or_default(),
            steps: vec![StepTimes::default(); plan.map_or(0, |p| p.steps.len())],
            findings: Vec::new(),
            troubles: Vec::new(),
            missed: Vec::new(),
            logs: Vec::new(),
            safe: None,
        };
        for line in &record.lines {
            view.take(line.at, &line.event);
        }
        view
    }

    fn take(&mut self, at: Time, event: &'a Event) {
        match event {
            Event::Identified { identity } => self.identity = Some(identity),
            Event::StepStarted { step } => self.step(*step, |s| s.start = Some(at)),
            Event::Ready { step } => self.step(*step, |s| s.ready = Some(at)),
            Event::StepEnded { step } => self.step(*step, |s| s.end = Some(at)),
            Event::Found { finding } => {
                let step = self.steps.iter().rposition(|step| step.start.is_some());
                self.findings.extend(step.map(|step| (step, finding)));
            }
            Event::AwaitMissed { step } => self.missed.push(*step),
            Event::Decided {
                step,
                expectation,
                judgement,
            } => {
                let mut all = self.expectations.iter_mut();
                if let Some(e) = all.find(|e| e.step == *step && e.index == *expectation) {
                    e.judgement = Some(judgement);
                }
            }
            Event::Log { line } => self.logs.push(line),
            Event::RigError { message } => self.troubles.push(Trouble::Rig(message)),
            Event::Aborted { reason } => self.troubles.push(Trouble::Stopped(reason)),
            Event::Safe { state } => self.safe = Some(state),
            _ => {}
        }
    }

    fn step(&mut self, step: usize, change: impl FnOnce(&mut StepTimes)) {
        if let Some(times) = self.steps.get_mut(step) {
            change(times);
        }
    }

    /// What the search of a step found, in the order of its approaches.
    #[must_use]
    pub fn findings(&self, step: usize) -> Vec<&'a Finding> {
        let mine = self.findings.iter().filter(|(of, _)| *of == step);
        mine.map(|(_, finding)| *finding).collect()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.record.id
    }

    /// Its page, relative to the run folder.
    #[must_use]
    pub fn page(&self) -> String {
        format!("{}/{}.html", CASES, self.record.slug)
    }

    /// How long it took in bench time.
    #[must_use]
    pub fn duration(&self) -> Span {
        self.record.end().since(Time::ZERO)
    }

    /// The smallest margin of its expectations as a fraction of their limit spans.
    #[must_use]
    pub fn worst_margin(&self) -> Option<f64> {
        let margins = self.expectations.iter().filter_map(|e| e.relative_margin());
        margins.min_by(f64::total_cmp)
    }
}

impl ExpectationView<'_> {
    /// Its verdict, when it was decided.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.judgement.map(|j| j.verdict)
    }

    /// The margin as a fraction of the limit span; `None` without margin or span.
    #[must_use]
    pub fn relative_margin(&self) -> Option<f64> {
        let judgement = self.judgement?;
        let (low, high) = span(judgement)?;
        Some(judgement.margin? / (high - low))
    }
}

/// The limits between which a judgement's value is shown: for a time or count that has only an
/// upper limit, zero is the lower one. `None` when there is no room between them.
#[must_use]
pub fn span(judgement: &Judgement) -> Option<(f64, f64)> {
    let value = judgement.value.filter(|v| v.is_finite())?;
    let high = judgement.high?;
    let low = judgement.low.or((value >= 0.0).then_some(0.0))?;
    (high > low).then_some((low, high))
}

fn planned_expectations(plan: &PlannedCase) -> Vec<ExpectationView<'_>> {
    let of_step = |(step, planned): (usize, &'_ PlannedStep)| {
        (0..planned.expect.len()).map(move |index| (step, index))
    };
    let places = plan.steps.iter().enumerate().flat_map(of_step);
    places
        .map(|(step, index)| ExpectationView {
            step,
            index,
            planned: &plan.steps[step].expect[index],
            judgement: None,
        })
        .collect()
}
