//! Expectations: a signal, exactly one claim about it, and what narrows the window.

use std::ops::Range;

use crate::channel::{Channel, Kind, LED};
use crate::diagnostic::{Diagnostic, Rule};
use crate::document::{Node, Piece, Spanned};
use crate::plan::{Await, Claim, Condition, Expectation, Statistic};
use crate::quantity::Limits;
use crate::time::Span;
use crate::units::Dimension;

use super::conditions;
use super::context::Context;
use super::file::{AwaitFile, ExpectFile};
use super::sentence::sentence;

/// Periods of a blinking LED to be seen when the case does not say.
const PERIODS: u16 = 3;

/// What a quantity `settles` at when there is to be no value.
const UNKNOWN: &str = "unknown";

/// The claims of the language with the keys each of them takes beside `after` and `while`.
const CLAIMS: &[(&str, &[&str])] = &[
    ("is", &["for"]),
    ("becomes", &["within", "for"]),
    ("stays", &["for"]),
    ("never", &["for"]),
    ("between", &["of", "at", "for"]),
    ("settles", &["within", "for"]),
    ("blinks", &["on", "periods"]),
];

/// A bounded wait.
pub fn wait(file: &AwaitFile, context: &mut Context) -> Option<Await> {
    let condition = match (&file.all, &file.any) {
        (Some(all), None) => conditions::list(all, context).map(Condition::All),
        (None, Some(any)) => conditions::list(any, context).map(Condition::Any),
        _ => {
            let complaint = context
                .reader
                .at(
                    Rule::BadClaim,
                    file.within.span(),
                    "what is awaited is not clear",
                )
                .expected("`all` or `any`, one of them");
            context.reader.complain(complaint);
            None
        }
    };
    let within = context.span(&file.within);
    Some(Await {
        condition: condition?,
        within: within?,
    })
}

/// What an expectation plans: one monitor for each channel its signal names.
pub fn expectation(file: &Spanned<ExpectFile>, context: &mut Context) -> Vec<Expectation> {
    let (line, _) = context.reader.source.position(file.span().start);
    let span = file.span();
    let file = file.get_ref();
    let channels = context.channels(&file.signal).unwrap_or_default();
    let after = file
        .after
        .as_ref()
        .map(|node| conditions::lower(node, context));
    let during = file
        .during
        .as_ref()
        .map(|node| conditions::lower(node, context));
    let Some(word) = claim_word(file, span, context) else {
        return Vec::new();
    };
    let mut expectations = Vec::new();
    for signal in channels {
        context.observe.insert(signal);
        let claim = claim(word, signal, file, context);
        let lasting = match word {
            "becomes" | "settles" | "blinks" => None,
            _ => file.span.as_ref().and_then(|node| context.span(node)),
        };
        let (Some(claim), Some(after), Some(during)) = (claim, settled(&after), settled(&during))
        else {
            break;
        };
        expectations.push(Expectation {
            text: sentence(signal, &claim, after.as_ref(), during.as_ref(), lasting),
            line,
            signal,
            claim,
            after,
            during,
            lasting,
        });
    }
    expectations
}

/// `None` when a condition was given and is wrong.
#[expect(
    clippy::option_option,
    reason = "absent, given and wrong, given and right are three cases"
)]
fn settled(condition: &Option<Option<Condition>>) -> Option<Option<Condition>> {
    match condition {
        None => Some(None),
        Some(None) => None,
        Some(Some(condition)) => Some(Some(condition.clone())),
    }
}

