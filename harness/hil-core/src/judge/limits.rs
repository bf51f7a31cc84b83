//! Limits, margins and the verdict of a number against them.

use crate::time::Span;
use crate::verdict::Verdict;

/// A number this close to a limit is on it, and on a limit is inside: the sums of decimal
/// fractions that limits are made of are not exact in binary.
const ROUNDING: f64 = 1e-9;

/// A margin under this share of the span between two limits is marginal.
const MARGINAL_SHARE: f64 = 0.1;

/// A lower and an upper limit, either of which may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Limits {
    /// Nothing above `high`, without a span: never marginal.
    pub const fn at_most(high: f64) -> Self {
        Self {
            low: None,
            high: Some(high),
        }
    }

    pub fn of_spans((low, high): (Span, Span)) -> Self {
        Self {
            low: Some(low.as_secs()),
            high: Some(high.as_secs()),
        }
    }

    /// Distance to the nearest limit, negative outside; `None` without limits or for NaN.
    pub fn margin(self, value: f64) -> Option<f64> {
        let below = self.low.map(|low| value - low);
        let above = self.high.map(|high| high - value);
        let margin = match (below, above) {
            (Some(a), Some(b)) => a.min(b),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => return None,
        };
        let margin = if margin.abs() < ROUNDING { 0.0 } else { margin };
        (!value.is_nan()).then_some(margin)
    }

    /// The verdict of a measured value; NaN is inconclusive.
    pub fn verdict(self, value: f64) -> Verdict {
        if value.is_nan() {
            return Verdict::Inconclusive;
        }
        let span = self.low.zip(self.high).map(|(low, high)| high - low);
        grade(self.margin(value), span)
    }

    /// Limits a little wider, so that a comparison with them agrees with the margin.
    pub fn rounded(self) -> Self {
        Self {
            low: self.low.map(|low| low - ROUNDING),
            high: self.high.map(|high| high + ROUNDING),
        }
    }
}

/// The verdict of a margin; without a span it is never marginal.
pub(super) fn grade(margin: Option<f64>, span: Option<f64>) -> Verdict {
    match (margin, span) {
        (Some(margin), _) if margin < 0.0 => Verdict::Fail,
        (Some(margin), Some(span)) if margin < span * MARGINAL_SHARE => Verdict::Marginal,
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_limit_is_inside_whatever_binary_makes_of_it() {
        let limits = Limits::at_most(3.3 + 0.02);
        assert_eq!(limits.verdict(3.32), Verdict::Pass);
        assert_eq!(Limits::at_most(0.1 + 0.2).verdict(0.3), Verdict::Pass);
        assert_eq!(Limits::at_most(0.3).verdict(0.1 + 0.2), Verdict::Pass);
        assert_eq!(Limits::at_most(0.3).verdict(0.300_001), Verdict::Fail);
    }

    #[test]
    fn under_a_tenth_of_the_span_is_marginal_and_without_a_span_nothing_is() {
        let limits = Limits {
            low: Some(0.0),
            high: Some(10.0),
        };
        let verdicts = [-0.1, 0.0, 0.9, 1.0, 5.0, 9.1, 10.1].map(|v| limits.verdict(v));
        use Verdict::{Fail, Marginal, Pass};
        assert_eq!(
            verdicts,
            [Fail, Marginal, Marginal, Pass, Pass, Marginal, Fail]
        );
        assert_eq!(Limits::at_most(10.0).verdict(10.0), Pass);
        assert_eq!(limits.verdict(f64::NAN), Verdict::Inconclusive);
    }
}
