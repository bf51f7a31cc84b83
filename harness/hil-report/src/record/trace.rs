//! Writing the trace segments of one stream: each row goes to the open segment at once, which is
//! replaced by its Parquet form when it is full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use hil_core::Span;
use hil_core::ports::{Sample, SinkError};

use super::TRACES;
use super::chain::sha256;
use super::segment::{MAGIC, Rows};

/// Rows of a closed segment.
pub const ROWS: usize = 65_536;

/// File name of segment `index` of a stream, relative to the run folder.
pub fn closed_name(slug: &str, index: u32) -> String {
    format!("{TRACES}/{slug}-{index:04}.parquet")
}

/// The same while it is being written.
pub fn open_name(slug: &str, index: u32) -> String {
    format!("{TRACES}/{slug}-{index:04}.open")
}

/// A segment that was closed.
pub struct Closed {
    /// File, relative to the run folder.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Rows in it.
    pub rows: u64,
    open: PathBuf,
}

impl Closed {
    /// Removes the open form, once the closed one stands in the stream: a kill at any moment
    /// leaves at least one of the two.
    pub fn forget_open(&self) -> Result<(), SinkError> {
        fs::remove_file(&self.open).map_err(|source| failed(&self.open, source))
    }
}

/// The traces of one stream. Files appear with the first sample.
pub struct TraceWriter {
    root: PathBuf,
    slug: String,
    /// Longest bench time in one segment, for benches that run in real time.
    longest: Option<Span>,
    index: u32,
    rows: Rows,
    open: Option<File>,
    buffer: Vec<u8>,
}

impl TraceWriter {
    pub fn new(root: &Path, slug: &str, longest: Option<Span>) -> Self {
        Self {
            root: root.to_owned(),
            slug: slug.to_owned(),
            longest,
            index: 0,
            rows: Rows::default(),
            open: None,
            buffer: Vec::new(),
        }
    }

    /// Appends samples up to the one that fills the segment. Returns how many were taken.
    pub fn append(&mut self, samples: &[Sample]) -> Result<usize, SinkError> {
        let taken = samples.len().min(ROWS - self.rows.len());
        self.buffer.clear();
        if self.open.is_none() && taken > 0 {
            self.buffer.extend(MAGIC);
        }
        for sample in &samples[..taken] {
            self.rows.push(sample, &mut self.buffer);
        }
        if self.buffer.is_empty() {
            return Ok(taken);
        }
        let path = self.root.join(open_name(&self.slug, self.index));
        let file = match &mut self.open {
            Some(file) => file,
            None => self
                .open
                .insert(File::create(&path).map_err(|e| failed(&path, e))?),
        };
        file.write_all(&self.buffer).map_err(|e| failed(&path, e))?;
        Ok(taken)
    }

    /// Whether the segment has to be closed before a sample is added.
    pub fn is_due(&self, next: &Sample) -> bool {
        let old = |limit: Span| {
            let start = self.rows.start();
            start.is_some_and(|start| next.at.since(start) >= limit)
        };
        self.rows.len() >= ROWS || self.longest.is_some_and(old)
    }

    /// Closes the segment, if it has rows.
    pub fn close(&mut self) -> Result<Option<Closed>, SinkError> {
        if self.open.take().is_none() {
            return Ok(None);
        }
        let file = closed_name(&self.slug, self.index);
        let path = self.root.join(&file);
        let bytes = self
            .rows
            .to_parquet()
            .map_err(|e| failed(&path, std::io::Error::other(e)))?;
        let unnamed = path.with_extension("parquet-part");
        fs::write(&unnamed, &bytes).map_err(|e| failed(&unnamed, e))?;
        fs::rename(&unnamed, &path).map_err(|e| failed(&path, e))?;
        let closed = Closed {
            file,
            sha256: sha256(&bytes),
            rows: self.rows.len() as u64,
            open: self.root.join(open_name(&self.slug, self.index)),
        };
        self.index += 1;
        self.rows = Rows::default();
        Ok(Some(closed))
    }
}

/// A file of the record could not be written.
pub fn failed(path: &Path, source: std::io::Error) -> SinkError {
    SinkError {
        path: path.to_owned(),
        source,
    }
}
