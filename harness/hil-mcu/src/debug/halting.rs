//! Halting debug of the core: DHCSR, DCRDR, DEMCR and DFSR, with the rules of entering and leaving
//! Debug state (ARMv6-M ARM §C1.3 to §C1.6).
//!
//! It holds state and answers the core's questions ("may I run?", "does BKPT halt me?"); it never
//! touches memory or registers of the core itself: `target.rs` connects the two.

use super::Breakpoints;

/// DHCSR writes are ignored without this in bits 31:16.
const DBGKEY: u32 = 0xA05F << 16;
const C_DEBUGEN: u32 = 1;
const C_HALT: u32 = 1 << 1;
const C_STEP: u32 = 1 << 2;
const C_MASKINTS: u32 = 1 << 3;
const S_REGRDY: u32 = 1 << 16;
const S_HALT: u32 = 1 << 17;
const S_SLEEP: u32 = 1 << 18;
const S_LOCKUP: u32 = 1 << 19;
const S_RETIRE_ST: u32 = 1 << 24;
const S_RESET_ST: u32 = 1 << 25;

const VC_CORERESET: u32 = 1;
const VC_HARDERR: u32 = 1 << 10;
const DWTENA: u32 = 1 << 24;

/// Why the core entered Debug state: the bits of DFSR (ARMv6-M ARM §C1.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HaltCause {
    /// `C_HALT` was written, or a step completed.
    Request = 1,
    /// A breakpoint comparator matched or a BKPT instruction ran.
    Breakpoint = 1 << 1,
    /// A vector catch: reset or HardFault.
    VectorCatch = 1 << 3,
}

/// What a write to DHCSR asks of the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing to do now.
    None,
    /// Execute one instruction, then [`Halting::step_done`].
    Step,
}

/// What the core is doing, for the status bits of DHCSR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CoreStatus {
    /// Waiting in WFI or WFE.
    pub(crate) sleeping: bool,
    /// Locked up after a fault inside a fault handler.
    pub(crate) locked_up: bool,
}

/// The halting-debug state of one core.
#[derive(Clone, Debug, Default)]
pub(crate) struct Halting {
    enabled: bool,
    halted: bool,
    mask_interrupts: bool,
    stepping: bool,
    reset_seen: bool,
    dfsr: u32,
    demcr: u32,
    /// DCRDR, the window through which core registers pass.
    pub(crate) transfer: u32,
    /// The breakpoint unit.
    pub(crate) breakpoints: Breakpoints,
}

impl Halting {
    /// The core is in Debug state: it executes nothing, takes no interrupt, and time passes.
    #[inline]
    #[must_use]
    pub(crate) fn is_halted(&self) -> bool {
        self.halted
    }

    /// PendSV, SysTick and external interrupts are masked by `C_MASKINTS`.
    #[inline]
    #[must_use]
    pub(crate) fn interrupts_masked(&self) -> bool {
        self.enabled && self.mask_interrupts
    }

    /// A comparator matches the instruction about to execute at `pc`; the core then halts before
    /// executing it. Without halting debug enabled a match has no effect.
    #[must_use]
    pub(crate) fn breaks_at(&self, pc: u32) -> bool {
        self.enabled && !self.stepping && self.breakpoints.matches(pc)
    }

    /// Whether any comparator is armed: the core may skip [`Self::breaks_at`] otherwise.
    #[inline]
    #[must_use]
    pub(crate) fn watches_pc(&self) -> bool {
        self.enabled && self.breakpoints.armed()
    }

    /// Enters Debug state. Returns false, and does nothing, when halting debug is not enabled: a
    /// BKPT instruction is then a HardFault.
    pub(crate) fn halt(&mut self, cause: HaltCause) -> bool {
        if !self.enabled {
            return false;
        }
        self.halted = true;
        self.dfsr |= cause as u32;
        true
    }

    /// The core is about to enter HardFault; true if the debugger catches it (`VC_HARDERR`).
    pub(crate) fn catch_hard_fault(&mut self) -> bool {
        self.demcr & VC_HARDERR != 0 && self.halt(HaltCause::VectorCatch)
    }

    /// The core comes out of reset with PC at the reset vector. `C_HALT` is cleared and
    /// `C_DEBUGEN` stays, unless the reset is the power-on reset, which clears everything
    /// (ARMv6-M ARM §C1.6.3). True if the debugger catches the reset (`VC_CORERESET`): the core
    /// then halts before its first instruction, even when the flash is empty.
    pub(crate) fn reset(&mut self, power_on: bool) -> bool {
        if power_on {
            *self = Self::default();
        }
        self.reset_seen = true;
        self.halted = false;
        self.stepping = false;
        self.demcr & VC_CORERESET != 0 && self.halt(HaltCause::VectorCatch)
    }

    /// Reads DHCSR. `S_RESET_ST` clears by it.
    pub(crate) fn read_dhcsr(&mut self, core: CoreStatus) -> u32 {
        let mut value = S_REGRDY;
        let mut set = |bit: u32, on: bool| value |= if on { bit } else { 0 };
        set(C_DEBUGEN, self.enabled);
        set(C_HALT | S_HALT, self.halted);
        set(C_MASKINTS, self.mask_interrupts);
        set(S_SLEEP, core.sleeping && !self.halted);
        set(S_LOCKUP, core.locked_up && !self.halted);
        set(S_RETIRE_ST, !core.sleeping && !self.halted);
        set(S_RESET_ST, self.reset_seen);
        self.reset_seen = false;
        value
    }

