//! The sink of one stream: a hash-chained event file and its trace segments.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hil_core::event::Event;
use hil_core::ports::{RecordSink, Sample, SinkError};
use hil_core::{Span, Time, Verdict};

use super::chain::Chain;
use super::folder::ClosedCase;
use super::slug::slug;
use super::trace::{TraceWriter, failed};
use super::{CASES, RUN_STREAM};

/// A stream of the record. Every event and every batch of samples is handed to the operating
/// system before the call returns, so a killed process loses nothing it has reported.
pub(super) struct StreamSink {
    path: PathBuf,
    file: File,
    chain: Chain,
    traces: TraceWriter,
}

impl StreamSink {
    pub fn run(root: &Path) -> Result<Self, SinkError> {
        Self::open(root, root.join(RUN_STREAM), "run", None)
    }

    fn open(
        root: &Path,
        path: PathBuf,
        traces: &str,
        longest: Option<Span>,
    ) -> Result<Self, SinkError> {
        let file = File::create_new(&path).map_err(|e| failed(&path, e))?;
        Ok(Self {
            path,
            file,
            chain: Chain::default(),
            traces: TraceWriter::new(root, traces, longest),
        })
    }

    pub fn hash(&self) -> &str {
        self.chain.hash()
    }

    pub fn event(&mut self, at: Time, event: &Event) -> Result<(), SinkError> {
        let line = self
            .chain
            .line(at, event)
            .map_err(|e| failed(&self.path, e.into()))?;
        self.file
            .write_all(line.as_bytes())
            .map_err(|e| failed(&self.path, e))
    }

    pub fn samples(&mut self, mut samples: &[Sample]) -> Result<(), SinkError> {
        while let Some(first) = samples.first() {
            if self.traces.is_due(first) {
                self.close_segment(first.at)?;
            }
            let taken = self.traces.append(samples)?;
            samples = &samples[taken..];
        }
        Ok(())
    }

    pub fn close_segment(&mut self, at: Time) -> Result<(), SinkError> {
        let Some(closed) = self.traces.close()? else {
            return Ok(());
        };
        let event = Event::SegmentClosed {
            file: closed.file.clone(),
            sha256: closed.sha256.clone(),
            rows: closed.rows,
        };
        self.event(at, &event)?;
        closed.forget_open()
    }
}

/// Where the record of one case instance goes. Independent of all others, so cases can run on
/// several threads.
pub struct CaseSink {
    id: String,
    stream: StreamSink,
    verdict: Option<Verdict>,
    opened: Instant,
}

impl CaseSink {
    pub(super) fn open(root: &Path, id: &str, longest: Option<Span>) -> Result<Self, SinkError> {
        let slug = slug(id);
        let path = root.join(CASES).join(format!("{slug}.jsonl"));
        Ok(Self {
            id: id.to_owned(),
            stream: StreamSink::open(root, path, &slug, longest)?,
            verdict: None,
            opened: Instant::now(),
        })
    }

    /// Ends the stream. A case that never reported [`Event::CaseFinished`] is left as it is, to be
    /// seen as unfinished, and counts as a rig error.
    #[must_use]
    pub fn close(self) -> ClosedCase {
        ClosedCase {
            id: self.id,
            verdict: self.verdict.unwrap_or(Verdict::RigError),
            hash: self.stream.hash().to_owned(),
            wall: self.opened.elapsed(),
        }
    }

    /// Wall-clock time since the case was opened.
    #[must_use]
    pub fn wall(&self) -> Duration {
        self.opened.elapsed()
    }
}

impl RecordSink for CaseSink {
    fn event(&mut self, at: Time, event: &Event) -> Result<(), SinkError> {
        if let Event::CaseFinished { verdict } = event {
            self.stream.close_segment(at)?;
            self.verdict = Some(*verdict);
        }
        self.stream.event(at, event)
    }

    fn samples(&mut self, samples: &[Sample]) -> Result<(), SinkError> {
        self.stream.samples(samples)
    }
}
