//! The pack for somebody outside who uses its connectors only: debug ports and EXT OUT.

use hil_core::time::Time;

use super::{VirtualBench, chip_time};
use crate::board::Board;

impl VirtualBench {
    /// Instructions all boards have executed, for figures.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        let boards = self.banks.iter().flat_map(|bank| bank.boards());
        boards.map(|board| board.mcu.stats().instructions).sum()
    }

    /// How long the pack has lived.
    pub(crate) const fn lived(&self) -> Time {
        self.now
    }

    /// Lets the boards live up to `until` for somebody who only uses their connectors.
    pub(crate) fn keep_alive(&mut self, until: Time) {
        self.start(&[]);
        self.live(until.max(self.now));
        for bank in &mut self.banks {
            bank.take_seen(|_, _, _| {});
            bank.read_app(chip_time(self.now), |_, _| {});
        }
    }

    /// Gives the bytes that came over EXT OUT of the bank at `place`, from 0, since the last call.
    pub(crate) fn take_ext_out(&mut self, place: usize, mut byte: impl FnMut(u8)) {
        let until = chip_time(self.now);
        self.banks[place].read_line(until, |_, value| byte(value));
    }

    /// The board behind debug port `index`, from 0, bank by bank.
    pub(crate) fn board_of_port(&mut self, index: usize) -> &mut Board {
        let cells = usize::from(self.setup.cells);
        self.banks[index / cells].board((index % cells) as u16 + 1)
    }
}
