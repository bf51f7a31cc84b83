//! What each claim takes: states, limits, delays, counts.

use std::ops::Range;

use crate::channel::{Channel, Kind, LED};
use crate::diagnostic::{Diagnostic, Rule};
use crate::document::{Node, Piece, Spanned, Text};
use crate::plan::{Claim, Statistic};
use crate::quantity::Limits;
use crate::time::Span;
use crate::units::Dimension;

use super::channels;
use super::conditions;
use super::context::Context;
use super::file::ExpectFile;
use super::replay;

/// Periods of a blinking LED to be seen when the case does not say.
const PERIODS: u16 = 3;

/// What a quantity `settles` at when there is to be no value.
const UNKNOWN: &str = "unknown";

/// What a word claims of a signal.
pub fn claim(
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
        "changes" => changes(signal, file.changes.as_ref()?, context),
        "follows" => replay::follows(signal, file, context),
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
        let minus = match &file.minus {
            Some(name) => Some(other(name, signal, context)?),
            None => None,
        };
        let (Limits { low, high, .. }, of) = (limits?, of?);
        return Some(match minus {
            None => Claim::Between { of, low, high },
            Some(minus) => Claim::Difference {
                minus,
                of,
                low,
                high,
            },
        });
    };
    let texts = [&file.of, &file.minus].into_iter().flatten();
    let stray = texts
        .map(Spanned::span)
        .chain(file.span.as_ref().map(Spanned::span));
    if let Some(second) = stray.min_by_key(|span| span.start) {
        let message = "`at` is a moment: `of`, `minus` and `for` mean nothing there";
        let complaint = context.reader.at(Rule::BadClaim, second, message);
        context.reader.complain(complaint);
    }
    let at = conditions::lower(node, context);
    let Limits { low, high, .. } = limits?;
    Some(Claim::At { at: at?, low, high })
}

/// The one quantity of the same kind that is taken away.
fn other(name: &Text, signal: Channel, context: &mut Context) -> Option<Channel> {
    let channels = context.channels(name)?;
    let [minus] = channels.as_slice() else {
        let message = format!("`{}` are several channels", name.get_ref());
        let complaint = context.reader.at(Rule::BadClaim, name.span(), message);
        context.reader.complain(complaint.expected("one channel"));
        return None;
    };
    if minus.kind() != signal.kind() {
        let message = format!("{minus} cannot be taken from {signal}");
        let complaint = context
            .reader
            .at(Rule::WrongDimension, name.span(), message);
        let complaint = complaint.help("both must be the same quantity");
        context.reader.complain(complaint);
        return None;
    }
    context.observe.insert(*minus);
    Some(*minus)
}

fn changes(signal: Channel, node: &Spanned<Node>, context: &mut Context) -> Option<Claim> {
    let piece = context.piece(node)?;
    if let Kind::Quantity(dimension) = signal.kind() {
        let message = format!("{signal} is {}, not a state", dimension.word());
        let help = "`changes` counts the changes of a state";
        complain(&piece, message, context, |complaint| complaint.help(help));
        return None;
    }
    let Limits { low, high, .. } = context.limits(node, Dimension::Count)?;
    Some(Claim::Changes { low, high })
}

/// What is claimed of the logs of one or several boards.
pub fn logged(log: &Text, file: &ExpectFile, context: &mut Context) -> Vec<(Channel, Claim)> {
    let claim = log_claim(log, file, context);
    let Some(board) = &file.board else {
        let complaint = context
            .reader
            .at(Rule::BadClaim, log.span(), "`log` needs `board`")
            .help("say whose log it is: board = 4, or board = \"all\"");
        context.reader.complain(complaint);
        return Vec::new();
    };
    let Some(piece) = context.piece(board) else {
        return Vec::new();
    };
    let name = Piece {
        text: format!("board[{}].log", piece.text),
        span: piece.span,
    };
    let channels = channels::resolve(&name, context.extent, context.reader);
    let channels = channels.unwrap_or_default().into_iter();
    channels.filter_map(|k| Some((k, claim.clone()?))).collect()
}

fn log_claim(log: &Text, file: &ExpectFile, context: &mut Context) -> Option<Claim> {
    let text = context.word(log)?.text;
    let complaint = match (&file.within, &file.never) {
        (Some(within), None) => {
            let within = context.delay(within)?;
            return Some(Claim::Logged { text, within });
        }
        (None, Some(never)) if matches!(never.get_ref(), Node::Bool(true)) => {
            return Some(Claim::NeverLogged { text });
        }
        (None, Some(never)) => context
            .reader
            .at(
                Rule::BadClaim,
                never.span(),
                "a line never comes, or it is not claimed",
            )
            .expected("never = true"),
        (None, None) => context
            .reader
            .at(
                Rule::BadClaim,
                log.span(),
                "`log` needs `within`, or never = true",
            )
            .help("every wait has a deadline: add within = \"$reaction\", for example"),
        (Some(within), Some(_)) => {
            let message = "`within` and `never` are two claims";
            context.reader.at(Rule::BadClaim, within.span(), message)
        }
    };
    context.reader.complain(complaint);
    None
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
