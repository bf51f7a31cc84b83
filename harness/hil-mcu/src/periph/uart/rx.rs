//! The receiver: decodes one character at a time from the edges queued on its pin.
//!
//! Sampling follows RM0444 §33.5.6: three samples in the middle of each bit, the majority counts,
//! disagreement is noise. The sampling clock runs freely, so a start bit is seen up to one sample
//! late.

use super::frame::{BitTime, Format};
use crate::Time;

/// A received character with its errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Character {
    pub data: u16,
    pub parity_error: bool,
    pub framing_error: bool,
    pub noise: bool,
}

/// Sample numbers (of 16 in a bit, counted from 0) that decide a bit.
const MIDDLE: [u32; 3] = [7, 8, 9];

/// Levels of a line over time, to be asked in time order.
struct Line<I: Iterator<Item = (Time, bool)>> {
    level: bool,
    next: Option<(Time, bool)>,
    edges: I,
    inverted: bool,
}

impl<I: Iterator<Item = (Time, bool)>> Line<I> {
    fn new(initial: bool, mut edges: I, inverted: bool) -> Self {
        let next = edges.next();
        Self {
            level: initial,
            next,
            edges,
            inverted,
        }
    }

    fn at(&mut self, t: Time) -> bool {
        while let Some((at, level)) = self.next
            && at <= t
        {
            self.level = level;
            self.next = self.edges.next();
        }
        self.level ^ self.inverted
    }

    /// Majority of three samples, and whether they disagree.
    #[inline(always)]
    fn vote(&mut self, times: [Time; 3]) -> (bool, bool) {
        let first = self.at(times[0]);
        if self.next.is_none_or(|(at, _)| at > times[2]) {
            return (first, false);
        }
        let ones = u32::from(first) + u32::from(self.at(times[1])) + u32::from(self.at(times[2]));
        (ones >= 2, ones == 1 || ones == 2)
    }
}

/// Decodes the character that starts at `start`; `None` if the start bit was only a glitch.
pub(crate) fn decode(
    start: Time,
    bit: BitTime,
    format: &Format,
    initial: bool,
    edges: impl Iterator<Item = (Time, bool)>,
) -> Option<Character> {
    let mut line = Line::new(initial, edges, format.rx_inverted);
    let sample = |bit_number: u32, n: u32| start + bit.sixteenths(bit_number * 16 + n);
    let (early, early_noise) = line.vote([sample(0, 2), sample(0, 4), sample(0, 6)]);
    let (middle, middle_noise) = line.vote(MIDDLE.map(|n| sample(0, n)));
    if early || middle {
        return None;
    }
    let mut noise = early_noise || middle_noise;
    let mut payload = 0;
    for number in 0..format.bits {
        let (level, disagree) = line.vote(MIDDLE.map(|n| sample(u32::from(number) + 1, n)));
        payload |= u16::from(level) << number;
        noise |= disagree;
    }
    let (stop, disagree) = line.vote(MIDDLE.map(|n| sample(u32::from(format.bits) + 1, n)));
    let (data, parity_error) = format.decode(payload);
    Some(Character {
        data,
        parity_error,
        framing_error: !stop,
        noise: noise || disagree,
    })
}

/// When the decision about the stop bit falls, after the start.
pub(crate) fn decision(bit: BitTime, format: &Format) -> Time {
    bit.sixteenths(u32::from(1 + format.bits) * 16 + 9)
}

/// The first change from idle to start level after `from`.
pub(crate) fn find_start(
    from: Time,
    inverted: bool,
    initial: bool,
    edges: impl Iterator<Item = (Time, bool)>,
) -> Option<Time> {
    let mut level = initial;
    for (at, new) in edges {
        let falls = (level ^ inverted) && !(new ^ inverted);
        level = new;
        if falls && at > from {
            return Some(at);
        }
    }
    None
}
