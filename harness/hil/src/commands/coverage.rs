//! `hil coverage`: requirements, their cases and mutants, and what is missing.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use hil_core::coverage::Coverage;

use crate::cli::{Format, Select};
use crate::home::Home;
use crate::kills::{Case, Kills};
use crate::{library, output, verdicts};

/// Prints the matrix, both ways.
///
/// # Errors
/// Bad input in any file, or a page that cannot be written.
pub fn coverage(home: &Home, page: Option<&Path>, format: Format) -> Result<ExitCode> {
    let library = library::cases(home)?;
    let rig = library::rig(home, "virtual")?.rig;
    let plan = library::plan(&library, &rig, &Select::default(), None)?;
    let mutants = library::mutants(home, library.catalogue())?;
    let kills = Kills::read(&Kills::path(home)).unwrap_or_default();
    let verdicts = verdicts::latest(home, &plan)?;
    let fates = kills.fates(&mutants, &Case::all(plan.cases)?);
    let coverage = Coverage::new(&library, &mutants, &verdicts, &fates);
    if let Some(page) = page {
        let text = hil_report::pages::coverage_page(&coverage).into_string();
        std::fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))?;
    }
    output::print(&match format {
        Format::Json => serde_json::to_string_pretty(&coverage)? + "\n",
        Format::Human | Format::Junit => hil_report::coverage::text(&coverage),
    })?;
    Ok(ExitCode::from(u8::from(!coverage.is_complete())))
}
