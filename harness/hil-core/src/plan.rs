//! A case expanded for a rig: every name resolved to a channel, every quantity to a number, before
//! anything is energised. The plan of a case is part of its record, so a verdict can be computed
//! again from the record alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::plant::PlannedPlant;
use crate::time::Span;
use crate::units::Dimension;
use crate::verdict::Verdict;

mod condition;
mod expectation;
mod pack;
mod replay;
mod search;

pub use condition::{Condition, Op};
pub use expectation::{Claim, Expectation, Statistic};
pub use pack::{BoardRole, Hardware, Pack, TemperatureScale, shows};
pub use replay::{Clamped, Replay};
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
    /// What stands around the boards and reacts to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plant: Option<PlannedPlant>,
    /// Every channel that is traced, stimuli's read-backs included.
    pub observe: Vec<Channel>,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// How long it will take at most when everything passes.
    pub estimate: Span,
    /// The decisions of ours (`[D]`) that a verdict of this case rests on, by requirement id: those
    /// behind what it verifies, and behind the profile's decided constants it uses.
    #[serde(default)]
    pub decisions: BTreeMap<String, String>,
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
/// 1. the operator is asked for the `prompt`, if any, and answers; then the [`Stimulus::Set`]s are
///    written, in order;
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
    /// What the operator of an attended rig does before anything else of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What is applied: the `Set`s at the start, the others side by side once the step is ready.
    pub stimuli: Vec<Stimulus>,
    /// What must become true before the expectations' windows open.
    pub wait: Option<Await>,
    /// A trip search, once the step is ready; nothing else moves in such a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// A part of a field log, played once the step is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
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
