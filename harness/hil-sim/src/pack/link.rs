//! The chain wire from one board's OUT to the next board's IN, and what can be wrong with it.
//!
//! Not modelled: capacitance and ground offset of the wire; the sections of `SYS-7` are alike.

use hil_mcu::Time;

use crate::board::{Edge, Wire};
use crate::random::Stream;

/// A disturbance inverts the wire for this long, microseconds: part of a bit to several bits.
const GLITCH_US: (f64, f64) = (3.0, 40.0);
/// Pause between two disturbances, microseconds: a frame of any length meets one.
const PAUSE_US: (f64, f64) = (50.0, 600.0);

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
        }
    }

    /// Its present state.
    pub(crate) const fn wire(&self) -> Wire {
        self.wire
    }

    /// Changes its state; returns the level IN sees from then on, if that changes.
    pub(crate) fn set(&mut self, at: Time, wire: Wire) -> Option<Edge> {
        self.wire = wire;
        self.disturbed = false;
        self.next_toggle = match wire {
            Wire::Noisy => at + self.pause(),
            _ => Time::NEVER,
        };
        self.follow(at)
    }

    /// Carries what OUT did, and the wire's own disturbances up to `until`, to `arrive`.
    pub(crate) fn carry(&mut self, out: &mut Vec<Edge>, until: Time, mut arrive: impl FnMut(Edge)) {
        for (at, high) in out.drain(..) {
            self.disturb(at.min(until), &mut arrive);
            self.source = high;
            self.follow(at).map(&mut arrive);
        }
        self.disturb(until, &mut arrive);
    }

    fn disturb(&mut self, until: Time, arrive: &mut impl FnMut(Edge)) {
        while self.next_toggle <= until {
            let at = self.next_toggle;
            self.disturbed = !self.disturbed;
            let span = if self.disturbed {
                micros(self.noise.within(GLITCH_US.0, GLITCH_US.1))
            } else {
                self.pause()
            };
            self.next_toggle = at + span;
            self.follow(at).map(&mut *arrive);
        }
    }

    fn pause(&mut self) -> Time {
        micros(self.noise.within(PAUSE_US.0, PAUSE_US.1))
    }

    /// The edge IN sees when something changed at `at`.
    fn follow(&mut self, at: Time) -> Option<Edge> {
        let line = match self.wire {
            Wire::Connected => self.source,
            // Chain IN has a pull-up.
            Wire::Broken | Wire::StuckHigh => true,
            Wire::StuckLow => false,
            Wire::Noisy => self.source != self.disturbed,
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
        let mut arrived = Vec::new();
        link.carry(&mut edges.to_vec(), Time(5_000 * US), |edge| {
            arrived.push(edge)
        });
        arrived
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
        let (mut link, _) = link(Wire::Broken);
        assert_eq!(carried(&mut link, &BIT[..1]), []);
        let repaired = Time(6_000 * US);
        assert_eq!(link.set(repaired, Wire::Connected), Some((repaired, false)));
    }

    #[test]
    fn noise_disturbs_an_idle_wire_in_time_order() {
        let arrived = carried(&mut link(Wire::Noisy).0, &BIT);
        assert!(arrived.len() > 10, "{arrived:?}");
        assert!(arrived.is_sorted_by_key(|(at, _)| *at));
        assert!(arrived.windows(2).all(|pair| pair[0].1 != pair[1].1));
    }
}
