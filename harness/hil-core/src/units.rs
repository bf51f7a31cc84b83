//! Physical dimensions and their SI units.

use serde::{Deserialize, Serialize};

/// What a number means. Values are always kept in the unit given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// Volts.
    Voltage,
    /// Volts per second.
    VoltageRate,
    /// Amperes.
    Current,
    /// Amperes per second.
    CurrentRate,
    /// Degrees Celsius.
    Temperature,
    /// Kelvin per second.
    TemperatureRate,
    /// Seconds.
    Time,
    /// Ohms.
    Resistance,
    /// Watts.
    Power,
    /// Watt hours.
    Energy,
    /// Ampere hours.
    Charge,
    /// Hertz.
    Frequency,
    /// Percent.
    Percent,
    /// A bare count (cell numbers, codes).
    Count,
}

impl Dimension {
    /// The unit values of this dimension are kept and shown in.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Voltage => "V",
            Self::VoltageRate => "V/s",
            Self::Current => "A",
            Self::CurrentRate => "A/s",
            Self::Temperature => "°C",
            Self::TemperatureRate => "K/s",
            Self::Time => "s",
            Self::Resistance => "Ω",
            Self::Power => "W",
            Self::Energy => "Wh",
            Self::Charge => "Ah",
            Self::Frequency => "Hz",
            Self::Percent => "%",
            Self::Count => "",
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Voltage => "a voltage",
            Self::VoltageRate => "a voltage per time",
            Self::Current => "a current",
            Self::CurrentRate => "a current per time",
            Self::Temperature => "a temperature",
            Self::TemperatureRate => "a temperature per time",
            Self::Time => "a time",
            Self::Resistance => "a resistance",
            Self::Power => "a power",
            Self::Energy => "an energy",
            Self::Charge => "a charge",
            Self::Frequency => "a frequency",
            Self::Percent => "a percentage",
            Self::Count => "a bare number",
        }
    }

    /// The dimension of this per second, where a ramp can have it.
    #[must_use]
    pub const fn per_second(self) -> Option<Self> {
        match self {
            Self::Voltage => Some(Self::VoltageRate),
            Self::Current => Some(Self::CurrentRate),
            Self::Temperature => Some(Self::TemperatureRate),
            _ => None,
        }
    }
}
