//! One step: stimuli, await, windows, end.

use crate::channel::{Channel, Kind};
use crate::event::Event;
use crate::judge::Need;
use crate::plan::{Await, Condition, PlannedStep, Stimulus};
use crate::ports::{Answer, BenchError, PATIENCE};
use crate::time::{Span, Time};
use crate::verdict::Verdict;

use super::motion::Motion;
use super::{Run, Stop};

/// How much longer a step goes on, once its stimuli and its hold are over, for an expectation that
/// has no deadline of its own and has not seen anything yet: the last crossing of a ramp is only
/// measured by the sample after it, and EXT OUT speaks once a second.
const GRACE: Span = Span::from_millis(2000);

impl Run<'_> {
    pub(super) fn run_step(&mut self) -> Result<(), Stop> {
        let number = self.step;
        let step = &self.plan.steps[number];
        self.event(Event::StepStarted { step: number })?;
        if let Some(prompt) = &step.prompt {
            self.ask(prompt)?;
        }
        for stimulus in &step.stimuli {
            if let Stimulus::Set { channel, value } = stimulus {
                self.apply(*channel, *value)?;
            }
        }
        if let Some(wait) = &step.wait {
            self.await_set_up(wait)?;
        }
        self.event(Event::Ready { step: number })?;
        self.panel.open(&step.expect, self.now);
        let mut motions = self.start(step)?;
        if let Some(search) = &step.search {
            self.search(search)?;
        }
        self.watch(step, &mut motions)?;
        let found = self.panel.close(self.now);
        self.decided(found)?;
        self.event(Event::StepEnded { step: number })?;
        // After the end of the step, so that it does not disturb what the step was judged by.
        for due in motions.iter().filter_map(Motion::rest) {
            self.apply(due.channel, due.value)?;
        }
        let mut judged = self.judged.iter().filter(|j| j.step == number);
        if judged.any(|j| j.judgement.verdict == Verdict::Fail) {
            return Err(Stop::Failed(number));
        }
        Ok(())
    }

    /// Starts what takes time, side by side.
    fn start(&mut self, step: &PlannedStep) -> Result<Vec<Motion>, Stop> {
        let mut motions = Vec::new();
        for (number, stimulus) in step.stimuli.iter().enumerate() {
            let channel = stimulus.channel();
            let mut from = f64::NAN;
            match stimulus {
                Stimulus::Set { .. } => continue,
                Stimulus::Pulse { value, .. } => self.apply(channel, *value)?,
                Stimulus::Square { high, .. } => {
                    self.event(Event::Running { stimulus: number })?;
                    self.write(channel, *high)?;
                }
                Stimulus::Ramp { .. } => {
                    self.event(Event::Running { stimulus: number })?;
                    from = self.setpoint(channel)?;
                }
            }
            let interval = self.options.ramp_interval;
            motions.extend(Motion::of(stimulus, from, self.now, interval));
        }
        let tracks = step.replay.iter().flat_map(|replay| &replay.tracks);
        let (start, interval) = (self.now, self.options.ramp_interval);
        motions.extend(tracks.filter_map(|track| Motion::track(track, start, interval)));
        Ok(motions)
    }

    /// Writes a value that is an event.
    pub(super) fn apply(&mut self, channel: Channel, value: f64) -> Result<(), Stop> {
        self.write(channel, value)?;
        Ok(self.event(Event::Applied { channel, value })?)
    }

    /// Where a ramp starts: the last value written, else the present measured one.
    fn setpoint(&mut self, channel: Channel) -> Result<f64, Stop> {
        if let Some(value) = self.setpoints.get(&channel) {
            return Ok(*value);
        }
        let value = self.bench.read(channel)?.value;
        if value.is_nan() {
            return Err(Stop::from(BenchError::Instrument {
                instrument: channel.to_string(),
                tried: "reading the value a ramp starts from gave none".to_string(),
                source: None,
            }));
        }
        Ok(value)
    }

    fn await_set_up(&mut self, wait: &Await) -> Result<(), Stop> {
        let deadline = self.now + wait.within;
        if self.comes_true(&wait.condition, deadline)? {
            return Ok(());
        }
        self.missed()
    }

    /// The step cannot be set up.
    fn missed(&mut self) -> Result<(), Stop> {
        let step = self.step;
        self.event(Event::AwaitMissed { step })?;
        self.event(Event::StepEnded { step })?;
        Err(Stop::Missed(step))
    }

    /// Waits for the operator to do what the step needs, and takes in what was observed meanwhile.
    fn ask(&mut self, prompt: &str) -> Result<(), Stop> {
        let step = self.step;
        self.event(Event::Asked { step })?;
        let answer = self.operator.ask(prompt, PATIENCE);
        self.pass_to(self.now.max(self.bench.now()), &[])?;
        self.event(Event::Answered {
            answer: answer.clone(),
        })?;
        match answer {
            Answer::Done { .. } => Ok(()),
            Answer::Refused { .. } => self.missed(),
            Answer::Silent => Err(Stop::Unanswered),
            Answer::Stopped => Err(Stop::Interrupted),
        }
    }

    /// Lets time pass until a condition holds, at most to a deadline; tells whether it does.
    pub(super) fn comes_true(
        &mut self,
        condition: &Condition,
        deadline: Time,
    ) -> Result<bool, Stop> {
        let mut watch = Vec::new();
        states(condition, &mut watch);
        while !self.panel.holds(condition, self.now) {
            if self.now >= deadline {
                return Ok(false);
            }
            let tick = self.now + self.options.tick;
            self.pass_to(deadline.min(tick), &watch)?;
        }
        Ok(true)
    }

    /// Goes on until stimuli and hold are over and no expectation needs more.
    fn watch(&mut self, step: &PlannedStep, motions: &mut Vec<Motion>) -> Result<(), Stop> {
        let held = self.now + step.hold;
        let mut graced: Option<Time> = None;
        loop {
            // A write takes time on a real bench; what came in the meantime belongs to the window.
            if self.observed < self.now {
                self.pass_to(self.now, &[])?;
            }
            let busy = motions.iter().any(Motion::ends) || self.now < held;
            match self.panel.need() {
                _ if busy => graced = None,
                Need::Nothing => return Ok(()),
                Need::Grace if self.now >= *graced.get_or_insert(self.now + GRACE) => {
                    return Ok(());
                }
                Need::Grace => {}
                Need::Time => graced = None,
            }
            let until = if self.now < held {
                held
            } else {
                Time(u64::MAX)
            };
            self.go_on(until, motions)?;
        }
    }

    /// Lets time pass to the next thing to do, at most a tick, and does it.
    fn go_on(&mut self, until: Time, motions: &mut Vec<Motion>) -> Result<(), Stop> {
        let next = motions.iter().map(Motion::next).min();
        let tick = self.now + self.options.tick;
        let until = until.min(tick).min(next.unwrap_or(tick));
        self.pass_to(until.max(self.now), &[])?;
        let mut number = 0;
        while number < motions.len() {
            let Some((due, last)) = motions[number].due(self.now) else {
                number += 1;
                continue;
            };
            if due.is_event {
                self.apply(due.channel, due.value)?;
            } else {
                self.write(due.channel, due.value)?;
            }
            if last {
                motions.remove(number);
            } else {
                number += 1;
            }
        }
        Ok(())
    }
}

/// The state channels of a condition: their changes are worth looking at once, those of a
/// quantity come with every sample.
fn states(condition: &Condition, out: &mut Vec<Channel>) {
    match condition {
        Condition::Compare { channel, .. } => {
            if matches!(channel.kind(), Kind::State(_)) && !out.contains(channel) {
                out.push(*channel);
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                states(part, out);
            }
        }
    }
}
