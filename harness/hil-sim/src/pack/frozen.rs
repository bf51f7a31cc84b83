//! A wire on which a frame comes again and again, as from a sender that hangs: it carries the first
//! whole frame after it froze, then repeats this one once a second and nothing else.

use std::collections::VecDeque;

use hil_mcu::Time;

use super::frame_faults::REST;
use crate::board::Edge;

/// How often the frame comes, as those of a Begin board.
const PERIOD: Time = Time::from_us(1_000_000);

/// What a frozen wire repeats.
#[derive(Clone, Debug)]
pub(super) struct Repeater {
    /// The last edge, or when it froze.
    quiet_since: Time,
    /// The frame, as far as it has come.
    frame: Vec<Edge>,
    /// When the frame comes again; never while it is not whole.
    next: Time,
    /// Edges under way.
    playing: VecDeque<Edge>,
}

impl Repeater {
    /// A wire that freezes at `at`.
    pub(super) const fn new(at: Time) -> Self {
        Self {
            quiet_since: at,
            frame: Vec::new(),
            next: Time::NEVER,
            playing: VecDeque::new(),
        }
    }

    /// Turns `edges`, which were sent, into those that arrive up to `until`.
    pub(super) fn carry(&mut self, edges: &mut Vec<Edge>, until: Time) {
        let live = edges.iter().take_while(|edge| self.takes(**edge)).count();
        edges.truncate(live);
        self.rest(until);
        while self.next <= until {
            let start = self.frame[0].0;
            let again = |(at, high): &Edge| (self.next + at.since(start), *high);
            self.playing.extend(self.frame.iter().map(again));
            self.next += PERIOD;
        }
        let ready = self.playing.partition_point(|(at, _)| *at <= until);
        edges.extend(self.playing.drain(..ready));
    }

    /// Takes an edge as a part of the frame or of the end of the one before; false when the frame
    /// is whole.
    fn takes(&mut self, edge: Edge) -> bool {
        self.rest(edge.0);
        if self.next != Time::NEVER {
            return false;
        }
        if !self.frame.is_empty() || edge.0 >= self.quiet_since + REST {
            self.frame.push(edge);
        }
        self.quiet_since = edge.0;
        true
    }

    /// A line that was idle for long enough up to `at` ends the frame.
    fn rest(&mut self, at: Time) {
        let whole = !self.frame.is_empty() && at >= self.quiet_since + REST;
        if whole && self.next == Time::NEVER {
            self.next = self.frame[0].0 + PERIOD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::frame_faults::BIT_PS;
    use crate::pack::line_reader::{LineReader, character};

    const MS: u64 = 1_000_000_000;

    /// What arrives of a frame a second, each of two bytes with its number, on a wire that freezes
    /// in the middle of the first.
    fn arrived(slice: Time) -> Vec<(u64, u8)> {
        let mut sent = VecDeque::new();
        for number in 0..4_u8 {
            let mut frame = Vec::new();
            let at = |k: u64| Time(u64::from(number) * 1_000 * MS + k * 10 * BIT_PS);
            for (k, byte) in (0..).zip([0xC5, number]) {
                character(at(k), byte, BIT_PS, &mut frame);
            }
            sent.extend(frame);
        }
        let mut repeater = Repeater::new(Time(BIT_PS / 2));
        sent.pop_front();
        let mut reader = LineReader::upright(115_200);
        let mut bytes = Vec::new();
        let mut until = Time::ZERO;
        while until < Time(4_500 * MS) {
            until += slice;
            let ready = sent.partition_point(|(at, _)| *at <= until);
            let mut edges: Vec<Edge> = sent.drain(..ready).collect();
            repeater.carry(&mut edges, until);
            assert!(edges.iter().all(|(at, _)| *at <= until));
            for edge in edges {
                reader.edge(edge, &mut |at, byte| {
                    bytes.push((at.0 / (1_000 * MS), byte))
                });
            }
        }
        bytes.retain(|(second, _)| *second > 0);
        bytes
    }

    #[test]
    fn the_first_whole_frame_comes_once_a_second_however_time_is_sliced() {
        let frames: Vec<_> = (1..=5)
            .flat_map(|second| [(second, 0xC5), (second, 1)])
            .collect();
        for slice in [Time(MS / 100), Time(7 * MS), Time(1_300 * MS)] {
            let seen = arrived(slice);
            assert!(frames.starts_with(&seen), "{slice:?}: {seen:?}");
            assert!(seen.len() >= 7, "{slice:?}: {seen:?}");
        }
    }
}
