//! The virtual bench: board circuits around simulated chips, pack wiring, fault models and the
//! instruments that look at them.
//!
//! What a judge sees comes from pins and wires; nothing here knows what the firmware ought to do.
//! No function of this crate writes flash: firmware enters a board through its debug port.

mod bench;
mod board;
mod flashed;
mod logs;
mod pack;
mod random;
mod rig;
mod serve;

pub use bench::{
    CURRENT_UNCERTAINTY_A, Envelope, SUPPLY_UNCERTAINTY_A, Setup, TEMPERATURE_UNCERTAINTY_K,
    VOLTAGE_UNCERTAINTY_V, VirtualBench, dip_balance_code,
};
pub use board::{Defect, Role};
pub use flashed::Flashed;
pub use logs::{LogError, LogTables};
pub use rig::{RigError, VirtualRig};
pub use serve::{ServeError, Served, serve};
