//! An STM32G031K8 that executes real firmware: Cortex-M0+ core, memories, the peripherals the
//! boards use, and the debug port, reached through a Black Magic Probe server.
//!
//! It knows nothing of batteries: what is around the chip is a [`Circuit`].
//! No function of this crate writes flash from outside; firmware enters through the debug port.

mod bus;
mod cpu;
mod debug;
#[cfg(test)]
mod differential;
pub mod findings;
mod mcu;
mod memory;
mod nvic;
mod periph;
pub mod pins;
pub mod probe;
mod scs;
mod systick;
#[cfg(test)]
mod testing;
pub mod time;

pub use debug::programmer::{ProgramError, Programmer};
pub use debug::rtt::{RttError, RttReader};
pub use findings::{Finding, FindingKind};
pub use mcu::{Mcu, Part, Stats};
pub use periph::ResetCause;
pub use pins::{Circuit, Drive, Pin};
pub use time::Time;
