//! The expressions quantities are written as: numbers with units, `$constants`, `+ - * /`,
//! parentheses, and limits around them. Evaluated while read; nesting is bounded.

use std::ops::Range;

use super::{Quantity, unit};
use crate::units::Dimension;

/// Parentheses and signs may be nested so deep.
const MAX_DEPTH: u8 = 24;

/// What is wrong with an expression, and where in its text.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressionError {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// No constant has this name (without its `$`).
    UnknownConstant(String),
    /// No unit is written like this.
    UnknownUnit(String),
    /// Two quantities that cannot be added, subtracted or make limits together.
    Mixed(Dimension, Dimension),
    /// Two quantities whose product or quotient means nothing here.
    Meaningless(Dimension, Dimension),
    /// Something else was expected.
    Expected(&'static str),
    /// The result is not a finite number.
    NotFinite,
}

/// A lower and an upper limit, at least one of them present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// In the dimension's unit.
    pub low: Option<f64>,
    /// In the dimension's unit.
    pub high: Option<f64>,
    /// What they are.
    pub dimension: Dimension,
}

/// Looks up a constant by its name without `$`.
pub type Lookup<'a> = dyn FnMut(&str) -> Option<Quantity> + 'a;

/// Reads and computes one quantity.
///
/// # Errors
/// When the text is no expression, names an unknown constant or unit, or combines dimensions that
/// do not go together.
pub fn evaluate(text: &str, lookup: &mut Lookup) -> Result<Quantity, ExpressionError> {
    let mut parser = Parser::new(text, lookup);
    let found = parser.sum(0)?;
    parser.end()?;
    Ok(Quantity {
        value: rounded(found.value),
        ..found
    })
}

/// Without the dust of binary fractions: what people write is decimal, and records are read.
fn rounded(value: f64) -> f64 {
    let scaled = value * 1e9;
    if scaled.is_finite() {
        scaled.round() / 1e9
    } else {
        value
    }
}

/// Reads limits: `a .. b`, `a ± b`, `a ± 10 %`, `< a`, `<= a`, `> a`, `>= a`. Around a percentage,
/// `±` counts percentage points.
///
/// # Errors
/// As [`evaluate`], and when the two sides have different dimensions.
pub fn limits(text: &str, lookup: &mut Lookup) -> Result<Limits, ExpressionError> {
    let mut parser = Parser::new(text, lookup);
    let one_sided = ["<=", ">=", "<", ">"]
        .into_iter()
        .find(|sign| parser.eat(sign));
    let first = parser.sum(0)?;
    let found = match one_sided {
        Some(sign) => {
            let upper = sign.starts_with('<');
            Limits {
                low: (!upper).then_some(first.value),
                high: upper.then_some(first.value),
                dimension: first.dimension,
            }
        }
        None if parser.eat("..") => {
            let second = parser.sum(0)?;
            parser.same(first, second)?;
            Limits {
                low: Some(first.value),
                high: Some(second.value),
                dimension: first.dimension,
            }
        }
        None if parser.eat("±") => {
            let second = parser.sum(0)?;
            let half = match (first.dimension, second.dimension) {
                (Dimension::Percent, Dimension::Percent) => second.value,
                (_, Dimension::Percent) => first.value.abs() * second.value / 100.0,
                _ => {
                    parser.same(first, second)?;
                    second.value
                }
            };
            Limits {
                low: Some(first.value - half),
                high: Some(first.value + half),
                dimension: first.dimension,
            }
        }
        None => return Err(parser.expected("limits: `a .. b`, `a ± b`, `< a` or `> a`")),
    };
    parser.end()?;
    Ok(Limits {
        low: found.low.map(rounded),
        high: found.high.map(rounded),
        ..found
    })
}

struct Parser<'a, 'l> {
    text: &'a str,
    at: usize,
    lookup: &'a mut Lookup<'l>,
}

