//! What is left of an erase or program operation that was cut short. Drawn, so that a cut at
//! another time or on another chip leaves something else, and the same cut the same.

use crate::memory::{FLASH_PAGE, FlashMemory};

/// The operation that would have made the double word at `offset` `value` was cut: in a quarter of
/// the cases before anything changed, in another after everything had.
pub(super) fn tear(flash: &mut FlashMemory, cut_at: u64, offset: usize, value: u64) {
    let before = flash.double_word(offset);
    let drawn = mix(cut_at ^ offset as u64);
    match drawn & 3 {
        _ if before == value => {}
        0 => {}
        1 => flash.program(offset, value),
        _ => {
            let changed = mix(drawn);
            flash.tear(offset, before & !changed | value & changed);
        }
    }
}

/// An erase of a page was cut.
pub(super) fn tear_page(flash: &mut FlashMemory, cut_at: u64, page: usize) {
    for offset in (page * FLASH_PAGE..(page + 1) * FLASH_PAGE).step_by(8) {
        tear(flash, cut_at, offset, u64::MAX);
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}
