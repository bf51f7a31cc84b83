//! The bus: which memory or device answers at an address (RM0444 §2.2, table 5).

use crate::cpu::Bus;
use crate::findings::Findings;
use crate::memory::{
    BusFault, FLASH_BASE, FLASH_SIZE, FlashMemory, RAM_BASE, RAM_SIZE, SystemMemory, Width,
};
use crate::periph::{Cx, IrqLines, Peripherals, Requests};
use crate::scs::{Access, Scs};
use crate::{Circuit, Time};

/// Everything on the chip but the core and its debug logic.
#[derive(Clone)]
pub(crate) struct Chip {
    pub(crate) flash: FlashMemory,
    pub(crate) ram: Box<[u8; RAM_SIZE]>,
    pub(crate) system_memory: SystemMemory,
    pub(crate) scs: Scs,
    pub(crate) periph: Peripherals,
    pub(crate) irq: IrqLines,
    pub(crate) requests: Requests,
    pub(crate) findings: Findings,
}

impl Chip {
    /// Calls a function of the peripherals with its context.
    pub(crate) fn with_periph<T>(
        &mut self,
        now: Time,
        circuit: &mut dyn Circuit,
        call: impl FnOnce(&mut Peripherals, &mut Cx) -> T,
    ) -> T {
        let mut cx = Cx {
            now,
            irq: &mut self.irq,
            flash: &mut self.flash,
            circuit,
            req: &mut self.requests,
            findings: &mut self.findings,
        };
        call(&mut self.periph, &mut cx)
    }
}

/// One access after the other by one master at one time.
pub(crate) struct Port<'a> {
    pub(crate) chip: &'a mut Chip,
    pub(crate) circuit: &'a mut dyn Circuit,
    pub(crate) access: Access,
    /// The core without privilege may not touch the private peripheral bus.
    pub(crate) privileged: bool,
}

/// The little-endian value of `width` at `offset` of `bytes`.
fn load(bytes: &[u8], offset: u32, width: Width) -> Option<u32> {
    let start = offset as usize;
    let slice = bytes.get(start..start + width.bytes() as usize)?;
    Some(
        slice
            .iter()
            .rev()
            .fold(0, |value, &byte| value << 8 | u32::from(byte)),
    )
}

impl Port<'_> {
    fn read_flash(&mut self, offset: u32, width: Width) -> Option<u32> {
        let value = load(self.chip.flash.bytes(), offset, width)?;
        if self.chip.flash.is_torn(offset as usize) {
            let now = self.access.now;
            self.chip.with_periph(now, self.circuit, |periph, cx| {
                periph.flash_unreadable(cx, offset);
            });
        }
        Some(value)
    }

    fn private_allowed(&self, addr: u32, width: Width) -> Result<(), BusFault> {
        if self.privileged && width == Width::Word {
            Ok(())
        } else {
            Err(BusFault { addr })
        }
    }
}

impl Bus for Port<'_> {
    fn read(&mut self, addr: u32, width: Width) -> Result<u32, BusFault> {
        let fault = BusFault { addr };
        match addr >> 24 {
            0x00 => self.read_flash(addr, width).ok_or(fault),
            0x08 => self.read_flash(addr - FLASH_BASE, width).ok_or(fault),
            0x1F => self.chip.system_memory.read(addr, width).ok_or(fault),
            0x20 => load(&self.chip.ram[..], addr - RAM_BASE, width).ok_or(fault),
            0x40..0x60 => {
                let now = self.access.now;
                self.chip
                    .with_periph(now, self.circuit, |periph, cx| periph.read(cx, addr, width))
            }
            0xE0 => {
                self.private_allowed(addr, width)?;
                let Chip { scs, findings, .. } = &mut *self.chip;
                scs.read(addr, self.access, findings).ok_or(fault)
            }
            _ => Err(fault),
        }
    }

    fn write(&mut self, addr: u32, width: Width, value: u32) -> Result<(), BusFault> {
        let fault = BusFault { addr };
        let now = self.access.now;
        match addr >> 24 {
            0x00 | 0x08 if (addr & 0xFF_FFFF) < FLASH_SIZE as u32 => {
                let offset = addr & 0xFF_FFFF;
                self.chip.with_periph(now, self.circuit, |periph, cx| {
                    periph.flash_write(cx, offset, width, value);
                });
                Ok(())
            }
            0x20 => {
                let start = (addr - RAM_BASE) as usize;
                let size = width.bytes() as usize;
                let place = self.chip.ram.get_mut(start..start + size).ok_or(fault)?;
                place.copy_from_slice(&value.to_le_bytes()[..size]);
                Ok(())
            }
            0x40..0x60 => self.chip.with_periph(now, self.circuit, |periph, cx| {
                periph.write(cx, addr, width, value)
            }),
            0xE0 => {
                self.private_allowed(addr, width)?;
                let Chip { scs, findings, .. } = &mut *self.chip;
                scs.write(addr, value, self.access, findings).ok_or(fault)
            }
            _ => Err(fault),
        }
    }
}
