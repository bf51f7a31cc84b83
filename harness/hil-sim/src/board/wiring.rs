//! Which pin of the chip goes where on a reference board (`firmware/BOARDS.md`).
//!
//! The bench is written from that page; it shares no code with the firmware.

use hil_mcu::Pin;

/// What a board is in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// First cell: sensors, DIP switches, calibration button.
    Begin,
    /// Every middle cell.
    Between,
    /// Last cell: relays, status LEDs, blue button, EXT OUT.
    End,
}

impl Role {
    /// The role of board `number` (from 1) of a chain of `cells` boards.
    #[must_use]
    pub const fn of(number: u16, cells: u16) -> Self {
        if number == 1 {
            Self::Begin
        } else if number == cells {
            Self::End
        } else {
            Self::Between
        }
    }

    /// The name of its firmware image: `begin`, `between` or `end`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Between => "between",
            Self::End => "end",
        }
    }
}

/// A load or line that the chip drives, by what hangs on the pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    InfoLed,
    BalancingGate,
    ChainOut,
    ExtOut,
    AppOut,
    BridgeReset,
    ChargeLed,
    LoadLed,
    ChargeSet,
    ChargeReset,
    LoadSet,
    LoadReset,
}

impl Output {
    /// What hangs on `pin` of a board of this role; `None` when the bench does not look at it.
    pub(crate) const fn on(role: Role, pin: Pin) -> Option<Self> {
        match (pin.port, pin.number) {
            (0, 8) => Some(Self::InfoLed),
            (1, 0) => Some(Self::BalancingGate),
            (port, number) => match role {
                Role::Begin | Role::Between => Self::on_sender(port, number),
                Role::End => Self::on_end(port, number),
            },
        }
    }

    const fn on_sender(port: u8, number: u8) -> Option<Self> {
        match (port, number) {
            (0, 9) => Some(Self::ChainOut),
            _ => None,
        }
    }

    const fn on_end(port: u8, number: u8) -> Option<Self> {
        match (port, number) {
            (0, 2) => Some(Self::ExtOut),
            (0, 5) => Some(Self::ChargeLed),
            (0, 6) => Some(Self::LoadLed),
            (1, 1) => Some(Self::ChargeSet),
            (1, 2) => Some(Self::ChargeReset),
            (1, 3) => Some(Self::LoadSet),
            (1, 4) => Some(Self::LoadReset),
            (0, 9) => Some(Self::AppOut),
            (1, 6) => Some(Self::BridgeReset),
            _ => None,
        }
    }
}

/// Chain IN of Between and End boards.
pub(crate) const CHAIN_IN: Pin = Pin::a(3);
/// The button of Begin and End boards, pressed = low.
pub(crate) const BUTTON: Pin = Pin::b(9);
/// App link IN of the End board; idles high.
pub(crate) const APP_IN: Pin = Pin::a(10);
/// "Bluetooth connected" of the End board, high = connected.
pub(crate) const APP_CONNECTED: Pin = Pin::b(5);

/// DIP switch 1 to 8 of the Begin board, ON = low.
pub(crate) const fn dip(switch: u8) -> Pin {
    Pin::b(switch)
}
