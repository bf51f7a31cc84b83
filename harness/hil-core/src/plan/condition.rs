//! Conditions of a plan: comparisons of measured channels with numbers.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;

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
