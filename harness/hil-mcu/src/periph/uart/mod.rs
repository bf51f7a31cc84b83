//! USART1, USART2 and LPUART1 (RM0444 §33 and §34): asynchronous mode with real bit time.
//!
//! Edges are placed at exact multiples of the bit time; a real LPUART rounds each to its kernel
//! clock. Synchronous, half-duplex, smartcard, IrDA, LIN, auto-baud, mute mode, hardware flow
//! control, driver enable, pin swap and DMA are reported when asked for.

mod flags;
mod frame;
mod registers;
mod rx;
mod tx;

use std::collections::VecDeque;

use super::af::Signal;
use super::cx::Cx;
use super::pads::Pads;
use crate::{Pin, Time};
use flags::*;
use frame::{BitTime, Format};
use rx::Character;
use tx::Transmitter;

/// What distinguishes the three.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub irq: u8,
    pub tx: Signal,
    pub rx: Signal,
    /// Has FIFOs, receiver time-out and wake-up from Stop (USART2 is the basic one).
    pub full: bool,
    pub low_power: bool,
}

/// USART1.
pub(crate) const USART1: Kind = Kind {
    name: "USART1",
    irq: 27,
    tx: Signal::Usart1Tx,
    rx: Signal::Usart1Rx,
    full: true,
    low_power: false,
};
/// USART2.
pub(crate) const USART2: Kind = Kind {
    name: "USART2",
    irq: 28,
    tx: Signal::Usart2Tx,
    rx: Signal::Usart2Rx,
    full: false,
    low_power: false,
};
/// LPUART1.
pub(crate) const LPUART1: Kind = Kind {
    name: "LPUART1",
    irq: 29,
    tx: Signal::Lpuart1Tx,
    rx: Signal::Lpuart1Rx,
    full: true,
    low_power: true,
};

/// Entries of each FIFO (RM0444 §33.4, table).
const FIFO_DEPTH: usize = 8;

/// One of the three.
#[derive(Clone, Debug)]
pub(crate) struct Uart {
    kind: Kind,
    cr1: u32,
    cr2: u32,
    cr3: u32,
    brr: u32,
    rtor: u32,
    presc: u32,
    /// The ISR bits that are stored; the others follow from the state.
    isr: u32,
    kernel_ps: Option<u32>,
    bit: BitTime,
    format: Format,
    tx: Transmitter,
    received: VecDeque<Character>,
    rx_pin: Option<Pin>,
    /// Start of the character being received.
    rx_start: Option<Time>,
    /// When the sampling clock started.
    rx_origin: Time,
    /// A start bit is looked for after this time.
    rx_from: Time,
    idle_at: Time,
    timeout_at: Time,
    /// Start bit that wakes from Stop.
    wake_at: Time,
    stopped: bool,
}

