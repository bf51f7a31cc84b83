//! Target logs without a probe: the up channel 0 of SEGGER's Real-Time Transfer, read from the
//! chip's RAM through the debug port's memory access, as a probe does.
//!
//! It moves bytes; decoding defmt is somebody else's. Reading marks the bytes as read in the
//! target's RAM, which is all a probe changes, too.

use thiserror::Error;

use super::dap::Link;
use super::registers;
use crate::memory::{BusFault, RAM_BASE, RAM_SIZE, Width};
use crate::{Circuit, Mcu};

/// What marks the control block.
const ID: [u8; 16] = *b"SEGGER RTT\0\0\0\0\0\0";
/// Offset of up channel 0 behind the identification and the two channel counts.
const UP_CHANNEL: u32 = 24;
const BUFFER: u32 = UP_CHANNEL + 4;
const SIZE: u32 = UP_CHANNEL + 8;
const WRITE_OFFSET: u32 = UP_CHANNEL + 12;
const READ_OFFSET: u32 = UP_CHANNEL + 16;

/// Why a log could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RttError {
    /// RAM did not answer: the chip has no power.
    #[error("the target's memory does not answer at {address:#010x}")]
    NoAccess {
        /// First address that was refused.
        address: u32,
    },
    /// The control block is there, but what it says cannot be.
    #[error("the target's RTT control block at {control_block:#010x} is corrupt")]
    Corrupt {
        /// Its address.
        control_block: u32,
    },
}

impl From<BusFault> for RttError {
    fn from(fault: BusFault) -> Self {
        Self::NoAccess {
            address: fault.addr,
        }
    }
}

/// Follows the log of one board across resets.
#[derive(Clone, Debug, Default)]
pub struct RttReader {
    control_block: Option<u32>,
}

impl RttReader {
    /// Reads what the firmware has written to up channel 0 since the last call. Empty while the
    /// firmware has not set up its control block.
    ///
    /// # Errors
    /// When memory does not answer or the control block is not sound.
    pub fn read(&mut self, mcu: &mut Mcu, circuit: &mut dyn Circuit) -> Result<Vec<u8>, RttError> {
        let mut link = Link { mcu, circuit };
        let Some(block) = self.find(&mut link)? else {
            return Ok(Vec::new());
        };
        let mut field = |offset| registers::read(&mut link, block + offset, Width::Word);
        let (buffer, size) = (field(BUFFER)?, field(SIZE)?);
        let (write, read) = (field(WRITE_OFFSET)?, field(READ_OFFSET)?);
        let ram = u64::from(RAM_BASE)..u64::from(RAM_BASE) + RAM_SIZE as u64;
        let in_ram = ram.contains(&buffer.into()) && u64::from(buffer) + u64::from(size) <= ram.end;
        if !in_ram || write >= size || read >= size {
            return Err(RttError::Corrupt {
                control_block: block,
            });
        }
        let count = (write + size - read) % size;
        let bytes = (0..count)
            .map(|n| {
                let address = buffer + (read + n) % size;
                registers::read(&mut link, address, Width::Byte).map(|byte| byte as u8)
            })
            .collect::<Result<_, _>>()?;
        registers::write(&mut link, block + READ_OFFSET, Width::Word, write)?;
        Ok(bytes)
    }

    /// Where the control block is; it may move or vanish with a reset.
    fn find(&mut self, link: &mut Link<'_>) -> Result<Option<u32>, RttError> {
        if let Some(block) = self.control_block
            && identified(link, block)?
        {
            return Ok(Some(block));
        }
        self.control_block = None;
        let last = RAM_BASE + RAM_SIZE as u32 - (READ_OFFSET + 4);
        for block in (RAM_BASE..=last).step_by(4) {
            if identified(link, block)? {
                self.control_block = Some(block);
                break;
            }
        }
        Ok(self.control_block)
    }
}

fn identified(link: &mut Link<'_>, block: u32) -> Result<bool, BusFault> {
    for (address, expected) in (block..).step_by(4).zip(ID.as_chunks::<4>().0) {
        if registers::read(link, address, Width::Word)? != u32::from_le_bytes(*expected) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
