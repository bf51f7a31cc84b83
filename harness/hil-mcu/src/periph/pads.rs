//! The pins themselves: the queue of external levels of each, what the chip drives, and the routes
//! between alternate-function signals and pins.
//!
//! External levels are queued ahead of time so that a receiver can decode a whole character in
//! one go; whoever reads a pin sees the level of its own point in time.

use std::collections::VecDeque;

use super::af::Signal;
use super::cx::Cx;
use crate::{Drive, Pin, Time};

/// Pads of ports A to D and F, 16 each.
const PADS: usize = 80;

/// Index of a pin's pad; `None` for ports the chip does not have.
pub(crate) const fn pad_index(pin: Pin) -> Option<usize> {
    let port = match pin.port {
        port @ 0..=3 => port as usize,
        5 => 4,
        _ => return None,
    };
    if pin.number < 16 {
        Some(port * 16 + pin.number as usize)
    } else {
        None
    }
}

/// The pin of a pad.
const fn pin_of(index: usize) -> Pin {
    let port = (index / 16) as u8;
    Pin {
        port: if port == 4 { 5 } else { port },
        number: (index % 16) as u8,
    }
}

/// A change of the external level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub at: Time,
    /// `None`: nothing outside drives the pin.
    pub level: Option<bool>,
}

/// One pin.
#[derive(Clone, Debug, Default)]
struct Pad {
    queue: VecDeque<Edge>,
    /// External level before the first queued edge.
    before: Option<bool>,
    /// Edges removed from the front so far: gives every edge a lasting number.
    removed: u64,
    /// A receiver still needs the edges from here on.
    keep_from: Option<Time>,
    /// What the chip does to the pin.
    drive: Drive,
    /// What a low or high level of the signal it carries does to the pin, and no level.
    signal_drives: [Drive; 3],
}

impl Pad {
    /// The level an external one results in, given pull and output stage.
    fn resolve(&self, external: Option<bool>) -> bool {
        match self.drive {
            Drive::Low => false,
            Drive::High => true,
            Drive::PullUp => external.unwrap_or(true),
            Drive::PullDown | Drive::HighZ => external.unwrap_or(false),
        }
    }

    fn remove_before(&mut self, limit: Time) {
        while let Some(edge) = self.queue.front()
            && edge.at < limit
        {
            self.before = edge.level;
            self.removed += 1;
            self.queue.pop_front();
        }
    }
}

/// All pins.
#[derive(Clone, Debug)]
pub(crate) struct Pads {
    pads: Vec<Pad>,
    /// Level the peripheral gives a signal; `None` while it does not drive.
    levels: [Option<bool>; Signal::COUNT],
    /// Pads of ports A to D that carry a signal, one bit each.
    routes: [u64; Signal::COUNT],
}

impl Pads {
    /// All floating, nothing around.
    pub fn new() -> Self {
        Self {
            pads: vec![Pad::default(); PADS],
            levels: [None; Signal::COUNT],
            routes: [0; Signal::COUNT],
        }
    }

    /// Queues an external level; repeated levels are dropped. Edges before `now` that nobody needs
    /// any more leave the queue.
    pub fn input(&mut self, now: Time, at: Time, pin: Pin, level: Option<bool>) {
        let Some(index) = pad_index(pin) else { return };
        let pad = &mut self.pads[index];
        pad.remove_before(pad.keep_from.unwrap_or(now));
        let last = pad.queue.back().map_or(pad.before, |edge| edge.level);
        if last != level {
            pad.queue.push_back(Edge { at, level });
        }
    }

    /// A receiver on `pin` needs all edges from `from` on (`None`: it waits for a start bit).
    pub fn keep_from(&mut self, pin: Pin, from: Option<Time>) {
        if let Some(index) = pad_index(pin) {
            let pad = &mut self.pads[index];
            pad.keep_from = from;
            if let Some(from) = from {
                pad.remove_before(from);
            }
        }
    }

    /// The level of a pin at a time not before what has been removed.
    pub fn level(&self, pin: Pin, at: Time) -> bool {
        let Some(index) = pad_index(pin) else {
            return false;
        };
        let pad = &self.pads[index];
        let external = pad
            .queue
            .iter()
            .take_while(|edge| edge.at <= at)
            .last()
            .map_or(pad.before, |edge| edge.level);
        pad.resolve(external)
    }

