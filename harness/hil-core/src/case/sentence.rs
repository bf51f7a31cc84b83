//! What an expectation says, as a sentence with its numbers, and how long it takes.

use crate::channel::{Channel, Kind};
use crate::judge::words;
use crate::plan::{Claim, Condition, Expectation, Searched, Statistic};
use crate::time::Span;

/// The expectation as a sentence with its numbers.
pub fn sentence(
    signal: Channel,
    claim: &Claim,
    after: Option<&Condition>,
    during: Option<&Condition>,
    lasting: Option<Span>,
) -> String {
    let word = |state: u8| words::value(signal, f64::from(state));
    let unit = match signal.kind() {
        Kind::Quantity(dimension) => dimension.unit(),
        Kind::State(_) => "",
    };
    let limits = |low, high| words::limits(low, high, unit);
    let average = |of: &Statistic| match of {
        Statistic::Each => "",
        Statistic::Mean => "mean ",
        Statistic::Median => "median ",
        Statistic::Last => "last ",
        Statistic::Change => "change of ",
    };
    let mut text = match claim {
        Claim::Is { state } => format!("{signal} is {}", word(*state)),
        Claim::Stays { state } => format!("{signal} stays {}", word(*state)),
        Claim::Never { state } => format!("{signal} is never {}", word(*state)),
        Claim::Becomes {
            state,
            within,
            hold,
        } => {
            format!(
                "{signal} becomes {} within {}{}",
                word(*state),
                delay(*within),
                for_text(*hold)
            )
        }
        Claim::Between { of, low, high } => {
            format!("{}{signal} is {}", average(of), limits(*low, *high))
        }
        Claim::Difference {
            minus,
            of,
            low,
            high,
        } => {
            let limits = limits(*low, *high);
            format!("{}{signal} less {minus} is {limits}", average(of))
        }
        Claim::Changes { low, high } => {
            format!("{signal} changes {} times", words::limits(*low, *high, ""))
        }
        Claim::Logged { text, within } => {
            format!(
                "board {} logs `{text}` within {}",
                signal.index,
                delay(*within)
            )
        }
        Claim::NeverLogged { text } => {
            format!("board {} never logs `{text}`", signal.index)
        }
        Claim::Settles {
            low,
            high,
            within,
            hold,
        } => {
            let limits = limits(*low, *high);
            format!(
                "{signal} settles at {limits} within {}{}",
                delay(*within),
                for_text(*hold)
            )
        }
        Claim::Unknown { within, hold } => {
            let hold = for_text(*hold);
            format!("{signal} becomes unknown within {}{hold}", delay(*within))
        }
        Claim::At { at, low, high } => {
            let limits = limits(*low, *high);
            format!("{signal} is {limits} when {}", words::condition(at))
        }
        Claim::Searched { what, low, high } => {
            let unit = match what {
                Searched::Delay => "s",
                Searched::Hysteresis if unit == "°C" => "K",
                _ => unit,
            };
            let limits = words::limits(*low, *high, unit);
            format!("{} of {signal} is {limits}", what.word())
        }
        Claim::Follows { within, lag, .. } => {
            let within = words::number(*within, unit);
            let lag = match *lag {
                Span::ZERO => String::new(),
                lag => format!(", at most {lag} later"),
            };
            format!("{signal} follows the log within {within}{lag}")
        }
        Claim::Blinks {
            period,
            on,
            periods,
        } => {
            let on = on.map_or(String::new(), |(a, b)| format!(", lit for {a} to {b}"));
            let (a, b) = period;
            format!("{signal} blinks every {a} to {b}{on}, {periods} times")
        }
    };
    text.push_str(&for_text(lasting.unwrap_or_default()));
    if let Some(after) = after {
        text.push_str(&format!(", after {}", words::condition(after)));
    }
    if let Some(during) = during {
        text.push_str(&format!(", while {}", words::condition(during)));
    }
    text
}

fn delay((earliest, latest): (Span, Span)) -> String {
    if earliest == Span::ZERO {
        latest.to_string()
    } else {
        format!("{earliest} to {latest}")
    }
}

fn for_text(span: Span) -> String {
    if span == Span::ZERO {
        String::new()
    } else {
        format!(" for {span}")
    }
}

/// The longest delay after which what is expected has come.
pub fn reaction(expectation: &Expectation) -> Span {
    match expectation.claim {
        Claim::Becomes { within, .. }
        | Claim::Settles { within, .. }
        | Claim::Unknown { within, .. }
        | Claim::Logged { within, .. } => within.1,
        _ => Span::ZERO,
    }
}

/// How long the window stays open at most when everything passes.
pub fn duration(expectation: &Expectation) -> Span {
    match &expectation.claim {
        Claim::Becomes { within, hold, .. }
        | Claim::Settles { within, hold, .. }
        | Claim::Unknown { within, hold } => within.1 + *hold,
        Claim::Logged { within, .. } => within.1,
        Claim::Blinks {
            period, periods, ..
        } => Span(period.1.0.saturating_mul(u64::from(*periods) + 1)),
        _ => expectation.lasting.unwrap_or_default(),
    }
}
