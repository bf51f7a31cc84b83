//! The chain: a one-way link on which every board adds its own cell to a frame that starts at the Begin board.
//!
//! `CHAIN.md` at the root of the firmware describes the frame for people and for test fixtures; the tests here hold the
//! example printed there. This module knows no UART: bytes come in one by one and go out through [`ChainPort`].

mod crc;
mod header;
mod receiver;

pub use crc::{CRC_POLYNOMIAL, CRC_START, Crc};
pub use header::{CurrentField, FrameStart, HEADER_LEN, Header, SYNC, VERSION, first_frame};
pub use receiver::{ChainPort, Event, Receiver};

/// Bytes of one cell's entry.
pub const ENTRY_LEN: usize = 4;

/// Bytes of the check at the end.
pub const CRC_LEN: usize = 2;

/// Cells in the longest chain (`PACK-1`).
pub const MOST_CELLS: usize = 255;

#[cfg(test)]
mod tests;
