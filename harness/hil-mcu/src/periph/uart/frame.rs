//! The shape of a character on the line and the length of its bits (RM0444 §33.5.4, §33.5.7).

use crate::Time;

/// Length of a bit, in 1/256 ps: exact for every divider of USART and LPUART.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BitTime(u64);

impl BitTime {
    /// `clock_ps`: period of the prescaled kernel clock; `usartdiv256`: kernel clocks per bit × 256.
    pub fn new(clock_ps: u64, usartdiv256: u64) -> Self {
        Self(clock_ps * usartdiv256)
    }

    /// The length of `n` sixteenths of a bit.
    pub fn sixteenths(self, n: u32) -> Time {
        Time((self.0 * u64::from(n)) >> 12)
    }
}

/// Everything about a character but its bit time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Bits between start and stop, the parity bit included: 7, 8 or 9.
    pub bits: u8,
    /// The last of them is a parity bit.
    pub parity: Option<Parity>,
    /// Half stop bits sent: 1 to 4.
    pub stop_halves: u8,
    pub msb_first: bool,
    pub data_inverted: bool,
    pub tx_inverted: bool,
    pub rx_inverted: bool,
}

/// CR1.PS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parity {
    Even,
    Odd,
}

impl Parity {
    /// The parity bit of these data bits.
    fn of(self, data: u16) -> bool {
        (data.count_ones() % 2 == 1) ^ (self == Self::Odd)
    }
}

impl Format {
    /// From CR1 and CR2.
    pub fn new(cr1: u32, cr2: u32) -> Self {
        let bits = match (cr1 >> 28 & 1, cr1 >> 12 & 1) {
            (1, 0) => 7,
            (0, 1) => 9,
            _ => 8,
        };
        let parity = if cr1 >> 9 & 1 == 1 {
            Parity::Odd
        } else {
            Parity::Even
        };
        Self {
            bits,
            parity: (cr1 >> 10 & 1 == 1).then_some(parity),
            stop_halves: [2, 1, 4, 3][(cr2 >> 12 & 3) as usize],
            msb_first: cr2 >> 19 & 1 == 1,
            data_inverted: cr2 >> 18 & 1 == 1,
            tx_inverted: cr2 >> 17 & 1 == 1,
            rx_inverted: cr2 >> 16 & 1 == 1,
        }
    }

    /// Data bits without parity.
    pub fn data_bits(&self) -> u8 {
        self.bits - u8::from(self.parity.is_some())
    }

    /// Length of a whole character in sixteenths of a bit.
    pub fn sixteenths(&self) -> u32 {
        u32::from(1 + self.bits) * 16 + u32::from(self.stop_halves) * 8
    }

    /// Line levels of a character, start bit in bit 0, one stop bit last.
    pub fn encode(&self, data: u16) -> u16 {
        let data_bits = self.data_bits();
        let data = data & ((1 << data_bits) - 1);
        let mut payload = match self.parity {
            Some(parity) => data | u16::from(parity.of(data)) << data_bits,
            None => data,
        };
        if self.data_inverted {
            payload ^= (1 << self.bits) - 1;
        }
        if self.msb_first {
            // Most significant data bit first; a parity bit stays last.
            let reversed = (payload & ((1 << data_bits) - 1)).reverse_bits() >> (16 - data_bits);
            payload = payload & !((1 << data_bits) - 1) | reversed;
        }
        payload << 1 | 1 << (self.bits + 1)
    }

    /// Data (the parity bit included, as RDR shows it) of received bits, and whether the parity
    /// is wrong.
    pub fn decode(&self, mut payload: u16) -> (u16, bool) {
        let data_bits = self.data_bits();
        let data_mask = (1 << data_bits) - 1;
        if self.data_inverted {
            payload ^= (1 << self.bits) - 1;
        }
        if self.msb_first {
            let reversed = (payload & data_mask).reverse_bits() >> (16 - data_bits);
            payload = payload & !data_mask | reversed;
        }
        let wrong = self.parity.is_some_and(|parity| {
            parity.of(payload & data_mask) != (payload >> data_bits & 1 == 1)
        });
        (payload, wrong)
    }
}
