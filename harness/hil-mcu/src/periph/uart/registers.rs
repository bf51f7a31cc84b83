//! The registers as the bus sees them: status, interrupt line, and what writes mean.

use super::flags::{self, *};
use super::{FIFO_DEPTH, Uart};
use crate::Time;
use crate::periph::cx::Cx;
use crate::periph::pads::Pads;

impl Uart {
    fn status(&self, now: Time) -> u32 {
        let fifo = self.has_fifo();
        let waiting = self.tx.waiting();
        let room = if fifo { FIFO_DEPTH } else { 1 };
        let mut isr = self.isr;
        let mut flag = |bit: u32, set: bool| isr |= if set { bit } else { 0 };
        flag(ISR_TXE, waiting < room);
        flag(ISR_RXNE, !self.received.is_empty());
        flag(ISR_BUSY, self.rx_start.is_some_and(|start| start <= now));
        flag(ISR_SBKF, self.tx.is_breaking());
        flag(ISR_TEACK, self.can_run() && self.cr1 & CR1_TE != 0);
        flag(ISR_REACK, self.can_run() && self.cr1 & CR1_RE != 0);
        if fifo {
            flag(ISR_TXFE, waiting == 0);
            flag(ISR_RXFF, self.received.len() > FIFO_DEPTH);
            flag(ISR_RXFT, self.received.len() >= threshold(self.cr3 >> 25));
            flag(ISR_TXFT, FIFO_DEPTH - waiting >= threshold(self.cr3 >> 29));
        }
        isr
    }

    pub(super) fn update_irq(&mut self, cx: &mut Cx) {
        cx.irq.set(
            self.kind.irq,
            flags::interrupts(self.status(cx.now), self.cr1, self.cr3),
        );
    }

    /// A register, by its offset.
    pub fn read(&mut self, cx: &mut Cx, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.cr1,
            0x04 => self.cr2,
            0x08 => self.cr3,
            0x0C => self.brr,
            0x14 if !self.kind.low_power => self.rtor,
            0x18 | 0x20 => 0,
            0x1C => self.status(cx.now),
            0x24 => self.read_data(cx),
            0x28 => 0,
            0x2C => self.presc,
            _ => return None,
        })
    }

    fn read_data(&mut self, cx: &mut Cx) -> u32 {
        let Some(head) = self.received.pop_front() else {
            return 0;
        };
        self.show_head();
        self.update_irq(cx);
        u32::from(head.data)
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, cx: &mut Cx, pads: &mut Pads, offset: u32, value: u32) -> bool {
        let enabled = self.cr1 & CR1_UE != 0;
        let mut locked = |register: &mut u32, value: u32| {
            if enabled && *register != value {
                cx.misuse(
                    self.kind.name,
                    "BRR, CR2, RTOR or PRESC written while UE = 1",
                );
            } else {
                *register = value;
            }
        };
        match offset {
            0x00 => self.write_cr1(cx, pads, value),
            0x04 => {
                locked(&mut self.cr2, value);
                flags::report_cr2(cx, self.kind, value);
            }
            0x08 => {
                self.cr3 = value;
                flags::report_cr3(cx, self.kind, value);
            }
            0x0C => locked(
                &mut self.brr,
                value
                    & if self.kind.low_power {
                        0xF_FFFF
                    } else {
                        0xFFFF
                    },
            ),
            0x14 if !self.kind.low_power => self.rtor = value,
            0x18 => self.request(cx, value),
            0x1C | 0x24 => {}
            0x20 => self.isr &= !(value & ICR_BITS),
            0x28 => self.write_data(cx, value),
            0x2C => locked(&mut self.presc, value & 0xF),
            _ => return false,
        }
        if matches!(offset, 0x04 | 0x0C | 0x2C) {
            self.update_timing();
        }
        self.update_irq(cx);
        true
    }

    fn write_cr1(&mut self, cx: &mut Cx, pads: &mut Pads, value: u32) {
        flags::report_cr1(cx, self.kind, value);
        let old = self.cr1;
        let was_on = old & CR1_UE != 0;
        let mut value = value;
        if was_on && value & CR1_UE != 0 && (value ^ old) & CR1_LOCKED != 0 {
            cx.misuse(self.kind.name, "CR1 word format changed while UE = 1");
            value = value & !CR1_LOCKED | old & CR1_LOCKED;
        }
        if was_on && value & CR1_UE == 0 {
            self.disable(cx, pads);
        }
        self.cr1 = value;
        self.update_timing();
        let sends = |cr1: u32| cr1 & (CR1_UE | CR1_TE) == CR1_UE | CR1_TE;
        let receives = |cr1: u32| cr1 & (CR1_UE | CR1_RE) == CR1_UE | CR1_RE;
        if sends(value) && !sends(old) {
            pads.set_signal(cx, cx.now, self.kind.tx, Some(!self.format.tx_inverted));
            self.tx
                .idle_until(cx.now + self.bit.sixteenths(self.format.sixteenths()));
        } else if !sends(value) && sends(old) {
            self.flush(cx, pads);
            self.tx.abort();
            pads.set_signal(cx, cx.now, self.kind.tx, None);
        }
        if receives(value) && !receives(old) {
            self.rx_origin = cx.now;
            self.rx_from = cx.now;
            self.look_for_start(pads);
        } else if !receives(value) {
            self.rx_start = None;
            self.idle_at = Time::NEVER;
            self.timeout_at = Time::NEVER;
            if let Some(pin) = self.rx_pin {
                pads.keep_from(pin, None);
            }
        }
    }

    /// UE = 0: current operations are dropped, flags take their reset values (RM0444 §33.8.1).
    fn disable(&mut self, cx: &mut Cx, pads: &mut Pads) {
        self.flush(cx, pads);
        self.tx.reset();
        self.received.clear();
        self.isr = ISR_TC;
    }

    fn request(&mut self, cx: &mut Cx, value: u32) {
        if value & RQR_UNMODELLED != 0 {
            cx.unmodelled_mode(self.kind.name, "auto-baud or mute request (RQR)");
        }
        if value & RQR_SBKRQ != 0 {
            self.tx.request_break();
            self.isr &= !ISR_TC;
            if self.can_run() && self.cr1 & CR1_TE != 0 {
                self.tx.load(cx.now, self.bit, &self.format);
            }
        }
        if value & RQR_RXFRQ != 0 {
            self.received.clear();
        }
        if value & RQR_TXFRQ != 0 {
            self.tx.drop_waiting();
        }
    }

    fn write_data(&mut self, cx: &mut Cx, value: u32) {
        if !self.can_run() || self.cr1 & CR1_TE == 0 {
            cx.misuse(self.kind.name, "TDR written while the transmitter is off");
            return;
        }
        if self.status(cx.now) & ISR_TXE == 0 {
            cx.misuse(self.kind.name, "TDR written while TXE = 0: character lost");
            return;
        }
        self.isr &= !ISR_TC;
        self.tx.push((value & 0x1FF) as u16);
        self.tx.load(cx.now, self.bit, &self.format);
    }
}

/// Entries of a FIFO threshold field (RM0444 §33.8.4).
fn threshold(field: u32) -> usize {
    [1, 2, 4, 6, 7, 8, 8, 8][(field & 7) as usize]
}
