//! What a record says, arranged for reports: outcomes of cases, judgements beside the words of
//! their expectations, margins, and how to see a result again. Nothing is judged here.

mod case;
mod outcome;

use hil_core::event::Event;
use hil_core::ports::{Identity, SafeState};
use hil_core::{Span, Verdict};

pub use case::{CaseView, ExpectationView, StepTimes, span};
pub use outcome::{Outcome, symbol};

use crate::record::{Finding, Record};

/// A whole run.
#[derive(Debug)]
pub struct RunView<'a> {
    /// The record it reads.
    pub record: &'a Record,
    /// Version of the harness.
    pub tool: &'a str,
    /// Seed of the run.
    pub seed: u64,
    /// Arguments that change what a case does.
    pub arguments: &'a [String],
    /// SHA-256 of the rig file, hex.
    pub rig_sha256: &'a str,
    /// SHA-256 of the case and profile files by their paths.
    pub inputs_sha256: Vec<(&'a str, &'a str)>,
    /// Serial number of the DUT.
    pub dut_serial: Option<&'a str>,
    /// Hardware revision of the DUT.
    pub hardware_revision: Option<&'a str>,
    /// Who the rig is.
    pub identity: Option<&'a Identity>,
    /// The boards, as they were flashed.
    pub flashed: Vec<Flashed<'a>>,
    /// Instances that do not fit the rig, with reasons.
    pub skipped: &'a [(String, String)],
    /// The planned instances, in plan order.
    pub cases: Vec<CaseView<'a>>,
    /// What the rig said when it was made safe at the end of the run.
    pub safe: Option<&'a SafeState>,
    /// Troubles that belong to no case.
    pub troubles: Vec<Trouble<'a>>,
}

/// A board that was erased, programmed and verified.
#[derive(Clone, Copy, Debug)]
pub struct Flashed<'a> {
    /// Board, from 1.
    pub board: u16,
    /// Which image.
    pub image: &'a str,
    /// SHA-256 of the ELF file, hex.
    pub image_sha256: &'a str,
    /// SHA-256 of what was read back, hex.
    pub read_back_sha256: &'a str,
    /// Bytes read back and compared.
    pub verified: u32,
    /// The board it is a copy of.
    pub copy_of: Option<u16>,
}

/// Why a case or run did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// Trouble of the rig.
    Rig(&'a str),
    /// Stopped by an interlock or a person.
    Stopped(&'a str),
}

impl<'a> RunView<'a> {
    /// Arranges a record.
    #[must_use]
    pub fn new(record: &'a Record) -> Self {
        let mut view = Self {
            record,
            tool: "",
            seed: 0,
            arguments: &[],
            rig_sha256: "",
            inputs_sha256: Vec::new(),
            dut_serial: None,
            hardware_revision: None,
            identity: None,
            flashed: Vec::new(),
            skipped: &[],
            cases: record.cases.iter().map(CaseView::new).collect(),
            safe: None,
            troubles: Vec::new(),
        };
        for line in &record.lines {
            view.take(&line.event);
        }
        let of_case = || view.cases.iter().find_map(|case| case.identity);
        view.identity = view.identity.or_else(of_case);
        view
    }

    fn take(&mut self, event: &'a Event) {
        match event {
            Event::RunStarted {
                tool,
                seed,
                arguments,
                rig_sha256,
                inputs_sha256,
                skipped,
                dut_serial,
                hardware_revision,
                ..
            } => {
                self.tool = tool;
                self.seed = *seed;
                self.arguments = arguments;
                self.rig_sha256 = rig_sha256;
                let inputs = inputs_sha256.iter();
                self.inputs_sha256 = inputs.map(|(path, hash)| (&**path, &**hash)).collect();
                self.skipped = skipped;
                self.dut_serial = dut_serial.as_deref();
                self.hardware_revision = hardware_revision.as_deref();
            }
            Event::Identified { identity } => self.identity = Some(identity),
            Event::Flashed {
                board,
                image,
                image_sha256,
                verified,
                read_back_sha256,
                copy_of,
                ..
            } => self.flashed.push(Flashed {
                board: *board,
                image,
                image_sha256,
                read_back_sha256,
                verified: *verified,
                copy_of: *copy_of,
            }),
            Event::Safe { state } => self.safe = Some(state),
            Event::RigError { message } => self.troubles.push(Trouble::Rig(message)),
            Event::Aborted { reason } => self.troubles.push(Trouble::Stopped(reason)),
            _ => {}
        }
    }

    /// The worst verdict of the run: the one it ended with, else the worst of the cases that
    /// ended.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let worst = || self.cases.iter().filter_map(|c| c.outcome.verdict()).max();
        self.record.verdict().or_else(worst)
    }

    /// How many cases ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|c| c.outcome == outcome).count()
    }

    /// Bench time of all cases together.
    #[must_use]
    pub fn bench_time(&self) -> Span {
        let total = |sum, case: &CaseView<'_>| sum + case.duration();
        self.cases.iter().fold(Span::ZERO, total)
    }

    /// The command that runs a case again in the same way.
    #[must_use]
    pub fn reproduce(&self, id: &str) -> String {
        let mut words = vec!["cargo run -p hil -- run".to_owned()];
        words.extend(self.arguments.iter().map(|word| shell_word(word)));
        words.push(format!("--seed {}", self.seed));
        words.push(shell_word(id));
        words.join(" ")
    }

    /// What is missing in the record or does not hold together.
    #[must_use]
    pub fn findings(&self) -> &'a [Finding] {
        &self.record.findings
    }
}

impl Trouble<'_> {
    /// What it means for the run.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Rig(_) => Verdict::RigError,
            Self::Stopped(_) => Verdict::Aborted,
        }
    }

    /// As a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Rig(message) => format!("rig error: {message}"),
            Self::Stopped(reason) => format!("stopped: {reason}"),
        }
    }
}

/// A word as a POSIX shell takes it, quoted only when it has to be.
fn shell_word(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_=/.,:@%+".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words_are_quoted_only_when_they_must_be() {
        assert_eq!(shell_word("charge-vmax/cell=3"), "charge-vmax/cell=3");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
