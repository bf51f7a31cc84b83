//! The Bluetooth bridge of the End board: a transparent UART with a connection that the board can
//! end (`firmware/APP.md`, `PWR-4`, `APP-3`).
//!
//! It looks at its inputs at whole milliseconds of bench time and at no other, so that what the
//! board sees does not depend on how far the bench runs at a time. The radio is not modelled: a
//! phone that wants a connection has one as soon as the bridge is ready.

use std::collections::VecDeque;

use hil_core::plan::Hardware;
use hil_mcu::{Pin, Time};

use super::circuit::Edge;
use super::wiring::{APP_CONNECTED, APP_IN};

/// How often the bridge looks.
const TICK: Time = Time::from_us(1_000);
/// From supply or the end of a reset to the first possible connection.
const START: Time = Time::from_us(100_000);
/// Cell voltage at which the supply currents are given.
pub(super) const RATED_VOLTS: f64 = 3.3;

/// Supply current of a bridge while connected, amperes at a cell of [`RATED_VOLTS`]; idle, both
/// take none beyond the board's own.
pub(super) const fn connected_amps(hardware: Hardware) -> f64 {
    match hardware {
        Hardware::Hw1 => 9.1e-3,
        Hardware::Hw2 => 1.0e-3,
    }
}

/// The bridge. On boards without one nothing ever asks it for anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bridge {
    supplied: bool,
    in_reset: bool,
    /// When it will be, or became, ready for a connection.
    ready: Time,
    wanted: bool,
    connected: Option<Time>,
    /// What "connected" shows on the board.
    shown: bool,
    /// Edges from the phone that have not come to the board.
    to_board: VecDeque<Edge>,
    /// Edges from the board that nobody has read.
    pub from_board: Vec<Edge>,
}

/// What a look of the bridge changes on the board's pins.
pub(super) type Levels = Vec<(Time, Pin, bool)>;

impl Bridge {
    /// The phone makes a connection as soon as it can, or ends it.
    pub(crate) fn want(&mut self, wanted: bool) {
        self.wanted = wanted;
        if !wanted {
            self.connected = None;
        }
    }

    /// Since when there is a connection.
    pub(crate) const fn connected(&self) -> Option<Time> {
        self.connected
    }

    /// Sends what `edges` makes of a time after `now` from which the line is free.
    pub(crate) fn send(&mut self, now: Time, edges: impl FnOnce(Time) -> Vec<Edge>) {
        let free = self.to_board.back().map_or(now, |(last, _)| now.max(*last));
        self.to_board.extend(edges(next_tick(free)));
    }

    /// The end of the next step on the way from `now` to `until`, if it has to look on the way.
    pub(super) fn next_look(&self, now: Time, until: Time) -> Option<Time> {
        let busy = self.wanted || self.shown || !self.to_board.is_empty();
        Some(next_tick(now)).filter(|next| busy && *next <= until)
    }

    /// Looks at `at`; gives the levels that change before the next look.
    pub(super) fn look(&mut self, at: Time) -> Levels {
        let mut levels = Vec::new();
        if self.wanted && self.supplied && !self.in_reset && at >= self.ready {
            self.connected.get_or_insert(at);
        }
        let connected = self.connected.is_some();
        if connected != self.shown {
            self.shown = connected;
            levels.push((at, APP_CONNECTED, connected));
        }
        if !connected && !self.to_board.is_empty() {
            self.to_board.clear();
            levels.push((at, APP_IN, true));
        }
        while let Some((when, high)) = self.to_board.pop_front_if(|(when, _)| *when < at + TICK) {
            levels.push((when, APP_IN, high));
        }
        levels
    }

    /// The board drives the reset input; returns whether that changed it.
    pub(super) fn reset(&mut self, at: Time, high: bool) -> bool {
        let changed = high != self.in_reset;
        self.in_reset = high;
        if changed {
            self.restart(at);
        }
        changed
    }

