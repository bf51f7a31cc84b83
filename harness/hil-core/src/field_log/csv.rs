//! A log as CSV: a line of channels with their units, then a line for each time.
//!
//! No quotes and no escapes: neither channels nor numbers have commas. `#` begins a comment.

use std::ops::Range;
use std::sync::Arc;

use super::FieldLog;
use crate::channel::{Channel, Kind};
use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::quantity::evaluate;
use crate::time::Span;
use crate::units::Dimension;

/// What a column holds.
struct Column {
    channel: Channel,
    /// As written after a number; empty for states and counts.
    unit: String,
}

/// Fields of a line with their bytes in the file, trimmed.
fn fields(line: &str, start: usize) -> Vec<(&str, Range<usize>)> {
    let mut at = start;
    let mut all = Vec::new();
    for field in line.split(',') {
        let from = at + field.len() - field.trim_start().len();
        let text = field.trim();
        all.push((text, from..from + text.len()));
        at += field.len() + 1;
    }
    all
}

/// Lines that say something, with their first byte.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    let all = text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (line.trim_end(), start)
    });
    all.filter(|(line, _)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

pub(super) fn read(source: &Arc<Source>) -> Result<FieldLog, Box<Diagnostic>> {
    let wrong =
        |span, message: String| Box::new(Diagnostic::new(Rule::BadLog, source, span, message));
    let mut lines = lines(&source.text);
    let Some((first, start)) = lines.next() else {
        return Err(wrong(0..0, "the log is empty".to_owned()));
    };
    let columns = header(first, start, &wrong)?;
    let mut log = FieldLog::default();
    let mut last = None;
    for (line, start) in lines {
        let fields = fields(line, start);
        if fields.len() != columns.len() + 1 {
            let (found, wanted) = (fields.len(), columns.len() + 1);
            let message = format!("{found} fields, the first line has {wanted}");
            return Err(wrong(start..start + line.len(), message));
        }
        let (text, span) = &fields[0];
        let at = number(text, "s", Dimension::Time);
        let at = at.filter(|s| *s >= 0.0).map(Span::from_secs);
        let Some(at) = at.filter(|at| last.is_none_or(|last| *at > last)) else {
            let message = format!("`{text}` is no time after the one before");
            return Err(wrong(span.clone(), message));
        };
        last = Some(at);
        for (column, (text, span)) in columns.iter().zip(&fields[1..]) {
            if text.is_empty() {
                continue;
            }
            let Some(value) = value(column, text) else {
                let message = format!("`{text}` is no value of {}", column.channel);
                return Err(wrong(span.clone(), message));
            };
            if !log.push(column.channel, at, value) {
                return Err(wrong(span.clone(), "the log is too long".to_owned()));
            }
        }
    }
    Ok(log)
}

fn header(
    line: &str,
    start: usize,
    wrong: &impl Fn(Range<usize>, String) -> Box<Diagnostic>,
) -> Result<Vec<Column>, Box<Diagnostic>> {
    let fields = fields(line, start);
    if fields[0].0 != "time [s]" {
        let message = format!("`{}` is not `time [s]`", fields[0].0);
        return Err(wrong(fields[0].1.clone(), message));
    }
    let mut columns = Vec::new();
    for (text, span) in &fields[1..] {
        let (name, unit) = match text.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) {
            Some((name, unit)) => (name, unit),
            None => (*text, ""),
        };
        let Some(channel) = Channel::parse(name) else {
            return Err(wrong(
                span.clone(),
                format!("no channel is called `{name}`"),
            ));
        };
        let right = match channel.kind() {
            Kind::Quantity(dimension) => number("1", unit, dimension).is_some(),
            Kind::State(_) => unit.is_empty(),
        };
        if !right {
            let message = format!("`{unit}` is no unit of {channel}");
            return Err(wrong(span.clone(), message));
        }
        columns.push(Column {
            channel,
            unit: unit.to_owned(),
        });
    }
    Ok(columns)
}

fn value(column: &Column, text: &str) -> Option<f64> {
    match column.channel.kind() {
        _ if text == "X" => Some(f64::NAN),
        Kind::Quantity(dimension) => number(text, &column.unit, dimension),
        Kind::State(words) => {
            let place = words.iter().position(|word| *word == text)?;
            Some(place as f64)
        }
    }
}

fn number(text: &str, unit: &str, dimension: Dimension) -> Option<f64> {
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())?;
    let found = evaluate(format!("{text} {unit}").trim(), &mut |_| None).ok()?;
    (found.dimension == dimension).then_some(found.value)
}
