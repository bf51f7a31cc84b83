//! A bench that does as it is told, a record in memory, and plans by hand.

use std::io;

use hil_core::event::Event;
use hil_core::judge::{Judged, judge_case, step_windows};
use hil_core::plan::{Pack, PlannedCase, PlannedStep, Stimulus};
use hil_core::ports::{
    Bench, BenchError, Identity, LogLine, Observations, Pause, RecordSink, SafeState, Sample,
    SinkError,
};
use hil_core::runner::{CaseOutcome, Options, Progress, run_case};
use hil_core::{Channel, Signal, Span, Time};

pub const CELL: Channel = Channel::at(Signal::CellVoltage, 1);
pub const RELAY: Channel = Channel::plain(Signal::RelayCharge);

pub const LED: Channel = Channel::plain(Signal::LedCharge);

/// A LED of a script is told in the log, too.
pub fn said(sample: &Sample) -> Option<LogLine> {
    let text = ["dark", "lit"].get(sample.value as usize)?;
    (sample.channel == LED).then(|| super::language::line(sample.at, 1, text))
}

pub const SECOND: Span = Span::from_millis(1000);

pub const fn set(value: f64) -> Stimulus {
    Stimulus::Set {
        channel: CELL,
        value,
    }
}

pub const fn ramp(to: f64, rate: f64) -> Stimulus {
    Stimulus::Ramp {
        channel: CELL,
        to,
        rate,
    }
}

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    Identify,
    Observe,
    Write(u32),
    Panic(Time),
    Lost(Time),
    Interrupt(Time),
    Interlock(Time),
    StandsStill(Time),
    SafeFails,
    SafePanics,
    NotSafe,
}

/// One cell and one relay: the relay opens `delay` after the cell was written to `trip` or above.
/// Everything observed is sampled every 100 ms, the relay also at its edges.
pub struct Fake {
    pub trip: f64,
    pub delay: Span,
    pub trouble: Option<Trouble>,
    /// Samples at fixed times, for traces that no board would show.
    pub script: Vec<Sample>,
    pub sampling: Span,
    pub writes: Vec<(Time, Channel, f64)>,
    pub times_safe: u32,
    now: Time,
    cell: f64,
    relay: f64,
    opens: Option<Time>,
    observed: Vec<Channel>,
    fresh: bool,
}

impl Fake {
    pub fn new(trip: f64, delay: Span) -> Self {
        Self {
            trip,
            delay,
            trouble: None,
            script: Vec::new(),
            sampling: Span::from_millis(100),
            writes: Vec::new(),
            times_safe: 0,
            now: Time::ZERO,
            cell: 0.0,
            relay: 1.0,
            opens: None,
            observed: Vec::new(),
            fresh: false,
        }
    }

    pub fn with(mut self, trouble: Trouble) -> Self {
        self.trouble = Some(trouble);
        self
    }

    /// A trace alone, with nothing behind it.
    pub fn playing(script: Vec<Sample>) -> Self {
        Self {
            script,
            ..Self::new(f64::INFINITY, Span::ZERO)
        }
    }

    fn failed(tried: &str) -> BenchError {
        BenchError::Instrument {
            instrument: "supply 1".into(),
            tried: tried.into(),
            source: Some(io::Error::other("the line is dead").into()),
        }
    }

    fn present(&self, channel: Channel) -> Option<f64> {
        match channel {
            CELL => Some(self.cell),
            RELAY => Some(self.relay),
            _ => None,
        }
    }

    fn sample_all(&mut self, out: &mut Observations) {
        let at = self.now;
        for channel in &self.observed {
            if let (Some(value), true) = (self.present(*channel), self.script.is_empty()) {
                out.samples.push(Sample {
                    channel: *channel,
                    at,
                    value,
                });
            }
        }
    }

    /// The next time at which something happens by itself.
    fn next(&self, until: Time) -> Time {
        let grid = self.sampling.0;
        let sample = Time((self.now.0 / grid + 1) * grid);
        let script = self.script.iter().map(|s| s.at).find(|at| *at > self.now);
        let candidates = [Some(sample), self.opens, script, self.trouble_at()];
        let next = candidates.into_iter().flatten().filter(|at| *at > self.now);
        next.min().unwrap_or(until).min(until)
    }

    fn trouble_at(&self) -> Option<Time> {
        match self.trouble? {
            Trouble::Panic(at) | Trouble::Lost(at) | Trouble::Interrupt(at) => Some(at),
            Trouble::Interlock(at) | Trouble::StandsStill(at) => Some(at),
            _ => None,
        }
    }
}

impl Bench for Fake {
    fn identify(&mut self) -> Result<Identity, BenchError> {
        if self.trouble == Some(Trouble::Identify) {
            return Err(Self::failed("asking for its identity"));
        }
        Ok(Identity {
            rig: "fake".into(),
            kind: "virtual".into(),
            instruments: Vec::new(),
        })
    }

    fn observe(&mut self, channels: &[Channel]) -> Result<(), BenchError> {
        if self.trouble == Some(Trouble::Observe) {
            return Err(BenchError::NoChannel(channels[0]));
        }
        self.observed = channels.to_vec();
        self.fresh = true;
        Ok(())
    }

    fn now(&self) -> Time {
        self.now
    }

