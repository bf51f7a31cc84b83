//! One bank: its cells in series, drawn from the seed, and the power relay between it and the bus.

use super::bus::Branch;
use super::cell::Cell;
use super::model::CellModel;
use super::planned::{PlannedPlant, Spread};
use super::relay::PowerRelay;

/// Cables and shunt of a bank, ohms: so that a bank of perfect cells is no perfect source.
const CABLE_OHMS: f64 = 0.5e-3;

/// A bank and the current through it, positive when it charges.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    pub cells: Vec<Cell>,
    /// Taken from each cell by its board, as the rig measured it, amperes.
    balancing: Vec<Mean>,
    /// `None`: it hangs on the bus without one.
    pub relay: Option<PowerRelay>,
    pub amps: f64,
}

impl Bank {
    pub fn new(planned: &PlannedPlant, seed: u64, bank: u8, cells: u16) -> Self {
        let cell = |k| {
            let mut draw = Draw::new(seed, bank, k);
            let Spread {
                soc,
                capacity,
                resistance,
            } = planned.spread;
            let capacity = planned.capacity_ah * (1.0 + draw.around_zero(capacity) / 100.0);
            let resistance = 1.0 + draw.around_zero(resistance) / 100.0;
            let soc = (planned.soc + draw.around_zero(soc)) / 100.0;
            Cell::new(&planned.model, capacity, resistance, soc, planned.ambient)
        };
        Self {
            cells: (1..=cells).map(cell).collect(),
            balancing: vec![Mean::default(); usize::from(cells)],
            relay: planned.bank.as_ref().map(|_| PowerRelay::default()),
            amps: 0.0,
        }
    }

    /// Whether it is on the bus.
    pub fn is_connected(&self) -> bool {
        self.relay.is_none_or(|relay| relay.is_closed())
    }

    /// How the bus sees it.
    pub fn branch(&self, model: &CellModel) -> Branch {
        let without = |(cell, taken): (&Cell, &Mean)| cell.volts(model, -taken.now());
        let ohms: f64 = self.cells.iter().map(|cell| cell.series_ohms).sum();
        Branch {
            emf: self.cells.iter().zip(&self.balancing).map(without).sum(),
            ohms: ohms + CABLE_OHMS,
        }
    }

    /// Voltage of cell k, from 1, at the end of its lead.
    pub fn cell_volts(&self, model: &CellModel, k: u16) -> f64 {
        let place = usize::from(k) - 1;
        let amps = self.amps - self.balancing[place].now();
        self.cells[place].volts(model, amps)
    }

    /// Voltage of all its cells.
    pub fn volts(&self, model: &CellModel) -> f64 {
        (1..=self.cells.len() as u16)
            .map(|k| self.cell_volts(model, k))
            .sum()
    }

    /// Takes what the rig measured of board k.
    pub fn note_balancing(&mut self, k: u16, amps: f64) {
        if let Some(mean) = self.balancing.get_mut(usize::from(k) - 1) {
            mean.note(amps);
        }
    }

    /// Lets the present current flow for a time.
    pub fn advance(&mut self, model: &CellModel, seconds: f64, ambient: f64) {
        for (cell, taken) in self.cells.iter_mut().zip(&mut self.balancing) {
            let amps = self.amps - taken.take();
            cell.advance(model, amps, seconds, ambient);
        }
    }
}

/// The mean of what was measured since it was last taken; the last one when nothing was.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    last: f64,
    sum: f64,
    count: u32,
}

impl Mean {
    fn note(&mut self, value: f64) {
        if value.is_finite() {
            self.last = value;
            self.sum += value;
            self.count += 1;
        }
    }

    fn now(&self) -> f64 {
        if self.count == 0 {
            return self.last;
        }
        self.sum / f64::from(self.count)
    }

    fn take(&mut self) -> f64 {
        let mean = self.now();
        *self = Self {
            last: mean,
            ..Self::default()
        };
        mean
    }
}

/// Evenly distributed numbers of one cell, the same for the same seed wherever it runs.
struct Draw(u64);

impl Draw {
    const fn new(seed: u64, bank: u8, cell: u16) -> Self {
        Self(mix(seed) ^ mix((bank as u64) << 16 | cell as u64))
    }

    /// Within ± `limit`.
    fn around_zero(&mut self, limit: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let unit = (mix(self.0) >> 11) as f64 / (1_u64 << 53) as f64;
        limit * (2.0 * unit - 1.0)
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
const fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}
