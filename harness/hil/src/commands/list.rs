//! `hil list`: the instances a selection holds, with their length in bench seconds and their
//! tags.

use std::process::ExitCode;

use anyhow::Result;
use hil_core::plan::Plan;

use crate::cli::{Format, Select};
use crate::home::Home;
use crate::{library, output};

/// Prints the selected instances; without filter and tags, all.
///
/// # Errors
/// Bad input in any file, or a selection that holds nothing.
pub fn list(home: &Home, select: &Select, format: Format) -> Result<ExitCode> {
    let rig = library::rig(home, &select.rig)?;
    let plan = library::plan(&library::cases(home)?, &rig.rig, select, None)?;
    output::print(&match format {
        Format::Json => json(&plan)? + "\n",
        Format::Human | Format::Junit => human(&plan),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn human(plan: &Plan) -> String {
    let width = plan
        .cases
        .iter()
        .map(|case| case.id.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    for case in &plan.cases {
        let seconds = case.estimate.as_secs().ceil();
        lines.push(format!(
            "{:<width$}  {seconds:>6} s  {}  [{}]",
            case.id,
            case.title,
            case.tags.join(" ")
        ));
    }
    for skipped in &plan.skipped {
        lines.push(format!(
            "{:<width$}  skipped  {}",
            skipped.id, skipped.reason
        ));
    }
    let total: f64 = plan.cases.iter().map(|case| case.estimate.as_secs()).sum();
    lines.push(format!(
        "{} instances, at most {} bench seconds\n",
        plan.cases.len(),
        total.ceil()
    ));
    lines.join("\n")
}

fn json(plan: &Plan) -> Result<String> {
    let cases: Vec<_> = plan
        .cases
        .iter()
        .map(|case| {
            serde_json::json!({
                "id": case.id, "title": case.title, "file": case.file, "tags": case.tags,
                "verifies": case.verifies, "bench_seconds": case.estimate.as_secs(),
            })
        })
        .collect();
    let skipped = &plan.skipped;
    Ok(serde_json::to_string_pretty(
        &serde_json::json!({ "cases": cases, "skipped": skipped }),
    )?)
}
