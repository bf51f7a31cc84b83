//! The closed loop: a pack of modelled cells with a charger, loads and power relays around the
//! boards under test.
//!
//! Pure: it is told what the rig measured (contacts, balancing currents) and how late it is, and
//! says what the rig shall apply next (cell voltages, temperatures, sensor currents) and what it
//! shows of itself. The runner does the rest through the ordinary bench port, so that the envelope
//! holds and a virtual and a real rig run the same code. Between two looks every current is
//! constant; within that, states are integrated exactly. Supply currents of the boards (2 mA) are
//! left out.

mod bank;
mod bus;
mod cell;
mod devices;
mod model;
mod planned;
mod relay;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use model::{CellFile, CellModel};
pub use planned::{PlannedPlant, Sensors, Spread, Wiring};
pub use relay::{DROP_OUT, PULL_IN};

use crate::channel::{Access, Channel, RELAY, Signal};
use crate::plan::PlannedCase;
use crate::ports::Sample;
use crate::time::Time;
use bank::Bank;
use bus::Flow;
use devices::Devices;

/// What a rig's supplies resolve: volts, amperes, kelvin. Smaller changes are not written.
const VOLTS: f64 = 1e-4;
const AMPS: f64 = 1e-3;
const KELVIN: f64 = 0.01;

/// A plant in progress.
#[derive(Clone, Debug)]
pub struct Plant {
    planned: PlannedPlant,
    banks: Vec<Bank>,
    devices: Devices,
    flow: Flow,
    ambient: f64,
    /// Contacts something hangs on, and whether pins 1 and 2 are closed.
    contacts: BTreeMap<Channel, bool>,
    /// What the rig was told last.
    written: BTreeMap<Channel, f64>,
    /// Channels whose values go into the record, and what went there last.
    shown: Vec<(Channel, f64)>,
    /// Up to when it is integrated.
    now: Time,
    next: Time,
}

impl Plant {
    /// The plant of a case, if it has one, at rest at bench time 0.
    #[must_use]
    pub fn of(case: &PlannedCase, seed: u64) -> Option<Self> {
        let planned = case.plant.clone()?;
        let bank = |number| Bank::new(&planned, seed, number, case.pack.cells);
        let observed = case.observe.iter().filter(|c| c.signal.is_plant());
        let contacts = planned.contacts(case.pack.banks);
        let mut plant = Self {
            banks: (1..=case.pack.banks).map(bank).collect(),
            devices: Devices::new(&planned),
            flow: Flow::default(),
            ambient: planned.ambient,
            contacts: contacts.into_iter().map(|c| (c, false)).collect(),
            written: BTreeMap::new(),
            shown: observed.map(|channel| (*channel, f64::NAN)).collect(),
            now: Time::ZERO,
            next: Time::ZERO,
            planned,
        };
        plant.settle();
        Some(plant)
    }

    /// The contacts whose changes it wants to hear of at once.
    pub fn contacts(&self) -> impl Iterator<Item = Channel> {
        self.contacts.keys().copied()
    }

    /// When it wants to look again.
    #[must_use]
    pub fn due(&self) -> Time {
        let banks = self.banks.iter().filter_map(|bank| bank.relay);
        let relays = banks.chain(self.devices.relays());
        let moves = relays.filter_map(|relay| relay.moves()).min();
        moves.map_or(self.next, |at| at.min(self.next))
    }

    /// Takes what the rig measured; a contact that moved makes it due at once.
    pub fn feed(&mut self, samples: &[Sample]) {
        for sample in samples {
            let Channel {
                bank,
                signal,
                index,
            } = sample.channel;
            if signal == Signal::BoardBalancing {
                if let Some(bank) = self.banks.get_mut(usize::from(bank) - 1) {
                    bank.note_balancing(index, sample.value);
                }
            } else if let Some(closed) = self.contacts.get_mut(&sample.channel) {
                let is_closed =
                    matches!(RELAY.get(sample.value as usize), Some(&"allowed" | &"both"));
                if *closed != is_closed {
                    *closed = is_closed;
                    self.next = self.now;
                }
            }
        }
    }

    /// Lets time pass up to `now`, moves what is to move, and solves the bus again.
    pub fn advance(&mut self, now: Time) {
        let seconds = now.since(self.now).as_secs();
        if seconds > 0.0 {
            for bank in &mut self.banks {
                bank.advance(&self.planned.model, seconds, self.ambient);
            }
        }
        self.now = now;
        self.next = now + self.planned.tick;
        let closed = |contact: Channel| self.contacts.get(&contact).is_some_and(|on| *on);
        self.devices.follow(now, &closed);
        let coil = self.planned.bank.as_ref().and_then(|w| w.through.as_ref());
        for (bank, number) in self.banks.iter_mut().zip(1..) {
            if let (Some(relay), Some(contacts)) = (&mut bank.relay, coil) {
                let own = |contact: &Channel| Channel {
                    bank: number,
                    ..*contact
                };
                relay.drive(now, contacts.iter().all(|contact| closed(own(contact))));
            }
        }
        self.settle();
    }

