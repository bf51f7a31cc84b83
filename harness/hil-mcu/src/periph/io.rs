//! What a peripheral with pins sees of them: its signals, connected through the GPIO ports.

use super::af::Signal;
use super::cx::Cx;
use super::gpio::Gpio;
use super::pads::Pads;
use crate::Time;

/// Pins behind the alternate-function switch.
pub(crate) struct Io<'a> {
    pub pads: &'a mut Pads,
    pub gpio: &'a Gpio,
}

impl Io<'_> {
    /// Gives a signal a level at `at`; `None`: the peripheral stops driving it.
    pub fn set(&mut self, cx: &mut Cx, at: Time, signal: Signal, level: Option<bool>) {
        self.pads.set_signal(cx, at, signal, level, |pin, level| {
            self.gpio.drive_of(pin, level)
        });
    }
}
