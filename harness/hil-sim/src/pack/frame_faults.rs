//! Wires that carry a frame's characters but not as they were sent: one bit turned, or a pause in
//! the middle. Both follow the serial line bit by bit (`firmware/CHAIN.md`: 115 200 baud, 8N1), so
//! that every character keeps its start and stop bit and only the frame's check, or its idle rule,
//! can tell.

use std::collections::VecDeque;

use hil_mcu::Time;

use crate::board::Edge;
use crate::random::Stream;

/// One bit, picoseconds.
pub(crate) const BIT_PS: u64 = 1_000_000_000_000 / 115_200;
/// From the edge of its start bit, a character lasts until the middle of its stop bit at least.
const CHARACTER: Time = Time(BIT_PS * 19 / 2);
/// An idle line for two characters separates frames: a sender that lags never pauses that long.
const FRAME_GAP: Time = Time(BIT_PS * 20);
/// What no character goes on for: behind it begins another frame.
pub(super) const REST: Time = Time(CHARACTER.0 + FRAME_GAP.0);
/// Characters of the shortest frame, with one cell.
const SHORTEST_FRAME: u32 = 28;
/// Start, count and version stay as they are: without them a frame is not looked at any further.
const FIRST_SPOILED: u32 = 3;
/// How long a delayed character is held back, microseconds.
const PAUSE_US: (f64, f64) = (5_000.0, 50_000.0);

/// What is done to one character of every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One of its eight bits is turned.
    TurnedBit,
    /// It and all that follow it are held back.
    Pause,
}

/// Follows the characters of a line and spoils one in every frame.
#[derive(Clone, Debug)]
pub(super) struct Spoiler {
    /// What the sender drives.
    level: bool,
    /// When the present character began.
    character: Option<Time>,
    /// Characters of the present frame so far, and of the longest one seen.
    characters: u32,
    longest: u32,
    /// The character of this frame that is spoiled.
    chosen: u32,
    /// How much the present frame is held back.
    held: Time,
    /// Where the turned bit begins and ends.
    toggles: VecDeque<Time>,
    turned: bool,
}

impl Default for Spoiler {
    fn default() -> Self {
        Self {
            level: true,
            character: None,
            characters: 0,
            longest: SHORTEST_FRAME,
            chosen: 0,
            held: Time::ZERO,
            toggles: VecDeque::new(),
            turned: false,
        }
    }
}

impl Spoiler {
    /// Takes an edge and adds what becomes of it to `line`.
    pub(super) fn edge(
        &mut self,
        fault: Fault,
        (at, high): Edge,
        random: &mut Stream,
        line: &mut VecDeque<Edge>,
    ) {
        self.advance(at, line);
        self.level = high;
        let ended = |start: Time| at >= start + CHARACTER;
        if !high && self.character.is_none_or(ended) {
            self.begin(fault, at, random);
        }
        line.push_back((at + self.held, high != self.turned));
    }

    /// Adds what becomes of a line that stays as it is up to `until`.
    pub(super) fn advance(&mut self, until: Time, line: &mut VecDeque<Edge>) {
        while let Some(at) = self.toggles.pop_front_if(|at| *at <= until) {
            self.turned = !self.turned;
            line.push_back((at, self.level != self.turned));
        }
    }

    /// A character begins at `at`.
    fn begin(&mut self, fault: Fault, at: Time, random: &mut Stream) {
        let rested = |start: Time| at >= start + REST;
        if self.character.is_none_or(rested) {
            self.longest = self.longest.max(self.characters);
            self.characters = 0;
            self.held = Time::ZERO;
            self.chosen = FIRST_SPOILED + random.bits() % (self.longest - FIRST_SPOILED);
        }
        self.character = Some(at);
        if self.characters == self.chosen {
            match fault {
                Fault::Pause => {
                    let us = random.within(PAUSE_US.0, PAUSE_US.1);
                    self.held = Time((us * 1e6) as u64);
                }
                Fault::TurnedBit => {
                    let bit = u64::from(1 + random.bits() % 8);
                    self.toggles = [bit, bit + 1].map(|n| at + Time(n * BIT_PS)).into();
                }
            }
        }
        self.characters += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::line_reader::{LineReader, character};
    use crate::random::Purpose;

    /// Sends three frames of `bytes` through a line with the fault; gives what arrives, with times.
    fn arrived(fault: Fault, bytes: &[u8]) -> Vec<Vec<(Time, u8)>> {
        let mut random = Stream::new(1, 1, 1, Purpose::Link);
        let mut spoiler = Spoiler::default();
        let second = 1_000_000_000_000;
        let frame = |n: u64| {
            let mut line = VecDeque::new();
            let mut sent = Vec::new();
            for (k, byte) in (0..).zip(bytes) {
                character(Time(n * second + k * 10 * BIT_PS), *byte, BIT_PS, &mut sent);
            }
            for edge in sent {
                spoiler.edge(fault, edge, &mut random, &mut line);
            }
            let end = Time((n + 1) * second);
            spoiler.advance(end, &mut line);
            let mut reader = LineReader::upright(115_200);
            let mut bytes = Vec::new();
            let mut level = true;
            for edge in line
                .into_iter()
                .filter(|(_, high)| std::mem::replace(&mut level, *high) != *high)
            {
                reader.edge(edge, &mut |at, byte| bytes.push((at, byte)));
            }
            reader.advance(end, &mut |at, byte| bytes.push((at, byte)));
            bytes
        };
        (0..3).map(frame).collect()
    }

    fn bytes() -> Vec<u8> {
        (0..40).map(|n: u8| n.wrapping_mul(37) ^ 0xC5).collect()
    }

    #[test]
    fn exactly_one_bit_of_every_frame_is_turned_and_every_character_stays_one() {
        let sent = bytes();
        for frame in arrived(Fault::TurnedBit, &sent) {
            let differing = sent.iter().zip(&frame).map(|(a, b)| (a ^ b.1).count_ones());
            assert_eq!(frame.len(), sent.len());
            assert_eq!(differing.sum::<u32>(), 1);
        }
    }

    #[test]
    fn every_frame_has_one_pause_and_all_its_bytes() {
        let sent = bytes();
        for frame in arrived(Fault::Pause, &sent) {
            assert!(frame.iter().map(|(_, byte)| byte).eq(&sent));
            let pauses = frame.windows(2).filter(|pair| {
                let pause = pair[1].0.since(pair[0].0);
                pause > Time::from_us(5_000) && pause < Time::from_us(51_000)
            });
            assert_eq!(pauses.count(), 1);
        }
    }
}
