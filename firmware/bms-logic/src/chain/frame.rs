//! A complete frame as the End board keeps it: groups of four bytes, the first byte in the low bits.

use super::{CRC_LEN, ENTRY_LEN, GROUP_LEN, HEADER_LEN, Header, MOST_CELLS};
use crate::cell::CellWord;

/// Groups of the longest frame.
pub const MOST_GROUPS: usize = (HEADER_LEN + MOST_CELLS * ENTRY_LEN + CRC_LEN) / GROUP_LEN;

/// Groups that hold the header; the last one also holds half of the first entry.
const HEADER_GROUPS: usize = HEADER_LEN.div_ceil(GROUP_LEN);

/// A valid frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    header: Header,
    groups: &'a [u32],
}

impl<'a> Frame<'a> {
    /// Reads a frame; `None` if there are fewer groups than its count of cells needs.
    pub fn new(groups: &'a [u32]) -> Option<Self> {
        let mut head = [0; HEADER_GROUPS * GROUP_LEN];
        for (bytes, group) in head.chunks_exact_mut(GROUP_LEN).zip(groups) {
            bytes.copy_from_slice(&group.to_le_bytes());
        }
        let (head, _) = head.split_first_chunk()?;
        let header = Header::decode(head);
        let groups = groups.get(HEADER_GROUPS - 1..HEADER_GROUPS + usize::from(header.count))?;
        Some(Self { header, groups })
    }

    /// What the Begin board says.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Every cell, from the Begin board's on; as many as the header's count.
    pub fn cells(&self) -> impl Iterator<Item = CellWord> + use<'a> {
        // An entry is the high half of one group and the low half of the next.
        self.groups
            .windows(2)
            .map(|pair| CellWord(pair[0] >> 16 | pair[1] << 16))
    }
}
