//! Replacing the firmware of a board of a living pack, through its debug port (`UPD-1`).
//!
//! The update takes bench time inside the write, as flash and line need it: the other boards live
//! on, and what is seen meanwhile is kept for the next `run_until`. What is programmed is what the
//! run brought along; nothing here decides whether it is any good.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hil_core::channel::Channel;
use hil_core::ports::BenchError;
use hil_core::time::Span;
use hil_mcu::Programmer;
use object::LittleEndian;
use object::elf::{FileHeader32, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

use super::VirtualBench;
use crate::board::Role;

/// Clock of the probe's line (`rigs/virtual.toml`).
const SWCLK_HZ: u32 = 4_000_000;
/// The value that means all pages and no cut; there are 32 pages.
pub(super) const WHOLE: f64 = 32.0;
/// How long a board whose update is cut stays without supply.
const DARK: Span = Span::from_millis(1000);

type Cause = Box<dyn Error + Send + Sync>;

impl VirtualBench {
    /// Updates a board; after `pages` pages programmed it loses its supply for a second, unless
    /// `pages` is [`WHOLE`].
    ///
    /// # Errors
    /// When there is no firmware for it, or its debug port does not take it.
    pub(super) fn update(&mut self, channel: Channel, pages: f64) -> Result<(), BenchError> {
        let trouble = |source: Cause| BenchError::Instrument {
            instrument: format!("debug probe of board {}", channel.index),
            tried: format!("{channel}: programming the next firmware"),
            source: Some(source),
        };
        let (elf, mut programmer) = self.programmer(channel).map_err(trouble)?;
        let cut = (pages < WHOLE).then_some((pages as usize).min(programmer.pages()));
        self.put(channel, pages, &[]);
        self.start(&[]);
        self.reset_relays(channel);
        while !self.setup.interrupt.load(Ordering::Relaxed) {
            let reached = programmer.is_programming() && cut == Some(programmer.programmed());
            if reached {
                self.lose_supply(channel);
                break;
            }
            let board = self.board(channel);
            let moved = programmer.step(&mut board.mcu, &mut board.circuit);
            match moved.map_err(|error| trouble(error.into()))? {
                Some(wait) => self.live_on(Span(wait.as_us() + 1)),
                None => break,
            }
        }
        self.follow_log_of(channel, &elf).map_err(trouble)
    }

    /// The image and what programs it.
    fn programmer(&mut self, channel: Channel) -> Result<(Arc<[u8]>, Programmer), Cause> {
        let role = self.board(channel).circuit.role;
        let elf = self.next_end.clone().filter(|_| role == Role::End);
        let elf = elf.ok_or_else(|| {
            let role = role.name();
            format!("the run brought no next firmware for a board of role {role}")
        })?;
        let segments = segments(&elf)?;
        let programmer = Programmer::new(segments, SWCLK_HZ)?;
        Ok((elf, programmer))
    }

    /// The probe pulls NRST low, which the relays' reset circuit sees.
    fn reset_relays(&mut self, channel: Channel) {
        let at = super::chip_time(self.now);
        self.board(channel).circuit.reset_relays(at);
    }

    fn lose_supply(&mut self, channel: Channel) {
        let connected = self.board(channel).is_connected();
        let at = super::chip_time(self.now);
        self.board(channel).connect(at, false);
        self.live_on(DARK);
        let at = super::chip_time(self.now);
        self.board(channel).connect(at, connected);
    }

    /// From now on the board's log is read with the format strings of the image.
    fn follow_log_of(&mut self, channel: Channel, elf: &[u8]) -> Result<(), Cause> {
        let place = (usize::from(channel.bank) - 1) * usize::from(self.setup.cells);
        let role = self.board(channel).circuit.role;
        if let Some(reader) = self.logs.get_mut(place + usize::from(channel.index) - 1) {
            reader.replace(role, elf)?;
        }
        Ok(())
    }

    /// Lets time pass inside a write.
    pub(super) fn live_on(&mut self, span: Span) {
        let until = self.now + span;
        while self.now < until {
            self.read_due(&[]);
            self.read_targets();
            self.live(self.stretch(until, &[]));
            self.collect(&[]);
        }
    }
}

/// What an ELF file puts into flash: load addresses and contents.
fn segments(elf: &[u8]) -> Result<Vec<(u32, &[u8])>, object::Error> {
    let header = FileHeader32::<LittleEndian>::parse(elf)?;
    let endian = header.endian()?;
    let loads = header.program_headers(endian, elf)?.iter();
    let loads =
        loads.filter(|segment| segment.p_type(endian) == PT_LOAD && segment.p_filesz(endian) > 0);
    Ok(loads
        .filter_map(|segment| Some((segment.p_paddr(endian), segment.data(endian, elf).ok()?)))
        .collect())
}
