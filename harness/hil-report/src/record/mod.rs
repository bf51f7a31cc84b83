//! The run folder: how it is written while a run goes on, read afterwards, and checked.
//!
//! ```text
//! events.jsonl              the run's stream
//! cases/<slug>.jsonl        one stream per case instance
//! traces/<slug>-0000.parquet  samples, 64 k rows each; the last one may still be `.open`
//! host.json                 wall-clock facts, the only file that differs between equal runs
//! ```
//!
//! Streams are hash-chained ([`chain`]), the run's stream holds the last hash of every case's
//! stream in plan order, and every closed segment's SHA-256 stands in its stream. So the last hash
//! of the run covers everything but `host.json` and the reports.

pub mod chain;
pub mod folder;
pub mod host;
pub mod reader;
mod segment;
pub mod slug;
mod stream;
mod trace;
pub mod verify;

pub use folder::{ClosedCase, RunFolder};
pub use host::Host;
pub use reader::{CaseRecord, Record, RecordError};
pub use stream::CaseSink;
pub use verify::{Finding, verify};

/// File name of the run's stream.
pub const RUN_STREAM: &str = "events.jsonl";
/// Folder of the cases' streams and pages.
pub const CASES: &str = "cases";
/// Folder of the trace segments.
pub const TRACES: &str = "traces";
/// File name of the wall-clock facts.
pub const HOST: &str = "host.json";
/// File name of the JUnit report.
pub const JUNIT: &str = "junit.xml";
/// File name of the overview page.
pub const INDEX: &str = "index.html";
