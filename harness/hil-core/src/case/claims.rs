//! Expectations: a signal, exactly one claim about it, and what narrows the window. What the claims
//! take is the business of `claim`.

use std::ops::Range;

use crate::channel::Channel;
use crate::diagnostic::Rule;
use crate::document::{Node, Spanned};
use crate::plan::{Await, Claim, Condition, Expectation};

use super::claim::{claim, logged};
use super::conditions;
use super::context::Context;
use super::file::{AwaitFile, ExpectFile};
use super::sentence::sentence;

/// The claims of the language with the keys each of them takes beside `after` and `while`.
const CLAIMS: &[(&str, &[&str])] = &[
    ("is", &["for"]),
    ("becomes", &["within", "for"]),
    ("stays", &["for"]),
    ("never", &["for"]),
    ("changes", &["for"]),
    ("between", &["of", "minus", "at", "for"]),
    ("settles", &["within", "for"]),
    ("blinks", &["on", "periods"]),
    ("follows", &["within", "lag"]),
];

/// The keys a line of a log takes beside `log`, `after` and `while`.
const LOG: &[&str] = &["board", "within", "never", "for"];

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
    let mut narrowing = |node: &Option<Spanned<Node>>| {
        let node = node.as_ref()?;
        Some(conditions::lower(node, context))
    };
    let (after, during) = (narrowing(&file.after), narrowing(&file.during));
    let mut expectations = Vec::new();
    for (signal, claim) in claimed(file, span, context) {
        let lasting = match claim.has_deadline() {
            true => None,
            false => file.span.as_ref().and_then(|node| context.span(node)),
        };
        let (Some(after), Some(during)) = (settled(&after), settled(&during)) else {
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

/// What is claimed of which channels.
fn claimed(file: &ExpectFile, whole: Range<usize>, context: &mut Context) -> Vec<(Channel, Claim)> {
    match (&file.signal, &file.log) {
        (Some(signal), None) => {
            let channels = context.channels(signal).unwrap_or_default();
            let Some(word) = claim_word(file, whole, context) else {
                return Vec::new();
            };
            let mut claims = Vec::new();
            for signal in channels {
                context.observe.insert(signal);
                let Some(claim) = claim(word, signal, file, context) else {
                    break;
                };
                claims.push((signal, claim));
            }
            claims
        }
        (None, Some(log)) => {
            let given = keys(file);
            let stray = given.iter().find(|(key, _)| !LOG.contains(key));
            if let Some((key, span)) = stray {
                let message = format!("`log` does not take `{key}`");
                let complaint = context.reader.at(Rule::BadClaim, span.clone(), message);
                context.reader.complain(complaint);
                return Vec::new();
            }
            logged(log, file, context)
        }
        (signal, _) => {
            let message = match signal {
                Some(_) => "`signal` and `log` are two things to watch",
                None => "nothing is watched",
            };
            let complaint = context
                .reader
                .at(Rule::BadClaim, whole, message)
                .expected("`signal` or `log`, one of them");
            context.reader.complain(complaint);
            Vec::new()
        }
    }
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
            .expected(
                "one of is, becomes, stays, never, changes, between, settles, blinks, follows",
            ),
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
        node("changes", &file.changes),
        node("board", &file.board),
        node("between", &file.between),
        node("settles", &file.settles),
        node("blinks", &file.blinks),
        node("on", &file.on),
        node("at", &file.at),
        node("within", &file.within),
        node("for", &file.span),
        file.periods.as_ref().map(|v| ("periods", v.span())),
        file.of.as_ref().map(|v| ("of", v.span())),
        file.minus.as_ref().map(|v| ("minus", v.span())),
        file.follows.as_ref().map(|v| ("follows", v.span())),
        node("lag", &file.lag),
    ]
    .into_iter()
    .flatten()
    .collect()
}
