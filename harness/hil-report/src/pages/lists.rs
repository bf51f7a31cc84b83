//! The smaller tables of the overview.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::gauge::gauge;
use super::overview::worst;
use super::{class, hash, number};
use crate::format::{count, duration, margin};
use crate::view::{CaseView, Outcome, RunView};

/// Rows of a list of the most of something.
const MOST: usize = 5;

/// The passed cases closest to a limit.
pub(super) fn closest(view: &RunView<'_>) -> Markup {
    let with = |c| Some((CaseView::worst_margin(c)?, c));
    let passed = view.cases.iter().filter(|c| !c.outcome.needs_attention());
    let mut cases: Vec<(f64, &CaseView<'_>)> = passed.filter_map(with).collect();
    cases.sort_by(|a, b| a.0.total_cmp(&b.0));
    html! {
        section.card {
            h2 { "Passed, but closest to a limit" }
            @if cases.is_empty() { p.muted { "No case with limits passed." } }
            ol.most {
                @for (_, case) in cases.iter().take(MOST) {
                    @let j = worst(case).and_then(|e| e.judgement);
                    li {
                        a href=(case.page()) { (case.id()) }
                        @if let Some(j) = j {
                            span.margin {
                                @if let Some(gauge) = gauge(j) { (gauge) }
                                (number(&margin(j.margin, &j.unit)))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The cases that took the most bench time.
pub(super) fn slowest(view: &RunView<'_>) -> Markup {
    let begun = |c: &&CaseView<'_>| c.outcome != Outcome::NotRun;
    let mut cases: Vec<&CaseView<'_>> = view.cases.iter().filter(begun).collect();
    cases.sort_by_key(|c| std::cmp::Reverse(c.duration()));
    html! {
        @if !cases.is_empty() {
            section.card {
                h2 { "Slowest, in bench time" }
                ol.most {
                    @for case in cases.iter().take(MOST) {
                        li {
                            a href=(case.page()) { (case.id()) }
                            (number(&duration(case.duration())))
                        }
                    }
                }
            }
        }
    }
}

/// Which requirement is verified by which cases, and how those ended.
pub(super) fn requirements(view: &RunView<'_>) -> Markup {
    let mut by_id: BTreeMap<&str, Vec<&CaseView<'_>>> = BTreeMap::new();
    for case in &view.cases {
        for id in case.plan.map_or(&[][..], |p| &p.verifies) {
            by_id.entry(id).or_default().push(case);
        }
    }
    html! {
        @if !by_id.is_empty() {
            section.card.requirements {
                h2 { "Requirements" }
                dl.matrix {
                    @for (id, cases) in &by_id {
                        @let worst = cases.iter().max_by_key(|c| c.outcome.verdict());
                        div {
                        dt class=(worst.map_or("", |c| class(c.outcome))) { (id) }
                        dd {
                            @for case in cases {
                                a class=(format!("cell {}", class(case.outcome))) href=(case.page())
                                    title=(format!("{}: {}", case.id(), case.outcome.word())) {
                                    (case.outcome.symbol())
                                }
                            }
                        }
                        }
                    }
                }
            }
        }
    }
}

/// The decisions that verdicts of this run rest on.
pub(super) fn decisions(view: &RunView<'_>) -> Markup {
    let mut by_id: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (id, decision) in view.cases.iter().flat_map(|case| {
        let plans = case.plan.into_iter();
        plans.flat_map(|plan| &plan.decisions)
    }) {
        by_id.entry(id).or_insert((decision, 0)).1 += 1;
    }
    html! {
        @if !by_id.is_empty() {
            section.card {
                h2 { "Decisions [D]" }
                p.muted { "What verdicts of this run rest on where the manual and the protocol are silent or contradict each other." }
                dl.constants {
                    @for (id, (decision, cases)) in &by_id {
                        dt { (id) }
                        dd { (decision) " " span.muted { (count(*cases, "case")) } }
                    }
                }
            }
        }
    }
}

/// The instances that do not fit the rig.
pub(super) fn skipped(view: &RunView<'_>) -> Markup {
    html! {
        @if !view.skipped.is_empty() {
            section.card {
                h2 { "Skipped" }
                dl.constants {
                    @for (id, reason) in view.skipped {
                        dt { (id) }
                        dd { (reason) }
                    }
                }
            }
        }
    }
}

/// What was flashed.
pub(super) fn images(view: &RunView<'_>) -> Markup {
    html! {
        section.card {
            h2 { "Images" }
            @if view.flashed.is_empty() { p.muted { "No board was flashed." } }
            @else {
                table {
                    thead { tr { th { "board" } th { "image" } th { "ELF" } th { "read back" } th.right { "verified" } } }
                    tbody {
                        @for f in &view.flashed {
                            tr {
                                td { (f.board) }
                                td { (f.image) @if let Some(of) = f.copy_of { span.muted { ", copy of board " (of) } } }
                                td { (hash(f.image_sha256)) }
                                td { (hash(f.read_back_sha256)) }
                                td.right { (number(&f.verified.to_string())) " bytes" }
                            }
                        }
                    }
                }
            }
        }
    }
}
