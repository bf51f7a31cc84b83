//! The transmitter: one event per character; its edges are told when it ends or when somebody
//! must know.

use std::collections::VecDeque;

use super::frame::{BitTime, Format};
use crate::Time;

/// What is being shifted out.
#[derive(Clone, Copy, Debug)]
struct Shift {
    /// Levels, first bit in bit 0; the level after the last bit is idle.
    levels: u16,
    /// Bits that begin with an edge which has not been told yet.
    edges: u16,
    start: Time,
    end: Time,
    is_break: bool,
}

impl Shift {
    fn new(levels: u16, count: u32, start: Time, end: Time, is_break: bool) -> Self {
        // The line idles at one before the start bit.
        let edges = (levels ^ (levels << 1 | 1)) & ((1 << count) - 1);
        Self {
            levels,
            edges,
            start,
            end,
            is_break,
        }
    }
}

/// Transmit data register or FIFO, and the shift register.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transmitter {
    fifo: VecDeque<u16>,
    shift: Option<Shift>,
    /// The idle frame that follows TE = 1 lasts until here.
    free_at: Time,
    break_wanted: bool,
}

impl Transmitter {
    /// Forgets everything; the line idles.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Keeps the line idle until `until`.
    pub fn idle_until(&mut self, until: Time) {
        self.free_at = until;
    }

    /// Characters waiting, without the one being shifted out.
    pub fn waiting(&self) -> usize {
        self.fifo.len()
    }

    /// Adds a character; the caller has checked that there is room.
    pub fn push(&mut self, data: u16) {
        self.fifo.push_back(data);
    }

    /// Drops the characters waiting.
    pub fn drop_waiting(&mut self) {
        self.fifo.clear();
    }

    /// Asks for a break after the current character.
    pub fn request_break(&mut self) {
        self.break_wanted = true;
    }

    /// A break is wanted or under way.
    pub fn is_breaking(&self) -> bool {
        self.break_wanted || self.shift.is_some_and(|shift| shift.is_break)
    }

    /// Something is being shifted out.
    pub fn is_busy(&self) -> bool {
        self.shift.is_some()
    }

    /// When the character being shifted out ends.
    pub fn next_event(&self) -> Time {
        self.shift.map_or(Time::NEVER, |shift| shift.end)
    }

    /// Loads the shift register at `now` if it is empty and something waits.
    pub fn load(&mut self, now: Time, bit: BitTime, format: &Format) {
        if self.shift.is_some() {
            return;
        }
        let start = now.max(self.free_at);
        if self.break_wanted {
            // A frame of zeros, then two stop bits (RM0444 §33.5.5).
            self.break_wanted = false;
            let zeros = u32::from(format.bits) + 2;
            let end = start + bit.sixteenths((zeros + 2) * 16);
            self.shift = Some(Shift::new(1 << zeros, zeros + 1, start, end, true));
        } else if let Some(data) = self.fifo.pop_front() {
            let end = start + bit.sixteenths(format.sixteenths());
            let count = u32::from(format.bits) + 2;
            self.shift = Some(Shift::new(format.encode(data), count, start, end, false));
        }
    }

    /// The edges up to `until` that have not been told yet.
    pub fn tell(&mut self, until: Time, bit: BitTime, mut told: impl FnMut(Time, bool)) {
        let Some(shift) = &mut self.shift else { return };
        while shift.edges != 0 {
            let number = shift.edges.trailing_zeros();
            let at = shift.start + bit.sixteenths(number * 16);
            if at > until {
                break;
            }
            told(at, shift.levels >> number & 1 == 1);
            shift.edges &= shift.edges - 1;
        }
    }

    /// The shift register is empty again if its character has ended by `now`.
    pub fn finish(&mut self, now: Time) -> bool {
        let ended = self.shift.is_some_and(|shift| shift.end <= now);
        if ended {
            self.shift = None;
        }
        ended
    }

    /// Stops at once, losing the character.
    pub fn abort(&mut self) {
        self.shift = None;
    }
}
