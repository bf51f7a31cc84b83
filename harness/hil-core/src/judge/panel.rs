//! The monitors of the step in progress, and the last values of every channel of a case.

use std::collections::BTreeMap;

use crate::channel::Channel;
use crate::event::Judgement;
use crate::plan::{Condition, Expectation, Finding, PlannedCase};
use crate::ports::{LogLine, Sample};
use crate::time::Time;

use super::input;
use super::monitor::Monitor;
use super::watch::Need;

/// A number for a channel that is quick to search by.
fn key(channel: Channel) -> u32 {
    u32::from(channel.bank) << 24 | (channel.signal as u32) << 16 | u32::from(channel.index)
}

/// What is known of one channel.
#[derive(Debug)]
struct Slot {
    is_contact: bool,
    last: Option<(Time, f64)>,
    /// Of a contact in what may be a transit: since when.
    transit: Option<(Time, f64)>,
    /// Monitors of the step that read this channel, each with the number of its input.
    readers: Vec<(usize, usize)>,
}

impl Slot {
    fn new(is_contact: bool) -> Self {
        Self {
            is_contact,
            last: None,
            transit: None,
            readers: Vec::new(),
        }
    }

    /// Keeps the last value; of a contact the last proper one, and the transit that followed it.
    fn take(&mut self, sample: &Sample) {
        let now = (sample.at, sample.value);
        if !self.is_contact || input::transit(sample.value).is_none() {
            self.last = Some(now);
            self.transit = None;
        } else if self.transit.is_none_or(|transit| transit.1 != sample.value) {
            self.transit = Some(now);
        }
    }

    /// The value as a monitor would read it.
    fn value(&self, now: Time) -> f64 {
        let lasting = |(since, value): &(Time, f64)| {
            input::transit(*value).is_some_and(|longest| now.since(*since) > longest)
        };
        let value = self.transit.filter(lasting).or(self.last);
        value.map_or(f64::NAN, |value| value.1)
    }
}

/// An expectation of the step in progress.
#[derive(Debug)]
struct Seat {
    monitor: Monitor,
    told_failing: bool,
    told_decided: bool,
}

/// Everything that is judged in a case, step by step.
#[derive(Debug)]
pub struct Panel {
    /// Sorted; the slot of the same number belongs to it.
    keys: Vec<u32>,
    slots: Vec<Slot>,
    seats: Vec<Seat>,
    /// The last line of each board's log before the step in progress.
    heard: BTreeMap<u16, LogLine>,
}

impl Panel {
    /// For the channels a case observes and speaks of.
    #[must_use]
    pub fn new(plan: &PlannedCase) -> Self {
        let mut known = plan.observe.clone();
        for step in &plan.steps {
            for expectation in &step.expect {
                known.extend(Monitor::new(expectation).channels());
            }
            let wait = step.wait.iter().map(|wait| &wait.condition);
            let search = step.search.iter();
            let search = search.flat_map(|s| s.releases.iter().chain([&s.trips]));
            known.extend(wait.chain(search).flat_map(channels));
        }
        known.sort_unstable_by_key(|channel| key(*channel));
        known.dedup();
        Self {
            keys: known.iter().copied().map(key).collect(),
            slots: known
                .into_iter()
                .map(input::is_contact)
                .map(Slot::new)
                .collect(),
            seats: Vec::new(),
            heard: BTreeMap::new(),
        }
    }

    /// Takes a line of a target's log, in time order.
    pub fn hear(&mut self, line: &LogLine) {
        for seat in &mut self.seats {
            seat.monitor.hear(line);
        }
        self.heard.insert(line.board, line.clone());
    }

    /// Takes samples in time order.
    pub fn feed(&mut self, samples: &[Sample]) {
        let mut guess = 0;
        for sample in samples {
            let key = key(sample.channel);
            // Samples mostly come in the same order again and again.
            if self.keys.get(guess) != Some(&key) {
                match self.keys.binary_search(&key) {
                    Ok(place) => guess = place,
                    Err(_) => continue,
                }
            }
            let slot = &mut self.slots[guess];
            guess += 1;
            slot.take(sample);
            for (seat, input) in &slot.readers {
                let monitor = &mut self.seats[*seat].monitor;
                monitor.feed_input(*input, sample.at, sample.value);
            }
        }
    }

