//! The memories behind the bus: flash, RAM and the factory-programmed system memory.
//!
//! The flash contents are shared by all copies of a chip until one of them writes. Who may write,
//! when, and with which error flags is the flash controller's business, not this module's.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use crate::Part;
use crate::cpu::{Op, decode};
use crate::periph::TS_CAL;

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
    bytes: Box<[u8; FLASH_SIZE]>,
    ops: Box<[Op]>,
    /// Offsets of double words whose error correction fails.
    torn: BTreeSet<usize>,
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
            self.ops[index] = decode(
                half(&self.bytes[..], index),
                half(&self.bytes[..], index + 1),
            );
        }
    }
}

impl FlashMemory {
    /// Erased flash. All erased chips share one image, so that making a chip costs nothing.
    pub(crate) fn erased() -> Self {
        static ERASED: LazyLock<Arc<Image>> = LazyLock::new(|| {
            let erased_op = decode(0xFFFF, 0xFFFF);
            Arc::new(Image {
                bytes: Box::new([0xFF; FLASH_SIZE]),
                ops: vec![erased_op; FLASH_SIZE / 2].into_boxed_slice(),
                torn: BTreeSet::new(),
            })
        });
        Self {
            image: Arc::clone(&ERASED),
        }
    }

    /// All contents, from [`FLASH_BASE`] on.
    pub(crate) fn bytes(&self) -> &[u8; FLASH_SIZE] {
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
        image.torn.retain(|offset| offset / FLASH_PAGE != page);
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
        image.torn.remove(&offset);
        image.decode_again(offset, offset + 8);
    }

    /// An operation on the double word at `offset` was cut short: the bits it would have changed
    /// are as in `value` or as they were, and its error correction fails from now on.
    pub(crate) fn tear(&mut self, offset: usize, value: u64) {
        self.program(offset, value);
        Arc::make_mut(&mut self.image).torn.insert(offset);
    }

    /// Whether error correction fails on the double word to which `offset` belongs.
    pub(crate) fn is_torn(&self, offset: usize) -> bool {
        self.image.torn.contains(&(offset & !7))
    }

    /// Whether error correction fails anywhere.
    pub(crate) fn has_torn(&self) -> bool {
        !self.image.torn.is_empty()
    }

    /// The double word at `offset` (a multiple of 8); all ones means erased.
    pub(crate) fn double_word(&self, offset: usize) -> u64 {
        let bytes = &self.image.bytes[offset..offset + 8];
        u64::from_le_bytes(bytes.try_into().expect("eight bytes were sliced"))
    }
}

/// First address of the system memory area.
pub(crate) const SYSTEM_BASE: u32 = 0x1FFF_0000;
/// Where the factory's and the one-time-programmable words begin.
const ENGINEERING: u32 = 0x1FFF_7000;
/// What stands in for the ROM boot loader: mask interrupts and wait for ever. An erased chip
/// starts it, as the real one does (RM0444 §2.5), and a debugger can halt it there.
const BOOT_LOADER: [u16; 7] = [0x2000, 0x2000, 0x0009, 0x1FFF, 0xB672, 0xBF30, 0xE7FD];

/// The read-only system memory: boot loader and the words programmed at the factory
/// (RM0444 §41, §15.12.1).
#[derive(Clone)]
pub(crate) struct SystemMemory {
    uid: [u32; 3],
    vrefint_cal: u16,
}

impl SystemMemory {
    /// For one part: its unique identifier and VREFINT_CAL as measured at 3.0 V.
    pub(crate) fn new(part: &Part) -> Self {
        Self {
            uid: part.uid,
            vrefint_cal: crate::periph::vrefint_cal(part),
        }
    }

    /// Reads at an aligned address; `None` where nothing answers.
    pub(crate) fn read(&self, addr: u32, width: Width) -> Option<u32> {
        let word = self.word(addr & !3)?;
        let mask = u32::MAX >> (32 - 8 * width.bytes());
        Some(word >> (8 * (addr & 3)) & mask)
    }

    fn word(&self, addr: u32) -> Option<u32> {
        Some(match addr {
            SYSTEM_BASE..ENGINEERING => {
                let index = ((addr - SYSTEM_BASE) / 2) as usize;
                let half = |index: usize| BOOT_LOADER.get(index).copied().unwrap_or(0);
                u32::from(half(index)) | u32::from(half(index + 1)) << 16
            }
            // Package LQFP32 (UFQFPN32 shares the code).
            0x1FFF_7500 => 1,
            0x1FFF_7590 => self.uid[0],
            0x1FFF_7594 => self.uid[1],
            0x1FFF_7598 => self.uid[2],
            0x1FFF_75A8 => u32::from(TS_CAL[0]) | u32::from(self.vrefint_cal) << 16,
            0x1FFF_75C8 => u32::from(TS_CAL[1]) << 16 | 0xFFFF,
            0x1FFF_75E0 => FLASH_SIZE as u32 >> 10 | 0xFFFF << 16,
            // Option bytes as delivered, and their complement.
            0x1FFF_7800 => 0xFFFF_FEAA,
            0x1FFF_7804 => !0xFFFF_FEAA,
            ENGINEERING..0x1FFF_8000 => u32::MAX,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_the_flash_until_one_writes() {
        let mut original = FlashMemory::erased();
        original.program(0, 0x1122_3344_5566_7788);
        let mut copy = original.clone();
        assert!(Arc::ptr_eq(&original.image, &copy.image));
        copy.program(8, 0);
        assert!(!Arc::ptr_eq(&original.image, &copy.image));
        assert_eq!(original.double_word(8), u64::MAX);
        assert_eq!(copy.double_word(0), 0x1122_3344_5566_7788);
    }

    #[test]
    fn what_is_decoded_follows_every_write() {
        let mut flash = FlashMemory::erased();
        // BL, its halves in two double words, the second one first.
        flash.program(8, 0xBF00_BF00_BF00_F800);
        flash.program(0, 0xF000_BF00_BF00_BF00);
        assert_eq!(flash.ops()[3], decode(0xF000, 0xF800));
        flash.program(8, 0xBF00_BF00_BF00_FFFE);
        assert_eq!(flash.ops()[3], decode(0xF000, 0xFFFE));
        assert!(flash.erase_page(0));
        assert_eq!(flash.ops()[3], decode(0xFFFF, 0xFFFF));
        assert!(!flash.erase_page(32), "there are 32 pages");
    }

    #[test]
    fn the_factory_words_are_where_firmware_and_loaders_look() {
        let part = Part::default();
        let memory = SystemMemory::new(&part);
        let uid = |n: u32| memory.read(0x1FFF_7590 + n * 4, Width::Word);
        assert_eq!([uid(0), uid(1), uid(2)], part.uid.map(Some));
        assert_eq!(memory.read(0x1FFF_75E0, Width::Half), Some(64), "KiB");
        assert_eq!(memory.read(0x1FFF_75AA, Width::Half), Some(1655), "VREFINT");
        assert_eq!(memory.read(0x1FFF_8000, Width::Word), None);
    }
}
