//! A case expanded for a rig: every name resolved to a channel, every quantity to a number, before
//! anything is energised. The plan of a case is part of its record, so a verdict can be computed
//! again from the record alone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::time::Span;
use crate::units::Dimension;
use crate::verdict::Verdict;

mod expectation;
mod search;

pub use expectation::{Claim, Expectation, Statistic};
pub use search::{Finding, Missed, Search, Searched};

/// Everything a run will do, in the order it is reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The instances to run.
    pub cases: Vec<PlannedCase>,
    /// The instances that do not fit the rig, each with its reason.
    pub skipped: Vec<Skipped>,
}

/// A case instance that will not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// The instance.
    pub id: String,
    /// Why, for people.
    pub reason: String,
}

/// One case instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// Stable id: family and its `each` values, `charge-vmax/cell=3`.
    pub id: String,
    /// Id of the case file.
    pub family: String,
    /// For people.
    pub title: String,
    /// Requirement ids.
    pub verifies: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Case file, relative to the case tree.
    pub file: String,
    /// The pack the case runs on.
    pub pack: Pack,
    /// The profile's constants as resolved for this rig (`vmax`, `v_accuracy`, `reaction` …).
    pub constants: BTreeMap<String, Constant>,
    /// Every channel that is traced, stimuli's read-backs included.
    pub observe: Vec<Channel>,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// How long it will take at most when everything passes.
    pub estimate: Span,
    /// Ids of the requirements resting on a decision of ours (`[D]`) that a verdict of this case
    /// rests on: those it verifies, and the sources of the profile's decided constants it uses.
    #[serde(default)]
    pub decisions: Vec<String>,
}

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

/// The three kinds of boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// A named number of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// In the dimension's unit.
    pub value: f64,
    /// What it is.
    pub dimension: Dimension,
    /// Whether it rests on a decision taken where the sources are silent (`[D]` in reports).
    pub decision: bool,
}

/// One step of a case. Its life, in order:
///
/// 1. the [`Stimulus::Set`]s are written, in order;
/// 2. `wait`, if any, is awaited; when it is missed the case fails and nothing further is applied;
/// 3. the step is *ready*: ramps, pulses and square waves start side by side, `hold` starts to
///    count, and the windows of the expectations without `after` open;
///    A search then drives its channel; its approaches keep the step running;
/// 4. the step ends at the first moment at which nothing is *running* any more. Running are: a ramp
///    or pulse that has not arrived; `hold`; an open window with a length (`lasting`) that has not
///    passed; an open [`Claim::Becomes`], [`Claim::Settles`], [`Claim::Unknown`] or [`Claim::Blinks`]
///    that is not decided (each has a deadline). Square waves keep nothing running. A [`Claim::At`], `after` or
///    `during` that has not come gives the step 2 s more once nothing is running, and no longer;
/// 5. what is still undecided is then decided over the whole window: `Stays`, `Never`, `Is` and
///    `Between` by what was seen, an `At` that never came is a fail, an `after` that never came is
///    inconclusive. After a step in which something failed the case ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// For people.
    pub name: String,
    /// Line of the step in the case file, from 1.
    pub line: u32,
    /// What is applied: the `Set`s at the start, the others side by side once the step is ready.
    pub stimuli: Vec<Stimulus>,
    /// What must become true before the expectations' windows open.
    pub wait: Option<Await>,
    /// A trip search, once the step is ready; nothing else moves in such a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// What must be seen.
    pub expect: Vec<Expectation>,
    /// The step lasts at least this long after its set-up.
    pub hold: Span,
    /// A step of the plan's own that prepares the DUT for the case: it sends the settings of the
    /// profile. When its await is missed, the case has said nothing of the DUT: inconclusive.
    #[serde(default)]
    pub prepares: bool,
}

impl PlannedStep {
    /// What it means that the await of this step was missed: the DUT did not come to what the case
    /// asks for, or (`prepares`) was never in the state the case is about.
    #[must_use]
    pub const fn when_missed(&self) -> Verdict {
        if self.prepares {
            Verdict::Inconclusive
        } else {
            Verdict::Fail
        }
    }
}

/// What a step applies. `Set`s come first, then whatever takes time. Values are in the channel's own unit (see [`crate::channel`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stimulus {
    /// Write once.
    Set {
        /// Where.
        channel: Channel,
        /// What.
        value: f64,
    },
    /// Move linearly from the present setpoint.
    Ramp {
        /// Where.
        channel: Channel,
        /// Final value.
        to: f64,
        /// Units per second, positive.
        rate: f64,
    },
    /// Set `value`, and `back` after `span`: a button press, a short disturbance.
    Pulse {
        /// Where.
        channel: Channel,
        /// During the span.
        value: f64,
        /// Afterwards.
        back: f64,
        /// How long.
        span: Span,
    },
    /// A square wave between two values, starting with `high`, until the end of the step.
    Square {
        /// Where.
        channel: Channel,
        /// Second half of each period, and the value left at the end.
        low: f64,
        /// First half of each period.
        high: f64,
        /// Full period.
        period: Span,
    },
}

impl Stimulus {
    /// The channel it writes.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Set { channel, .. }
            | Self::Ramp { channel, .. }
            | Self::Pulse { channel, .. }
            | Self::Square { channel, .. } => *channel,
        }
    }
}

/// A bounded wait for the set-up of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Await {
    /// What must become true.
    pub condition: Condition,
    /// How long it may take.
    pub within: Span,
}

/// Something that is true or false at a moment, from measured values. NaN compares as false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// A channel against a number.
    Compare {
        /// Measured channel.
        channel: Channel,
        /// How.
        op: Op,
        /// Against what, in the channel's unit or as a state's index.
        value: f64,
    },
    /// All of them.
    All(Vec<Condition>),
    /// At least one.
    Any(Vec<Condition>),
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Below.
    #[serde(rename = "<")]
    Lt,
    /// At or below.
    #[serde(rename = "<=")]
    Le,
    /// Equal.
    #[serde(rename = "=")]
    Eq,
    /// Not equal.
    #[serde(rename = "!=")]
    Ne,
    /// At or above.
    #[serde(rename = ">=")]
    Ge,
    /// Above.
    #[serde(rename = ">")]
    Gt,
}
