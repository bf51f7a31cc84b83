//! Which boards a rig has room for: whole packs, or one board of a kind in a fixture.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Rig;
use crate::plan::BoardRole;

/// Which boards a rig carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    /// Whole packs.
    #[default]
    Pack,
    /// A single Begin board; the rig plays its chain neighbours (`EOL-1`).
    Begin,
    /// A single Between board (`EOL-2`).
    Between,
    /// A single End board (`EOL-3`).
    End,
    /// Whatever the case asks for.
    Any,
}

impl Carries {
    /// What a pack, or the only board that is real in it, needs.
    #[must_use]
    pub const fn of(board: Option<BoardRole>) -> Self {
        match board {
            None => Self::Pack,
            Some(BoardRole::Begin) => Self::Begin,
            Some(BoardRole::Between) => Self::Between,
            Some(BoardRole::End) => Self::End,
        }
    }

    /// The only board it carries.
    #[must_use]
    pub const fn only(self) -> Option<BoardRole> {
        match self {
            Self::Begin => Some(BoardRole::Begin),
            Self::Between => Some(BoardRole::Between),
            Self::End => Some(BoardRole::End),
            Self::Pack | Self::Any => None,
        }
    }
}

impl fmt::Display for Carries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pack => "whole packs",
            Self::Begin => "a single Begin board",
            Self::Between => "a single Between board",
            Self::End => "a single End board",
            Self::Any => "packs and single boards",
        })
    }
}

impl Rig {
    /// Why so many cells and banks, or the only board that is real among them, cannot be carried, if
    /// they cannot.
    #[must_use]
    pub fn refuses(&self, cells: u16, banks: u8, board: Option<BoardRole>) -> Option<String> {
        let wanted = Carries::of(board);
        let reason = if !self.cells.contains(&cells) {
            let (low, high) = (self.cells.start(), self.cells.end());
            format!("carries {low} to {high} cells, not {cells}")
        } else if !self.banks.contains(&banks) {
            let (low, high) = (self.banks.start(), self.banks.end());
            format!("carries {low} to {high} banks, not {banks}")
        } else if self.carries != Carries::Any && self.carries != wanted {
            format!("carries {}, not {wanted}", self.carries)
        } else {
            return None;
        };
        Some(format!("rig `{}` {reason}", self.name))
    }
}
