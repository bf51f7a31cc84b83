//! What the chip's converter sees: cell divider, thermistor and current sensors as ratios of the
//! reference, each with its noise.
//!
//! The curves are worked out when an input changes; a conversion costs one random number.

use super::parts::{NTC_NOMINAL_C, Parts, VREF};
use crate::random::Stream;

/// Noise of the cell voltage, volts at the cell (`bms.md` §9).
const CELL_NOISE_V: f64 = 2e-3;
/// Noise of the temperature, kelvin.
const TEMPERATURE_NOISE_K: f64 = 0.3;
/// Noise of a sensor, amperes.
const CURRENT_NOISE_A: f64 = 0.030;
/// Sensor output at no current, volts, of its 5 V supply.
const SENSOR_ZERO_V: f64 = 2.5;
/// Divider between a sensor's output and the chip.
const SENSOR_DIVIDER: f64 = 0.6;
/// How far an offset sensor is off in its 20 A and its 500 A range, amperes.
const OFFSET_AMPS: [f64; 2] = [5.0, 50.0];
/// B constant of a thermistor from the wrong reel, kelvin.
const WRONG_REEL_BETA: f64 = 3435.0;

const KELVIN_AT_0C: f64 = 273.15;

/// State of a sensor and its plug, by its index in `hil_core::channel::PLUG`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plug {
    #[default]
    Connected,
    Broken,
    Inverted,
    Offset,
}

impl Plug {
    /// From the value of a channel; `None` when there is no such state.
    pub(crate) fn from_value(value: f64) -> Option<Self> {
        [Self::Connected, Self::Broken, Self::Inverted, Self::Offset]
            .into_iter()
            .find(|plug| f64::from(*plug as u8) == value)
    }

    /// The current a sensor in this state takes for `amps`, per range; none when it is unplugged.
    pub(crate) fn sensed(self, amps: f64) -> Option<[f64; 2]> {
        match self {
            Self::Connected => Some([amps; 2]),
            Self::Broken => None,
            Self::Inverted => Some([-amps; 2]),
            Self::Offset => Some(OFFSET_AMPS.map(|offset| amps + offset)),
        }
    }
}

/// State of a thermistor, by its index in `hil_core::channel::NTC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ntc {
    #[default]
    Fitted,
    Open,
    Short,
    WrongReel,
}

impl Ntc {
    /// From the value of a channel; `None` when there is no such state.
    pub(crate) fn from_value(value: f64) -> Option<Self> {
        [Self::Fitted, Self::Open, Self::Short, Self::WrongReel]
            .into_iter()
            .find(|ntc| f64::from(*ntc as u8) == value)
    }
}

/// What is connected to the board's analog inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Inputs {
    /// Voltage at the cell end of the lead.
    pub cell_volts: f64,
    /// Temperature of the thermistor.
    pub celsius: f64,
    /// Current through sensors 1 and 2, in their own direction.
    pub sensor_amps: [f64; 2],
    /// What is wrong with them and their plugs.
    pub plugs: [Plug; 2],
    /// What is wrong with the thermistor.
    pub ntc: Ntc,
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            cell_volts: 3.3,
            celsius: 25.0,
            sensor_amps: [0.0; 2],
            plugs: [Plug::Connected; 2],
            ntc: Ntc::Fitted,
        }
    }
}

/// Mean and standard deviation of the ratio at one converter input.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Level {
    mean: f64,
    sigma: f64,
}

/// The converter's inputs 0 to 7.
#[derive(Clone, Debug)]
pub(crate) struct Analog {
    levels: [Level; 8],
    noise: Stream,
}

impl Analog {
    pub(crate) fn new(noise: Stream) -> Self {
        Self {
            levels: [Level::default(); 8],
            noise,
        }
    }

    /// Works out all levels again.
    pub(crate) fn update(&mut self, parts: &Parts, inputs: &Inputs, terminal_volts: f64) {
        self.levels[0] = cell(parts, terminal_volts);
        self.levels[1] = thermistor(parts, inputs.celsius, inputs.ntc);
        for (input, level) in self.levels[4..].iter_mut().enumerate() {
            let (sensor, range) = (parts.sensor_inputs[input / 2], input % 2);
            *level = match inputs.plugs[sensor].sensed(inputs.sensor_amps[sensor]) {
                Some(amps) => current(parts, sensor, range, amps[range]),
                None => Level::default(),
            };
        }
        for (level, error) in self.levels.iter_mut().zip(parts.adc_error) {
            level.mean += error;
        }
    }

    /// One conversion of an input; inputs that lead nowhere are at ground.
    pub(crate) fn sample(&mut self, input: u8) -> f64 {
        match self.levels.get(usize::from(input)) {
            Some(level) => level.mean + level.sigma * self.noise.normal(),
            None => 0.0,
        }
    }
}

fn cell(parts: &Parts, terminal_volts: f64) -> Level {
    let per_volt = parts.divider / parts.vref;
    Level {
        mean: terminal_volts * per_volt,
        sigma: CELL_NOISE_V * per_volt,
    }
}

