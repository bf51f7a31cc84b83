//! Flashing with probe-rs, behind [`hil_core::ports::Flasher`].
//!
//! `image` checks a file before anything is touched, `patch` sets a word of one; `watched` gives the probe's connection the
//! time-out that the driver lacks; `session` is what is done to one board; `flasher` does it to
//! several; `logs` reads a target's log.

pub mod chip;
pub mod image;
pub mod patch;

mod watched;

mod session;

mod flasher;
mod logs;

pub use chip::Chip;
pub use flasher::ProbeRsFlasher;
pub use image::{Image, ImageError};
pub use logs::TargetLog;
