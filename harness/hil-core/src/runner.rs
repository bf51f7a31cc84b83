//! Runs a planned case on a bench: applies, waits, watches, judges, and leaves the rig safe.
//!
//! A synchronous state machine over [`Bench`] and [`RecordSink`]; it knows neither files nor clocks
//! nor which bench it drives. Retries, `--max-fail` and parallel cases are its caller's business.
//!
//! Decisions a test engineer may want to know:
//! * A failure does not end its step, so everything the step expects is measured; the steps after
//!   it are not run and are named in [`CaseOutcome::not_run`].
//! * A set-up that does not come true in time fails the case and is marked as such
//!   ([`CaseOutcome::setup_missed`]); nothing after it is run. When it is the plan's own (the DUT
//!   did not take the settings of its profile), the case is inconclusive instead.
//! * Stopped by a person, the step in progress is judged by what was seen. After an interlock or
//!   trouble of the rig only what was already decided stands: the rig may have disturbed the rest.
//! * Every way out, a panic of a bench included, ends in [`Bench::safe`] with its read-back
//!   recorded. A safe state that is not verified is a rig error, whatever was judged.

mod motion;
mod outcome;
mod plant;
mod search;
mod step;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::channel::Channel;
use crate::event::{Event, Judgement};
use crate::judge::{Judged, Panel};
use crate::plan::PlannedCase;
use crate::plant::Plant;
use crate::ports::{
    Bench, BenchError, Nobody, Observations, Operator, Pause, RecordSink, SafeState, SinkError,
};
use crate::time::{Span, Time};

use search::Reading;

pub use outcome::{CaseOutcome, NotRun, Row};

/// How a rig wants its cases run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Time between two writes of a ramp.
    pub ramp_interval: Span,
    /// Longest time between two looks at what the bench observed.
    pub tick: Span,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ramp_interval: Span::from_millis(20),
            tick: Span::from_millis(100),
        }
    }
}

/// What somebody who looks on is told.
#[derive(Debug)]
pub enum Progress<'a> {
    /// An event was recorded.
    Event {
        /// When.
        at: Time,
        /// What.
        event: &'a Event,
    },
    /// It is certain that an expectation is not met, though it is still being measured by how much.
    Failing {
        /// Index into the plan's steps.
        step: usize,
        /// Index into the step's expectations.
        expectation: usize,
        /// Since when.
        at: Time,
    },
    /// Bench time went on.
    Time(Time),
}

/// Why a case does not go on.
#[derive(Debug)]
enum Stop {
    /// The set-up of a step did not come true.
    Missed(usize),
    /// A step failed.
    Failed(usize),
    /// A person or the run's deadline.
    Interrupted,
    /// The rig's interlock.
    Interlock(String),
    /// The operator did not answer.
    Unanswered,
    /// Trouble of the rig.
    Rig(String),
}

impl From<BenchError> for Stop {
    fn from(error: BenchError) -> Self {
        Self::Rig(chain(&error))
    }
}