impl Uart {
    /// After reset.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            cr1: 0,
            cr2: 0,
            cr3: 0,
            brr: 0,
            rtor: 0,
            presc: 0,
            isr: ISR_TC,
            kernel_ps: None,
            bit: BitTime::default(),
            format: Format::new(0, 0),
            tx: Transmitter::default(),
            received: VecDeque::new(),
            rx_pin: None,
            rx_start: None,
            rx_origin: Time::ZERO,
            rx_from: Time::ZERO,
            idle_at: Time::NEVER,
            timeout_at: Time::NEVER,
            wake_at: Time::NEVER,
            stopped: false,
        }
    }

    /// Back to the reset state; the pin is let go at `cx.now`, what was sent before it is told.
    pub fn reset(&mut self, cx: &mut Cx, pads: &mut Pads) {
        self.flush(cx, pads);
        pads.set_signal(cx, cx.now, self.kind.tx, None);
        if let Some(pin) = self.rx_pin {
            pads.keep_from(pin, None);
        }
        *self = Self {
            kernel_ps: self.kernel_ps,
            rx_pin: self.rx_pin,
            ..Self::new(self.kind)
        };
        cx.irq.set(self.kind.irq, false);
    }

    /// The earliest of: a character sent, a character received, line idle, receiver time-out.
    pub fn next_event(&self) -> Time {
        let received = match self.rx_start {
            Some(start) => start + rx::decision(self.bit, &self.format),
            None => Time::NEVER,
        };
        self.tx
            .next_event()
            .min(received)
            .min(self.idle_at)
            .min(self.timeout_at)
            .min(self.wake_at)
    }

    /// What is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx, pads: &mut Pads) {
        let now = cx.now;
        if self.tx.next_event() <= now {
            self.flush(cx, pads);
            self.tx.finish(now);
            self.tx.load(now, self.bit, &self.format);
            if !self.tx.is_busy() {
                self.isr |= ISR_TC;
            }
        }
        if self.wake_at <= now {
            self.wake_at = Time::NEVER;
            self.isr |= ISR_WUF;
        }
        if let Some(start) = self.rx_start
            && start + rx::decision(self.bit, &self.format) <= now
        {
            self.receive(pads, start, now);
        }
        if self.idle_at <= now {
            self.idle_at = Time::NEVER;
            self.isr |= ISR_IDLE;
        }
        if self.timeout_at <= now {
            self.timeout_at = Time::NEVER;
            self.isr |= ISR_RTOF;
        }
        self.update_irq(cx);
    }

    /// Tells the edges sent up to `cx.now`.
    pub fn flush(&mut self, cx: &mut Cx, pads: &mut Pads) {
        let (signal, inverted) = (self.kind.tx, self.format.tx_inverted);
        self.tx.tell(cx.now, self.bit, |at, level| {
            pads.set_signal(cx, at, signal, Some(level ^ inverted));
        });
    }

    /// Edges were queued on a pin, or pins were connected or disconnected.
    pub fn line_changed(&mut self, pads: &mut Pads, now: Time) {
        let pin = pads.input_pin(self.kind.rx);
        if pin != self.rx_pin {
            if let Some(old) = self.rx_pin {
                pads.keep_from(old, None);
            }
            self.rx_pin = pin;
            self.rx_start = None;
            self.rx_from = now;
        }
        self.look_for_start(pads);
    }

    /// A new edge on `pin` may be the start bit it waits for.
    pub fn awaits_start_on(&self, pin: Pin) -> bool {
        self.rx_start.is_none() && self.rx_pin == Some(pin)
    }

    /// The kernel clock changed or stopped; `stopped`: the chip is in Stop.
    pub fn set_kernel(
        &mut self,
        cx: &mut Cx,
        pads: &mut Pads,
        kernel_ps: Option<u32>,
        stopped: bool,
    ) {
        self.stopped = stopped;
        if kernel_ps == self.kernel_ps {
            self.look_for_start(pads);
            return;
        }
        self.flush(cx, pads);
        if self.tx.is_busy() {
            cx.misuse(
                self.kind.name,
                "kernel clock changed while sending: character lost",
            );
            self.tx.abort();
        }
        self.rx_start = None;
        self.rx_from = cx.now;
        self.idle_at = Time::NEVER;
        self.timeout_at = Time::NEVER;
        self.kernel_ps = kernel_ps;
        self.update_timing();
        self.tx.load(cx.now, self.bit, &self.format);
        self.look_for_start(pads);
    }

    fn update_timing(&mut self) {
        self.format = Format::new(self.cr1, self.cr2);
        let prescaler = [1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256];
        let factor = prescaler.get(self.presc as usize).copied().unwrap_or(256);
        let clock = u64::from(self.kernel_ps.unwrap_or(0)) * factor;
        let brr = u64::from(self.brr);
        self.bit = if self.kind.low_power {
            BitTime::new(clock, brr)
        } else if self.cr1 & CR1_OVER8 != 0 {
            BitTime::new(clock, ((brr & 0xFFF0) | (brr & 7) << 1) * 128)
        } else {
            BitTime::new(clock, brr * 256)
        };
    }

    fn can_run(&self) -> bool {
        self.cr1 & CR1_UE != 0 && self.bit != BitTime::default()
    }

    /// Looks for the next start bit in the pin's queue unless a character is being received.
    fn look_for_start(&mut self, pads: &mut Pads) {
        let Some(pin) = self.rx_pin else { return };
        let may_listen = !self.stopped || self.cr1 & CR1_UESM != 0;
        if self.rx_start.is_some() || self.cr1 & CR1_RE == 0 || !self.can_run() || !may_listen {
            return;
        }
        let inverted = self.format.rx_inverted;
        let (initial, edges) = pads.edges(pin);
        let found = rx::find_start(self.rx_from, inverted, initial, edges);
        if let Some(edge) = found {
            // The sampling clock sees the start bit at its next tick.
            let tick = self.sampling_tick();
            let since = edge.since(self.rx_origin).0;
            let start = self.rx_origin + Time(since.next_multiple_of(tick));
            self.rx_start = Some(start);
            for quiet_until in [&mut self.idle_at, &mut self.timeout_at] {
                if *quiet_until >= edge {
                    *quiet_until = Time::NEVER;
                }
            }
            if self.stopped && self.cr3 >> 20 & 3 == 2 {
                self.wake_at = start;
            }
            pads.keep_from(pin, Some(edge));
        }
    }

    fn sampling_tick(&self) -> u64 {
        if self.kind.low_power {
            u64::from(self.kernel_ps.unwrap_or(1))
        } else {
            self.bit.sixteenths(1).0.max(1)
        }
    }

    /// Decodes the character whose stop bit is being sampled.
    fn receive(&mut self, pads: &mut Pads, start: Time, now: Time) {
        let Some(pin) = self.rx_pin else { return };
        let (initial, edges) = pads.edges(pin);
        let decoded = rx::decode(start, self.bit, &self.format, initial, edges);
        self.rx_start = None;
        self.rx_from = match decoded {
            Some(_) => now,
            None => start + self.bit.sixteenths(10),
        };
        pads.keep_from(pin, Some(self.rx_from));
        if let Some(character) = decoded {
            self.store(character);
            let frame = self.bit.sixteenths(self.format.sixteenths());
            self.idle_at = now + frame;
            if self.cr2 & CR2_RTOEN != 0 && self.kind.full && !self.kind.low_power {
                self.timeout_at = now + self.bits_long(self.rtor & 0xFF_FFFF);
            }
        }
        self.look_for_start(pads);
    }

    fn bits_long(&self, bits: u32) -> Time {
        Time(self.bit.sixteenths(16).0 * u64::from(bits))
    }

    fn store(&mut self, character: Character) {
        let room = if self.has_fifo() { FIFO_DEPTH + 1 } else { 1 };
        if u32::from(character.data & 0xFF) == self.cr2 >> 24 {
            self.isr |= ISR_CMF;
        }
        if self.stopped && (self.cr3 >> 20 & 3 == 3 || self.isr & ISR_CMF != 0) {
            self.isr |= ISR_WUF;
        }
        if self.received.len() >= room {
            if self.cr3 & CR3_OVRDIS == 0 {
                self.isr |= ISR_ORE;
                return;
            }
            self.received.pop_back();
        }
        self.received.push_back(character);
        if self.received.len() == 1 {
            self.show_head();
        }
    }

    /// Error flags belong to the character in RDR (RM0444 §33.8.10).
    fn show_head(&mut self) {
        if let Some(head) = self.received.front() {
            self.isr |= if head.parity_error { ISR_PE } else { 0 }
                | if head.framing_error { ISR_FE } else { 0 }
                | if head.noise && self.cr3 & CR3_ONEBIT == 0 {
                    ISR_NE
                } else {
                    0
                };
        }
    }

    fn has_fifo(&self) -> bool {
        self.kind.full && self.cr1 & CR1_FIFOEN != 0
    }
}
