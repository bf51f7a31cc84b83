//! Extended interrupt and event controller (RM0444 §13): edges on pins, software events, wake-up.
//!
//! Edges the chip makes on its own output pins are not looked at. The direct lines (RTC, LPTIM,
//! USART …) reach the NVIC without this controller; their mask bits are kept as written.

use super::cx::Cx;
use super::pads::Pads;
use crate::{Pin, Time};

/// Lines 0 to 15 are pins.
const PIN_LINES: u32 = 0xFFFF;
/// Configurable lines: the pins and PVD (16).
const CONFIGURABLE: u32 = 0x1_FFFF;
/// Reset value of IMR1: the direct lines are open.
const IMR1_RESET: u32 = 0xFFF8_0000;
/// Implemented bits of IMR1 and EMR1.
const MASK_BITS: u32 = 0xFFF9_FFFF;

/// The registers, and how far each line's pin has been followed.
#[derive(Clone, Debug)]
pub(crate) struct Exti {
    rising: u32,
    falling: u32,
    rising_pending: u32,
    falling_pending: u32,
    select: [u32; 4],
    interrupt_mask: u32,
    event_mask: u32,
    /// Number of the first edge not looked at yet.
    cursor: [u64; 16],
    next: Time,
}

impl Exti {
    /// After reset.
    pub fn new() -> Self {
        Self {
            rising: 0,
            falling: 0,
            rising_pending: 0,
            falling_pending: 0,
            select: [0; 4],
            interrupt_mask: IMR1_RESET,
            event_mask: 0,
            cursor: [0; 16],
            next: Time::NEVER,
        }
    }

    /// System reset.
    pub fn reset(&mut self, cx: &mut Cx) {
        *self = Self::new();
        self.update_irq(cx);
    }

    /// The pin of a line.
    fn pin(&self, line: u8) -> Pin {
        let select = self.select[usize::from(line / 4)] >> (8 * (line % 4)) & 0xFF;
        Pin {
            port: select as u8,
            number: line,
        }
    }

    /// Whether edges of any pin matter.
    pub fn is_armed(&self) -> bool {
        (self.rising | self.falling) & PIN_LINES != 0
    }

    fn armed_lines(&self) -> impl Iterator<Item = u8> + use<> {
        let mut armed = (self.rising | self.falling) & PIN_LINES;
        std::iter::from_fn(move || {
            let line = armed.trailing_zeros();
            armed &= armed.wrapping_sub(1);
            (line < 16).then_some(line as u8)
        })
    }

    /// Edges were queued: looks for the next one on an armed line.
    pub fn look(&mut self, pads: &Pads) {
        self.next = self
            .armed_lines()
            .filter_map(|line| pads.edge_from(self.pin(line), self.cursor[usize::from(line)]))
            .map(|(_, at, _, _)| at)
            .min()
            .unwrap_or(Time::NEVER);
    }

    /// When the next edge of an armed line comes.
    pub fn next_event(&self) -> Time {
        self.next
    }

    /// The edges of armed lines up to `cx.now`. Returns the lines that had an active edge.
    pub fn advance(&mut self, cx: &mut Cx, pads: &Pads) -> u32 {
        let mut active = 0;
        for line in self.armed_lines() {
            let pin = self.pin(line);
            while let Some((number, at, before, after)) =
                pads.edge_from(pin, self.cursor[usize::from(line)])
                && at <= cx.now
            {
                self.cursor[usize::from(line)] = number + 1;
                let bit = 1 << line;
                if after && !before && self.rising & bit != 0 {
                    self.rising_pending |= bit;
                    active |= bit;
                } else if before && !after && self.falling & bit != 0 {
                    self.falling_pending |= bit;
                    active |= bit;
                }
            }
        }
        self.signal(cx, active);
        self.look(pads);
        active
    }

    fn signal(&mut self, cx: &mut Cx, active: u32) {
        if active & self.event_mask != 0 {
            cx.req.event = true;
        }
        self.update_irq(cx);
    }

    fn update_irq(&mut self, cx: &mut Cx) {
        let pending = (self.rising_pending | self.falling_pending) & self.interrupt_mask;
        for (irq, lines) in [(1, 0x1_0000), (5, 0x3), (6, 0xC), (7, 0xFFF0)] {
            cx.irq.set(irq, pending & lines != 0);
        }
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.rising,
            0x04 => self.falling,
            0x08 => 0,
            0x0C => self.rising_pending,
            0x10 => self.falling_pending,
            0x60..0x70 => self.select[((offset - 0x60) / 4) as usize],
            0x80 => self.interrupt_mask,
            0x84 => self.event_mask,
            _ => return None,
        })
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, cx: &mut Cx, pads: &Pads, offset: u32, value: u32) -> bool {
        match offset {
            0x00 => self.rising = value & CONFIGURABLE,
            0x04 => self.falling = value & CONFIGURABLE,
            0x08 => {
                // A software event needs no edge selection and shows as a rising edge.
                let lines = value & CONFIGURABLE;
                self.rising_pending |= lines;
                self.signal(cx, lines);
            }
            0x0C => self.rising_pending &= !value,
            0x10 => self.falling_pending &= !value,
            0x60..0x70 => self.select[((offset - 0x60) / 4) as usize] = value & 0x0707_0707,
            0x80 => self.interrupt_mask = value & MASK_BITS,
            0x84 => self.event_mask = value & MASK_BITS,
            _ => return false,
        }
        if matches!(offset, 0x00 | 0x04 | 0x60..0x70) {
            // Edges that have passed before a line was armed or moved do not count.
            for line in 0..16 {
                let passed = pads.edge_after(self.pin(line), cx.now);
                let cursor = &mut self.cursor[usize::from(line)];
                *cursor = if offset < 0x60 {
                    passed.max(*cursor)
                } else {
                    passed
                };
            }
            self.look(pads);
        }
        self.update_irq(cx);
        true
    }
}
