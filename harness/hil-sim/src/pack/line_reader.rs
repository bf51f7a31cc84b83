//! Bytes from the edges of the EXT OUT line: 9600 baud, 8N1, inverted (`U`).
//!
//! A byte with a wrong stop bit is dropped, as a UART with its error ignored by the reader would.

use hil_mcu::Time;

use crate::board::Edge;

/// Half a bit at 9600 baud, picoseconds.
const HALF_BIT_PS: u64 = 1_000_000_000_000 / 9600 / 2;
/// Start bit, eight data bits, stop bit.
const BITS: u64 = 10;

/// A receiver on the line.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineReader {
    /// Level of the connector; low is idle.
    high: bool,
    /// Begin of the character that is being received.
    start: Option<Time>,
    /// Bits of it that were sampled.
    sampled: u64,
    byte: u8,
}

impl LineReader {
    /// Takes an edge; gives completed bytes, each with the middle of its stop bit, to `byte`.
    pub(crate) fn edge(&mut self, (at, high): Edge, byte: &mut impl FnMut(Time, u8)) {
        self.advance(at, byte);
        let begins = high && !self.high && self.start.is_none();
        self.high = high;
        if begins {
            self.start = Some(at);
            self.sampled = 0;
        }
    }

    /// Samples what is due before `until`.
    pub(crate) fn advance(&mut self, until: Time, byte: &mut impl FnMut(Time, u8)) {
        while let Some(start) = self.start {
            let at = start + Time(HALF_BIT_PS * (2 * self.sampled + 1));
            if at >= until {
                return;
            }
            self.sample();
            if self.sampled == BITS {
                self.start = None;
                if !self.high {
                    byte(at, self.byte);
                }
            }
        }
    }

    fn sample(&mut self) {
        let one = !self.high;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The connector while `byte` is sent from `at` on, at `bit_ps` per bit.
    fn send(at: u64, byte: u8, bit_ps: u64) -> Vec<Edge> {
        let levels = u16::from(byte) << 1 | 1 << 9;
        let mut edges = Vec::new();
        let mut high = false;
        for bit in 0..10 {
            let now_high = levels >> bit & 1 == 0;
            if now_high != high {
                edges.push((Time(at + bit * bit_ps), now_high));
                high = now_high;
            }
        }
        edges
    }

    fn read(edges: &[Edge]) -> Vec<u8> {
        let mut reader = LineReader::default();
        let mut bytes = Vec::new();
        for edge in edges {
            reader.edge(*edge, &mut |_, byte| bytes.push(byte));
        }
        reader.advance(Time::NEVER, &mut |_, byte| bytes.push(byte));
        bytes
    }

    #[test]
    fn every_byte_reads_back_at_both_ends_of_the_clock_tolerance() {
        let nominal = 2 * HALF_BIT_PS;
        for bit_ps in [nominal * 98 / 100, nominal, nominal * 102 / 100] {
            for byte in 0..=255 {
                assert_eq!(read(&send(77, byte, bit_ps)), [byte]);
            }
        }
    }

    #[test]
    fn bytes_back_to_back_stay_apart() {
        let bit = 2 * HALF_BIT_PS;
        let edges: Vec<Edge> = (0..3)
            .flat_map(|n| send(n * 10 * bit, 0x55 + n as u8, bit))
            .collect();
        assert_eq!(read(&edges), [0x55, 0x56, 0x57]);
    }

    #[test]
    fn a_spike_and_a_line_held_active_give_no_byte() {
        for end in [Time(20), Time(3_000_000_000)] {
            assert!(read(&[(Time(10), true), (end, false)]).is_empty());
        }
    }
}
