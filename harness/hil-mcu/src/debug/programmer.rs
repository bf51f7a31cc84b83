//! Replaces the firmware of a chip through its debug port, as a probe does that drives the flash
//! controller itself: connect under reset, unlock, erase and program upwards, read back, run.
//!
//! It makes one move at a time and says how long that takes, so that the rest of a bench can live
//! meanwhile, and supply can be lost between any two. Pages the image does not touch stay.

use std::collections::BTreeMap;

use thiserror::Error;

use super::dap::{Link, Refused, ap, dp};
use crate::memory::{FLASH_BASE, FLASH_PAGE, FLASH_SIZE};
use crate::{Circuit, Mcu, Time};

const DHCSR: u32 = 0xE000_EDF0;
const DEMCR: u32 = 0xE000_EDFC;
const AIRCR: u32 = 0xE000_ED0C;
const DBGKEY: u32 = 0xA05F_0000;
const C_DEBUGEN: u32 = 1;
const VC_CORERESET: u32 = 1;
const SYSTEM_RESET: u32 = 0x05FA_0004;

const FLASH_KEYR: u32 = 0x4002_2008;
const FLASH_SR: u32 = 0x4002_2010;
const FLASH_CR: u32 = 0x4002_2014;
const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
/// BSY1 and every error (RM0444 §3.7.4).
const SR_TROUBLE: u32 = 1 << 16 | 0xC3FA;
const CR_PG: u32 = 1;
const CR_PER: u32 = 1 << 1;
const CR_STRT: u32 = 1 << 16;
const CR_LOCK: u32 = 1 << 31;

/// Longer than erasing a page and programming a double word take (data sheet, typical, and the
/// probe's own time between starting and asking).
const ERASED_AFTER: Time = Time::from_us(22_050);
const PROGRAMMED_AFTER: Time = Time::from_us(90);
/// How long NRST is held low.
const RESET_LOW: Time = Time::from_us(1_000);

/// Clocks of one SWD transfer with its turnarounds and idle cycles.
const TRANSFER_CLOCKS: u64 = 54;
/// Words read back in one move.
const BLOCK: usize = 64;
/// 32-bit transfers that increment the address.
const CSW_WORDS: u32 = 0x2300_0012;
const POWER_UP: u32 = 0x5000_0000;

/// Why a chip could not be programmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// A part of the image does not belong into flash.
    #[error("{address:#010x} is not in the flash of the chip")]
    OutsideFlash {
        /// The first such address.
        address: u32,
    },
    /// The debug port refused an access: the chip has no supply.
    #[error("the debug port does not answer")]
    NoAnswer,
    /// The flash controller did not do what it was told.
    #[error("the flash controller reports {status:#010x} at {address:#010x}")]
    Refused {
        /// FLASH_SR.
        status: u32,
        /// What was being erased or programmed.
        address: u32,
    },
    /// Flash does not contain what was programmed.
    #[error("flash differs from the image at {address:#010x}")]
    Mismatch {
        /// Where.
        address: u32,
    },
}

impl From<Refused> for ProgramError {
    fn from(_: Refused) -> Self {
        Self::NoAnswer
    }
}

/// What is done next; the numbers are places in the list of pages, and words in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    PullReset,
    Connect,
    Erase(usize),
    Program(usize, usize),
    Verify(usize, usize),
    Run,
    Done,
}

/// The programming of one chip, move by move.
#[derive(Clone, Debug)]
pub struct Programmer {
    /// Number and contents of the pages, upwards.
    pages: Vec<(u32, Vec<u32>)>,
    transfer: Time,
    next: Move,
    /// Transfers of the present move.
    transfers: u64,
}

impl Programmer {
    /// For an image of parts at their addresses in flash, over a line clocked with `swclk_hz`. What
    /// is between the parts of a page becomes erased.
    ///
    /// # Errors
    /// When a part lies outside flash.
    pub fn new<'a>(
        parts: impl IntoIterator<Item = (u32, &'a [u8])>,
        swclk_hz: u32,
    ) -> Result<Self, ProgramError> {
        let mut pages = BTreeMap::new();
        for (start, bytes) in parts {
            for (address, byte) in (start..).zip(bytes) {
                let offset = address.wrapping_sub(FLASH_BASE) as usize;
                if offset >= FLASH_SIZE {
                    return Err(ProgramError::OutsideFlash { address });
                }
                let page = pages.entry((offset / FLASH_PAGE) as u32);
                let words: &mut Vec<u32> = page.or_insert_with(|| vec![u32::MAX; FLASH_PAGE / 4]);
                let shift = offset % 4 * 8;
                let word = &mut words[offset % FLASH_PAGE / 4];
                *word = *word & !(0xFF << shift) | u32::from(*byte) << shift;
            }
        }
        Ok(Self {
            pages: pages.into_iter().collect(),
            transfer: Time(TRANSFER_CLOCKS * 1_000_000_000_000 / u64::from(swclk_hz)),
            next: Move::PullReset,
            transfers: 0,
        })
    }

