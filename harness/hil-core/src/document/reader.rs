//! Turns texts of a file into quantities, and what is wrong with them into diagnostics that point
//! at the very part of the text.

use std::ops::Range;
use std::sync::Arc;

use super::{Node, Spanned};
use crate::diagnostic::{Diagnostic, Rule, Source, nearest};
use crate::quantity::{self, ExpressionError, Limits, Problem, Quantity};
use crate::units::Dimension;

/// A file that is being validated, with what was found wrong so far.
#[derive(Debug)]
pub struct Reader {
    /// The file.
    pub source: Arc<Source>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// A text after its placeholders were filled, and where it stands.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Its value's bytes in the file.
    pub span: Range<usize>,
}

/// No constants are known.
pub fn no_constants(_: &str) -> Option<Quantity> {
    None
}

impl Reader {
    /// A reader without complaints yet.
    #[must_use]
    pub fn new(source: &Arc<Source>) -> Self {
        Self {
            source: Arc::clone(source),
            diagnostics: Vec::new(),
        }
    }

    /// Adds a complaint.
    pub fn complain(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// After validating a file of which parts could not be read: drops what may only be missed
    /// because of that. The first `structural` complaints are those about the parts.
    pub fn drop_consequences(&mut self, structural: usize) {
        if structural == 0 {
            return;
        }
        let missed = [
            Rule::MissingKey,
            Rule::UnusedName,
            Rule::EmptyCase,
            Rule::BadClaim,
        ];
        let mut number = 0;
        self.diagnostics.retain(|diagnostic| {
            number += 1;
            number <= structural || !missed.contains(&diagnostic.rule)
        });
    }

    /// A complaint about these bytes, to be completed and added.
    #[must_use]
    pub fn at(&self, rule: Rule, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(rule, &self.source, span, message)
    }

    /// The text of a value that must be one. A number is taken as the text of a bare number, so
    /// that the complaint about it is the one about its missing unit.
    pub fn piece(&mut self, node: &Spanned<Node>) -> Option<Piece> {
        let text = match node.get_ref() {
            Node::Text(text) => text.clone(),
            Node::Number(number) => number.to_string(),
            other => {
                let message = format!("{} is not possible here", other.kind());
                let complaint = self.at(Rule::WrongType, node.span(), message);
                self.complain(complaint.expected("a text such as \"3.30 V\""));
                return None;
            }
        };
        Some(Piece {
            text,
            span: node.span(),
        })
    }

    /// The bytes of the file that hold a part of a piece; all of it when placeholders or escapes
    /// moved the parts.
    #[must_use]
    pub fn part(&self, piece: &Piece, part: Range<usize>) -> Range<usize> {
        let raw = self.source.text.get(piece.span.clone()).unwrap_or("");
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
        if inner == piece.text {
            let start = piece.span.start + 1;
            start + part.start..start + part.end
        } else {
            piece.span.clone()
        }
    }

    /// Reads a quantity of this dimension.
    pub fn quantity(
        &mut self,
        piece: &Piece,
        dimension: Dimension,
        names: &[&str],
        lookup: &mut dyn FnMut(&str) -> Option<Quantity>,
    ) -> Option<f64> {
        match quantity::evaluate(&piece.text, lookup) {
            Ok(found) => self
                .dimension(piece, found.dimension, dimension)
                .then_some(found.value),
            Err(error) => {
                self.expression(piece, &error, dimension, names);
                None
            }
        }
    }

    /// Reads limits of this dimension.
    pub fn limits(
        &mut self,
        piece: &Piece,
        dimension: Dimension,
        names: &[&str],
        lookup: &mut dyn FnMut(&str) -> Option<Quantity>,
    ) -> Option<Limits> {
        let found = match quantity::limits(&piece.text, lookup) {
            Ok(found) => found,
            Err(error) => {
                self.expression(piece, &error, dimension, names);
                return None;
            }
        };
        if !self.dimension(piece, found.dimension, dimension) {
            return None;
        }
        if let (Some(low), Some(high)) = (found.low, found.high)
            && low > high
        {
            let message = format!(
                "no value lies between {} and {}",
                quantity::show(low, dimension),
                quantity::show(high, dimension)
            );
            let complaint = self.at(Rule::EmptyLimits, piece.span.clone(), message);
            self.complain(complaint.expected("the lower limit first"));
            return None;
        }
        Some(found)
    }

    fn dimension(&mut self, piece: &Piece, found: Dimension, wanted: Dimension) -> bool {
        if found == wanted {
            return true;
        }
        let complaint = if found == Dimension::Count {
            self.missing_unit(piece.span.clone(), &piece.text, wanted)
        } else {
            let message = format!("`{}` is {}", piece.text, found.word());
            self.at(Rule::WrongDimension, piece.span.clone(), message)
                .expected(in_units(wanted))
        };
        self.complain(complaint);
        false
    }

    fn missing_unit(&self, span: Range<usize>, text: &str, wanted: Dimension) -> Diagnostic {
        let unit = wanted.unit();
        self.at(Rule::MissingUnit, span, format!("`{text}` has no unit"))
            .expected(in_units(wanted))
            .help(format!(
                "a quantity is a text with a unit: \"{text} {unit}\""
            ))
    }

    fn expression(
        &mut self,
        piece: &Piece,
        error: &ExpressionError,
        wanted: Dimension,
        names: &[&str],
    ) {
        let span = self.part(piece, error.at.clone());
        let text = piece.text.get(error.at.clone()).unwrap_or("").trim();
        let complaint = match &error.problem {
            Problem::UnknownConstant(name) => {
                let message = format!("no constant is called `${name}`");
                let mut complaint = self.at(Rule::UnknownConstant, span, message);
                complaint.nearest =
                    nearest(name, names.iter().copied()).map(|name| format!("${name}"));
                complaint
            }
            Problem::UnknownUnit(name) => {
                let units: Vec<_> = quantity::units_of(wanted).collect();
                let complaint = self.at(Rule::UnknownUnit, span, format!("`{name}` is no unit"));
                if units.is_empty() {
                    complaint.nearest(name, quantity::unit_names())
                } else {
                    complaint.expected(in_units(wanted)).nearest(name, units)
                }
            }
            Problem::Mixed(a, b) if *a == Dimension::Count || *b == Dimension::Count => {
                let other = if *a == Dimension::Count { *b } else { *a };
                self.at(
                    Rule::MissingUnit,
                    span,
                    format!("`{text}` puts a bare number together with {}", other.word()),
                )
                .expected(in_units(wanted))
            }
            Problem::Mixed(a, b) => {
                let (a, b) = (a.word(), b.word());
                self.at(
                    Rule::WrongDimension,
                    span,
                    format!("`{text}` puts {a} and {b} together"),
                )
            }
            Problem::Meaningless(a, b) => {
                let (a, b) = (a.word(), b.word());
                let message = format!("`{text}` multiplies or divides {a} by {b}");
                self.at(Rule::WrongDimension, span, message)
                    .help("only products and quotients that are a quantity of a case are known")
            }
            Problem::Expected(what) => {
                let message = if text.is_empty() {
                    format!("`{}` ends too early", piece.text)
                } else {
                    format!("`{}` is not understood at `{text}`", piece.text)
                };
                self.at(Rule::BadExpression, span, message).expected(*what)
            }
            Problem::NotFinite => self.at(
                Rule::BadExpression,
                span,
                format!("`{text}` is no finite number"),
            ),
        };
        self.complain(complaint);
    }
}

/// "a voltage (V, mV)".
fn in_units(dimension: Dimension) -> String {
    let units: Vec<_> = quantity::units_of(dimension).collect();
    if units.is_empty() {
        dimension.word().to_owned()
    } else {
        format!("{} ({})", dimension.word(), units.join(", "))
    }
}
