//! Collects the chain frame byte by byte and hands it to main code when it is complete and valid.

use bms_logic::cell::CellWord;
use bms_logic::chain::{
    CRC_LEN, ChainPort, ENTRY_LEN, Event, HEADER_LEN, Header, MOST_CELLS, Receiver,
};
use board::chip::interrupt;
use board::shared::IrqCell;
use board::{chain_in, crc, sleep};
use core::sync::atomic::{AtomicBool, Ordering};

/// The longest frame, this board's own entry and check included, in words.
const WORDS: usize = (HEADER_LEN + MOST_CELLS * ENTRY_LEN + CRC_LEN).div_ceil(4);

/// Entries begin on a word, so main code reads them without copying.
const HEADER_WORDS: usize = HEADER_LEN / 4;
const _: () = assert!(HEADER_LEN.is_multiple_of(4) && ENTRY_LEN == 4);

static RECEIVER: IrqCell<Receiver> = IrqCell::new(Receiver::new());
static FRAME: IrqCell<Frame> = IrqCell::new(Frame {
    words: [0; WORDS],
    len: 0,
});
static COMPLETE: AtomicBool = AtomicBool::new(false);

struct Frame {
    words: [u32; WORDS],
    len: usize,
}

/// Keeps what comes in.
struct Keep<'a>(&'a mut Frame);

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

    fn crc(&self) -> u16 {
        crc::state()
    }

    #[inline(always)]
    fn entry_byte(&mut self, byte: u8) {
        let at = self.0.len;
        if at < WORDS * 4 {
            // SAFETY: within the words, whose bytes may all be written.
            unsafe { self.0.words.as_mut_ptr().cast::<u8>().add(at).write(byte) };
            self.0.len = at + 1;
        }
    }

    fn append(&mut self, byte: u8) {
        self.entry_byte(byte);
    }

    fn take_own_entry(&mut self) -> CellWord {
        chain_in::take_own_entry()
    }
}

#[interrupt]
fn USART3_USART4_LPUART1() {
    // SAFETY: in an interrupt handler.
    let (receiver, frame) = unsafe { (RECEIVER.borrow(), FRAME.borrow()) };
    if chain_in::on_interrupt(receiver, &mut Keep(frame)) == Some(Event::Valid) {
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

/// Gives the waiting frame, whose last entry is this board's own, to `f`, and listens again.
pub fn take<R>(f: impl FnOnce(&Header, &[u32]) -> R) -> R {
    COMPLETE.store(false, Ordering::Relaxed);
    // SAFETY: the receive interrupt, which alone uses the frame, is off until `listen`.
    let frame = unsafe { FRAME.borrow() };
    let mut head = [0; HEADER_LEN];
    for (bytes, word) in head.chunks_exact_mut(4).zip(&frame.words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    let header = Header::decode(&head);
    let entries = &frame.words[HEADER_WORDS..][..usize::from(header.count)];
    let result = f(&header, entries);
    chain_in::listen(true);
    result
}
