//! Round numbers for value axes.

use hil_core::Dimension;

/// A value axis: its ends and the values to label.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Labelled values with their labels, from below.
    pub ticks: Vec<(f64, String)>,
}

/// The smallest range worth an axis: below it noise would fill the panel.
const fn smallest(dimension: Dimension) -> f64 {
    match dimension {
        Dimension::Voltage => 0.08,
        Dimension::Current => 0.4,
        Dimension::Temperature | Dimension::Percent => 8.0,
        Dimension::Count => 4.0,
        _ => 1.0,
    }
}

impl Scale {
    /// An axis that shows all of `values` with a little air.
    #[must_use]
    pub fn around(values: impl IntoIterator<Item = f64>, dimension: Dimension) -> Self {
        let range = values.into_iter().filter(|v| v.is_finite()).fold(
            None,
            |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            },
        );
        let (low, high) = range.unwrap_or((0.0, 0.0));
        let least = smallest(dimension);
        let missing = ((least - (high - low)) / 2.0).max(0.0);
        let air = 0.06 * (high - low).max(least);
        let (low, high) = (low - missing - air, high + missing + air);
        Self {
            low,
            high,
            ticks: ticks(low, high),
        }
    }

    /// Where a value is, in percent from the top.
    #[must_use]
    pub fn percent(&self, value: f64) -> f64 {
        (100.0 * (self.high - value) / (self.high - self.low)).clamp(0.0, 100.0)
    }

    /// Whether a value is on the axis.
    #[must_use]
    pub fn shows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Three to six multiples of 1, 2 or 5 times a power of ten.
fn ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let rough = (high - low) / 4.5;
    let power = 10f64.powf(rough.log10().floor());
    let step = match rough / power {
        ..1.5 => power,
        1.5..3.5 => 2.0 * power,
        3.5..7.5 => 5.0 * power,
        _ => 10.0 * power,
    };
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .map(|i| {
            let value = i as f64 * step;
            (value, format!("{value:.decimals$}").replacen('-', "−", 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quiet_cell_does_not_fill_the_panel_with_its_noise() {
        let scale = Scale::around([3.299, 3.301], Dimension::Voltage);
        assert!(scale.high - scale.low > 0.08);
        let labels: Vec<_> = scale.ticks.iter().map(|t| &*t.1).collect();
        assert_eq!(labels, ["3.26", "3.28", "3.30", "3.32", "3.34"]);
    }

    proptest! {
        #[test]
        fn every_value_is_on_its_axis_between_a_few_ticks(a in -1e6f64..1e6, size in 0.0f64..1e6) {
            let scale = Scale::around([a, a + size, f64::NAN], Dimension::Current);
            prop_assert!(scale.shows(a) && scale.shows(a + size));
            prop_assert!((2..=8).contains(&scale.ticks.len()), "{scale:?}");
            prop_assert!(scale.ticks.iter().all(|t| scale.shows(t.0)));
        }
    }
}
