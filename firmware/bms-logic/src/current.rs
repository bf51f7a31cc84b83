//! One current sensor with two ranges: range choice per sample, mean and charge per second (`CUR-1` to `CUR-4`).
//!
//! The fast path adds integers only; the calibrated zero (`CUR-7`) is taken off once a second. The unit of a sample is the ADC step of the 20 A output, 12.207 mA; a step of the
//! 500 A output is exactly 25 of them.

use crate::zero::{PARTS, Zero};

/// ADC code of both outputs at zero current: the sensor is ratiometric.
pub(crate) const ZERO_CODE: i32 = 2048;

/// One step of the 500 A output in steps of the 20 A output.
const HIGH_STEP: i32 = 25;

/// The high range is entered above 20.5 A and left below 20.25 A: 20 A itself, noise included, is always read in the low
/// range (`CUR-1`), whatever was before.
const ENTER_HIGH: i32 = 1679;
const LEAVE_HIGH: i32 = 1659;

/// A code below this is no sensor: −22.5 A on the 20 A output, −564 A on the 500 A output.
pub(crate) const UNPLUGGED_CODE: i32 = 200;

/// With a 20 A output this low the 500 A output must show at least −15 A, or the 20 A wire is off.
pub(crate) const CONTRADICTION: i32 = -49;

/// Within ±150 mA the current reads zero (`CUR-3`).
const BLIND_MA: i32 = 150;

/// Samples in one second.
pub const SAMPLES_PER_SECOND: u32 = crate::time::SECOND;

/// One second of one sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SensorReading {
    /// Mean over the last second in mA, or `None` when the sensor is unplugged (`EXT-5`, `CUR-6`).
    pub mean_ma: Option<i32>,
    /// Running charge in mA·s since power-up, wrapping; the difference of two readings is what flowed between them.
    pub charge_mas: u32,
}

/// A sensor that is being sampled at 125 Hz.
#[derive(Debug, Default)]
pub struct CurrentSensor {
    zero: Zero,
    sum: i32,
    /// Samples of this second that were taken in the high range.
    high_samples: i32,
    high: bool,
    unplugged: bool,
    charge_mas: u32,
    charge_rest: i32,
}

impl CurrentSensor {
    /// A sensor at power-up.
    pub const fn new(zero: Zero) -> Self {
        Self {
            zero,
            sum: 0,
            high_samples: 0,
            high: false,
            unplugged: false,
            charge_mas: 0,
            charge_rest: 0,
        }
    }

    /// The zero was calibrated.
    pub const fn set_zero(&mut self, zero: Zero) {
        self.zero = zero;
    }

    /// Takes one sample of both outputs.
    #[inline(always)]
    pub fn push(&mut self, low_code: u16, high_code: u16) {
        let low = i32::from(low_code) - ZERO_CODE;
        let high = i32::from(high_code) - ZERO_CODE;
        let limit = if self.high { LEAVE_HIGH } else { ENTER_HIGH };
        // One unsigned comparison for both signs.
        let outside = (low + limit) as u32 > 2 * limit as u32;
        self.high = outside;
        if outside {
            let contradicts = low < UNPLUGGED_CODE - ZERO_CODE && high > CONTRADICTION;
            self.unplugged |= contradicts || high < UNPLUGGED_CODE - ZERO_CODE;
            self.sum += high * HIGH_STEP;
            self.high_samples += 1;
        } else {
            self.sum += low;
        }
    }

    /// Ends a second of [`SAMPLES_PER_SECOND`] samples.
    pub fn finish_second(&mut self) -> SensorReading {
        let sum = core::mem::take(&mut self.sum);
        let high_samples = core::mem::take(&mut self.high_samples);
        let unplugged = core::mem::take(&mut self.unplugged);
        // 12.207 mA = 3125/256 mA per step, over 125 samples: 25/256.
        let scaled = sum * 25 - self.zero_sum(high_samples) * 25 / PARTS;
        let mean_ma = (scaled + 128) >> 8;
        let counts = !unplugged && mean_ma.abs() > BLIND_MA;
        if counts {
            let exact = self.charge_rest + scaled;
            self.charge_mas = self.charge_mas.wrapping_add_signed(exact >> 8);
            self.charge_rest = exact & 0xFF;
        }
        SensorReading {
            mean_ma: (!unplugged).then_some(if counts { mean_ma } else { 0 }),
            charge_mas: self.charge_mas,
        }
    }

