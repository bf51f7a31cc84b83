//! The wire to the Bluetooth bridge: USART1 at 9600 baud. Lines come in, one message at a time goes out, followed by a
//! pause.
//!
//! It costs nothing while no phone is connected: nothing is received then, and only the falling edge of the bridge's
//! "connected" interrupts. What a line means is `app`'s.

use bms_logic::app::{Line, LineReader, MOST_LEN, Message};
use board::chip::{self, interrupt};
use board::pins::{self, BRIDGE_CONNECTED};
use board::shared::IrqCell;
use board::sleep;
use core::sync::atomic::{AtomicBool, Ordering};
use cortex_m::peripheral::NVIC;

/// 16 MHz / 9600.
const BAUD_DIVIDER: u32 = 1667;

/// ISR bits (RM0444 §33.8.9): framing error, noise, overrun; a byte is there; sent to the end; room for a byte.
const ERRORS: u32 = 1 << 1 | 1 << 2 | 1 << 3;
const RXNE: u32 = 1 << 5;
const TC: u32 = 1 << 6;
const TXE: u32 = 1 << 7;

/// CR1: FIFO, transmitter, receiver with its interrupt, all on (RM0444 §33.8.1).
const ON: u32 = 1 << 29 | 1 << 5 | 1 << 3 | 1 << 2 | 1;

/// 16 MHz / 16 000: one count is a millisecond.
const PRESCALER: u32 = 15_999;

/// Idle line between two messages: 5 ms and some more.
const PAUSE_MS: u32 = 6;

/// EXTI line of PB5, and its port in EXTICR2.
const CONNECTED_LINE: u32 = 1 << 5;
const PORT_B_ON_LINE_5: u32 = 1 << 8;

/// What the transmitter is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Bytes are left.
    Sending,
    /// The last byte is on the wire.
    Ending,
    /// The line is kept idle.
    Pausing,
}

struct Transmitter {
    message: Message,
    at: usize,
    phase: Phase,
}

struct Receiver {
    lines: LineReader,
    /// A byte came since this was last asked.
    heard: bool,
}

static TRANSMITTER: IrqCell<Transmitter> = IrqCell::new(Transmitter {
    message: Message::new(),
    at: 0,
    phase: Phase::Idle,
});
static RECEIVER: IrqCell<Receiver> = IrqCell::new(Receiver {
    lines: LineReader::new(),
    heard: false,
});
static DISCONNECTED: AtomicBool = AtomicBool::new(false);

/// Starts both directions.
pub fn start(chip: &chip::Peripherals) {
    BRIDGE_CONNECTED.init_pulled_down();
    pins::app_link(chip);
    // SAFETY: the divider for 16 MHz.
    chip.USART1.brr().write(|w| unsafe { w.bits(BAUD_DIVIDER) });
    set_cr1(0);
    start_pause_timer(chip);
    let exti = &chip.EXTI;
    // SAFETY: the lines of PB5 only; RM0444 §13.5.
    unsafe {
        exti.exticr2()
            .modify(|r, w| w.bits(r.bits() & !0xFF00 | PORT_B_ON_LINE_5));
        exti.ftsr1()
            .modify(|r, w| w.bits(r.bits() | CONNECTED_LINE));
        exti.imr1().modify(|r, w| w.bits(r.bits() | CONNECTED_LINE));
    }
    for interrupt in [
        chip::Interrupt::USART1,
        chip::Interrupt::TIM16,
        chip::Interrupt::EXTI4_15,
    ] {
        // SAFETY: the handlers' state is static and complete.
        unsafe { NVIC::unmask(interrupt) };
    }
}

fn start_pause_timer(chip: &chip::Peripherals) {
    chip.RCC.apbenr2().modify(|_, w| w.tim16en().set_bit());
    let timer = &chip.TIM16;
    // SAFETY: 16-bit values.
    timer.psc().write(|w| unsafe { w.bits(PRESCALER) });
    // SAFETY: as above.
    timer.arr().write(|w| unsafe { w.bits(PAUSE_MS - 1) });
    // Only an overflow interrupts, not the update that restarts the count.
    timer.cr1().write(|w| w.urs().set_bit().opm().set_bit());
    timer.dier().write(|w| w.uie().set_bit());
}

/// Whether a connection ended since that was last taken; what was received in it is forgotten.
pub fn has_disconnected() -> bool {
    DISCONNECTED.load(Ordering::Relaxed)
}

/// Takes the end of a connection; true if there was one.
pub fn take_disconnected() -> bool {
    let disconnected = has_disconnected();
    if disconnected {
        DISCONNECTED.store(false, Ordering::Relaxed);
    }
    disconnected
}

/// Whether a line waits.
pub fn has_line() -> bool {
    RECEIVER.with(|receiver| receiver.lines.is_waiting())
}

