//! What must be seen: an expectation, and the claim it makes of a signal.

use serde::{Deserialize, Serialize};

use super::{Condition, Searched};
use crate::channel::Channel;
use crate::field_log::Point;
use crate::time::Span;

/// One thing that must be seen: a monitor over the traces.
///
/// Its window opens at the end of the step's set-up, or at the measured crossing at which `after`
/// first becomes true, and closes at the end of the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// As a sentence with the case's own words and resolved numbers.
    pub text: String,
    /// Line in the case file, from 1.
    pub line: u32,
    /// What is watched.
    pub signal: Channel,
    /// What is claimed of it.
    pub claim: Claim,
    /// The window opens when this first becomes true; never true = inconclusive.
    pub after: Option<Condition>,
    /// Only moments at which this holds count; never true in the window = inconclusive.
    pub during: Option<Condition>,
    /// The window closes so long after it opened, and the step does not end before; without it, the
    /// window closes when the step ends. `None` for [`Claim::Becomes`], [`Claim::Settles`],
    /// [`Claim::Unknown`] and [`Claim::Blinks`], which say themselves when they are decided.
    pub lasting: Option<Span>,
}

/// What is claimed of a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The state is `state` at every moment of the window. Measurement: the longest time it was
    /// not, in seconds; limit 0.
    Stays {
        /// Index into the channel's words.
        state: u8,
    },
    /// The state is never `state` in the window. Measurement: times seen; limit 0.
    Never {
        /// Index into the channel's words.
        state: u8,
    },
    /// The state is `state` when the step ends.
    Is {
        /// Index into the channel's words.
        state: u8,
    },
    /// The state becomes `state` within a time of the window's opening, and stays so for `hold`.
    /// Measurement: the delay in seconds; limits `within`.
    Becomes {
        /// Index into the channel's words.
        state: u8,
        /// Shortest and longest delay.
        within: (Span, Span),
        /// How long it must then stay.
        hold: Span,
    },
    /// A quantity lies in the limits.
    Between {
        /// Which number of the window is compared.
        of: Statistic,
        /// Lower limit in the channel's unit, if any.
        low: Option<f64>,
        /// Upper limit, if any.
        high: Option<f64>,
    },
    /// A quantity becomes one within the limits in time and stays there for `hold`.
    /// Measurement: the delay in seconds; limits `within`.
    Settles {
        /// Lower limit in the channel's unit, if any.
        low: Option<f64>,
        /// Upper limit, if any.
        high: Option<f64>,
        /// Shortest and longest delay.
        within: (Span, Span),
        /// How long it must then stay.
        hold: Span,
    },
    /// A quantity becomes unknown (the `X` of EXT OUT) in time and stays so for `hold`.
    /// Measurement: the delay in seconds; limits `within`.
    Unknown {
        /// Shortest and longest delay.
        within: (Span, Span),
        /// How long it must then stay.
        hold: Span,
    },
    /// A quantity less another one, which is taken as last measured, lies in the limits.
    Difference {
        /// What is taken away.
        minus: Channel,
        /// Which number of the window is compared.
        of: Statistic,
        /// Lower limit in the channel's unit, if any.
        low: Option<f64>,
        /// Upper limit, if any.
        high: Option<f64>,
    },
    /// How often the state changes in the window. Measurement: the number of changes.
    Changes {
        /// Lowest number, if any.
        low: Option<f64>,
        /// Highest number, if any.
        high: Option<f64>,
    },
    /// A line of the board's log contains a text in time. Measurement: the delay of the first in
    /// seconds; limits `within`.
    Logged {
        /// What the line contains.
        text: String,
        /// Shortest and longest delay.
        within: (Span, Span),
    },
    /// No line of the board's log contains a text in the window. Measurement: lines that did;
    /// limit 0.
    NeverLogged {
        /// What no line contains.
        text: String,
    },
    /// The value of a quantity at the moment `at` becomes true (a relay edge). This is how a
    /// threshold is measured.
    At {
        /// The moment; never = fail.
        at: Condition,
        /// Lower limit in the channel's unit, if any.
        low: Option<f64>,
        /// Upper limit, if any.
        high: Option<f64>,
    },
    /// A number the search of the step found. The signal is its drive. Measurement: the median of
    /// the approaches, of a delay (in seconds) the longest.
    Searched {
        /// Which number.
        what: Searched,
        /// Lower limit in the channel's unit or in seconds, if any.
        low: Option<f64>,
        /// Upper limit, if any.
        high: Option<f64>,
    },
    /// Every sample of a quantity is what a replayed log says, at that time or up to `lag` before.
    /// Measurement: the largest difference; limit `within`.
    Follows {
        /// What the log says, from the opening of the window on.
        log: Vec<Point>,
        /// Largest difference, in the channel's unit.
        within: f64,
        /// How much later than the log it may come.
        lag: Span,
    },
    /// The state `lit` (index 1) comes periodically. At least `periods` whole periods must be
    /// seen. Measurement: the period furthest from the middle of the limits, in seconds.
    Blinks {
        /// Shortest and longest period.
        period: (Span, Span),
        /// Shortest and longest on-time.
        on: Option<(Span, Span)>,
        /// Periods to be seen.
        periods: u16,
    },
}

impl Claim {
    /// Whether it says itself when it is decided, so that its window needs no length.
    #[must_use]
    pub const fn has_deadline(&self) -> bool {
        matches!(
            self,
            Self::Becomes { .. }
                | Self::Settles { .. }
                | Self::Unknown { .. }
                | Self::Logged { .. }
                | Self::Blinks { .. }
        )
    }
}

/// Which number of a window is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Every sample; the measurement is the one closest to (or furthest over) a limit.
    #[default]
    Each,
    /// The time-weighted mean.
    Mean,
    /// The median of the samples: what it is most of the time, whatever short excursions do.
    Median,
    /// The last sample.
    Last,
    /// Last minus first sample.
    Change,
}
