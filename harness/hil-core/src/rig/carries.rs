//! Which boards a rig has room for: whole packs, or one board of a kind in a fixture.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

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
