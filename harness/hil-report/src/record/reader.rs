//! The reading end of a run folder: reads whatever is there, of a finished, killed or cut-off run,
//! and says what is missing. It trusts the trace files' contents; [`super::verify()`] checks them.

use std::fs;
use std::path::{Path, PathBuf};

use hil_core::event::Event;
use hil_core::plan::PlannedCase;
use hil_core::ports::Sample;
use hil_core::{Time, Verdict};
use thiserror::Error;

use super::chain::{Line, Stream};
use super::host::Host;
use super::segment::{read_open, read_parquet};
use super::slug::slug;
use super::trace::{closed_name, open_name};
use super::verify::Finding;
use super::{CASES, HOST, RUN_STREAM};

/// The folder is not a record at all.
#[derive(Debug, Error)]
pub enum RecordError {
    /// There is no readable run stream.
    #[error("{path} is not a run folder: cannot read its {RUN_STREAM}")]
    NoStream {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The first line of the run's stream is not the start of a run.
    #[error("{path} does not begin with the start of a run")]
    NoStart {
        /// The stream.
        path: PathBuf,
    },
}

/// A run as it stands on disk.
#[derive(Clone, Debug)]
pub struct Record {
    /// The run folder.
    pub root: PathBuf,
    /// The run's stream.
    pub lines: Vec<Line>,
    /// The planned instances in plan order, as far as they were recorded.
    pub cases: Vec<CaseRecord>,
    /// What is missing or does not hold together, without looking into the segments.
    pub findings: Vec<Finding>,
}

/// The stream of a case instance as it stands on disk.
#[derive(Clone, Debug)]
pub struct CaseRecord {
    /// The instance.
    pub id: String,
    /// Its file name without ending.
    pub slug: String,
    /// Its events; empty when it never started.
    pub lines: Vec<Line>,
    root: PathBuf,
}

impl Record {
    /// Reads the streams of a run folder.
    ///
    /// # Errors
    /// When there is no run stream, or it does not begin with the start of a run; everything less
    /// is a finding.
    pub fn open(root: &Path) -> Result<Self, RecordError> {
        let path = root.join(RUN_STREAM);
        let bytes = fs::read(&path).map_err(|source| RecordError::NoStream {
            path: root.to_owned(),
            source,
        })?;
        let stream = Stream::read(&bytes);
        let Some(Line {
            event: Event::RunStarted { cases, .. },
            ..
        }) = stream.lines.first()
        else {
            return Err(RecordError::NoStart { path });
        };
        let ids = cases.clone();
        let mut findings = Finding::of_stream(RUN_STREAM, &stream);
        let finished = |line: &Line| matches!(line.event, Event::RunFinished { .. });
        if !stream.lines.last().is_some_and(finished) {
            findings.push(Finding::Unfinished {
                file: RUN_STREAM.to_owned(),
                what: "the run",
            });
        }
        let mut cases = Vec::with_capacity(ids.len());
        for id in ids {
            let chained = stream.lines.iter().find_map(|line| match &line.event {
                Event::CaseRecorded { id: of, hash, .. } if *of == id => Some(hash.as_str()),
                _ => None,
            });
            cases.push(CaseRecord::read(root, id, chained, &mut findings));
        }
        Ok(Self {
            root: root.to_owned(),
            lines: stream.lines,
            cases,
            findings,
        })
    }

    /// Whether the run came to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.verdict().is_some()
    }