    fn write(&mut self, channel: Channel, value: f64) -> Result<Time, BenchError> {
        if self.trouble == Some(Trouble::Write(self.writes.len() as u32)) {
            return Err(Self::failed("setting the voltage"));
        }
        self.writes.push((self.now, channel, value));
        if channel == CELL {
            self.cell = value;
            if value >= self.trip && self.opens.is_none() {
                self.opens = Some(self.now + self.delay);
            }
        }
        Ok(self.now)
    }

    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError> {
        Ok(Sample {
            channel,
            at: self.now,
            value: self.present(channel).unwrap_or(f64::NAN),
        })
    }

    fn run_until(
        &mut self,
        until: Time,
        watch: &[Channel],
        out: &mut Observations,
    ) -> Result<Pause, BenchError> {
        if std::mem::take(&mut self.fresh) {
            self.sample_all(out);
            let at_once = self.script.iter().filter(|s| s.at == self.now);
            out.logs.extend(at_once.clone().filter_map(said));
            out.samples.extend(at_once);
        }
        while self.now < until {
            self.now = self.next(until);
            if self.now.0.is_multiple_of(self.sampling.0) {
                self.sample_all(out);
            }
            let now = self.script.iter().filter(|s| s.at == self.now);
            out.logs.extend(now.clone().filter_map(said));
            out.samples.extend(now);
            if self.trouble_at() == Some(self.now) {
                match self.trouble {
                    Some(Trouble::Panic(_)) => panic!("the bench fell over"),
                    Some(Trouble::Lost(_)) => return Err(Self::failed("reading the voltage")),
                    Some(Trouble::Interrupt(_)) => return Ok(Pause::Interrupted),
                    Some(Trouble::Interlock(_)) => return Ok(Pause::Interlock("door".into())),
                    _ => return Ok(Pause::Reached),
                }
            }
            if self.opens == Some(self.now) && self.relay == 1.0 {
                self.relay = 0.0;
                out.samples.push(Sample {
                    channel: RELAY,
                    at: self.now,
                    value: 0.0,
                });
                out.logs.push(LogLine {
                    at: self.now,
                    board: 1,
                    level: "info".into(),
                    text: "charge relay opens".into(),
                });
                if watch.contains(&RELAY) {
                    return Ok(Pause::Changed);
                }
            }
        }
        Ok(Pause::Reached)
    }

    fn safe(&mut self) -> Result<SafeState, BenchError> {
        self.times_safe += 1;
        match self.trouble {
            Some(Trouble::SafeFails) => Err(Self::failed("switching off")),
            Some(Trouble::SafePanics) => panic!("safe fell over"),
            trouble => Ok(SafeState {
                read_back: vec![(CELL, 0.0)],
                verified: trouble != Some(Trouble::NotSafe),
            }),
        }
    }
}

/// A record in memory.
#[derive(Default)]
pub struct Record {
    pub events: Vec<(Time, Event)>,
    pub samples: Vec<Sample>,
    /// The disk is full after so many events.
    pub room: Option<usize>,
}

impl RecordSink for Record {
    fn event(&mut self, at: Time, event: &Event) -> Result<(), SinkError> {
        if self.room.is_some_and(|room| self.events.len() >= room) {
            return Err(SinkError {
                path: "events.jsonl".into(),
                source: io::Error::other("the disk is full"),
            });
        }
        self.events.push((at, event.clone()));
        Ok(())
    }

    fn samples(&mut self, samples: &[Sample]) -> Result<(), SinkError> {
        self.samples.extend_from_slice(samples);
        Ok(())
    }
}

impl Record {
    pub fn timeline(&self) -> String {
        hil_core::timeline::timeline(self.events.iter().map(|(at, event)| (*at, event)))
    }

    /// What judging this record again gives.
    pub fn judged_again(&self, plan: &PlannedCase) -> Vec<Judged> {
        let windows = step_windows(self.events.iter().map(|(at, event)| (*at, event)));
        judge_case(plan, &windows, self.samples.iter().copied())
    }
}

/// Runs a plan; the record is judged again and must say the same, whatever happened.
pub fn run(plan: &PlannedCase, bench: &mut Fake, record: &mut Record) -> CaseOutcome {
    let mut told = Vec::new();
    let outcome = run_case(
        plan,
        1,
        &Options::default(),
        bench,
        record,
        &mut |progress| {
            if let Progress::Failing {
                step,
                expectation,
                at,
            } = progress
            {
                told.push((step, expectation, at));
            }
        },
    );
    if record.room.is_none() {
        assert_eq!(record.judged_again(plan), outcome.judged, "judged again");
    }
    assert_eq!(
        bench.times_safe, 1,
        "every way out makes the rig safe, once"
    );
    outcome
}

pub fn step(stimuli: Vec<Stimulus>, expect: &[&str]) -> PlannedStep {
    PlannedStep {
        name: "a step".into(),
        line: 1,
        stimuli,
        expect: expect
            .iter()
            .map(|text| super::language::expectation(text))
            .collect(),
        ..PlannedStep::default()
    }
}

pub fn plan(steps: Vec<PlannedStep>) -> PlannedCase {
    PlannedCase {
        id: "fake/cell=1".into(),
        family: "fake".into(),
        title: "A case by hand".into(),
        verifies: Vec::new(),
        tags: Vec::new(),
        file: "fake.toml".into(),
        pack: Pack::of(4, "lifepo4"),
        constants: std::collections::BTreeMap::new(),
        plant: None,
        observe: vec![CELL, RELAY],
        steps,
        estimate: Span::ZERO,
        decisions: std::collections::BTreeMap::new(),
    }
}
