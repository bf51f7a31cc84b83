//! The frame boards pass along their chain (`firmware/CHAIN.md`), for a rig that plays a single
//! board's neighbours.
//!
//! The harness's own coder and decoder, written from that page and not from the firmware, so that
//! agreement of the two means something. It says what a frame states and judges nothing. It knows
//! no serial port: bytes come and go with their times.

use thiserror::Error;

mod receiver;

pub use receiver::{LONGEST_PAUSE, Receiver};

/// Rate of the chain, 8N1, idle high.
pub const BAUD: u64 = 115_200;
/// First byte of every frame.
const START: u8 = 0xC5;
/// The layout this is.
const LAYOUT: u8 = 1;
/// Bytes before the entries.
const HEADER: usize = 22;
/// Bytes of an entry and of the check.
const ENTRY: usize = 4;
const CHECK: usize = 2;
/// Bytes of the longest frame, with 255 cells.
const LONGEST: usize = HEADER + 255 * ENTRY + CHECK;
/// Coldest temperature an entry can state, °C, and its step.
const COLDEST_C: f64 = -64.0;
const STEP_C: f64 = 0.25;

/// What one board says of its cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Cell voltage in millivolts, 0 to 8191.
    pub millivolts: u16,
    /// Temperature in °C, −64 to 191.75 in steps of 0.25.
    pub celsius: f64,
    /// Whether the board balances.
    pub balancing: bool,
    /// Whether it was measured since the board last sent (`COMM-7`).
    pub fresh: bool,
}

/// The content of one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Raised by the Begin board with every frame, wraps.
    pub sequence: u8,
    /// DIP switches as read at power-up: bit 0 = switch 1, 1 = ON.
    pub dip: u8,
    /// V-balance in millivolts; 0 = balancing not active.
    pub v_balance_mv: u16,
    /// Mean currents of the last second in mA (24 bits, signed); `None` = the sensor is unknown.
    pub current_ma: [Option<i32>; 2],
    /// Charge through the sensors since power-up in mA·s, wrapping.
    pub charge_mas: [i32; 2],
    /// The cells, first to last, 1 to 255 of them.
    pub cells: Vec<Entry>,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// It does not begin with a frame's first byte.
    #[error("byte 0 is {0:#04x}, not {START:#04x}")]
    Start(u8),
    /// Another layout.
    #[error("layout {0}, only {LAYOUT} is known")]
    Layout(u8),
    /// Longer or shorter than its number of cells says.
    #[error("{bytes} bytes, {cells} cells take {expected}", expected = length(*cells))]
    Length {
        /// How many came.
        bytes: usize,
        /// Cells of the count byte.
        cells: u8,
    },
    /// The check is wrong.
    #[error("check is {found:#06x}, the bytes give {computed:#06x}")]
    Check {
        /// Over the bytes.
        computed: u16,
        /// What stood there.
        found: u16,
    },
}

/// Bytes of a frame with so many cells.
#[must_use]
pub const fn length(cells: u8) -> usize {
    HEADER + cells as usize * ENTRY + CHECK
}

impl Entry {
    fn word(self) -> u32 {
        let steps = ((self.celsius - COLDEST_C) / STEP_C).round();
        u32::from(self.millivolts.min(0x1FFF))
            | (steps.clamp(0.0, 1023.0) as u32) << 13
            | u32::from(self.balancing) << 23
            | u32::from(self.fresh) << 24
    }

    fn of_word(word: u32) -> Self {
        Self {
            millivolts: (word & 0x1FFF) as u16,
            celsius: f64::from(word >> 13 & 0x3FF) * STEP_C + COLDEST_C,
            balancing: word >> 23 & 1 == 1,
            fresh: word >> 24 & 1 == 1,
        }
    }
}

impl Frame {
    /// The frame's bytes, check included. A frame has 1 to 255 cells; what is more is left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let count = self.cells.len().min(255) as u8;
        let mut bytes = Vec::with_capacity(length(count));
        let known = self.current_ma.map(|current| u8::from(current.is_some()));
        bytes.extend([START, count, LAYOUT, self.sequence, self.dip]);
        bytes.push(known[0] | known[1] << 1);
        bytes.extend(self.v_balance_mv.to_le_bytes());
        for current in self.current_ma {
            bytes.extend(&current.unwrap_or(0).to_le_bytes()[..3]);
        }
        for charge in self.charge_mas {
            bytes.extend(charge.to_le_bytes());
        }
        for entry in &self.cells[..usize::from(count)] {
            bytes.extend(entry.word().to_le_bytes());
        }
        bytes.extend(check(&bytes).to_be_bytes());
        bytes
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When `bytes` are not exactly one whole frame with a right check.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
        if at(0) != START {
            return Err(FrameError::Start(at(0)));
        }
        let cells = at(1);
        if cells == 0 || bytes.len() != length(cells) {
            let bytes = bytes.len();
            return Err(FrameError::Length { bytes, cells });
        }
        if at(2) != LAYOUT {
            return Err(FrameError::Layout(at(2)));
        }
        let (content, tail) = bytes.split_at(bytes.len() - CHECK);
        let (computed, found) = (check(content), u16::from_be_bytes([tail[0], tail[1]]));
        if computed != found {
            return Err(FrameError::Check { computed, found });
        }
        let word = |from: usize| u32::from_le_bytes([0, 1, 2, 3].map(|k| at(from + k)));
        // 24 bits with their sign: shifted up to 32 and back.
        let current = |from: usize, bit: u8| {
            let signed = (word(from) << 8).cast_signed() >> 8;
            (at(5) >> bit & 1 == 1).then_some(signed)
        };
        let entries = content[HEADER..].chunks_exact(ENTRY);
        Ok(Self {
            sequence: at(3),
            dip: at(4),
            v_balance_mv: u16::from_le_bytes([at(6), at(7)]),
            current_ma: [current(8, 0), current(11, 1)],
            charge_mas: [word(14).cast_signed(), word(18).cast_signed()],
            cells: entries
                .map(|entry| {
                    Entry::of_word(u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]))
                })
                .collect(),
        })
    }
}

/// CRC-16/IBM-3740 over bytes 2 to the last entry and then byte 1.
fn check(content: &[u8]) -> u16 {
    let covered = content[2..].iter().chain(&content[1..2]);
    covered.fold(0xFFFF, |mut crc: u16, byte| {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let high = crc & 0x8000 != 0;
            crc = crc << 1 ^ if high { 0x1021 } else { 0 };
        }
        crc
    })
}