    /// The first level of the queue and the resolved edges after it, in time order.
    pub fn edges(&self, pin: Pin) -> (bool, impl Iterator<Item = (Time, bool)> + Clone + '_) {
        let pad = &self.pads[pad_index(pin).unwrap_or(0)];
        let edges = pad
            .queue
            .iter()
            .map(move |edge| (edge.at, pad.resolve(edge.level)));
        (pad.resolve(pad.before), edges)
    }

    /// The first edge of `pin` numbered `from` or higher: its number, time, and the resolved level
    /// before and after it.
    pub fn edge_from(&self, pin: Pin, from: u64) -> Option<(u64, Time, bool, bool)> {
        let pad = &self.pads[pad_index(pin)?];
        let number = from.max(pad.removed);
        let index = usize::try_from(number - pad.removed).ok()?;
        let edge = pad.queue.get(index)?;
        let before = match index {
            0 => pad.before,
            _ => pad.queue[index - 1].level,
        };
        Some((
            number,
            edge.at,
            pad.resolve(before),
            pad.resolve(edge.level),
        ))
    }

    /// The number of the first edge of `pin` later than `at`.
    pub fn edge_after(&self, pin: Pin, at: Time) -> u64 {
        pad_index(pin).map_or(0, |index| {
            let pad = &self.pads[index];
            let past = pad.queue.iter().take_while(|edge| edge.at <= at).count();
            pad.removed + past as u64
        })
    }

    /// What the chip now does to a pin; the circuit is told if that is new.
    pub fn drive(&mut self, cx: &mut Cx, at: Time, pin: Pin, drive: Drive) {
        if let Some(index) = pad_index(pin) {
            self.drive_pad(cx, at, index, drive);
        }
    }

    fn drive_pad(&mut self, cx: &mut Cx, at: Time, index: usize, drive: Drive) {
        let pad = &mut self.pads[index];
        if pad.drive != drive {
            pad.drive = drive;
            cx.circuit.pin_changed(at, pin_of(index), drive);
        }
    }

    /// Every pin there is.
    pub fn pins() -> impl Iterator<Item = Pin> {
        (0..PADS).map(pin_of)
    }

    /// No signal has a level or a route any more, no receiver needs old edges.
    pub fn forget_signals(&mut self) {
        self.levels = [None; Signal::COUNT];
        self.routes = [0; Signal::COUNT];
        for pad in &mut self.pads {
            pad.keep_from = None;
        }
    }

    /// Connects or disconnects a signal and a pin.
    pub fn route(&mut self, signal: Signal, pin: Pin, connected: bool) {
        if let Some(index @ 0..64) = pad_index(pin) {
            let bit = 1 << index;
            let routes = &mut self.routes[signal as usize];
            *routes = *routes & !bit | if connected { bit } else { 0 };
        }
    }

    /// The pin a signal comes in by.
    pub fn input_pin(&self, signal: Signal) -> Option<Pin> {
        let routes = self.routes[signal as usize];
        (routes != 0).then(|| pin_of(routes.trailing_zeros() as usize))
    }

    /// The level of a signal, as its peripheral last gave it.
    pub fn signal_level(&self, signal: Signal) -> Option<bool> {
        self.levels[signal as usize]
    }

    /// A peripheral changes the level of its signal at `at` (`None`: it stops driving).
    pub fn set_signal(&mut self, cx: &mut Cx, at: Time, signal: Signal, level: Option<bool>) {
        if self.levels[signal as usize] == level {
            return;
        }
        self.levels[signal as usize] = level;
        let mut routes = self.routes[signal as usize];
        while routes != 0 {
            let index = routes.trailing_zeros() as usize;
            routes &= routes - 1;
            let drive = self.pads[index].signal_drives[level.map_or(2, usize::from)];
            self.drive_pad(cx, at, index, drive);
        }
    }

    /// What the levels of a signal, low, high and none, do to the pin that carries it.
    pub fn set_signal_drives(&mut self, pin: Pin, drives: [Drive; 3]) {
        if let Some(index) = pad_index(pin) {
            self.pads[index].signal_drives = drives;
        }
    }
}
