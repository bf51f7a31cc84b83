//! The language and the law of the test harness: what a case may say, how it is planned for a
//! rig, how it is run over a [`ports::Bench`], and how its record is judged.
//!
//! It does no I/O, reads no wall clock and names no vendor.

pub mod app;
mod case;
pub mod chain_frame;
pub mod channel;
pub mod coverage;
pub mod diagnostic;
mod document;
pub mod event;
pub mod ext_out;
pub mod field_log;
pub mod judge;
pub mod library;
pub mod mutant;
pub mod plan;
pub mod plant;
pub mod ports;
pub mod profile;
pub mod quantity;
pub mod requirement;
pub mod rig;
pub mod runner;
pub mod schema;
pub mod time;
pub mod timeline;
pub mod units;
pub mod unknown;
pub mod verdict;

pub use channel::{Channel, Signal};
pub use time::{Span, Time};
pub use units::Dimension;
pub use verdict::Verdict;
