//! CRC-16 of the chain frame: polynomial 0x1021, start 0xFFFF, most significant bit first, nothing reversed or inverted
//! (CRC-16/IBM-3740). The boards that forward use the CRC unit of the chip; this is the same in software.

/// The polynomial without its leading term.
pub const CRC_POLYNOMIAL: u16 = 0x1021;

/// The state before the first byte.
pub const CRC_START: u16 = 0xFFFF;

/// A running CRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crc(pub u16);

impl Crc {
    /// Continues from a state; [`CRC_START`] begins a frame.
    pub const fn from_state(state: u16) -> Self {
        Self(state)
    }

    /// Takes one byte.
    pub const fn feed(&mut self, byte: u8) {
        let index = (self.0 >> 8) as u8 ^ byte;
        self.0 = self.0 << 8 ^ TABLE[index as usize];
    }

    /// Takes several bytes.
    pub fn feed_all(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.feed(byte);
        }
    }
}

static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = value & 0x8000 != 0;
            value <<= 1;
            if carry {
                value ^= CRC_POLYNOMIAL;
            }
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_check_value() {
        let mut crc = Crc::from_state(CRC_START);
        crc.feed_all(b"123456789");
        assert_eq!(crc.0, 0x29B1);
    }
}
