//! The whole pack as one valid frame shows it: extremes with their cell numbers, the sum, and each cell.

use crate::cell::CellWord;
use crate::chain::MOST_CELLS;

/// A value and the number (1 to 255) of the cell that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extreme<T> {
    /// The value.
    pub value: T,
    /// The cell's number, counted from pack minus.
    pub cell: u8,
}

/// What the rules and EXT OUT ask of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Pack voltage, in millivolts.
    pub total_mv: u32,
    /// Lowest cell voltage, in millivolts.
    pub lowest_mv: Extreme<u16>,
    /// Highest cell voltage, in millivolts.
    pub highest_mv: Extreme<u16>,
    /// Lowest voltage of a cell whose board does not balance, in millivolts; `u16::MAX` if all do.
    ///
    /// What "all cells full" is judged by (`CHG-N-DIS-2`, `SOC-2`): a board that balances has seen its cell above V-balance,
    /// and by drawing more than a well-set charger still gives it holds the cell up to 10 mV below (`BAL-1`). With DIP code 00000 no board balances (`BAL-2`), and this is the lowest of all.
    pub lowest_idle_mv: u16,
    /// Lowest temperature, in quarter degrees Celsius.
    pub coldest_qc: Extreme<i16>,
    /// Highest temperature, in quarter degrees Celsius.
    pub hottest_qc: Extreme<i16>,
}

/// The last complete picture of the pack.
#[derive(Debug)]
pub struct Picture {
    cells: [CellWord; MOST_CELLS],
    count: u8,
    summary: Summary,
}

impl Default for Picture {
    fn default() -> Self {
        Self::new()
    }
}

impl Picture {
    /// No picture yet.
    pub const fn new() -> Self {
        Self {
            cells: [CellWord(0); MOST_CELLS],
            count: 0,
            summary: Summary {
                total_mv: 0,
                lowest_mv: Extreme { value: 0, cell: 0 },
                highest_mv: Extreme { value: 0, cell: 0 },
                lowest_idle_mv: 0,
                coldest_qc: Extreme { value: 0, cell: 0 },
                hottest_qc: Extreme { value: 0, cell: 0 },
            },
        }
    }

    /// Takes the cells of a valid frame. False if there are none, too many, or one was not measured anew (`COMM-7`); the
    /// summary is then that of the picture before.
    pub fn take(&mut self, cells: impl Iterator<Item = CellWord>) -> bool {
        let mut summary: Option<Summary> = None;
        let mut count = 0;
        for word in cells {
            let Some(kept) = self.cells.get_mut(usize::from(count)) else {
                return false;
            };
            if !word.is_fresh() {
                return false;
            }
            *kept = word;
            count += 1;
            summary
                .get_or_insert_with(|| Summary::starting_at(word))
                .include(count, word);
        }
        self.count = count;
        self.summary = summary.unwrap_or(self.summary);
        count > 0
    }

    /// Number of cells, 0 before the first picture.
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// Extremes and sum.
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// A cell by its number from 1 on.
    pub fn cell(&self, number: u8) -> Option<CellWord> {
        let index = usize::from(number).checked_sub(1)?;
        self.cells[..usize::from(self.count)].get(index).copied()
    }
}

impl Summary {
    fn starting_at(first: CellWord) -> Self {
        let voltage = Extreme {
            value: first.voltage_mv(),
            cell: 1,
        };
        let temperature = Extreme {
            value: first.temperature_qc(),
            cell: 1,
        };
        Self {
            total_mv: 0,
            lowest_mv: voltage,
            highest_mv: voltage,
            lowest_idle_mv: u16::MAX,
            coldest_qc: temperature,
            hottest_qc: temperature,
        }
    }

    fn include(&mut self, cell: u8, word: CellWord) {
        let value = word.voltage_mv();
        self.total_mv += u32::from(value);
        if value < self.lowest_mv.value {
            self.lowest_mv = Extreme { value, cell };
        }
        if value > self.highest_mv.value {
            self.highest_mv = Extreme { value, cell };
        }
        if !word.is_balancing() {
            self.lowest_idle_mv = self.lowest_idle_mv.min(value);
        }
        let value = word.temperature_qc();
        if value < self.coldest_qc.value {
            self.coldest_qc = Extreme { value, cell };
        }
        if value > self.hottest_qc.value {
            self.hottest_qc = Extreme { value, cell };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(cells: &[(u16, i16)]) -> impl Iterator<Item = CellWord> {
        cells.iter().map(|&(mv, qc)| CellWord::fresh(mv, qc, false))
    }

    #[test]
    fn extremes_carry_the_first_cell_that_has_them() {
        let mut picture = Picture::new();
        assert!(picture.take(words(&[(3300, 100), (3200, 80), (3400, 120), (3200, 120)])));
        let summary = picture.summary();
        assert_eq!(summary.total_mv, 13_100);
        assert_eq!(
            summary.lowest_mv,
            Extreme {
                value: 3200,
                cell: 2
            }
        );
        assert_eq!(
            summary.highest_mv,
            Extreme {
                value: 3400,
                cell: 3
            }
        );
        assert_eq!(summary.coldest_qc, Extreme { value: 80, cell: 2 });
        assert_eq!(
            summary.hottest_qc,
            Extreme {
                value: 120,
                cell: 3
            }
        );
        assert_eq!(picture.cell(4).map(CellWord::voltage_mv), Some(3200));
        assert_eq!((picture.cell(0), picture.cell(5)), (None, None));
    }

    #[test]
    fn a_cell_that_balances_is_not_the_lowest_idle_one() {
        let lowest_idle_mv = |cells: &[(u16, bool)]| {
            let mut picture = Picture::new();
            let words = cells
                .iter()
                .map(|&(mv, balancing)| CellWord::fresh(mv, 100, balancing));
            assert!(picture.take(words));
            picture.summary().lowest_idle_mv
        };
        assert_eq!(lowest_idle_mv(&[(3391, true), (3402, false)]), 3402);
        assert_eq!(lowest_idle_mv(&[(3391, false), (3402, true)]), 3391);
        assert_eq!(lowest_idle_mv(&[(3391, true), (3402, true)]), u16::MAX);
    }

    #[test]
    fn a_frozen_cell_makes_the_picture_invalid() {
        let mut picture = Picture::new();
        let fresh = CellWord::fresh(3300, 100, false);
        assert!(picture.take([fresh, fresh].into_iter()));
        assert!(!picture.take([fresh, fresh.sent()].into_iter()));
        assert!(!picture.take([].into_iter()));
    }

    #[test]
    fn the_longest_pack_fits_and_no_longer_one() {
        let mut picture = Picture::new();
        let cell = CellWord::fresh(5000, 0, false);
        assert!(picture.take(core::iter::repeat_n(cell, 255)));
        assert_eq!(
            (picture.count(), picture.summary().total_mv),
            (255, 1_275_000)
        );
        assert!(picture.cell(255).is_some());
        assert!(!picture.take(core::iter::repeat_n(cell, 256)));
    }
}
