//! What the flasher must know of the chip on a board, beyond what probe-rs knows.

use std::ops::Range;

/// A chip: how probe-rs names it, how it identifies itself, and where its memories are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Its name in probe-rs' list of targets.
    pub name: &'static str,
    /// DEV_ID, the low 12 bits of DBG_IDCODE (RM0444, debug support).
    pub device_id: u16,
    /// Address of DBG_IDCODE.
    pub device_id_address: u32,
    /// Main flash.
    pub flash: Range<u32>,
    /// Smallest erasable unit of flash, in bytes.
    pub flash_page: u32,
    /// RAM.
    pub ram: Range<u32>,
}

/// The chip of the reference boards.
pub const STM32G031K8: Chip = Chip {
    name: "STM32G031K8Tx",
    device_id: 0x466,
    device_id_address: 0x4001_5800,
    flash: 0x0800_0000..0x0801_0000,
    flash_page: 2048,
    ram: 0x2000_0000..0x2000_2000,
};
