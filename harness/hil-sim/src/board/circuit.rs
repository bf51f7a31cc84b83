//! The circuit around one chip: what the chip's pins drive and what its converter sees.
//!
//! It is called by the chip while the chip runs; the bench collects its edges afterwards.

use hil_core::plan::Hardware;
use hil_mcu::{Circuit, Drive, Pin, Time};

use super::analog::{Analog, Inputs};
use super::bridge::{self, Bridge, Levels};
use super::defect::Defect;
use super::parts::Parts;
use super::relay::{Coil, Condition, Contacts, Relay};
use super::supply::Supply;
use super::wiring::{Output, Role};
use crate::random::{Purpose, Stream};

/// Supply current for the drop in the lead (`PWR-1..3`). Not the metered one: a board must not feel
/// whether somebody reads its meter.
const SUPPLY_AMPS: f64 = 1.9e-3;

/// Something the bench can see changing on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    InfoLed(bool),
    ChargeLed(bool),
    LoadLed(bool),
    ChargeRelay(Contacts),
    LoadRelay(Contacts),
    /// Whether balancing current flows.
    Shunt(bool),
    /// Whether the board holds the Bluetooth bridge in reset.
    BridgeReset(bool),
    /// The connection to the phone ended without the phone's doing.
    Disconnected,
}

/// A change of a wire's level: when, and whether it is high.
pub(crate) type Edge = (Time, bool);

/// Everything of a board but its chip.
#[derive(Clone, Debug)]
pub(crate) struct BoardCircuit {
    pub role: Role,
    pub parts: Parts,
    pub inputs: Inputs,
    pub supply: Supply,
    pub bridge: Bridge,
    /// What was seen since the bench last looked.
    pub seen: Vec<(Time, Seen)>,
    /// Edges of chain OUT not yet carried to the next board.
    pub chain_out: Vec<Edge>,
    /// Edges of EXT OUT not yet read.
    pub ext_out: Vec<Edge>,
    analog: Analog,
    relays: [Relay; 2],
    defect: Option<Defect>,
}

/// How much later than it ought to a weak chain OUT pulls the line down.
const WEAK_OUT: Time = Time::from_us(6);

impl BoardCircuit {
    /// The circuit of board `number` of a bank with these parts, and with what is wrong with it.
    pub(crate) fn new(
        role: Role,
        mut parts: Parts,
        defect: Option<Defect>,
        seed: u64,
        bank: u8,
        number: u16,
    ) -> Self {
        if let Some(defect) = defect {
            defect.spoil(&mut parts);
        }
        let mut contacts = Stream::new(seed, bank, number, Purpose::Contacts);
        let relays = parts.operate.map(|operate| {
            let own = Stream::new(contacts.bits().into(), bank, number, Purpose::Contacts);
            Relay::new(operate, own)
        });
        let mut circuit = Self {
            role,
            inputs: Inputs::default(),
            supply: Supply::default(),
            bridge: Bridge::default(),
            seen: Vec::new(),
            chain_out: Vec::new(),
            ext_out: Vec::new(),
            analog: Analog::new(Stream::new(seed, bank, number, Purpose::Analog)),
            relays,
            parts,
            defect,
        };
        match defect {
            Some(Defect::RelayChargeBouncing) => {
                circuit.set_contacts(Time::ZERO, 0, Condition::Bouncing);
            }
            Some(Defect::RelayLoadBothClosed) => circuit.relays[1].make_before_break(),
            // At rest, what is "not allowed" to the relay is "allowed" at the connector.
            Some(Defect::RelayChargeSwapped | Defect::RelayLoadSwapped) => {
                let index = usize::from(defect == Some(Defect::RelayLoadSwapped));
                let seen = circuit.contacts_seen(index, Contacts::NotAllowed);
                circuit.seen.push((Time::ZERO, seen));
            }
            _ => {}
        }
        circuit.update();
        circuit
    }

    /// Current through the balancing resistor while its MOSFET is on, amperes.
    pub(crate) fn balancing_amps_when_on(&self) -> f64 {
        self.inputs.cell_volts / (self.parts.balancing_ohms + self.parts.lead_ohms)
    }

    /// Voltage at the board's terminal: the cell less what the lead drops.
    pub(crate) fn terminal_volts(&self) -> f64 {
        let balancing = if self.supply.gate.is_on() {
            self.balancing_amps_when_on()
        } else {
            0.0
        };
        let amps = balancing + SUPPLY_AMPS;
        self.inputs.cell_volts - amps * self.parts.lead_ohms
    }

