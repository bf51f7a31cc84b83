//! A plant as it stands in the plan: everything [`super::Plant`] needs besides the seed.

use serde::{Deserialize, Serialize};

use super::model::CellModel;
use crate::channel::{Channel, Signal};
use crate::time::Span;

/// The pack around the boards: cells, and what charges and loads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedPlant {
    /// The kind of cell.
    pub model: CellModel,
    /// Capacity of each place in series, parallel cells together, ampere hours.
    pub capacity_ah: f64,
    /// Their state of charge at the start, percent.
    pub soc: f64,
    /// How far cells differ.
    pub spread: Spread,
    /// Temperature around them, °C; `plant.ambient` changes it.
    pub ambient: f64,
    /// How the current sensors are fitted.
    pub sensors: Sensors,
    /// The power relay between each bank and the bus; contacts are named as those of the first
    /// bank, and each bank's hangs on its own.
    pub bank: Option<Wiring>,
    /// The charger, if there is one.
    pub charger: Option<Wiring>,
    /// The load, if there is one.
    pub load: Option<Wiring>,
    /// The combined inverter and charger, if there is one.
    pub inverter: Option<Wiring>,
    /// Longest time between two looks of the plant at the bench.
    pub tick: Span,
}

/// Each cell is drawn from the run's seed within ± these of the others, percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Of the state of charge, percentage points.
    pub soc: f64,
    /// Of the capacity.
    pub capacity: f64,
    /// Of the resistances.
    pub resistance: f64,
}

/// Where the current sensors of a bank sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensors {
    /// One on the common cable, plugged in at Sensor 1, reading both directions (`CUR-6`).
    One,
    /// Sensor 1 on the charger's cable, Sensor 2 on the consumers' (`CUR-5`).
    Two,
}

/// What of the BMS a device hangs on. Several contacts are in series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wiring {
    /// Contacts that drive the coil of the power relay in its cable; `None` without a relay.
    pub through: Option<Vec<Channel>>,
    /// Contacts on its input that enables charging.
    pub charge: Vec<Channel>,
    /// Contacts on its input that enables discharging.
    pub discharge: Vec<Channel>,
}

impl PlannedPlant {
    /// Every contact of the BMS that something hangs on, of a DUT of so many banks.
    #[must_use]
    pub fn contacts(&self, banks: u8) -> Vec<Channel> {
        let devices = [&self.charger, &self.load, &self.inverter];
        let mut all: Vec<Channel> = devices.into_iter().flatten().flat_map(of).collect();
        if let Some(wiring) = &self.bank {
            let own = |bank| of(wiring).map(move |channel| Channel { bank, ..channel });
            all.extend((1..=banks).flat_map(own));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What the plant drives, of each bank: no stimulus of a case may do so too.
    #[must_use]
    pub const fn drives(signal: Signal) -> bool {
        matches!(
            signal,
            Signal::CellVoltage
                | Signal::CellTemperature
                | Signal::PackCurrent
                | Signal::SensorCurrent
        )
    }

    /// Whether it has what a channel of a plant belongs to.
    #[must_use]
    pub fn has(&self, channel: Channel) -> bool {
        let of = |wiring: &Option<Wiring>| wiring.is_some() && channel.bank == 1;
        let relay = |wiring: &Option<Wiring>| {
            of(wiring) && wiring.as_ref().is_some_and(|w| w.through.is_some())
        };
        match channel.signal {
            Signal::PlantRelay | Signal::PlantWeld => self.bank.is_some(),
            Signal::ChargerRelay | Signal::ChargerWeld => relay(&self.charger),
            Signal::LoadRelay | Signal::LoadWeld => relay(&self.load),
            Signal::InverterRelay | Signal::InverterWeld => relay(&self.inverter),
            Signal::ChargerVoltage | Signal::ChargerLimit | Signal::ChargerCurrent => {
                of(&self.charger)
            }
            Signal::LoadDemand
            | Signal::LoadPower
            | Signal::LoadResistance
            | Signal::LoadCurrent => of(&self.load),
            Signal::InverterVoltage
            | Signal::InverterLimit
            | Signal::InverterPower
            | Signal::InverterCurrent => of(&self.inverter),
            _ => true,
        }
    }
}

fn of(wiring: &Wiring) -> impl Iterator<Item = Channel> {
    let through = wiring.through.iter().flatten();
    let enable = wiring.charge.iter().chain(&wiring.discharge);
    through.chain(enable).copied()
}
