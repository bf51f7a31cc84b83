//! The ADC: a short scan over the board's analog inputs, started by software and read as it runs.
//!
//! A scan takes 1 µs per channel, less than an interrupt would cost, so the caller waits for it. A converter that
//! never ends is the watchdog's business.

use crate::chip;

/// ISR bits, RM0444 §15.12.1.
const EOC: u32 = 1 << 2;
const CCRDY: u32 = 1 << 13;

/// Time the regulator needs, RM0444 §15.3.3: 20 µs at 16 MHz.
const REGULATOR_CYCLES: u32 = 400;

/// Channels by their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Channels(u32);

impl Channels {
    /// Cell voltage and thermistor: ADC_IN0, ADC_IN1.
    pub const CELL: Self = Self(0b0000_0011);
    /// The four sensor outputs: ADC_IN4 to ADC_IN7.
    pub const SENSORS: Self = Self(0b1111_0000);
}

/// The converter, ready to scan.
#[derive(Debug)]
pub struct Adc;

impl Adc {
    /// Calibrates the converter and selects the channels of the scan.
    pub fn start(chip: &chip::Peripherals, channels: Channels) -> Self {
        let adc = &chip.ADC;
        adc.cr().modify(|_, w| w.advregen().set_bit());
        cortex_m::asm::delay(REGULATOR_CYCLES);
        // The bus clock itself, 16 MHz, without a prescaler.
        // SAFETY: field values of RM0444 §15.12.5 and §15.12.7.
        adc.cfgr2().modify(|_, w| unsafe { w.ckmode().bits(0b11) });
        adc.cr().modify(|_, w| w.adcal().set_bit());
        while adc.cr().read().adcal().bit_is_set() {}
        // 3.5 cycles of sampling: the inputs have capacitors.
        // SAFETY: as above.
        adc.smpr().modify(|_, w| unsafe { w.smp1().bits(0b001) });
        // The next channel waits until the last one was read.
        adc.cfgr1().modify(|_, w| w.wait().set_bit());
        let mut started = Self;
        started.select(channels);
        adc.cr().modify(|_, w| w.aden().set_bit());
        while adc.isr().read().adrdy().bit_is_clear() {}
        started
    }

    /// Selects the channels of the next scans; the last one has been read to its end.
    pub fn select(&mut self, channels: Channels) {
        // SAFETY: nobody else holds the converter while `self` is borrowed.
        let adc = unsafe { &*chip::ADC::ptr() };
        // SAFETY: writing one flag clears it and no other.
        adc.isr().write(|w| unsafe { w.bits(CCRDY) });
        // SAFETY: any channel mask is valid.
        adc.chselr0().write(|w| unsafe { w.bits(channels.0) });
        while adc.isr().read().bits() & CCRDY == 0 {}
    }

    /// Starts a scan.
    #[inline(always)]
    pub fn scan(&mut self) -> Scan {
        // SAFETY: nobody else holds the converter while `self` is borrowed; ADEN and ADVREGEN stay set.
        let adc = unsafe { &*chip::ADC::ptr() };
        adc.cr()
            .write(|w| w.advregen().set_bit().aden().set_bit().adstart().set_bit());
        Scan
    }
}

/// A running scan; read exactly as many codes as channels were selected.
#[derive(Debug)]
pub struct Scan;

impl Scan {
    /// The next channel's code, in the order of channel numbers.
    #[inline(always)]
    pub fn next_code(&mut self) -> u16 {
        // SAFETY: reading status and data of the running scan.
        let adc = unsafe { &*chip::ADC::ptr() };
        while adc.isr().read().bits() & EOC == 0 {}
        adc.dr().read().bits() as u16
    }
}
