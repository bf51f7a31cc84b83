//! The Cortex-M0+ core: registers, decoder, executors, exceptions.
//!
//! It knows addresses and cycles, not peripherals and not time.

mod data;
mod decode;
mod exceptions;
mod flags;
mod op;
mod run;
mod slow;

pub(crate) use decode::decode;
pub(crate) use flags::Flags;
pub(crate) use op::Op;
pub(crate) use run::{Slice, Surroundings, run};
pub(crate) use slow::{Outcome, execute};

use crate::memory::{BusFault, Width};

/// The bus as the core sees it; alignment has been checked.
pub(crate) trait Bus {
    /// Reads `width` at `addr`, zero-extended.
    fn read(&mut self, addr: u32, width: Width) -> Result<u32, BusFault>;
    /// Writes the low `width` of `value` at `addr`.
    fn write(&mut self, addr: u32, width: Width, value: u32) -> Result<(), BusFault>;
}

/// What the core is doing, apart from being halted by a debugger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Executing.
    Running,
    /// In WFI, until an exception.
    WaitForInterrupt,
    /// In WFE, until an exception or an event.
    WaitForEvent,
    /// A fault at HardFault or NMI priority; only a reset gets it out.
    LockedUp,
}

/// The registers of the core (ARMv6-M ARM §B1.4).
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    /// R0 to R12, the current SP, LR, and the address of the next instruction.
    pub(crate) r: [u32; 16],
    /// The stack pointer that is not in `r[13]`: PSP while MSP is in use and vice versa.
    pub(crate) other_sp: u32,
    /// N, Z, C and V.
    pub(crate) flags: Flags,
    /// Number of the exception being handled, 0 in thread mode.
    pub(crate) ipsr: u8,
    /// EPSR.T: clear means the next instruction faults.
    pub(crate) thumb: bool,
    /// PRIMASK.PM.
    pub(crate) primask: bool,
    /// CONTROL: bit 0 nPRIV, bit 1 SPSEL.
    pub(crate) control: u8,
    /// What it is doing.
    pub(crate) activity: Activity,
    /// The event register of WFE.
    pub(crate) event: bool,
    /// No instruction has been executed since an exception was entered: one of higher priority
    /// may still take its place (late arrival).
    pub(crate) just_entered: bool,
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            r: [0; 16],
            other_sp: 0,
            flags: Flags::from_psr(0),
            ipsr: 0,
            thumb: true,
            primask: false,
            control: 0,
            activity: Activity::Running,
            event: false,
            just_entered: false,
        }
    }
}

impl Cpu {
    /// Out of reset with these first two words of the vector table. LR is all ones; R0 to R12 are
    /// UNKNOWN on the chip and zero here.
    pub(crate) fn reset(sp: u32, vector: u32) -> Self {
        let mut cpu = Self::default();
        cpu.r[13] = sp & !3;
        cpu.r[14] = u32::MAX;
        cpu.r[15] = vector & !1;
        cpu.thumb = vector & 1 != 0;
        cpu
    }

    /// Handler mode, or thread mode with CONTROL.nPRIV clear.
    pub(crate) fn privileged(&self) -> bool {
        self.ipsr != 0 || self.control & 1 == 0
    }

    /// In WFI or WFE.
    pub(crate) fn sleeping(&self) -> bool {
        matches!(
            self.activity,
            Activity::WaitForInterrupt | Activity::WaitForEvent
        )
    }

    /// Whether R13 is the process stack pointer.
    fn uses_psp(&self) -> bool {
        self.ipsr == 0 && self.control & 2 != 0
    }

    /// The main stack pointer.
    pub(crate) fn msp(&self) -> u32 {
        if self.uses_psp() {
            self.other_sp
        } else {
            self.r[13]
        }
    }

    /// The process stack pointer.
    pub(crate) fn psp(&self) -> u32 {
        if self.uses_psp() {
            self.r[13]
        } else {
            self.other_sp
        }
    }

    pub(crate) fn set_msp(&mut self, value: u32) {
        let place = if self.uses_psp() {
            &mut self.other_sp
        } else {
            &mut self.r[13]
        };
        *place = value & !3;
    }

    pub(crate) fn set_psp(&mut self, value: u32) {
        let place = if self.uses_psp() {
            &mut self.r[13]
        } else {
            &mut self.other_sp
        };
        *place = value & !3;
    }

    /// Changes mode and stack selection together, exchanging the stack pointers if need be.
    fn switch(&mut self, ipsr: u8, control: u8) {
        let before = self.uses_psp();
        self.ipsr = ipsr;
        self.control = control;
        if self.uses_psp() != before {
            std::mem::swap(&mut self.r[13], &mut self.other_sp);
        }
    }

    /// xPSR: flags, T, exception number.
    pub(crate) fn xpsr(&self) -> u32 {
        self.flags.psr() | u32::from(self.thumb) << 24 | u32::from(self.ipsr)
    }

    /// A register as the debugger numbers it (DCRSR.REGSEL, ARMv6-M ARM §C1.6.4): 0 to 15, 16
    /// xPSR, 17 MSP, 18 PSP, 20 CONTROL and PRIMASK; others read 0.
    pub(crate) fn debug_read(&self, regsel: u8) -> u32 {
        match regsel {
            0..=15 => self.r[usize::from(regsel)],
            16 => self.xpsr(),
            17 => self.msp(),
            18 => self.psp(),
            20 => u32::from(self.control) << 24 | u32::from(self.primask),
            _ => 0,
        }
    }

    /// Writes a register as the debugger numbers it, see [`Self::debug_read`].
    pub(crate) fn debug_write(&mut self, regsel: u8, value: u32) {
        match regsel {
            13 => self.r[13] = value & !3,
            15 => {
                self.r[15] = value & !1;
                self.activity = Activity::Running;
                self.just_entered = false;
            }
            0..=14 => self.r[usize::from(regsel)] = value,
            16 => {
                self.flags = Flags::from_psr(value);
                self.thumb = value & 1 << 24 != 0;
                self.switch((value & 0x3F) as u8, self.control);
            }
            17 => self.set_msp(value),
            18 => self.set_psp(value),
            20 => {
                self.primask = value & 1 != 0;
                self.switch(self.ipsr, (value >> 24) as u8 & 3);
            }
            _ => {}
        }
    }
}