impl From<SinkError> for Stop {
    fn from(error: SinkError) -> Self {
        Self::Rig(error.to_string())
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Runs one case on a bench that was opened for it, from `CaseStarted` to `CaseFinished`.
///
/// All trouble ends up in the outcome; there is nothing this function does not return from while
/// the bench keeps its promise that time passes.
pub fn run_case(
    plan: &PlannedCase,
    seed: u64,
    options: &Options,
    bench: &mut dyn Bench,
    sink: &mut dyn RecordSink,
    progress: &mut dyn FnMut(Progress<'_>),
) -> CaseOutcome {
    run_attended_case(plan, seed, options, bench, &mut Nobody, sink, progress)
}

/// The same on a rig with an operator, who is asked for what steps prompt.
pub fn run_attended_case(
    plan: &PlannedCase,
    seed: u64,
    options: &Options,
    bench: &mut dyn Bench,
    operator: &mut dyn Operator,
    sink: &mut dyn RecordSink,
    progress: &mut dyn FnMut(Progress<'_>),
) -> CaseOutcome {
    let mut run = Run {
        plan,
        options,
        bench,
        operator,
        sink,
        progress,
        panel: Panel::new(plan),
        plant: Plant::of(plan, seed),
        fresh: Observations::default(),
        now: Time::ZERO,
        observed: Time::ZERO,
        setpoints: BTreeMap::new(),
        step: 0,
        reading: None,
        has_tripped: false,
        judged: Vec::new(),
    };
    let stop = catch_unwind(AssertUnwindSafe(|| run.case(seed)))
        .unwrap_or_else(|panic| Err(Stop::Rig(describe(panic.as_ref()))))
        .err();
    run.finish(stop)
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the bench panicked: {}", text.unwrap_or("no message"))
}

/// A case in progress.
struct Run<'a> {
    plan: &'a PlannedCase,
    options: &'a Options,
    bench: &'a mut dyn Bench,
    operator: &'a mut dyn Operator,
    sink: &'a mut dyn RecordSink,
    progress: &'a mut dyn FnMut(Progress<'_>),
    panel: Panel,
    /// What stands around the boards and reacts to them.
    plant: Option<Plant>,
    /// What the bench appends to; empty between calls.
    fresh: Observations,
    /// Bench time as far as the runner knows it.
    now: Time,
    /// Bench time up to which everything was observed; behind `now` after a write that took time.
    observed: Time,
    /// The last value written to each channel.
    setpoints: BTreeMap<Channel, f64>,
    /// The read-backs of a search at its present value.
    reading: Option<Reading>,
    /// Whether the present search has seen it tripped.
    has_tripped: bool,
    /// The step in progress.
    step: usize,
    judged: Vec<Judged>,
}

impl Run<'_> {
    fn case(&mut self, seed: u64) -> Result<(), Stop> {
        self.now = self.bench.now();
        let plan = Box::new(self.plan.clone());
        self.event(Event::CaseStarted { plan, seed })?;
        let identity = self.bench.identify()?;
        self.event(Event::Identified { identity })?;
        let of_rig = |channel: &&Channel| !channel.signal.is_plant();
        let observe: Vec<_> = self.plan.observe.iter().filter(of_rig).copied().collect();
        self.bench.observe(&observe)?;
        // No time passes; the bench tells the present values.
        self.pass_to(self.now, &[])?;
        self.drive_plant()?;
        for step in 0..self.plan.steps.len() {
            self.step = step;
            self.run_step()?;
        }
        Ok(())
    }

    /// Records an event at the present time.
    fn event(&mut self, event: Event) -> Result<(), SinkError> {
        let at = self.now;
        (self.progress)(Progress::Event { at, event: &event });
        self.sink.event(at, &event)
    }

    /// Lets time pass and takes in what was observed, whatever the bench came back with.
    fn pass(&mut self, until: Time, watch: &[Channel]) -> Result<(), Stop> {
        let pause = self.bench.run_until(until, watch, &mut self.fresh);
        self.now = self.now.max(self.bench.now());
        self.take_in()?;
        match pause? {
            Pause::Reached if self.now < until => {
                let (now, until) = (self.now, until);
                let message = format!("bench time stands at {now}, {until} was asked for");
                Err(Stop::Rig(message))
            }
            Pause::Reached | Pause::Changed => Ok(()),
            Pause::Interrupted => Err(Stop::Interrupted),
            Pause::Interlock(reason) => Err(Stop::Interlock(reason)),
        }
    }

    fn take_in(&mut self) -> Result<(), Stop> {
        let mut fresh = std::mem::take(&mut self.fresh);
        self.panel.feed(&fresh.samples);
        fresh.logs.iter().for_each(|line| self.panel.hear(line));
        if let Some(plant) = &mut self.plant {
            plant.feed(&fresh.samples);
        }
        self.panel.advance(self.now);
        self.observed = self.now;
        if let Some(reading) = &mut self.reading {
            reading.take(&fresh.samples);
        }
        if !fresh.samples.is_empty() {
            self.sink.samples(&fresh.samples)?;
        }
        for line in fresh.logs.drain(..) {
            self.event(Event::Log { line })?;
        }
        fresh.samples.clear();
        self.fresh = fresh;
        self.tell()
    }

    /// Tells what the monitors came to.
    fn tell(&mut self) -> Result<(), Stop> {
        (self.progress)(Progress::Time(self.now));
        for (expectation, at) in self.panel.newly_failing() {
            (self.progress)(Progress::Failing {
                step: self.step,
                expectation,
                at,
            });
        }
        let decided = self.panel.newly_decided();
        self.decided(decided)
    }

    fn decided(&mut self, found: Vec<(usize, Judgement)>) -> Result<(), Stop> {
        let step = self.step;
        for (expectation, judgement) in found {
            self.judged.push(Judged {
                step,
                expectation,
                judgement: judgement.clone(),
            });
            self.event(Event::Decided {
                step,
                expectation,
                judgement,
            })?;
        }
        Ok(())
    }

    /// Applies a value; the caller decides whether it is worth an event.
    fn write(&mut self, channel: Channel, value: f64) -> Result<(), Stop> {
        if channel.signal.is_plant() {
            return self.set_plant(channel, value);
        }
        let acknowledged = self.bench.write(channel, value)?;
        self.setpoints.insert(channel, value);
        self.now = self.now.max(acknowledged);
        Ok(())
    }

    /// Brings the rig to its safe state and closes the record of the case.
    fn finish(mut self, stop: Option<Stop>) -> CaseOutcome {
        let mut troubles = Vec::new();
        let mut aborted = None;
        match &stop {
            Some(Stop::Interrupted) => aborted = Some("stopped on request".to_string()),
            Some(Stop::Interlock(reason)) => aborted = Some(format!("interlock: {reason}")),
            Some(Stop::Unanswered) => aborted = Some("the operator did not answer".to_string()),
            Some(Stop::Rig(message)) => troubles.push(message.clone()),
            Some(Stop::Missed(_) | Stop::Failed(_)) | None => {}
        }
        // From here on a record that cannot be written is one more trouble and stops nothing.
        let mut unwritten = None;
        if let Some(reason) = aborted.clone() {
            unwritten = self.event(Event::Aborted { reason }).err().or(unwritten);
        }
        if let Err(Stop::Rig(message)) = self.leave_step(&stop) {
            troubles.push(message);
        }
        for message in troubles.clone() {
            unwritten = self.event(Event::RigError { message }).err().or(unwritten);
        }
        let safe = self.make_safe();
        if let Ok(state) = &safe {
            let state = state.clone();
            unwritten = self.event(Event::Safe { state }).err().or(unwritten);
        }
        if let Some(message) = outcome::unsafe_message(&safe) {
            troubles.push(message.clone());
            unwritten = self.event(Event::RigError { message }).err().or(unwritten);
        }
        troubles.extend(unwritten.map(|error| error.to_string()));
        let mut outcome = outcome::settle(
            self.plan,
            self.step,
            self.judged.clone(),
            stop,
            aborted,
            troubles,
        );
        let verdict = outcome.verdict;
        if let Err(error) = self.event(Event::CaseFinished { verdict }) {
            outcome.add_trouble(error.to_string());
        }
        outcome.safe = safe.ok();
        outcome.ended = self.now;
        outcome
    }

    /// Settles what is still watched when a case is stopped in a step.
    fn leave_step(&mut self, stop: &Option<Stop>) -> Result<(), Stop> {
        match stop {
            Some(Stop::Interrupted) if self.panel.is_open() => {
                let found = self.panel.stop(self.now);
                self.decided(found)?;
                let step = self.step;
                self.event(Event::StepEnded { step })?;
            }
            Some(Stop::Interlock(_) | Stop::Rig(_)) => {
                self.panel.advance(self.now);
                let found = self.panel.newly_decided();
                self.decided(found)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn make_safe(&mut self) -> Result<SafeState, String> {
        catch_unwind(AssertUnwindSafe(|| {
            let state = self.bench.safe();
            self.now = self.now.max(self.bench.now());
            state.map_err(|error| chain(&error))
        }))
        .unwrap_or_else(|panic| Err(describe(panic.as_ref())))
    }
}
