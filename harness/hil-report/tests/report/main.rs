//! Tests of the record and the reports over a record made by hand.
#![expect(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod pages;
mod record;
mod synthetic;
mod terminal;
