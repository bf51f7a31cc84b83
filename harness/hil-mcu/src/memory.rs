//! The memories behind the bus: flash, RAM and the factory-programmed system memory.
//!
//! The flash contents are shared by all copies of a chip until one of them writes. Who may write,
//! when, and with which error flags is the flash controller's business, not this module's.

use std::sync::Arc;

use crate::cpu::{Op, decode};

/// Size of one access on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
}

impl Width {
    /// Number of bytes moved.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
        }
    }
}

/// The bus answered an access with an error: nothing is mapped there, the access is unaligned,
/// or the peripheral refuses it. The core turns it into a HardFault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bus fault at {addr:#010x}")]
pub(crate) struct BusFault {
    /// The address that was accessed.
    pub addr: u32,
}

/// First address of main flash (RM0444 §2.2); it also appears at address 0.
pub(crate) const FLASH_BASE: u32 = 0x0800_0000;
/// Size of main flash in bytes.
pub(crate) const FLASH_SIZE: usize = 64 * 1024;
/// Size of one erasable page in bytes (RM0444 §3.3.1).
pub(crate) const FLASH_PAGE: usize = 2 * 1024;
/// First address of RAM.
pub(crate) const RAM_BASE: u32 = 0x2000_0000;
/// Size of RAM in bytes.
pub(crate) const RAM_SIZE: usize = 8 * 1024;

/// Main flash with its predecoded instructions.
#[derive(Clone)]
pub(crate) struct FlashMemory {
    image: Arc<Image>,
}

/// What copies of a chip share. 64 KiB of bytes and 256 KiB of decoded instructions.
#[derive(Clone)]
struct Image {
    bytes: Box<[u8]>,
    ops: Box<[Op]>,
}

impl Image {
    /// Decodes what the bytes from `start` to `end` (even offsets) belong to: these half-words, and
    /// the one before, which may be the first half of a 32-bit instruction.
    fn decode_again(&mut self, start: usize, end: usize) {
        let half = |bytes: &[u8], index: usize| match bytes.get(index * 2..index * 2 + 2) {
            Some(pair) => u16::from_le_bytes([pair[0], pair[1]]),
            None => 0xFFFF,
        };
        for index in (start / 2).saturating_sub(1)..end / 2 {
            self.ops[index] = decode(half(&self.bytes, index), half(&self.bytes, index + 1));
        }
    }
}

impl FlashMemory {
    /// Erased flash.
    pub(crate) fn erased() -> Self {
        let erased_op = decode(0xFFFF, 0xFFFF);
        Self {
            image: Arc::new(Image {
                bytes: vec![0xFF; FLASH_SIZE].into_boxed_slice(),
                ops: vec![erased_op; FLASH_SIZE / 2].into_boxed_slice(),
            }),
        }
    }

    /// All contents, from [`FLASH_BASE`] on.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.image.bytes
    }

    /// The decoded instruction at every half-word.
    pub(crate) fn ops(&self) -> &[Op] {
        &self.image.ops
    }

    /// Erases one page of [`FLASH_PAGE`] bytes to ones; false if there is no such page.
    pub(crate) fn erase_page(&mut self, page: usize) -> bool {
        let start = page * FLASH_PAGE;
        if start >= FLASH_SIZE {
            return false;
        }
        let image = Arc::make_mut(&mut self.image);
        image.bytes[start..start + FLASH_PAGE].fill(0xFF);
        image.decode_again(start, start + FLASH_PAGE);
        true
    }

    /// Erases everything.
    pub(crate) fn erase_all(&mut self) {
        *self = Self::erased();
    }

    /// Programs a double word at `offset` (a multiple of 8, below [`FLASH_SIZE`]): the contents
    /// become `value` without a check of what was there; see [`Self::double_word`].
    pub(crate) fn program(&mut self, offset: usize, value: u64) {
        let image = Arc::make_mut(&mut self.image);
        image.bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        image.decode_again(offset, offset + 8);
    }

    /// The double word at `offset` (a multiple of 8); all ones means erased.
    pub(crate) fn double_word(&self, offset: usize) -> u64 {
        let bytes = &self.image.bytes[offset..offset + 8];
        u64::from_le_bytes(bytes.try_into().expect("eight bytes were sliced"))
    }
}
