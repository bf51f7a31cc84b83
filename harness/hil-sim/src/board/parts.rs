//! The component values of one board, drawn from the run's seed within the tolerances of
//! `bms.md` §9.
//!
//! A tolerance the source gives per component is drawn evenly over its whole width. Where it gives
//! the accuracy of the assembled board (sensor zero within `CUR-1/2` before calibration, ADC
//! ± 2 LSB), the widths here are chosen so that all contributions together stay inside it.

use hil_mcu::{Part, Time};

use super::Role;
use crate::random::{Purpose, Stream};

/// Reference voltage and supply of the chip, volts.
pub(crate) const VREF: f64 = 3.0;
/// Balancing resistor with its MOSFET, ohms.
pub(crate) const BALANCING_OHMS: f64 = 3.3;
/// Lead from the cell to the board and back, ohms.
pub(crate) const LEAD_OHMS: f64 = 0.030;
/// The supply gives up below, and starts above, this terminal voltage.
const SUPPLY_V: [f64; 2] = [1.45, 1.48];
/// Zero of the thermistor's curve, °C.
pub(crate) const NTC_NOMINAL_C: f64 = 25.0;
/// One least significant bit of the 12-bit converter as a ratio.
const LSB: f64 = 1.0 / 4096.0;
/// Nominal HSI16 and LSI periods, picoseconds.
const HSI_PERIOD_PS: f64 = 62_500.0;
const LSI_PERIOD_PS: f64 = 31_250_000.0;

/// One output of a dual-range sensor and the amplifier behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SensorRange {
    /// Volts per ampere at the sensor, gain error included.
    pub volts_per_amp: f64,
    /// Reading at zero current, amperes.
    pub zero_amps: f64,
}

/// The component values of one board.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    /// Supply and reference of the chip, volts.
    pub vref: f64,
    /// Cell divider: input over cell voltage.
    pub divider: f64,
    /// Thermistor at 25 °C over its pull-up.
    pub ntc_ratio: f64,
    /// B constant of the thermistor, kelvin.
    pub ntc_beta: f64,
    /// The 20 A and the 500 A output of sensors 1 and 2.
    pub sensors: [[SensorRange; 2]; 2],
    /// Which sensor, from 0, is at the inputs of sensors 1 and 2.
    pub sensor_inputs: [usize; 2],
    /// Error of the converter at each input, as a ratio.
    pub adc_error: [f64; 8],
    /// Balancing resistor, ohms.
    pub balancing_ohms: f64,
    /// Lead, ohms.
    pub lead_ohms: f64,
    /// Terminal voltage below which the supply gives up, and above which it starts, volts. On a good
    /// board both leave room for the lead, so that a cell of 1.5 V does (`MEAS-1`).
    pub supply_volts: [f64; 2],
    /// Efficiency of the buck-boost supply.
    pub efficiency: f64,
    /// Current of everything on the 3.0 V rail but chip, thermistor and LEDs, amperes.
    pub quiescent_amps: f64,
    /// How long a coil must be energised until the contacts leave, per relay (charge, load).
    pub operate: [Time; 2],
    /// The chip's own tolerances.
    pub chip: Part,
}