impl<'a, 'l> Parser<'a, 'l> {
    fn new(text: &'a str, lookup: &'a mut Lookup<'l>) -> Self {
        let mut parser = Self {
            text,
            at: 0,
            lookup,
        };
        parser.skip_space();
        parser
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.skip_space();
        }
        found
    }

    /// Takes the longest run of characters that satisfy `test`.
    fn run(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn error(&self, from: usize, problem: Problem) -> ExpressionError {
        let end = self.text[..self.at].trim_end().len().max(from);
        ExpressionError {
            at: from..end,
            problem,
        }
    }

    fn expected(&self, what: &'static str) -> ExpressionError {
        let len = self.rest().chars().next().map_or(0, char::len_utf8);
        ExpressionError {
            at: self.at..self.at + len,
            problem: Problem::Expected(what),
        }
    }

    fn end(&self) -> Result<(), ExpressionError> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.expected("an operator or the end"))
        }
    }

    fn same(&self, a: Quantity, b: Quantity) -> Result<(), ExpressionError> {
        if a.dimension == b.dimension {
            Ok(())
        } else {
            Err(self.error(0, Problem::Mixed(a.dimension, b.dimension)))
        }
    }

    fn sum(&mut self, depth: u8) -> Result<Quantity, ExpressionError> {
        let from = self.at;
        let mut total = self.term(depth)?;
        loop {
            let sign = if self.eat("+") {
                1.0
            } else if self.eat("-") {
                -1.0
            } else {
                break;
            };
            let right = self.term(depth)?;
            if total.dimension != right.dimension {
                return Err(self.error(from, Problem::Mixed(total.dimension, right.dimension)));
            }
            total.value += sign * right.value;
        }
        if total.value.is_finite() {
            Ok(total)
        } else {
            Err(self.error(from, Problem::NotFinite))
        }
    }

    fn term(&mut self, depth: u8) -> Result<Quantity, ExpressionError> {
        let from = self.at;
        let mut total = self.factor(depth)?;
        loop {
            let multiply = self.eat("*");
            if !multiply && !self.eat("/") {
                return Ok(total);
            }
            let right = self.factor(depth)?;
            let combined = if multiply {
                total.times(right)
            } else {
                total.over(right)
            };
            total = combined.ok_or_else(|| {
                self.error(from, Problem::Meaningless(total.dimension, right.dimension))
            })?;
        }
    }

    fn factor(&mut self, depth: u8) -> Result<Quantity, ExpressionError> {
        if depth == MAX_DEPTH {
            return Err(self.expected("fewer parentheses"));
        }
        if self.eat("-") {
            let inner = self.factor(depth + 1)?;
            return Ok(Quantity {
                value: -inner.value,
                ..inner
            });
        }
        if self.eat("(") {
            let inner = self.sum(depth + 1)?;
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err(self.expected("`)`"))
            };
        }
        match self.rest().chars().next() {
            Some('$') => self.constant(),
            Some('0'..='9') => self.literal(),
            _ => Err(self.expected("a number with its unit, or a `$constant`")),
        }
    }

    fn constant(&mut self) -> Result<Quantity, ExpressionError> {
        let from = self.at;
        self.at += 1;
        let name = self.run(|c| c.is_ascii_alphanumeric() || c == '_');
        let found = (self.lookup)(name);
        let error = self.error(from, Problem::UnknownConstant(name.to_owned()));
        self.skip_space();
        found.ok_or(error)
    }

    fn literal(&mut self) -> Result<Quantity, ExpressionError> {
        let from = self.at;
        self.run(|c| c.is_ascii_digit());
        let mut tail = self.rest().chars();
        if tail.next() == Some('.') && tail.next().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.run(|c| c.is_ascii_digit());
        }
        let number: f64 = self.text[from..self.at]
            .parse()
            .map_err(|_| self.error(from, Problem::Expected("a number")))?;
        self.skip_space();
        let start = self.at;
        let word = |c: char| c.is_alphabetic() || matches!(c, '°' | '%' | 'Ω' | 'µ');
        let whole = self.run(|c| word(c) || c == '/');
        let name = if unit(whole).is_some() {
            whole
        } else {
            whole.split('/').next().unwrap_or_default()
        };
        self.at = start + name.len();
        if name.is_empty() {
            return Ok(Quantity::count(number));
        }
        let (dimension, factor) =
            unit(name).ok_or_else(|| self.error(start, Problem::UnknownUnit(name.to_owned())))?;
        self.skip_space();
        Ok(Quantity {
            value: number * factor,
            dimension,
        })
    }
}
