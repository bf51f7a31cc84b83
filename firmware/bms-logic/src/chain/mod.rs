//! The chain: a one-way link on which every board adds its own cell to a frame that starts at the Begin board.
//!
//! `CHAIN.md` at the root of the firmware describes the frame for people and for test fixtures; the tests here hold the
//! example printed there. This module knows no UART: groups of four bytes come in and go out through [`ChainPort`].

mod crc;
mod frame;
mod header;
mod receiver;

pub use crc::{CRC_POLYNOMIAL, CRC_START, Crc};
pub use frame::{Frame, MOST_GROUPS};
pub use header::{FrameStart, HEADER_LEN, Header, SYNC, VERSION, first_frame};
pub use receiver::{ChainPort, Event, Receiver};

/// Bytes of one cell's entry.
pub const ENTRY_LEN: usize = 4;

/// Bytes of the check at the end.
pub const CRC_LEN: usize = 2;

/// Bytes that are received, forwarded and sent at a time; every frame is a whole number of groups.
pub const GROUP_LEN: usize = 4;
const _: () = assert!((HEADER_LEN + CRC_LEN).is_multiple_of(GROUP_LEN) && ENTRY_LEN == GROUP_LEN);

/// Cells in the longest chain (`PACK-1`).
pub const MOST_CELLS: usize = 255;

#[cfg(test)]
mod tests;
