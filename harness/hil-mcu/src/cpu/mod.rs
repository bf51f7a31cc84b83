//! The Cortex-M0+ core: registers, decoder, executors, exceptions.
//!
//! It knows addresses and cycles, not peripherals and not time.

mod op;

pub(crate) use op::{Op, decode};

/// What the core is doing, apart from being halted by a debugger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Executing.
    Running,
    /// WFI or WFE, until an exception or event.
    Sleeping,
    /// A fault at HardFault or NMI priority; only a reset or a debugger gets it out.
    LockedUp,
}

/// The registers of the core (ARMv6-M ARM §B1.4).
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    /// R0 to R12, the current SP, LR, and the address of the next instruction.
    pub(crate) r: [u32; 16],
    /// The stack pointer that is not in `r[13]`: PSP while MSP is in use and vice versa.
    pub(crate) other_sp: u32,
    /// N, Z, C and V as bits 31 to 28.
    pub(crate) apsr: u32,
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
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            r: [0; 16],
            other_sp: 0,
            apsr: 0,
            ipsr: 0,
            thumb: true,
            primask: false,
            control: 0,
            activity: Activity::Running,
            event: false,
        }
    }
}

impl Cpu {
    /// A register as the debugger numbers it (DCRSR.REGSEL, ARMv6-M ARM §C1.6.4): 0 to 15, 16
    /// xPSR, 17 MSP, 18 PSP, 20 CONTROL and PRIMASK; others read 0.
    pub(crate) fn debug_read(&self, regsel: u8) -> u32 {
        let _ = regsel;
        0
    }

    /// Writes a register as the debugger numbers it, see [`Self::debug_read`].
    pub(crate) fn debug_write(&mut self, regsel: u8, value: u32) {
        let _ = (regsel, value);
    }
}
