//! One file per command. Each returns the exit code or an error for [`crate::exit::report`].

pub mod check;
pub mod coverage;
pub mod list;
pub mod mutants;
pub mod record;
pub mod rigs;
pub mod run;
pub mod schema;
pub mod serve;
