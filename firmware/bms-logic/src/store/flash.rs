//! What the store needs of a flash memory, in the terms of the STM32G0 (RM0444 §3.3): pages that are erased as a whole, and
//! double words that are programmed once after an erase. Knows no register and no record.

/// Double words in a page: 2 KiB.
pub const DOUBLE_WORDS: usize = 256;

/// What an erased double word reads.
pub const ERASED: u64 = u64::MAX;

/// An erase or a program that the memory reported as failed, or that did not read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashError;

/// The pages reserved for the store, counted from 0.
///
/// The power may go at any moment. The double word that was being programmed, or the page that was being erased, then reads as
/// anything, not even the same twice; everything else stays.
pub trait Flash {
    /// Number of pages; at least three, see [`super::Store`].
    const PAGES: usize;

    /// The double word at `at` of `page`, or `None` if its error correction gives up (RM0444 §3.3.4).
    fn read(&self, page: usize, at: usize) -> Option<u64>;

    /// Programs an erased double word.
    ///
    /// # Errors
    /// The memory reports an error; the double word then reads as anything.
    fn program(&mut self, page: usize, at: usize, value: u64) -> Result<(), FlashError>;

    /// Erases a page.
    ///
    /// # Errors
    /// The memory reports an error; the page then reads as anything.
    fn erase(&mut self, page: usize) -> Result<(), FlashError>;
}
