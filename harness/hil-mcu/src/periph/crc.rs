//! The CRC unit (RM0444 §14): programmable polynomial of 7, 8, 16 or 32 bits, initial value, bit
//! reversal of input and output, byte, half-word and word writes.
//!
//! A calculation is finished before the core can read it; the bus wait of up to 4 clocks is not
//! modelled.

use crate::memory::Width;

const CR_RESET: u32 = 1;

/// The registers.
#[derive(Clone, Debug)]
pub(crate) struct Crc {
    state: u32,
    idr: u32,
    cr: u32,
    init: u32,
    pol: u32,
}

impl Crc {
    /// After reset.
    pub fn new() -> Self {
        Self {
            state: u32::MAX,
            idr: 0,
            cr: 0,
            init: u32::MAX,
            pol: 0x04C1_1DB7,
        }
    }

    /// Width of the polynomial in bits.
    fn size(&self) -> u32 {
        [32, 16, 8, 7][(self.cr >> 3 & 3) as usize]
    }

    fn mask(&self) -> u32 {
        u32::MAX >> (32 - self.size())
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 if self.cr & 1 << 7 != 0 => self.state.reverse_bits() >> (32 - self.size()),
            0x00 => self.state,
            0x04 => self.idr,
            0x08 => self.cr,
            0x10 => self.init,
            0x14 => self.pol,
            _ => return None,
        })
    }

    /// Writes a register; `value` is aligned to bit 0. False if there is none.
    pub fn write(&mut self, offset: u32, width: Width, value: u32) -> bool {
        match offset {
            0x00 => self.feed(width, value),
            0x04 => self.idr = value,
            0x08 => {
                self.cr = value & 0xF8;
                self.state &= self.mask();
                if value & CR_RESET != 0 {
                    self.state = self.init & self.mask();
                }
            }
            0x10 => {
                self.init = value;
                // Writing INIT also loads it (RM0444 §14.4.4).
                self.state = value & self.mask();
            }
            0x14 => self.pol = value,
            _ => return false,
        }
        true
    }

    fn feed(&mut self, width: Width, value: u32) {
        let bits = 8 * width.bytes();
        let value = value & u32::MAX >> (32 - bits);
        let data = self.reverse_input(value, bits);
        let (size, mask) = (self.size(), self.mask());
        let polynomial = self.pol & mask;
        let mut state = self.state & mask;
        for bit in (0..bits).rev() {
            let feedback = (state >> (size - 1) ^ data >> bit) & 1;
            state = state << 1 & mask;
            if feedback == 1 {
                state ^= polynomial;
            }
        }
        self.state = state;
    }

    /// REV_IN: bits are reversed within bytes, half-words or the word, or not at all.
    fn reverse_input(&self, value: u32, bits: u32) -> u32 {
        let group = [0, 8, 16, 32][(self.cr >> 5 & 3) as usize].min(bits);
        if group == 0 {
            return value;
        }
        let mask = u32::MAX >> (32 - group);
        (0..bits / group)
            .map(|index| {
                let shift = index * group;
                let part = value >> shift & mask;
                (part.reverse_bits() >> (32 - group)) << shift
            })
            .sum()
    }
}
