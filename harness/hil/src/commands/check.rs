//! `hil check`: everything that can be found wrong without energising anything.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Select;
use crate::home::Home;
use crate::images::Images;
use crate::{library, output};

/// Parses and plans all cases of a selection for a rig, and checks the shipped images.
///
/// # Errors
/// Bad input in any file.
pub fn check(home: &Home, select: &Select) -> Result<ExitCode> {
    let rig = library::rig(home, &select.rig)?;
    let plan = library::plan(&library::cases(home)?, &rig.rig, select, None)?;
    Images::shipped(home)?.check()?;
    let expectations: usize = plan
        .cases
        .iter()
        .flat_map(|case| &case.steps)
        .map(|step| step.expect.len())
        .sum();
    let mut text = format!(
        "{} instances with {expectations} expectations fit rig {}, {} are skipped; nothing was energised\n",
        plan.cases.len(),
        rig.rig.name,
        plan.skipped.len(),
    );
    for skipped in &plan.skipped {
        text += &format!("  skipped {}: {}\n", skipped.id, skipped.reason);
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
