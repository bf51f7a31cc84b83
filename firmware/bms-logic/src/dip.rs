//! The eight DIP switches of the Begin board (M §DIP-switches; `DIP-1` to `DIP-3`).

use core::ops::RangeInclusive;

/// The switches as read at power-up: bit 0 is switch 1, a set bit is ON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dip(pub u8);

impl Dip {
    /// Cells that the chain may have; switches 1 to 3, switch 1 the most significant digit of the manual's table.
    pub const fn cell_range(self) -> RangeInclusive<u8> {
        match reversed(self.0, 0, 3) {
            0b000 => 2..=4,
            0b001 => 5..=8,
            0b010 => 9..=16,
            0b011 => 17..=25,
            0b100 => 26..=40,
            0b101 => 41..=80,
            0b110 => 81..=150,
            _ => 151..=255,
        }
    }

    /// V-balance in millivolts, or `None` for code 00000 (balancing not active); switches 4 to 8, switch 4 the most
    /// significant digit.
    pub const fn v_balance_mv(self) -> Option<u16> {
        match reversed(self.0, 3, 5) {
            0 => None,
            code => Some(1800 + 100 * code as u16),
        }
    }
}

/// `count` switches from `first` on, read as the manual prints them: the lowest switch is the leftmost digit.
const fn reversed(switches: u8, first: u8, count: u8) -> u8 {
    (switches >> first).reverse_bits() >> (8 - count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Switches as the manual prints them, switch 1 first.
    fn switches(printed: &str) -> Dip {
        Dip(printed
            .bytes()
            .enumerate()
            .map(|(i, b)| (b - b'0') << i)
            .sum())
    }

    #[test]
    fn cell_ranges_follow_the_table_without_gaps() {
        let printed = ["000", "001", "010", "011", "100", "101", "110", "111"];
        let ends = [4, 8, 16, 25, 40, 80, 150, 255];
        let mut next = 2;
        for (code, end) in printed.iter().zip(ends) {
            let range = switches(&format!("{code}00000")).cell_range();
            assert_eq!((*range.start(), *range.end()), (next, end), "{code}");
            next = end.wrapping_add(1);
        }
    }

    #[test]
    fn v_balance_follows_the_table() {
        for (code, mv) in [
            ("00000", None),
            ("00001", Some(1900)),
            ("01000", Some(2600)),
            ("10000", Some(3400)),
            ("10110", Some(4000)),
            ("11111", Some(4900)),
        ] {
            assert_eq!(switches(&format!("000{code}")).v_balance_mv(), mv, "{code}");
        }
    }
}
