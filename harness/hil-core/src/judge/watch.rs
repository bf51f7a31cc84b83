//! What the monitors of all claims have in common: what they are told and what they rule.

use crate::plan::Finding;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

use super::limits::Limits;

/// A stretch of time in which nothing changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub from: Time,
    pub to: Time,
    /// Whether `during` holds.
    pub active: bool,
    /// The signal's value, NaN when unknown.
    pub value: f64,
    /// Whether the signal has had a sample yet.
    pub measured: bool,
    /// Whether the signal is what is claimed; `None` when unknown.
    pub good: Option<bool>,
}

impl Stretch {
    pub fn length(&self) -> Span {
        self.to.since(self.from)
    }
}

/// Whether a step has to go on for the sake of a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It can be closed at any time.
    Nothing,
    /// It has not seen anything yet, and has no deadline of its own: it gets a short grace.
    Grace,
    /// It is waiting for something with a deadline.
    Time,
}

/// What a watcher found; the monitor adds unit and window.
#[derive(Clone, Debug)]
pub(super) struct Ruling {
    pub verdict: Verdict,
    pub value: Option<f64>,
    pub limits: Limits,
    pub margin: Option<f64>,
    pub at: Time,
    pub violated: Option<(Time, Time)>,
    pub seen: String,
}

impl Ruling {
    pub fn inconclusive(limits: Limits, at: Time, seen: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Inconclusive,
            value: None,
            limits,
            margin: None,
            at,
            violated: None,
            seen: seen.into(),
        }
    }
}

/// The law of one claim. It is told everything in time order: stretches of time without gaps from
/// the opening of the window on, and between them the points at which something happens. How a
/// stretch is cut into pieces makes no difference.
pub(super) trait Watcher: std::fmt::Debug + Send {
    /// The window opens.
    fn open(&mut self, _at: Time) {}

    /// Time passes. Returns the ruling when nothing that comes can change it.
    fn stretch(&mut self, stretch: &Stretch) -> Option<Ruling>;

    /// The signal has a sample. It counts if it was taken in the window while `during` held.
    fn sample(&mut self, _at: Time, _value: f64, _counts: bool) -> Option<Ruling> {
        None
    }

    /// The moment an `at` asks for is there.
    fn strike(&mut self, _at: Time) -> Option<Ruling> {
        None
    }

    /// An approach of the step's search came to an end.
    fn found(&mut self, _finding: &Finding) {}

    /// Since when the claim cannot come true any more.
    fn failing(&self) -> Option<Time>;

    /// Whether the step has to go on.
    fn need(&self) -> Need;

    /// The window closes.
    fn close(&mut self, at: Time) -> Ruling;

    /// Unit of the measurement, if it is not the channel's own.
    fn unit(&self) -> Option<&'static str>;

    /// The limits, for a ruling without a measurement.
    fn limits(&self) -> Limits;
}
