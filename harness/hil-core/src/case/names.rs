//! The names an instance gives (`{cell}`) and their filling into texts.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::diagnostic::Rule;
use crate::document::{Piece, Reader};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number: takes part in `{cell + 1}`.
    Whole(i64),
    /// Any text.
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// The names of one instance, in the order of the file, and which of them were used.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Names and values.
    pub all: Vec<(String, Value)>,
    /// Names that stood in a text.
    pub used: RefCell<BTreeSet<String>>,
}

impl Names {
    /// The text with every `{name}` and `{name + 1}` filled in.
    pub fn fill(&self, piece: Piece, reader: &mut Reader) -> Option<Piece> {
        let mut filled = String::new();
        let mut rest = piece.text.as_str();
        while let Some((before, tail)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((inside, after)) = tail.split_once('}') else {
                let complaint = reader.at(Rule::BadExpression, piece.span, "`{` is not closed");
                reader.complain(complaint.expected("`}`"));
                return None;
            };
            let from = piece.text.len() - tail.len();
            let place = reader.part(&piece, from..from + inside.len());
            filled.push_str(&self.value(inside, place, reader)?);
            rest = after;
        }
        filled.push_str(rest);
        Some(Piece {
            text: filled,
            span: piece.span,
        })
    }

    /// `name`, or `name` with a whole number added or taken away.
    fn value(&self, inside: &str, place: Range<usize>, reader: &mut Reader) -> Option<String> {
        let (name, offset) = match inside.split_once(['+', '-']) {
            None => (inside.trim(), None),
            Some((name, number)) => {
                let sign = if inside.contains('+') { 1 } else { -1 };
                let Ok(number) = number.trim().parse::<u16>() else {
                    let message = format!("`{{{inside}}}` adds no whole number");
                    let complaint = reader.at(Rule::BadExpression, place, message);
                    reader.complain(complaint.expected("such as `{cell + 1}`"));
                    return None;
                };
                (name.trim(), Some(sign * i64::from(number)))
            }
        };
        let Some((_, value)) = self.all.iter().find(|(n, _)| n == name) else {
            let message = format!("`each` gives no name `{name}`");
            let complaint = reader
                .at(Rule::UnknownName, place, message)
                .nearest(name, self.all.iter().map(|(n, _)| n.as_str()));
            reader.complain(complaint);
            return None;
        };
        self.used.borrow_mut().insert(name.to_owned());
        match (value, offset) {
            (value, None) => Some(value.to_string()),
            (Value::Whole(number), Some(offset)) => Some((number + offset).to_string()),
            (Value::Word(word), Some(_)) => {
                let message = format!("`{name}` is `{word}`, which is no whole number to add to");
                let complaint = reader.at(Rule::BadExpression, place, message);
                reader.complain(complaint);
                None
            }
        }
    }
}
