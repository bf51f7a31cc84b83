//! `search`: the numbers a trip search found, against their limits.

use crate::channel::{Channel, Kind};
use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::plan::{Finding, Missed, Searched};
use crate::time::Time;
use crate::verdict::Verdict;

/// A threshold, hysteresis or delay lies in the limits.
#[derive(Debug)]
pub(in crate::judge) struct Search {
    what: Searched,
    unit: &'static str,
    limits: Limits,
    values: Vec<f64>,
    /// Why the last approach did not find this number.
    missed: Option<Missed>,
}

impl Search {
    pub fn new(drive: Channel, what: Searched, limits: Limits) -> Self {
        let unit = match (what, drive.kind()) {
            (Searched::Delay, _) => "s",
            // A difference of temperatures is read in kelvin.
            (Searched::Hysteresis, Kind::Quantity(dimension)) if dimension.unit() == "°C" => "K",
            (_, Kind::Quantity(dimension)) => dimension.unit(),
            (_, Kind::State(_)) => "",
        };
        Self {
            what,
            unit,
            limits,
            values: Vec::new(),
            missed: None,
        }
    }

    /// The number that stands for all approaches: a threshold is where it mostly is, a delay is as
    /// bad as its worst.
    fn value(&self) -> Option<f64> {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match self.what {
            Searched::Delay => values.last().copied(),
            _ if values.is_empty() => None,
            _ if values.len() % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }

    fn seen(&self, value: f64) -> String {
        let lowest = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let spread = words::number(highest - lowest, self.unit);
        let found = format!("{} {}", self.what.word(), words::number(value, self.unit));
        match (self.values.len(), self.what) {
            (1, _) => found,
            (n, Searched::Delay) => format!("{found}, longest of {n}, spread {spread}"),
            (n, _) => format!("{found}, median of {n}, spread {spread}"),
        }
    }

    fn missing(&self, missed: Missed, at: Time) -> Ruling {
        let verdict = match missed {
            Missed::NotArmed => Verdict::Inconclusive,
            Missed::TrippedAtOnce | Missed::NotTripped | Missed::NotReleased => Verdict::Fail,
        };
        let why = missed.words();
        let mut seen = format!("{} not found: {why}", self.what.word());
        if let Some(value) = self.value() {
            seen.push_str(&format!("; before that, {}", self.seen(value)));
        }
        Ruling {
            verdict,
            value: self.value(),
            limits: self.limits,
            margin: None,
            at,
            violated: None,
            seen,
        }
    }
}

impl Watcher for Search {
    fn stretch(&mut self, _stretch: &Stretch) -> Option<Ruling> {
        None
    }

    fn found(&mut self, finding: &Finding) {
        let value = match self.what {
            Searched::Threshold => finding.threshold,
            Searched::Hysteresis => finding.hysteresis,
            Searched::Delay => finding.delay_s,
        };
        match value {
            Some(value) => self.values.push(value),
            None => self.missed = finding.missed,
        }
    }

    fn failing(&self) -> Option<Time> {
        None
    }

    fn need(&self) -> Need {
        Need::Nothing
    }

    fn close(&mut self, at: Time) -> Ruling {
        if let Some(missed) = self.missed {
            return self.missing(missed, at);
        }
        let Some(value) = self.value() else {
            return Ruling::inconclusive(self.limits, at, "the search found nothing");
        };
        let verdict = self.limits.verdict(value);
        Ruling {
            verdict,
            value: Some(value),
            limits: self.limits,
            margin: self.limits.margin(value),
            at,
            violated: None,
            seen: self.seen(value),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some(self.unit)
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}
