//! The CRC unit of the chip with the chain's polynomial (RM0444 §14).

use crate::chip;
use bms_logic::chain::CRC_POLYNOMIAL;

/// Sets the polynomial; the unit counts from then on with 16 bits.
pub fn init(chip: &chip::Peripherals) {
    // SAFETY: POL takes any polynomial.
    chip.CRC
        .pol()
        .write(|w| unsafe { w.bits(u32::from(CRC_POLYNOMIAL)) });
    // SAFETY: POLYSIZE 01 is 16 bits.
    chip.CRC.cr().write(|w| unsafe { w.polysize().bits(0b01) });
}

/// Continues from `state`.
pub fn set(state: u16) {
    // SAFETY: only the chain's interrupt uses the unit.
    let crc = unsafe { &*chip::CRC::ptr() };
    // SAFETY: INIT takes any value.
    crc.init().write(|w| unsafe { w.bits(u32::from(state)) });
    // SAFETY: POLYSIZE 01 is 16 bits.
    crc.cr()
        .write(|w| unsafe { w.polysize().bits(0b01).reset().set_bit() });
}

/// Takes one byte: a write of a byte's width counts eight bits.
#[inline(always)]
pub fn feed(byte: u8) {
    // SAFETY: the data register may be written with any width.
    unsafe { (chip::CRC::ptr() as *mut u8).write_volatile(byte) };
}

/// Takes four bytes, the one in the low bits first: the unit counts a word from its high bits on.
#[inline(always)]
pub fn feed_group(group: u32) {
    // SAFETY: the data register takes any value.
    unsafe {
        (*chip::CRC::ptr())
            .dr()
            .write(|w| w.bits(group.swap_bytes()))
    };
}

/// The state.
pub fn state() -> u16 {
    // SAFETY: reading has no effect.
    unsafe { &*chip::CRC::ptr() }.dr().read().bits() as u16
}
