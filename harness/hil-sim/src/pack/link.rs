//! The chain wire from one board's OUT to the next board's IN, and what can be wrong with it.
//!
//! Not modelled: capacitance and ground offset of the wire; the sections of `SYS-7` are alike.

use std::collections::VecDeque;

use hil_mcu::Time;

use super::frame_faults::{Fault, Spoiler};
use super::frozen::Repeater;
use crate::board::Edge;
use crate::random::Stream;

/// A disturbance inverts the wire for this long, microseconds: part of a bit to several bits.
const GLITCH_US: (f64, f64) = (3.0, 40.0);
/// Pause between two disturbances, microseconds: a frame of any length meets one.
const PAUSE_US: (f64, f64) = (50.0, 600.0);

/// State of a chain wire, by its index in `hil_core::channel::WIRE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wire {
    #[default]
    Connected,
    Broken,
    StuckHigh,
    StuckLow,
    Noisy,
    Corrupted,
    Delayed,
    Frozen,
}

impl Wire {
    /// From the value of a channel; `None` when there is no such state.
    pub(crate) fn from_value(value: f64) -> Option<Self> {
        [
            Self::Connected,
            Self::Broken,
            Self::StuckHigh,
            Self::StuckLow,
            Self::Noisy,
            Self::Corrupted,
            Self::Delayed,
            Self::Frozen,
        ]
        .into_iter()
        .find(|wire| f64::from(*wire as u8) == value)
    }
}

/// One wire.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    wire: Wire,
    /// What OUT drives.
    source: bool,
    /// What IN sees.
    line: bool,
    disturbed: bool,
    next_toggle: Time,
    noise: Stream,
    spoiler: Spoiler,
    repeater: Repeater,
    /// Edges that are under way on a wire that spoils frames, in time order.
    under_way: VecDeque<Edge>,
}

impl Link {
    pub(crate) fn new(noise: Stream) -> Self {
        Self {
            wire: Wire::Connected,
            source: true,
            line: true,
            disturbed: false,
            next_toggle: Time::NEVER,
            noise,
            spoiler: Spoiler::default(),
            repeater: Repeater::new(Time::ZERO),
            under_way: VecDeque::new(),
        }
    }

    /// Its present state.
    pub(crate) const fn wire(&self) -> Wire {
        self.wire
    }

    /// The level IN sees.
    pub(crate) const fn line(&self) -> bool {
        self.line
    }

    /// Changes its state; returns the level IN sees from then on, if that changes.
    pub(crate) fn set(&mut self, at: Time, wire: Wire) -> Option<Edge> {
        self.wire = wire;
        self.disturbed = false;
        self.under_way.clear();
        self.spoiler = Spoiler::default();
        self.repeater = Repeater::new(at);
        self.next_toggle = match wire {
            Wire::Noisy => at + self.pause(),
            _ => Time::NEVER,
        };
        self.follow(at)
    }

    /// Another OUT is at the wire's beginning; returns the level IN sees from then on, if it changes.
    pub(crate) fn set_source(&mut self, at: Time, high: bool) -> Option<Edge> {
        self.source = high;
        self.follow(at)
    }

    /// Turns `edges`, which OUT drove, into those that arrive at IN up to `until`.
    pub(crate) fn carry(&mut self, edges: &mut Vec<Edge>, until: Time) {
        match self.wire {
            Wire::Connected => {
                if let Some((_, high)) = edges.last() {
                    self.source = *high;
                    self.line = *high;
                }
            }
            Wire::Corrupted => self.spoil(Fault::TurnedBit, edges, until),
            Wire::Delayed => self.spoil(Fault::Pause, edges, until),
            Wire::Frozen => {
                self.source = edges.last().map_or(self.source, |(_, high)| *high);
                self.repeater.carry(edges, until);
                self.line = edges.last().map_or(self.line, |(_, high)| *high);
            }
            Wire::Broken | Wire::StuckHigh | Wire::StuckLow | Wire::Noisy => {
                let mut arrived = Vec::new();
                for (at, high) in edges.drain(..) {
                    self.disturb(at.min(until), &mut arrived);
                    self.source = high;
                    arrived.extend(self.follow(at));
                }
                self.disturb(until, &mut arrived);
                *edges = arrived;
            }
        }
    }

