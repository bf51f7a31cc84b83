//! One reference board: a chip and the circuit around it (`firmware/BOARDS.md`, `bms.md` §9).
//!
//! It does not know its neighbours; wires between boards are the pack's business.

mod analog;
mod bridge;
mod circuit;
mod defect;
mod parts;
mod relay;
mod supply;
mod wiring;

use hil_mcu::{Mcu, Pin, Time};

pub(crate) use analog::{Ntc, Plug};
pub(crate) use circuit::{BoardCircuit, Edge, Seen};
pub use defect::Defect;
pub(crate) use parts::Parts;
pub(crate) use relay::Condition;
pub(crate) use supply::Averages;
pub use wiring::Role;
pub(crate) use wiring::{APP_CONNECTED, APP_IN, BUTTON, CHAIN_IN, dip};

/// One board of a pack.
#[derive(Clone)]
pub(crate) struct Board {
    pub mcu: Mcu,
    pub circuit: BoardCircuit,
    connected: bool,
    /// Whether it is in the pack at all: wired to the chain and to its cell.
    mounted: bool,
    powered: bool,
    /// Levels that other parts of the board or its neighbours give the chip's pins; none where a
    /// switch is open.
    levels: Vec<(Pin, Option<bool>)>,
}

impl Board {
    /// A board with this chip, not connected to its cell.
    pub(crate) fn new(mcu: Mcu, circuit: BoardCircuit) -> Self {
        let levels = match circuit.role {
            Role::Begin => (1..=8)
                .map(|switch| (dip(switch), None))
                .chain([(BUTTON, None)])
                .collect(),
            Role::Between => vec![(CHAIN_IN, Some(true))],
            Role::End => vec![
                (CHAIN_IN, Some(true)),
                (APP_IN, Some(true)),
                (APP_CONNECTED, Some(false)),
                (BUTTON, None),
            ],
        };
        Self {
            mcu,
            circuit,
            connected: false,
            mounted: true,
            powered: false,
            levels,
        }
    }

    /// Whether it is connected to its cell.
    pub(crate) const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether it is in the pack.
    pub(crate) const fn is_mounted(&self) -> bool {
        self.mounted
    }

    /// Connects the board to its cell, or takes it off.
    pub(crate) fn connect(&mut self, at: Time, connected: bool) {
        self.connected = connected;
        self.supply_follows(at);
    }

    /// Puts the board into the pack, or takes it out.
    pub(crate) fn set_mounted(&mut self, at: Time, mounted: bool) {
        self.mounted = mounted;
        self.supply_follows(at);
    }

    /// Gives chain IN a level; a Begin board has none.
    pub(crate) fn hear(&mut self, at: Time, high: bool) {
        if self.circuit.role != Role::Begin {
            self.set_level(at, CHAIN_IN, high);
        }
    }

    /// Whether the cell's leads are on the board.
    const fn is_on_its_cell(&self) -> bool {
        self.connected && self.mounted
    }

    /// Applies a cell voltage.
    pub(crate) fn set_cell_volts(&mut self, at: Time, volts: f64) {
        self.circuit.inputs.cell_volts = volts;
        self.circuit.update();
        self.supply_follows(at);
    }

    /// Closes a switch from a pin to ground, or opens it.
    pub(crate) fn set_switch(&mut self, at: Time, pin: Pin, closed: bool) {
        self.drive(at, pin, closed.then_some(false));
    }

    /// Gives a pin of the chip a level from outside.
    pub(crate) fn set_level(&mut self, at: Time, pin: Pin, high: bool) {
        self.drive(at, pin, Some(high));
    }

    fn drive(&mut self, at: Time, pin: Pin, outside: Option<bool>) {
        let outside = self.circuit.input_level(pin, outside);
        if let Some((_, level)) = self.levels.iter_mut().find(|(p, _)| *p == pin) {
            *level = outside;
        }
        if self.powered {
            self.mcu.input(at.max(self.mcu.now()), pin, outside);
        }
    }

    /// Lets the board live up to `until`.
    pub(crate) fn run_until(&mut self, until: Time) {
        if self.powered {
            while let Some(look) = self.circuit.bridge.next_look(self.mcu.now(), until) {
                self.mcu.run_until(look, &mut self.circuit);
                self.look_at_bridge(look);
            }
            self.mcu.run_until(until, &mut self.circuit);
        }
        self.circuit.settle(until);
    }

    fn look_at_bridge(&mut self, at: Time) {
        for (when, pin, high) in self.circuit.look_at_bridge(at) {
            self.set_level(when, pin, high);
        }
    }

    /// The phone makes a connection to the bridge as soon as it can, or ends it.
    pub(crate) fn want_connection(&mut self, at: Time, wanted: bool) {
        self.circuit.want_connection(at, wanted);
    }

    /// Voltage at the board's terminal; zero when it is not connected.
    pub(crate) fn terminal_volts(&self) -> f64 {
        if self.is_on_its_cell() {
            self.circuit.terminal_volts()
        } else {
            0.0
        }
    }

    /// Averages since the last look.
    pub(crate) fn look(&mut self, at: Time) -> Averages {
        let (stats, terminal) = (self.mcu.stats(), self.terminal_volts());
        let circuit = &mut self.circuit;
        circuit
            .supply
            .look(at, stats, &circuit.parts, self.powered, terminal)
    }

    fn supply_follows(&mut self, at: Time) {
        let [falls, rises] = self.circuit.parts.supply_volts;
        let limit = if self.powered { falls } else { rises };
        self.circuit.connected(at, self.is_on_its_cell());
        let powered = self.terminal_volts() >= limit;
        if powered == self.powered {
            return;
        }
        self.powered = powered;
        let at = at.max(self.mcu.now());
        if powered {
            self.mcu.power_on(at, &mut self.circuit);
            for (pin, outside) in &self.levels {
                self.mcu.input(at, *pin, *outside);
            }
        } else {
            self.mcu.power_off(at, &mut self.circuit);
            self.circuit.reset_relays(at);
        }
        for (at, pin, high) in self.circuit.supplied(at, powered) {
            self.set_level(at, pin, high);
        }
    }
}
