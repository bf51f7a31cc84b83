//! What the chip has to say about the program it runs: registers that are not modelled, accesses
//! the silicon would have ignored, faults.
//!
//! Each distinct finding is kept once, however often the program repeats it, so that a loop cannot
//! fill memory and the report stays readable.

use crate::Time;

/// Kinds of findings; two findings of equal kind are the same finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A register this model does not have was read or written. A read gave 0, a write was lost.
    Unmodelled {
        /// Peripheral, as RM0444 names it (`DMA1`).
        peripheral: &'static str,
        /// Register, as RM0444 names it (`CCR1`), or its offset where RM0444 has none.
        register: String,
    },
    /// A peripheral was accessed while its bus clock was off (RM0444 §5.2.16). A read gave 0, a
    /// write was lost, as on the chip.
    Unclocked {
        /// Peripheral, as RM0444 names it.
        peripheral: &'static str,
    },
    /// A mode of a modelled peripheral that this model does not have was selected.
    UnmodelledMode {
        /// Peripheral, as RM0444 names it.
        peripheral: &'static str,
        /// The bits or the feature asked for.
        mode: &'static str,
    },
    /// The program did what RM0444 forbids, and the chip would have ignored it.
    Misuse {
        /// Peripheral, as RM0444 names it.
        peripheral: &'static str,
        /// What was done.
        what: &'static str,
    },
    /// The core took a HardFault.
    HardFault {
        /// Address whose access failed, if it was an access.
        address: Option<u32>,
        /// Address of the instruction.
        pc: u32,
    },
    /// The core locked up (ARMv6-M ARM §B1.5.15).
    Lockup {
        /// Address of the instruction.
        pc: u32,
    },
}

/// One thing found, with the time it was first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When it was first seen.
    pub at: Time,
    /// What it is.
    pub kind: FindingKind,
}

impl std::fmt::Display for FindingKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmodelled {
                peripheral,
                register,
            } => {
                write!(f, "{peripheral}_{register} is not modelled")
            }
            Self::Unclocked { peripheral } => {
                write!(f, "{peripheral} accessed while its clock is off")
            }
            Self::UnmodelledMode { peripheral, mode } => {
                write!(f, "{peripheral}: {mode} is not modelled")
            }
            Self::Misuse { peripheral, what } => write!(f, "{peripheral}: {what}"),
            Self::HardFault {
                address: Some(address),
                pc,
            } => {
                write!(f, "HardFault at {pc:#010x}, accessing {address:#010x}")
            }
            Self::HardFault { address: None, pc } => write!(f, "HardFault at {pc:#010x}"),
            Self::Lockup { pc } => write!(f, "lockup at {pc:#010x}"),
        }
    }
}

/// The findings of one chip since it was made.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    seen: Vec<FindingKind>,
    fresh: Vec<Finding>,
}

impl Findings {
    /// Distinct findings kept; a program that produces more has more than enough reported.
    const MAX: usize = 256;

    /// Notes a finding unless it is known already.
    pub fn report(&mut self, at: Time, kind: FindingKind) {
        if self.seen.len() < Self::MAX && !self.seen.contains(&kind) {
            self.seen.push(kind.clone());
            self.fresh.push(Finding { at, kind });
        }
    }

    /// The findings since the last call.
    pub fn drain(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_finding_is_told_once() {
        let mut findings = Findings::default();
        for us in 0..3 {
            findings.report(
                Time::from_us(us),
                FindingKind::Unclocked { peripheral: "TIM2" },
            );
        }
        let told = findings.drain();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].at, Time::ZERO);
        assert!(findings.drain().is_empty());
    }
}