    /// The board's supply comes or goes.
    pub(super) fn supply(&mut self, at: Time, on: bool) -> Levels {
        self.supplied = on;
        self.restart(at);
        if on { Vec::new() } else { self.look(at) }
    }

    /// Ends a connection; the phone does not make a new one by itself. One that was asked for but
    /// never made is still made.
    fn restart(&mut self, at: Time) {
        self.ready = at + START;
        if self.connected.take().is_some() {
            self.wanted = false;
        }
    }

    /// The board drives its serial output; heard while there is a connection.
    pub(super) fn hear(&mut self, edge: Edge) {
        if self.connected.is_some() {
            self.from_board.push(edge);
        }
    }
}

/// The first whole tick after `at`.
const fn next_tick(at: Time) -> Time {
    Time((at.0 / TICK.0 + 1) * TICK.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = TICK.0;

    /// A bridge that was supplied at time 0, with a connection wanted, after so many looks.
    fn wanted(looks: u64) -> Bridge {
        let mut bridge = Bridge::default();
        bridge.supply(Time::ZERO, true);
        bridge.want(true);
        for look in 1..=looks {
            bridge.look(Time(look * MS));
        }
        bridge
    }

    #[test]
    fn a_connection_is_made_when_the_bridge_is_ready_and_shown_to_the_board() {
        let mut bridge = wanted(99);
        assert_eq!(bridge.connected(), None);
        let at = Time(100 * MS);
        assert_eq!(bridge.look(at), [(at, APP_CONNECTED, true)]);
        assert_eq!(bridge.connected(), Some(at));
    }

    #[test]
    fn a_reset_ends_the_connection_for_good_and_another_is_possible_100_ms_later() {
        let mut bridge = wanted(100);
        let high = Time(110 * MS + 7);
        assert!(bridge.reset(high, true));
        let at = Time(111 * MS);
        assert_eq!(bridge.look(at), [(at, APP_CONNECTED, false)]);
        assert!(bridge.reset(Time(130 * MS + 3), false));
        assert_eq!(bridge.next_look(at, Time::NEVER), None, "nobody wants one");
        bridge.want(true);
        assert_eq!(bridge.look(Time(230 * MS)), []);
        let at = Time(231 * MS);
        assert_eq!(bridge.look(at), [(at, APP_CONNECTED, true)]);
    }

    #[test]
    fn a_reset_before_the_connection_only_delays_it() {
        let mut bridge = wanted(50);
        bridge.reset(Time(50 * MS), true);
        assert_eq!(bridge.look(Time(200 * MS)), []);
        bridge.reset(Time(200 * MS), false);
        assert_eq!(bridge.look(Time(299 * MS)), []);
        assert_eq!(bridge.look(Time(300 * MS)).len(), 1);
    }

    #[test]
    fn edges_reach_the_board_in_their_millisecond_and_not_without_a_connection() {
        let mut bridge = wanted(100);
        let edges = |start: Time| vec![(start, false), (start + Time(MS + 5), true)];
        bridge.send(Time(120 * MS + 1), edges);
        assert_eq!(bridge.look(Time(120 * MS)), []);
        let low = Time(121 * MS);
        assert_eq!(bridge.look(low), [(low, APP_IN, false)]);
        bridge.reset(Time(121 * MS + 9), true);
        let at = Time(122 * MS);
        let ended = [(at, APP_CONNECTED, false), (at, APP_IN, true)];
        assert_eq!(bridge.look(at), ended);
        assert_eq!(bridge.next_look(at, Time::NEVER), None);
    }

    #[test]
    fn what_the_board_says_is_heard_while_connected() {
        let mut bridge = wanted(99);
        bridge.hear((Time(1), false));
        bridge.look(Time(100 * MS));
        bridge.hear((Time(100 * MS + 1), false));
        assert_eq!(bridge.from_board.len(), 1);
    }
}
