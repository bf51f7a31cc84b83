//! Checking a record: what was changed, cut off, lost, or never finished.

use std::fs;
use std::path::Path;

use thiserror::Error;

use super::chain::{Fault, Stream, sha256};
use super::reader::{Record, RecordError};
use super::{HOST, JUNIT};

/// Something that a whole, untouched record does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Finding {
    /// The stream is intact as far as it goes, but does not come to its end: killed, or still
    /// running.
    #[error("{file}: {what} is unfinished; what is there is intact")]
    Unfinished {
        /// The stream.
        file: String,
        /// `the run` or `the case`.
        what: &'static str,
    },
    /// The stream ends within a line.
    #[error("{file}:{line}: cut off within this line")]
    CutOff {
        /// The stream.
        file: String,
        /// The incomplete line, from 1.
        line: u64,
    },
    /// A line is not what it was when it was written. Only the first of a stream is reported;
    /// nothing behind it can be trusted either.
    #[error("{file}:{line}: changed: {fault}")]
    Changed {
        /// The stream.
        file: String,
        /// The first line that is wrong, from 1.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A case's stream is consistent in itself, but it is not the one the run recorded.
    #[error("{file}: replaced or shortened: its last hash is not the one the run's stream holds")]
    Replaced {
        /// The stream.
        file: String,
    },
    /// A segment is not what it was when it was closed.
    #[error("{file}: changed: its SHA-256 is not the one in line {line} of its stream")]
    SegmentChanged {
        /// The segment.
        file: String,
        /// Line of its stream that closed it, from 1.
        line: u64,
    },
    /// A file the record speaks of is not there.
    #[error("{file}: missing")]
    Missing {
        /// The file.
        file: String,
    },
    /// A file is there but cannot be read.
    #[error("{file}: cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// Rows of a segment that was not closed: they can be read, but no hash covers them.
    #[error("{file}: {rows} rows of an unfinished segment, not covered by a hash")]
    Unsealed {
        /// The segment.
        file: String,
        /// Rows that can be read.
        rows: usize,
    },
    /// A file names another final hash than the run's stream has.
    #[error("{file}: holds the final hash {found}, the run's stream ends with {expected}")]
    FinalHash {
        /// The file.
        file: &'static str,
        /// What it holds, `none` when it holds none.
        found: String,
        /// What it should hold.
        expected: String,
    },
}

impl Finding {
    /// What is wrong with a stream: its first changed line, and whether its end is cut off.
    pub(super) fn of_stream(file: &str, stream: &Stream) -> Vec<Self> {
        let file = || file.to_owned();
        let mut findings = Vec::new();
        for (line, fault) in &stream.faults {
            let line = *line;
            if *fault == Fault::CutOff {
                findings.push(Self::CutOff { file: file(), line });
            } else if findings.is_empty() {
                let fault = fault.clone();
                findings.push(Self::Changed {
                    file: file(),
                    line,
                    fault,
                });
            }
        }
        findings
    }

    /// Whether something that once stood in the record was altered or lost; `false` for a run
    /// that was killed and is intact as far as it goes.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        !matches!(
            self,
            Self::Unfinished { .. } | Self::CutOff { .. } | Self::Unsealed { .. }
        )
    }
}

/// Checks a whole record: every hash, every segment, and the final hash in `junit.xml` and
/// `host.json`. An empty list is a finished record that nobody has touched.
///
/// # Errors
/// When the folder is not a record.
pub fn verify(root: &Path) -> Result<Vec<Finding>, RecordError> {
    let record = Record::open(root)?;
    let mut findings = record.findings.clone();
    for case in &record.cases {
        findings.extend(changed_segments(root, case.segments()));
        findings.extend(case.samples().1);
    }
    if record.is_finished() {
        findings.extend(final_hashes(&record));
    }
    let mut seen = Vec::with_capacity(findings.len());
    for finding in findings {
        if !seen.contains(&finding) {
            seen.push(finding);
        }
    }
    Ok(seen)
}

fn changed_segments<'a>(
    root: &Path,
    segments: impl Iterator<Item = super::reader::NamedSegment<'a>>,
) -> Vec<Finding> {
    let changed = |segment: super::reader::NamedSegment<'a>| {
        let bytes = fs::read(root.join(segment.file)).ok()?;
        (sha256(&bytes) != segment.sha256).then(|| Finding::SegmentChanged {
            file: segment.file.to_owned(),
            line: segment.line,
        })
    };
    segments.filter_map(changed).collect()
}

fn final_hashes(record: &Record) -> Vec<Finding> {
    let expected = record.final_hash();
    let in_host = record.host().and_then(|h| h.final_hash);
    let in_junit = fs::read_to_string(record.root.join(JUNIT))
        .ok()
        .and_then(|text| Some(crate::junit::final_hash(&text)?.to_owned()));
    [(HOST, in_host), (JUNIT, in_junit)]
        .into_iter()
        .filter(|(_, found)| found.as_deref() != Some(expected))
        .map(|(file, found)| {
            if !record.root.join(file).exists() {
                return Finding::Missing {
                    file: file.to_owned(),
                };
            }
            Finding::FinalHash {
                file,
                found: found.unwrap_or_else(|| "none".to_owned()),
                expected: expected.to_owned(),
            }
        })
        .collect()
}
