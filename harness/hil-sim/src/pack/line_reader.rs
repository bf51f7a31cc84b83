//! Bytes from the edges of a serial line and back: 8N1, least significant bit first, at any rate.
//!
//! A byte with a wrong stop bit is dropped, as a UART with its error ignored by the reader would.

use hil_mcu::Time;

use crate::board::Edge;

/// Picoseconds in a second.
pub(super) const SECOND_PS: u64 = 1_000_000_000_000;
/// Start bit, eight data bits, stop bit.
pub(super) const BITS: u64 = 10;

/// A receiver on the line.
#[derive(Clone, Debug)]
pub(crate) struct LineReader {
    /// Half a bit, picoseconds.
    half_bit_ps: u64,
    /// The level of an idle line.
    idle: bool,
    high: bool,
    /// Begin of the character that is being received.
    start: Option<Time>,
    /// Bits of it that were sampled.
    sampled: u64,
    byte: u8,
}

impl LineReader {
    /// For a line that idles high.
    pub(crate) const fn upright(baud: u64) -> Self {
        Self::new(baud, true)
    }

    /// For a line that idles low, as EXT OUT does (`U`).
    pub(crate) const fn inverted(baud: u64) -> Self {
        Self::new(baud, false)
    }

    const fn new(baud: u64, idle: bool) -> Self {
        Self {
            half_bit_ps: SECOND_PS / baud / 2,
            idle,
            high: idle,
            start: None,
            sampled: 0,
            byte: 0,
        }
    }

    /// Takes an edge; gives completed bytes, each with the middle of its stop bit, to `byte`.
    pub(crate) fn edge(&mut self, (at, high): Edge, byte: &mut impl FnMut(Time, u8)) {
        self.advance(at, byte);
        let begins = high != self.idle && self.high == self.idle && self.start.is_none();
        self.high = high;
        if begins {
            self.start = Some(at);
            self.sampled = 0;
        }
    }

    /// Samples what is due before `until`.
    pub(crate) fn advance(&mut self, until: Time, byte: &mut impl FnMut(Time, u8)) {
        while let Some(start) = self.start {
            let at = start + Time(self.half_bit_ps * (2 * self.sampled + 1));
            if at >= until {
                return;
            }
            self.sample();
            if self.sampled == BITS {
                self.start = None;
                if self.high == self.idle {
                    byte(at, self.byte);
                }
            }
        }
    }

    fn sample(&mut self) {
        let one = self.high == self.idle;
        match self.sampled {
            0 if one => {
                self.start = None;
                return;
            }
            1..=8 => self.byte = self.byte >> 1 | u8::from(one) << 7,
            _ => {}
        }
        self.sampled += 1;
    }
}

/// Adds the edges of one byte, sent from `at` on over a line that idles high.
pub(crate) fn character(at: Time, byte: u8, bit_ps: u64, edges: &mut impl Extend<Edge>) {
    let levels = u16::from(byte) << 1 | 1 << 9;
    let mut high = true;
    for bit in 0..BITS {
        let level = levels >> bit & 1 == 1;
        if level != high {
            edges.extend([(at + Time(bit * bit_ps), level)]);
            high = level;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Half a bit at 9600 baud.
    const HALF_BIT_PS: u64 = SECOND_PS / 9600 / 2;

    /// An inverted line while `byte` is sent from `at` on, at `bit_ps` per bit.
    fn send(at: u64, byte: u8, bit_ps: u64) -> Vec<Edge> {
        let mut edges = Vec::new();
        character(Time(at), byte, bit_ps, &mut edges);
        edges.iter_mut().for_each(|(_, high)| *high = !*high);
        edges
    }

    fn read(edges: &[Edge]) -> Vec<u8> {
        let mut reader = LineReader::inverted(9600);
        let mut bytes = Vec::new();
        for edge in edges {
            reader.edge(*edge, &mut |_, byte| bytes.push(byte));
        }
        reader.advance(Time::NEVER, &mut |_, byte| bytes.push(byte));
        bytes
    }

    proptest! {
        #[test]
        fn bytes_read_back_over_the_whole_clock_tolerance_with_any_gaps(
            bytes in vec((any::<u8>(), 0_u64..1_000_000_000), 0..80),
            per_mille in 980_u64..=1020,
        ) {
            let bit_ps = 2 * HALF_BIT_PS * per_mille / 1000;
            let mut at = 0;
            let mut edges = Vec::new();
            for (byte, gap) in &bytes {
                edges.extend(send(at, *byte, bit_ps));
                at += 10 * bit_ps + gap;
            }
            let sent: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
            prop_assert_eq!(read(&edges), sent);
        }

        #[test]
        fn any_edges_give_no_more_bytes_than_there_is_time_for(
            steps in vec((0_u64..2_000_000_000, any::<bool>()), 0..200),
        ) {
            let mut at = 0;
            let edges: Vec<Edge> = steps
                .iter()
                .map(|(step, high)| {
                    at += step;
                    (Time(at), *high)
                })
                .collect();
            let most = at / (19 * HALF_BIT_PS) + 1;
            prop_assert!(read(&edges).len() as u64 <= most);
        }
    }

    #[test]
    fn a_spike_and_a_line_held_active_give_no_byte() {
        for end in [Time(20), Time(3_000_000_000)] {
            assert!(read(&[(Time(10), true), (end, false)]).is_empty());
        }
    }
}
