//! Verdicts, from best to worst, and the exit code of a run.

use serde::{Deserialize, Serialize};

/// The outcome of an expectation, a case or a run, ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Seen as expected.
    Pass,
    /// Seen as expected with a margin under 10 % of the limit span.
    Marginal,
    /// Not enough was measured to say.
    Inconclusive,
    /// The DUT did not do what was expected.
    Fail,
    /// Stopped by an interlock or a person.
    Aborted,
    /// Trouble of the rig, never a failure of the DUT.
    RigError,
}

impl Verdict {
    /// The word used in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Marginal => "marginal",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Aborted => "aborted",
            Self::RigError => "rig-error",
        }
    }
}

/// The worst of some verdicts; nothing judged is inconclusive.
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let worst = verdicts.into_iter().max();
    worst.unwrap_or(Verdict::Inconclusive)
}

/// Exit code of a run with these verdicts: 1 a DUT failed, whatever else happened; else 4 stopped
/// by interlock or person; else 3 rig error; else 5 inconclusive, as is a run without any verdict;
/// else 0.
pub fn exit_code(verdicts: impl IntoIterator<Item = Verdict>) -> u8 {
    let rank = |v: Verdict| match v {
        Verdict::Pass | Verdict::Marginal => (0, 0),
        Verdict::Inconclusive => (1, 5),
        Verdict::RigError => (2, 3),
        Verdict::Aborted => (3, 4),
        Verdict::Fail => (4, 1),
    };
    verdicts
        .into_iter()
        .map(rank)
        .max()
        .map_or(5, |(_, code)| code)
}
