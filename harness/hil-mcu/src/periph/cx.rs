//! What a peripheral may touch besides its own registers: interrupt lines, requests to the core,
//! flash, the circuit, and the list of findings.

use crate::findings::{FindingKind, Findings};
use crate::memory::FlashMemory;
use crate::{Circuit, Time};

/// The context of one access or one event.
pub(crate) struct Cx<'a> {
    /// The time of the access or of the event.
    pub now: Time,
    /// Interrupt lines to the NVIC.
    pub irq: &'a mut IrqLines,
    /// The flash array behind the flash controller.
    pub flash: &'a mut FlashMemory,
    /// What is around the chip.
    pub circuit: &'a mut dyn Circuit,
    /// What the peripherals ask of the core.
    pub req: &'a mut Requests,
    /// What there is to say about the program.
    pub findings: &'a mut Findings,
}

impl Cx<'_> {
    /// Notes that the program did what the chip ignores.
    pub fn misuse(&mut self, peripheral: &'static str, what: &'static str) {
        self.findings
            .report(self.now, FindingKind::Misuse { peripheral, what });
    }

    /// Notes that the program selected a mode this model lacks.
    pub fn unmodelled_mode(&mut self, peripheral: &'static str, mode: &'static str) {
        self.findings
            .report(self.now, FindingKind::UnmodelledMode { peripheral, mode });
    }
}

/// The level-sensitive interrupt lines 0 to 31 (RM0444 §12.3); the NVIC latches them into pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IrqLines {
    bits: u32,
}

impl IrqLines {
    /// Raises or lowers line `n`.
    pub fn set(&mut self, n: u8, level: bool) {
        self.bits = self.bits & !(1 << n) | u32::from(level) << n;
    }

    /// All lines, bit `n` = line `n`.
    pub fn bits(self) -> u32 {
        self.bits
    }
}

/// Why the system was reset; sets the flags of RCC_CSR (RM0444 §5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetCause {
    /// Power-on or brown-out.
    PowerOn,
    /// The NRST pin was low.
    Pin,
    /// AIRCR.SYSRESETREQ.
    Software,
    /// Independent watchdog.
    IndependentWatchdog,
    /// Option bytes reloaded (FLASH_CR.OBL_LAUNCH).
    OptionBytes,
    /// A low-power mode was entered that the option bytes forbid, or left by a reset (Standby).
    LowPower,
}

/// What the peripherals ask of the core. The core takes and clears these after every access and
/// every `advance`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Requests {
    /// Reset the system now.
    pub reset: Option<ResetCause>,
    /// An EXTI event (EMR): sets the core's event register, ends WFE.
    pub event: bool,
    /// A non-maskable interrupt.
    pub nmi: bool,
    /// The core clock changed: its new period in picoseconds.
    pub core_period_ps: Option<u32>,
}
