//! Numbers, states and conditions as people read them.

use crate::channel::{Channel, Kind};
use crate::plan::{Condition, Op};
use crate::time::{Span, Time};

/// A number in three decimals, a small one in four digits, without trailing zeros, with its unit.
#[must_use]
pub fn number(value: f64, unit: &str) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        _ if !(1e-6..0.1).contains(&magnitude) => 3,
        _ => (3 - magnitude.log10().floor() as i32).clamp(3, 6) as usize,
    };
    let rounded = format!("{value:.decimals$}");
    let short = match rounded.contains('.') {
        true => rounded.trim_end_matches('0').trim_end_matches('.'),
        false => &rounded,
    };
    let short = if short == "-0" { "0" } else { short };
    match unit {
        "" => short.to_string(),
        _ => format!("{short} {unit}"),
    }
}

/// A value of a channel: a number with its unit, a state as its word, NaN as `unknown`.
#[must_use]
pub fn value(channel: Channel, value: f64) -> String {
    if value.is_nan() {
        return "unknown".to_string();
    }
    match channel.kind() {
        Kind::Quantity(dimension) => number(value, dimension.unit()),
        Kind::State(words) => match words.get(value as usize) {
            Some(word) => (*word).to_string(),
            None => number(value, ""),
        },
    }
}

/// Both limits, as in `3.63 V to 3.77 V`, `at least 1 A`, `at most 0 s`.
#[must_use]
pub fn limits(low: Option<f64>, high: Option<f64>, unit: &str) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} to {}", number(low, ""), number(high, unit)),
        (Some(low), None) => format!("at least {}", number(low, unit)),
        (None, Some(high)) => format!("at most {}", number(high, unit)),
        (None, None) => String::new(),
    }
}

/// A condition as a case writes it: `cell[3].voltage >= 3.72 V`.
#[must_use]
pub fn condition(condition: &Condition) -> String {
    let join = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(self::condition).collect();
        parts.join(word)
    };
    match condition {
        Condition::Compare {
            channel,
            op,
            value: number,
        } => format!("{channel} {} {}", sign(*op), value(*channel, *number)),
        Condition::All(parts) => join(parts, " and "),
        Condition::Any(parts) => format!("({})", join(parts, " or ")),
    }
}

const fn sign(op: Op) -> &'static str {
    match op {
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Eq => "=",
        Op::Ne => "!=",
        Op::Ge => ">=",
        Op::Gt => ">",
    }
}

/// Seconds to the millisecond.
pub(super) fn span(span: Span) -> String {
    number(span.as_secs(), "s")
}

/// A point in bench time, to the millisecond.
pub(super) fn time(time: Time) -> String {
    format!("{:.3} s", time.as_secs())
}
