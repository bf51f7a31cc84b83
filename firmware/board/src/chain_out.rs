//! The chain's sending end, USART1 at 115200 baud, of Begin and Between boards.
//!
//! Groups of four bytes go into the transmitter's FIFO at once while the line keeps up. A board whose clock is slow against
//! its neighbour's falls behind by up to 2 %, 21 bytes in the longest frame; a ring holds them. It is emptied with each
//! group that comes in, and by the transmit interrupt only at the end of the frame.

use crate::{chip, pins, shared::IrqCell};

/// 16 MHz / 115200.
const BAUD_DIVIDER: u16 = 139;

/// ISR bit 27: the FIFO has the room that CR3 asks for, a group's (RM0444 §33.8.9).
const TXFT: u32 = 1 << 27;

/// CR3: a FIFO threshold of half its eight bytes, and the interrupt for it (RM0444 §33.8.4).
const ROOM_FOR_A_GROUP: u32 = 0b010 << 29;
const TXFTIE: u32 = 1 << 23;

/// A power of two, above the delay of six groups and this board's own two, and above the Begin board's whole frame.
const RING_LEN: usize = 16;

struct Ring {
    groups: [u32; RING_LEN],
    head: usize,
    tail: usize,
}

static RING: IrqCell<Ring> = IrqCell::new(Ring {
    groups: [0; RING_LEN],
    head: 0,
    tail: 0,
});

impl Ring {
    #[inline(always)]
    fn push(&mut self, group: u32) {
        self.groups[self.head % RING_LEN] = group;
        self.head = self.head.wrapping_add(1);
    }

    #[inline(always)]
    fn pop(&mut self) -> u32 {
        let group = self.groups[self.tail % RING_LEN];
        self.tail = self.tail.wrapping_add(1);
        group
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.head == self.tail
    }
}

/// Starts the transmitter.
pub fn start(chip: &chip::Peripherals) {
    let usart = &chip.USART1;
    // SAFETY: the divider for 16 MHz.
    usart
        .brr()
        .write(|w| unsafe { w.bits(u32::from(BAUD_DIVIDER)) });
    interrupt_for_more(false);
    usart
        .cr1()
        .write(|w| w.fifoen().set_bit().te().set_bit().ue().set_bit());
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
fn takes_a_group() -> bool {
    usart().isr().read().bits() & TXFT != 0
}

#[inline(always)]
fn put(group: u32) {
    for byte in group.to_le_bytes() {
        // SAFETY: any byte may be sent.
        usart().tdr().write(|w| unsafe { w.bits(u32::from(byte)) });
    }
}

/// From the receive interrupt: passes a group on.
///
/// # Safety
/// Only from an interrupt handler.
#[inline(always)]
pub unsafe fn forward(group: u32) {
    // SAFETY: in an interrupt, all of which have one priority.
    let ring = unsafe { RING.borrow() };
    if takes_a_group() {
        if ring.is_empty() {
            put(group);
            return;
        }
        let oldest = ring.pop();
        put(oldest);
    }
    ring.push(group);
}

/// From the receive interrupt: ends a frame with these groups, which follow everything forwarded without a gap.
///
/// # Safety
/// Only from an interrupt handler.
pub unsafe fn finish(groups: [u32; 2]) {
    // SAFETY: as above.
    let ring = unsafe { RING.borrow() };
    for group in groups {
        ring.push(group);
    }
    interrupt_for_more(true);
}

/// From main code: sends groups.
pub fn send(groups: &[u32]) {
    RING.with(|ring| {
        for &group in groups {
            ring.push(group);
        }
    });
    interrupt_for_more(true);
}

/// The handler of USART1.
///
/// # Safety
/// Only from that handler.
#[inline(always)]
pub unsafe fn on_interrupt() {
    // SAFETY: in an interrupt.
    let ring = unsafe { RING.borrow() };
    while !ring.is_empty() {
        if !takes_a_group() {
            return;
        }
        put(ring.pop());
    }
    interrupt_for_more(false);
}

fn interrupt_for_more(on: bool) {
    let enable = if on { TXFTIE } else { 0 };
    // SAFETY: both fields take these values at any time.
    usart()
        .cr3()
        .write(|w| unsafe { w.bits(ROOM_FOR_A_GROUP | enable) });
}