    /// The run's verdict, when it came to its end.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.lines.iter().rev().find_map(|line| match line.event {
            Event::RunFinished { verdict } => Some(verdict),
            _ => None,
        })
    }

    /// Hash of the last line of the run's stream, hex.
    #[must_use]
    pub fn final_hash(&self) -> &str {
        self.lines.last().map_or("", |line| &line.hash)
    }

    /// The wall-clock facts, when `host.json` can be read.
    #[must_use]
    pub fn host(&self) -> Option<Host> {
        let text = fs::read(self.root.join(HOST)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

impl CaseRecord {
    fn read(root: &Path, id: String, chained: Option<&str>, findings: &mut Vec<Finding>) -> Self {
        let slug = slug(&id);
        let file = format!("{CASES}/{slug}.jsonl");
        let mut case = Self {
            id,
            slug,
            lines: Vec::new(),
            root: root.to_owned(),
        };
        let Ok(bytes) = fs::read(root.join(&file)) else {
            if chained.is_some() {
                findings.push(Finding::Missing { file });
            }
            return case;
        };
        let stream = Stream::read(&bytes);
        let mut found = Finding::of_stream(&file, &stream);
        case.lines.clone_from(&stream.lines);
        if found.is_empty() && chained.is_some_and(|hash| hash != stream.hash()) {
            found.push(Finding::Replaced { file: file.clone() });
        } else if case.verdict().is_none() {
            found.push(Finding::Unfinished {
                file,
                what: "the case",
            });
        }
        findings.append(&mut found);
        for segment in case.segments().filter(|s| !root.join(s.file).exists()) {
            findings.push(Finding::Missing {
                file: segment.file.to_owned(),
            });
        }
        case
    }

    /// The plan of the instance, when it started.
    #[must_use]
    pub fn plan(&self) -> Option<&PlannedCase> {
        self.lines.iter().find_map(|line| match &line.event {
            Event::CaseStarted { plan, .. } => Some(&**plan),
            _ => None,
        })
    }

    /// Its verdict, when it came to its end.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.lines.iter().rev().find_map(|line| match line.event {
            Event::CaseFinished { verdict } => Some(verdict),
            _ => None,
        })
    }

    /// Bench time of its last event.
    #[must_use]
    pub fn end(&self) -> Time {
        self.lines.iter().map(|l| l.at).max().unwrap_or(Time::ZERO)
    }

    /// The closed segments that its stream names, in order.
    pub(super) fn segments(&self) -> impl Iterator<Item = NamedSegment<'_>> {
        self.lines.iter().filter_map(|line| match &line.event {
            Event::SegmentClosed { file, sha256, .. } => Some(NamedSegment {
                line: line.n,
                file,
                sha256,
            }),
            _ => None,
        })
    }

    /// Its samples in the order they were recorded: the closed segments, then the open one. What
    /// cannot be read is left out and named.
    #[must_use]
    pub fn samples(&self) -> (Vec<Sample>, Vec<Finding>) {
        let mut samples = Vec::new();
        let mut findings = Vec::new();
        let mut next = 0;
        for segment in self.segments() {
            next += 1;
            let read = fs::read(self.root.join(segment.file))
                .map_err(|e| e.to_string())
                .and_then(|b| read_parquet(b, &mut samples).map_err(|e| e.to_string()));
            if let Err(why) = read {
                let file = segment.file.to_owned();
                findings.push(Finding::Unreadable { file, why });
            }
        }
        if self.verdict().is_none() {
            self.unsealed(next, &mut samples, &mut findings);
        }
        (samples, findings)
    }

    /// The segment that was open when the case was killed. The closed form may already be there,
    /// not yet named by the stream; then the open one may be gone or still hold the same rows.
    fn unsealed(&self, index: u32, samples: &mut Vec<Sample>, findings: &mut Vec<Finding>) {
        let before = samples.len();
        let mut file = open_name(&self.slug, index);
        if let Ok(bytes) = fs::read(self.root.join(&file)) {
            read_open(&bytes, samples);
        } else {
            file = closed_name(&self.slug, index);
            let Ok(bytes) = fs::read(self.root.join(&file)) else {
                return;
            };
            if let Err(error) = read_parquet(bytes, samples) {
                let why = error.to_string();
                findings.push(Finding::Unreadable { file, why });
                return;
            }
        }
        let rows = samples.len() - before;
        findings.push(Finding::Unsealed { file, rows });
    }
}

/// A closed segment as its stream names it.
pub(super) struct NamedSegment<'a> {
    /// Line of the stream.
    pub line: u64,
    /// File, relative to the run folder.
    pub file: &'a str,
    /// SHA-256 it should have, hex.
    pub sha256: &'a str,
}
