//! A bank: boards in series, their chain, their EXT OUT line.
//!
//! The chain is one-way, so the boards live one after the other: the board in the first place to the
//! end of a stretch, then its wire, then the next place. A place holds a board, or nothing and the
//! wires go past it. A stretch may be of any length; only a reader who wants to react to what it
//! sees keeps it short. Cells do not sag: the rig's supplies hold their voltage.

mod brown_out;
mod fixture;
mod frame_faults;
mod frozen;
mod line_reader;
mod link;

use hil_mcu::Time;

use crate::board::{Board, BoardCircuit, Defect, Edge, Parts, Role, Seen, dip};
use crate::flashed::Flashed;
use crate::random::{Purpose, Stream};
use brown_out::BrownOuts;
use fixture::Fixture;
use line_reader::{BITS, LineReader, SECOND_PS, character};
use link::Link;
pub(crate) use link::Wire;

/// Rate of EXT OUT (`U`).
const EXT_OUT_BAUD: u64 = 9600;

/// Rate of the app link (`firmware/APP.md`).
const APP_BAUD: u64 = 9600;

/// The edges of bytes that a phone sends to its bridge from `start` on.
pub(crate) fn app_edges(start: Time, bytes: &[u8]) -> Vec<Edge> {
    let bit_ps = SECOND_PS / APP_BAUD;
    let mut edges = Vec::new();
    for (n, byte) in (0..).zip(bytes) {
        character(start + Time(n * BITS * bit_ps), *byte, bit_ps, &mut edges);
    }
    edges
}

/// Where a board sits in the chain, by its index in `hil_core::channel::PLACE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Own,
    Swapped,
    Missing,
}

impl Place {
    /// From the value of a channel; `None` when there is no such state.
    pub(crate) fn from_value(value: f64) -> Option<Self> {
        [Self::Own, Self::Swapped, Self::Missing]
            .into_iter()
            .find(|place| f64::from(*place as u8) == value)
    }
}

/// Boards of one bank with what connects them.
#[derive(Clone)]
pub(crate) struct Bank {
    number: u8,
    boards: Vec<Board>,
    /// Where every board sits …
    places: Vec<Place>,
    /// … and so, per place of the chain, the index of the board in it.
    order: Vec<usize>,
    /// From every place but the last to the next.
    links: Vec<Link>,
    brown_outs: BrownOuts,
    /// DIP switches as they stand: bit 0 = switch 1, 1 = ON.
    dip: u8,
    /// What stands around the only real board; none in a whole pack.
    fixture: Option<Fixture>,
    line: LineReader,
    app_line: LineReader,
    /// Edges on their way from place to place; empty between stretches.
    passing: Vec<Edge>,
}

impl Bank {
    /// A bank of `cells` unpowered boards, copies of the flashed ones, each with its own parts and
    /// all with the same defect.
    pub(crate) fn new(
        flashed: &Flashed,
        number: u8,
        cells: u16,
        defect: Option<Defect>,
        seed: u64,
    ) -> Self {
        let board = |k| {
            let role = Role::of(k, cells);
            let parts = Parts::draw(seed, number, k, role);
            let circuit = BoardCircuit::new(role, parts, defect, seed, number, k);
            let part = circuit.parts.chip.clone();
            Board::new(flashed.chip(role).clone().with_part(part), circuit)
        };
        let link = |k| Link::new(Stream::new(seed, number, k, Purpose::Link));
        Self {
            number,
            boards: (1..=cells).map(board).collect(),
            places: vec![Place::Own; usize::from(cells)],
            order: (0..usize::from(cells)).collect(),
            links: (1..cells).map(link).collect(),
            brown_outs: BrownOuts::default(),
            dip: 0,
            fixture: None,
            line: LineReader::inverted(EXT_OUT_BAUD),
            app_line: LineReader::upright(APP_BAUD),
            passing: Vec::new(),
        }
    }

    /// Only board `alone` is real: the others' places are empty, and the fixture speaks for those
    /// before it.
    pub(crate) fn with_only(mut self, alone: u16) -> Self {
        for k in (1..).take(self.boards.len()).filter(|k| *k != alone) {
            self.board(k).set_mounted(Time::ZERO, false);
        }
        self.fixture = Some(Fixture::new(self.number, alone));
        self
    }

    /// What stands around the only real board.
    pub(crate) const fn fixture(&mut self) -> Option<&mut Fixture> {
        self.fixture.as_mut()
    }

