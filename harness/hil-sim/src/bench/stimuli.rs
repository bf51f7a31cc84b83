//! Writing: what each stimulus channel does to the boards, and what it shows afterwards.

use hil_core::channel::{Channel, IndexKind, Signal};
use hil_core::plan::shows;

use super::VirtualBench;
use crate::board::{BUTTON, Condition, Ntc, Plug};
use crate::pack::{Bank, Place, Wire};

/// What was last asked of a bank and cannot be read off its boards.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub dip_cells: u8,
    pub dip_balance: u8,
    pub button_begin: bool,
    pub button_end: bool,
    /// Boards whose power was written; the others come up with the first `run_until`.
    pub power: Vec<bool>,
}

impl VirtualBench {
    /// Whether this rig has the channel.
    pub(super) fn has(&self, channel: Channel) -> bool {
        let cells = self.setup.cells;
        let index = match channel.signal.family().index {
            IndexKind::None => channel.index == 0,
            IndexKind::Cell => (1..=cells).contains(&channel.index),
            IndexKind::Link => (1..cells).contains(&channel.index),
            IndexKind::Sensor => (1..=2).contains(&channel.index),
            IndexKind::Key => channel.index <= 18,
        };
        let bank = (1..=self.setup.banks).contains(&channel.bank);
        index && bank && shows(self.setup.alone, cells, channel)
    }

    /// Applies a checked value at the present time.
    pub(super) fn apply(&mut self, channel: Channel, value: f64) {
        let at = super::chip_time(self.now);
        let place = usize::from(channel.bank) - 1;
        let (bank, asked) = (&mut self.banks[place], &mut self.asked[place]);
        let (k, on) = (channel.index, value != 0.0);
        match channel.signal {
            Signal::CellVoltage => bank.board(k).set_cell_volts(at, value),
            Signal::CellTemperature => {
                let circuit = &mut bank.board(k).circuit;
                circuit.inputs.celsius = value;
                circuit.update();
            }
            Signal::PackCurrent => {
                set_sensor(bank, 1, value.max(0.0));
                set_sensor(bank, 2, (-value).max(0.0));
            }
            Signal::SensorCurrent => set_sensor(bank, k, value),
            Signal::SensorPlug => {
                let circuit = &mut bank.board(1).circuit;
                circuit.inputs.plugs[usize::from(k) - 1] = state(Plug::from_value(value));
                circuit.update();
            }
            Signal::BoardNtc => {
                let circuit = &mut bank.board(k).circuit;
                circuit.inputs.ntc = state(Ntc::from_value(value));
                circuit.update();
            }
            Signal::BoardPlace => bank.set_place(at, k, state(Place::from_value(value))),
            Signal::ContactsCharge | Signal::ContactsLoad => {
                let relay = usize::from(channel.signal == Signal::ContactsLoad);
                let condition = state(Condition::from_value(value));
                bank.end().circuit.set_contacts(at, relay, condition);
            }
            Signal::DipCells => {
                asked.dip_cells = value as u8;
                bank.set_dip(at, 1, 3, asked.dip_cells);
            }
            Signal::DipBalance => {
                asked.dip_balance = value as u8;
                bank.set_dip(at, 4, 8, asked.dip_balance);
            }
            Signal::BoardPower => {
                asked.power[usize::from(k) - 1] = true;
                bank.set_power(at, k, value);
            }
            Signal::Link => bank.set_wire(at, k, state(Wire::from_value(value))),
            Signal::ButtonBegin => {
                asked.button_begin = on;
                bank.board(1).set_switch(at, BUTTON, on);
            }
            Signal::ButtonEnd => {
                asked.button_end = on;
                bank.end().set_switch(at, BUTTON, on);
            }
            Signal::AppLink => bank.end().want_connection(at, on),
            Signal::AppPin => self.phones[place].set_pin(value as u16),
            signal => self.phones[place].stage(signal, value),
        }
    }

    /// What a channel that is not metered shows before anything was seen on it.
    pub(super) fn present(&self, channel: Channel) -> f64 {
        let place = usize::from(channel.bank) - 1;
        let (bank, asked) = (&self.banks[place], &self.asked[place]);
        let k = usize::from(channel.index);
        match channel.signal {
            Signal::SensorPlug => f64::from(bank.boards()[0].circuit.inputs.plugs[k - 1] as u8),
            Signal::DipCells => asked.dip_cells.into(),
            Signal::DipBalance => asked.dip_balance.into(),
            Signal::BoardPower => bank.boards()[k - 1].is_connected().into(),
            Signal::Link => f64::from(bank.wire(channel.index) as u8),
            Signal::ButtonBegin => asked.button_begin.into(),
            Signal::ButtonEnd => asked.button_end.into(),
            Signal::AppPin => self.phones[place].pin().into(),
            Signal::RelayCharge
            | Signal::RelayLoad
            | Signal::LedInfo
            | Signal::LedCharge
            | Signal::LedLoad
            | Signal::ExtFrame
            | Signal::BoardShunt
            | Signal::BoardPlace
            | Signal::BoardNtc
            | Signal::BoardUpdate
            | Signal::ContactsCharge
            | Signal::ContactsLoad
            | Signal::AppLink
            | Signal::AppCommand
            | Signal::AppAnswer
            | Signal::AppBridge
            | Signal::AppFrame
            | Signal::AppPacket
            | Signal::ChainFrame => 0.0,
            _ => f64::NAN,
        }
    }
}

fn set_sensor(bank: &mut Bank, sensor: u16, amps: f64) {
    let circuit = &mut bank.board(1).circuit;
    circuit.inputs.sensor_amps[usize::from(sensor) - 1] = amps;
    circuit.update();
}

fn state<T>(found: Option<T>) -> T {
    found.expect("the envelope admits only states that exist")
}

/// Whether a write to `written` moves what is metered on `read`.
pub(super) fn moves(written: Channel, read: Channel) -> bool {
    let same_board = written.index == read.index;
    written.bank == read.bank
        && match written.signal {
            Signal::CellVoltage | Signal::BoardPower | Signal::BoardPlace => {
                same_board && matches!(read.signal, Signal::CellVoltage | Signal::BoardTerminal)
            }
            Signal::CellTemperature => same_board && read.signal == Signal::CellTemperature,
            Signal::PackCurrent | Signal::SensorCurrent => {
                matches!(read.signal, Signal::PackCurrent | Signal::SensorCurrent)
            }
            _ => false,
        }
}
