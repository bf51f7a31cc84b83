//! The person at an attended rig, who does what no instrument can.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// Longest time an operator is waited for.
pub const PATIENCE: Span = Span::from_millis(600_000);

/// What became of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// It was done.
    Done {
        /// Who said so.
        by: String,
    },
    /// It was not done or could not be.
    Refused {
        /// Who said so.
        by: String,
    },
    /// Nobody answered in time, or there is nobody.
    Silent,
    /// The run is to be stopped.
    Stopped,
}

/// Asks the person at the rig. Bench time may pass meanwhile; the rig keeps what was applied.
pub trait Operator {
    /// Shows the prompt and waits for the answer, at most `within`.
    fn ask(&mut self, prompt: &str, within: Span) -> Answer;
}

/// The operator of an unattended rig. Cases with prompts are not planned for one, so it is silent.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Operator for Nobody {
    fn ask(&mut self, _prompt: &str, _within: Span) -> Answer {
        Answer::Silent
    }
}
