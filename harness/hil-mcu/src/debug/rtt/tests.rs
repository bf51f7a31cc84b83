//! A control block written into RAM as firmware would.

use proptest::prelude::*;

use super::*;
use crate::testing::NoCircuit;
use crate::{Part, Time};

const BLOCK: u32 = RAM_BASE + 0x40;
const RING: u32 = RAM_BASE + 0x100;

struct Target {
    mcu: Mcu,
    reader: RttReader,
}

impl Target {
    /// A chip with no log yet.
    fn new() -> Self {
        let mut mcu = Mcu::new(Part::default());
        mcu.power_on(Time::ZERO, &mut NoCircuit);
        Self {
            mcu,
            reader: RttReader::default(),
        }
    }

    /// A chip whose firmware has set up a ring of `size` bytes.
    fn with_ring(size: u32) -> Self {
        let mut target = Self::new();
        target.set_up(BLOCK, size);
        target
    }

    fn set_up(&mut self, block: u32, size: u32) {
        for (address, word) in (block..).step_by(4).zip(ID.as_chunks::<4>().0) {
            self.store(address, u32::from_le_bytes(*word), Width::Word);
        }
        for (offset, value) in [
            (BUFFER, RING),
            (SIZE, size),
            (WRITE_OFFSET, 0),
            (READ_OFFSET, 0),
        ] {
            self.store(block + offset, value, Width::Word);
        }
    }

    fn store(&mut self, address: u32, value: u32, width: Width) {
        self.mcu
            .bus_write(address, width, value, &mut NoCircuit)
            .unwrap();
    }

    fn load(&mut self, address: u32) -> u32 {
        self.mcu
            .bus_read(address, Width::Word, &mut NoCircuit)
            .unwrap()
    }

    /// Appends to the ring what fits, as firmware does that never waits.
    fn log(&mut self, bytes: &[u8]) -> usize {
        let size = self.load(BLOCK + SIZE);
        for (count, &byte) in bytes.iter().enumerate() {
            let write = self.load(BLOCK + WRITE_OFFSET);
            let next = (write + 1) % size;
            if next == self.load(BLOCK + READ_OFFSET) {
                return count;
            }
            self.store(RING + write, byte.into(), Width::Byte);
            self.store(BLOCK + WRITE_OFFSET, next, Width::Word);
        }
        bytes.len()
    }

    fn read(&mut self) -> Result<Vec<u8>, RttError> {
        self.reader.read(&mut self.mcu, &mut NoCircuit)
    }
}

#[test]
fn a_target_without_a_log_says_nothing() {
    assert_eq!(Target::new().read(), Ok(vec![]));
}

#[test]
fn what_was_written_is_read_once() {
    let mut target = Target::with_ring(16);
    target.log(b"hello");
    assert_eq!(target.read(), Ok(b"hello".to_vec()));
    assert_eq!(target.read(), Ok(vec![]));
    target.log(b" and on");
    assert_eq!(target.read(), Ok(b" and on".to_vec()));
}

#[test]
fn a_log_that_moved_with_a_reset_is_found_again() {
    let mut target = Target::with_ring(16);
    target.log(b"one");
    assert_eq!(target.read(), Ok(b"one".to_vec()));
    target.store(BLOCK, 0, Width::Word);
    target.set_up(BLOCK + 0x40, 16);
    assert_eq!(target.read(), Ok(vec![]));
    assert_eq!(target.reader.control_block, Some(BLOCK + 0x40));
}

#[test]
fn nonsense_in_the_control_block_is_told() {
    let corrupt = Err(RttError::Corrupt {
        control_block: BLOCK,
    });
    for (offset, value) in [
        (SIZE, 0),
        (SIZE, RAM_SIZE as u32),
        (BUFFER, 0x0800_0000),
        (WRITE_OFFSET, 16),
        (READ_OFFSET, u32::MAX),
    ] {
        let mut target = Target::with_ring(16);
        target.store(BLOCK + offset, value, Width::Word);
        assert_eq!(target.read(), corrupt, "{offset}: {value}");
    }
}

#[test]
fn a_board_without_supply_has_no_log() {
    let mut target = Target::with_ring(16);
    target.mcu.power_off(Time::ZERO, &mut NoCircuit);
    assert_eq!(target.read(), Err(RttError::NoAccess { address: RAM_BASE }));
}

proptest! {
    #[test]
    fn the_ring_keeps_every_byte_in_order(
        size in 2..64_u32,
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20),
    ) {
        let mut target = Target::with_ring(size);
        for piece in pieces {
            let kept = target.log(&piece);
            prop_assert_eq!(target.read(), Ok(piece[..kept].to_vec()));
        }
    }
}
