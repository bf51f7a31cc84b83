//! A bistable signal relay: two coils, a change-over contact that bounces, and what can be wrong
//! with its contacts.
//!
//! Not modelled: wear, coil current against temperature.

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
    Both = 3,
}

impl Contacts {
    /// What is seen when the two fixed contacts are exchanged.
    pub(crate) const fn exchanged(self) -> Self {
        match self {
            Self::NotAllowed => Self::Allowed,
            Self::Allowed => Self::NotAllowed,
            Self::Open | Self::Both => self,
        }
    }
}

/// Condition of the contacts, by its index in `hil_core::channel::CONTACTS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    #[default]
    Sound,
    Welded,
    Bouncing,
}

impl Condition {
    /// From the value of a channel; `None` when there is no such state.
    pub(crate) fn from_value(value: f64) -> Option<Self> {
        [Self::Sound, Self::Welded, Self::Bouncing]
            .into_iter()
            .find(|condition| f64::from(*condition as u8) == value)
    }
}

/// Time the moving contact flies between the fixed ones.
const TRANSFER: Time = Time::from_us(1_200);
/// Bounce ends within 3 ms of the first touch: at most this many times open and closed again.
const BOUNCES: u32 = 3;
/// Longest open or closed part of a bounce, microseconds.
const LONGEST_BOUNCE_US: f64 = 450.0;
/// Bouncing contacts are open this long when they move (`REL-1`: a contact fault) …
const BOUNCING_TRANSFER: Time = Time::from_us(25_000);
/// … then chatter until this long after the movement began, in parts of up to 1.5 ms.
const BOUNCING: Time = Time::from_us(40_000);
const LONGEST_CHATTER_US: f64 = 1_500.0;
/// How long contacts that make before they break are both closed.
const BOTH_CLOSED: Time = Time::from_us(5_000);

/// One relay.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    operate: Time,
    stream: Stream,
    set: bool,
    reset: bool,
    /// The coil that pulls alone, and since when; none once it has moved the contact.
    pulling: Option<(Coil, Time)>,
    /// Where the coils have put the armature.
    armature: Contacts,
    /// Where the contact rests when the last movement is over; elsewhere only while it is welded.
    rest: Contacts,
    condition: Condition,
    makes_before_it_breaks: bool,
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
            armature: Contacts::NotAllowed,
            rest: Contacts::NotAllowed,
            condition: Condition::Sound,
            makes_before_it_breaks: false,
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

    /// The contacts get into this condition; welded ones come free and go where the armature is.
    pub(crate) fn set_condition(&mut self, at: Time, condition: Condition) {
        self.settle(at);
        self.condition = condition;
        self.throw(self.armature, at);
    }

    /// From now on both contacts are closed for a while whenever it moves.
    pub(crate) const fn make_before_break(&mut self) {
        self.makes_before_it_breaks = true;
    }

    fn throw(&mut self, to: Contacts, at: Time) {
        self.armature = to;
        if self.rest == to || self.condition == Condition::Welded {
            return;
        }
        self.rest = to;
        let began = at.max(self.still_from);
        let (between, transfer) = match self.condition {
            Condition::Bouncing => (Contacts::Open, BOUNCING_TRANSFER),
            _ if self.makes_before_it_breaks => (Contacts::Both, BOTH_CLOSED),
            _ => (Contacts::Open, TRANSFER),
        };
        self.movement.push_back((began, between));
        let mut at = began + transfer;
        self.movement.push_back((at, to));
        if self.condition == Condition::Bouncing {
            while at < began + BOUNCING {
                at = self.bounce(at, to, LONGEST_CHATTER_US);
            }
        } else {
            for _ in 0..self.stream.bits() % (BOUNCES + 1) {
                at = self.bounce(at, to, LONGEST_BOUNCE_US);
            }
        }
        self.still_from = at;
    }

    /// Opens and closes once, each for at most `longest_us`; gives when it is closed again.
    fn bounce(&mut self, mut at: Time, to: Contacts, longest_us: f64) -> Time {
        for contacts in [Contacts::Open, to] {
            let us = self.stream.within(30.0, longest_us);
            at += Time((us * 1e6) as u64);
            self.movement.push_back((at, contacts));
        }
        at
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
    fn welded_contacts_stay_and_follow_the_armature_once_they_come_free() {
        let mut relay = relay();
        relay.set_condition(Time::ZERO, Condition::Welded);
        pulse(&mut relay, Coil::Set, 1_000, 11_000);
        assert_eq!(edges(&mut relay, 20_000), []);
        relay.set_condition(Time::from_us(20_000), Condition::Sound);
        let freed = edges(&mut relay, 50_000);
        assert_eq!(freed[0], (20_000, Contacts::Open));
        assert_eq!(freed.last().map(|e| e.1), Some(Contacts::Allowed));
    }

    #[test]
    fn bouncing_contacts_are_open_for_longer_than_a_sound_one_may_and_chatter_for_40_ms() {
        let mut relay = relay();
        relay.set_condition(Time::ZERO, Condition::Bouncing);
        pulse(&mut relay, Coil::Set, 1_000, 11_000);
        let edges = edges(&mut relay, 100_000);
        assert_eq!(edges[0], (8_000, Contacts::Open));
        assert_eq!(edges[1], (33_000, Contacts::Allowed));
        let (last, contacts) = edges[edges.len() - 1];
        assert_eq!(contacts, Contacts::Allowed);
        assert!((48_000..=51_000).contains(&last), "{edges:?}");
    }

    #[test]
    fn movement_is_never_told_after_the_time_it_happened() {
        let mut relay = relay();
        relay.coil(Time::ZERO, Coil::Set, true);
        assert_eq!(edges(&mut relay, 6_999), []);
        assert_eq!(edges(&mut relay, 7_000), [(7_000, Contacts::Open)]);
    }
}
