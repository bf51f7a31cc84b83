//! Charger, load and the combined inverter and charger: what they would give and take, and whether
//! the BMS lets them.

use std::collections::BTreeMap;

use super::bus::{Demand, Source};
use super::planned::{PlannedPlant, Wiring};
use super::relay::PowerRelay;
use crate::channel::{Channel, Signal};
use crate::time::Time;

/// A device with its power relay and its enable inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Device {
    wiring: Wiring,
    pub relay: Option<PowerRelay>,
    may_charge: bool,
    may_discharge: bool,
}

impl Device {
    fn new(wiring: Wiring) -> Self {
        Self {
            relay: wiring.through.as_ref().map(|_| PowerRelay::default()),
            wiring,
            may_charge: false,
            may_discharge: false,
        }
    }

    /// Lets relay and inputs follow the contacts, of which `closed` knows.
    fn follow(&mut self, now: Time, closed: &dyn Fn(Channel) -> bool) {
        let all = |contacts: &[Channel]| contacts.iter().all(|contact| closed(*contact));
        if let (Some(relay), Some(contacts)) = (&mut self.relay, &self.wiring.through) {
            relay.drive(now, all(contacts));
        }
        let connected = self.relay.is_none_or(|relay| relay.is_closed());
        self.may_charge = connected && all(&self.wiring.charge);
        self.may_discharge = connected && all(&self.wiring.discharge);
    }
}

/// The devices on the bus and what they are set to.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    pub charger: Option<Device>,
    pub load: Option<Device>,
    pub inverter: Option<Device>,
    /// Settings in the channels' units; what was never set is 0.
    set: BTreeMap<Signal, f64>,
}

impl Devices {
    pub fn new(planned: &PlannedPlant) -> Self {
        Self {
            charger: planned.charger.clone().map(Device::new),
            load: planned.load.clone().map(Device::new),
            inverter: planned.inverter.clone().map(Device::new),
            set: BTreeMap::new(),
        }
    }

    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Device> {
        let devices = [&mut self.charger, &mut self.load, &mut self.inverter];
        devices.into_iter().flatten()
    }

    pub fn relays(&self) -> impl Iterator<Item = PowerRelay> {
        let devices = [&self.charger, &self.load, &self.inverter];
        devices.into_iter().flatten().filter_map(|d| d.relay)
    }

    pub fn follow(&mut self, now: Time, closed: &dyn Fn(Channel) -> bool) {
        for device in self.all_mut() {
            device.follow(now, closed);
        }
    }

    pub fn setting(&self, signal: Signal) -> f64 {
        self.set.get(&signal).copied().unwrap_or(0.0)
    }

    pub fn set(&mut self, signal: Signal, value: f64) {
        self.set.insert(signal, value);
        let device = match signal {
            Signal::ChargerWeld => &mut self.charger,
            Signal::LoadWeld => &mut self.load,
            Signal::InverterWeld => &mut self.inverter,
            _ => return,
        };
        if let Some(relay) = device.as_mut().and_then(|device| device.relay.as_mut()) {
            relay.welded = value != 0.0;
        }
    }

    /// What charges, as far as it may. The inverter charges while no power is asked of it.
    pub fn source(&self) -> Source {
        let may = |device: &Option<Device>| device.as_ref().is_some_and(|d| d.may_charge);
        let of = |volts, amps| Source {
            volts: self.setting(volts),
            amps: self.setting(amps),
        };
        if may(&self.charger) {
            of(Signal::ChargerVoltage, Signal::ChargerLimit)
        } else if may(&self.inverter) && self.setting(Signal::InverterPower) == 0.0 {
            of(Signal::InverterVoltage, Signal::InverterLimit)
        } else {
            Source::default()
        }
    }

    /// What the load takes, as far as it may.
    pub fn load(&self) -> Demand {
        if !self.load.as_ref().is_some_and(|load| load.may_discharge) {
            return Demand::default();
        }
        let ohms = self.setting(Signal::LoadResistance);
        Demand {
            amps: self.setting(Signal::LoadDemand),
            watts: self.setting(Signal::LoadPower),
            siemens: if ohms > 0.0 { 1.0 / ohms } else { 0.0 },
        }
    }

    /// What the inverter takes, as far as it may, watts.
    pub fn inverter_watts(&self) -> f64 {
        let inverter = self.inverter.as_ref();
        if inverter.is_some_and(|device| device.may_discharge) {
            self.setting(Signal::InverterPower)
        } else {
            0.0
        }
    }
}
