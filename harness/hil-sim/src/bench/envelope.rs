//! What the virtual rig may never exceed, checked on every write before anything else.

use hil_core::channel::{Channel, Kind, Signal};
use hil_core::ports::BenchError;

use super::update::WHOLE;

/// Lowest and highest permitted value per quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Cell voltage, volts.
    pub cell_volts: (f64, f64),
    /// Temperature the thermistors are given, °C.
    pub celsius: (f64, f64),
    /// Current through a sensor, amperes.
    pub amps: (f64, f64),
}

impl Default for Envelope {
    /// What the boards are made for (`MEAS-1`, `MEAS-3`, `CUR-2`), with the margin a test beyond a
    /// limit needs.
    fn default() -> Self {
        Self {
            cell_volts: (0.0, 5.5),
            celsius: (-50.0, 100.0),
            amps: (-600.0, 600.0),
        }
    }
}

impl Envelope {
    /// # Errors
    /// When `value` is outside, is not a number, or is not one of the channel's states.
    pub(super) fn check(&self, channel: Channel, value: f64) -> Result<(), BenchError> {
        let (low, high) = self.limits(channel);
        let discrete = matches!(channel.kind(), Kind::State(_))
            || matches!(
                channel.signal,
                Signal::DipCells | Signal::DipBalance | Signal::AppPin | Signal::BoardUpdate
            );
        if (low..=high).contains(&value) && !(discrete && value.fract() != 0.0) {
            return Ok(());
        }
        Err(BenchError::Envelope {
            channel,
            value,
            low,
            high,
        })
    }

    fn limits(&self, channel: Channel) -> (f64, f64) {
        match channel.signal {
            Signal::CellVoltage => self.cell_volts,
            Signal::CellTemperature => self.celsius,
            Signal::PackCurrent | Signal::SensorCurrent => self.amps,
            Signal::DipCells => (0.0, 7.0),
            Signal::DipBalance => (0.0, 31.0),
            Signal::BoardUpdate => (0.0, WHOLE),
            Signal::AppPin => (0.0, 9999.0),
            Signal::SettingVnom
            | Signal::SettingVmin
            | Signal::SettingVmax
            | Signal::SettingVfull => (0.0, 20.0),
            Signal::SettingCapacity => (0.0, 20_000.0),
            Signal::SettingChargeRestart | Signal::SettingDischargeRestart => (-1.0, 200.0),
            Signal::SettingTminCharge | Signal::SettingTminDischarge | Signal::SettingTmax => {
                (-100.0, 200.0)
            }
            _ => (0.0, channel.states().len() as f64 - 1.0),
        }
    }
}
