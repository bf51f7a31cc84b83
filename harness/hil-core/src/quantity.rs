//! Quantities as people write them: `"3.30 V"`, `"$vmax + 20 mV"`, `"1 s ± 10 %"`.
//!
//! Knows units, their dimensions and how dimensions combine. Where a text came from in a file is
//! not known here; errors carry the place within the text.

mod expression;
#[cfg(test)]
mod tests;

pub use expression::{ExpressionError, Limits, Problem, evaluate, limits};

use crate::units::Dimension;

/// A number with its meaning, in the dimension's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// In the dimension's unit.
    pub value: f64,
    /// What it is.
    pub dimension: Dimension,
}

/// Every unit a quantity may be written in, with what one of it is in the dimension's own unit.
const UNITS: &[(&str, Dimension, f64)] = &[
    ("V", Dimension::Voltage, 1.0),
    ("mV", Dimension::Voltage, 1e-3),
    ("V/s", Dimension::VoltageRate, 1.0),
    ("mV/s", Dimension::VoltageRate, 1e-3),
    ("mV/min", Dimension::VoltageRate, 1e-3 / 60.0),
    ("A", Dimension::Current, 1.0),
    ("mA", Dimension::Current, 1e-3),
    ("µA", Dimension::Current, 1e-6),
    ("A/s", Dimension::CurrentRate, 1.0),
    ("mA/s", Dimension::CurrentRate, 1e-3),
    ("°C", Dimension::Temperature, 1.0),
    ("K", Dimension::Temperature, 1.0),
    ("°C/s", Dimension::TemperatureRate, 1.0),
    ("K/s", Dimension::TemperatureRate, 1.0),
    ("K/min", Dimension::TemperatureRate, 1.0 / 60.0),
    ("s", Dimension::Time, 1.0),
    ("ms", Dimension::Time, 1e-3),
    ("µs", Dimension::Time, 1e-6),
    ("us", Dimension::Time, 1e-6),
    ("min", Dimension::Time, 60.0),
    ("h", Dimension::Time, 3600.0),
    ("Ω", Dimension::Resistance, 1.0),
    ("mΩ", Dimension::Resistance, 1e-3),
    ("kΩ", Dimension::Resistance, 1e3),
    ("Ohm", Dimension::Resistance, 1.0),
    ("W", Dimension::Power, 1.0),
    ("kW", Dimension::Power, 1e3),
    ("Wh", Dimension::Energy, 1.0),
    ("kWh", Dimension::Energy, 1e3),
    ("Ah", Dimension::Charge, 1.0),
    ("mAh", Dimension::Charge, 1e-3),
    ("Hz", Dimension::Frequency, 1.0),
    ("kHz", Dimension::Frequency, 1e3),
    ("%", Dimension::Percent, 1.0),
];

/// The units a dimension can be written in, most natural first.
pub fn units_of(dimension: Dimension) -> impl Iterator<Item = &'static str> {
    UNITS
        .iter()
        .filter(move |(_, d, _)| *d == dimension)
        .map(|(name, _, _)| *name)
}

/// Every unit's name.
pub fn unit_names() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(name, _, _)| *name)
}

fn unit(name: &str) -> Option<(Dimension, f64)> {
    UNITS
        .iter()
        .find(|(n, _, _)| *n == name)
        .map(|(_, dimension, factor)| (*dimension, *factor))
}

impl Quantity {
    /// A bare number.
    #[must_use]
    pub const fn count(value: f64) -> Self {
        Self {
            value,
            dimension: Dimension::Count,
        }
    }

    /// `self × other`, when that means something here. A percentage scales.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        product(self, other).or_else(|| product(other, self))
    }

    /// `self ÷ other`, when that means something here.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let (a, b) = (self.dimension, other.dimension);
        let value = self.value / other.value;
        let (dimension, factor) = match (a, b) {
            (_, Dimension::Count) => (a, 1.0),
            _ if a == b => (Dimension::Count, 1.0),
            (_, Dimension::Time) => match a {
                Dimension::Voltage => (Dimension::VoltageRate, 1.0),
                Dimension::Current => (Dimension::CurrentRate, 1.0),
                Dimension::Temperature => (Dimension::TemperatureRate, 1.0),
                Dimension::Energy => (Dimension::Power, 3600.0),
                Dimension::Charge => (Dimension::Current, 3600.0),
                Dimension::Count => (Dimension::Frequency, 1.0),
                _ => return None,
            },
            (Dimension::Count, Dimension::Frequency)
            | (Dimension::Voltage, Dimension::VoltageRate)
            | (Dimension::Current, Dimension::CurrentRate)
            | (Dimension::Temperature, Dimension::TemperatureRate) => (Dimension::Time, 1.0),
            (Dimension::Energy, Dimension::Power) | (Dimension::Charge, Dimension::Current) => {
                (Dimension::Time, 3600.0)
            }
            (Dimension::Voltage, Dimension::Resistance)
            | (Dimension::Power, Dimension::Voltage) => (Dimension::Current, 1.0),
            (Dimension::Voltage, Dimension::Current) => (Dimension::Resistance, 1.0),
            (Dimension::Power, Dimension::Current) | (Dimension::Energy, Dimension::Charge) => {
                (Dimension::Voltage, 1.0)
            }
            (Dimension::Energy, Dimension::Voltage) => (Dimension::Charge, 1.0),
            _ => return None,
        };
        Some(Self {
            value: value * factor,
            dimension,
        })
    }
}

/// `a × b` for the orders in which the table below has them.
fn product(a: Quantity, b: Quantity) -> Option<Quantity> {
    let (dimension, factor) = match (a.dimension, b.dimension) {
        (Dimension::Count, other) => (other, 1.0),
        (Dimension::Percent, other) => (other, 0.01),
        (Dimension::Time, Dimension::VoltageRate) => (Dimension::Voltage, 1.0),
        (Dimension::Time, Dimension::CurrentRate) => (Dimension::Current, 1.0),
        (Dimension::Time, Dimension::TemperatureRate) => (Dimension::Temperature, 1.0),
        (Dimension::Time, Dimension::Power) => (Dimension::Energy, 1.0 / 3600.0),
        (Dimension::Time, Dimension::Current) => (Dimension::Charge, 1.0 / 3600.0),
        (Dimension::Time, Dimension::Frequency) => (Dimension::Count, 1.0),
        (Dimension::Voltage, Dimension::Current) => (Dimension::Power, 1.0),
        (Dimension::Resistance, Dimension::Current) => (Dimension::Voltage, 1.0),
        (Dimension::Charge, Dimension::Voltage) => (Dimension::Energy, 1.0),
        _ => return None,
    };
    Some(Quantity {
        value: a.value * b.value * factor,
        dimension,
    })
}

/// A number with its unit, rounded to what a reader needs.
#[must_use]
pub fn show(value: f64, dimension: Dimension) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    let rounded = if rounded == 0.0 { 0.0 } else { rounded };
    match dimension.unit() {
        "" => format!("{rounded}"),
        unit => format!("{rounded} {unit}"),
    }
}