/// Gives the line that waits to `f`: a copy, so that no interrupt has to wait for what `f` does.
pub fn take_line<R>(f: impl FnOnce(Line<'_>) -> R) -> Option<R> {
    let mut copy = [0; MOST_LEN];
    let taken = RECEIVER.with(|receiver| {
        receiver.lines.take(|line| match line {
            Line::Whole(bytes) => {
                copy[..bytes.len()].copy_from_slice(bytes);
                Some(bytes.len())
            }
            Line::Spoilt => None,
        })
    })?;
    Some(f(match taken {
        Some(len) => Line::Whole(&copy[..len]),
        None => Line::Spoilt,
    }))
}

/// Whether a message may be sent: the last one and its pause are over.
pub fn is_free() -> bool {
    TRANSMITTER.with(|transmitter| transmitter.phase == Phase::Idle)
}

/// Whether the core may stand still: no message is on the wire, and nothing was heard since the last question.
pub fn is_quiet() -> bool {
    let heard = RECEIVER.with(|receiver| core::mem::take(&mut receiver.heard));
    let sends =
        TRANSMITTER.with(|transmitter| matches!(transmitter.phase, Phase::Sending | Phase::Ending));
    !heard && !sends
}

/// Sends a message; only when [`is_free`].
pub fn send(message: Message) {
    TRANSMITTER.with(|transmitter| {
        *transmitter = Transmitter {
            message,
            at: 0,
            phase: Phase::Sending,
        };
    });
    set_cr1(TXE);
}

#[interrupt]
fn USART1() {
    // SAFETY: in an interrupt handler.
    let (receiver, transmitter) = unsafe { (RECEIVER.borrow(), TRANSMITTER.borrow()) };
    let status = usart().isr().read().bits();
    receiver.on_interrupt(status);
    transmitter.on_interrupt(status);
}

impl Receiver {
    fn on_interrupt(&mut self, status: u32) {
        if status & ERRORS != 0 {
            // SAFETY: ICR has the same bits as ISR; writing them clears exactly these flags.
            usart().icr().write(|w| unsafe { w.bits(status & ERRORS) });
            self.lines.on_error();
        }
        if status & RXNE == 0 {
            return;
        }
        let byte = usart().rdr().read().bits() as u8;
        self.heard = true;
        // Without a connection there is nobody to listen to.
        if BRIDGE_CONNECTED.is_high() && self.lines.push(byte) {
            sleep::wake();
        }
    }
}

impl Transmitter {
    fn on_interrupt(&mut self, status: u32) {
        match self.phase {
            Phase::Sending if status & TXE != 0 => {
                let bytes = self.message.bytes();
                if let Some(&byte) = bytes.get(self.at) {
                    // SAFETY: any byte may be sent.
                    usart().tdr().write(|w| unsafe { w.bits(byte.into()) });
                    self.at += 1;
                }
                if self.at >= bytes.len() {
                    self.phase = Phase::Ending;
                    set_cr1(TC);
                }
            }
            Phase::Ending if status & TC != 0 => {
                self.phase = Phase::Pausing;
                set_cr1(0);
                // SAFETY: the timer belongs to this module.
                let timer = unsafe { &*chip::TIM16::ptr() };
                timer.egr().write(|w| w.ug().set_bit());
                timer
                    .cr1()
                    .write(|w| w.urs().set_bit().opm().set_bit().cen().set_bit());
            }
            _ => {}
        }
    }
}

#[interrupt]
fn TIM16() {
    // SAFETY: the one-pulse timer stopped by itself; 0 clears its flag.
    unsafe { (*chip::TIM16::ptr()).sr().write(|w| w.bits(0)) };
    // SAFETY: in an interrupt handler.
    unsafe { TRANSMITTER.borrow() }.phase = Phase::Idle;
    sleep::wake();
}

#[interrupt]
fn EXTI4_15() {
    // SAFETY: writing 1 clears this line's flag.
    unsafe {
        (*chip::EXTI::ptr())
            .fpr1()
            .write(|w| w.bits(CONNECTED_LINE))
    };
    // SAFETY: in an interrupt handler.
    unsafe { RECEIVER.borrow() }.lines.clear();
    DISCONNECTED.store(true, Ordering::Relaxed);
    sleep::wake();
}

/// Lets the transmitter interrupt for this status bit, whose enable bit has the same place; the receiver always does.
fn set_cr1(status_bit: u32) {
    // SAFETY: fields of RM0444 §33.8.1.
    usart().cr1().write(|w| unsafe { w.bits(ON | status_bit) });
}

#[inline(always)]
fn usart() -> &'static chip::usart1::RegisterBlock {
    // SAFETY: the unit belongs to this module.
    unsafe { &*chip::USART1::ptr() }
}
