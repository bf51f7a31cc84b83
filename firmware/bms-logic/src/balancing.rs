//! When a board draws balancing current, and when it looks at its cell meanwhile (`BAL-1` to `BAL-5`).
//!
//! While the MOSFET conducts, the lead and the cell drop voltage, so the cell is measured with it off: once a second,
//! shortly before the frame is due, for four samples 8 ms apart.

use crate::time::{SECOND, Ticks};

/// The MOSFET goes off this far below V-balance (`BAL-1`), in millivolts.
const HYSTERESIS_MV: u16 = 10;

/// A board hotter than this does not balance (`BAL-4`): 60 °C in quarter degrees.
const HOTTEST_QC: i16 = 60 * 4;

/// It may again from one degree lower.
const COOLED_QC: i16 = 59 * 4;

/// The window opens this long after the last frame, so that the next frame carries it.
const WINDOW_AFTER_FRAME: Ticks = 104;

/// Samples in the window, one per tick: the MOSFET is off for 32 ms.
const WINDOW_SAMPLES: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Off,
    On,
    Window { samples: u8 },
}

/// What to do with the sample taken in this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// No balancing current flowed: it counts.
    Counts,
    /// Balancing current flowed: it does not.
    Ignored,
    /// It is one of the window's; the mean of them replaces what was known before.
    OfWindow,
}

/// The balancing state of one board.
#[derive(Debug)]
pub struct Balancing {
    phase: Phase,
    hot: bool,
    window_done: bool,
    since_frame: Ticks,
    since_window: Ticks,
}

impl Default for Balancing {
    fn default() -> Self {
        Self::new()
    }
}

impl Balancing {
    /// Not balancing.
    pub const fn new() -> Self {
        Self {
            phase: Phase::Off,
            hot: false,
            window_done: false,
            since_frame: 0,
            since_window: 0,
        }
    }

    /// Whether the board balances; stays true during the measuring window (`LED-1`).
    pub fn is_active(&self) -> bool {
        self.phase != Phase::Off
    }

    /// Whether the MOSFET is to conduct now.
    pub fn conducts(&self) -> bool {
        self.phase == Phase::On
    }

    /// Whether the next step must be a single tick.
    pub fn needs_fine_steps(&self) -> bool {
        matches!(self.phase, Phase::Window { .. })
    }

    /// A frame went by: the next window is counted from here.
    pub fn on_frame(&mut self) {
        self.since_frame = 0;
        self.window_done = false;
    }

    /// Says what the sample just taken is worth; `ticks` have gone by since the last call.
    pub fn classify(&mut self, ticks: Ticks) -> Sample {
        self.since_frame = self.since_frame.saturating_add(ticks);
        self.since_window = self.since_window.saturating_add(ticks);
        match self.phase {
            Phase::Off => Sample::Counts,
            Phase::On => Sample::Ignored,
            Phase::Window { .. } => Sample::OfWindow,
        }
    }

    /// Decides after the sample has been taken in: `voltage_mv` and `temperature_qc` as filtered, `v_balance_mv` if one
    /// is known, set and the chain is alive.
    pub fn decide(&mut self, voltage_mv: u16, temperature_qc: i16, v_balance_mv: Option<u16>) {
        self.hot = temperature_qc > if self.hot { COOLED_QC } else { HOTTEST_QC };
        let Some(threshold_mv) = v_balance_mv.filter(|_| !self.hot) else {
            self.phase = Phase::Off;
            return;
        };
        self.phase = match self.phase {
            Phase::Off if voltage_mv > threshold_mv => {
                self.since_window = 0;
                Phase::On
            }
            Phase::On if self.window_due() => Phase::Window { samples: 0 },
            Phase::Window { samples } if samples + 1 < WINDOW_SAMPLES => Phase::Window {
                samples: samples + 1,
            },
            Phase::Window { .. } => {
                self.window_done = true;
                self.since_window = 0;
                if voltage_mv > threshold_mv - HYSTERESIS_MV {
                    Phase::On
                } else {
                    Phase::Off
                }
            }
            unchanged => unchanged,
        };
    }

