//! Zero calibration of the current sensors by the Begin board's button (M §Kalibreren; `CUR-7`).
//!
//! The button is held; during the hold both outputs of both sensors are averaged, and when it has lasted long enough the means are
//! the new zero, unless they show a current. A sensor that is not plugged in keeps the zero it has.

use crate::button::Button;
use crate::current::{CONTRADICTION, UNPLUGGED_CODE, ZERO_CODE};
use crate::store::Payload;
use crate::time::{LONG_STEP, SECOND, Ticks};

/// [D] The hold: at least three seconds, wherever in a step the press began.
const HOLD: Ticks = 3 * SECOND + LONG_STEP;

/// Sampling begins this far into the hold, so that the press itself is over.
const SAMPLE_FROM: Ticks = SECOND;

/// Scans in the mean: over a second and more, so that hum and noise leave nothing.
const SCANS: i32 = 256;

/// Scans in one step; two seconds have more than 30 steps.
pub const SCANS_PER_STEP: usize = 16;

/// A zero's parts of a converter step.
pub const PARTS: i32 = 16;

/// [D] A current above 2 A refuses: 163.84 steps of the 20 A output.
const MOST_LOW: i32 = 164 * PARTS;

/// The 500 A output may be its accuracy further off (`CUR-2`): 3.25 A are 10.65 steps.
const MOST_HIGH: i32 = 11 * PARTS;

/// [D] How the Info LED says that it was done: 5 Hz for 2 s.
const BLINK: Ticks = 2 * SECOND;
const HALF_PERIOD: Ticks = SECOND / 10;
const PERIOD: Ticks = SECOND / 5;

/// Where a sensor's outputs are at zero current, in sixteenths of a converter step above the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Zero {
    /// The 20 A output.
    pub low: i16,
    /// The 500 A output.
    pub high: i16,
}

/// The zeros of sensor 1 and sensor 2.
pub type Zeros = [Zero; 2];

/// Zeros as they stand in the store.
pub fn encode(zeros: &Zeros) -> Payload {
    let mut payload = Payload::default();
    let values = zeros.iter().flat_map(|zero| [zero.low, zero.high]);
    for (bytes, value) in payload.chunks_exact_mut(2).zip(values) {
        bytes.copy_from_slice(&value.to_le_bytes());
    }
    payload
}

/// Zeros from the store.
pub fn decode(payload: &Payload) -> Zeros {
    let value = |at: usize| i16::from_le_bytes([payload[at], payload[at + 1]]);
    [0, 4].map(|at| Zero {
        low: value(at),
        high: value(at + 2),
    })
}

/// The button, what was sampled during the hold, and the blinking that ends it.
#[derive(Debug)]
pub struct Calibration {
    button: Button,
    scans: i32,
    sums: [i32; 4],
    blinked: Ticks,
}

impl Default for Calibration {
    fn default() -> Self {
        Self::new()
    }
}

impl Calibration {
    /// Nobody presses.
    pub const fn new() -> Self {
        Self {
            button: Button::new(HOLD),
            scans: 0,
            sums: [0; 4],
            blinked: BLINK,
        }
    }

    /// A step of `ticks` ended with the button `pressed` or not: the new zeros, if this was the end of a hold and no current flows.
    /// `zeros` are those that count so far.
    pub fn step(&mut self, ticks: Ticks, pressed: bool, zeros: &Zeros) -> Option<Zeros> {
        self.blinked = (self.blinked + ticks).min(BLINK);
        let held_long_enough = self.button.step(ticks, pressed);
        if self.button.held() == 0 {
            self.scans = 0;
            self.sums = [0; 4];
        }
        if held_long_enough && self.scans == SCANS {
            self.judge(zeros)
        } else {
            None
        }
    }

    /// Whether this step is to bring [`SCANS_PER_STEP`] scans.
    pub fn wants_scans(&self) -> bool {
        self.button.held() >= SAMPLE_FROM && self.scans < SCANS
    }

    /// Takes one scan: low and high of sensor 1, then of sensor 2.
    pub fn push(&mut self, codes: [u16; 4]) {
        self.scans += 1;
        for (sum, code) in self.sums.iter_mut().zip(codes) {
            *sum += i32::from(code);
        }
    }

    fn judge(&self, zeros: &Zeros) -> Option<Zeros> {
        let mut judged = *zeros;
        let mut any = false;
        for (zero, sums) in judged.iter_mut().zip(self.sums.as_chunks::<2>().0) {
            let [low, high] = sums.map(|sum| sum / (SCANS / PARTS) - ZERO_CODE * PARTS);
            let pulled_down = |output: i32| output < (UNPLUGGED_CODE - ZERO_CODE) * PARTS;
            if pulled_down(high) || pulled_down(low) && high > CONTRADICTION * PARTS {
                continue;
            }
            let flows = (low - i32::from(zero.low)).abs() > MOST_LOW
                || (high - i32::from(zero.high)).abs() > MOST_HIGH;
            if flows {
                return None;
            }
            *zero = Zero {
                low: low as i16,
                high: high as i16,
            };
            any = true;
        }
        any.then_some(judged)
    }

