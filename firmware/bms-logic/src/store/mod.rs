//! What a board keeps over power loss (`SET-2`, `APP-2`, `SOC-5`, `CUR-7`): the newest payload of each kind, in flash pages that
//! are used in turn.
//!
//! **Layout.** A page's double word 0 is its head: a sequence number and a check. From double word 4 on stand 63 records of four
//! double words: three of payload, then kind and check. The page with the highest sequence number counts, and in it the last
//! record of a kind. A page that was never written to is the factory state: no record of any kind.
//!
//! **Writing.** A record is appended, its check last. The first write after power-up, or into a full page, takes the next page
//! instead: erase it, copy the newest record of every other kind, write the new one, and last the head, which makes it count.
//!
//! **Power loss** at any moment leaves the old state or the new one. A record without its check, a page without its head and
//! a half-erased page do not count, and the page before stays whole until the turn comes to it again. A double word whose
//! programming was cut may read one way today and the other tomorrow: for a record that is either of old and new; nothing is
//! appended behind it, because the next power-up's first write takes a new page. For a head it means that the page before
//! may come back, so with `n` pages it takes such a cut, inside these 85 µs, at `n − 1` power-ups one after the other to lose a record.
//!
//! **Wear.** A page takes 10 000 erases (data sheet), so `n` pages take `n` × 10 000 × 62 records, or `n` × 10 000 power-ups
//! with a write.

mod flash;

pub use flash::{DOUBLE_WORDS, ERASED, Flash, FlashError};

/// Bytes of a record; what a kind does not need is 0.
pub const PAYLOAD_LEN: usize = 24;

/// What a record holds.
pub type Payload = [u8; PAYLOAD_LEN];

/// What is kept; the numbers stand in flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// End board: the settings of `SET-2`.
    Settings = 1,
    /// End board: the PIN of `APP-2`.
    Pin = 2,
    /// End board: state of charge and energies (`SOC-5`).
    Charge = 3,
    /// Begin board: zero of the current sensors (`CUR-7`).
    Zero = 4,
}

const KINDS: [Kind; 4] = [Kind::Settings, Kind::Pin, Kind::Charge, Kind::Zero];

/// Double words of one record.
const RECORD: usize = PAYLOAD_LEN / 8 + 1;

/// Records in a page; the first four double words are the head's.
const RECORDS: usize = DOUBLE_WORDS / RECORD - 1;

const HEAD: usize = 0;

/// The records in flash.
#[derive(Debug)]
pub struct Store<F> {
    flash: F,
    /// The page that counts and its sequence number; page 0 with number 0 in the factory state.
    page: usize,
    sequence: u32,
    /// Where the next record goes; [`RECORDS`] sends it to the next page.
    next: usize,
}

impl<F: Flash> Store<F> {
    /// Finds the page that counts. Writes nothing.
    pub fn open(flash: F) -> Self {
        let newest = (0..F::PAGES)
            .filter_map(|page| Some((read_head(&flash, page)?, page)))
            .max();
        let (sequence, page) = newest.unwrap_or((0, 0));
        Self {
            flash,
            page,
            sequence,
            next: RECORDS,
        }
    }

    /// What was put last, or `None` if nothing ever was.
    pub fn get(&self, kind: Kind) -> Option<Payload> {
        if self.sequence == 0 {
            return None;
        }
        (0..RECORDS)
            .rev()
            .find_map(|record| read_record(&self.flash, self.page, record, kind))
    }

    /// Keeps `payload`. Takes 0.4 ms of the memory's time, or 25 ms when it is a page's turn; whoever executes from the same
    /// memory stands still meanwhile.
    ///
    /// # Errors
    /// No page took it; what was there before is still there.
    pub fn put(&mut self, kind: Kind, payload: &Payload) -> Result<(), FlashError> {
        if self.next < RECORDS {
            let record = self.next;
            self.next += 1;
            if write_record(&mut self.flash, self.page, record, kind, payload).is_ok() {
                return Ok(());
            }
        }
        // A page that is worn out is passed over.
        for step in 1..F::PAGES {
            let page = (self.page + step) % F::PAGES;
            if let Ok(next) = self.fill(page, kind, payload) {
                self.page = page;
                self.sequence += 1;
                self.next = next;
                return Ok(());
            }
        }
        self.next = RECORDS;
        Err(FlashError)
    }

    /// Moves everything to `page`; returns how many records it has then.
    fn fill(&mut self, page: usize, kind: Kind, payload: &Payload) -> Result<usize, FlashError> {
        self.flash.erase(page)?;
        let mut records = 0;
        for copied in KINDS {
            let kept = if copied == kind {
                Some(*payload)
            } else {
                self.get(copied)
            };
            if let Some(kept) = kept {
                write_record(&mut self.flash, page, records, copied, &kept)?;
                records += 1;
            }
        }
        write(&mut self.flash, page, HEAD, head(self.sequence + 1))?;
        Ok(records)
    }
}

fn read_head(flash: &impl Flash, page: usize) -> Option<u32> {
    let word = flash.read(page, HEAD)?;
    let sequence = word as u32;
    (sequence != 0 && word == head(sequence)).then_some(sequence)
}

const fn head(sequence: u32) -> u64 {
    let check = crc32(CRC_START, sequence.to_le_bytes().as_slice());
    (check as u64) << 32 | sequence as u64
}

fn read_record(flash: &impl Flash, page: usize, record: usize, kind: Kind) -> Option<Payload> {
    let at = (record + 1) * RECORD;
    let tail = flash.read(page, at + RECORD - 1)?;
    if tail as u32 != kind as u32 {
        return None;
    }
    let mut payload = [0; PAYLOAD_LEN];
    for (offset, bytes) in payload.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&flash.read(page, at + offset)?.to_le_bytes());
    }
    (tail == record_tail(kind, &payload)).then_some(payload)
}

fn write_record(
    flash: &mut impl Flash,
    page: usize,
    record: usize,
    kind: Kind,
    payload: &Payload,
) -> Result<(), FlashError> {
    let at = (record + 1) * RECORD;
    for (offset, bytes) in payload.as_chunks().0.iter().enumerate() {
        write(flash, page, at + offset, u64::from_le_bytes(*bytes))?;
    }
    write(flash, page, at + RECORD - 1, record_tail(kind, payload))
}

/// The last double word of a record: kind and check.
fn record_tail(kind: Kind, payload: &Payload) -> u64 {
    let check = crc32(crc32(CRC_START, payload), &[kind as u8]);
    u64::from(check) << 32 | kind as u64
}

/// Programs and reads back.
fn write(flash: &mut impl Flash, page: usize, at: usize, value: u64) -> Result<(), FlashError> {
    flash.program(page, at, value)?;
    if flash.read(page, at) == Some(value) {
        Ok(())
    } else {
        Err(FlashError)
    }
}

const CRC_START: u32 = u32::MAX;

/// CRC-32 with polynomial 0x04C11DB7, reflected. Bit by bit: records are rare, and a table would cost a kilobyte.
const fn crc32(mut state: u32, bytes: &[u8]) -> u32 {
    let mut at = 0;
    while at < bytes.len() {
        state ^= bytes[at] as u32;
        let mut bit = 0;
        while bit < 8 {
            state = state >> 1 ^ if state & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        at += 1;
    }
    state
}

#[cfg(test)]
mod tests;
