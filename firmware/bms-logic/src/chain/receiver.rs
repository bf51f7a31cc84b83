//! Takes the chain frame in groups of four bytes: passes it on, adds the own entry, and says when a valid one is complete.
//!
//! The same code runs in the Between boards, which forward, and in the End board, which keeps: the difference is the
//! [`ChainPort`]. It runs in the receive interrupt, so a group from the middle of the frame takes the shortest way.
//!
//! The CRC covers the frame from the version byte on, and the count last, although the count stands second: so one
//! running CRC serves both the frame that came in and the one that goes out, which differ in nothing else but the end.

use super::header::v_balance_of_group;
use super::{CRC_LEN, CRC_START, GROUP_LEN, HEADER_LEN, SYNC, VERSION};
use crate::cell::CellWord;

/// Groups after the first two of a frame without cells; every cell is one more.
const GROUPS_AFTER_SECOND: u16 = ((HEADER_LEN + CRC_LEN) / GROUP_LEN) as u16 - 2;

/// What the receiver needs from the board. A group's first byte stands in its low bits.
pub trait ChainPort {
    /// A frame begins.
    fn start(&mut self);
    /// Sets the CRC unit to a state.
    fn crc_set(&mut self, state: u16);
    /// Feeds the CRC unit one byte.
    fn crc_feed(&mut self, byte: u8);
    /// Feeds the CRC unit a group.
    fn crc_feed_group(&mut self, group: u32);
    /// The CRC unit's state.
    fn crc(&self) -> u16;
    /// A group of the frame as it leaves this board, but the last two: to be sent or kept.
    fn pass(&mut self, group: u32);
    /// The last two groups, which hold what this board adds.
    fn finish(&mut self, groups: [u32; 2]);
    /// The own entry, taken once per frame.
    fn take_own_entry(&mut self) -> CellWord;
}

/// What a group or a pause brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A frame is complete and its check is right.
    Valid,
    /// A frame was wrong: bad check, receive error, or broken off. Its content must not be used (`COMM-6`).
    Broken,
}

/// What the next group is, when it is not one from the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first one of a frame.
    First,
    /// The second one.
    Second,
    /// The last one, once no group from the middle is left.
    Last,
    /// Nothing is accepted until the line has been idle.
    Skip,
}

/// The state of the receiver.
#[derive(Debug)]
pub struct Receiver {
    /// Groups to come after the second, the last one included.
    groups_left: u16,
    phase: Phase,
    spoilt: bool,
    count: u8,
    second: u32,
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
            groups_left: 0,
            phase: Phase::First,
            spoilt: false,
            count: 0,
            second: 0,
        }
    }

    /// Cells before this board; meaningful after [`Event::Valid`] until the next group.
    pub const fn cells_before(&self) -> u8 {
        self.count
    }

    /// V-balance in mV, if balancing is active; meaningful after [`Event::Valid`] until the next group.
    pub fn v_balance_mv(&self) -> Option<u16> {
        v_balance_of_group(self.second)
    }

    /// Takes four bytes that were received without an error.
    #[inline(always)]
    pub fn on_group(&mut self, group: u32, port: &mut impl ChainPort) -> Option<Event> {
        let left = self.groups_left;
        if left > 1 {
            self.groups_left = left - 1;
            port.crc_feed_group(group);
            port.pass(group);
            return None;
        }
        self.on_other_group(group, port)
    }

    /// A receive error (framing, noise, overrun): the running frame is spoilt, but stays in step with its neighbours.
    pub fn on_error(&mut self) {
        self.spoilt = true;
    }

    /// The line was idle for a byte's time: a frame that is not complete has broken off.
    pub fn on_idle(&mut self) -> Option<Event> {
        let was = core::mem::replace(&mut self.phase, Phase::First);
        self.groups_left = 0;
        (was != Phase::First).then_some(Event::Broken)
    }

    #[inline(never)]
    fn on_other_group(&mut self, group: u32, port: &mut impl ChainPort) -> Option<Event> {
        match self.phase {
            Phase::First => self.on_first(group, port),
            Phase::Second => self.on_second(group, port),
            Phase::Last => return Some(self.on_last(group, port)),
            Phase::Skip => {}
        }
        None
    }

    fn on_first(&mut self, group: u32, port: &mut impl ChainPort) {
        let [sync, count, version, sequence] = group.to_le_bytes();
        self.spoilt = false;
        if sync != SYNC || version != VERSION || count == 0 || count == u8::MAX {
            self.phase = Phase::Skip;
            return;
        }
        self.count = count;
        port.start();
        port.crc_set(CRC_START);
        port.crc_feed(version);
        port.crc_feed(sequence);
        port.pass(u32::from_le_bytes([sync, count + 1, version, sequence]));
        self.phase = Phase::Second;
    }

    fn on_second(&mut self, group: u32, port: &mut impl ChainPort) {
        self.second = group;
        port.crc_feed_group(group);
        port.pass(group);
        self.groups_left = GROUPS_AFTER_SECOND + u16::from(self.count);
        self.phase = Phase::Last;
    }

    /// The end of the last entry and the check: what it must be, then the own entry and the own check. The own check is a
    /// wrong one if the frame came in wrong, so that nobody after this board uses it.
    fn on_last(&mut self, group: u32, port: &mut impl ChainPort) -> Event {
        self.groups_left = 0;
        self.phase = Phase::First;
        let [entry_2, entry_3, check @ ..] = group.to_le_bytes();
        port.crc_feed(entry_2);
        port.crc_feed(entry_3);
        let running = port.crc();
        port.crc_feed(self.count);
        let right = port.crc() == u16::from_be_bytes(check) && !self.spoilt;
        port.crc_set(running);
        let own = port.take_own_entry().0;
        port.crc_feed_group(own);
        port.crc_feed(self.count + 1);
        let crc = if right { port.crc() } else { !port.crc() };
        let own = own.to_le_bytes();
        let crc = crc.to_be_bytes();
        port.finish([
            u32::from_le_bytes([entry_2, entry_3, own[0], own[1]]),
            u32::from_le_bytes([own[2], own[3], crc[0], crc[1]]),
        ]);
        if right { Event::Valid } else { Event::Broken }
    }
}
