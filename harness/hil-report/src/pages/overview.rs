//! The overview of a run.

use maud::{Markup, html};

use super::gauge::gauge;
use super::lists::{closest, decisions, images, requirements, skipped, slowest};
use super::{badge, class, hash, number, page};
use crate::format::{count, duration, margin};
use crate::terminal::OUTCOMES;
use crate::view::{CaseView, ExpectationView, Outcome, RunView};

/// The page.
#[must_use]
pub fn overview(view: &RunView<'_>) -> Markup {
    let body = html! {
        main {
            (head(view))
            (findings(view))
            (cases(view))
            div.cards {
                (closest(view))
                (slowest(view))
            }
            (requirements(view))
            (decisions(view))
            (skipped(view))
            div.cards {
                (images(view))
                (rig(view))
            }
        }
    };
    page("HIL run", "overview", &body)
}

fn head(view: &RunView<'_>) -> Markup {
    let outcome = view.verdict().map_or(Outcome::Unfinished, Outcome::Ended);
    let outcome = if view.record.is_finished() {
        outcome
    } else {
        Outcome::Unfinished
    };
    html! {
        header.title {
            div.heading {
                h1 { "HIL run " span.instance data-run="" {} }
                (badge(outcome))
            }
            (distribution(view))
            ul.facts {
                li { (number(&duration(view.bench_time()))) " of bench time" }
                li { "seed " (view.seed) }
                li { "rig " (view.identity.map_or("unknown", |i| &i.rig)) }
                @if let Some(serial) = view.dut_serial { li { "DUT " (serial) } }
                @if let Some(revision) = view.hardware_revision { li { "hardware " (revision) } }
                @if !view.arguments.is_empty() { li { code { (view.arguments.join(" ")) } } }
                li { "harness " (view.tool) }
                li { "final hash " (hash(view.record.final_hash())) }
                li { a href="host.json" { "host and times" } }
                li { a href="junit.xml" { "JUnit" } }
                li { a href="events.jsonl" { "record" } }
            }
            (safety(view))
        }
    }
}

/// How the cases ended, as a bar and as words.
fn distribution(view: &RunView<'_>) -> Markup {
    let counts = OUTCOMES.map(|outcome| (outcome, view.count(outcome)));
    let counts = counts.into_iter().filter(|(_, n)| *n > 0);
    html! {
        div.distribution aria-hidden="true" {
            @for (outcome, n) in counts.clone() {
                i class=(class(outcome)) style=(format!("flex-grow:{n}")) {}
            }
        }
        ul.counts {
            li { (number(&view.cases.len().to_string())) (if view.cases.len() == 1 { " case" } else { " cases" }) }
            @for (outcome, n) in counts {
                li class=(class(outcome)) data-word=(outcome.word()) {
                    span.sign aria-hidden="true" { (outcome.symbol()) }
                    (number(&n.to_string())) " " (outcome.word())
                }
            }
            @if !view.skipped.is_empty() {
                li.v-not-run { span.sign aria-hidden="true" { "○" } (number(&view.skipped.len().to_string())) " skipped" }
            }
        }
    }
}

/// Whether the rig was left safe, as it was read back.
fn safety(view: &RunView<'_>) -> Markup {
    let ran = view.cases.iter().filter(|c| c.outcome != Outcome::NotRun);
    let ran = ran.count();
    let verified = |c: &&CaseView<'_>| c.safe.is_some_and(|s| s.verified);
    let safe = view.cases.iter().filter(verified).count();
    let end = view.safe.is_none_or(|s| s.verified);
    if ran == 0 && view.safe.is_none() {
        return html! { p.safety { "no case was begun, so nothing was energised" } };
    }
    html! {
        p class=(if end && safe == ran { "safety v-pass" } else { "safety v-fail" }) {
            span.sign aria-hidden="true" { (if end && safe == ran { "✓" } else { "✗" }) }
            "safe state verified by read-back after " (number(&safe.to_string())) " of "
            (number(&count(ran, "case")))
            @match view.safe {
                Some(state) if state.verified => ", and at the end of the run",
                Some(_) => ", but not at the end of the run",
                None => "",
            }
        }
    }
}

