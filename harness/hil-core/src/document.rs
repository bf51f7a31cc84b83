//! Reading TOML so that every structural error of a file is reported, each with its exact place.
//!
//! Deserializing stops at its first error. [`read`] takes the part it names out of the document
//! and tries again, until what is left can be read or nothing can be taken out.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

mod node;
mod reader;

pub use node::{Entries, Node, Text};
pub use reader::{Piece, Reader, no_constants};
pub use serde_spanned::Spanned;

use crate::diagnostic::{Diagnostic, Rule, Source};

/// Reads a whole file. What is returned is complete only when no diagnostics were added; see
/// [`Reader::drop_consequences`] for validating an incomplete one.
pub fn read<T: DeserializeOwned>(
    source: &Arc<Source>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let (mut root, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        diagnostics.extend(errors.iter().map(|error| syntax(source, error)));
        return None;
    }
    let present: Vec<String> = root.get_ref().keys().map(|key| key.to_string()).collect();
    loop {
        let error = match T::deserialize(Deserializer::from(root.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let diagnostic = structure(source, &error);
        let span = error.span().unwrap_or(0..0);
        if span.is_empty() {
            // A key of the whole file is missing: perhaps one that was taken out before.
            let taken_out = present.iter().any(|key| Some(key.as_str()) == name(&error));
            if !taken_out {
                diagnostics.push(diagnostic);
            }
            return None;
        }
        diagnostics.push(diagnostic);
        if !remove_from_table(root.get_mut(), &span) {
            return None;
        }
    }
}

fn syntax(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    Diagnostic::new(Rule::Syntax, source, span, error.message())
}

/// The first name in a complaint.
fn name(error: &toml::de::Error) -> Option<&str> {
    error.message().split('`').nth(1)
}

/// Puts a deserializer's complaint into this crate's words.
fn structure(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let make = |rule, text: String| Diagnostic::new(rule, source, span.clone(), text);
    if message.starts_with("unknown field") {
        let (found, known) = names.split_first().map_or(("", &[][..]), |(f, k)| (*f, k));
        make(Rule::UnknownKey, format!("unknown key `{found}`"))
            .expected(format!("one of {}", known.join(", ")))
            .nearest(found, known.iter().copied())
    } else if message.starts_with("missing field") {
        let found = names.first().copied().unwrap_or_default();
        let first_line = source.text[span.clone()].lines().next().unwrap_or_default();
        let span = span.start..span.start + first_line.len();
        Diagnostic::new(
            Rule::MissingKey,
            source,
            span,
            format!("the key `{found}` is missing"),
        )
    } else if message.starts_with("unknown variant") {
        let (found, known) = names.split_first().map_or(("", &[][..]), |(f, k)| (*f, k));
        make(Rule::WrongType, format!("`{found}` is not possible here"))
            .expected(format!("one of {}", known.join(", ")))
            .nearest(found, known.iter().copied())
    } else {
        let (found, expected) = message.split_once(", expected ").unwrap_or((message, ""));
        let diagnostic = make(Rule::WrongType, found.to_owned());
        if expected.is_empty() {
            diagnostic
        } else {
            diagnostic.expected(expected)
        }
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Takes out the innermost entry that contains the span; false when there is none.
fn remove_from_table(table: &mut DeTable, span: &Range<usize>) -> bool {
    let found = table.iter_mut().find_map(|(key, value)| {
        let here = contains(&key.span(), span);
        (here || contains(&value.span(), span)).then(|| {
            let done = !here && remove_from_value(value.get_mut(), span);
            (key.clone(), done)
        })
    });
    match found {
        Some((_, true)) => true,
        Some((key, false)) => table.remove(&key).is_some(),
        None => table
            .iter_mut()
            .any(|(_, value)| remove_from_value(value.get_mut(), span)),
    }
}

fn remove_from_value(value: &mut DeValue, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => remove_from_table(table, span),
        DeValue::Array(items) => {
            let found = items.iter().position(|item| contains(&item.span(), span));
            match found {
                Some(at) => {
                    let done = items
                        .get_mut(at)
                        .is_some_and(|item| remove_from_value(item.get_mut(), span));
                    if !done {
                        let mut kept = DeArray::new();
                        let others = items.iter().enumerate().filter(|(i, _)| *i != at);
                        others.for_each(|(_, item)| kept.push(item.clone()));
                        *items = kept;
                    }
                    true
                }
                None => items
                    .iter_mut()
                    .any(|item| remove_from_value(item.get_mut(), span)),
            }
        }
        _ => false,
    }
}
