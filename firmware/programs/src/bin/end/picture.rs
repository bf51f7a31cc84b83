//! Collects the chain frame byte by byte and hands it to main code when it is complete and valid.

use bms_logic::cell::CellWord;
use bms_logic::chain::{ChainPort, Event, Frame, MOST_GROUPS, Receiver};
use board::chip::interrupt;
use board::shared::IrqCell;
use board::{chain_in, crc, sleep};
use core::sync::atomic::{AtomicBool, Ordering};

static RECEIVER: IrqCell<Receiver> = IrqCell::new(Receiver::new());
static GROUPS: IrqCell<Groups> = IrqCell::new(Groups {
    kept: [0; MOST_GROUPS],
    len: 0,
});
static COMPLETE: AtomicBool = AtomicBool::new(false);

struct Groups {
    kept: [u32; MOST_GROUPS],
    len: usize,
}

/// Keeps what comes in.
struct Keep<'a>(&'a mut Groups);

impl ChainPort for Keep<'_> {
    fn start(&mut self) {
        self.0.len = 0;
    }

    fn crc_set(&mut self, state: u16) {
        crc::set(state);
    }

    #[inline(always)]
    fn crc_feed(&mut self, byte: u8) {
        crc::feed(byte);
    }

    #[inline(always)]
    fn crc_feed_group(&mut self, group: u32) {
        crc::feed_group(group);
    }

    fn crc(&self) -> u16 {
        crc::state()
    }

    #[inline(always)]
    fn pass(&mut self, group: u32) {
        let at = self.0.len;
        if let Some(kept) = self.0.kept.get_mut(at) {
            *kept = group;
            self.0.len = at + 1;
        }
    }

    fn finish(&mut self, groups: [u32; 2]) {
        for group in groups {
            self.pass(group);
        }
    }

    fn take_own_entry(&mut self) -> CellWord {
        chain_in::take_own_entry()
    }
}

#[interrupt]
fn USART3_USART4_LPUART1() {
    // SAFETY: in an interrupt handler.
    let (receiver, groups) = unsafe { (RECEIVER.borrow(), GROUPS.borrow()) };
    if chain_in::on_interrupt(receiver, &mut Keep(groups)) == Some(Event::Valid) {
        // The frame is main code's until it has been taken; whatever the line brings meanwhile is not heard.
        chain_in::listen(false);
        COMPLETE.store(true, Ordering::Relaxed);
        sleep::wake();
    }
}

/// Whether a valid frame waits.
pub fn is_complete() -> bool {
    COMPLETE.load(Ordering::Relaxed)
}

/// Gives the waiting frame, whose last cell is this board's own, to `f`, and listens again.
pub fn take<R>(f: impl FnOnce(&Frame<'_>) -> R) -> Option<R> {
    COMPLETE.store(false, Ordering::Relaxed);
    // SAFETY: the receive interrupt leaves the groups alone until `listen`.
    let groups = unsafe { GROUPS.borrow() };
    let result = Frame::new(&groups.kept[..groups.len]).map(|frame| f(&frame));
    chain_in::listen(true);
    result
}