fn findings(view: &RunView<'_>) -> Markup {
    html! {
        @if !view.findings().is_empty() || !view.troubles.is_empty() {
            section.notice.v-unfinished {
                @for trouble in &view.troubles { p { (trouble.text()) } }
                @for finding in view.findings() { p { "record: " (finding) } }
            }
        }
    }
}

/// The part of an id before its parameters.
fn family<'a>(case: &CaseView<'a>) -> &'a str {
    case.id()
        .split_once('/')
        .map_or(case.id(), |(family, _)| family)
}

/// All cases, by family.
fn cases(view: &RunView<'_>) -> Markup {
    let same = |a: &CaseView<'_>, b: &CaseView<'_>| family(a) == family(b);
    html! {
        section.cases {
            div.heading {
                h2 { "Cases" }
                input type="search" placeholder="filter: name, word, verdict" aria-label="filter the cases" data-filter="" hidden;
            }
            @for group in view.cases.chunk_by(same) {
                section.family {
                    h3 {
                        (family(&group[0]))
                        @if let Some(plan) = group[0].plan { span.lead { (plan.title) } }
                    }
                    ul.rows {
                        @for case in group { (row(case)) }
                    }
                }
            }
        }
    }
}

/// One case: verdict, name, its closest expectation, bench time.
fn row(case: &CaseView<'_>) -> Markup {
    let name = case.id().split_once('/').map_or(case.id(), |(_, i)| i);
    let worst = worst(case);
    html! {
        li class=(class(case.outcome)) data-words=(words(case)) {
            a href=(case.page()) {
                (badge(case.outcome))
                span.name { (name) }
                span.margin {
                    @if let Some(j) = worst.and_then(|e| e.judgement) {
                        @if let Some(gauge) = gauge(j) { (gauge) }
                        (number(&margin(j.margin, &j.unit)))
                    }
                }
                span.why { (why(case)) }
                span.duration { (number(&duration(case.duration()))) }
            }
        }
    }
}

/// The expectation that failed, or else the one closest to a limit.
pub(super) fn worst<'a>(case: &'a CaseView<'_>) -> Option<&'a ExpectationView<'a>> {
    let key = |e: &&ExpectationView<'_>| e.relative_margin().unwrap_or(f64::MAX);
    let judged = case.expectations.iter().filter(|e| e.judgement.is_some());
    judged.min_by(|a, b| {
        let verdicts = b.verdict().cmp(&a.verdict());
        verdicts.then(key(a).total_cmp(&key(b)))
    })
}

fn why(case: &CaseView<'_>) -> String {
    if let Some(trouble) = case.troubles.first() {
        return trouble.text();
    }
    match worst(case) {
        Some(e) if case.outcome.needs_attention() => {
            e.judgement.map_or(String::new(), |j| j.seen.clone())
        }
        Some(e) => e.planned.text.clone(),
        None => String::new(),
    }
}

/// What the filter looks at.
fn words(case: &CaseView<'_>) -> String {
    let mut words = vec![case.id(), case.outcome.word()];
    if let Some(plan) = case.plan {
        words.push(&plan.title);
        words.extend(plan.verifies.iter().map(String::as_str));
        words.extend(plan.tags.iter().map(String::as_str));
    }
    words.join(" ").to_lowercase()
}

fn rig(view: &RunView<'_>) -> Markup {
    html! {
        section.card {
            h2 { "Rig" }
            dl.constants {
                @if let Some(identity) = view.identity {
                    dt { "name" } dd { (identity.rig) }
                    dt { "kind" } dd { (identity.kind) }
                    @for instrument in &identity.instruments { dt { "instrument" } dd { (instrument) } }
                }
                dt { "rig file" } dd { (hash(view.rig_sha256)) }
                @for (path, sha256) in &view.inputs_sha256 { dt { (path) } dd { (hash(sha256)) } }
            }
        }
    }
}