    /// Works out the analog levels again after an input or the balancing current changed.
    pub(crate) fn update(&mut self) {
        let terminal = self.terminal_volts();
        self.analog.update(&self.parts, &self.inputs, terminal);
    }

    /// The circuit that brings both relays to "not allowed", whatever the firmware does.
    pub(crate) fn reset_relays(&mut self, at: Time) {
        if self.role == Role::End {
            for (index, relay) in self.relays.iter_mut().enumerate() {
                if !self
                    .defect
                    .is_some_and(|defect| defect.cuts_reset_of(index))
                {
                    relay.reset_circuit(at);
                }
            }
        }
    }

    /// Moves what happened to the contacts up to `at` into [`Self::seen`].
    pub(crate) fn settle(&mut self, at: Time) {
        if self.role != Role::End {
            return;
        }
        for index in 0..self.relays.len() {
            self.relays[index].settle(at);
            while let Some((at, contacts)) = self.relays[index].next_edge(at) {
                self.seen.push((at, self.contacts_seen(index, contacts)));
            }
        }
    }

    /// What is seen at the connectors when relay `index` shows `contacts`.
    fn contacts_seen(&self, index: usize, contacts: Contacts) -> Seen {
        match (self.defect, index) {
            (Some(Defect::RelayChargeSwapped), 0) => Seen::ChargeRelay(contacts.exchanged()),
            (Some(Defect::RelayLoadSwapped), 1) => Seen::LoadRelay(contacts.exchanged()),
            (Some(Defect::RelaysSwapped), 0) | (_, 1) => Seen::LoadRelay(contacts),
            (_, _) => Seen::ChargeRelay(contacts),
        }
    }

    /// Changes the condition of the contacts of the CHARGE (0) or LOAD (1) relay.
    pub(crate) fn set_contacts(&mut self, at: Time, index: usize, condition: Condition) {
        self.relays[index].set_condition(at, condition);
    }

    /// The supply came or went: loads that hang on it follow whatever the chip does. Gives the
    /// levels that follow it.
    pub(crate) fn supplied(&mut self, at: Time, on: bool) -> Levels {
        if self.defect == Some(Defect::LedInfoStuckOn) {
            self.led(at, 0, on, Seen::InfoLed(on));
        }
        self.with_bridge(at, |bridge| bridge.supply(at, on))
    }

    /// Fits the bridge of a revision of the End board.
    pub(crate) const fn fit_bridge(&mut self, hardware: Hardware) {
        self.supply.bridge_amps = bridge::connected_amps(hardware);
    }

    /// The phone makes a connection to the bridge as soon as it can, or ends it.
    pub(crate) fn want_connection(&mut self, at: Time, wanted: bool) {
        self.bridge.want(wanted);
        self.supply
            .bridge
            .switch(at, self.bridge.connected().is_some());
    }

    /// Lets the bridge look at its inputs; gives the levels that follow.
    pub(super) fn look_at_bridge(&mut self, at: Time) -> Levels {
        self.with_bridge(at, |bridge| bridge.look(at))
    }

    /// Does something to the bridge, and follows what becomes of its connection.
    fn with_bridge<T>(&mut self, at: Time, act: impl FnOnce(&mut Bridge) -> T) -> T {
        let before = self.bridge.connected().is_some();
        let done = act(&mut self.bridge);
        let after = self.bridge.connected().is_some();
        if before != after {
            self.supply.bridge.switch(at, after);
        }
        if before && !after {
            self.seen.push((at, Seen::Disconnected));
        }
        done
    }

    /// The board is connected to its cell or taken off.
    pub(crate) fn connected(&mut self, at: Time, on: bool) {
        if self.defect.is_some_and(Defect::shunts_always) {
            self.shunt(at, on);
        }
    }

    fn shunt(&mut self, at: Time, on: bool) {
        if self.supply.gate.is_on() != on {
            self.supply.gate.switch(at, on);
            self.seen.push((at, Seen::Shunt(on)));
            self.update();
        }
    }

    fn drive_chain(&mut self, at: Time, high: bool) {
        let weak = self.defect == Some(Defect::ChainOutWeak) && !high;
        let at = if weak { at + WEAK_OUT } else { at };
        self.chain_out.push((at, high));
    }

    /// The level a pin of the chip gets when from outside it ought to get `outside`.
    pub(crate) fn input_level(&self, pin: Pin, outside: Option<bool>) -> Option<bool> {
        match self.defect {
            Some(defect) => defect.spoil_input(self.role, pin, outside),
            None => outside,
        }
    }

