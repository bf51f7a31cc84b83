//! The border of the chip: its pins and what the circuit around it must offer.

use crate::Time;

/// A port pin: port A = 0, B = 1, C = 2, D = 3, F = 5, and the pin's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin {
    /// Port index as in the GPIO base addresses (A = 0 … F = 5).
    pub port: u8,
    /// Number within the port, 0 to 15.
    pub number: u8,
}

impl Pin {
    /// Port A.
    #[must_use]
    pub const fn a(number: u8) -> Self {
        Self { port: 0, number }
    }

    /// Port B.
    #[must_use]
    pub const fn b(number: u8) -> Self {
        Self { port: 1, number }
    }

    /// Port C.
    #[must_use]
    pub const fn c(number: u8) -> Self {
        Self { port: 2, number }
    }
}

/// What the chip does to a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Drive {
    /// Analog or floating input.
    #[default]
    HighZ,
    /// Input with the internal pull-up.
    PullUp,
    /// Input with the internal pull-down.
    PullDown,
    /// Driven low.
    Low,
    /// Driven high.
    High,
}

/// What is around the chip. The chip calls it while it runs.
///
/// Changes of one pin arrive in time order; changes of different pins need not be ordered among
/// each other. When `Mcu::run_until(t)` returns, every change up to `t` has been told.
pub trait Circuit {
    /// The voltage at ADC input `channel` at `at`, as a ratio of VREF+, noise included; may lie
    /// outside 0..1, the converter clips it.
    fn sample(&mut self, at: Time, channel: u8) -> f64;

    /// The chip now drives `pin` like this.
    fn pin_changed(&mut self, at: Time, pin: Pin, drive: Drive);

    /// The chip pulls its NRST pin low for 20 µs from `at`: every internal reset does (software,
    /// watchdog, power-on), and so may a debugger's system reset.
    fn nrst_pulse(&mut self, at: Time);
}
