//! A power relay whose coil hangs on contacts of the BMS: it takes time to pull in and to drop
//! out, and its own contacts can weld. Bounce of power contacts is not modelled.

use crate::time::{Span, Time};

/// From coil voltage to closed contacts, of the usual contactor.
pub const PULL_IN: Span = Span::from_millis(25);
/// From a dead coil to open contacts.
pub const DROP_OUT: Span = Span::from_millis(10);

/// A power relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PowerRelay {
    closed: bool,
    coil: bool,
    /// When the contacts follow the coil.
    moves: Option<Time>,
    /// Contacts that have closed once do not open again.
    pub welded: bool,
}

impl PowerRelay {
    /// Whether current can flow.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// When its contacts move next.
    pub const fn moves(&self) -> Option<Time> {
        self.moves
    }

    /// Drives the coil at `now` and lets the contacts follow.
    pub fn drive(&mut self, now: Time, coil: bool) {
        if self.coil != coil {
            self.coil = coil;
            let delay = if coil { PULL_IN } else { DROP_OUT };
            self.moves = (self.closed != coil).then_some(now + delay);
        }
        if self.moves.is_some_and(|at| at <= now) {
            self.moves = None;
            self.closed = self.coil || (self.closed && self.welded);
        }
        if !self.welded && self.closed && !self.coil && self.moves.is_none() {
            // A weld that was broken open lets go at once.
            self.closed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_follow_the_coil_after_their_time() {
        let mut relay = PowerRelay::default();
        relay.drive(Time(0), true);
        assert!(!relay.is_closed());
        let closes = relay.moves().expect("it is pulling in");
        relay.drive(closes, true);
        assert!(relay.is_closed());
        relay.drive(Time(1_000_000), false);
        assert_eq!(relay.moves(), Some(Time(1_000_000) + DROP_OUT));
        relay.drive(Time(1_000_000) + DROP_OUT, false);
        assert!(!relay.is_closed());
    }

    #[test]
    fn a_coil_that_changes_its_mind_in_time_moves_nothing() {
        let mut relay = PowerRelay::default();
        relay.drive(Time(0), true);
        relay.drive(Time(5_000), false);
        relay.drive(Time(1_000_000), false);
        assert!(!relay.is_closed() && relay.moves().is_none());
    }

    #[test]
    fn welded_contacts_stay_closed_until_the_weld_is_gone() {
        let mut relay = PowerRelay::default();
        relay.drive(Time(0), true);
        relay.drive(Time(100_000), true);
        relay.welded = true;
        relay.drive(Time(200_000), false);
        relay.drive(Time(300_000), false);
        assert!(relay.is_closed());
        relay.welded = false;
        relay.drive(Time(400_000), false);
        assert!(!relay.is_closed());
    }
}
