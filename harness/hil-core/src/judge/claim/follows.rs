//! `follows`: a signal is what a log of the field says, apart from a tolerance and a lag.

use crate::channel::{Channel, Kind};
use crate::field_log::Point;
use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// Every sample of the window lies within a tolerance of something the log said a lag ago or since.
///
/// The measurement is the largest difference. What the log leaves open, and what is unknown, does
/// not count.
#[derive(Debug)]
pub(in crate::judge) struct Follows {
    unit: &'static str,
    log: Vec<Point>,
    lag: Span,
    limits: Limits,
    opened: Time,
    /// The largest difference: when, the sample, and what the log says.
    worst: Option<(Time, f64, f64, f64)>,
    samples: u32,
    failing: Option<Time>,
}

impl Follows {
    pub fn new(signal: Channel, log: Vec<Point>, within: f64, lag: Span) -> Self {
        Self {
            unit: match signal.kind() {
                Kind::Quantity(dimension) => dimension.unit(),
                Kind::State(_) => "",
            },
            log,
            lag,
            limits: Limits::at_most(within),
            opened: Time::ZERO,
            worst: None,
            samples: 0,
            failing: None,
        }
    }

    /// What the log says from a lag before `at` to `at` that is closest to a value.
    fn said(&self, at: Span, value: f64) -> Option<f64> {
        let from = at - self.lag;
        let first = self.log.partition_point(|point| point.at <= from);
        let last = self.log.partition_point(|point| point.at <= at);
        let said = &self.log[first.saturating_sub(1)..last];
        let known = said.iter().map(|point| point.value).filter(|v| !v.is_nan());
        known.min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs()))
    }
}

impl Watcher for Follows {
    fn open(&mut self, at: Time) {
        self.opened = at;
    }

    fn stretch(&mut self, _stretch: &Stretch) -> Option<Ruling> {
        None
    }

    fn sample(&mut self, at: Time, value: f64, counts: bool) -> Option<Ruling> {
        if !counts || value.is_nan() {
            return None;
        }
        let said = self.said(at.since(self.opened), value)?;
        let off = (value - said).abs();
        self.samples += 1;
        if self.worst.is_none_or(|worst| off > worst.3) {
            self.worst = Some((at, value, said, off));
        }
        if self.limits.verdict(off) == Verdict::Fail {
            self.failing.get_or_insert(at);
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.failing
    }

    fn need(&self) -> Need {
        if self.samples == 0 {
            Need::Grace
        } else {
            Need::Nothing
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        let Some((when, value, said, off)) = self.worst else {
            let seen = "the log and the signal have nothing in common";
            return Ruling::inconclusive(self.limits, at, seen);
        };
        let verdict = self.limits.verdict(off);
        let number = |value| words::number(value, self.unit);
        Ruling {
            verdict,
            value: Some(off),
            limits: self.limits,
            margin: self.limits.margin(off),
            at: self.failing.unwrap_or(at),
            violated: self.failing.map(|from| (from, at)),
            seen: format!(
                "{} off at most, in {} samples: {} at {}, the log says {}",
                number(off),
                self.samples,
                number(value),
                words::time(when),
                number(said)
            ),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some(self.unit)
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}