    /// The new zeros are kept: the Info LED says so from now on.
    pub fn done(&mut self) {
        self.blinked = 0;
    }

    /// What the Info LED shows instead of its own business, or `None`.
    pub fn led(&self) -> Option<bool> {
        (self.blinked < BLINK).then_some(self.blinked % PERIOD >= HALF_PERIOD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NO_CURRENT: [u16; 4] = [2048; 4];

    /// Codes at these currents with these offsets.
    fn codes(amps: f64) -> [u16; 4] {
        let code = |per_amp: f64| (2048.0 + per_amp * amps).round().clamp(0.0, 4095.0) as u16;
        [code(81.92), code(3.2768), 2048, 2048]
    }

    /// Holds the button for `ticks` with these codes, then lets go.
    fn hold(
        calibration: &mut Calibration,
        ticks: Ticks,
        zeros: &Zeros,
        codes: [u16; 4],
    ) -> Option<Zeros> {
        let mut result = None;
        for _ in 0..ticks / LONG_STEP {
            result = result.or(calibration.step(LONG_STEP, true, zeros));
            if calibration.wants_scans() {
                (0..SCANS_PER_STEP).for_each(|_| calibration.push(codes));
            }
        }
        for _ in 0..3 {
            assert_eq!(calibration.step(LONG_STEP, false, zeros), None);
        }
        result
    }

    #[test]
    fn a_hold_of_three_seconds_makes_what_is_read_the_zero() {
        let mut calibration = Calibration::new();
        let zeros = Zeros::default();
        let offset = [2051, 2047, 2040, 2050];
        assert_eq!(
            hold(&mut calibration, 3 * SECOND - LONG_STEP, &zeros, offset),
            None
        );
        assert_eq!(
            hold(&mut calibration, 3 * SECOND - LONG_STEP, &zeros, offset),
            None,
            "holds do not add up"
        );
        let found =
            hold(&mut calibration, 3 * SECOND + 3 * LONG_STEP, &zeros, offset).expect("done");
        assert_eq!(found[0], Zero { low: 48, high: -16 });
        assert_eq!(
            found[1],
            Zero {
                low: -128,
                high: 32
            }
        );
        assert_eq!(decode(&encode(&found)), found);
    }

    #[test]
    fn a_long_hold_calibrates_once() {
        let mut calibration = Calibration::new();
        let mut times = 0;
        for _ in 0..30 * SECOND / LONG_STEP {
            times += usize::from(
                calibration
                    .step(LONG_STEP, true, &Zeros::default())
                    .is_some(),
            );
            if calibration.wants_scans() {
                (0..SCANS_PER_STEP).for_each(|_| calibration.push(NO_CURRENT));
            }
        }
        assert_eq!(times, 1);
    }

    #[test]
    fn a_current_above_two_amperes_refuses_and_counts_from_the_old_zero() {
        let run = |amps, zeros: &Zeros| {
            hold(&mut Calibration::new(), 5 * SECOND, zeros, codes(amps)).is_some()
        };
        for sign in [1.0, -1.0] {
            assert!(run(sign * 1.95, &Zeros::default()));
            assert!(!run(sign * 2.05, &Zeros::default()));
            assert!(!run(sign * 300.0, &Zeros::default()));
        }
        let shifted = [
            Zero {
                low: 82 * 16,
                high: 3 * 16,
            },
            Zero::default(),
        ];
        assert!(run(2.9, &shifted) && !run(3.1, &shifted));
        assert!(!run(-1.1, &shifted));
    }

    #[test]
    fn a_sensor_that_is_not_plugged_in_keeps_its_zero() {
        let kept = Zero { low: 7, high: -3 };
        let zeros = [Zero::default(), kept];
        let found = hold(
            &mut Calibration::new(),
            5 * SECOND,
            &zeros,
            [2050, 2048, 0, 0],
        );
        assert_eq!(found, Some([Zero { low: 32, high: 0 }, kept]));
        assert_eq!(
            hold(&mut Calibration::new(), 5 * SECOND, &zeros, [0; 4]),
            None
        );
    }

    #[test]
    fn the_led_blinks_at_five_hertz_for_two_seconds() {
        let mut calibration = Calibration::new();
        assert_eq!(calibration.led(), None);
        calibration.done();
        let shown: Vec<_> = (0..3 * SECOND)
            .map(|_| {
                let led = calibration.led();
                calibration.step(1, false, &Zeros::default());
                led
            })
            .collect();
        let lit = shown
            .windows(2)
            .filter(|pair| *pair == [Some(false), Some(true)]);
        assert_eq!(lit.count(), 10);
        assert_eq!(shown.iter().flatten().count() as Ticks, 2 * SECOND);
    }

    proptest! {
        #[test]
        fn the_store_gives_back_what_it_was_given(values: [i16; 4]) {
            let [low, high, low_2, high_2] = values;
            let zeros = [Zero { low, high }, Zero { low: low_2, high: high_2 }];
            prop_assert_eq!(decode(&encode(&zeros)), zeros);
        }
    }
}
