//! The page of the coverage: every requirement with its cases and mutants, and every case with its
//! requirements.

use hil_core::coverage::{Case, Coverage, Fate, Requirement, Trial};
use maud::{Markup, html};

use super::{class, number, page};
use crate::format::count;
use crate::view::Outcome;

/// The page.
#[must_use]
pub fn coverage_page(coverage: &Coverage) -> Markup {
    let complete = |row: &&Requirement| coverage.gaps(row).is_empty();
    let of = &coverage.requirements;
    let body = html! {
        main {
            header.title {
                div.heading { h1 { "Coverage of the requirements" } }
                ul.facts {
                    li { (number(&of.iter().filter(complete).count().to_string())) " of " (number(&count(of.len(), "requirement"))) " complete" }
                    li { (number(&count(coverage.cases.len(), "case"))) }
                    li { (number(&of.iter().filter(|row| row.decision.is_some()).count().to_string())) " rest on decisions [D]" }
                }
            }
            section.card.coverage {
                h2 { "By requirement" }
                table {
                    thead { tr { th { "id" } th { "what the DUT must do" } th { "cases, last verdict" } th { "mutants" } } }
                    tbody { @for row in of { (requirement(coverage, row)) } }
                }
            }
            section.card.coverage {
                h2 { "By case" }
                table {
                    thead { tr { th { "case" } th { "last verdict" } th { "verifies" } } }
                    tbody {
                        @for case in &coverage.cases {
                            tr id=(case.id) {
                                td { (case.title) }
                                td { (state(case)) }
                                td { @for id in &case.verifies { a.tag href=(format!("#{id}")) { (id) } " " } }
                            }
                        }
                    }
                }
            }
        }
    };
    page("Coverage", "overview", &body)
}

fn requirement(coverage: &Coverage, row: &Requirement) -> Markup {
    let gaps = coverage.gaps(row);
    html! {
        tr id=(row.id) class=(if gaps.is_empty() { "v-pass" } else { "v-fail" }) {
            td { span.sign aria-hidden="true" { (if gaps.is_empty() { "✓" } else { "✗" }) } code { (row.id) } }
            td {
                (row.text)
                @if let Some(decision) = &row.decision { p.muted { "[D] " (decision) } }
                @if let Some(reason) = &row.reason { p.muted { "not by a case: " (reason) } }
                @for gap in &gaps { p.gap { (gap.to_string()) } }
            }
            td { ul { @for index in &row.cases { li { (state(&coverage.cases[*index])) } } } }
            td { ul { @for trial in &row.mutants { (mutant(trial)) } } }
        }
    }
}

/// A case with what its instances came to last.
fn state(case: &Case) -> Markup {
    let outcome = case.worst.map_or(Outcome::NotRun, Outcome::Ended);
    html! {
        a class=(class(outcome)) href=(format!("#{}", case.id)) {
            span.sign aria-hidden="true" { (outcome.symbol()) } (case.id)
        }
        " " span.muted { (case.passed) "/" (case.instances) }
    }
}

fn mutant(trial: &Trial) -> Markup {
    let (class, sign, what) = match &trial.fate {
        Fate::Killed { by } => ("v-pass", "✓", format!("killed by {by}")),
        Fate::Survived => ("v-fail", "✗", "survived".to_owned()),
        Fate::Untried => ("v-not-run", "○", "not tried".to_owned()),
        Fate::Equivalent => ("v-not-run", "=", "proven equivalent".to_owned()),
    };
    html! {
        li class=(class) title=(what) {
            span.sign aria-hidden="true" { (sign) } (trial.number) " " (trial.title)
        }
    }
}
