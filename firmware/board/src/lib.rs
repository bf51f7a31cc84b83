//! The thin hardware layer that Begin, Between and End share: registers, interrupts' common parts, sleep.
//!
//! It decides nothing about the battery: that is `bms-logic`'s. The pins are those of `BOARDS.md`. All interrupts have
//! the same priority, so one never interrupts another; main code shares with them only through [`shared`].
#![no_std]

pub mod shared;
pub mod sleep;

pub mod adc;
pub mod chain_in;
pub mod chain_out;
pub mod crc;
pub mod flash;
pub mod pins;
pub mod step;
pub mod watchdog;

pub mod cell_board;
pub mod integrity;

mod panic;

/// The registers of the chip.
pub use stm32g0::stm32g031 as chip;

/// Brings up what every board has, in the order the hardware wants it: clocks, pins, watchdog.
///
/// The core runs from HSI16 at 16 MHz, as it does from reset.
pub fn init(chip: &chip::Peripherals) {
    let rcc = &chip.RCC;
    rcc.iopenr()
        .modify(|_, w| w.iopaen().set_bit().iopben().set_bit());
    rcc.ahbenr().modify(|_, w| w.crcen().set_bit());
    rcc.apbenr1().modify(|_, w| {
        w.tim3en().set_bit();
        w.usart2en().set_bit();
        w.lpuart1en().set_bit();
        w.dbgen().set_bit()
    });
    rcc.apbenr2().modify(|_, w| {
        w.usart1en().set_bit();
        w.adcen().set_bit();
        w.tim14en().set_bit()
    });
    pins::init(chip);
    watchdog::start(chip);
}