impl Parts {
    /// Draws the values of board `number` (from 1) of a bank.
    pub(crate) fn draw(seed: u64, bank: u8, number: u16, role: Role) -> Self {
        let mut stream = Stream::new(seed, bank, number, Purpose::Parts);
        let mut off =
            |nominal: f64, tolerance: f64| nominal * (1.0 + stream.around_zero(tolerance));
        let chip = Part {
            hsi_period_ps: off(HSI_PERIOD_PS, 0.01).round() as u32,
            lsi_period_ps: off(LSI_PERIOD_PS, 0.02).round() as u32,
            ..Part::default()
        };
        let (vref, divider) = (off(VREF, 0.001), off(0.5, 0.001));
        let ntc_ratio = off(1.0, 0.01) / off(1.0, 0.001);
        let ntc_beta = off(3950.0, 0.005);
        let (balancing_ohms, lead_ohms) = (off(BALANCING_OHMS, 0.03), off(LEAD_OHMS, 0.1));
        let efficiency = off(0.85, 0.01);
        let quiescent_amps = off(role_current(role), 0.05);
        let sensors = std::array::from_fn(|_| {
            [
                SensorRange {
                    volts_per_amp: off(0.100, 0.001),
                    zero_amps: off(1.0, 0.015) - 1.0,
                },
                SensorRange {
                    volts_per_amp: off(0.004, 0.001),
                    zero_amps: off(1.0, 0.3) - 1.0,
                },
            ]
        });
        let mut ms = |low, high| Time((stream.within(low, high) * 1e9) as u64);
        let operate = [ms(4.0, 8.0), ms(4.0, 8.0)];
        let adc_error = std::array::from_fn(|_| stream.around_zero(LSB));
        let chip = Part {
            adc_offset_lsb: stream.around_zero(2.0) as f32,
            vrefint_ratio: chip.vrefint_ratio * (1.0 + stream.around_zero(0.005)),
            uid: [stream.bits(), stream.bits(), stream.bits()],
            ..chip
        };
        Self {
            vref,
            divider,
            ntc_ratio,
            ntc_beta,
            sensors,
            sensor_inputs: [0, 1],
            adc_error,
            balancing_ohms,
            lead_ohms,
            supply_volts: SUPPLY_V,
            efficiency,
            quiescent_amps,
            operate,
            chip,
        }
    }

    /// The values on the schematic, for tests against hand numbers and for blank boards.
    pub(crate) fn nominal(role: Role) -> Self {
        let range = |volts_per_amp| SensorRange {
            volts_per_amp,
            zero_amps: 0.0,
        };
        Self {
            vref: VREF,
            divider: 0.5,
            ntc_ratio: 1.0,
            ntc_beta: 3950.0,
            sensors: [[range(0.100), range(0.004)]; 2],
            sensor_inputs: [0, 1],
            adc_error: [0.0; 8],
            balancing_ohms: BALANCING_OHMS,
            lead_ohms: LEAD_OHMS,
            supply_volts: SUPPLY_V,
            efficiency: 0.85,
            quiescent_amps: role_current(role),
            operate: [Time::from_us(6_000); 2],
            chip: Part::default(),
        }
    }
}

/// What the rest of a board takes from its 3.0 V rail: link receiver, reservoir charging and
/// amplifiers on the Begin board; the Bluetooth bridge, not connected, on the End board. Chosen so
/// that a sleeping board comes to the 1.9 mA of `PWR-1..3`.
const fn role_current(role: Role) -> f64 {
    match role {
        Role::Begin => 1.00e-3,
        Role::Between => 1.05e-3,
        Role::End => 1.00e-3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_boards_own_and_within_tolerance() {
        let mut seen = Vec::new();
        for number in 1..=255 {
            let parts = Parts::draw(1, 1, number, Role::of(number, 255));
            assert!((parts.vref / VREF - 1.0).abs() <= 0.001);
            assert!((parts.divider / 0.5 - 1.0).abs() <= 0.001);
            assert!((parts.ntc_ratio - 1.0).abs() <= 0.0112);
            assert!((f64::from(parts.chip.hsi_period_ps) / HSI_PERIOD_PS - 1.0).abs() <= 0.01002);
            for [low, high] in parts.sensors {
                assert!(low.zero_amps.abs() <= 0.05 && high.zero_amps.abs() <= 1.25);
            }
            assert!(parts.operate.iter().all(|t| *t < Time::from_us(10_000)));
            assert!(!seen.contains(&parts.vref.to_bits()));
            seen.push(parts.vref.to_bits());
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_board_and_another_seed_another() {
        let draw = |seed| Parts::draw(seed, 1, 2, Role::Between);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
