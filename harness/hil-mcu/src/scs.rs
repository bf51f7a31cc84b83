//! The system control space: the core's own registers from 0xE000E000 on (ARMv6-M ARM §B3.2).
//!
//! The debug registers in it belong to the debugger alone and are `debug`'s; software reads them
//! as zero.

use crate::Time;
use crate::findings::{FindingKind, Findings};
use crate::nvic::{NMI, Nvic, PENDSV, SVCALL, SYSTICK};
use crate::systick::SysTick;

/// CPUID of the STM32G0's Cortex-M0+ r0p1 (PM0223 §4.3.2).
const CPUID: u32 = 0x410C_C601;
/// VECTKEY for a write, VECTKEYSTAT when read.
const VECTKEY_WRITE: u32 = 0x05FA;
const VECTKEY_READ: u32 = 0xFA05;
const SYSRESETREQ: u32 = 1 << 2;
/// CCR: STKALIGN and UNALIGN_TRP are always set.
const CCR: u32 = 1 << 9 | 1 << 3;
/// VTOR bits that exist.
const VTOR_MASK: u32 = 0xFFFF_FF00;

const SCR_SLEEPONEXIT: u32 = 1 << 1;
const SCR_SLEEPDEEP: u32 = 1 << 2;
const SCR_SEVONPEND: u32 = 1 << 4;

/// The core's own devices and the registers that steer it.
#[derive(Clone, Debug)]
pub(crate) struct Scs {
    pub(crate) nvic: Nvic,
    pub(crate) systick: SysTick,
    /// Address of the vector table.
    pub(crate) vtor: u32,
    scr: u32,
    /// AIRCR.SYSRESETREQ was written.
    pub(crate) reset_requested: bool,
    /// SEVONPEND saw an interrupt become pending.
    pub(crate) event: bool,
}

/// Who accesses the system control space, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) now: Time,
    pub(crate) by_debugger: bool,
    /// Number of the exception being handled (ICSR.VECTACTIVE).
    pub(crate) ipsr: u8,
}

impl Scs {
    /// As after a reset, with the period of HCLK in picoseconds.
    pub(crate) fn new(core_period_ps: u32) -> Self {
        Self {
            nvic: Nvic::default(),
            systick: SysTick::new(core_period_ps),
            vtor: 0,
            scr: 0,
            reset_requested: false,
            event: false,
        }
    }

    pub(crate) fn sleep_on_exit(&self) -> bool {
        self.scr & SCR_SLEEPONEXIT != 0
    }

    pub(crate) fn sleep_deep(&self) -> bool {
        self.scr & SCR_SLEEPDEEP != 0
    }

    /// Takes over the interrupt lines.
    pub(crate) fn set_lines(&mut self, lines: u32) {
        let fresh = self.nvic.set_lines(lines);
        self.event |= fresh && self.scr & SCR_SEVONPEND != 0;
    }

    /// Brings SysTick to `now`.
    pub(crate) fn advance(&mut self, now: Time) {
        if self.systick.advance(now) {
            let fresh = self.nvic.pend(SYSTICK);
            self.event |= fresh && self.scr & SCR_SEVONPEND != 0;
        }
    }

    /// Reads the word at `addr`; `None` if nothing answers there.
    pub(crate) fn read(
        &mut self,
        addr: u32,
        access: Access,
        findings: &mut Findings,
    ) -> Option<u32> {
        self.advance(access.now);
        Some(match addr {
            0xE000_E008 => 0,
            0xE000_E010..0xE000_E020 => {
                let offset = addr - 0xE000_E010;
                self.systick.read(access.now, offset, access.by_debugger)?
            }
            0xE000_E100..0xE000_E420 => self.nvic.read(addr - 0xE000_E100)?,
            0xE000_ED00 => CPUID,
            0xE000_ED04 => self.icsr(access.ipsr),
            0xE000_ED08 => self.vtor,
            0xE000_ED0C => VECTKEY_READ << 16,
            0xE000_ED10 => self.scr,
            0xE000_ED14 => CCR,
            0xE000_ED1C => self.nvic.priorities(8),
            0xE000_ED20 => self.nvic.priorities(12),
            0xE000_ED24 => u32::from(self.nvic.is_pending(SVCALL)) << 15,
            _ => return not_modelled(addr, access.now, findings),
        })
    }