    /// How many pages the image has.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.pages.len()
    }

    /// How many pages are programmed so far.
    #[must_use]
    pub fn programmed(&self) -> usize {
        match self.next {
            Move::PullReset | Move::Connect | Move::Erase(_) => 0,
            Move::Program(page, _) => page,
            Move::Verify(..) | Move::Run | Move::Done => self.pages.len(),
        }
    }

    /// Whether everything is erased that will be.
    #[must_use]
    pub const fn is_programming(&self) -> bool {
        matches!(self.next, Move::Program(..) | Move::Verify(..))
    }

    /// Makes the next move; gives the time it takes, which has to pass before the one after it, or
    /// `None` when the new firmware runs.
    ///
    /// # Errors
    /// When the chip does not take it.
    pub fn step(
        &mut self,
        mcu: &mut Mcu,
        circuit: &mut dyn Circuit,
    ) -> Result<Option<Time>, ProgramError> {
        let link = &mut Link { mcu, circuit };
        self.transfers = 0;
        let (wait, next) = match self.next {
            Move::PullReset => {
                link.mcu.set_nrst(link.mcu.now(), true, link.circuit);
                (RESET_LOW, Move::Connect)
            }
            Move::Connect => (self.connect(link)?, self.erase_from(0)),
            Move::Erase(place) => (self.erase(link, place)?, self.erase_from(place + 1)),
            Move::Program(place, word) => self.program(link, place, word)?,
            Move::Verify(place, word) => self.verify(link, place, word)?,
            Move::Run => (self.run(link)?, Move::Done),
            Move::Done => return Ok(None),
        };
        self.next = next;
        Ok(Some(wait + Time(self.transfers * self.transfer.0)))
    }

    fn erase_from(&self, place: usize) -> Move {
        if place < self.pages.len() {
            Move::Erase(place)
        } else {
            Move::Program(0, 0)
        }
    }

    /// Powers the debug port up, catches the core at its reset vector, unlocks flash.
    fn connect(&mut self, link: &mut Link<'_>) -> Result<Time, ProgramError> {
        link.write_dp(dp::CTRL_STAT, POWER_UP);
        link.clear_errors();
        self.transfers += 2;
        self.write(link, DHCSR, DBGKEY | C_DEBUGEN)?;
        self.write(link, DEMCR, VC_CORERESET)?;
        link.mcu.set_nrst(link.mcu.now(), false, link.circuit);
        for key in KEYS {
            self.write(link, FLASH_KEYR, key)?;
        }
        Ok(Time::ZERO)
    }

    fn erase(&mut self, link: &mut Link<'_>, place: usize) -> Result<Time, ProgramError> {
        let page = self.pages[place].0;
        if place > 0 {
            self.finished(link, self.address(place - 1, 0))?;
        }
        self.write(link, FLASH_CR, CR_PER | page << 3)?;
        self.write(link, FLASH_CR, CR_PER | page << 3 | CR_STRT)?;
        Ok(ERASED_AFTER)
    }

    /// Programs the double word at `word`; one that stays erased costs nothing.
    fn program(
        &mut self,
        link: &mut Link<'_>,
        place: usize,
        word: usize,
    ) -> Result<(Time, Move), ProgramError> {
        let Some((_, words)) = self.pages.get(place) else {
            self.write(link, FLASH_CR, CR_LOCK)?;
            return Ok((Time::ZERO, Move::Verify(0, 0)));
        };
        let pair = [words[word], words[word + 1]];
        let next = match word + 2 {
            end if end == words.len() => Move::Program(place + 1, 0),
            word => Move::Program(place, word),
        };
        let address = self.address(place, word);
        if word == 0 {
            self.finished(link, address)?;
            self.write(link, FLASH_CR, CR_PG)?;
        }
        if pair == [u32::MAX; 2] {
            return Ok((Time::ZERO, next));
        }
        self.write(link, address, pair[0])?;
        self.write(link, address + 4, pair[1])?;
        Ok((PROGRAMMED_AFTER, next))
    }

    fn verify(
        &mut self,
        link: &mut Link<'_>,
        place: usize,
        word: usize,
    ) -> Result<(Time, Move), ProgramError> {
        let Some((_, words)) = self.pages.get(place) else {
            return Ok((Time::ZERO, Move::Run));
        };
        let expected = words[word..word + BLOCK].to_vec();
        let next = match word + BLOCK {
            end if end == words.len() => Move::Verify(place + 1, 0),
            word => Move::Verify(place, word),
        };
        for (address, expected) in (self.address(place, word)..).step_by(4).zip(expected) {
            if self.read(link, address)? != expected {
                return Err(ProgramError::Mismatch { address });
            }
        }
        Ok((Time::ZERO, next))
    }

    /// Leaves debugging and resets the chip.
    fn run(&mut self, link: &mut Link<'_>) -> Result<Time, ProgramError> {
        self.write(link, DEMCR, 0)?;
        self.write(link, DHCSR, DBGKEY)?;
        self.write(link, AIRCR, SYSTEM_RESET)?;
        Ok(Time::ZERO)
    }

    /// The operation before this one is over and had no error.
    fn finished(&mut self, link: &mut Link<'_>, address: u32) -> Result<(), ProgramError> {
        let status = self.read(link, FLASH_SR)?;
        if status & SR_TROUBLE == 0 {
            Ok(())
        } else {
            Err(ProgramError::Refused { status, address })
        }
    }

    fn address(&self, place: usize, word: usize) -> u32 {
        FLASH_BASE + self.pages[place].0 * FLASH_PAGE as u32 + word as u32 * 4
    }

    fn write(&mut self, link: &mut Link<'_>, address: u32, value: u32) -> Result<(), ProgramError> {
        self.aim(link, address)?;
        Ok(link.write_ap(0, ap::DRW, value)?)
    }

    fn read(&mut self, link: &mut Link<'_>, address: u32) -> Result<u32, ProgramError> {
        self.aim(link, address)?;
        Ok(link.read_ap(0, ap::DRW)?)
    }

    fn aim(&mut self, link: &mut Link<'_>, address: u32) -> Result<(), ProgramError> {
        link.write_ap(0, ap::CSW, CSW_WORDS)?;
        link.write_ap(0, ap::TAR, address)?;
        // CSW once for many; address and data every time.
        self.transfers += 2;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
