//! The port through which firmware enters boards. It names no probe and no driver.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is to be programmed into one board.
#[derive(Clone, Copy, Debug)]
pub struct FlashJob<'a> {
    /// Board, from 1.
    pub board: u16,
    /// The ELF file's bytes.
    pub elf: &'a [u8],
}

/// What a flasher is doing to a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlashPhase {
    /// Opening the probe and identifying the chip.
    Identify,
    /// Erasing pages.
    Erase,
    /// Programming.
    Program,
    /// Comparing flash with the image.
    Verify,
}

impl std::fmt::Display for FlashPhase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Identify => "identifying the chip",
            Self::Erase => "erasing",
            Self::Program => "programming",
            Self::Verify => "verifying",
        })
    }
}

/// Progress of one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashProgress {
    /// Board, from 1.
    pub board: u16,
    /// What is being done.
    pub phase: FlashPhase,
    /// Bytes done in this phase.
    pub done: u32,
    /// Bytes to do in this phase.
    pub total: u32,
}

/// What was done to one board's flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashReport {
    /// Board, from 1.
    pub board: u16,
    /// The chip's own device identifier (DEV_ID), read before anything was erased.
    pub chip_id: u16,
    /// SHA-256 of the ELF file, hex.
    pub image_sha256: String,
    /// Bytes erased, whole pages.
    pub erased: u32,
    /// Bytes programmed.
    pub programmed: u32,
    /// Bytes read back and compared.
    pub verified: u32,
    /// SHA-256 of the read-back of the image's segments in address order, hex.
    pub read_back_sha256: String,
}

/// Puts firmware into boards through their debug probes.
pub trait Flasher {
    /// Erases, programs, verifies and resets the boards of `jobs`, which are all different; the
    /// flasher decides which of them at the same time. Every board is tried. Afterwards no probe
    /// session is left open. The reports are in the order of `jobs`.
    ///
    /// A board whose flashing was interrupted runs no firmware, so its relays stay not-allowed.
    fn flash(
        &mut self,
        jobs: &[FlashJob<'_>],
        progress: &mut dyn FnMut(FlashProgress),
    ) -> Vec<Result<FlashReport, FlashError>>;
}

/// A board could not be flashed: trouble of the rig or of its input, never a failure of the DUT.
#[derive(Debug, Error)]
#[error("board {board} through probe {probe}: {trouble}")]
pub struct FlashError {
    /// Board, from 1.
    pub board: u16,
    /// Which probe.
    pub probe: String,
    /// What went wrong.
    #[source]
    pub trouble: FlashTrouble,
}

/// What can go wrong while flashing a board.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FlashTrouble {
    /// The image does not belong on this chip. Nothing was touched.
    #[error("wrong image: {0}")]
    WrongImage(String),
    /// The rig names no probe for this board.
    #[error("the rig file names no probe for it; add one to its list of probes")]
    NoProbe,
    /// Nobody listens at the probe's address.
    #[error("no answer ({0}); is the probe server running and the port right?")]
    Unreachable(String),
    /// Somebody listens but does not talk like a debug probe, or not to us.
    #[error(
        "not a usable debug probe ({0}); is it the right port, or has another client opened it?"
    )]
    NotAProbe(String),
    /// The probe stopped answering.
    #[error("the probe was silent for {seconds} s while {phase}; restart it, then flash again{}", interrupted(*phase))]
    Silent {
        /// What was being done.
        phase: FlashPhase,
        /// How long it was waited for.
        seconds: u32,
    },
    /// The connection to the probe broke.
    #[error("the connection was lost while {phase}; check it, then flash again{}", interrupted(*phase))]
    Lost {
        /// What was being done.
        phase: FlashPhase,
    },
    /// A person asked to stop.
    #[error("stopped on request while {phase}{}", interrupted(*phase))]
    Stopped {
        /// What was being done.
        phase: FlashPhase,
    },
    /// Another chip answered. Nothing was erased.
    #[error("wrong chip: device id {found:#05x} instead of {expected:#05x}; nothing was erased")]
    WrongChip {
        /// DEV_ID of the chip that answered.
        found: u16,
        /// DEV_ID of the chip the rig expects.
        expected: u16,
    },
    /// Flash does not contain what was programmed.
    #[error(
        "flash at {address:#010x} reads {found:#04x} instead of {expected:#04x}; flash again, and if it stays so the chip is worn out"
    )]
    Mismatch {
        /// First address that differs.
        address: u32,
        /// What the image says.
        expected: u8,
        /// What flash says.
        found: u8,
    },
    /// The probe or the chip refused a step.
    #[error("failed while {phase}: {cause}{}", interrupted(*phase))]
    Failed {
        /// What was being done.
        phase: FlashPhase,
        /// The driver's own words.
        cause: String,
    },
}

/// What is left behind, for the message.
fn interrupted(phase: FlashPhase) -> &'static str {
    match phase {
        FlashPhase::Identify => "",
        FlashPhase::Erase | FlashPhase::Program | FlashPhase::Verify => {
            " (the board holds no complete firmware and its relays stay not-allowed)"
        }
    }
}
