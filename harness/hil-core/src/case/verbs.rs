//! The verbs of the language, and which of them drives what.

use crate::channel::{Access, Signal};

/// The verbs that drive channels. `setting` speaks of settings instead and is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Set,
    Wire,
    Fault,
    Power,
    Update,
    Ramp,
    Press,
    Pulse,
    Square,
}

impl Verb {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Wire => "wire",
            Self::Fault => "fault",
            Self::Power => "power",
            Self::Update => "update",
            Self::Ramp => "ramp",
            Self::Press => "press",
            Self::Pulse => "pulse",
            Self::Square => "square",
        }
    }

    /// The verbs that drive a kind of channel.
    pub fn of(signal: Signal) -> &'static [Self] {
        match signal {
            _ if matches!(signal.family().access, Access::Observed | Access::Computed) => &[],
            Signal::Link | Signal::SensorPlug => &[Self::Wire, Self::Fault, Self::Pulse],
            Signal::BoardPower => &[Self::Power, Self::Fault, Self::Pulse],
            Signal::BoardPlace
            | Signal::BoardNtc
            | Signal::ContactsCharge
            | Signal::ContactsLoad
            | Signal::PlantWeld
            | Signal::ChargerWeld
            | Signal::LoadWeld
            | Signal::InverterWeld => &[Self::Fault, Self::Pulse],
            Signal::BoardUpdate => &[Self::Update],
            Signal::ButtonBegin | Signal::ButtonEnd => &[Self::Press],
            Signal::DipCells | Signal::DipBalance => &[Self::Set],
            _ if signal.is_said() => &[Self::Set],
            _ => &[Self::Set, Self::Ramp, Self::Pulse, Self::Square],
        }
    }
}
