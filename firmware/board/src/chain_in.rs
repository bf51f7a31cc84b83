//! The chain's receiving end, LPUART1 at 115200 baud, of Between and End boards.

use crate::{chip, crc, pins};
use bms_logic::cell::CellWord;
use bms_logic::chain::{ChainPort, Event, Receiver};
use core::sync::atomic::{AtomicU32, Ordering};

/// 256 × 16 MHz / 115200 (RM0444 §34.4.7).
const BAUD_DIVIDER: u32 = 35_556;

/// ISR bits (RM0444 §34.7.7): framing error, noise, overrun; idle line; a byte is there.
const ERRORS: u32 = 1 << 1 | 1 << 2 | 1 << 3;
const IDLE: u32 = 1 << 4;
const RXNE: u32 = 1 << 5;

/// The own entry as it will be sent; [`CellWord`] packed.
static OWN_ENTRY: AtomicU32 = AtomicU32::new(0);

/// Publishes the own measurement for the next frame.
pub fn set_own_entry(word: CellWord) {
    OWN_ENTRY.store(word.0, Ordering::Relaxed);
}

/// From a [`ChainPort`]: takes the own measurement; it is not fresh a second time (`COMM-7`).
pub fn take_own_entry() -> CellWord {
    let word = CellWord(OWN_ENTRY.load(Ordering::Relaxed));
    OWN_ENTRY.store(word.sent().0, Ordering::Relaxed);
    word
}

/// Starts the receiver.
pub fn start(chip: &chip::Peripherals) {
    crc::init(chip);
    pins::chain_in(chip);
    // SAFETY: the divider for 16 MHz.
    chip.LPUART.brr().write(|w| unsafe { w.bits(BAUD_DIVIDER) });
    listen(true);
    // SAFETY: the handler's state is static and complete.
    unsafe { cortex_m::peripheral::NVIC::unmask(chip::Interrupt::USART3_USART4_LPUART1) };
}

/// Turns the receive interrupts on or off. Bytes that come while they are off are lost, which spoils their frame.
pub fn listen(on: bool) {
    lpuart().cr1().write(|w| {
        w.ue()
            .set_bit()
            .re()
            .set_bit()
            .rxneie()
            .bit(on)
            .idleie()
            .bit(on)
    });
}

#[inline(always)]
fn lpuart() -> &'static chip::lpuart::RegisterBlock {
    // SAFETY: the receiver belongs to this module.
    unsafe { &*chip::LPUART::ptr() }
}

/// The handler of LPUART1: feeds the receiver and says what came of it.
#[inline(always)]
pub fn on_interrupt(receiver: &mut Receiver, port: &mut impl ChainPort) -> Option<Event> {
    let status = lpuart().isr().read().bits();
    if status & (ERRORS | IDLE | RXNE) == RXNE {
        let byte = lpuart().rdr().read().bits() as u8;
        return receiver.on_byte(byte, port);
    }
    on_unusual(status, receiver, port)
}

#[cold]
#[inline(never)]
fn on_unusual(status: u32, receiver: &mut Receiver, port: &mut impl ChainPort) -> Option<Event> {
    // SAFETY: ICR has the same bits as ISR; writing them clears exactly these flags.
    lpuart()
        .icr()
        .write(|w| unsafe { w.bits(status & (ERRORS | IDLE)) });
    if status & ERRORS != 0 {
        receiver.on_error();
    }
    if status & RXNE != 0 {
        let byte = lpuart().rdr().read().bits() as u8;
        return receiver.on_byte(byte, port);
    }
    if status & IDLE != 0 {
        return receiver.on_idle();
    }
    None
}