    /// Solves the bus for the present state.
    fn settle(&mut self) {
        let model = &self.planned.model;
        let connected = self.banks.iter().filter(|bank| bank.is_connected());
        let branches: Vec<_> = connected.map(|bank| bank.branch(model)).collect();
        let mut demand = self.devices.load();
        demand.watts += self.devices.inverter_watts();
        self.flow = bus::solve(&branches, self.devices.source(), demand);
        let mut amps = self.flow.branches.iter();
        for bank in &mut self.banks {
            bank.amps = if bank.is_connected() {
                amps.next().copied().unwrap_or(0.0)
            } else {
                0.0
            };
        }
    }

    /// Changes a setting of the plant; what follows from it is there at once.
    pub fn set(&mut self, channel: Channel, value: f64) {
        let bank = self.banks.get_mut(usize::from(channel.bank) - 1);
        match channel.signal {
            Signal::PlantCellSoc => {
                let place = usize::from(channel.index) - 1;
                if let Some(cell) = bank.and_then(|bank| bank.cells.get_mut(place)) {
                    cell.soc = value / 100.0;
                }
            }
            Signal::PlantAmbient => self.ambient = value,
            Signal::PlantWeld => {
                if let Some(relay) = bank.and_then(|bank| bank.relay.as_mut()) {
                    relay.welded = value != 0.0;
                }
            }
            signal => self.devices.set(signal, value),
        }
        self.settle();
        self.next = self.now;
    }

    /// What one of its channels shows.
    #[must_use]
    pub fn value(&self, channel: Channel) -> f64 {
        let model = &self.planned.model;
        let Some(bank) = self.banks.get(usize::from(channel.bank) - 1) else {
            return f64::NAN;
        };
        let relay = |device: &Option<devices::Device>| {
            let relay = device.as_ref().and_then(|device| device.relay);
            relay.is_some_and(|relay| relay.is_closed()).into()
        };
        let devices = &self.devices;
        match channel.signal {
            Signal::PlantCellSoc => {
                let cell = bank.cells.get(usize::from(channel.index) - 1);
                cell.map_or(f64::NAN, |cell| cell.soc * 100.0)
            }
            Signal::PlantAmbient => self.ambient,
            Signal::PlantCurrent => bank.amps,
            Signal::PlantVoltage => bank.volts(model),
            Signal::PlantRelay => bank.is_connected().into(),
            Signal::PlantWeld => bank.relay.is_some_and(|relay| relay.welded).into(),
            Signal::ChargerRelay => relay(&devices.charger),
            Signal::LoadRelay => relay(&devices.load),
            Signal::InverterRelay => relay(&devices.inverter),
            Signal::ChargerCurrent if devices.charger.is_some() => self.flow.source,
            Signal::LoadCurrent => self.flow.demand - self.inverter_draw(),
            Signal::InverterCurrent if devices.charger.is_some() => -self.inverter_draw(),
            Signal::InverterCurrent => self.flow.source - self.inverter_draw(),
            signal => devices.setting(signal),
        }
    }

    /// What the inverter takes of what the bus gives, amperes.
    fn inverter_draw(&self) -> f64 {
        let asked = self.devices.inverter_watts();
        if asked <= 0.0 || self.flow.volts <= 0.0 {
            return 0.0;
        }
        (asked / self.flow.volts).min(self.flow.demand)
    }

    /// What the rig shall apply, as far as it differs from what it was told last.
    pub fn writes(&mut self) -> Vec<(Channel, f64)> {
        let mut wanted = Vec::new();
        for (bank, number) in self.banks.iter().zip(1..) {
            let at = |signal, index| Channel {
                bank: number,
                signal,
                index,
            };
            for (cell, k) in bank.cells.iter().zip(1..) {
                // No supply of a rig gives less than nothing.
                let volts = bank.cell_volts(&self.planned.model, k).max(0.0);
                wanted.push((at(Signal::CellVoltage, k), rounded(volts, VOLTS)));
                let celsius = rounded(cell.celsius, KELVIN);
                wanted.push((at(Signal::CellTemperature, k), celsius));
            }
            let (one, two) = match self.planned.sensors {
                Sensors::One => (bank.amps, 0.0),
                Sensors::Two if bank.is_connected() => (self.flow.source, self.flow.demand),
                Sensors::Two => (0.0, 0.0),
            };
            wanted.push((at(Signal::SensorCurrent, 1), rounded(one, AMPS)));
            wanted.push((at(Signal::SensorCurrent, 2), rounded(two, AMPS)));
        }
        wanted.retain(|(channel, value)| self.written.insert(*channel, *value) != Some(*value));
        wanted
    }

    /// What it shows at the present time: quantities always, states and settings when they change.
    pub fn samples(&mut self, out: &mut Vec<Sample>) {
        let mut shown = std::mem::take(&mut self.shown);
        for (channel, last) in &mut shown {
            let value = self.value(*channel);
            let computed = channel.signal.family().access == Access::Computed;
            let moves = computed && channel.states().is_empty();
            if moves || channel.signal == Signal::PlantCellSoc || value.to_bits() != last.to_bits()
            {
                out.push(Sample {
                    channel: *channel,
                    at: self.now,
                    value,
                });
            }
            *last = value;
        }
        self.shown = shown;
    }
}

/// To the nearest step of a supply.
fn rounded(value: f64, step: f64) -> f64 {
    let steps = (value / step).round();
    // In whole parts of a unit, so that 0.1 mV is a decimal number and not nearly one.
    steps / (1.0 / step).round()
}
