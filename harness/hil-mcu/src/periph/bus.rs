//! Accesses from the bus: which peripheral, is it clocked, how a narrow access is widened, and who
//! else must hear of a write.

use super::map::{self, Block};
use super::names;
use super::{Cx, Peripherals, Slot};
use crate::findings::FindingKind;
use crate::memory::{BusFault, Width};

impl Peripherals {
    /// A read by the core or the debugger.
    ///
    /// # Errors
    /// When nothing is mapped at `addr`.
    pub fn read(&mut self, cx: &mut Cx, addr: u32, width: Width) -> Result<u32, BusFault> {
        let (block, offset) = map::decode(addr).ok_or(BusFault { addr })?;
        self.advance(cx);
        if !self.rcc.is_clocked(block) {
            self.unclocked(cx, block);
            return Ok(0);
        }
        let word = match self.read_word(cx, block, offset & !3) {
            Some(word) => word,
            None => {
                self.unmodelled(cx, block, offset & !3);
                0
            }
        };
        let shifted = word >> (8 * (offset & 3));
        Ok(match width {
            Width::Byte => shifted & 0xFF,
            Width::Half => shifted & 0xFFFF,
            Width::Word => shifted,
        })
    }

    /// A write by the core or the debugger.
    ///
    /// # Errors
    /// When nothing is mapped at `addr`, or a wrong key was written to the flash controller.
    pub fn write(
        &mut self,
        cx: &mut Cx,
        addr: u32,
        width: Width,
        value: u32,
    ) -> Result<(), BusFault> {
        let (block, offset) = map::decode(addr).ok_or(BusFault { addr })?;
        self.advance(cx);
        if !self.rcc.is_clocked(block) {
            self.unclocked(cx, block);
            return Ok(());
        }
        if block == Block::Crc {
            // The one peripheral that looks at the width of a write.
            if !self.crc.write(offset & !3, width, value) {
                self.unmodelled(cx, block, offset & !3);
            }
            return Ok(());
        }
        let word = self.widen(cx, block, offset, width, value);
        let offset = offset & !3;
        let known = match block {
            Block::Flash => self
                .flash
                .write(cx, offset, word)
                .map_err(|_| BusFault { addr })?,
            _ => self.write_word(cx, block, offset, word),
        };
        if !known {
            self.unmodelled(cx, block, offset);
        }
        self.refresh_written(block);
        Ok(())
    }

    /// The word that arrives at the register: the APB bridge repeats narrow data, elsewhere the
    /// other byte lanes keep what the register reads as (RM0444 §2.1.6).
    fn widen(&mut self, cx: &mut Cx, block: Block, offset: u32, width: Width, value: u32) -> u32 {
        let (mask, repeat) = match width {
            Width::Word => return value,
            Width::Half => (0xFFFF, 0x0001_0001),
            Width::Byte => (0xFF, 0x0101_0101),
        };
        let value = value & mask;
        if block.behind_bridge() {
            return value * repeat;
        }
        let shift = 8 * (offset & 3);
        let rest = self.read_word(cx, block, offset & !3).unwrap_or(0);
        rest & !(mask << shift) | value << shift
    }

    fn read_word(&mut self, cx: &mut Cx, block: Block, offset: u32) -> Option<u32> {
        match block {
            Block::Rcc => self.rcc.read(offset),
            Block::Flash => self.flash.read(offset),
            Block::Pwr => self.pwr.read(offset),
            Block::Exti => self.exti.read(offset),
            Block::Syscfg => self.syscfg.read(offset),
            Block::GpioA | Block::GpioB | Block::GpioC | Block::GpioD | Block::GpioF => {
                if offset == 0x10 {
                    self.flush(cx);
                }
                self.gpio.read(cx, &self.pads, port_index(block), offset)
            }
            Block::Usart1 => self.uarts[0].read(cx, offset),
            Block::Usart2 => self.uarts[1].read(cx, offset),
            Block::Lpuart1 => self.uarts[2].read(cx, offset),
            Block::Adc => {
                let value = self.adc.read(cx, offset);
                self.refresh(Slot::Adc);
                value
            }
            Block::Crc => self.crc.read(offset),
            Block::Iwdg => self.iwdg.read(offset),
            Block::Dbg => self.dbg.read(offset),
            Block::Lptim1 => self.lptims[0].read(cx, offset),
            Block::Lptim2 => self.lptims[1].read(cx, offset),
            Block::Rtc => self.rtc.read(cx, offset),
            Block::Tamp => self.rtc.read_tamper(offset),
            _ => {
                let index = timer_index(block)?;
                let value = self.timers[index].read(cx, &mut self.pads, offset);
                self.refresh(TIMER_SLOTS[index]);
                value
            }
        }
    }

