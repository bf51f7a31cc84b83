//! The record of a run on disk, and everything that is made from it: terminal tables, JUnit XML
//! and pages with plots.
//!
//! [`record`] writes and reads the run folder; every report reads a [`record::Record`] and none
//! knows the runner, so a report of an old record can be made again at any time. Nothing here
//! judges: verdicts, values and margins are shown as they stand in the record.

pub mod coverage;
mod format;
pub mod json;
pub mod junit;
pub mod pages;
pub mod plot;
pub mod record;
pub mod terminal;
pub mod view;

pub use record::{CaseSink, Finding, Record, RunFolder, verify};
pub use terminal::Style;
pub use view::RunView;

use hil_core::ports::SinkError;

/// Makes every file of a run folder that is not the record: `junit.xml` and all pages.
///
/// # Errors
/// When one cannot be written.
pub fn report(view: &RunView<'_>) -> Result<(), SinkError> {
    junit::write(view)?;
    pages::write(view)
}
