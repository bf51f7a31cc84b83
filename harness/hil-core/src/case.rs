//! Cases: tests as data. From the file as it stands to the plan of each instance.
//!
//! A case is read once ([`file`]), its instances are named ([`matrix`]), and each instance is
//! lowered to a plan for a given rig: [`names`] fills placeholders, [`channels`] finds channels,
//! [`stimuli`], [`settings`], [`search`], [`replay`], [`conditions`] and [`claims`] resolve every quantity.

mod channels;
mod claim;
mod claims;
mod conditions;
mod context;
pub mod file;
mod matrix;
mod names;
mod plant;
mod replay;
mod search;
mod sentence;
mod settings;
mod stimuli;
mod verbs;

pub use context::{Inputs, lower};
pub use matrix::{Instance, instances};
