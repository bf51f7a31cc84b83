//! The writing end of a run folder. It is opened before anything is energised and written as the
//! run goes on; it makes no report.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hil_core::event::Event;
use hil_core::ports::{FlashPhase, RecordSink, Sample, SinkError};
use hil_core::{Span, Time, Verdict};

use super::host::Host;
use super::stream::{CaseSink, StreamSink};
use super::trace::failed;
use super::{CASES, TRACES};

/// Longest bench time in one trace segment of a real-time bench.
pub const REAL_TIME_SEGMENT: Span = Span(10_000_000);

/// A case whose stream has ended.
#[derive(Clone, Debug)]
pub struct ClosedCase {
    /// The instance.
    pub id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Hash of the last line of its stream, hex.
    pub hash: String,
    /// Wall-clock time it took.
    pub wall: Duration,
}

/// A run folder being written. It is itself the sink of the run's own events; dropping it without
/// [`RunFolder::finish`] leaves a record that reads as unfinished.
pub struct RunFolder {
    root: PathBuf,
    stream: StreamSink,
    longest: Option<Span>,
    /// Plan order, from the run's first event.
    planned: Vec<String>,
    /// How many of the planned ones stand in the stream.
    chained: usize,
    /// Ended, but an earlier one has not.
    waiting: BTreeMap<String, ClosedCase>,
    host: Host,
    opened: Instant,
}

impl RunFolder {
    /// Creates the folder and its parents. `longest` limits the bench time in one trace segment
    /// ([`REAL_TIME_SEGMENT`] on benches that run in real time).
    ///
    /// # Errors
    /// When it exists already and holds a run, or cannot be written.
    pub fn create(path: &Path, longest: Option<Span>) -> Result<Self, SinkError> {
        for folder in [CASES, TRACES] {
            let folder = path.join(folder);
            fs::create_dir_all(&folder).map_err(|e| failed(&folder, e))?;
        }
        let host = Host::now();
        let stream = StreamSink::run(path)?;
        host.write(path)?;
        Ok(Self {
            root: path.to_owned(),
            stream,
            longest,
            planned: Vec::new(),
            chained: 0,
            waiting: BTreeMap::new(),
            host,
            opened: Instant::now(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Opens the stream of a case instance. Several can be open at once, on several threads.
    ///
    /// # Errors
    /// When the instance was opened before or its file cannot be written.
    pub fn case(&self, id: &str) -> Result<CaseSink, SinkError> {
        CaseSink::open(&self.root, id, self.longest)
    }

    /// Notes how long after the start a phase of flashing a board was done, for `host.json`.
    pub fn flashed(&mut self, board: u16, phase: FlashPhase, wall: Duration) {
        let phases = self.host.flash_s.entry(board).or_default();
        phases.insert(phase, wall.as_secs_f64());
    }

    /// Takes a case whose stream has ended. Its final hash goes into the run's stream as soon as
    /// all cases planned before it are there, so the order of threads does not show.
    ///
    /// # Errors
    /// When the stream cannot be written.
    pub fn recorded(&mut self, case: ClosedCase) -> Result<(), SinkError> {
        self.host
            .cases_s
            .insert(case.id.clone(), case.wall.as_secs_f64());
        self.waiting.insert(case.id.clone(), case);
        while let Some(next) = self.planned.get(self.chained) {
            let Some(case) = self.waiting.remove(next) else {
                break;
            };
            self.chain(case)?;
            self.chained += 1;
        }
        Ok(())
    }

    fn chain(&mut self, case: ClosedCase) -> Result<(), SinkError> {
        let event = Event::CaseRecorded {
            id: case.id,
            verdict: case.verdict,
            hash: case.hash,
        };
        self.stream.event(Time::ZERO, &event)
    }

    /// Ends the run and returns the final hash. Cases behind one that never ran (after `max-fail`)
    /// are chained now, still in plan order.
    ///
    /// # Errors
    /// When the stream or `host.json` cannot be written.
    pub fn finish(mut self, verdict: Verdict) -> Result<String, SinkError> {
        for id in self.planned.split_off(self.chained) {
            if let Some(case) = self.waiting.remove(&id) {
                self.chain(case)?;
            }
        }
        self.stream
            .event(Time::ZERO, &Event::RunFinished { verdict })?;
        let hash = self.stream.hash().to_owned();
        self.host.finish(self.opened.elapsed(), &hash);
        self.host.write(&self.root)?;
        Ok(hash)
    }
}

impl RecordSink for RunFolder {
    fn event(&mut self, at: Time, event: &Event) -> Result<(), SinkError> {
        if let Event::RunStarted { cases, .. } = event {
            self.planned.clone_from(cases);
        }
        self.stream.event(at, event)
    }

    /// A run has no samples of its own.
    fn samples(&mut self, _: &[Sample]) -> Result<(), SinkError> {
        Err(failed(&self.root, std::io::ErrorKind::Unsupported.into()))
    }
}
