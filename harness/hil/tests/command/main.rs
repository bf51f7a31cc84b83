//! The `hil` command as its users meet it: exit codes, messages, records. Every test runs the
//! built binary.

mod bad_input;
mod coverage;
mod families;
mod faults;
mod mutants;
mod records;
mod stopping;
mod support;
