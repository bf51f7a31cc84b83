//! A trip search of a step: what is moved how far, what is watched, and the limits of what is found.

use crate::channel::{Channel, Kind};
use crate::diagnostic::Rule;
use crate::document::Spanned;
use crate::judge::words;
use crate::plan::{Claim, Condition, Expectation, Search, Searched, Stimulus};
use crate::time::Span;
use crate::units::Dimension;

use super::context::Context;
use super::file::SearchFile;
use super::sentence::sentence;
use super::{conditions, stimuli};

/// A finer search than this would not end.
const MOST_STEPS: u32 = 10_000;

/// The search of a step and the expectations of its limits.
pub fn lower(
    file: &Spanned<SearchFile>,
    context: &mut Context,
) -> Option<(Search, Vec<Expectation>)> {
    let (line, _) = context.reader.source.position(file.span().start);
    let file = file.get_ref();
    let drive = drive(file, context);
    let trips = conditions::lower(&file.trips, context);
    let settle = context.span(&file.settle);
    let (releases, release_settle) = releases(file, context)?;
    let rearm = stimuli::rearm(&file.rearm, context);
    let repeats = file.repeats.as_ref().map_or(1, |n| *n.get_ref());
    if repeats == 0 {
        let place = file.repeats.as_ref();
        complain(place?, "a search that is never made finds nothing", context);
    }
    let drive = drive?;
    let (from, to, step) = range(file, drive, context)?;
    let search = Search {
        drive,
        from,
        to,
        step,
        trips: trips?,
        releases,
        settle: settle?,
        release_settle,
        rearm,
        repeats,
        hysteresis: file.hysteresis.is_some(),
        delay: file.delay.is_some(),
    };
    let expect = limits(file, line, &search, context);
    Some((search, expect))
}

/// The one quantity that is moved.
fn drive(file: &SearchFile, context: &mut Context) -> Option<Channel> {
    let channels = stimuli::ramped(&file.drive, context)?;
    let [drive] = channels.as_slice() else {
        let message = "a search moves one channel";
        let complaint = context
            .reader
            .at(Rule::BadSearch, file.drive.span(), message);
        context.reader.complain(complaint);
        return None;
    };
    context.observe.insert(*drive);
    Some(*drive)
}

/// Where it starts and ends, within the envelope, and its finest step.
fn range(file: &SearchFile, drive: Channel, context: &mut Context) -> Option<(f64, f64, f64)> {
    let Kind::Quantity(dimension) = drive.kind() else {
        return None;
    };
    let mut end = |node| {
        let piece = context.piece(node)?;
        stimuli::applied(&piece, drive, context)
    };
    let (from, to) = (end(&file.from), end(&file.to));
    let piece = context.piece(&file.step)?;
    let step = stimuli::positive(&piece, dimension, context)?;
    let (from, to) = (from?, to?);
    let steps = (to - from).abs() / step;
    if steps < 2.0 || steps > f64::from(MOST_STEPS) {
        let message = format!("there are {steps:.1} steps between `from` and `to`");
        let complaint = context
            .reader
            .at(Rule::BadSearch, file.step.span(), message)
            .expected(format!("2 to {MOST_STEPS}"));
        context.reader.complain(complaint);
        return None;
    }
    Some((from, to, step))
}

/// What shows that it can trip again, and the time for it.
fn releases(file: &SearchFile, context: &mut Context) -> Option<(Option<Condition>, Span)> {
    match (&file.releases, &file.release_settle, &file.hysteresis) {
        (Some(releases), Some(settle), _) => {
            let releases = conditions::lower(releases, context);
            let settle = context.span(settle);
            Some((Some(releases?), settle?))
        }
        (None, None, None) => Some((None, Span::ZERO)),
        (Some(place), None, _) => {
            complain(place, "`releases` needs `release_settle`", context);
            None
        }
        (None, Some(place), _) | (None, None, Some(place)) => {
            complain(
                place,
                "without `releases` nothing is known of a release",
                context,
            );
            None
        }
    }
}

/// One expectation for each number that has limits.
fn limits(
    file: &SearchFile,
    line: u32,
    search: &Search,
    context: &mut Context,
) -> Vec<Expectation> {
    let Kind::Quantity(dimension) = search.drive.kind() else {
        return Vec::new();
    };
    let wanted = [
        (Searched::Threshold, &file.threshold, dimension),
        (Searched::Hysteresis, &file.hysteresis, dimension),
        (Searched::Delay, &file.delay, Dimension::Time),
    ];
    let mut expect = Vec::new();
    for (what, node, dimension) in wanted {
        let Some(found) = node.as_ref().and_then(|n| context.limits(n, dimension)) else {
            continue;
        };
        let claim = Claim::Searched {
            what,
            low: found.low,
            high: found.high,
        };
        let text = sentence(search.drive, &claim, None, None, None);
        expect.push(Expectation {
            text: format!("{text}, where {}", words::condition(&search.trips)),
            line,
            signal: search.drive,
            claim,
            after: None,
            during: None,
            lasting: None,
        });
    }
    if expect.is_empty() && context.reader.diagnostics.is_empty() {
        complain(
            &file.trips,
            "nothing is expected of what is found: give `threshold`, `hysteresis` or `delay`",
            context,
        );
    }
    expect
}

/// A step that searches moves nothing else.
pub fn alone(stimuli: &[Stimulus], file: &Spanned<SearchFile>, context: &mut Context) {
    if stimuli.iter().any(|s| !matches!(s, Stimulus::Set { .. })) {
        let message = "a step that searches moves nothing else";
        let complaint = context
            .reader
            .at(Rule::BadSearch, file.span(), message)
            .help("ramps, presses, pulses and square waves belong to a step of their own");
        context.reader.complain(complaint);
    }
}

fn complain<T>(place: &Spanned<T>, message: &str, context: &mut Context) {
    let complaint = context.reader.at(Rule::BadSearch, place.span(), message);
    context.reader.complain(complaint);
}