    /// Drops what nobody has collected.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
        self.chain_out.clear();
        self.ext_out.clear();
        self.bridge.from_board.clear();
    }

    fn led(&mut self, at: Time, index: usize, lit: bool, seen: Seen) {
        if self.supply.leds[index].is_on() != lit {
            self.supply.leds[index].switch(at, lit);
            self.seen.push((at, seen));
        }
    }
}

impl Circuit for BoardCircuit {
    fn sample(&mut self, _at: Time, channel: u8) -> f64 {
        self.analog.sample(channel)
    }

    fn pin_changed(&mut self, at: Time, pin: Pin, drive: Drive) {
        let wired = Output::on(self.role, pin);
        let driven = match self.defect {
            Some(defect) => wired.and_then(|output| defect.reroute(output)),
            None => wired,
        };
        let Some(output) = driven else {
            return;
        };
        // LEDs, gate and coils have pull-downs; the two serial lines are pulled to their idle level.
        let on = drive == Drive::High;
        match output {
            Output::InfoLed => self.led(at, 0, on, Seen::InfoLed(on)),
            Output::ChargeLed => self.led(at, 1, on, Seen::ChargeLed(on)),
            Output::LoadLed => self.led(at, 2, on, Seen::LoadLed(on)),
            Output::BalancingGate => self.shunt(at, on),
            Output::ChainOut => self.drive_chain(at, drive != Drive::Low),
            Output::ExtOut => {
                let upright = self.defect == Some(Defect::ExtOutUpright);
                self.ext_out.push((at, on != upright));
            }
            Output::AppOut => self.bridge.hear((at, drive != Drive::Low)),
            Output::BridgeReset => {
                if self.with_bridge(at, |bridge| bridge.reset(at, on)) {
                    self.seen.push((at, Seen::BridgeReset(on)));
                }
            }
            Output::ChargeSet => self.relays[0].coil(at, Coil::Set, on),
            Output::ChargeReset => self.relays[0].coil(at, Coil::Reset, on),
            Output::LoadSet => self.relays[1].coil(at, Coil::Set, on),
            Output::LoadReset => self.relays[1].coil(at, Coil::Reset, on),
        }
    }

    fn nrst_pulse(&mut self, at: Time) {
        self.reset_relays(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit(role: Role) -> BoardCircuit {
        BoardCircuit::new(role, Parts::nominal(role), None, 1, 1, 1)
    }

    #[test]
    fn balancing_draws_one_ampere_and_pulls_the_terminal_down() {
        let mut circuit = circuit(Role::Between);
        assert!((circuit.terminal_volts() - 3.3).abs() < 1e-4);
        circuit.pin_changed(Time::ZERO, Pin::b(0), Drive::High);
        assert!((circuit.balancing_amps_when_on() - 0.991).abs() < 1e-3);
        assert!((circuit.terminal_volts() - 3.2703).abs() < 1e-4);
        let mean: f64 = (0..1000)
            .map(|_| circuit.sample(Time::ZERO, 0))
            .sum::<f64>()
            / 1000.0;
        assert!((mean * 6.0 - 3.2703).abs() < 5e-4, "{mean}");
    }

    #[test]
    fn only_a_change_of_an_led_is_seen() {
        let mut circuit = circuit(Role::End);
        circuit.pin_changed(Time::ZERO, Pin::a(8), Drive::Low);
        circuit.pin_changed(Time(5), Pin::a(8), Drive::High);
        circuit.pin_changed(Time(9), Pin::a(8), Drive::HighZ);
        let seen = [
            (Time(5), Seen::InfoLed(true)),
            (Time(9), Seen::InfoLed(false)),
        ];
        assert_eq!(circuit.seen, seen);
    }

    #[test]
    fn every_reset_brings_both_relays_to_not_allowed() {
        let mut circuit = circuit(Role::End);
        circuit.pin_changed(Time::ZERO, Pin::b(1), Drive::High);
        circuit.pin_changed(Time::ZERO, Pin::b(3), Drive::High);
        circuit.settle(Time::from_us(50_000));
        circuit.seen.clear();
        circuit.nrst_pulse(Time::from_us(60_000));
        circuit.settle(Time::from_us(100_000));
        let last = |relay: fn(Contacts) -> Seen| {
            let there = |seen: &&(Time, Seen)| seen.1 == relay(Contacts::NotAllowed);
            circuit.seen.iter().rfind(there).is_some()
        };
        assert!(last(Seen::ChargeRelay) && last(Seen::LoadRelay));
    }
}
