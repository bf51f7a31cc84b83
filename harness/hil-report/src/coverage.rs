//! The coverage of the requirements as a text for a terminal.

use std::fmt::Write;

use hil_core::Verdict;
use hil_core::coverage::{Case, Coverage, Fate, Requirement};

use crate::view::symbol;

/// Both ways of the matrix, then what is missing.
#[must_use]
pub fn text(coverage: &Coverage) -> String {
    let mut out = String::new();
    for row in &coverage.requirements {
        requirement(coverage, row, &mut out);
    }
    out.push('\n');
    for case in &coverage.cases {
        let _ = writeln!(out, "{:<28} {}", state(case), case.verifies.join(" "));
    }
    out.push('\n');
    let gaps: Vec<_> = coverage
        .requirements
        .iter()
        .flat_map(|row| {
            coverage
                .gaps(row)
                .into_iter()
                .map(move |gap| (&row.id, gap))
        })
        .collect();
    for (id, gap) in &gaps {
        let _ = writeln!(out, "gap  {id:<13} {gap}");
    }
    let _ = writeln!(out, "{}", summary(coverage, gaps.len()));
    out
}

fn requirement(coverage: &Coverage, row: &Requirement, out: &mut String) {
    let sign = if coverage.gaps(row).is_empty() {
        '✓'
    } else {
        '✗'
    };
    let _ = writeln!(out, "{sign} {:<13} {}", row.id, row.text);
    if let Some(decision) = &row.decision {
        let _ = writeln!(out, "    [D] {decision}");
    }
    if let Some(reason) = &row.reason {
        let _ = writeln!(out, "    not by a case: {reason}");
    }
    for index in &row.cases {
        let _ = writeln!(out, "    {}", state(&coverage.cases[*index]));
    }
    for trial in &row.mutants {
        let fate = match &trial.fate {
            Fate::Killed { by } => format!("killed by {by}"),
            Fate::Survived => "SURVIVED".to_owned(),
            Fate::Untried => "not tried".to_owned(),
            Fate::Equivalent => "proven equivalent".to_owned(),
        };
        let _ = writeln!(
            out,
            "    mutant {:<4} {}: {fate}",
            trial.number, trial.title
        );
    }
}

/// A case with what its instances came to last.
fn state(case: &Case) -> String {
    let sign = case.worst.map_or("○", symbol_of);
    let id = &case.id;
    match (case.passed, case.not_run, case.instances) {
        (passed, 0, all) if passed == all => format!("{sign} {id} {passed}/{all}"),
        (passed, not_run, all) => format!("{sign} {id} {passed}/{all}, {not_run} not run"),
    }
}

fn symbol_of(verdict: Verdict) -> &'static str {
    symbol(verdict)
}

fn summary(coverage: &Coverage, gaps: usize) -> String {
    let of = &coverage.requirements;
    let complete = of.iter().filter(|row| coverage.gaps(row).is_empty());
    let decided = of.iter().filter(|row| row.decision.is_some()).count();
    format!(
        "{} of {} requirements are complete ({decided} rest on decisions [D]), {} cases, {}",
        complete.count(),
        of.len(),
        coverage.cases.len(),
        crate::format::count(gaps, "gap"),
    )
}