    /// Its number, from 1.
    pub(crate) const fn number(&self) -> u8 {
        self.number
    }

    /// Its boards, in the order of their cells.
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

    /// State of the wire from place k to k + 1.
    pub(crate) fn wire(&self, k: u16) -> Wire {
        self.links[usize::from(k) - 1].wire()
    }

    /// Changes the wire from place k to k + 1.
    pub(crate) fn set_wire(&mut self, at: Time, k: u16, wire: Wire) {
        let link = usize::from(k) - 1;
        if let Some((at, high)) = self.links[link].set(at, wire) {
            self.arrive(at, link + 1, high);
        }
    }

    /// Moves board k to another place: with the next board's, or out of the chain and off its cell.
    pub(crate) fn set_place(&mut self, at: Time, k: u16, place: Place) {
        self.places[usize::from(k) - 1] = place;
        self.order = (0..self.boards.len()).collect();
        for (k, place) in self.places.iter().enumerate() {
            if *place == Place::Swapped && k + 1 < self.order.len() {
                self.order.swap(k, k + 1);
            }
        }
        self.board(k).set_mounted(at, place != Place::Missing);
        for place in 1..self.order.len() {
            let line = self.links[place - 1].line();
            self.arrive(at, place, line);
        }
    }

    /// Connects board k to its cell, takes it off, or lets its supply fall away again and again.
    pub(crate) fn set_power(&mut self, at: Time, k: u16, power: f64) {
        self.brown_outs.end(k);
        self.board(k).connect(at, power != 0.0);
        if power == BrownOuts::VALUE {
            self.brown_outs.begin(k, at);
        }
    }

    /// Sets DIP switches `first` to `last` of the Begin board to a code, most significant first.
    pub(crate) fn set_dip(&mut self, at: Time, first: u8, last: u8, code: u8) {
        for switch in first..=last {
            let on = code >> (last - switch) & 1 == 1;
            let bit = 1 << (switch - 1);
            self.dip = if on { self.dip | bit } else { self.dip & !bit };
            self.board(1).set_switch(at, dip(switch), on);
        }
    }

    /// Lets all boards live up to `until`.
    pub(crate) fn run_until(&mut self, until: Time) {
        while let Some((at, k, supplied)) = self.brown_outs.next(until) {
            self.live(at);
            self.board(k).connect(at, supplied);
        }
        self.live(until);
    }

    fn live(&mut self, until: Time) {
        if let Some(fixture) = &mut self.fixture {
            fixture.play(&self.boards, self.dip, until, &mut self.passing);
        }
        for place in 0..self.order.len() {
            let board = &mut self.boards[self.order[place]];
            if board.is_mounted() {
                for (at, high) in self.passing.drain(..) {
                    board.hear(at, high);
                }
            }
            board.run_until(until);
            self.passing.append(&mut board.circuit.chain_out);
            if let Some(link) = self.links.get_mut(place) {
                link.carry(&mut self.passing, until);
            }
        }
        match &mut self.fixture {
            Some(fixture) => fixture.read(until, &mut self.passing),
            None => self.passing.clear(),
        }
    }

    /// The wire into a place, from 0, changes; when nothing sits there, the one after it as well.
    fn arrive(&mut self, at: Time, mut place: usize, mut high: bool) {
        while !self.boards[self.order[place]].is_mounted() {
            let Some(link) = self.links.get_mut(place) else {
                return;
            };
            match link.set_source(at, high) {
                Some((_, line)) => high = line,
                None => return,
            }
            place += 1;
        }
        self.boards[self.order[place]].hear(at, high);
    }

    /// Moves what was seen on LEDs and relays since the last call to `seen`, board by board.
    pub(crate) fn take_seen(&mut self, mut seen: impl FnMut(u16, Time, Seen)) {
        for (k, board) in (1..).zip(&mut self.boards) {
            for (at, what) in board.circuit.seen.drain(..) {
                seen(k, at, what);
            }
        }
    }

    /// Gives what the phone received up to `until`: each byte with the time of its stop bit.
    pub(crate) fn read_app(&mut self, until: Time, mut byte: impl FnMut(Time, u8)) {
        let last = self.boards.len() - 1;
        for edge in self.boards[last].circuit.bridge.from_board.drain(..) {
            self.app_line.edge(edge, &mut byte);
        }
        self.app_line.advance(until, &mut byte);
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
