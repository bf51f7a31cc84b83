//! What a record says, arranged for reports: outcomes of cases, judgements beside the words of
//! their expectations, margins, and how to see a result again. Nothing is judged here.

use hil_core::event::{Event, Judgement};
use hil_core::plan::{Expectation, PlannedCase};
use hil_core::ports::{Identity, LogLine, SafeState};
use hil_core::{Span, Time, Verdict};

use crate::record::{CaseRecord, Finding, Record};

/// A whole run.
#[derive(Debug)]
pub struct RunView<'a> {
    /// The record it reads.
    pub record: &'a Record,
    /// Version of the harness.
    pub tool: &'a str,
    /// Seed of the run.
    pub seed: u64,
    /// Arguments that change what a case does.
    pub arguments: &'a [String],
    /// SHA-256 of the rig file, hex.
    pub rig_sha256: &'a str,
    /// Serial number of the DUT.
    pub dut_serial: Option<&'a str>,
    /// Who the rig is.
    pub identity: Option<&'a Identity>,
    /// The boards, as they were flashed.
    pub flashed: Vec<Flashed<'a>>,
    /// Instances that do not fit the rig, with reasons.
    pub skipped: &'a [(String, String)],
    /// The planned instances, in plan order.
    pub cases: Vec<CaseView<'a>>,
    /// What the rig said when it was made safe at the end of the run.
    pub safe: Option<&'a SafeState>,
    /// Troubles that belong to no case.
    pub troubles: Vec<Trouble<'a>>,
}

/// A board that was erased, programmed and verified.
#[derive(Clone, Copy, Debug)]
pub struct Flashed<'a> {
    /// Board, from 1.
    pub board: u16,
    /// Which image.
    pub image: &'a str,
    /// SHA-256 of the ELF file, hex.
    pub image_sha256: &'a str,
    /// SHA-256 of what was read back, hex.
    pub read_back_sha256: &'a str,
    /// Bytes read back and compared.
    pub verified: u32,
    /// The board it is a copy of.
    pub copy_of: Option<u16>,
}

/// Why a case or run did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// Trouble of the rig.
    Rig(&'a str),
    /// Stopped by an interlock or a person.
    Stopped(&'a str),
}

/// How a case instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a verdict.
    Ended(Verdict),
    /// It began, and its record does not reach its end.
    Unfinished,
    /// It was planned and never began.
    NotRun,
}

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

impl<'a> RunView<'a> {
    /// Arranges a record.
    #[must_use]
    pub fn new(record: &'a Record) -> Self {
        let mut view = Self {
            record,
            tool: "",
            seed: 0,
            arguments: &[],
            rig_sha256: "",
            dut_serial: None,
            identity: None,
            flashed: Vec::new(),
            skipped: &[],
            cases: record.cases.iter().map(CaseView::new).collect(),
            safe: None,
            troubles: Vec::new(),
        };
        for line in &record.lines {
            view.take(&line.event);
        }
        let of_case = || view.cases.iter().find_map(|case| case.identity);
        view.identity = view.identity.or_else(of_case);
        view
    }

    fn take(&mut self, event: &'a Event) {
        match event {
            Event::RunStarted {
                tool,
                seed,
                arguments,
                rig_sha256,
                skipped,
                dut_serial,
                ..
            } => {
                self.tool = tool;
                self.seed = *seed;
                self.arguments = arguments;
                self.rig_sha256 = rig_sha256;
                self.skipped = skipped;
                self.dut_serial = dut_serial.as_deref();
            }
            Event::Identified { identity } => self.identity = Some(identity),
            Event::Flashed {
                board,
                image,
                image_sha256,
                verified,
                read_back_sha256,
                copy_of,
                ..
            } => self.flashed.push(Flashed {
                board: *board,
                image,
                image_sha256,
                read_back_sha256,
                verified: *verified,
                copy_of: *copy_of,
            }),
            Event::Safe { state } => self.safe = Some(state),
            Event::RigError { message } => self.troubles.push(Trouble::Rig(message)),
            Event::Aborted { reason } => self.troubles.push(Trouble::Stopped(reason)),
            _ => {}
        }
    }

    /// The worst verdict of the run: the one it ended with, else the worst of the cases that
    /// ended.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let worst = || self.cases.iter().filter_map(|c| c.outcome.verdict()).max();
        self.record.verdict().or_else(worst)
    }

    /// How many cases ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|c| c.outcome == outcome).count()
    }

    /// Bench time of all cases together.
    #[must_use]
    pub fn bench_time(&self) -> Span {
        let total = |sum, case: &CaseView<'_>| sum + case.duration();
        self.cases.iter().fold(Span::ZERO, total)
    }

    /// The command that runs a case again in the same way.
    #[must_use]
    pub fn reproduce(&self, id: &str) -> String {
        let mut words = vec!["cargo run -p hil -- run".to_owned()];
        words.extend(self.arguments.iter().map(|word| shell_word(word)));
        words.push(format!("--seed {}", self.seed));
        words.push(shell_word(id));
        words.join(" ")
    }

    /// What is missing in the record or does not hold together.
    #[must_use]
    pub fn findings(&self) -> &'a [Finding] {
        &self.record.findings
    }
}

impl<'a> CaseView<'a> {
    fn new(record: &'a CaseRecord) -> Self {
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

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.record.id
    }

    /// Its page, relative to the run folder.
    #[must_use]
    pub fn page(&self) -> String {
        format!("{}/{}.html", crate::record::CASES, self.record.slug)
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

impl Outcome {
    /// The verdict it ended with.
    #[must_use]
    pub const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Ended(verdict) => Some(verdict),
            Self::Unfinished | Self::NotRun => None,
        }
    }

    /// The word used in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended(verdict) => verdict.word(),
            Self::Unfinished => "unfinished",
            Self::NotRun => "not run",
        }
    }

    /// A sign that can be told apart without colour.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Ended(verdict) => symbol(verdict),
            Self::Unfinished => "…",
            Self::NotRun => "○",
        }
    }

    /// Whether a person has to look at it.
    #[must_use]
    pub const fn needs_attention(self) -> bool {
        !matches!(
            self,
            Self::Ended(Verdict::Pass | Verdict::Marginal) | Self::NotRun
        )
    }
}

impl Trouble<'_> {
    /// As a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Rig(message) => format!("rig error: {message}"),
            Self::Stopped(reason) => format!("stopped: {reason}"),
        }
    }
}

/// A sign that can be told apart without colour.
#[must_use]
pub const fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Marginal => "≈",
        Verdict::Inconclusive => "?",
        Verdict::Fail => "✗",
        Verdict::Aborted => "■",
        Verdict::RigError => "!",
    }
}

fn planned_expectations(plan: &PlannedCase) -> Vec<ExpectationView<'_>> {
    let of_step = |(step, planned): (usize, &'_ hil_core::plan::PlannedStep)| {
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

/// A word as a POSIX shell takes it, quoted only when it has to be.
fn shell_word(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=/.,:@%+".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words_are_quoted_only_when_they_must_be() {
        assert_eq!(shell_word("charge-vmax/cell=3"), "charge-vmax/cell=3");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
