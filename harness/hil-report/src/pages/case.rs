//! The page of one case instance.

use maud::{Markup, html};

use super::plots::plots;
use super::steps::steps;
use super::words::{constant, moment, value};
use super::{badge, command, hash, number, page};
use crate::format::{count, duration, quantity};
use crate::junit;
use crate::plot::traces::Traces;
use crate::record::{CASES, Finding};
use crate::view::{CaseView, RunView};

/// The page of the case at a place in the plan.
#[must_use]
pub fn case_page(view: &RunView<'_>, index: usize) -> Markup {
    let case = &view.cases[index];
    let (samples, findings) = case.record.samples();
    let traces = Traces::new(&samples);
    let body = html! {
        (navigation(view, index))
        main {
            (head(view, case))
            (trouble(view, case, &findings))
            div.columns {
                section.stage aria-label="Traces" {
                    (plots(case, &traces))
                }
                aside {
                    h2 { "Steps and expectations" }
                    (steps(case, &traces))
                }
            }
            (below(case))
        }
    };
    page(case.id(), "case", &body)
}

fn navigation(view: &RunView<'_>, index: usize) -> Markup {
    let neighbour = |offset: isize| view.cases.get(index.checked_add_signed(offset)?);
    let link = |case: &CaseView<'_>| format!("{}.html", case.record.slug);
    html! {
        nav {
            a href="../index.html" { "← all cases" }
            span.neighbours {
                @if let Some(case) = neighbour(-1) {
                    a href=(link(case)) title=(case.id()) rel="prev" { "previous" }
                }
                span.muted { (index + 1) " of " (view.cases.len()) }
                @if let Some(case) = neighbour(1) {
                    a href=(link(case)) title=(case.id()) rel="next" { "next" }
                }
            }
        }
    }
}

fn head(view: &RunView<'_>, case: &CaseView<'_>) -> Markup {
    let id = case.id();
    let (family, instance) = id.split_once('/').map_or((id, None), |(f, i)| (f, Some(i)));
    html! {
        header.title {
            div.heading {
                h1 { (family) @if let Some(i) = instance { span.instance { "/" (i) } } }
                (badge(case.outcome))
            }
            @if let Some(plan) = case.plan {
                p.lead { (plan.title) }
                ul.facts {
                    li { (number(&duration(case.duration()))) " of bench time" }
                    li {
                        (count(case.expectations.len(), "expectation"))
                    }
                    li { (plan.pack.cells) " cells · " (plan.pack.profile) }
                    li { "rig " (view.identity.map_or("unknown", |i| &i.rig)) ", seed " (view.seed) }
                    li { "verifies " @for id in &plan.verifies { code.tag { (id) } " " } }
                    @if !plan.decisions.is_empty() {
                        li { "rests on " a href="#decisions" { (count(plan.decisions.len(), "decision")) " [D]" } }
                    }
                    li { code { (plan.file) } }
                }
            } @else {
                p.lead { "This case did not start." }
            }
        }
    }
}

/// What went wrong, with the way to see it again.
fn trouble(view: &RunView<'_>, case: &CaseView<'_>, findings: &[Finding]) -> Markup {
    let file = format!("{CASES}/{}.jsonl", case.record.slug);
    let own = |f: &&Finding| f.to_string().starts_with(&file);
    let of_run = view.findings().iter().filter(own);
    let found: Vec<String> = of_run.chain(findings).map(ToString::to_string).collect();
    let mut texts: Vec<String> = case.troubles.iter().map(|t| t.text()).collect();
    texts.extend(case.missed.iter().map(|step| junit::missed(case, *step)));
    html! {
        @if case.outcome.needs_attention() || !texts.is_empty() || !found.is_empty() {
            section class=(format!("notice {}", super::class(case.outcome))) {
                @for text in &texts { p { (text) } }
                @for text in &found { p { "record: " (text) } }
                @for e in case.expectations.iter().filter(|e| e.verdict().is_some_and(|v| v > hil_core::Verdict::Marginal)) {
                    p {
                        a.chip href=(format!("#e-{}-{}", e.step, e.index)) { (e.step + 1) "." (e.index + 1) }
                        " " (e.planned.text) ": " strong { (e.judgement.map_or("", |j| &j.seen)) }
                    }
                }
                (command(&view.reproduce(case.id())))
            }
        }
    }
}

fn below(case: &CaseView<'_>) -> Markup {
    html! {
        section.below {
            (log(case))
            @if let Some(plan) = case.plan {
                @if !plan.decisions.is_empty() {
                    details id="decisions" open {
                        summary { "Decisions [D] this verdict rests on " span.muted { (plan.decisions.len()) } }
                        p.muted { "Where the manual and the protocol are silent or contradict each other." }
                        dl.constants {
                            @for (id, decision) in &plan.decisions { dt { (id) } dd { (decision) } }
                        }
                    }
                }
                details {
                    summary { "Constants of profile " (plan.pack.profile) " " span.muted { (plan.constants.len()) } }
                    dl.constants {
                        @for (name, c) in &plan.constants {
                            dt { (constant(name)) }
                            dd {
                                (number(&quantity(c.value, c.dimension.unit())))
                                @if c.decision {
                                    abbr title="a decision taken where the sources are silent or contradict each other" { "[D]" }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(safe) = case.safe {
                details {
                    summary {
                        @if safe.verified { "✓ Safe state verified by read-back" }
                        @else { "✗ Safe state not verified" }
                        " " span.muted { (count(safe.read_back.len(), "output")) }
                    }
                    dl.constants {
                        @for (channel, read) in &safe.read_back {
                            dt { (channel) }
                            dd { (number(&value(*channel, *read))) }
                        }
                    }
                }
            }
            @if let Some(line) = case.record.lines.last() {
                p.files.muted {
                    "Record: "
                    a href=(format!("{}.jsonl", case.record.slug)) { (CASES) "/" (case.record.slug) ".jsonl" }
                    ", ends with " (hash(&line.hash))
                }
            }
        }
    }
}

fn log(case: &CaseView<'_>) -> Markup {
    html! {
        @if !case.logs.is_empty() {
            details open[case.logs.len() <= 40] {
                summary { "Target log " span.muted { (count(case.logs.len(), "line")) } }
                ol.log {
                    @for (i, line) in case.logs.iter().enumerate() {
                        li class=(format!("level-{}", line.level)) id=(format!("log-{i}")) {
                            (number(&moment(line.at)))
                            span.board { "board " (line.board) }
                            span.level { (line.level) }
                            span.text { (line.text) }
                        }
                    }
                }
            }
        }
    }
}
