//! The debug port of the chip: what a probe on SWDIO and SWCLK can reach.
//!
//! The core asks [`Halting`] whether it may run; only the probe side writes it. Firmware cannot
//! reach these registers: on a Cortex-M0+ the debug registers belong to the debugger alone, and
//! software reads them as zero.

#![expect(dead_code, reason = "the core and the probe server hook in next")]

mod breakpoints;
mod halting;

pub(crate) use breakpoints::Breakpoints;
#[expect(unused_imports, reason = "the core and the probe server hook in next")]
pub(crate) use halting::{Action, CoreStatus, HaltCause, Halting};
