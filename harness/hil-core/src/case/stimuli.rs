//! What a step applies: verbs on channels, checked against the profile's envelope.

use crate::channel::{Channel, FLASH_PAGES, Kind, Signal};
use crate::diagnostic::Rule;
use crate::document::{Entries, Node, Piece, Text};
use crate::plan::Stimulus;
use crate::profile::dip_code;
use crate::quantity::show;
use crate::time::Span;
use crate::units::Dimension;

use super::context::Context;
use super::file::StepFile;
use super::plant;
use super::settings;
use super::verbs::Verb;

/// What a step applies, in the order in which it is written.
#[derive(Debug)]
pub struct Stimuli {
    /// What the rig itself drives.
    pub driven: Vec<Stimulus>,
    /// What the app says.
    pub said: Vec<Stimulus>,
    /// What takes time, side by side once the step is ready.
    pub moving: Vec<Stimulus>,
}

/// The stimuli of a step. The first step starts with the defaults of the pack, and boards get power
/// after everything else, so that they wake up to what the case gives them.
pub fn lower(step: &StepFile, first: bool, context: &mut Context) -> Stimuli {
    let (rest, power) = if first {
        defaults(context)
    } else {
        Default::default()
    };
    for stimulus in rest.iter().chain(&power) {
        remember(stimulus, context);
    }
    let mut given = writes(&step.set, Verb::Set, context);
    let said = given.extract_if(.., |s| s.channel().signal.is_said());
    let mut said: Vec<_> = said.collect();
    given.extend(writes(&step.wire, Verb::Wire, context));
    let faults = writes(&step.fault, Verb::Fault, context);
    let powered = |stimulus: &Stimulus| stimulus.channel().signal == Signal::BoardPower;
    let (mut powers, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(powered);
    given.extend(faults);
    powers.splice(..0, writes(&step.power, Verb::Power, context));
    let mut driven = without(rest, &given);
    driven.extend(given);
    driven.extend(without(power, &powers));
    driven.extend(powers);
    driven.extend(updates(&step.update, context));
    said.splice(..0, settings::of_step(&step.setting, context));
    let moving = movements(step, context);
    Stimuli {
        driven,
        said,
        moving,
    }
}

/// A pack at rest: what is written before any board has power, and the powering.
fn defaults(context: &Context) -> (Vec<Stimulus>, Vec<Stimulus>) {
    let number = |name: &str| context.constants.get(name).map_or(0.0, |c| c.value);
    let cells = context.extent.cells;
    let (mut rest, mut power) = (Vec::new(), Vec::new());
    for bank in 1..=context.extent.banks {
        let set = |signal, index, value| Stimulus::Set {
            channel: Channel {
                bank,
                signal,
                index,
            },
            value,
        };
        rest.push(set(Signal::DipCells, 0, f64::from(dip_code(cells))));
        rest.push(set(Signal::DipBalance, 0, number("dip_balance")));
        if context.plant.is_none() {
            rest.push(set(Signal::PackCurrent, 0, 0.0));
            for cell in 1..=cells {
                rest.push(set(Signal::CellVoltage, cell, number("rest")));
            }
            for cell in 1..=cells {
                rest.push(set(Signal::CellTemperature, cell, number("room")));
            }
        }
        for cell in 1..=cells {
            power.push(set(Signal::BoardPower, cell, 1.0));
        }
    }
    rest.extend(context.plant.iter().flat_map(|plant| plant.start.iter()));
    (rest, power)
}

/// The stimuli whose channel none of the others writes.
fn without(stimuli: Vec<Stimulus>, others: &[Stimulus]) -> Vec<Stimulus> {
    let given: std::collections::BTreeSet<_> = others.iter().map(Stimulus::channel).collect();
    let free = |stimulus: &Stimulus| !given.contains(&stimulus.channel());
    stimuli.into_iter().filter(free).collect()
}

fn writes(entries: &Entries<Node>, verb: Verb, context: &mut Context) -> Vec<Stimulus> {
    let mut stimuli = Vec::new();
    for (key, node) in &entries.0 {
        let Some(channels) = driven(key, verb, context) else {
            continue;
        };
        let Some(piece) = context.piece(node) else {
            continue;
        };
        for channel in channels {
            let Some(value) = applied(&piece, channel, context) else {
                break;
            };
            let stimulus = Stimulus::Set { channel, value };
            remember(&stimulus, context);
            stimuli.push(stimulus);
        }
    }
    stimuli
}

/// Boards that get the next firmware, up to a page or as a whole.
fn updates(entries: &Entries<Node>, context: &mut Context) -> Vec<Stimulus> {
    let mut stimuli = Vec::new();
    for (key, node) in &entries.0 {
        if !key.get_ref().contains("board[") {
            let message = format!("`{}` is no board", key.get_ref());
            let complaint = context.reader.at(Rule::UnknownChannel, key.span(), message);
            context.reader.complain(complaint.expected("`board[k]`"));
            continue;
        }
        let name = Text::new(key.span(), format!("{}.update", key.get_ref()));
        let Some(channels) = driven(&name, Verb::Update, context) else {
            continue;
        };
        let Some(piece) = context.piece(node) else {
            continue;
        };
        let Some(pages) = pages(&piece, context) else {
            continue;
        };
        let value = f64::from(pages);
        stimuli.extend(
            channels
                .into_iter()
                .map(|channel| Stimulus::Set { channel, value }),
        );
    }
    stimuli
}

/// The number of pages an update gets to.
fn pages(piece: &Piece, context: &mut Context) -> Option<u16> {
    let number = piece.text.trim().parse::<u16>().ok();
    let found = match piece.text.trim() {
        "whole" => Some(FLASH_PAGES),
        _ => number.filter(|pages| *pages < FLASH_PAGES),
    };
    if found.is_none() {
        let message = format!("an update does not end at `{}`", piece.text);
        let complaint = context
            .reader
            .at(Rule::BadExpression, piece.span.clone(), message)
            .expected(format!(
                "`whole`, or the pages after which power is cut, 0 to {}",
                FLASH_PAGES - 1
            ));
        context.reader.complain(complaint);
    }
    found
}

/// Ramps, presses, pulses and square waves.
fn movements(step: &StepFile, context: &mut Context) -> Vec<Stimulus> {
    let mut stimuli = Vec::new();
    for (key, ramp) in &step.ramp.0 {
        let (to, rate) = (&ramp.get_ref().to, &ramp.get_ref().rate);
        for channel in driven(key, Verb::Ramp, context).unwrap_or_default() {
            let to = context
                .piece(to)
                .and_then(|p| applied(&p, channel, context));
            let rate = context
                .piece(rate)
                .and_then(|p| speed(&p, channel, context));
            let (Some(to), Some(rate)) = (to, rate) else {
                break;
            };
            stimuli.push(Stimulus::Ramp { channel, to, rate });
        }
    }
    for (key, node) in &step.press.0 {
        for channel in driven(key, Verb::Press, context).unwrap_or_default() {
            stimuli.extend(context.span(node).map(|span| Stimulus::Pulse {
                channel,
                value: 1.0,
                back: 0.0,
                span,
            }));
        }
    }
    for (key, pulse) in &step.pulse.0 {
        let (to, span) = (&pulse.get_ref().to, &pulse.get_ref().span);
        for channel in driven(key, Verb::Pulse, context).unwrap_or_default() {
            let value = context
                .piece(to)
                .and_then(|p| applied(&p, channel, context));
            let (Some(value), Some(span)) = (value, context.span(span)) else {
                break;
            };
            stimuli.push(Stimulus::Pulse {
                channel,
                value,
                back: context.setpoints.get(&channel).copied().unwrap_or(0.0),
                span,
            });
        }
    }
    for (key, square) in &step.square.0 {
        let square = square.get_ref();
        for channel in driven(key, Verb::Square, context).unwrap_or_default() {
            let low = context
                .piece(&square.low)
                .and_then(|p| applied(&p, channel, context));
            let high = context
                .piece(&square.high)
                .and_then(|p| applied(&p, channel, context));
            let hertz = context
                .piece(&square.frequency)
                .and_then(|piece| positive(&piece, Dimension::Frequency, context));
            let (Some(low), Some(high), Some(hertz)) = (low, high, hertz) else {
                break;
            };
            stimuli.push(Stimulus::Square {
                channel,
                low,
                high,
                period: Span::from_secs(1.0 / hertz),
            });
        }
    }
    for stimulus in &stimuli {
        remember(stimulus, context);
    }
    stimuli
}

/// The channels a search may move: those a ramp may.
pub fn ramped(key: &Text, context: &mut Context) -> Option<Vec<Channel>> {
    driven(key, Verb::Ramp, context)
}

/// What a search writes before each approach.
pub fn rearm(entries: &Entries<Node>, context: &mut Context) -> Vec<(Channel, f64)> {
    let sets = writes(entries, Verb::Set, context);
    let pair = |stimulus: Stimulus| match stimulus {
        Stimulus::Set { channel, value } => Some((channel, value)),
        _ => None,
    };
    sets.into_iter().filter_map(pair).collect()
}

/// The channels a key names, when this verb drives them.
fn driven(key: &Text, verb: Verb, context: &mut Context) -> Option<Vec<Channel>> {
    let channels = context.channels(key)?;
    let first = channels.first()?;
    let verbs = Verb::of(first.signal);
    if !verbs.contains(&verb) {
        let message = format!("`{}` does not drive {first}", verb.word());
        let complaint = context.reader.at(Rule::WrongVerb, key.span(), message);
        let complaint = if verbs.is_empty() {
            complaint.help("it is only observed: it belongs under `expect`")
        } else {
            let words: Vec<_> = verbs.iter().map(|verb| verb.word()).collect();
            complaint.expected(words.join(" or "))
        };
        context.reader.complain(complaint);
        return None;
    }
    if !plant::leaves(*first, key, context) {
        return None;
    }
    if channels.len() == 1 || context.traces_groups() {
        context.observe.extend(&channels);
    }
    Some(channels)
}

/// A value that is applied, checked against the profile's envelope.
pub fn applied(piece: &Piece, channel: Channel, context: &mut Context) -> Option<f64> {
    let value = context.value(piece, channel.kind())?;
    let Kind::Quantity(dimension) = channel.kind() else {
        return Some(value);
    };
    let Some(envelope) = context.inputs.profile.envelope(channel.signal) else {
        return Some(value);
    };
    let (low, high) = (
        envelope.low.unwrap_or(f64::NEG_INFINITY),
        envelope.high.unwrap_or(f64::INFINITY),
    );
    if (low..=high).contains(&value) {
        return Some(value);
    }
    let message = format!(
        "{channel} = {} is outside the envelope of profile `{}`",
        show(value, dimension),
        context.inputs.profile.name
    );
    let complaint = context
        .reader
        .at(Rule::OutsideEnvelope, piece.span.clone(), message)
        .expected(format!(
            "{} to {}",
            show(low, dimension),
            show(high, dimension)
        ));
    context.reader.complain(complaint);
    None
}

/// The rate of a ramp.
fn speed(piece: &Piece, channel: Channel, context: &mut Context) -> Option<f64> {
    let Kind::Quantity(dimension) = channel.kind() else {
        return None;
    };
    positive(piece, dimension.per_second()?, context)
}

pub fn positive(piece: &Piece, dimension: Dimension, context: &mut Context) -> Option<f64> {
    let value = context.quantity_of(piece, dimension)?;
    if value > 0.0 {
        return Some(value);
    }
    let message = format!("`{}` is not above 0", piece.text);
    let complaint = context
        .reader
        .at(Rule::BadExpression, piece.span.clone(), message);
    context
        .reader
        .complain(complaint.expected(format!("{} above 0", dimension.word())));
    None
}

/// Notes where the stimulus leaves its channel, so that a later pulse knows where to go back to,
/// and how long it takes to get there.
fn remember(stimulus: &Stimulus, context: &mut Context) {
    let (left, takes) = match *stimulus {
        Stimulus::Set { value, .. } => (value, Span::ZERO),
        Stimulus::Ramp { channel, to, rate } => {
            let from = context.setpoints.get(&channel).copied().unwrap_or(0.0);
            (to, Span::from_secs((to - from).abs() / rate))
        }
        Stimulus::Pulse { back, span, .. } => (back, span),
        Stimulus::Square { low, period, .. } => (low, period),
    };
    context.setpoints.insert(stimulus.channel(), left);
    context.driven = context.driven.max(takes);
}
