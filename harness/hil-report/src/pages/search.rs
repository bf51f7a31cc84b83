//! What a trip search looked for and what each of its approaches found, as a small table; and what a
//! replay plays.

use hil_core::judge::words;
use hil_core::plan::{Finding, Replay, Search};
use maud::{Markup, html};

use super::number;
use super::words::{bound, condition};
use crate::format::measured;

/// What is searched, in a sentence.
pub(super) fn sentence(search: &Search) -> Markup {
    let value = |value| words::value(search.drive, value);
    html! {
        "search from " (number(&value(search.from))) " to " (number(&value(search.to)))
        " of " (search.drive.to_string()) " where " (condition(&search.trips))
        ", each value for " (bound(search.settle))
        @if let Some(releases) = &search.releases {
            ", and back where " (condition(releases))
            ", each value for " (bound(search.release_settle))
        }
        @if !search.rearm.is_empty() {
            "; before each approach "
            @for (n, (channel, value)) in search.rearm.iter().enumerate() {
                @if n > 0 { ", " }
                (channel.to_string()) " = " (number(&words::value(*channel, *value)))
            }
        }
    }
}

/// Name, unit and number of a column.
type Column<'a> = (&'a str, &'a str, fn(&Finding) -> Option<f64>);

/// One row for each approach, and how far they lie apart.
pub(super) fn table(search: &Search, findings: &[&Finding]) -> Markup {
    let unit = search.unit();
    let columns: [Column<'_>; 4] = [
        ("threshold", unit, |f| f.threshold),
        ("release", unit, |f| f.release),
        ("hysteresis", search.difference_unit(), |f| f.hysteresis),
        ("delay", "s", |f| f.delay_s),
    ];
    let found = |column: &Column<'_>| findings.iter().any(|f| column.2(f).is_some());
    let columns: Vec<_> = columns.into_iter().filter(found).collect();
    html! {
        table.search {
            thead { tr {
                th { "approach" }
                @for (name, _, _) in &columns { th { (name) } }
            } }
            tbody {
                @for (n, finding) in findings.iter().enumerate() {
                    tr {
                        td { (n + 1) }
                        @for (_, unit, value) in &columns { td { (cell(value(finding), unit)) } }
                        @if let Some(missed) = finding.missed { td.v-fail { (missed.words()) } }
                    }
                }
            }
            @if findings.len() > 1 {
                tfoot { tr {
                    th { "spread" }
                    @for (_, unit, value) in &columns {
                        td { (cell(spread(findings.iter().filter_map(|f| value(f))), unit)) }
                    }
                } }
            }
        }
    }
}

fn cell(value: Option<f64>, unit: &str) -> Markup {
    html! { (number(&measured(value, unit))) }
}

/// The highest less the lowest.
fn spread(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let highest = values.clone().reduce(f64::max)?;
    Some(highest - values.reduce(f64::min)?)
}

/// What is played of a log, and what of it the rig was not permitted to apply.
pub(super) fn replay(replay: &Replay) -> Markup {
    let channels = replay.tracks.iter().map(|track| track.channel.to_string());
    html! {
        "play " code { (replay.file) } " from " (bound(replay.from)) " for " (bound(replay.length))
        ": " (channels.collect::<Vec<_>>().join(", "))
        @for clamped in &replay.clamped {
            "; " (clamped.values) " values of " (clamped.channel.to_string()) " moved into "
            (number(&words::value(clamped.channel, clamped.low))) " to "
            (number(&words::value(clamped.channel, clamped.high)))
        }
    }
}
