//! The pins of `BOARDS.md`: directions, alternate functions, and named outputs.

use crate::chip;

/// An output pin, active high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// On port A.
    A(u8),
    /// On port B.
    B(u8),
}

/// Info LED.
pub const INFO_LED: Output = Output::A(8);
/// Balancing MOSFET.
pub const BALANCING: Output = Output::B(0);
/// End board: CHARGE status LED.
pub const CHARGE_LED: Output = Output::A(5);
/// End board: LOAD status LED.
pub const LOAD_LED: Output = Output::A(6);
/// End board: coils of the CHARGE relay, set (allowed) and reset (not allowed).
pub const CHARGE_COILS: [Output; 2] = [Output::B(1), Output::B(2)];
/// End board: coils of the LOAD relay.
pub const LOAD_COILS: [Output; 2] = [Output::B(3), Output::B(4)];
/// End board: reset of the Bluetooth bridge.
pub const BRIDGE_RESET: Output = Output::B(6);

/// MODER values, RM0444 §7.4.1.
const INPUT: u32 = 0b00;
const OUTPUT: u32 = 0b01;
const ALTERNATE: u32 = 0b10;

impl Output {
    /// Makes the pin an output that is low.
    pub fn init(self) {
        self.set(false);
        match self {
            Self::A(pin) => mode_a(pin, OUTPUT),
            Self::B(pin) => mode_b(pin, OUTPUT),
        }
    }

    /// Drives the pin.
    pub fn set(self, high: bool) {
        // Set bits stand in the low half of BSRR, reset bits in the high half.
        let shift = if high { 0 } else { 16 };
        // SAFETY: BSRR changes this pin only.
        unsafe {
            match self {
                Self::A(pin) => (*chip::GPIOA::ptr())
                    .bsrr()
                    .write(|w| w.bits(1 << (u32::from(pin) + shift))),
                Self::B(pin) => (*chip::GPIOB::ptr())
                    .bsrr()
                    .write(|w| w.bits(1 << (u32::from(pin) + shift))),
            };
        }
    }
}

/// An input pin of port B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input(u8);

/// Begin and End: the button, pressed = low.
pub const BUTTON: Input = Input(9);
/// End board: a phone is connected, high.
pub const BRIDGE_CONNECTED: Input = Input(5);

/// PUPDR values, RM0444 §7.4.4.
const PULL_UP: u32 = 0b01;
const PULL_DOWN: u32 = 0b10;

impl Input {
    /// Makes the pin an input that is high when nothing drives it.
    pub fn init_pulled_up(self) {
        self.init(PULL_UP);
    }

    /// Makes the pin an input that is low when nothing drives it.
    pub fn init_pulled_down(self) {
        self.init(PULL_DOWN);
    }

    fn init(self, pull: u32) {
        let shift = 2 * u32::from(self.0);
        // SAFETY: two bits of one pin; called during start-up only.
        unsafe {
            (*chip::GPIOB::ptr())
                .pupdr()
                .modify(|r, w| w.bits(r.bits() & !(0b11 << shift) | pull << shift))
        };
        mode_b(self.0, INPUT);
    }

    /// Whether the pin is high.
    #[inline(always)]
    pub fn is_high(self) -> bool {
        // SAFETY: reading has no effect.
        unsafe { &*chip::GPIOB::ptr() }.idr().read().bits() & 1 << self.0 != 0
    }
}

/// The pins that every board has.
pub fn init(_chip: &chip::Peripherals) {
    INFO_LED.init();
    BALANCING.init();
}

/// PA9 to USART1_TX (AF1).
pub fn chain_out(chip: &chip::Peripherals) {
    // SAFETY: AF1 in bits 7:4 of AFRH.
    chip.GPIOA
        .afrh()
        .modify(|r, w| unsafe { w.bits(r.bits() & !0xF0 | 0x10) });
    mode_a(9, ALTERNATE);
}

/// PA3 to LPUART1_RX (AF6), with a pull-up so that a broken wire is idle.
pub fn chain_in(chip: &chip::Peripherals) {
    // SAFETY: AF6 in bits 15:12 of AFRL.
    chip.GPIOA
        .afrl()
        .modify(|r, w| unsafe { w.bits(r.bits() & !0xF000 | 0x6000) });
    // SAFETY: pull-up 01 in bits 7:6 of PUPDR.
    chip.GPIOA
        .pupdr()
        .modify(|r, w| unsafe { w.bits(r.bits() & !0xC0 | 0x40) });
    mode_a(3, ALTERNATE);
}

/// PA2 to USART2_TX (AF1).
pub fn ext_out(chip: &chip::Peripherals) {
    // SAFETY: AF1 in bits 11:8 of AFRL.
    chip.GPIOA
        .afrl()
        .modify(|r, w| unsafe { w.bits(r.bits() & !0xF00 | 0x100) });
    mode_a(2, ALTERNATE);
}

/// PA9 and PA10 to USART1 (AF1), the latter with a pull-up so that a missing bridge is idle.
pub fn app_link(chip: &chip::Peripherals) {
    // SAFETY: AF1 in bits 11:4 of AFRH.
    chip.GPIOA
        .afrh()
        .modify(|r, w| unsafe { w.bits(r.bits() & !0xFF0 | 0x110) });
    // SAFETY: pull-up 01 in bits 21:20 of PUPDR.
    chip.GPIOA
        .pupdr()
        .modify(|r, w| unsafe { w.bits(r.bits() & !(0b11 << 20) | 0b01 << 20) });
    mode_a(9, ALTERNATE);
    mode_a(10, ALTERNATE);
}

/// Reads the DIP switches PB1 to PB8 with pull-ups: bit 0 is switch 1, ON (low) is 1. The pull-ups stay on only while
/// reading, so that a closed switch costs no current afterwards.
pub fn read_dip(chip: &chip::Peripherals) -> u8 {
    const SETTLE_CYCLES: u32 = 320;
    const PULL_UPS: u32 = 0b01_01_01_01_01_01_01_01 << 2;
    for pin in 1..=8 {
        mode_b(pin, INPUT);
    }
    // SAFETY: two bits per pin from PB1 on.
    chip.GPIOB
        .pupdr()
        .modify(|r, w| unsafe { w.bits(r.bits() & !(0xFFFF << 2) | PULL_UPS) });
    cortex_m::asm::delay(SETTLE_CYCLES);
    let levels = (chip.GPIOB.idr().read().bits() >> 1) as u8;
    // SAFETY: as above.
    chip.GPIOB
        .pupdr()
        .modify(|r, w| unsafe { w.bits(r.bits() & !(0xFFFF << 2)) });
    !levels
}

fn mode_a(pin: u8, mode: u32) {
    let shift = 2 * u32::from(pin);
    // SAFETY: two bits of one pin; called during start-up only.
    unsafe {
        (*chip::GPIOA::ptr())
            .moder()
            .modify(|r, w| w.bits(r.bits() & !(0b11 << shift) | mode << shift))
    };
}

fn mode_b(pin: u8, mode: u32) {
    let shift = 2 * u32::from(pin);
    // SAFETY: as above.
    unsafe {
        (*chip::GPIOB::ptr())
            .moder()
            .modify(|r, w| w.bits(r.bits() & !(0b11 << shift) | mode << shift))
    };
}
