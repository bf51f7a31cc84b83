//! What is wrong with an input file, where, and what would be right.
//!
//! Deliberately prints nothing: [`Diagnostic::render`] gives the text.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

/// A text file that was read: its path as people know it, and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path, relative to where people look.
    pub path: String,
    /// Content.
    pub text: String,
}

impl Source {
    /// A source that can be shared by everything that comes from it.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
        })
    }

    /// Line and column, both from 1, of a byte.
    #[must_use]
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() + 1;
        (clamp(line), clamp(column))
    }
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The rule an input breaks. `fixtures/cases-invalid` has a file for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The file is not TOML.
    Syntax,
    /// A key that means nothing here.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of another TOML type than expected.
    WrongType,
    /// An id, name or tag with characters that are not allowed.
    BadName,
    /// Two cases, profiles, rigs or requirements with one id.
    DuplicateId,
    /// `verifies` names no requirement.
    UnknownRequirement,
    /// `pack.profile` names no profile.
    UnknownProfile,
    /// `plant.cells.model` names no cell.
    UnknownCell,
    /// A plant that cannot be, or something of it where it has no meaning.
    BadPlant,
    /// A pack no DUT has.
    BadPack,
    /// No instance, too many of them, or two with one id.
    ImpossibleMatrix,
    /// `{name}` that `each` does not give.
    UnknownName,
    /// A name that is given and never used.
    UnusedName,
    /// A channel that does not exist.
    UnknownChannel,
    /// A cell, link, sensor, key or bank the pack does not have.
    OutsidePack,
    /// A stimulus on a channel that cannot be driven, or by the wrong verb.
    WrongVerb,
    /// A bare number where a quantity is expected.
    MissingUnit,
    /// A unit that does not exist.
    UnknownUnit,
    /// A quantity of another dimension than the channel's.
    WrongDimension,
    /// A `$constant` that does not exist.
    UnknownConstant,
    /// Not a quantity, limits or condition at all.
    BadExpression,
    /// Limits of which the lower is above the upper.
    EmptyLimits,
    /// A number outside what the profile allows to be applied.
    OutsideEnvelope,
    /// A word that is no state of the channel.
    UnknownState,
    /// An expectation without a claim, with two, or with a key its claim does not take.
    BadClaim,
    /// A field log that cannot be read or played.
    BadLog,
    /// A search that could find nothing.
    BadSearch,
    /// A case that expects nothing.
    EmptyCase,
    /// A filter, tag or shard that selects nothing.
    NothingSelected,
}

impl Rule {
    /// The rule's word, as in file names and messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::BadName => "bad-name",
            Self::DuplicateId => "duplicate-id",
            Self::UnknownRequirement => "unknown-requirement",
            Self::UnknownProfile => "unknown-profile",
            Self::UnknownCell => "unknown-cell",
            Self::BadPlant => "bad-plant",
            Self::BadPack => "bad-pack",
            Self::ImpossibleMatrix => "impossible-matrix",
            Self::UnknownName => "unknown-name",
            Self::UnusedName => "unused-name",
            Self::UnknownChannel => "unknown-channel",
            Self::OutsidePack => "outside-pack",
            Self::WrongVerb => "wrong-verb",
            Self::MissingUnit => "missing-unit",
            Self::UnknownUnit => "unknown-unit",
            Self::WrongDimension => "wrong-dimension",
            Self::UnknownConstant => "unknown-constant",
            Self::BadExpression => "bad-expression",
            Self::EmptyLimits => "empty-limits",
            Self::OutsideEnvelope => "outside-envelope",
            Self::UnknownState => "unknown-state",
            Self::BadClaim => "bad-claim",
            Self::BadLog => "bad-log",
            Self::BadSearch => "bad-search",
            Self::EmptyCase => "empty-case",
            Self::NothingSelected => "nothing-selected",
        }
    }
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong, as a sentence without full stop.
    pub message: String,
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What would be right there.
    pub expected: Option<String>,
    /// The nearest right name.
    pub nearest: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    #[serde(skip)]
    source: Arc<Source>,
}

impl Diagnostic {
    /// Something wrong at these bytes of this file.
    #[must_use]
    pub fn new(
        rule: Rule,
        source: &Arc<Source>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let span = within(&source.text, span);
        let (line, column) = source.position(span.start);
        Self {
            rule,
            message: message.into(),
            file: source.path.clone(),
            line,
            column,
            span,
            expected: None,
            nearest: None,
            help: None,
            source: Arc::clone(source),
        }
    }

    /// Says what would be right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Names the nearest right name, if any is near enough.
    #[must_use]
    pub fn nearest<'a>(
        mut self,
        found: &str,
        names: impl IntoIterator<Item = impl Into<&'a str>>,
    ) -> Self {
        self.nearest = nearest(found, names);
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The message as a person reads it in a terminal, with the place in the file.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let title = Level::ERROR
            .primary_title(self.message.as_str())
            .id(self.rule.word());
        let mut group = if self.source.text.is_empty() {
            title.element(annotate_snippets::Origin::path(self.file.as_str()))
        } else {
            title.element(
                Snippet::source(self.source.text.as_str())
                    .path(self.file.as_str())
                    .annotation(
                        AnnotationKind::Primary
                            .span(self.span.clone())
                            .label(self.expected.as_ref().map(|e| format!("expected {e}"))),
                    ),
            )
        };
        if let Some(name) = &self.nearest {
            group = group.element(Level::HELP.message(format!("did you mean `{name}`?")));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

/// Keeps a span inside the text and on character borders, whatever a parser said.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = border(span.start);
    start..border(span.end).max(start)
}

/// The name most like `found`, if one is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(
    found: &str,
    names: impl IntoIterator<Item = impl Into<&'a str>>,
) -> Option<String> {
    let best = names
        .into_iter()
        .map(Into::into)
        .map(|name| (strsim::damerau_levenshtein(found, name), name))
        .min_by_key(|(distance, _)| *distance)?;
    let bound = (found.chars().count().max(best.1.chars().count()) / 2).max(1);
    (best.0 <= bound).then(|| best.1.to_owned())
}
