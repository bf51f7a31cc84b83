//! What the board takes from its cell: supply current from the chip's modes and the loads, and the
//! time the balancing MOSFET was on, both averaged between two looks.
//!
//! Not modelled: coil pulses (they come from a reservoir capacitor) and the converter's current.

use hil_mcu::{Stats, Time};

use super::bridge::RATED_VOLTS;
use super::parts::Parts;

/// Typical supply currents of the STM32G031 from flash at 16 MHz, 3.0 V, 25 °C, with the
/// peripherals of the boards clocked (DS12992, typical run, sleep and stop 1 tables, rounded).
const RUN_AMPS: f64 = 1.6e-3;
const SLEEP_AMPS: f64 = 0.5e-3;
const STOP_AMPS: f64 = 5e-6;
/// One LED.
const LED_AMPS: f64 = 1e-3;
/// Thermistor and pull-up at 25 °C in series.
const THERMISTOR_OHMS: f64 = 20_000.0;

/// How long something was on between two looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OnTime {
    since: Option<Time>,
    total: Time,
}

impl OnTime {
    /// It switches at `at`.
    pub(crate) fn switch(&mut self, at: Time, on: bool) {
        if let Some(since) = self.since.take() {
            self.total += at.since(since);
        }
        self.since = on.then_some(at);
    }

    /// Whether it is on.
    pub(crate) const fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Time it was on up to `at`, since the last call.
    fn take(&mut self, at: Time) -> Time {
        let on = self.is_on();
        self.switch(at, on);
        std::mem::take(&mut self.total)
    }
}

/// Averages over the last look's window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Averages {
    /// Supply current at the cell, amperes, without balancing.
    pub supply_amps: f64,
    /// Share of the time the balancing MOSFET was on, 0 to 1.
    pub balancing_share: f64,
}

/// The meter's view of one board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supply {
    /// Info, CHARGE and LOAD LED.
    pub leds: [OnTime; 3],
    /// Balancing MOSFET.
    pub gate: OnTime,
    /// Bluetooth connection.
    pub bridge: OnTime,
    /// What the bridge takes from a cell of its rated voltage while connected, amperes.
    pub bridge_amps: f64,
    seen: Stats,
    from: Time,
    averages: Averages,
}

impl Supply {
    /// The averages since the last call at an earlier time; two calls at one time agree.
    pub(crate) fn look(
        &mut self,
        at: Time,
        stats: Stats,
        parts: &Parts,
        powered: bool,
        terminal_volts: f64,
    ) -> Averages {
        let window = at.since(self.from);
        if window == Time::ZERO {
            return self.averages;
        }
        let share = |part: Time| part.0 as f64 / window.0 as f64;
        let chip = share(stats.run.since(self.seen.run)) * RUN_AMPS
            + share(stats.sleep.since(self.seen.sleep)) * SLEEP_AMPS
            + share(stats.stop.since(self.seen.stop)) * STOP_AMPS;
        let leds: f64 = self.leds.iter_mut().map(|led| share(led.take(at))).sum();
        let board = parts.quiescent_amps + parts.vref / THERMISTOR_OHMS;
        let rail = chip + leds * LED_AMPS + if powered { board } else { 0.0 };
        let bridge = share(self.bridge.take(at)) * self.bridge_amps * RATED_VOLTS;
        let supply_amps = if terminal_volts > 0.0 {
            (rail * parts.vref / parts.efficiency + bridge) / terminal_volts
        } else {
            0.0
        };
        self.averages = Averages {
            supply_amps,
            balancing_share: share(self.gate.take(at)),
        };
        self.seen = stats;
        self.from = at;
        self.averages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Role;

    #[test]
    fn a_sleeping_board_takes_about_1_9_milliampere() {
        let parts = Parts::nominal(Role::Between);
        let mut supply = Supply::default();
        supply.leds[0].switch(Time::ZERO, true);
        supply.leds[0].switch(Time::from_us(100_000), false);
        let stats = Stats {
            run: Time::from_us(10_000),
            sleep: Time::from_us(990_000),
            ..Stats::default()
        };
        let second = Time::from_us(1_000_000);
        let averages = supply.look(second, stats, &parts, true, 3.3);
        assert!(
            (averages.supply_amps - 1.9e-3).abs() < 0.1e-3,
            "{averages:?}"
        );
        assert_eq!(averages, supply.look(second, stats, &parts, true, 3.3));
    }

    #[test]
    fn the_share_of_the_balancing_mosfet_spans_windows() {
        let parts = Parts::nominal(Role::Between);
        let mut supply = Supply::default();
        supply.gate.switch(Time::from_us(50), true);
        let stats = Stats::default();
        let first = supply.look(Time::from_us(100), stats, &parts, true, 3.3);
        assert!((first.balancing_share - 0.5).abs() < 1e-9);
        supply.gate.switch(Time::from_us(110), false);
        let second = supply.look(Time::from_us(200), stats, &parts, true, 3.3);
        assert!((second.balancing_share - 0.1).abs() < 1e-9);
    }
}
