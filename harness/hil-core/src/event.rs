//! The events of a record, in the order they happen. Serialized one per line; hil-report chains
//! their hashes and stores the samples beside them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::plan::{Finding, PlannedCase};
use crate::ports::{Answer, FlashPhase, Identity, LogLine, SafeState};
use crate::time::Time;
use crate::verdict::Verdict;

/// One entry of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First event of a run.
    RunStarted {
        /// Version of the harness.
        tool: String,
        /// Seed of the run.
        seed: u64,
        /// Arguments of the command that change what a case does (`--rig`, `pi-4s`), as typed;
        /// the command that reproduces a failure repeats them.
        #[serde(default)]
        arguments: Vec<String>,
        /// SHA-256 of the rig file, hex.
        rig_sha256: String,
        /// SHA-256, hex, of every case and profile file that was read for the plan, by its path in
        /// the project.
        #[serde(default)]
        inputs_sha256: BTreeMap<String, String>,
        /// Ids of the planned instances, in plan order.
        cases: Vec<String>,
        /// Ids and reasons of the instances that do not fit the rig.
        skipped: Vec<(String, String)>,
        /// Serial number of the DUT, if given.
        dut_serial: Option<String>,
        /// Hardware revision of the DUT, if given.
        #[serde(default)]
        hardware_revision: Option<String>,
    },
    /// The rig told who it is.
    Identified {
        /// Its identity.
        identity: Identity,
    },
    /// A phase of flashing one board was done; its time stands in `host.json`.
    FlashPhaseDone {
        /// Board, from 1.
        board: u16,
        /// Erased, programmed or verified.
        phase: FlashPhase,
        /// Bytes.
        bytes: u32,
    },
    /// One board was erased, programmed and verified.
    Flashed {
        /// Board, from 1.
        board: u16,
        /// `begin`, `between` or `end`.
        image: String,
        /// SHA-256 of the ELF file, hex.
        image_sha256: String,
        /// Bytes erased.
        erased: u32,
        /// Bytes programmed.
        programmed: u32,
        /// Bytes read back and compared.
        verified: u32,
        /// SHA-256 of what was read back, hex.
        read_back_sha256: String,
        /// Whether the board is a copy of another one that was flashed through its probe.
        copy_of: Option<u16>,
    },
    /// First event of a case's stream.
    CaseStarted {
        /// The whole plan of the instance.
        plan: Box<PlannedCase>,
        /// Seed of the instance.
        seed: u64,
    },
    /// A step began.
    StepStarted {
        /// Index into the plan's steps.
        step: usize,
    },
    /// The operator was asked for what the step prompts.
    Asked {
        /// Index into the plan's steps.
        step: usize,
    },
    /// The operator answered, or did not.
    Answered {
        /// The answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// A value was applied.
    Applied {
        /// Where.
        channel: Channel,
        /// What.
        #[serde(with = "crate::unknown")]
        value: f64,
    },
    /// A ramp or square wave began.
    Running {
        /// Index into the step's stimuli.
        stimulus: usize,
    },
    /// The set-up of a step is done (its await came true); the expectations' windows open.
    Ready {
        /// Index into the plan's steps.
        step: usize,
    },
    /// The set-up of a step did not come true in time.
    AwaitMissed {
        /// Index into the plan's steps.
        step: usize,
    },
    /// An approach of the step's search came to an end.
    Found {
        /// What it found; judged at the end of the step.
        finding: Finding,
    },
    /// An expectation was decided.
    Decided {
        /// Index into the plan's steps.
        step: usize,
        /// Index into the step's expectations.
        expectation: usize,
        /// What was found.
        judgement: Judgement,
    },
    /// A line of the target's log.
    Log {
        /// The line.
        line: LogLine,
    },
    /// A step ended.
    StepEnded {
        /// Index into the plan's steps.
        step: usize,
    },
    /// Trouble of the rig.
    RigError {
        /// For people: what was tried, on what, what was seen.
        message: String,
    },
    /// Stopped by an interlock or a person.
    Aborted {
        /// Why.
        reason: String,
    },
    /// A trace segment was closed.
    SegmentClosed {
        /// File, relative to the run folder.
        file: String,
        /// SHA-256 of the file, hex.
        sha256: String,
        /// Rows.
        rows: u64,
    },
    /// The rig is safe (or not).
    Safe {
        /// What was read back.
        state: SafeState,
    },
    /// Last event of a case's stream.
    CaseFinished {
        /// The worst of its judgements and troubles.
        verdict: Verdict,
    },
    /// In the run's stream: a case's stream ended with this hash.
    CaseRecorded {
        /// The instance.
        id: String,
        /// Its verdict.
        verdict: Verdict,
        /// Hash of the last line of its stream, hex. Named apart from the line's own `hash`.
        #[serde(rename = "stream_hash")]
        hash: String,
    },
    /// Last event of a run.
    RunFinished {
        /// The worst verdict.
        verdict: Verdict,
    },
}

/// What an expectation came to: the measured value, its limits, its margin, when and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The outcome.
    pub verdict: Verdict,
    /// The measured value in `unit`; `None` when nothing was measured.
    pub value: Option<f64>,
    /// Unit of value, limits and margin.
    pub unit: String,
    /// Lower limit.
    pub low: Option<f64>,
    /// Upper limit.
    pub high: Option<f64>,
    /// Distance to the nearest limit, negative outside.
    pub margin: Option<f64>,
    /// When it was decided.
    pub at: Time,
    /// The window that was looked at.
    pub window: (Time, Time),
    /// The interval in which the claim was violated.
    pub violated: Option<(Time, Time)>,
    /// What was seen, as a sentence.
    pub seen: String,
}
