//! The steps of a case in plain language, each with its expectations and what they came to.

use hil_core::Span;
use hil_core::plan::PlannedStep;
use maud::{Markup, html};

use super::gauge::gauge;
use super::words::{bound, condition, moment, stimuli};
use super::{badge, class, number, search};
use crate::format::{limits, margin, measured};
use crate::plot::traces::Traces;
use crate::view::{CaseView, ExpectationView, Outcome};

/// The list of steps.
pub(super) fn steps(case: &CaseView<'_>, traces: &Traces) -> Markup {
    let planned = case.plan.map_or(&[][..], |plan| &plan.steps);
    html! {
        ol.steps {
            @for (index, step) in planned.iter().enumerate() {
                li id=(format!("step-{index}")) {
                    h3 { (step.name) }
                    (when(case, index))
                    (what(case, step, index))
                    @if let Some(replay) = &step.replay { li { (search::replay(replay)) } }
            @if let Some(search) = &step.search {
                        (search::table(search, &case.findings(index)))
                    }
                    @for e in case.expectations.iter().filter(|e| e.step == index) {
                        (expectation(e, !traces.of(e.planned.signal).is_empty()))
                    }
                }
            }
        }
    }
}

fn when(case: &CaseView<'_>, index: usize) -> Markup {
    let times = case.steps.get(index).copied().unwrap_or_default();
    html! {
        p.when.muted {
            @match (times.start, times.end) {
                (Some(start), Some(end)) => { (number(&moment(start))) " to " (number(&moment(end))) }
                (Some(start), None) => { "from " (number(&moment(start))) ", did not end" }
                _ => "not reached",
            }
            @if let (Some(ready), Some(start)) = (times.ready, times.start) {
                @if ready > start { ", set up at " (number(&moment(ready))) }
            }
        }
    }
}

fn what(case: &CaseView<'_>, step: &PlannedStep, index: usize) -> Markup {
    let sentences = stimuli(&step.stimuli);
    html! {
        ul.what {
            @if let Some(prompt) = &step.prompt { li { "the operator: " (prompt) } }
            @for sentence in &sentences { li { (sentence) } }
            @if let Some(wait) = &step.wait {
                li {
                    "wait until " (condition(&wait.condition)) ", at most " (bound(wait.within))
                    @if case.missed.contains(&index) { " " strong.v-fail { "✗ did not come true" } }
                }
            }
            @if let Some(search) = &step.search { li { (search::sentence(search)) } }
            @if step.hold > Span::ZERO { li { "hold for " (bound(step.hold)) } }
        }
    }
}

/// One expectation: its words, its number and where it lies between its limits. `plotted` says
/// whether there is a place on the plot to link to.
fn expectation(e: &ExpectationView<'_>, plotted: bool) -> Markup {
    let outcome = e.verdict().map_or(Outcome::Unfinished, Outcome::Ended);
    let number = format!("{}.{}", e.step + 1, e.index + 1);
    html! {
        article class=(format!("exp {}", class(outcome))) id=(format!("e-{}-{}", e.step, e.index)) {
            p.top {
                @if plotted {
                    a.chip href=(format!("#p-{}-{}", e.step, e.index)) title="show on the plot" { (number) }
                } @else {
                    span.chip { (number) }
                }
                (badge(outcome))
            }
            p.text { (e.planned.text) }
            (found(e))
        }
    }
}

fn found(e: &ExpectationView<'_>) -> Markup {
    let Some(j) = e.judgement else {
        return html! { p.seen { "not decided" } };
    };
    html! {
        @if let Some(gauge) = gauge(j) { (gauge) }
        dl {
            div { dt { "measured" } dd { (number(&measured(j.value, &j.unit))) } }
            div { dt { "limits" } dd { (number(&limits(j.low, j.high, &j.unit))) } }
            div { dt { "margin" } dd { (number(&margin(j.margin, &j.unit))) } }
        }
        p.seen { (j.seen) span.muted { " · decided at " (number(&moment(j.at))) } }
    }
}
