//! The bench's own instruments: an independent converter with its own small errors. It never sees
//! the boards' noise, and the boards never see its. The uncertainties are those of `rigs/virtual.toml`.

use crate::random::{Purpose, Stream};

/// Expanded uncertainty of a cell or terminal voltage, volts.
pub const VOLTAGE_UNCERTAINTY_V: f64 = 0.002;
/// Expanded uncertainty of a temperature, kelvin.
pub const TEMPERATURE_UNCERTAINTY_K: f64 = 0.2;
/// Expanded uncertainty of a supply current, amperes.
pub const SUPPLY_UNCERTAINTY_A: f64 = 20e-6;
/// Expanded uncertainty of any other current, amperes.
pub const CURRENT_UNCERTAINTY_A: f64 = 0.005;

/// Share of the uncertainty that is a constant offset of the instrument …
const OFFSET_SHARE: f64 = 0.5;
/// … and standard deviation of its noise, as a share.
const NOISE_SHARE: f64 = 0.1;

/// The converter channels at one board; board 0 stands for the pack's current sensors.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    stream: Stream,
    offset: f64,
}

impl Meter {
    pub(super) fn new(seed: u64, bank: u8, board: u16) -> Self {
        let mut stream = Stream::new(seed, bank, board, Purpose::Meter);
        let offset = stream.around_zero(OFFSET_SHARE);
        Self { stream, offset }
    }

    /// What the instrument shows for a true value.
    pub(super) fn show(&mut self, value: f64, uncertainty: f64) -> f64 {
        value + uncertainty * (self.offset + NOISE_SHARE * self.stream.normal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_stays_within_the_stated_uncertainty() {
        for board in 1..50 {
            let mut meter = Meter::new(1, 1, board);
            for _ in 0..200 {
                let shown = meter.show(3.3, VOLTAGE_UNCERTAINTY_V);
                assert!((shown - 3.3).abs() <= VOLTAGE_UNCERTAINTY_V, "{shown}");
            }
        }
    }
}