/// The one claim that is made, after checking that it is one and takes the other keys.
fn claim_word(
    file: &ExpectFile,
    whole: Range<usize>,
    context: &mut Context,
) -> Option<&'static str> {
    let given = keys(file);
    let made: Vec<_> = CLAIMS
        .iter()
        .filter(|(word, _)| given.iter().any(|(key, _)| key == word))
        .collect();
    let complaint = match made.as_slice() {
        [(word, takes)] => {
            let stray = given
                .iter()
                .find(|(key, _)| key != word && !takes.contains(key));
            let Some((key, span)) = stray else {
                return Some(*word);
            };
            let message = format!("`{word}` does not take `{key}`");
            let others: Vec<_> = CLAIMS
                .iter()
                .filter(|(_, takes)| takes.contains(key))
                .map(|(word, _)| *word)
                .collect();
            context
                .reader
                .at(Rule::BadClaim, span.clone(), message)
                .help(format!("`{key}` belongs to {}", others.join(", ")))
        }
        [] => context
            .reader
            .at(Rule::BadClaim, whole, "nothing is claimed of the signal")
            .expected("one of is, becomes, stays, never, between, settles, blinks"),
        [(first, _), (second, _), ..] => {
            let message = format!("`{first}` and `{second}` are two claims");
            context
                .reader
                .at(Rule::BadClaim, whole, message)
                .help("write an expectation for each")
        }
    };
    context.reader.complain(complaint);
    None
}

