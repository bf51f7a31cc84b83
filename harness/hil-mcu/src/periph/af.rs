//! Which peripheral signal each alternate function of a pin is (data sheet DS12992, tables 13
//! to 16), as far as the peripherals are modelled.

use crate::Pin;

/// A signal between a peripheral and the pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Signal {
    Usart1Tx,
    Usart2Tx,
    Lpuart1Tx,
    Usart1Rx,
    Usart2Rx,
    Lpuart1Rx,
    Tim1Ch1,
    Tim1Ch2,
    Tim1Ch3,
    Tim1Ch4,
    Tim2Ch1,
    Tim2Ch2,
    Tim2Ch3,
    Tim2Ch4,
    Tim3Ch1,
    Tim3Ch2,
    Tim3Ch3,
    Tim3Ch4,
    Tim14Ch1,
    Tim16Ch1,
    Tim17Ch1,
    /// SWDIO and SWCLK: the debug port has its own way in, the pins only show their pulls.
    Debug,
}

impl Signal {
    /// Number of signals.
    pub const COUNT: usize = Self::Debug as usize + 1;

    /// The peripheral listens to the pin and does not drive it.
    pub const fn is_input(self) -> bool {
        matches!(
            self,
            Self::Usart1Rx | Self::Usart2Rx | Self::Lpuart1Rx | Self::Debug
        )
    }
}

/// The signal of alternate function `af` on `pin`; `None` if there is none or its peripheral is
/// not modelled.
pub(crate) fn signal(pin: Pin, af: u8) -> Option<Signal> {
    use Signal::*;
    Some(match (pin.port, pin.number, af) {
        (0, 0 | 5 | 15, 2) => Tim2Ch1,
        (0, 1, 2) => Tim2Ch2,
        (0, 2, 1) => Usart2Tx,
        (0, 2, 2) => Tim2Ch3,
        (0, 2, 6) => Lpuart1Tx,
        (0, 3, 1) => Usart2Rx,
        (0, 3, 2) => Tim2Ch4,
        (0, 3, 6) => Lpuart1Rx,
        (0, 4, 4) => Tim14Ch1,
        (0, 6, 1) => Tim3Ch1,
        (0, 6, 5) => Tim16Ch1,
        (0, 7, 1) => Tim3Ch2,
        (0, 7, 4) => Tim14Ch1,
        (0, 7, 5) => Tim17Ch1,
        (0, 8, 2) => Tim1Ch1,
        (0, 9, 1) => Usart1Tx,
        (0, 9, 2) => Tim1Ch2,
        (0, 10, 1) => Usart1Rx,
        (0, 10, 2) => Tim1Ch3,
        (0, 11, 2) => Tim1Ch4,
        (0, 13 | 14, 0) => Debug,
        (0, 14, 1) => Usart2Tx,
        (0, 15, 1) => Usart2Rx,
        (1, 0, 1) => Tim3Ch3,
        (1, 1, 0) => Tim14Ch1,
        (1, 1, 1) => Tim3Ch4,
        (1, 3, 1) => Tim1Ch2,
        (1, 3, 2) => Tim2Ch2,
        (1, 4, 1) => Tim3Ch1,
        (1, 5, 1) => Tim3Ch2,
        (1, 6, 0) => Usart1Tx,
        (1, 6, 1) => Tim1Ch3,
        (1, 7, 0) => Usart1Rx,
        (1, 8, 2) => Tim16Ch1,
        (1, 9, 2) => Tim17Ch1,
        (2, 6, 1) => Tim3Ch1,
        (2, 6, 2) => Tim2Ch3,
        _ => return None,
    })
}