    fn window_due(&self) -> bool {
        (self.since_frame >= WINDOW_AFTER_FRAME && !self.window_done) || self.since_window >= SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{LONG_STEP, TICK_MS};

    const COOL_QC: i16 = 100;

    /// Runs a board for `seconds` at a constant voltage with a frame each second; returns ms conducting and windows.
    fn run(balancing: &mut Balancing, seconds: u32, voltage_mv: u16) -> (u32, Vec<u32>) {
        let (mut on_ms, mut windows, mut off_ms) = (0, Vec::new(), 0);
        for _ in 0..seconds {
            balancing.on_frame();
            let mut left = SECOND;
            while left > 0 {
                let step = if balancing.needs_fine_steps() {
                    1
                } else {
                    LONG_STEP.min(left)
                };
                left -= step;
                if balancing.conducts() {
                    on_ms += step * TICK_MS;
                    if off_ms > 0 {
                        windows.push(off_ms);
                    }
                    off_ms = 0;
                } else if balancing.is_active() {
                    off_ms += step * TICK_MS;
                }
                balancing.classify(step);
                balancing.decide(voltage_mv, COOL_QC, Some(3400));
            }
        }
        (on_ms, windows)
    }

    #[test]
    fn it_starts_above_and_stops_ten_millivolts_below() {
        let mut balancing = Balancing::new();
        run(&mut balancing, 3, 3400);
        assert!(!balancing.is_active(), "at the threshold it does not start");
        run(&mut balancing, 3, 3401);
        assert!(balancing.is_active());
        run(&mut balancing, 3, 3391);
        assert!(balancing.is_active(), "inside the hysteresis it goes on");
        run(&mut balancing, 3, 3390);
        assert!(!balancing.is_active());
    }

    #[test]
    fn one_window_of_20_to_50_ms_each_second() {
        let mut balancing = Balancing::new();
        run(&mut balancing, 1, 3500);
        let (on_ms, windows) = run(&mut balancing, 10, 3500);
        assert_eq!(windows.len(), 10);
        assert!(
            windows.iter().all(|ms| (20..=50).contains(ms)),
            "{windows:?}"
        );
        assert_eq!(on_ms + windows.iter().sum::<u32>(), 10_000);
    }

    #[test]
    fn only_the_window_counts_while_active() {
        let mut balancing = Balancing::new();
        assert_eq!(balancing.classify(1), Sample::Counts);
        balancing.decide(3500, COOL_QC, Some(3400));
        assert_eq!(balancing.classify(WINDOW_AFTER_FRAME), Sample::Ignored);
        balancing.decide(3500, COOL_QC, Some(3400));
        for _ in 0..WINDOW_SAMPLES {
            assert!(!balancing.conducts());
            assert_eq!(balancing.classify(1), Sample::OfWindow);
            balancing.decide(3500, COOL_QC, Some(3400));
        }
        assert!(balancing.conducts());
    }

    #[test]
    fn heat_silence_and_code_zero_stop_it_at_once() {
        for (temperature_qc, v_balance_mv) in [(241, Some(3400)), (COOL_QC, None)] {
            let mut balancing = Balancing::new();
            balancing.decide(3500, COOL_QC, Some(3400));
            assert!(balancing.conducts());
            balancing.decide(3500, temperature_qc, v_balance_mv);
            assert!(!balancing.is_active());
        }
        let mut balancing = Balancing::new();
        balancing.decide(3500, 240, Some(3400));
        assert!(balancing.is_active(), "60 °C itself is allowed");
    }

    #[test]
    fn without_frames_it_still_measures_every_second() {
        let mut balancing = Balancing::new();
        balancing.decide(3500, COOL_QC, Some(3400));
        let mut windows = 0;
        for _ in 0..5 * SECOND {
            let before = balancing.needs_fine_steps();
            balancing.classify(1);
            balancing.decide(3500, COOL_QC, Some(3400));
            windows += u32::from(!before && balancing.needs_fine_steps());
        }
        assert!((4..=6).contains(&windows), "{windows}");
    }
}
