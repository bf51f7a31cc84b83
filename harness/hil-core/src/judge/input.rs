//! One channel as a monitor reads it: from samples to marks in time, at which a value or the truth
//! of a comparison changes.
//!
//! Here, and only here, stands how samples are read between the samples: quantities the rig
//! measures follow a straight line, everything else is held, and the contacts of a relay are
//! allowed their transit.

use std::collections::VecDeque;

use crate::channel::{Channel, Kind, RELAY, Signal};
use crate::plan::Op;
use crate::time::{Span, Time};
use crate::units::Dimension;

/// A straight line is drawn between two samples no further apart than this; over a longer hole the
/// first value is held, and a crossing counts at the second sample.
pub(super) const LONGEST_LINE: Span = Span(2_000_000);

/// Both contacts of a relay open for this long, or shorter, is transit or bounce (`REL-1`).
pub const LONGEST_OPEN: Span = Span::from_millis(20);

/// Both contacts of a relay closed for this long, or shorter, is transit (`REL-1`).
pub const LONGEST_BOTH: Span = Span::from_millis(1);

/// What changes at a point in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// The watched signal has a new sample.
    Value(f64),
    /// So has the one that is taken away from it.
    Minus(f64),
    /// A comparison becomes true or false.
    Truth { atom: usize, holds: bool },
}

/// Marks that are not yet processed, in time order; those of one time in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(VecDeque<(Time, Mark)>);

impl Marks {
    fn insert(&mut self, at: Time, mark: Mark) {
        let mut place = self.0.len();
        while place > 0 && self.0[place - 1].0 > at {
            place -= 1;
        }
        self.0.insert(place, (at, mark));
    }

    /// Time of the first mark before `frontier`.
    pub fn next_before(&self, frontier: Time) -> Option<Time> {
        self.0.front().map(|m| m.0).filter(|at| *at < frontier)
    }

    /// Takes the first mark if it is at this time.
    pub fn take_at(&mut self, at: Time) -> Option<Mark> {
        self.0.pop_front_if(|mark| mark.0 == at).map(|mark| mark.1)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// How the values between two samples are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A straight line: voltages, currents, temperatures the rig measures.
    Line,
    /// The last one: states, codes and counts, and what the DUT states once a second.
    Held,
    /// Held, and `open` and `both` count only when they last longer than a transit.
    Contact,
}

/// How the samples of a channel are read.
pub(super) fn shape(channel: Channel) -> Shape {
    let family = channel.signal.family();
    match family.kind {
        _ if matches!(family.signal, Signal::RelayCharge | Signal::RelayLoad) => Shape::Contact,
        Kind::State(_) | Kind::Quantity(Dimension::Count) => Shape::Held,
        Kind::Quantity(_) if family.signal.is_stated() => Shape::Held,
        Kind::Quantity(_) => Shape::Line,
    }
}

/// Whether a channel shows the contacts of a relay.
pub(super) fn is_contact(channel: Channel) -> bool {
    shape(channel) == Shape::Contact
}

/// How long a contact state may last and still be a transit; `None` for the two proper states.
pub(super) fn transit(value: f64) -> Option<Span> {
    match RELAY.get(value as usize) {
        Some(&"open") => Some(LONGEST_OPEN),
        Some(&"both") => Some(LONGEST_BOTH),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug)]
struct Atom {
    id: usize,
    op: Op,
    value: f64,
    holds: bool,
}

/// One channel of a monitor.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub channel: Channel,
    shape: Shape,
    is_state: bool,
    watched: bool,
    subtracted: bool,
    atoms: Vec<Atom>,
    first: Option<Time>,
    last: Option<(Time, f64)>,
    /// A contact state that may turn out to be a transit, since when.
    in_transit: Option<(Time, f64)>,
}

