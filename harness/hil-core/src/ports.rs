//! What the runner asks of the world: a bench, a flasher and a sink for the record.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::channel::Channel;
use crate::event::Event;
use crate::time::Time;

mod flash;
mod operator;

pub use flash::{
    FlashError, FlashJob, FlashPhase, FlashProgress, FlashReport, FlashTrouble, Flasher,
};

pub use operator::{Answer, Nobody, Operator, PATIENCE};

/// One measured (or applied and read back) value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Where.
    pub channel: Channel,
    /// When it was so, not when it was read.
    pub at: Time,
    /// In the channel's unit, or a state's index; NaN = unknown.
    pub value: f64,
}

/// A line of the target's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was read.
    pub at: Time,
    /// Board, from 1.
    pub board: u16,
    /// `error`, `warn`, `info`, `debug`, `trace`.
    pub level: String,
    /// The decoded text.
    pub text: String,
}

/// What a stretch of bench time brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// Samples and edges in time order (ties in channel order).
    pub samples: Vec<Sample>,
    /// Target log lines in time order.
    pub logs: Vec<LogLine>,
}

/// Why [`Bench::run_until`] came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The time was reached.
    Reached,
    /// A watched channel changed; the last change is among the samples.
    Changed,
    /// A person or the run's deadline asked to stop.
    Interrupted,
    /// The rig's interlock opened.
    Interlock(String),
}

/// Who and what the rig is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The rig's name.
    pub rig: String,
    /// `virtual`, `loopback`, `pi`.
    pub kind: String,
    /// Instruments with their identities and calibration ids.
    pub instruments: Vec<String>,
}

/// The verified end of a case or run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SafeState {
    /// Each output with the value read back after it was switched off.
    #[serde(with = "crate::unknown::per_channel")]
    pub read_back: Vec<(Channel, f64)>,
    /// Whether every read-back is what a safe rig shows.
    pub verified: bool,
}

/// Trouble of the rig. Never a failure of the DUT.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The rig has no such channel.
    #[error("the rig has no channel {0}")]
    NoChannel(Channel),
    /// The value is outside what the rig may do.
    #[error("{channel} = {value} is outside the envelope {low} to {high}")]
    Envelope {
        /// Channel that was to be written.
        channel: Channel,
        /// Value asked for.
        value: f64,
        /// Lowest permitted.
        low: f64,
        /// Highest permitted.
        high: f64,
    },
    /// An instrument did not do what it was told.
    #[error("{instrument}: {tried}")]
    Instrument {
        /// Which.
        instrument: String,
        /// What was tried and what was seen.
        tried: String,
        /// The cause below.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// A bench, virtual or real, opened for one case: powered off, factory state, bench time 0.
///
/// The runner cannot tell which kind it is. Channels hold their last written value.
pub trait Bench {
    /// Who is there; before anything is energised.
    ///
    /// # Errors
    /// When an instrument is missing or is not the expected one.
    fn identify(&mut self) -> Result<Identity, BenchError>;

    /// The channels whose samples `run_until` shall deliver, from now on. Delivers their present
    /// values with the next `run_until`.
    ///
    /// # Errors
    /// When the rig has no such channel.
    fn observe(&mut self, channels: &[Channel]) -> Result<(), BenchError>;

    /// Bench time.
    fn now(&self) -> Time;

    /// Applies a value; returns when it is acknowledged, with the time at which it was.
    ///
    /// # Errors
    /// When the value is outside the envelope or the instrument fails.
    fn write(&mut self, channel: Channel, value: f64) -> Result<Time, BenchError>;

    /// The present measured value.
    ///
    /// # Errors
    /// When the instrument fails.
    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError>;

    /// Lets time pass to `until`, or returns earlier on a change of a watched channel, an
    /// interruption or an interlock. Appends to `out` in time order, complete up to `now()`.
    ///
    /// # Errors
    /// When an instrument fails.
    fn run_until(
        &mut self,
        until: Time,
        watch: &[Channel],
        out: &mut Observations,
    ) -> Result<Pause, BenchError>;

    /// Brings the rig to its safe state and verifies it by reading back.
    ///
    /// # Errors
    /// When that cannot be done; the rig must then be latched out of service.
    fn safe(&mut self) -> Result<SafeState, BenchError>;
}

/// Where the record of a case (or of the run itself) goes. Implemented by hil-report over files.
pub trait RecordSink {
    /// Appends an event.
    ///
    /// # Errors
    /// When it cannot be stored: a rig error.
    fn event(&mut self, at: Time, event: &Event) -> Result<(), SinkError>;

    /// Appends samples in time order.
    ///
    /// # Errors
    /// When they cannot be stored: a rig error.
    fn samples(&mut self, samples: &[Sample]) -> Result<(), SinkError>;
}

/// The record could not be written.
#[derive(Debug, Error)]
#[error("cannot write the record {path}: {source}")]
pub struct SinkError {
    /// File or folder.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}