    /// Writes the word at `addr`; `None` if nothing answers there.
    pub(crate) fn write(
        &mut self,
        addr: u32,
        value: u32,
        access: Access,
        findings: &mut Findings,
    ) -> Option<()> {
        self.advance(access.now);
        match addr {
            0xE000_E008 | 0xE000_ED00 | 0xE000_ED14 => {}
            0xE000_E010..0xE000_E020 => {
                let offset = addr - 0xE000_E010;
                return self.systick.write(access.now, offset, value).then_some(());
            }
            0xE000_E100..0xE000_E420 => {
                let fresh = self.nvic.write(addr - 0xE000_E100, value)?;
                self.event |= fresh && self.scr & SCR_SEVONPEND != 0;
            }
            0xE000_ED04 => self.write_icsr(value),
            0xE000_ED08 => self.vtor = value & VTOR_MASK,
            0xE000_ED0C => {
                let keyed = value >> 16 == VECTKEY_WRITE;
                self.reset_requested |= keyed && value & SYSRESETREQ != 0;
            }
            0xE000_ED10 => self.scr = value & (SCR_SLEEPONEXIT | SCR_SLEEPDEEP | SCR_SEVONPEND),
            0xE000_ED1C => self.nvic.set_priorities(8, value & 0xFF00_0000),
            0xE000_ED20 => self.nvic.set_priorities(12, value & 0xFFFF_0000),
            0xE000_ED24 if access.by_debugger && value & 1 << 15 == 0 => self.nvic.unpend(SVCALL),
            0xE000_ED24 => {}
            _ => {
                not_modelled(addr, access.now, findings)?;
            }
        }
        Some(())
    }

    /// ICSR (ARMv6-M ARM §B3.2.4).
    fn icsr(&self, ipsr: u8) -> u32 {
        let flag = |on: bool, bit: u32| u32::from(on) << bit;
        flag(self.nvic.is_pending(NMI), 31)
            | flag(self.nvic.is_pending(PENDSV), 28)
            | flag(self.nvic.is_pending(SYSTICK), 26)
            | flag(self.nvic.interrupt_pending(), 22)
            | u32::from(self.nvic.highest_pending()) << 12
            | u32::from(ipsr)
    }

    fn write_icsr(&mut self, value: u32) {
        let mut fresh = false;
        for (bit, exception) in [(31, NMI), (28, PENDSV), (26, SYSTICK)] {
            if value >> bit & 1 != 0 {
                fresh |= self.nvic.pend(exception);
            }
        }
        for (bit, exception) in [(27, PENDSV), (25, SYSTICK)] {
            if value >> bit & 1 != 0 {
                self.nvic.unpend(exception);
            }
        }
        self.event |= fresh && self.scr & SCR_SEVONPEND != 0;
    }
}

/// The rest of the private peripheral bus: debug registers read as zero for software, the MPU is
/// reported, everything else is a bus fault.
fn not_modelled(addr: u32, now: Time, findings: &mut Findings) -> Option<u32> {
    match addr {
        0xE000_ED90..0xE000_EDA4 => {
            let names = ["TYPE", "CTRL", "RNR", "RBAR", "RASR"];
            let register = names[(addr - 0xE000_ED90) as usize / 4].to_owned();
            let peripheral = "MPU";
            findings.report(
                now,
                FindingKind::Unmodelled {
                    peripheral,
                    register,
                },
            );
            Some(0)
        }
        0xE000_ED30 | 0xE000_EDF0..0xE000_EE00 => Some(0),
        0xE000_1000..0xE000_3000 | 0xE00F_F000..0xE010_0000 => Some(0),
        _ => None,
    }
}