    /// The set-up of a step is done: its expectations are watched from here on. What is known of
    /// their channels by now tells the state at the opening.
    pub fn open(&mut self, expectations: &[Expectation], at: Time) {
        self.clear();
        for (number, expectation) in expectations.iter().enumerate() {
            let mut monitor = Monitor::new(expectation);
            monitor.open(at);
            let channels: Vec<Channel> = monitor.channels().collect();
            for (input, channel) in channels.into_iter().enumerate() {
                let Ok(place) = self.keys.binary_search(&key(channel)) else {
                    continue;
                };
                let slot = &mut self.slots[place];
                slot.readers.push((number, input));
                for (at, value) in slot.last.into_iter().chain(slot.transit) {
                    monitor.feed_input(input, at, value);
                }
            }
            for line in self.heard.values() {
                monitor.hear(line);
            }
            self.seats.push(Seat {
                monitor,
                told_failing: false,
                told_decided: false,
            });
        }
    }

    /// Takes what an approach of the step's search found.
    pub fn found(&mut self, finding: &Finding) {
        for seat in &mut self.seats {
            seat.monitor.found(finding);
        }
    }

    /// Tells that all samples before `watermark` have been fed.
    pub fn advance(&mut self, watermark: Time) {
        for seat in &mut self.seats {
            seat.monitor.advance(watermark);
        }
    }

    /// The expectations that were decided since the last call, by number.
    pub fn newly_decided(&mut self) -> Vec<(usize, Judgement)> {
        let mut found = Vec::new();
        for (number, seat) in self.seats.iter_mut().enumerate() {
            if let (Some(judgement), false) = (seat.monitor.decided(), seat.told_decided) {
                found.push((number, judgement.clone()));
                seat.told_decided = true;
            }
        }
        found
    }

    /// The expectations that cannot be met any more since the last call, by number, with the time.
    pub fn newly_failing(&mut self) -> Vec<(usize, Time)> {
        let mut found = Vec::new();
        for (number, seat) in self.seats.iter_mut().enumerate() {
            if let (Some(at), false) = (seat.monitor.failing(), seat.told_failing) {
                found.push((number, at));
                seat.told_failing = true;
            }
        }
        found
    }

    /// Whether the step has to go on for the sake of any expectation.
    #[must_use]
    pub fn need(&self) -> Need {
        let needs = self.seats.iter().map(|seat| seat.monitor.need());
        needs.max().unwrap_or(Need::Nothing)
    }

    /// The step ends: judges what is not yet decided, and returns what was not yet returned.
    pub fn close(&mut self, at: Time) -> Vec<(usize, Judgement)> {
        self.end(|monitor| monitor.close(at))
    }

    /// The step is stopped by a person: what has failed has failed, the rest is inconclusive.
    pub fn stop(&mut self, at: Time) -> Vec<(usize, Judgement)> {
        self.end(|monitor| monitor.stop(at))
    }

    fn end(&mut self, judge: impl Fn(Monitor) -> Judgement) -> Vec<(usize, Judgement)> {
        let seats = std::mem::take(&mut self.seats);
        self.clear();
        let rest = seats.into_iter().enumerate();
        rest.filter(|(_, seat)| !seat.told_decided)
            .map(|(number, seat)| (number, judge(seat.monitor)))
            .collect()
    }

    /// Whether a step is being watched.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Leaves the step without judging what is not decided.
    pub fn clear(&mut self) {
        self.seats.clear();
        for slot in &mut self.slots {
            slot.readers.clear();
        }
    }

    /// Whether a condition holds by the last values, read as the monitors read them.
    #[must_use]
    pub fn holds(&self, condition: &Condition, now: Time) -> bool {
        match condition {
            Condition::Compare { channel, op, value } => {
                let place = self.keys.binary_search(&key(*channel));
                let seen = place.map_or(f64::NAN, |place| self.slots[place].value(now));
                input::holds(seen, *op, *value)
            }
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, now)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, now)),
        }
    }
}

/// The channels a condition speaks of.
pub(crate) fn channels(condition: &Condition) -> Vec<Channel> {
    match condition {
        Condition::Compare { channel, .. } => vec![*channel],
        Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(channels).collect(),
    }
}
