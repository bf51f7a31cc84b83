//! How a case instance ended: a verdict, or none.

use hil_core::Verdict;

/// How a case instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a verdict.
    Ended(Verdict),
    /// It began, and its record does not reach its end.
    Unfinished,
    /// It was planned and never began.
    NotRun,
}

impl Outcome {
    /// The verdict it ended with.
    #[must_use]
    pub const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Ended(verdict) => Some(verdict),
            Self::Unfinished | Self::NotRun => None,
        }
    }

    /// The word used in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended(verdict) => verdict.word(),
            Self::Unfinished => "unfinished",
            Self::NotRun => "not run",
        }
    }

    /// A sign that can be told apart without colour.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Ended(verdict) => symbol(verdict),
            Self::Unfinished => "…",
            Self::NotRun => "○",
        }
    }

    /// Whether a person has to look at it.
    #[must_use]
    pub const fn needs_attention(self) -> bool {
        !matches!(
            self,
            Self::Ended(Verdict::Pass | Verdict::Marginal) | Self::NotRun
        )
    }
}

/// A sign that can be told apart without colour.
#[must_use]
pub const fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Marginal => "≈",
        Verdict::Inconclusive => "?",
        Verdict::Fail => "✗",
        Verdict::Aborted => "■",
        Verdict::RigError => "!",
    }
}
