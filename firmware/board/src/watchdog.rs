//! The independent watchdog: a main loop that stands still for two seconds restarts the board, which leaves the relays
//! not allowed (`REL-4`).

use crate::chip;

const START: u16 = 0xCCCC;
const UNLOCK: u16 = 0x5555;
const REFRESH: u16 = 0xAAAA;

/// Two seconds of the 32 kHz LSI divided by 32.
const RELOAD: u16 = 2000;

/// Starts it. It stands still while a debugger halts the core.
pub fn start(chip: &chip::Peripherals) {
    chip.DBG
        .apb_fz1()
        .modify(|_, w| w.dbg_iwdg_stop().set_bit());
    let iwdg = &chip.IWDG;
    // SAFETY: keys and fields of RM0444 §28.4; PR 3 divides by 32.
    unsafe {
        iwdg.kr().write(|w| w.bits(START));
        iwdg.kr().write(|w| w.bits(UNLOCK));
        iwdg.pr().write(|w| w.bits(3));
        iwdg.rlr().write(|w| w.bits(RELOAD));
        while iwdg.sr().read().bits() != 0 {}
        iwdg.kr().write(|w| w.bits(REFRESH));
    }
}

/// From the main loop, once a step.
pub fn refresh() {
    // SAFETY: the key is always valid.
    unsafe { (*chip::IWDG::ptr()).kr().write(|w| w.bits(REFRESH)) };
}
