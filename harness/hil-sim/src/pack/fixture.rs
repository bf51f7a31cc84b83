//! A single board in a fixture: the boards before it are played, and what it sends is read.
//!
//! The player speaks for every board before the real one, from the same stimuli that would reach
//! real boards: cell voltages and temperatures, sensors, DIP switches. It keeps to
//! `firmware/CHAIN.md` and shares no code with the firmware. It does not balance.

use std::collections::VecDeque;

use hil_core::chain_frame::{BAUD, Entry, Frame, Receiver};
use hil_core::ports::Sample;
use hil_mcu::Time;

use super::frame_faults::BIT_PS;
use super::line_reader::{LineReader, character};
use crate::board::{Board, Edge, Plug};

/// When the first frame is played, and how often.
const FIRST: Time = Time::from_us(300_000);
const PERIOD: Time = Time::from_us(1_000_000);
/// Bits of a character on the wire.
const CHARACTER_BITS: u64 = 10;
/// Above this the played Begin board takes the 500 A range, amperes (`CUR-1`).
const LOW_RANGE_AMPS: f64 = 20.0;
/// Largest current of a frame, mA: 24 bits with sign.
const MOST_MA: f64 = 8_388_607.0;

/// What stands around the only real board of a bank.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    /// Number of the real board, from 1.
    board: u16,
    next: Time,
    sequence: u8,
    charge_mas: [i32; 2],
    /// Edges of the frame that is being played.
    playing: VecDeque<Edge>,
    reader: LineReader,
    receiver: Receiver,
    samples: Vec<Sample>,
}

impl Fixture {
    /// Around board `board` (from 1) of a bank.
    pub(super) fn new(bank: u8, board: u16) -> Self {
        Self {
            board,
            next: FIRST,
            sequence: 0,
            charge_mas: [0; 2],
            playing: VecDeque::new(),
            reader: LineReader::upright(BAUD),
            receiver: Receiver::new(bank),
            samples: Vec::new(),
        }
    }

    /// Adds what the played boards send up to `until`; they are silent while one of them has no
    /// power.
    pub(super) fn play(&mut self, boards: &[Board], dip: u8, until: Time, edges: &mut Vec<Edge>) {
        let played = &boards[..usize::from(self.board) - 1];
        while !played.is_empty() && self.next <= until {
            let at = self.next;
            self.next = at + PERIOD;
            if played.iter().all(Board::is_connected) {
                let frame = self.frame(played, dip);
                for (n, byte) in (0..).zip(frame.encode()) {
                    let begin = at + Time(n * CHARACTER_BITS * BIT_PS);
                    character(begin, byte, BIT_PS, &mut self.playing);
                }
                self.receiver.given(frame);
            }
        }
        let ready = self.playing.partition_point(|(at, _)| *at <= until);
        edges.extend(self.playing.drain(..ready));
    }

    /// Takes what left the real board up to `until`.
    pub(super) fn read(&mut self, until: Time, edges: &mut Vec<Edge>) {
        let (receiver, samples) = (&mut self.receiver, &mut self.samples);
        let mut byte = |at: Time, byte| receiver.push(hil_core::Time(at.as_us()), byte, samples);
        for edge in edges.drain(..) {
            self.reader.edge(edge, &mut byte);
        }
        self.reader.advance(until, &mut byte);
    }

    /// Moves what was read since the last call to `out`.
    pub(crate) fn take_samples(&mut self, out: &mut Vec<Sample>) {
        out.append(&mut self.samples);
    }

    fn frame(&mut self, played: &[Board], dip: u8) -> Frame {
        let inputs = &played[0].circuit.inputs;
        let current_ma = [0, 1].map(|s| milliamps(inputs.plugs[s], inputs.sensor_amps[s]));
        for (charge, current) in self.charge_mas.iter_mut().zip(current_ma) {
            // A frame a second: milliamperes are milliampere-seconds.
            *charge = charge.wrapping_add(current.unwrap_or(0));
        }
        self.sequence = self.sequence.wrapping_add(1);
        Frame {
            sequence: self.sequence,
            dip,
            v_balance_mv: v_balance_mv(dip),
            current_ma,
            charge_mas: self.charge_mas,
            cells: played.iter().map(entry).collect(),
        }
    }
}

/// What a played board says of its cell: just what is at it.
fn entry(board: &Board) -> Entry {
    let inputs = &board.circuit.inputs;
    Entry {
        millivolts: (inputs.cell_volts * 1e3).round() as u16,
        celsius: (inputs.celsius * 4.0).round() / 4.0,
        balancing: false,
        fresh: true,
    }
}

fn milliamps(plug: Plug, amps: f64) -> Option<i32> {
    let [low, high] = plug.sensed(amps)?;
    let sensed = if low.abs() <= LOW_RANGE_AMPS {
        low
    } else {
        high
    };
    Some((sensed * 1e3).round().clamp(-MOST_MA, MOST_MA) as i32)
}

/// V-balance of DIP switches 4 (most significant) to 8, of which bit 3 to 7 of `dip` are ON
/// (`DIP-2`, `DIP-3`).
fn v_balance_mv(dip: u8) -> u16 {
    let code = (dip >> 3).reverse_bits() >> 3;
    if code == 0 {
        0
    } else {
        1800 + u16::from(code) * 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v_balance_is_that_of_the_manuals_table() {
        // Switches 4 to 8 as the manual writes them, switch 4 first.
        for (code, millivolts) in [
            (0b00000, 0),
            (0b00001, 1900),
            (0b01000, 2600),
            (0b10000, 3400),
            (0b10110, 4000),
            (0b11111, 4900),
        ] {
            let bits = (4..=8).filter(|s| code >> (8 - s) & 1 == 1);
            let dip = bits.fold(0b101, |dip: u8, switch| dip | 1 << (switch - 1));
            assert_eq!(v_balance_mv(dip), millivolts, "{code:05b}");
        }
    }

    #[test]
    fn an_offset_sensor_is_off_by_its_range() {
        assert_eq!(milliamps(Plug::Connected, 12.3456), Some(12_346));
        assert_eq!(milliamps(Plug::Inverted, 300.0), Some(-300_000));
        assert_eq!(milliamps(Plug::Offset, 10.0), Some(15_000));
        assert_eq!(milliamps(Plug::Offset, 100.0), Some(150_000));
        assert_eq!(milliamps(Plug::Broken, 10.0), None);
    }
}
