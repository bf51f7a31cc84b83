//! The replay of a step: which part of which log, and what of it is driven.

use crate::channel::{Access, Channel, Kind};
use crate::diagnostic::Rule;
use crate::document::{Node, Piece, Spanned};
use crate::field_log::{FieldLog, Point, Track};
use crate::plan::{Claim, Replay};
use crate::time::Span;

use super::context::Context;
use super::file::ExpectFile;
use super::stimuli;

/// Where the logs of cases are, in the project.
const FOLDER: &str = "fixtures/";

/// A replay that is being lowered, with the whole log for what is expected to follow it.
#[derive(Debug)]
pub struct Replayed {
    pub plan: Replay,
    log: FieldLog,
}

impl Replayed {
    /// What the log says of a channel in the part that is played.
    pub fn track(&self, channel: Channel) -> Option<Track> {
        part(&self.log.track(channel)?, self.plan.from, self.plan.length)
    }
}

/// What a track says from a time on: what held then, and what came until the end of the part.
fn part(track: &Track, from: Span, length: Span) -> Option<Track> {
    let first = track.points.partition_point(|point| point.at <= from);
    let points = track.points[first.saturating_sub(1)..].iter();
    let points = points.take_while(|point| point.at <= from + length);
    let points: Vec<_> = points
        .map(|point| Point {
            at: point.at - from,
            value: point.value,
        })
        .collect();
    (!points.is_empty()).then_some(Track {
        channel: track.channel,
        points,
    })
}

/// What a case says of a replay.
struct Wanted<'a> {
    file: Piece,
    from: Option<&'a Spanned<Node>>,
    to: Option<&'a Spanned<Node>>,
}

/// A file, or a table with the file and the part of it.
fn wanted<'a>(node: &'a Spanned<Node>, context: &mut Context) -> Option<Wanted<'a>> {
    let Node::Table(entries) = node.get_ref() else {
        let (from, to) = (None, None);
        let file = context.piece(node)?;
        return Some(Wanted { file, from, to });
    };
    let (mut file, mut from, mut to) = (None, None, None);
    for (key, value) in &entries.0 {
        match key.get_ref().as_str() {
            "file" => file = context.piece(value),
            "from" => from = Some(value),
            "to" => to = Some(value),
            other => {
                let message = format!("unknown key `{other}`");
                let complaint = context.reader.at(Rule::UnknownKey, key.span(), message);
                context
                    .reader
                    .complain(complaint.expected("one of file, from, to"));
            }
        }
    }
    let Some(file) = file else {
        let complaint =
            context
                .reader
                .at(Rule::MissingKey, node.span(), "the key `file` is missing");
        context.reader.complain(complaint);
        return None;
    };
    Some(Wanted { file, from, to })
}

/// Reads the log and takes the part of it that drives what this pack has.
pub fn lower(node: &Spanned<Node>, context: &mut Context) -> Option<Replayed> {
    let wanted = wanted(node, context)?;
    let log = read(&wanted.file, context)?;
    let from = wanted.from.map_or(Some(Span::ZERO), |n| context.span(n));
    let to = wanted.to.map_or(Some(log.length()), |n| context.span(n));
    let (from, to) = (from?, to?);
    if to <= from || from >= log.length() {
        let message = format!("the log ends at {}: nothing is left to play", log.length());
        let complaint = context.reader.at(Rule::BadLog, node.span(), message);
        context.reader.complain(complaint);
        return None;
    }
    let mut plan = Replay {
        file: format!("{FOLDER}{}", wanted.file.text),
        from,
        length: to - from,
        tracks: Vec::new(),
        clamped: Vec::new(),
    };
    let extent = context.extent;
    let drives = |channel: &Channel| {
        let is_there = channel.bank <= extent.banks && channel.index <= extent.cells;
        channel.signal.family().access == Access::Stimulus && is_there
    };
    for channel in log.channels().filter(drives) {
        let track = log.track(channel);
        plan.tracks
            .extend(track.and_then(|track| part(&track, from, plan.length)));
        context.observe.insert(channel);
        if let Some(limits) = context.inputs.profile.envelope(channel.signal) {
            let low = limits.low.unwrap_or(f64::NEG_INFINITY);
            plan.clamp(channel, low, limits.high.unwrap_or(f64::INFINITY));
        }
    }
    for track in &plan.tracks {
        let last = track
            .points
            .last()
            .map(|point| (track.channel, point.value));
        context.setpoints.extend(last);
    }
    Some(Replayed { plan, log })
}

fn read(file: &Piece, context: &mut Context) -> Option<FieldLog> {
    let logs = context.inputs.logs;
    let path = format!("{FOLDER}{}", file.text);
    let Some(text) = logs.get(&path) else {
        let message = format!("there is no log {path}");
        let names = logs.keys().filter_map(|path| path.strip_prefix(FOLDER));
        let complaint = context
            .reader
            .at(Rule::BadLog, file.span.clone(), message)
            .nearest(&file.text, names);
        context.reader.complain(complaint);
        return None;
    };
    let parsed = FieldLog::parse(&path, text, context.inputs.profile.temperature_scale);
    let complaint = match parsed {
        Ok(log) => return Some(log),
        Err(complaint) => complaint,
    };
    context.reader.complain(*complaint);
    None
}

/// That a signal is what the log says, for as long as it is played.
pub fn follows(signal: Channel, file: &ExpectFile, context: &mut Context) -> Option<Claim> {
    let node = file.follows.as_ref()?;
    let track = context.replay.as_ref().map(|replay| replay.track(signal));
    let (track, Kind::Quantity(dimension), "log") = (track, signal.kind(), node.get_ref().as_str())
    else {
        let message = "only a quantity follows, and only a `log`";
        let complaint = context.reader.at(Rule::BadClaim, node.span(), message);
        context.reader.complain(complaint);
        return None;
    };
    let Some(track) = track.flatten() else {
        let message = format!("this step plays no log that speaks of {signal}");
        let complaint = context.reader.at(Rule::BadClaim, node.span(), message);
        context.reader.complain(complaint);
        return None;
    };
    if let Some(after) = &file.after {
        let message = "a log is followed from its start on: `after` means nothing here";
        let complaint = context.reader.at(Rule::BadClaim, after.span(), message);
        context.reader.complain(complaint);
        return None;
    }
    let Some(within) = &file.within else {
        let message = "`follows` needs `within`";
        let complaint = context.reader.at(Rule::BadClaim, node.span(), message);
        context.reader.complain(complaint);
        return None;
    };
    let piece = context.piece(within)?;
    let within = stimuli::positive(&piece, dimension, context);
    let lag = match &file.lag {
        Some(lag) => context.span(lag),
        None => Some(Span::ZERO),
    };
    Some(Claim::Follows {
        log: track.points,
        within: within?,
        lag: lag?,
    })
}
