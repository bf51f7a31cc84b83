//! A bistable signal relay: two coils, a change-over contact that bounces.
//!
//! Not modelled: wear, welded contacts, coil current against temperature.

use std::collections::VecDeque;

use hil_mcu::Time;

use crate::random::Stream;

/// A coil of the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coil {
    /// Moves the contact to "allowed" (1-2 closed).
    Set,
    /// Moves the contact to "not allowed" (2-3 closed).
    Reset,
}

/// State of the contacts, by its index in `hil_core::channel::RELAY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contacts {
    NotAllowed = 0,
    Allowed = 1,
    Open = 2,
}

/// Time the moving contact flies between the fixed ones.
const TRANSFER: Time = Time::from_us(1_200);
/// Bounce ends within 3 ms of the first touch: at most this many times open and closed again.
const BOUNCES: u32 = 3;
/// Longest open or closed part of a bounce, microseconds.
const LONGEST_BOUNCE_US: f64 = 450.0;

/// One relay.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    operate: Time,
    stream: Stream,
    set: bool,
    reset: bool,
    /// The coil that pulls alone, and since when; none once it has moved the contact.
    pulling: Option<(Coil, Time)>,
    /// Where the contact rests when the last movement is over.
    rest: Contacts,
    still_from: Time,
    movement: VecDeque<(Time, Contacts)>,
}

impl Relay {
    /// A relay that rests at "not allowed" and moves when a coil was energised for `operate`.
    pub(crate) fn new(operate: Time, stream: Stream) -> Self {
        Self {
            operate,
            stream,
            set: false,
            reset: false,
            pulling: None,
            rest: Contacts::NotAllowed,
            still_from: Time::ZERO,
            movement: VecDeque::new(),
        }
    }

    /// A coil is energised or released. Both at once cancel each other.
    pub(crate) fn coil(&mut self, at: Time, coil: Coil, on: bool) {
        self.settle(at);
        match coil {
            Coil::Set => self.set = on,
            Coil::Reset => self.reset = on,
        }
        self.pulling = match (self.set, self.reset) {
            (true, false) => Some((Coil::Set, at)),
            (false, true) => Some((Coil::Reset, at)),
            _ => None,
        };
    }

    /// The reset circuit's own pulse, long enough for any relay; it outlasts the supply.
    pub(crate) fn reset_circuit(&mut self, at: Time) {
        self.settle(at);
        self.pulling = None;
        self.throw(Contacts::NotAllowed, at + self.operate);
    }

    /// Lets the coil that pulls act up to `at`.
    pub(crate) fn settle(&mut self, at: Time) {
        if let Some((coil, since)) = self.pulling
            && at >= since + self.operate
        {
            self.pulling = None;
            let to = match coil {
                Coil::Set => Contacts::Allowed,
                Coil::Reset => Contacts::NotAllowed,
            };
            self.throw(to, since + self.operate);
        }
    }

    fn throw(&mut self, to: Contacts, at: Time) {
        if self.rest == to {
            return;
        }
        self.rest = to;
        let mut at = at.max(self.still_from);
        self.movement.push_back((at, Contacts::Open));
        at += TRANSFER;
        self.movement.push_back((at, to));
        for _ in 0..self.stream.bits() % (BOUNCES + 1) {
            for contacts in [Contacts::Open, to] {
                let us = self.stream.within(30.0, LONGEST_BOUNCE_US);
                at += Time((us * 1e6) as u64);
                self.movement.push_back((at, contacts));
            }
        }
        self.still_from = at;
    }

    /// The next movement of the contact up to `until`.
    pub(crate) fn next_edge(&mut self, until: Time) -> Option<(Time, Contacts)> {
        self.movement.pop_front_if(|(at, _)| *at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn relay() -> Relay {
        let stream = Stream::new(3, 1, 1, Purpose::Contacts);
        Relay::new(Time::from_us(7_000), stream)
    }

    fn edges(relay: &mut Relay, until_us: u64) -> Vec<(u64, Contacts)> {
        relay.settle(Time::from_us(until_us));
        std::iter::from_fn(|| relay.next_edge(Time::from_us(until_us)))
            .map(|(at, contacts)| (at.as_us(), contacts))
            .collect()
    }

    fn pulse(relay: &mut Relay, coil: Coil, from_us: u64, to_us: u64) {
        relay.coil(Time::from_us(from_us), coil, true);
        relay.coil(Time::from_us(to_us), coil, false);
    }

    #[test]
    fn a_pulse_of_ten_milliseconds_moves_the_contact_and_bounce_ends_in_three() {
        let mut relay = relay();
        pulse(&mut relay, Coil::Set, 1_000, 11_000);
        let edges = edges(&mut relay, 1_000_000);
        assert_eq!(edges[0], (8_000, Contacts::Open));
        assert_eq!(edges[1], (9_200, Contacts::Allowed));
        let (last, contacts) = edges[edges.len() - 1];
        assert_eq!(contacts, Contacts::Allowed);
        assert!(last <= 9_200 + 3_000, "{edges:?}");
    }

    #[test]
    fn short_pulses_and_both_coils_at_once_move_nothing() {
        let mut relay = relay();
        pulse(&mut relay, Coil::Set, 0, 3_000);
        relay.coil(Time::from_us(10_000), Coil::Set, true);
        relay.coil(Time::from_us(10_000), Coil::Reset, true);
        assert_eq!(edges(&mut relay, 100_000), []);
    }

    #[test]
    fn the_reset_circuit_brings_an_allowed_contact_back_while_the_firmware_pulls() {
        let mut relay = relay();
        relay.coil(Time::ZERO, Coil::Set, true);
        assert_eq!(
            edges(&mut relay, 50_000).last().map(|e| e.1),
            Some(Contacts::Allowed)
        );
        relay.reset_circuit(Time::from_us(60_000));
        let back = edges(&mut relay, 100_000);
        assert_eq!(back[0], (67_000, Contacts::Open));
        assert_eq!(back.last().map(|e| e.1), Some(Contacts::NotAllowed));
    }

    #[test]
    fn movement_is_never_told_after_the_time_it_happened() {
        let mut relay = relay();
        relay.coil(Time::ZERO, Coil::Set, true);
        assert_eq!(edges(&mut relay, 6_999), []);
        assert_eq!(edges(&mut relay, 7_000), [(7_000, Contacts::Open)]);
    }
}