    fn spoil(&mut self, fault: Fault, edges: &mut Vec<Edge>, until: Time) {
        for edge in edges.drain(..) {
            self.source = edge.1;
            self.spoiler
                .edge(fault, edge, &mut self.noise, &mut self.under_way);
        }
        self.spoiler.advance(until, &mut self.under_way);
        let ready = self.under_way.partition_point(|(at, _)| *at <= until);
        for (at, high) in self.under_way.drain(..ready) {
            if high != self.line {
                self.line = high;
                edges.push((at, high));
            }
        }
    }

    fn disturb(&mut self, until: Time, arrived: &mut Vec<Edge>) {
        while self.next_toggle <= until {
            let at = self.next_toggle;
            self.disturbed = !self.disturbed;
            let span = if self.disturbed {
                micros(self.noise.within(GLITCH_US.0, GLITCH_US.1))
            } else {
                self.pause()
            };
            self.next_toggle = at + span;
            arrived.extend(self.follow(at));
        }
    }

    fn pause(&mut self) -> Time {
        micros(self.noise.within(PAUSE_US.0, PAUSE_US.1))
    }

    /// The edge IN sees when something changed at `at`.
    fn follow(&mut self, at: Time) -> Option<Edge> {
        let line = match self.wire {
            Wire::Connected | Wire::Corrupted | Wire::Delayed => self.source,
            // Chain IN has a pull-up.
            Wire::Broken | Wire::StuckHigh => true,
            Wire::StuckLow => false,
            Wire::Noisy => self.source != self.disturbed,
            Wire::Frozen => self.line,
        };
        let changed = line != self.line;
        self.line = line;
        changed.then_some((at, line))
    }
}

fn micros(us: f64) -> Time {
    Time((us * 1e6) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    const US: u64 = 1_000_000;

    fn link(wire: Wire) -> (Link, Option<Edge>) {
        let mut link = Link::new(Stream::new(1, 1, 1, Purpose::Link));
        let first = link.set(Time::ZERO, wire);
        (link, first)
    }

    fn carried(link: &mut Link, edges: &[Edge]) -> Vec<Edge> {
        let mut edges = edges.to_vec();
        link.carry(&mut edges, Time(5_000 * US));
        edges
    }

    const BIT: [Edge; 2] = [(Time(10 * US), false), (Time(20 * US), true)];

    #[test]
    fn a_connected_wire_carries_every_edge() {
        assert_eq!(carried(&mut link(Wire::Connected).0, &BIT), BIT);
    }

    #[test]
    fn broken_and_stuck_wires_carry_nothing() {
        for (wire, first) in [
            (Wire::Broken, None),
            (Wire::StuckHigh, None),
            (Wire::StuckLow, Some((Time::ZERO, false))),
        ] {
            let (mut link, seen) = link(wire);
            assert_eq!(seen, first, "{wire:?}");
            assert_eq!(carried(&mut link, &BIT), [], "{wire:?}");
        }
    }

    #[test]
    fn a_repaired_wire_shows_what_the_board_drives_now() {
        for wire in [Wire::Connected, Wire::Broken, Wire::StuckLow] {
            let (mut link, _) = link(wire);
            carried(&mut link, &BIT[..1]);
            let repaired = Time(6_000 * US);
            let was_high = link.line();
            let seen = link.set(repaired, Wire::Connected);
            assert_eq!(seen, was_high.then_some((repaired, false)), "{wire:?}");
        }
    }

    #[test]
    fn noise_disturbs_an_idle_wire_in_time_order() {
        let arrived = carried(&mut link(Wire::Noisy).0, &BIT);
        assert!(arrived.len() > 10, "{arrived:?}");
        assert!(arrived.is_sorted_by_key(|(at, _)| *at));
        assert!(arrived.windows(2).all(|pair| pair[0].1 != pair[1].1));
    }
}
