//! Conditions: `relay.charge = allowed`, `cell[3].voltage >= $vmax + 20 mV`, and several at once.

use crate::channel::Kind;
use crate::diagnostic::Rule;
use crate::document::{Node, Piece, Spanned};
use crate::plan::{Condition, Op};

use super::context::Context;

/// The operators as written, longest first.
const OPERATORS: &[(&str, Op)] = &[
    ("<=", Op::Le),
    (">=", Op::Ge),
    ("!=", Op::Ne),
    ("<", Op::Lt),
    (">", Op::Gt),
    ("=", Op::Eq),
];

/// One condition, or a list of which all must hold.
pub fn lower(node: &Spanned<Node>, context: &mut Context) -> Option<Condition> {
    match node.get_ref() {
        Node::List(items) => several(items, context).map(Condition::All),
        _ => {
            let piece = context.piece(node)?;
            compare(&piece, context)
        }
    }
}

/// The conditions of a list, or of a single text.
pub fn list(node: &Spanned<Node>, context: &mut Context) -> Option<Vec<Condition>> {
    match node.get_ref() {
        Node::List(items) => several(items, context),
        _ => lower(node, context).map(|condition| vec![condition]),
    }
}

fn several(items: &[Spanned<Node>], context: &mut Context) -> Option<Vec<Condition>> {
    let found: Vec<_> = items.iter().map(|item| lower(item, context)).collect();
    found.into_iter().collect()
}

/// A channel (or several, which all must) against a number or a state.
fn compare(piece: &Piece, context: &mut Context) -> Option<Condition> {
    let text = piece.text.as_str();
    let found = OPERATORS
        .iter()
        .filter_map(|(sign, op)| text.find(sign).map(|at| (at, *sign, *op)))
        .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
    let Some((at, sign, op)) = found else {
        let message = format!("`{text}` is no condition");
        let complaint = context
            .reader
            .at(Rule::BadExpression, piece.span.clone(), message)
            .expected("a channel, one of < <= = != >= >, and a value");
        context.reader.complain(complaint);
        return None;
    };
    let left = part(piece, 0, at, context);
    let right = part(piece, at + sign.len(), text.len(), context);
    let channels = context.resolve(&left)?;
    let mut all = Vec::new();
    for channel in channels {
        let ordered = matches!(channel.kind(), Kind::Quantity(_));
        if !ordered && !matches!(op, Op::Eq | Op::Ne) {
            let message = format!("{channel} is a state and has no order");
            let complaint = context
                .reader
                .at(Rule::BadExpression, piece.span.clone(), message);
            context.reader.complain(complaint.expected("`=` or `!=`"));
            return None;
        }
        let value = context.value(&right, channel.kind())?;
        context.observe.insert(channel);
        all.push(Condition::Compare { channel, op, value });
    }
    match all.len() {
        1 => all.pop(),
        _ => Some(Condition::All(all)),
    }
}

/// A part of a text as a piece of its own. Its place excludes the quotes, unlike a whole value's.
fn part(piece: &Piece, from: usize, to: usize, context: &Context) -> Piece {
    let text = &piece.text[from..to];
    let start = from + text.len() - text.trim_start().len();
    let text = text.trim();
    let place = context.reader.part(piece, start..start + text.len());
    let exact = context.reader.source.text.get(place.clone()) == Some(text);
    Piece {
        text: text.to_owned(),
        // A piece's span holds the quotes; one byte on each side stands in for them.
        span: if exact {
            place.start.saturating_sub(1)..place.end + 1
        } else {
            piece.span.clone()
        },
    }
}
