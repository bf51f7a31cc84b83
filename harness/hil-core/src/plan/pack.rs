//! The pack a case runs on: how many boards, which of them are real, and of which kind.

use serde::{Deserialize, Serialize};

use crate::channel::{Access, Channel, Signal};

/// The pack a case asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// Cells in series per bank, 2 to 255.
    pub cells: u16,
    /// Banks in parallel.
    pub banks: u8,
    /// Name of the DUT profile.
    pub profile: String,
    /// How the DUT scales temperatures on EXT OUT.
    pub temperature_scale: TemperatureScale,
    /// The only real board, alone in a fixture: the rig plays its chain neighbours (`EOL-1..3`).
    /// `None`: all boards are real.
    #[serde(default)]
    pub board: Option<BoardRole>,
    /// Revision of the End board.
    #[serde(default)]
    pub hardware: Hardware,
}

impl Pack {
    /// One bank of so many real boards of the present hardware.
    #[must_use]
    pub fn of(cells: u16, profile: impl Into<String>) -> Self {
        Self {
            cells,
            banks: 1,
            profile: profile.into(),
            temperature_scale: TemperatureScale::default(),
            board: None,
            hardware: Hardware::default(),
        }
    }

    /// Number of the only real board, from 1: Begin is the first, End the last, Between the second.
    #[must_use]
    pub fn alone(&self) -> Option<u16> {
        self.board.map(|role| match role {
            BoardRole::Begin => 1,
            BoardRole::Between => 2,
            BoardRole::End => self.cells,
        })
    }
}

/// Whether something shows a channel where board `alone` of `cells` is the only real one: an observed
/// channel is one of that board, and its chain OUT is read only there; stimuli are always there,
/// because the rig plays the other boards from them.
#[must_use]
pub fn shows(alone: Option<u16>, cells: u16, channel: Channel) -> bool {
    let family = channel.signal.family();
    let name = family.pattern;
    let Some(alone) = alone else {
        return !name.starts_with("chain.");
    };
    match channel.signal {
        _ if family.access == Access::Stimulus => true,
        Signal::LedInfo => channel.index == alone,
        _ if name.starts_with("board[") => channel.index == alone,
        _ if name.starts_with("chain.") => alone != cells,
        _ => alone == cells,
    }
}

/// The three kinds of boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoardRole {
    /// The first board, at pack minus.
    Begin,
    /// Any board in the middle.
    Between,
    /// The last board, at pack plus.
    End,
}

/// Revision of the End board: which Bluetooth bridge it carries (`PWR-4`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hardware {
    /// The older bridge: 11.0 mA with Bluetooth connected.
    #[serde(rename = "HW1")]
    Hw1,
    /// The newer one: 2.9 mA.
    #[default]
    #[serde(rename = "HW2")]
    Hw2,
}

/// EXT OUT temperature scaling of a DUT (`U`: the sources conflict).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemperatureScale {
    /// 1 °C per bit, offset 276.
    #[default]
    #[serde(rename = "offset-276")]
    Offset276,
    /// °C = raw × 0.857 − 232.
    #[serde(rename = "scale-0.857")]
    Scale0857,
}
