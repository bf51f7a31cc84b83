//! A trip search as planned: where a condition trips, where it releases, and how long it takes.
//!
//! How it is carried out stands in the runner; what its findings come to, in the judge.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::channel::{Channel, Kind};
use crate::time::Span;

/// A search for the value of a driven quantity at which a condition trips.
///
/// With [`Self::releases`] what trips has a memory (a relay with hysteresis): the search climbs a
/// staircase, coarse steps first, then fine ones from below, since a board that was beyond its
/// threshold once says nothing more. Without, the condition only depends on the present value (a
/// code of EXT OUT): the interval is halved until it is as fine as [`Self::step`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// What is moved; its read-back is what is measured.
    pub drive: Channel,
    /// Where the condition has not tripped, in the channel's unit.
    pub from: f64,
    /// Where it has.
    pub to: f64,
    /// The finest step, above 0; thresholds are known to half of it.
    pub step: f64,
    /// What is searched.
    pub trips: Condition,
    /// What shows that it is armed again; `None` when it has no memory.
    pub releases: Option<Condition>,
    /// How long each value is kept for the condition to trip.
    pub settle: Span,
    /// How long each value is kept for the condition to release.
    pub release_settle: Span,
    /// Written before each approach, then the drive goes to `from`.
    pub rearm: Vec<(Channel, f64)>,
    /// How often it is searched. Noise moves a single finding; the median stands.
    pub repeats: u16,
    /// Whether the release is searched too.
    pub hysteresis: bool,
    /// Whether the delay of a step from `from` to `to` is measured too.
    pub delay: bool,
}

impl Search {
    /// Unit of its thresholds.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self.drive.kind() {
            Kind::Quantity(dimension) => dimension.unit(),
            Kind::State(_) => "",
        }
    }

    /// Unit of differences of its thresholds: those of temperatures are read in kelvin.
    #[must_use]
    pub fn difference_unit(&self) -> &'static str {
        match self.unit() {
            "°C" => "K",
            unit => unit,
        }
    }

    /// Finest steps between `from` and `to`, at least one.
    #[must_use]
    pub fn steps(&self) -> u32 {
        let steps = ((self.to - self.from).abs() / self.step).ceil();
        steps.clamp(1.0, f64::from(u32::MAX)) as u32
    }

    /// Finest steps in a coarse one: their number makes both staircases about equally long.
    #[must_use]
    pub fn coarse(&self) -> u32 {
        f64::from(self.steps()).sqrt().ceil() as u32
    }

    /// How far a release lies before a threshold, in the direction of the search.
    #[must_use]
    pub fn hysteresis_of(&self, threshold: f64, release: f64) -> f64 {
        if self.to > self.from {
            threshold - release
        } else {
            release - threshold
        }
    }

    /// How long it takes at most when everything is found and noise does not send it back.
    #[must_use]
    pub fn estimate(&self) -> Span {
        let stairs = u64::from(self.steps().div_ceil(self.coarse())) + 1;
        let fine = 2 * u64::from(self.coarse()) + 2;
        let times = |span: Span, n: u64| Span(span.0.saturating_mul(n));
        let arm = self.release_settle;
        let once = match (&self.releases, self.hysteresis) {
            (None, _) => times(self.settle, u64::from(self.steps().ilog2()) + 3),
            (Some(_), false) => times(arm, 2) + times(self.settle, stairs + fine),
            (Some(_), true) => {
                let (up, back) = (stairs + fine + 1, stairs + fine + 2);
                times(self.settle, up) + times(self.release_settle, back)
            }
        };
        let delay = if self.delay {
            arm + times(self.settle, 3)
        } else {
            Span::ZERO
        };
        times(once + delay, u64::from(self.repeats))
    }
}

/// Which number of a search is compared with limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Searched {
    /// Where it trips; the median of the approaches.
    Threshold,
    /// From there back to where it releases, above 0 when it releases before it trips; the median.
    Hysteresis,
    /// From the write of `to` to the trip, in seconds; the longest.
    Delay,
}

impl Searched {
    /// The word of the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::Hysteresis => "hysteresis",
            Self::Delay => "delay",
        }
    }
}

/// What one approach of a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Where it tripped: the middle between the read-backs at the last value that did not trip it
    /// and at the first that did.
    pub threshold: Option<f64>,
    /// Where it released, likewise.
    pub release: Option<f64>,
    /// From the threshold back to the release, against the direction of the search.
    pub hysteresis: Option<f64>,
    /// Seconds from the write of `to` to the trip.
    pub delay_s: Option<f64>,
    /// Why the approach, and with it the search, ended before all was found.
    pub missed: Option<Missed>,
}

/// Why an approach found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// The condition to start from did not come, though everything was set for it.
    NotArmed,
    /// It was tripped at `from`.
    TrippedAtOnce,
    /// It did not trip up to `to`.
    NotTripped,
    /// It tripped and did not release down to `from`.
    NotReleased,
}

impl Missed {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotArmed => "it did not release before the approach",
            Self::TrippedAtOnce => "it had tripped already where the search starts",
            Self::NotTripped => "it did not trip up to the end of the search",
            Self::NotReleased => "it tripped and did not release again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Signal;
    use crate::plan::Op;

    fn search(from: f64, to: f64) -> Search {
        let drive = Channel::at(Signal::CellVoltage, 1);
        Search {
            drive,
            from,
            to,
            step: 0.001,
            trips: Condition::Compare {
                channel: drive,
                op: Op::Ge,
                value: 3.7,
            },
            releases: None,
            settle: Span::from_millis(2000),
            release_settle: Span::from_millis(12000),
            rearm: Vec::new(),
            repeats: 1,
            hysteresis: false,
            delay: false,
        }
    }

    #[test]
    fn a_hysteresis_is_positive_in_both_directions() {
        let rising = search(3.6, 3.8).hysteresis_of(3.7, 3.68);
        let falling = search(3.0, 2.8).hysteresis_of(2.9, 2.92);
        for found in [rising, falling] {
            assert!((found - 0.02).abs() < 1e-9);
        }
    }

    #[test]
    fn halving_is_quicker_than_a_staircase() {
        let halving = search(3.64, 3.76);
        let staircase = Search {
            releases: Some(halving.trips.clone()),
            ..halving.clone()
        };
        assert_eq!(halving.steps(), 120);
        assert_eq!(halving.coarse(), 11);
        assert!(halving.estimate() < staircase.estimate());
    }
}
