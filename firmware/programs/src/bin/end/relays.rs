//! The two bistable relays: a 20 ms pulse on the coil that leads to the wanted state, ended by TIM14.

use board::chip::{self, interrupt};
use board::pins::{CHARGE_COILS, LOAD_COILS};

/// 16 MHz / 16 000: one count is a millisecond.
const PRESCALER: u32 = 15_999;

/// Twice what the coils need.
const PULSE_MS: u32 = 20;

/// What the relays were last told.
#[derive(Debug)]
pub struct Relays {
    charge: bool,
    load: bool,
}

#[interrupt]
fn TIM14() {
    // SAFETY: the one-pulse timer stopped by itself; 0 clears its flag.
    unsafe { (*chip::TIM14::ptr()).sr().write(|w| w.bits(0)) };
    for coil in CHARGE_COILS.into_iter().chain(LOAD_COILS) {
        coil.set(false);
    }
}

impl Relays {
    /// Prepares the coils and tells both relays not allowed, as the reset circuit has done already (`REL-4`).
    pub fn start(chip: &chip::Peripherals) -> Self {
        for coil in CHARGE_COILS.into_iter().chain(LOAD_COILS) {
            coil.init();
        }
        let timer = &chip.TIM14;
        // SAFETY: a 16-bit value.
        timer.psc().write(|w| unsafe { w.bits(PRESCALER) });
        // SAFETY: as above.
        timer.arr().write(|w| unsafe { w.bits(PULSE_MS - 1) });
        // Only an overflow interrupts, not the update that restarts the count.
        timer.cr1().write(|w| w.urs().set_bit().opm().set_bit());
        timer.dier().write(|w| w.uie().set_bit());
        // SAFETY: the handler's state is static and complete.
        unsafe { cortex_m::peripheral::NVIC::unmask(chip::Interrupt::TIM14) };
        pulse(CHARGE_COILS, false);
        pulse(LOAD_COILS, false);
        Self {
            charge: false,
            load: false,
        }
    }

    /// Switches what differs.
    pub fn set(&mut self, charge: bool, load: bool) {
        if charge != self.charge {
            self.charge = charge;
            pulse(CHARGE_COILS, charge);
            defmt::info!("charge allowed: {=bool}", charge);
        }
        if load != self.load {
            self.load = load;
            pulse(LOAD_COILS, load);
            defmt::info!("load allowed: {=bool}", load);
        }
    }
}

/// Energises one of the coils and restarts the pulse's time.
fn pulse([set, reset]: [board::pins::Output; 2], allowed: bool) {
    let (wanted, other) = if allowed { (set, reset) } else { (reset, set) };
    other.set(false);
    wanted.set(true);
    // SAFETY: the timer belongs to this module.
    let timer = unsafe { &*chip::TIM14::ptr() };
    timer.egr().write(|w| w.ug().set_bit());
    timer
        .cr1()
        .write(|w| w.urs().set_bit().opm().set_bit().cen().set_bit());
}
