//! The timer that ends a board's steps: TIM3, 8 µs per count.

use crate::{chip, sleep};
use bms_logic::time::{TICK_MS, Ticks};
use core::sync::atomic::{AtomicBool, Ordering};

/// 16 MHz / 128 = 125 kHz.
const PRESCALER: u16 = 127;
const COUNTS_PER_TICK: u32 = TICK_MS * 125;

static ENDED: AtomicBool = AtomicBool::new(false);

/// Starts the timer with a first step of `ticks` and lets it interrupt.
pub fn start(chip: &chip::Peripherals, ticks: Ticks) {
    let timer = &chip.TIM3;
    // SAFETY: any prescaler is valid.
    timer
        .psc()
        .write(|w| unsafe { w.bits(u32::from(PRESCALER)) });
    set_length(ticks);
    // The prescaler is taken over by an update event, whose flag is not a step.
    timer.egr().write(|w| w.ug().set_bit());
    acknowledge();
    timer.dier().write(|w| w.uie().set_bit());
    timer.cr1().write(|w| w.cen().set_bit());
    // SAFETY: the handler's state is static and complete.
    unsafe { cortex_m::peripheral::NVIC::unmask(chip::Interrupt::TIM3) };
}

/// Sets the length of the running step; to be called soon after it began.
pub fn set_length(ticks: Ticks) {
    // SAFETY: at most 8 ticks, so it fits 16 bits.
    unsafe {
        (*chip::TIM3::ptr())
            .arr()
            .write(|w| w.bits(ticks * COUNTS_PER_TICK - 1))
    };
}

/// From the timer's handler: takes the interrupt back.
#[inline(always)]
pub fn acknowledge() {
    // SAFETY: writing 0 clears the update flag, the others have no meaning here.
    unsafe { (*chip::TIM3::ptr()).sr().write(|w| w.bits(0)) };
}

/// From the timer's handler: the step has ended, main code is to run.
#[inline(always)]
pub fn end() {
    ENDED.store(true, Ordering::Relaxed);
    sleep::wake();
}

/// Whether a step has ended that main code has not taken.
pub fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Takes the end of a step; true if there was one.
pub fn take_end() -> bool {
    let ended = has_ended();
    if ended {
        ENDED.store(false, Ordering::Relaxed);
    }
    ended
}
