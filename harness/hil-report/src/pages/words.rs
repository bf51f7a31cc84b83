//! Plans in plain language.

use hil_core::plan::{Condition, Op, Stimulus};
use hil_core::{Channel, Span, Time};

use crate::format::{duration, quantity};

/// A value of a channel: a quantity with its unit or a state's word.
#[must_use]
pub fn value(channel: Channel, value: f64) -> String {
    match channel.kind() {
        hil_core::channel::Kind::Quantity(dimension) => quantity(value, dimension.unit()),
        hil_core::channel::Kind::State(words) => {
            let known = (value >= 0.0).then(|| words.get(value as usize)).flatten();
            known.map_or_else(|| "unknown".to_owned(), |word| (*word).to_owned())
        }
    }
}

/// `relay.charge = allowed and cell[3].voltage ≥ 3.720 V`.
#[must_use]
pub fn condition(of: &Condition) -> String {
    let join = |parts: &[Condition], word: &str| {
        let parts: Vec<_> = parts.iter().map(condition).collect();
        parts.join(word)
    };
    match of {
        Condition::Compare {
            channel,
            op,
            value: against,
        } => format!("{channel} {} {}", sign(*op), value(*channel, *against)),
        Condition::All(parts) => join(parts, " and "),
        Condition::Any(parts) => join(parts, " or "),
    }
}

const fn sign(op: Op) -> &'static str {
    match op {
        Op::Lt => "<",
        Op::Le => "≤",
        Op::Eq => "=",
        Op::Ne => "≠",
        Op::Ge => "≥",
        Op::Gt => ">",
    }
}

/// What a step applies, one sentence per thing; the same value on neighbouring channels is one.
#[must_use]
pub fn stimuli(all: &[Stimulus]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut rest = all;
    while let Some(first) = rest.first() {
        let same = rest
            .iter()
            .zip(0u16..)
            .take_while(|(s, i)| continues(first, s, *i))
            .count()
            .max(1);
        sentences.push(sentence(first, same));
        rest = &rest[same..];
    }
    sentences
}

/// Whether `other` sets the channel `offset` places further to the same value.
fn continues(first: &Stimulus, other: &Stimulus, offset: u16) -> bool {
    match (first, other) {
        (
            Stimulus::Set { channel, value },
            Stimulus::Set {
                channel: next,
                value: same,
            },
        ) => {
            value.to_bits() == same.to_bits()
                && (channel.bank, channel.signal) == (next.bank, next.signal)
                && u32::from(next.index) == u32::from(channel.index) + u32::from(offset)
        }
        _ => false,
    }
}

fn sentence(stimulus: &Stimulus, same: usize) -> String {
    let of = |channel: Channel, v: f64| value(channel, v);
    match *stimulus {
        Stimulus::Set { channel, value } if same > 1 => {
            let last = usize::from(channel.index) + same - 1;
            let one = format!("[{}]", channel.index);
            let many = format!("[{} … {last}]", channel.index);
            let name = channel.to_string().replacen(&one, &many, 1);
            format!("set {name} to {}", of(channel, value))
        }
        Stimulus::Set { channel, value } => format!("set {channel} to {}", of(channel, value)),
        Stimulus::Ramp { channel, to, rate } => format!(
            "ramp {channel} to {} at {} per second",
            of(channel, to),
            of(channel, rate)
        ),
        Stimulus::Pulse {
            channel,
            value,
            back,
            span,
        } => format!(
            "set {channel} to {} for {}, then back to {}",
            of(channel, value),
            duration(span),
            of(channel, back)
        ),
        Stimulus::Square {
            channel,
            low,
            high,
            period,
        } => format!(
            "switch {channel} between {} and {}, every {}",
            of(channel, high),
            of(channel, low),
            duration(period)
        ),
    }
}

/// A moment on the axis, to the millisecond.
#[must_use]
pub fn moment(at: Time) -> String {
    at.to_string()
}

/// A bound in time, as short as it is exact.
#[must_use]
pub fn bound(span: Span) -> String {
    span.to_string()
}

/// A constant's name as people write it: `vmax` is `Vmax`, `t_min_charge` is `T min charge`.
#[must_use]
pub fn constant(name: &str) -> String {
    let mut words = name.replace(['_', '-'], " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use hil_core::Signal;

    use super::*;

    #[test]
    fn a_step_reads_as_sentences() {
        let set = |index, value| Stimulus::Set {
            channel: Channel::at(Signal::CellVoltage, index),
            value,
        };
        let ramp = Stimulus::Ramp {
            channel: Channel::at(Signal::CellVoltage, 3),
            to: 3.8,
            rate: 0.005,
        };
        let broken = Stimulus::Set {
            channel: Channel::at(Signal::Link, 2),
            value: 1.0,
        };
        let all = [
            set(1, 3.3),
            set(2, 3.3),
            set(3, 3.3),
            set(4, 3.64),
            ramp,
            broken,
        ];
        assert_eq!(
            stimuli(&all),
            [
                "set cell[1 … 3].voltage to 3.300 V",
                "set cell[4].voltage to 3.640 V",
                "ramp cell[3].voltage to 3.800 V at 0.005 V per second",
                "set link[2] to broken",
            ]
        );
    }

    #[test]
    fn names_of_constants_read_well() {
        assert_eq!(constant("vmax"), "Vmax");
        assert_eq!(constant("t_min_charge"), "T min charge");
    }
}