/// Thermistor to ground, pull-up to the reference: R / (R + pull-up), R by the B equation.
fn thermistor(parts: &Parts, celsius: f64, ntc: Ntc) -> Level {
    let (ratio, beta) = match ntc {
        Ntc::Fitted => (parts.ntc_ratio, parts.ntc_beta),
        Ntc::Open => (f64::INFINITY, parts.ntc_beta),
        Ntc::Short => (0.0, parts.ntc_beta),
        Ntc::WrongReel => (parts.ntc_ratio, WRONG_REEL_BETA),
    };
    if ratio.is_infinite() {
        return Level {
            mean: 1.0,
            sigma: 0.0,
        };
    }
    let kelvin = celsius + KELVIN_AT_0C;
    let exponent = beta * (1.0 / kelvin - 1.0 / (NTC_NOMINAL_C + KELVIN_AT_0C));
    let resistance = ratio * exponent.exp();
    let mean = resistance / (1.0 + resistance);
    let per_kelvin = mean * (1.0 - mean) * beta / kelvin.powi(2);
    Level {
        mean,
        sigma: TEMPERATURE_NOISE_K * per_kelvin,
    }
}

/// Ratiometric: the sensor's supply and the reference move together.
fn current(parts: &Parts, sensor: usize, range: usize, amps: f64) -> Level {
    let output = parts.sensors[sensor][range];
    let per_amp = output.volts_per_amp * SENSOR_DIVIDER / VREF;
    let mean = SENSOR_ZERO_V * SENSOR_DIVIDER / VREF + (amps + output.zero_amps) * per_amp;
    Level {
        mean,
        sigma: CURRENT_NOISE_A * per_amp.abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Role;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-5, "{value} is not {expected}");
    }

    #[test]
    fn the_divider_halves_the_cell() {
        let parts = Parts::nominal(Role::Between);
        close(cell(&parts, 3.3).mean, 0.55);
        close(cell(&parts, 5.0).mean, 5.0 / 6.0);
        close(cell(&parts, 3.3).sigma, 0.001 / 3.0);
    }

    #[test]
    fn the_thermistor_follows_its_table() {
        // R of a 10 kΩ B3950 thermistor by hand: 33.62 kΩ at 0 °C, 2.486 kΩ at 60 °C.
        let parts = Parts::nominal(Role::Between);
        close(thermistor(&parts, 25.0, Ntc::Fitted).mean, 0.5);
        close(thermistor(&parts, 0.0, Ntc::Fitted).mean, 33.62 / 43.62);
        close(thermistor(&parts, 60.0, Ntc::Fitted).mean, 2.4862 / 12.4862);
        // At 25 °C the ratio moves by 0.25 · 3950 / 298.15² = 11.1e-3 per kelvin.
        close(thermistor(&parts, 25.0, Ntc::Fitted).sigma, 0.3 * 0.01111);
    }

    #[test]
    fn both_ranges_sit_at_half_the_reference_and_move_by_their_gain() {
        let parts = Parts::nominal(Role::Begin);
        close(current(&parts, 0, 0, 0.0).mean, 0.5);
        close(current(&parts, 0, 0, 20.0).mean, 0.9);
        close(current(&parts, 1, 0, -20.0).mean, 0.1);
        close(current(&parts, 1, 1, 500.0).mean, 0.9);
    }

    /// The converter's means for what is at the board.
    fn means(inputs: &Inputs) -> [f64; 8] {
        let mut analog = Analog::new(Stream::new(1, 1, 1, crate::random::Purpose::Analog));
        analog.update(&Parts::nominal(Role::Begin), inputs, 3.3);
        analog.levels.map(|level| level.mean)
    }

    #[test]
    fn a_sensor_is_unplugged_the_wrong_way_round_or_off() {
        for (plug, low, high) in [
            (Plug::Connected, 0.7, 0.508),
            (Plug::Broken, 0.0, 0.0),
            (Plug::Inverted, 0.3, 0.492),
            (Plug::Offset, 0.8, 0.548),
        ] {
            let means = means(&Inputs {
                sensor_amps: [10.0, 0.0],
                plugs: [plug, Plug::Connected],
                ..Inputs::default()
            });
            close(means[4], low);
            close(means[5], high);
            close(means[6], 0.5);
        }
    }

    #[test]
    fn a_thermistor_is_open_shorted_or_from_the_wrong_reel() {
        // R at 60 °C and B 3435 by hand: 10 kΩ · exp(3435 · (1/333.15 − 1/298.15)) = 2.981 kΩ.
        for (ntc, mean) in [
            (Ntc::Open, 1.0),
            (Ntc::Short, 0.0),
            (Ntc::WrongReel, 2.9807 / 12.9807),
        ] {
            let celsius = 60.0;
            let inputs = Inputs {
                celsius,
                ntc,
                ..Inputs::default()
            };
            close(means(&inputs)[1], mean);
        }
    }
}
