//! The chain's receiving end, LPUART1 at 115200 baud, of Between and End boards.
//!
//! Its FIFO collects a group of four bytes before it interrupts: that quarters the number of interrupts, and main code may
//! stop them for four bytes' time. Every frame is a whole number of groups; when the line falls silent, what is left of a
//! broken one is thrown away.

use crate::{chip, crc, pins};
use bms_logic::cell::{CellWord, Reading};
use bms_logic::chain::{ChainPort, Event, Receiver};
use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::NVIC;

/// 256 × 16 MHz / 115200 (RM0444 §34.4.7).
const BAUD_DIVIDER: u32 = 35_556;

/// ISR bits (RM0444 §34.7.7): framing error, noise, overrun; idle line; a byte, a group is there.
const ERRORS: u32 = 1 << 1 | 1 << 2 | 1 << 3;
const IDLE: u32 = 1 << 4;
const RXFNE: u32 = 1 << 5;
const RXFT: u32 = 1 << 26;

/// CR3: an interrupt (RXFTIE) for a FIFO threshold (RXFTCFG) of half its eight bytes (RM0444 §34.7.4).
const GROUP_INTERRUPT: u32 = 1 << 28 | 0b010 << 25;

/// The own measurement, a [`Reading`].
static OWN_CELL: AtomicU32 = AtomicU32::new(0);

/// Publishes the own measurement for the next frame.
pub fn set_own_cell(reading: Reading) {
    OWN_CELL.store(reading.0, Ordering::Relaxed);
}

/// From a [`ChainPort`]: takes the own measurement; it is not fresh a second time (`COMM-7`).
pub fn take_own_entry() -> CellWord {
    let reading = Reading(OWN_CELL.load(Ordering::Relaxed));
    OWN_CELL.store(reading.sent().0, Ordering::Relaxed);
    reading.entry()
}

/// Starts the receiver.
pub fn start(chip: &chip::Peripherals) {
    crc::init(chip);
    pins::chain_in(chip);
    let lpuart = &chip.LPUART;
    // SAFETY: the divider for 16 MHz.
    lpuart.brr().write(|w| unsafe { w.bits(BAUD_DIVIDER) });
    // SAFETY: fields of RM0444 §34.7.4.
    lpuart.cr3().write(|w| unsafe { w.bits(GROUP_INTERRUPT) });
    lpuart.cr1().write(|w| {
        w.fifoen()
            .set_bit()
            .re()
            .set_bit()
            .ue()
            .set_bit()
            .idleie()
            .set_bit()
    });
    listen(true);
}

/// Turns the receive interrupt on or off. Bytes that find the FIFO full meanwhile are lost, which spoils their frame.
pub fn listen(on: bool) {
    let interrupt = chip::Interrupt::USART3_USART4_LPUART1;
    if on {
        // SAFETY: the handler's state is static and complete.
        unsafe { NVIC::unmask(interrupt) };
    } else {
        NVIC::mask(interrupt);
    }
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
    if status & (ERRORS | IDLE | RXFT) == RXFT {
        return receiver.on_group(read_group(), port);
    }
    on_unusual(status, receiver, port)
}

#[inline(always)]
fn read_group() -> u32 {
    let byte = || lpuart().rdr().read().bits();
    byte() | byte() << 8 | byte() << 16 | byte() << 24
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
    if status & RXFT != 0 {
        return receiver.on_group(read_group(), port);
    }
    if status & IDLE == 0 {
        return None;
    }
    while lpuart().isr().read().bits() & RXFNE != 0 {
        lpuart().rdr().read();
    }
    receiver.on_idle()
}
