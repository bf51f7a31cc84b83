//! The `hil` command as a library, so that `tests/cases.rs` runs cases the very way the command
//! does. It knits the other crates together and decides nothing they could decide.

pub mod cli;
pub mod commands;
pub mod exit;
pub mod flash;
pub mod home;
pub mod hunt;
pub mod images;
pub mod interrupt;
pub mod kills;
pub mod library;
pub mod matrix;
pub mod operator;
pub mod output;
pub mod progress;
pub mod runs;
pub mod session;
pub mod verdicts;