    /// What the zero adds to a second's sum, in parts.
    fn zero_sum(&self, high_samples: i32) -> i32 {
        let low_samples = SAMPLES_PER_SECOND as i32 - high_samples;
        i32::from(self.zero.low) * low_samples
            + i32::from(self.zero.high) * HIGH_STEP * high_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Codes of the ideal sensor; the 20 A output saturates at its rails.
    fn codes(amps: f64) -> (u16, u16) {
        let code = |gain: f64| {
            ((0.5 + gain * amps * 0.2) * 4096.0)
                .round()
                .clamp(0.0, 4095.0) as u16
        };
        (code(0.1), code(0.004))
    }

    fn second(sensor: &mut CurrentSensor, amps: impl Fn(u32) -> f64) -> SensorReading {
        for sample in 0..SAMPLES_PER_SECOND {
            let (low, high) = codes(amps(sample));
            sensor.push(low, high);
        }
        sensor.finish_second()
    }

    fn mean(amps: f64) -> i32 {
        second(&mut CurrentSensor::new(Zero::default()), |_| amps)
            .mean_ma
            .expect("plugged in")
    }

    #[test]
    fn both_ranges_read_both_directions_within_half_a_step() {
        for amps in [0.2, 1.0, 7.5, 20.0, -0.2, -1.0, -20.0] {
            assert!(
                (f64::from(mean(amps)) / 1e3 - amps).abs() <= 0.0075,
                "{amps}"
            );
        }
        for amps in [20.6, 100.0, 500.0, -20.6, -100.0, -500.0] {
            assert!((f64::from(mean(amps)) / 1e3 - amps).abs() <= 0.16, "{amps}");
        }
    }

    #[test]
    fn the_blind_spot_reads_and_counts_nothing() {
        let mut sensor = CurrentSensor::new(Zero::default());
        for amps in [0.0, 0.14, -0.14] {
            assert_eq!(
                second(&mut sensor, |_| amps),
                SensorReading {
                    mean_ma: Some(0),
                    charge_mas: 0
                }
            );
        }
        assert_eq!(mean(0.16), 159);
        assert_eq!(mean(-0.16), -159);
    }

    #[test]
    fn the_zero_is_taken_off_in_both_ranges() {
        // 80 mA and 2 A too much, in sixteenths of a step.
        let zero = Zero {
            low: 105,
            high: 105,
        };
        for (amps, read) in [
            (0.08, 0),
            (10.08, 10_000),
            (-9.92, -10_000),
            (102.0, 100_000),
        ] {
            let mean_ma = second(&mut CurrentSensor::new(zero), |_| amps).mean_ma;
            assert!(
                mean_ma.expect("plugged in").abs_diff(read) <= 160,
                "{amps}: {mean_ma:?}"
            );
        }
        let mut sensor = CurrentSensor::new(zero);
        assert_eq!(
            second(&mut sensor, |_| 0.22).mean_ma,
            Some(0),
            "150 mA are left"
        );
        sensor.set_zero(Zero::default());
        assert!(second(&mut sensor, |_| 0.23).mean_ma > Some(200));
        let half_high = second(
            &mut sensor,
            |sample| if sample % 2 == 0 { 40.0 } else { 0.0 },
        );
        assert!(half_high.mean_ma.expect("plugged in").abs_diff(20_160) < 150);
    }

    #[test]
    fn range_change_has_hysteresis_above_20_amperes() {
        let mut sensor = CurrentSensor::new(Zero::default());
        for (amps, high) in [
            (20.1, false),
            (20.4, false),
            (20.6, true),
            (20.4, true),
            (20.1, false),
            (20.4, false),
            (-20.6, true),
            (-20.4, true),
            (-20.1, false),
        ] {
            let (low_code, high_code) = codes(amps);
            sensor.push(low_code, high_code);
            assert_eq!(sensor.high, high, "{amps} A");
        }
    }

    #[test]
    fn an_unplugged_sensor_is_unknown_and_counts_nothing() {
        let mut sensor = CurrentSensor::new(Zero::default());
        let before = second(&mut sensor, |_| 10.0);
        for _ in 0..SAMPLES_PER_SECOND {
            sensor.push(0, 0);
        }
        assert_eq!(
            sensor.finish_second(),
            SensorReading {
                mean_ma: None,
                charge_mas: before.charge_mas
            }
        );
        assert_eq!(
            second(&mut sensor, |_| 10.0).mean_ma,
            before.mean_ma,
            "plugged in again"
        );
    }

    #[test]
    fn one_wire_off_is_unknown_too() {
        for (low, high) in [(0, 2048), (2048 + 800, 0)] {
            let mut sensor = CurrentSensor::new(Zero::default());
            for _ in 0..SAMPLES_PER_SECOND {
                sensor.push(low, high);
            }
            let reading = sensor.finish_second();
            if low == 0 {
                assert_eq!(reading.mean_ma, None);
            } else {
                assert!(
                    reading.mean_ma.is_some(),
                    "the 20 A output alone measures up to 20 A"
                );
            }
        }
    }

    #[test]
    fn a_fast_square_wave_counts_as_its_mean() {
        let mut sensor = CurrentSensor::new(Zero::default());
        let mut charge = 0;
        for second_number in 0..60 {
            let reading = second(&mut sensor, |sample| {
                let time = f64::from(second_number * SAMPLES_PER_SECOND + sample) * 0.008;
                if (time * 3.3).fract() < 0.5 {
                    40.0
                } else {
                    0.0
                }
            });
            charge = reading.charge_mas;
        }
        assert!((f64::from(charge) / 1e3 - 1200.0).abs() <= 12.0, "{charge}");
    }

    proptest! {
        #[test]
        fn charge_is_the_sum_of_the_seconds_without_drift(amps in -500.0f64..500.0) {
            let mut sensor = CurrentSensor::new(Zero::default());
            let mut sum_ma = 0i64;
            let mut charge = 0;
            for _ in 0..50 {
                let reading = second(&mut sensor, |_| amps);
                sum_ma += i64::from(reading.mean_ma.expect("plugged in"));
                charge = reading.charge_mas;
            }
            prop_assert!((i64::from(charge as i32) - sum_ma).abs() <= 50);
        }
    }
}