/// The keys that are given, apart from `signal`, `after` and `while`.
fn keys(file: &ExpectFile) -> Vec<(&'static str, Range<usize>)> {
    let node = |key, value: &Option<Spanned<Node>>| value.as_ref().map(|v| (key, v.span()));
    [
        node("is", &file.is),
        node("becomes", &file.becomes),
        node("stays", &file.stays),
        node("never", &file.never),
        node("between", &file.between),
        node("settles", &file.settles),
        node("blinks", &file.blinks),
        node("on", &file.on),
        node("at", &file.at),
        node("within", &file.within),
        node("for", &file.span),
        file.periods.as_ref().map(|v| ("periods", v.span())),
        file.of.as_ref().map(|v| ("of", v.span())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn claim(
    word: &'static str,
    signal: Channel,
    file: &ExpectFile,
    context: &mut Context,
) -> Option<Claim> {
    match word {
        "is" => state(word, signal, file.is.as_ref()?, context).map(|state| Claim::Is { state }),
        "stays" => {
            let state = state(word, signal, file.stays.as_ref()?, context)?;
            Some(Claim::Stays { state })
        }
        "never" => {
            let state = state(word, signal, file.never.as_ref()?, context)?;
            Some(Claim::Never { state })
        }
        "becomes" => {
            let node = file.becomes.as_ref()?;
            let state = state(word, signal, node, context);
            let (within, hold) = delay(word, node.span(), file, context)?;
            Some(Claim::Becomes {
                state: state?,
                within,
                hold,
            })
        }
        "settles" => {
            let node = file.settles.as_ref()?;
            if matches!(signal.kind(), Kind::Quantity(_)) && is_unknown(node) {
                let (within, hold) = delay(word, node.span(), file, context)?;
                return Some(Claim::Unknown { within, hold });
            }
            let limits = quantity(word, signal, node, context);
            let (within, hold) = delay(word, node.span(), file, context)?;
            let Limits { low, high, .. } = limits?;
            Some(Claim::Settles {
                low,
                high,
                within,
                hold,
            })
        }
        "between" => between(signal, file, context),
        _ => blinks(signal, file, context),
    }
}

fn state(word: &str, signal: Channel, node: &Spanned<Node>, context: &mut Context) -> Option<u8> {
    let piece = context.piece(node)?;
    match signal.kind() {
        Kind::State(words) => context.state(&piece, words),
        Kind::Quantity(dimension) => {
            let message = format!("{signal} is {}, not a state", dimension.word());
            let help = format!("`{word}` is for states; a quantity lies `between` or `settles`");
            complain(&piece, message, context, |complaint| complaint.help(help));
            None
        }
    }
}

/// Whether a quantity is claimed to be unknown rather than in limits.
fn is_unknown(node: &Spanned<Node>) -> bool {
    matches!(node.get_ref(), Node::Text(text) if text.trim() == UNKNOWN)
}

fn quantity(
    word: &str,
    signal: Channel,
    node: &Spanned<Node>,
    context: &mut Context,
) -> Option<Limits> {
    match signal.kind() {
        Kind::Quantity(dimension) => context.limits(node, dimension),
        Kind::State(_) => {
            let piece = context.piece(node)?;
            let help = format!("`{word}` is for quantities; a state `is`, `becomes` or `stays`");
            let message = format!("{signal} is a state, not a quantity");
            complain(&piece, message, context, |complaint| complaint.help(help));
            None
        }
    }
}

fn complain(
    piece: &Piece,
    message: String,
    context: &mut Context,
    complete: impl FnOnce(Diagnostic) -> Diagnostic,
) {
    let complaint = context
        .reader
        .at(Rule::BadClaim, piece.span.clone(), message);
    context.reader.complain(complete(complaint));
}

/// `within`, which must be there, and `for`.
fn delay(
    word: &str,
    span: Range<usize>,
    file: &ExpectFile,
    context: &mut Context,
) -> Option<((Span, Span), Span)> {
    let Some(within) = &file.within else {
        let message = format!("`{word}` needs `within`");
        let complaint = context
            .reader
            .at(Rule::BadClaim, span, message)
            .help("every wait has a deadline: add within = \"$reaction\", for example");
        context.reader.complain(complaint);
        return None;
    };
    let within = context.delay(within);
    let hold = match &file.span {
        Some(node) => context.span(node),
        None => Some(Span::ZERO),
    };
    Some((within?, hold?))
}

fn between(signal: Channel, file: &ExpectFile, context: &mut Context) -> Option<Claim> {
    let limits = quantity("between", signal, file.between.as_ref()?, context);
    let of = match &file.of {
        None => Some(Statistic::Each),
        Some(text) => statistic(text, context),
    };
    let Some(node) = &file.at else {
        let Limits { low, high, .. } = limits?;
        return Some(Claim::Between { of: of?, low, high });
    };
    if let Some(second) = file
        .of
        .as_ref()
        .map(Spanned::span)
        .or(file.span.as_ref().map(Spanned::span))
    {
        let message = "`at` is a moment: `of` and `for` mean nothing there";
        let complaint = context.reader.at(Rule::BadClaim, second, message);
        context.reader.complain(complaint);
    }
    let at = conditions::lower(node, context);
    let Limits { low, high, .. } = limits?;
    Some(Claim::At { at: at?, low, high })
}

fn statistic(text: &Spanned<String>, context: &mut Context) -> Option<Statistic> {
    let all = [
        ("each", Statistic::Each),
        ("mean", Statistic::Mean),
        ("median", Statistic::Median),
        ("last", Statistic::Last),
        ("change", Statistic::Change),
    ];
    let found = all.iter().find(|(word, _)| word == text.get_ref());
    if found.is_none() {
        let message = format!("`{}` is no number of a window", text.get_ref());
        let words = all.iter().map(|(word, _)| *word);
        let complaint = context
            .reader
            .at(Rule::BadClaim, text.span(), message)
            .expected("one of each, mean, median, last, change")
            .nearest(text.get_ref(), words);
        context.reader.complain(complaint);
    }
    found.map(|(_, statistic)| *statistic)
}

fn blinks(signal: Channel, file: &ExpectFile, context: &mut Context) -> Option<Claim> {
    let node = file.blinks.as_ref()?;
    if signal.states() != LED {
        let message = format!("{signal} is no LED");
        let complaint = context.reader.at(Rule::BadClaim, node.span(), message);
        context.reader.complain(complaint);
        return None;
    }
    let period = spans(node, context);
    let on = match &file.on {
        Some(node) => spans(node, context).map(Some),
        None => Some(None),
    };
    let periods = file.periods.as_ref().map_or(PERIODS, |p| *p.get_ref());
    if periods == 0 {
        let span = file.periods.as_ref().map_or(node.span(), Spanned::span);
        let complaint = context
            .reader
            .at(Rule::BadClaim, span, "no period is no blinking");
        context.reader.complain(complaint.expected("1 or more"));
    }
    Some(Claim::Blinks {
        period: period?,
        on: on?,
        periods,
    })
}

/// Limits of a time, both of them.
fn spans(node: &Spanned<Node>, context: &mut Context) -> Option<(Span, Span)> {
    let limits = context.limits(node, Dimension::Time)?;
    if let (Some(low), Some(high)) = (limits.low, limits.high) {
        return Some((Span::from_secs(low), Span::from_secs(high)));
    }
    let complaint = context.reader.at(
        Rule::BadExpression,
        node.span(),
        "both limits are needed here",
    );
    context.reader.complain(complaint.expected("`1 s ± 10 %`"));
    None
}
