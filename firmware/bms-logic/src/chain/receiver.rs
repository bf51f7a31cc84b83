//! Takes the chain frame byte by byte: forwards it, adds the own entry, and says when a valid frame is complete.
//!
//! The same code runs in the Between boards, which forward, and in the End board, which keeps: the difference is the
//! [`ChainPort`]. It runs in the receive interrupt, so an entry's byte takes the shortest way.
//!
//! The CRC covers the frame from the version byte on, and the count last, although the count stands second: so one
//! running CRC serves both the frame that came in and the one that goes out, which differ in nothing else but the end.

use super::{CRC_START, ENTRY_LEN, HEADER_LEN, SYNC, VERSION};
use crate::cell::CellWord;

/// What the receiver needs from the board.
pub trait ChainPort {
    /// A frame begins: its bytes follow.
    fn start(&mut self);
    /// Sets the CRC unit to a state.
    fn crc_set(&mut self, state: u16);
    /// Feeds the CRC unit one byte.
    fn crc_feed(&mut self, byte: u8);
    /// The CRC unit's state.
    fn crc(&self) -> u16;
    /// A byte of the header or of an entry of a board before this one: to be passed on or kept.
    fn entry_byte(&mut self, byte: u8);
    /// A byte that this board adds.
    fn append(&mut self, byte: u8);
    /// The own entry, taken once per frame.
    fn take_own_entry(&mut self) -> CellWord;
}

/// What a byte or a pause brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A frame is complete and its check is right.
    Valid,
    /// A frame was wrong: bad check, receive error, or broken off. Its content must not be used (`COMM-6`).
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The next byte may start a frame.
    Idle,
    /// Byte `0..HEADER_LEN` of the header comes next.
    Header(u8),
    /// Bytes of entries are left.
    Entries,
    /// The first byte of the check comes next.
    CrcHigh,
    /// The second one.
    CrcLow,
    /// Nothing is accepted until the line has been idle.
    Skip,
}

/// The state of the receiver.
#[derive(Debug)]
pub struct Receiver {
    entry_bytes_left: u16,
    phase: Phase,
    spoilt: bool,
    expected_crc: u16,
    sent_crc: u16,
    header: [u8; HEADER_LEN],
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

impl Receiver {
    /// A receiver that waits for a frame.
    pub const fn new() -> Self {
        Self {
            entry_bytes_left: 0,
            phase: Phase::Idle,
            spoilt: false,
            expected_crc: 0,
            sent_crc: 0,
            header: [0; HEADER_LEN],
        }
    }

    /// The header of the frame; meaningful after [`Event::Valid`] until the next byte. Its count is the sender's.
    pub const fn header(&self) -> &[u8; HEADER_LEN] {
        &self.header
    }

    /// Takes a byte that was received without an error.
    #[inline(always)]
    pub fn on_byte(&mut self, byte: u8, port: &mut impl ChainPort) -> Option<Event> {
        let left = self.entry_bytes_left;
        if left > 1 {
            self.entry_bytes_left = left - 1;
            port.crc_feed(byte);
            port.entry_byte(byte);
            return None;
        }
        self.on_other_byte(byte, port)
    }

    /// A receive error (framing, noise, overrun): the running frame is spoilt, but stays in step with its neighbours.
    pub fn on_error(&mut self) {
        self.spoilt = true;
    }

    /// The line was idle for a byte's time: a frame that is not complete has broken off.
    pub fn on_idle(&mut self) -> Option<Event> {
        let was = core::mem::replace(&mut self.phase, Phase::Idle);
        self.entry_bytes_left = 0;
        self.spoilt = false;
        (was != Phase::Idle).then_some(Event::Broken)
    }

    #[inline(never)]
    fn on_other_byte(&mut self, byte: u8, port: &mut impl ChainPort) -> Option<Event> {
        match self.phase {
            Phase::Idle => self.on_first(byte, port),
            Phase::Header(at) => self.on_header(at, byte, port),
            Phase::Entries => {
                self.entry_bytes_left = 0;
                port.crc_feed(byte);
                port.entry_byte(byte);
                self.add_own(port);
            }
            Phase::CrcHigh => {
                self.spoilt |= byte != self.expected_crc.to_be_bytes()[0];
                self.phase = Phase::CrcLow;
            }
            Phase::CrcLow => {
                self.spoilt |= byte != self.expected_crc.to_be_bytes()[1];
                self.phase = Phase::Idle;
                return Some(self.finish(port));
            }
            Phase::Skip => {}
        }
        None
    }

    fn on_first(&mut self, byte: u8, port: &mut impl ChainPort) {
        if byte != SYNC {
            self.phase = Phase::Skip;
            return;
        }
        port.start();
        port.crc_set(CRC_START);
        port.entry_byte(byte);
        self.spoilt = false;
        self.header[0] = byte;
        self.phase = Phase::Header(1);
    }

    fn on_header(&mut self, at: u8, byte: u8, port: &mut impl ChainPort) {
        self.header[usize::from(at)] = byte;
        match at {
            // The count is raised here, and counts in the CRC at the end.
            1 if byte == 0 || byte == u8::MAX => self.phase = Phase::Skip,
            1 => {
                port.entry_byte(byte + 1);
                self.phase = Phase::Header(2);
            }
            2 if byte != VERSION => self.phase = Phase::Skip,
            _ => {
                port.crc_feed(byte);
                port.entry_byte(byte);
                if usize::from(at) + 1 < HEADER_LEN {
                    self.phase = Phase::Header(at + 1);
                } else {
                    self.entry_bytes_left = u16::from(self.header[1]) * ENTRY_LEN as u16;
                    self.phase = Phase::Entries;
                }
            }
        }
    }

    /// Everything of the neighbours is there: what their CRC must be, the own entry, and the own CRC.
    fn add_own(&mut self, port: &mut impl ChainPort) {
        let count = self.header[1];
        let running = port.crc();
        port.crc_feed(count);
        self.expected_crc = port.crc();
        port.crc_set(running);
        for byte in port.take_own_entry().0.to_le_bytes() {
            port.crc_feed(byte);
            port.append(byte);
        }
        port.crc_feed(count + 1);
        self.sent_crc = port.crc();
        self.phase = Phase::CrcHigh;
    }

    /// Sends the own check: a wrong one if the frame came in wrong, so that nobody after this board uses it.
    fn finish(&mut self, port: &mut impl ChainPort) -> Event {
        let spoilt = core::mem::take(&mut self.spoilt);
        let crc = if spoilt {
            !self.sent_crc
        } else {
            self.sent_crc
        };
        for byte in crc.to_be_bytes() {
            port.append(byte);
        }
        if spoilt { Event::Broken } else { Event::Valid }
    }
}