    fn write_word(&mut self, cx: &mut Cx, block: Block, offset: u32, value: u32) -> bool {
        match block {
            Block::Rcc => self.write_rcc(cx, offset, value),
            Block::Pwr => self.pwr.write(cx, offset, value),
            Block::Exti => self.write_exti(cx, offset, value),
            Block::Syscfg => self.syscfg.write(cx, offset, value),
            Block::GpioA | Block::GpioB | Block::GpioC | Block::GpioD | Block::GpioF => {
                self.write_gpio(cx, port_index(block), offset, value)
            }
            Block::Usart1 | Block::Usart2 | Block::Lpuart1 => {
                let index = match block {
                    Block::Usart1 => 0,
                    Block::Usart2 => 1,
                    _ => 2,
                };
                self.uarts[index].write(cx, &mut self.pads, offset, value)
            }
            Block::Adc => {
                let known = self.adc.write(cx, offset, value);
                if matches!(offset, 0x10 | 0x308) {
                    self.apply_clocks(cx);
                }
                known
            }
            Block::Iwdg => match self.iwdg.write(cx, offset, value) {
                Some(started) => {
                    if started {
                        self.rcc.force_lsi(cx.now);
                        self.refresh(Slot::Rcc);
                    }
                    true
                }
                None => false,
            },
            Block::Dbg => {
                let known = self.dbg.write(offset, value);
                self.apply_clocks(cx);
                known
            }
            Block::Lptim1 => self.lptims[0].write(cx, offset, value),
            Block::Lptim2 => self.lptims[1].write(cx, offset, value),
            Block::Rtc => self.rtc.write(cx, offset, value, self.pwr.backup_open()),
            Block::Tamp => self
                .rtc
                .write_tamper(cx, offset, value, self.pwr.backup_open()),
            _ => self.write_timer(cx, block, offset, value),
        }
    }

    fn write_timer(&mut self, cx: &mut Cx, block: Block, offset: u32, value: u32) -> bool {
        let Some(index) = timer_index(block) else {
            return false;
        };
        let outcome = self.timers[index].write(cx, &mut self.pads, offset, value);
        self.refresh(TIMER_SLOTS[index]);
        if let Some(outcome) = outcome {
            self.timer_outcome(cx, index, outcome);
        }
        outcome.is_some()
    }

    /// Modes and alternate functions decide where a character under way goes, so its edges so far
    /// are told first.
    fn write_gpio(&mut self, cx: &mut Cx, index: usize, offset: u32, value: u32) -> bool {
        let reroutes = matches!(offset, 0x00 | 0x20 | 0x24);
        if reroutes {
            self.flush(cx);
        }
        let known = self.gpio.write(cx, &mut self.pads, index, offset, value);
        if reroutes {
            self.reconnect_receivers(cx);
        }
        known
    }

    /// Receivers look again which pin they listen to.
    pub(super) fn reconnect_receivers(&mut self, cx: &mut Cx) {
        for uart in &mut self.uarts {
            uart.line_changed(&mut self.pads, cx.now);
        }
        for slot in [Slot::Usart1, Slot::Usart2, Slot::Lpuart1] {
            self.refresh(slot);
        }
    }

    fn write_exti(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        let known = self.exti.write(cx, &self.pads, offset, value);
        if offset == 0x08 && value & 1 << 11 != 0 {
            self.adc.trigger(cx, super::ADC_TRIGGER_EXTI11);
            self.refresh(Slot::Adc);
        }
        known
    }

    /// The events a write may have moved.
    fn refresh_written(&mut self, block: Block) {
        match block {
            Block::Flash => self.refresh(Slot::Flash),
            Block::Exti => self.refresh(Slot::Exti),
            Block::Usart1 => self.refresh(Slot::Usart1),
            Block::Usart2 => self.refresh(Slot::Usart2),
            Block::Lpuart1 => self.refresh(Slot::Lpuart1),
            Block::Adc => self.refresh(Slot::Adc),
            Block::Iwdg => self.refresh(Slot::Iwdg),
            Block::Lptim1 => self.refresh(Slot::Lptim1),
            Block::Lptim2 => self.refresh(Slot::Lptim2),
            Block::Rtc => self.refresh(Slot::Rtc),
            Block::Rcc => self.refresh_all(),
            _ => {}
        }
    }

    fn unclocked(&mut self, cx: &mut Cx, block: Block) {
        let peripheral = block.name();
        cx.findings
            .report(cx.now, FindingKind::Unclocked { peripheral });
    }

    fn unmodelled(&mut self, cx: &mut Cx, block: Block, offset: u32) {
        cx.findings.report(
            cx.now,
            FindingKind::Unmodelled {
                peripheral: block.name(),
                register: names::register(block, offset),
            },
        );
    }
}

/// The slots of the timers, in the order of `Peripherals::timers`.
const TIMER_SLOTS: [Slot; 6] = [
    Slot::Tim1,
    Slot::Tim2,
    Slot::Tim3,
    Slot::Tim14,
    Slot::Tim16,
    Slot::Tim17,
];

/// The index of a timer in `Peripherals::timers`.
pub(super) fn timer_index(block: Block) -> Option<usize> {
    Some(match block {
        Block::Tim1 => 0,
        Block::Tim2 => 1,
        Block::Tim3 => 2,
        Block::Tim14 => 3,
        Block::Tim16 => 4,
        Block::Tim17 => 5,
        _ => return None,
    })
}

/// The index of a port in `Gpio`.
pub(super) fn port_index(block: Block) -> usize {
    match block {
        Block::GpioA => 0,
        Block::GpioB => 1,
        Block::GpioC => 2,
        Block::GpioD => 3,
        _ => 4,
    }
}