impl Input {
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            shape: shape(channel),
            is_state: matches!(channel.kind(), Kind::State(_)),
            watched: false,
            subtracted: false,
            atoms: Vec::new(),
            first: None,
            last: None,
            in_transit: None,
        }
    }

    /// Asks for a [`Mark::Value`] at every sample (of a state: at every change).
    pub fn watch(&mut self) {
        self.watched = true;
    }

    /// Asks for a [`Mark::Minus`] at every sample.
    pub fn subtract(&mut self) {
        self.subtracted = true;
    }

    /// Asks for a [`Mark::Truth`] whenever this comparison changes; it begins as false.
    pub fn compare(&mut self, id: usize, op: Op, value: f64) {
        self.atoms.push(Atom {
            id,
            op,
            value,
            holds: false,
        });
    }

    /// Whether there was any sample before this time.
    pub fn measured_before(&self, at: Time) -> bool {
        self.first.is_some_and(|first| first < at)
    }

    pub fn feed(&mut self, at: Time, value: f64, marks: &mut Marks) {
        self.first.get_or_insert(at);
        if self.shape != Shape::Contact {
            return self.accept(at, value, marks);
        }
        if let Some((since, state)) = self.in_transit {
            if state == value {
                return;
            }
            self.end_transit(at, since, state, marks);
        }
        match transit(value) {
            Some(_) if self.last.is_none_or(|last| last.1 != value) => {
                self.in_transit = Some((at, value));
            }
            _ => self.accept(at, value, marks),
        }
    }

    fn end_transit(&mut self, now: Time, since: Time, state: f64, marks: &mut Marks) {
        self.in_transit = None;
        if transit(state).is_some_and(|longest| now.since(since) > longest) {
            self.accept(since, state, marks);
        }
    }

    /// Tells that nothing came up to `watermark`, and returns up to when the marks are complete.
    pub fn advance(&mut self, watermark: Time, marks: &mut Marks) -> Time {
        if let Some((since, state)) = self.in_transit {
            if transit(state).is_some_and(|longest| watermark.since(since) <= longest) {
                return since;
            }
            self.end_transit(watermark, since, state, marks);
        }
        match self.last {
            Some((at, value))
                if self.shape == Shape::Line
                    && !self.atoms.is_empty()
                    && !value.is_nan()
                    && watermark.since(at) <= LONGEST_LINE =>
            {
                at
            }
            _ => watermark,
        }
    }

    fn accept(&mut self, at: Time, value: f64, marks: &mut Marks) {
        let previous = self.last.replace((at, value));
        let same = previous.is_some_and(|(_, old)| old == value || old.is_nan() && value.is_nan());
        if self.watched && !(self.is_state && same) {
            marks.insert(at, Mark::Value(value));
        }
        if self.subtracted {
            marks.insert(at, Mark::Minus(value));
        }
        if same {
            return;
        }
        for atom in &mut self.atoms {
            let holds = holds(value, atom.op, atom.value);
            if holds == atom.holds {
                continue;
            }
            atom.holds = holds;
            let when = match previous {
                Some(from) if self.shape == Shape::Line => crossing(from, (at, value), *atom),
                _ => at,
            };
            marks.insert(
                when,
                Mark::Truth {
                    atom: atom.id,
                    holds,
                },
            );
        }
    }
}

/// Whether a comparison holds; never for NaN, not even `!=`.
pub(super) fn holds(value: f64, op: Op, with: f64) -> bool {
    !value.is_nan()
        && match op {
            Op::Lt => value < with,
            Op::Le => value <= with,
            Op::Eq => value == with,
            Op::Ne => value != with,
            Op::Ge => value >= with,
            Op::Gt => value > with,
        }
}

/// When the line between two samples meets the number of a comparison.
fn crossing(from: (Time, f64), to: (Time, f64), atom: Atom) -> Time {
    let length = to.0.since(from.0);
    let sloped = !from.1.is_nan() && !to.1.is_nan() && length <= LONGEST_LINE;
    if !sloped || matches!(atom.op, Op::Eq | Op::Ne) || length.0 < 2 {
        return to.0;
    }
    let share = (atom.value - from.1) / (to.1 - from.1);
    let after = (length.0 as f64 * share).round() as u64;
    from.0 + Span(after.clamp(1, length.0))
}

/// The value at a time between two samples of a channel of this shape; unknown in a hole of a line.
pub(super) fn between(shape: Shape, from: (Time, f64), to: (Time, f64), at: Time) -> f64 {
    let length = to.0.since(from.0);
    if shape != Shape::Line || length == Span::ZERO {
        return from.1;
    }
    if length > LONGEST_LINE {
        return f64::NAN;
    }
    let share = at.since(from.0).0 as f64 / length.0 as f64;
    from.1 + (to.1 - from.1) * share
}
