//! Sleeping between events, so that a board needs 1.9 mA (`PWR-1`) and the bench has little to execute.
//!
//! Most interrupts (a chain byte, a current sample) need no main code: with sleep-on-exit the core goes back to sleep
//! straight from the handler. A handler that has work for main code calls [`wake`].

use cortex_m::peripheral::SCB;

/// SCR bit 1, ARMv6-M ARM §B3.2.7.
const SLEEPONEXIT: u32 = 1 << 1;

/// From an interrupt handler: main code is to run when it returns.
#[inline(always)]
pub fn wake() {
    set_scr(0);
}

/// Sleeps until `ready`, which is asked with interrupts off, says so.
pub fn until(ready: impl Fn() -> bool) {
    loop {
        cortex_m::interrupt::disable();
        let done = ready();
        if !done {
            set_scr(SLEEPONEXIT);
            // A pending interrupt ends the sleep although it is masked, so none is missed after the question.
            cortex_m::asm::wfi();
        }
        // SAFETY: no critical section is open here. Handlers run now and, unless one called `wake`, sleep on exit.
        unsafe { cortex_m::interrupt::enable() };
        if done {
            return;
        }
        cortex_m::asm::isb();
    }
}

#[inline(always)]
fn set_scr(value: u32) {
    // SAFETY: SCR holds only the three sleep bits, and only this module writes it.
    unsafe { (*SCB::PTR).scr.write(value) };
}
