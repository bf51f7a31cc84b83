//! The pages of a run: an overview and one page per case instance. Each is one file without any
//! reference to the network, made from the record alone, and the same bytes for the same record.

mod arrangement;
mod case;
mod coverage;
mod gauge;
mod lists;
mod overview;
mod panel;
mod plots;
mod search;
mod steps;
mod words;

use std::fs;
use std::path::Path;

use hil_core::ports::SinkError;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::record::INDEX;
use crate::view::{Outcome, RunView};

pub use case::case_page;
pub use coverage::coverage_page;
pub use overview::overview;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes all pages into the run folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write(view: &RunView<'_>) -> Result<(), SinkError> {
    let root = &view.record.root;
    put(&root.join(INDEX), overview(view))?;
    for (index, case) in view.cases.iter().enumerate() {
        put(&root.join(case.page()), case_page(view, index))?;
    }
    Ok(())
}

fn put(path: &Path, page: Markup) -> Result<(), SinkError> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, page.into_string()));
    written.map_err(|source| SinkError {
        path: path.to_owned(),
        source,
    })
}

/// The frame of every page.
fn page(title: &str, class: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body class=(class) {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// A verdict as sign and word, told apart by more than colour.
fn badge(outcome: Outcome) -> Markup {
    html! {
        span class=(format!("badge {}", class(outcome))) {
            span.sign aria-hidden="true" { (outcome.symbol()) }
            (outcome.word())
        }
    }
}

/// The class that gives an outcome its colour.
const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ended(verdict) => match verdict {
            hil_core::Verdict::Pass => "v-pass",
            hil_core::Verdict::Marginal => "v-marginal",
            hil_core::Verdict::Inconclusive => "v-inconclusive",
            hil_core::Verdict::Fail => "v-fail",
            hil_core::Verdict::Aborted => "v-aborted",
            hil_core::Verdict::RigError => "v-rig-error",
        },
        Outcome::Unfinished => "v-unfinished",
        Outcome::NotRun => "v-not-run",
    }
}

/// A number of the record, as [`crate::format`] writes it.
fn number(text: &str) -> Markup {
    html! { span.num { (text) } }
}

/// A command with a button that copies it.
fn command(text: &str) -> Markup {
    html! {
        div.command {
            code { (text) }
            button type="button" data-copy=(text) { "copy" }
        }
    }
}

/// The first digits of a hash, with all of them on demand.
fn hash(text: &str) -> Markup {
    html! { code.hash title=(text) { (text.get(..12).unwrap_or(text)) } }
}
