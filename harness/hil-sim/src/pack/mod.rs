//! A bank: boards in series, their chain, their EXT OUT line.
//!
//! The chain is one-way, so the boards live one after the other: board k to the end of a stretch,
//! then its wire, then board k + 1. A stretch may be of any length; only a reader who wants to
//! react to what it sees keeps it short. Cells do not sag: the rig's supplies hold their voltage.

mod line_reader;
mod link;

use hil_mcu::Time;

use crate::board::{Board, BoardCircuit, CHAIN_IN, Parts, Role, Seen, Wire, dip};
use crate::flashed::Flashed;
use crate::random::{Purpose, Stream};
use line_reader::LineReader;
use link::Link;

/// Boards of one bank with what connects them.
#[derive(Clone)]
pub(crate) struct Bank {
    number: u8,
    boards: Vec<Board>,
    links: Vec<Link>,
    line: LineReader,
}

impl Bank {
    /// A bank of `cells` unpowered boards, copies of the flashed ones, each with its own parts.
    pub(crate) fn new(flashed: &Flashed, number: u8, cells: u16, seed: u64) -> Self {
        let board = |k| {
            let role = Role::of(k, cells);
            let parts = Parts::draw(seed, number, k, role);
            let mcu = flashed.chip(role).clone().with_part(parts.chip.clone());
            Board::new(mcu, BoardCircuit::new(role, parts, seed, number, k))
        };
        let link = |k| Link::new(Stream::new(seed, number, k, Purpose::Link));
        Self {
            number,
            boards: (1..=cells).map(board).collect(),
            links: (1..cells).map(link).collect(),
            line: LineReader::default(),
        }
    }

    /// Its number, from 1.
    pub(crate) const fn number(&self) -> u8 {
        self.number
    }

    /// Its boards, in chain order.
    pub(crate) fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// Board k, from 1.
    pub(crate) fn board(&mut self, k: u16) -> &mut Board {
        &mut self.boards[usize::from(k) - 1]
    }

    /// The End board.
    pub(crate) fn end(&mut self) -> &mut Board {
        let last = self.boards.len() - 1;
        &mut self.boards[last]
    }

    /// State of the wire from board k to k + 1.
    pub(crate) fn wire(&self, k: u16) -> Wire {
        self.links[usize::from(k) - 1].wire()
    }

    /// Changes the wire from board k to k + 1.
    pub(crate) fn set_wire(&mut self, at: Time, k: u16, wire: Wire) {
        if let Some((at, high)) = self.links[usize::from(k) - 1].set(at, wire) {
            self.board(k + 1).set_level(at, CHAIN_IN, high);
        }
    }

    /// Sets DIP switches `first` to `last` of the Begin board to a code, most significant first.
    pub(crate) fn set_dip(&mut self, at: Time, first: u8, last: u8, code: u8) {
        for switch in first..=last {
            let on = code >> (last - switch) & 1 == 1;
            self.board(1).set_switch(at, dip(switch), on);
        }
    }

    /// Lets all boards live up to `until`.
    pub(crate) fn run_until(&mut self, until: Time) {
        for k in 0..self.boards.len() {
            self.boards[k].run_until(until);
            let Some(link) = self.links.get_mut(k) else {
                continue;
            };
            let mut out = std::mem::take(&mut self.boards[k].circuit.chain_out);
            let next = &mut self.boards[k + 1];
            link.carry(&mut out, until, |(at, high)| {
                next.set_level(at, CHAIN_IN, high);
            });
            self.boards[k].circuit.chain_out = out;
        }
    }

    /// Moves what was seen on LEDs and relays since the last call to `seen`, board by board.
    pub(crate) fn take_seen(&mut self, mut seen: impl FnMut(u16, Time, Seen)) {
        for (k, board) in (1..).zip(&mut self.boards) {
            for (at, what) in board.circuit.seen.drain(..) {
                seen(k, at, what);
            }
        }
    }

    /// Gives what came over the EXT OUT line up to `until`: each byte with the time of its stop bit.
    pub(crate) fn read_line(&mut self, until: Time, mut byte: impl FnMut(Time, u8)) {
        let last = self.boards.len() - 1;
        for edge in self.boards[last].circuit.ext_out.drain(..) {
            self.line.edge(edge, &mut byte);
        }
        self.line.advance(until, &mut byte);
    }
}