    /// Writes DHCSR (ARMv6-M ARM table C1-9).
    pub(crate) fn write_dhcsr(&mut self, value: u32) -> Action {
        if value & 0xFFFF_0000 != DBGKEY {
            return Action::None;
        }
        self.enabled = value & C_DEBUGEN != 0;
        if !self.enabled {
            self.halted = false;
            self.mask_interrupts = false;
            return Action::None;
        }
        self.mask_interrupts = value & C_MASKINTS != 0;
        if value & C_HALT != 0 {
            if !self.halted {
                self.halt(HaltCause::Request);
            }
            return Action::None;
        }
        if self.halted && value & C_STEP != 0 {
            self.halted = false;
            self.stepping = true;
            return Action::Step;
        }
        self.halted = false;
        Action::None
    }

    /// The instruction of a step has executed (or a vector catch stopped it): back to Debug state.
    pub(crate) fn step_done(&mut self) {
        self.stepping = false;
        self.halt(HaltCause::Request);
    }

    /// Reads DFSR.
    #[must_use]
    pub(crate) fn read_dfsr(&self) -> u32 {
        self.dfsr
    }

    /// Writes DFSR: ones clear.
    pub(crate) fn write_dfsr(&mut self, value: u32) {
        self.dfsr &= !value;
    }

    /// Reads DEMCR.
    #[must_use]
    pub(crate) fn read_demcr(&self) -> u32 {
        self.demcr
    }

    /// Writes DEMCR: vector catches, and DWTENA, which has no other effect here.
    pub(crate) fn write_demcr(&mut self, value: u32) {
        self.demcr = value & (VC_CORERESET | VC_HARDERR | DWTENA);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: CoreStatus = CoreStatus {
        sleeping: false,
        locked_up: false,
    };

    fn enabled() -> Halting {
        let mut halting = Halting::default();
        halting.write_dhcsr(DBGKEY | C_DEBUGEN);
        halting
    }

    #[test]
    fn a_write_without_the_key_is_ignored() {
        let mut halting = Halting::default();
        halting.write_dhcsr(C_DEBUGEN | C_HALT);
        assert!(!halting.is_halted());
        assert_eq!(halting.read_dhcsr(RUNNING) & C_DEBUGEN, 0);
    }

    #[test]
    fn a_halted_core_is_not_reported_as_sleeping() {
        let mut halting = enabled();
        let sleeping = CoreStatus {
            sleeping: true,
            ..RUNNING
        };
        assert_eq!(halting.read_dhcsr(sleeping) & (S_SLEEP | S_HALT), S_SLEEP);
        halting.write_dhcsr(DBGKEY | C_DEBUGEN | C_HALT);
        assert_eq!(halting.read_dhcsr(sleeping) & (S_SLEEP | S_HALT), S_HALT);
        assert_eq!(halting.read_dfsr(), 1);
    }

    #[test]
    fn step_leaves_debug_state_for_one_instruction() {
        let mut halting = enabled();
        halting.write_dhcsr(DBGKEY | C_DEBUGEN | C_HALT);
        halting.write_dfsr(0x1F);
        let action = halting.write_dhcsr(DBGKEY | C_DEBUGEN | C_STEP | C_MASKINTS);
        assert_eq!(action, Action::Step);
        assert!(halting.interrupts_masked());
        halting.step_done();
        assert!(halting.is_halted());
        assert_eq!(halting.read_dfsr(), HaltCause::Request as u32);
    }

    #[test]
    fn a_reset_is_caught_and_seen_once() {
        let mut halting = enabled();
        halting.write_demcr(VC_CORERESET);
        assert!(halting.reset(false));
        assert!(halting.is_halted());
        assert_eq!(halting.read_dfsr(), HaltCause::VectorCatch as u32);
        assert_ne!(halting.read_dhcsr(RUNNING) & S_RESET_ST, 0);
        assert_eq!(halting.read_dhcsr(RUNNING) & S_RESET_ST, 0);
    }

    #[test]
    fn a_reset_releases_the_core_and_keeps_debug_enabled() {
        let mut halting = enabled();
        halting.write_dhcsr(DBGKEY | C_DEBUGEN | C_HALT);
        assert!(!halting.reset(false));
        assert_eq!(
            halting.read_dhcsr(RUNNING) & (C_DEBUGEN | C_HALT),
            C_DEBUGEN
        );
        assert!(!halting.reset(true));
        assert_eq!(halting.read_dhcsr(RUNNING) & C_DEBUGEN, 0);
    }

    #[test]
    fn without_debug_enabled_nothing_halts() {
        let mut halting = Halting::default();
        halting.write_demcr(VC_CORERESET | VC_HARDERR);
        assert!(!halting.halt(HaltCause::Breakpoint));
        assert!(!halting.catch_hard_fault());
        assert!(!halting.reset(false));
        assert!(!halting.is_halted());
    }
}
