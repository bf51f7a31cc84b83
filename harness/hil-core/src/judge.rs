//! The law: what expectations come to, from samples alone.
//!
//! One [`Monitor`] per expectation is fed with time-ordered samples. The runner feeds them live
//! through a [`Panel`]; [`judge_case`] feeds the same panel from a record, so judging an old record
//! again gives the same verdicts. Nothing here knows a bench, a file or a clock.
//!
//! Ground rules: a window begins at its opening and ends before its closing. Quantities the rig
//! measures are straight lines between samples, everything else is held. NaN is unknown: it
//! satisfies nothing and violates nothing. What was not measured is inconclusive, never a pass.

mod case;
mod claim;
mod condition;
mod input;
mod law;
mod limits;
mod monitor;
mod panel;
mod watch;
pub mod words;

pub use case::{End, Judged, StepWindow, judge_case, step_windows};
pub use input::{LONGEST_BOTH, LONGEST_OPEN};
pub use monitor::Monitor;
pub use panel::Panel;
pub use watch::Need;
