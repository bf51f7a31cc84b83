//! The chain's sending end, USART1 at 115200 baud, of Begin and Between boards.
//!
//! A forwarded byte goes out at once while the line keeps up. A board whose clock is slow against its neighbour falls
//! behind by up to 2 %, 21 bytes in the longest frame; a ring holds them. It is emptied with each byte that comes in, and
//! by the transmit interrupt only at the end of the frame.

use crate::{chip, pins, shared::IrqCell};

/// 16 MHz / 115200.
const BAUD_DIVIDER: u32 = 139;

/// ISR bit: the data register takes a byte (RM0444 §33.8.9).
const TXE: u32 = 1 << 7;

/// A power of two, above 21 bytes of delay plus this board's own 6, and above the Begin board's whole frame.
const RING_LEN: usize = 64;

struct Ring {
    bytes: [u8; RING_LEN],
    head: usize,
    tail: usize,
}

static RING: IrqCell<Ring> = IrqCell::new(Ring {
    bytes: [0; RING_LEN],
    head: 0,
    tail: 0,
});

impl Ring {
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.bytes[self.head % RING_LEN] = byte;
        self.head = self.head.wrapping_add(1);
    }

    #[inline(always)]
    fn pop(&mut self) -> u8 {
        let byte = self.bytes[self.tail % RING_LEN];
        self.tail = self.tail.wrapping_add(1);
        byte
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.head == self.tail
    }
}

/// Starts the transmitter.
pub fn start(chip: &chip::Peripherals) {
    // SAFETY: the divider for 16 MHz.
    chip.USART1.brr().write(|w| unsafe { w.bits(BAUD_DIVIDER) });
    chip.USART1.cr1().write(|w| w.te().set_bit().ue().set_bit());
    pins::chain_out(chip);
    // SAFETY: the handler's state is static and complete.
    unsafe { cortex_m::peripheral::NVIC::unmask(chip::Interrupt::USART1) };
}

#[inline(always)]
fn usart() -> &'static chip::usart1::RegisterBlock {
    // SAFETY: the transmitter belongs to this module.
    unsafe { &*chip::USART1::ptr() }
}

#[inline(always)]
fn takes_a_byte() -> bool {
    usart().isr().read().bits() & TXE != 0
}

#[inline(always)]
fn put(byte: u8) {
    // SAFETY: any byte may be sent.
    usart().tdr().write(|w| unsafe { w.bits(u32::from(byte)) });
}

/// From the receive interrupt: passes a byte on.
///
/// # Safety
/// Only from an interrupt handler.
#[inline(always)]
pub unsafe fn forward(byte: u8) {
    // SAFETY: in an interrupt, all of which have one priority.
    let ring = unsafe { RING.borrow() };
    if takes_a_byte() {
        if ring.is_empty() {
            put(byte);
            return;
        }
        let oldest = ring.pop();
        put(oldest);
    }
    ring.push(byte);
}

/// From the receive interrupt: adds bytes of this board; they follow everything forwarded without a gap.
///
/// # Safety
/// Only from an interrupt handler.
pub unsafe fn append(byte: u8) {
    // SAFETY: as above.
    unsafe { RING.borrow() }.push(byte);
    interrupt_when_empty(true);
}

/// From main code: sends bytes.
pub fn send(bytes: &[u8]) {
    RING.with(|ring| {
        for &byte in bytes {
            ring.push(byte);
        }
    });
    interrupt_when_empty(true);
}

/// The handler of USART1.
///
/// # Safety
/// Only from that handler.
#[inline(always)]
pub unsafe fn on_interrupt() {
    // SAFETY: in an interrupt.
    let ring = unsafe { RING.borrow() };
    if ring.is_empty() {
        interrupt_when_empty(false);
    } else if takes_a_byte() {
        put(ring.pop());
    }
}

fn interrupt_when_empty(on: bool) {
    usart()
        .cr1()
        .write(|w| w.te().set_bit().ue().set_bit().txeie().bit(on));
}
