//! The debug port of the chip: what a probe on SWDIO and SWCLK can reach.
//!
//! From the pins inwards: `swd` (bits on the line), `dap` (SW-DP and MEM-AP registers),
//! `registers` (debug registers of the core, ROM tables), `halting` and `breakpoints` (state the
//! core asks before it runs). Firmware cannot reach these registers: on a Cortex-M0+ they belong
//! to the debugger alone.

mod swd;

pub(crate) mod dap;

mod registers;

mod halting;

mod breakpoints;

pub(crate) mod rtt;

pub(crate) mod programmer;

pub(crate) use breakpoints::Breakpoints;
pub(crate) use dap::DebugPort;
pub(crate) use halting::{Action, CoreStatus, HaltCause, Halting};
