//! Rig files: what a bench offers, how exact it is and what it may never exceed.
//!
//! Wiring of instruments is the business of the crate that talks to them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel::{Access, Channel, FAMILIES, Family, Kind, Signal};
use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::document::{self, Entries, Node, Reader, Spanned, Text, no_constants};
use crate::plant::PlannedPlant;
use crate::profile::unknown_family;
use crate::quantity::Limits;
use crate::time::Span;
use crate::units::Dimension;

mod carries;

pub use carries::Carries;

/// A rig file as it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RigFile {
    /// Name by which `--rig` finds it.
    #[schemars(with = "String")]
    name: Text,
    /// For people.
    title: String,
    /// What stands behind it.
    kind: RigKind,
    /// Cells in series it can carry, `"2 .. 255"`.
    #[schemars(with = "String")]
    cells: Spanned<Node>,
    /// Banks in parallel it can carry, `"1 .. 2"`.
    #[schemars(with = "String")]
    banks: Spanned<Node>,
    /// Whether a person is at it who does what a case prompts; not without it.
    #[serde(default)]
    attended: bool,
    /// Which boards it carries: whole packs without it.
    #[serde(default)]
    carries: Carries,
    /// What it offers: per channel family (or `prefix.*`).
    channel: Entries<RigChannelFile>,
    /// How long a case may take that gains by time, `"1 h"`; without it two minutes.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    patience: Option<Spanned<Node>>,
    /// Longest time between two looks of a plant at the bench, `"1 s"`; without it 100 ms.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    plant_tick: Option<Spanned<Node>>,
    /// How boards are flashed.
    #[serde(default)]
    flash: FlashFile,
    /// Debug probes; a virtual rig brings its own for boards without an entry.
    #[serde(default)]
    probe: Vec<ProbeFile>,
}

/// Patience of a rig that does not say, in seconds.
const PATIENCE_S: f64 = 120.0;

/// A plant on a rig that does not say looks so often, in seconds.
const PLANT_TICK_S: f64 = 0.1;

/// What stands behind a rig's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RigKind {
    /// Simulated boards in simulated time.
    Virtual,
    /// Simulated boards behind real wires, in real time.
    Loopback,
    /// A Raspberry Pi with real boards.
    Pi,
}

impl RigKind {
    /// The word used in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Loopback => "loopback",
            Self::Pi => "pi",
        }
    }
}

/// What a rig says of a channel family.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RigChannelFile {
    /// What may be applied, `"0 V .. 5 V"`; needed for every stimulus that is a quantity, but for
    /// what the app says.
    #[schemars(with = "Option<String>")]
    envelope: Option<Spanned<Node>>,
    /// How far a reading may be off; a time for states.
    #[schemars(with = "Option<String>")]
    uncertainty: Option<Spanned<Node>>,
    /// Time between samples; without it, every change is seen.
    #[schemars(with = "Option<String>")]
    sample: Option<Spanned<Node>>,
}

/// How boards are flashed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FlashFile {
    /// Longest time for erase, program and verify of one board; 30 s without it.
    #[schemars(with = "Option<String>")]
    timeout: Option<Spanned<Node>>,
    /// SWD clock; 4000 kHz without it.
    #[schemars(with = "Option<String>")]
    clock: Option<Spanned<Node>>,
}

/// A debug probe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProbeFile {
    /// Board it is wired to, from 1.
    board: u16,
    /// Bank of the board; 1 without it.
    bank: Option<u8>,
    /// Probe selector, `VID:PID:SERIAL`; a probe on TCP is `1d50:6018:HOST:PORT`.
    #[schemars(with = "String")]
    selector: Text,
}

/// A rig.
#[derive(Clone, Debug, PartialEq)]
pub struct Rig {
    /// Name by which `--rig` finds it.
    pub name: String,
    /// For people.
    pub title: String,
    /// What stands behind it.
    pub kind: RigKind,
    /// Cells in series it can carry.
    pub cells: RangeInclusive<u16>,
    /// Banks in parallel it can carry.
    pub banks: RangeInclusive<u8>,
    /// Whether a person is at it who does what a case prompts.
    pub attended: bool,
    /// Which boards it carries.
    pub carries: Carries,
    /// What it offers.
    pub channels: BTreeMap<Signal, RigChannel>,
    /// Longest time for erase, program and verify of one board.
    pub flash_timeout: Span,
    /// How long a case may take that gains by time.
    pub patience: Span,
    /// Longest time between two looks of a plant at the bench.
    pub plant_tick: Span,
    /// SWD clock in kHz.
    pub flash_clock_khz: u32,
    /// Debug probes.
    pub probes: Vec<Probe>,
}

/// What a rig offers of a channel family.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RigChannel {
    /// What may be applied, in the channel's unit.
    pub envelope: Option<Limits>,
    /// How far a reading may be off, in the channel's unit, for states in seconds.
    pub uncertainty: f64,
    /// Time between samples; `None` when every change is seen.
    pub sample: Option<Span>,
}

/// A debug probe and the board it is wired to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Bank, from 1.
    pub bank: u8,
    /// Board, from 1.
    pub board: u16,
    /// `VID:PID:SERIAL`.
    pub selector: String,
}

/// How far a rig's readings may be off, which is part of every limit at a threshold, and how long
/// its cases may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertainty {
    /// Of cell voltages, in volts.
    pub voltage: f64,
    /// Of cell temperatures, in kelvin.
    pub temperature: f64,
    /// Of applied currents, in amperes.
    pub current: f64,
    /// Of balancing currents, in amperes.
    pub balancing: f64,
    /// Of edges of relays, in seconds.
    pub time: f64,
    /// How long a case may take that gains by time (counting, averaging), in seconds.
    pub patience: f64,
}

impl Default for Uncertainty {
    /// An exact rig with the patience of a real one.
    fn default() -> Self {
        Self {
            voltage: 0.0,
            temperature: 0.0,
            current: 0.0,
            balancing: 0.0,
            time: 0.0,
            patience: PATIENCE_S,
        }
    }
}

impl Rig {
    /// Reads and validates a rig file.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let mut reader = Reader::new(&source);
        let file: Option<RigFile> = document::read(&source, &mut reader.diagnostics);
        let structural = reader.diagnostics.len();
        let rig = file.and_then(|file| Self::validate(&file, &mut reader));
        reader.drop_consequences(structural);
        match rig {
            Some(rig) if reader.diagnostics.is_empty() => Ok(rig),
            _ => Err(reader.diagnostics),
        }
    }

    fn validate(file: &RigFile, reader: &mut Reader) -> Option<Self> {
        let cells = whole(&file.cells, 2, 255, reader);
        let banks = whole(&file.banks, 1, 255, reader);
        let channels = read_channels(&file.channel, reader);
        let flash_timeout = value(&file.flash.timeout, Dimension::Time, 30.0, reader);
        let patience = value(&file.patience, Dimension::Time, PATIENCE_S, reader);
        let plant_tick = value(&file.plant_tick, Dimension::Time, PLANT_TICK_S, reader);
        let clock_hz = value(&file.flash.clock, Dimension::Frequency, 4e6, reader);
        let (cells, banks) = (cells?, banks?);
        Some(Self {
            name: file.name.get_ref().clone(),
            title: file.title.clone(),
            kind: file.kind,
            cells: cells.0..=cells.1,
            banks: banks.0 as u8..=banks.1 as u8,
            attended: file.attended,
            carries: file.carries,
            channels,
            patience: Span::from_secs(patience),
            plant_tick: Span::from_secs(plant_tick),
            flash_timeout: Span::from_secs(flash_timeout),
            flash_clock_khz: (clock_hz / 1e3) as u32,
            probes: file
                .probe
                .iter()
                .map(|probe| Probe {
                    bank: probe.bank.unwrap_or(1),
                    board: probe.board,
                    selector: probe.selector.get_ref().clone(),
                })
                .collect(),
        })
    }

    /// How far its readings may be off.
    #[must_use]
    pub fn uncertainty(&self) -> Uncertainty {
        let of = |signal| self.channels.get(&signal).map_or(0.0, |c| c.uncertainty);
        Uncertainty {
            voltage: of(Signal::CellVoltage),
            temperature: of(Signal::CellTemperature),
            current: of(Signal::PackCurrent).max(of(Signal::SensorCurrent)),
            balancing: of(Signal::BoardBalancing),
            time: of(Signal::RelayCharge).max(of(Signal::RelayLoad)),
            patience: self.patience.as_secs(),
        }
    }

    /// Why this channel cannot be used here, if it cannot.
    #[must_use]
    pub fn lacks(&self, channel: Channel) -> Option<String> {
        let offered = self.channels.contains_key(&channel.signal);
        (!offered).then(|| format!("rig `{}` has no channel {channel}", self.name))
    }

    /// Why no plant can be run here, if none can.
    #[must_use]
    pub fn lacks_for_a_plant(&self) -> Option<String> {
        let signals = FAMILIES.iter().map(|family| family.signal);
        let mut driven = signals.filter(|signal| PlannedPlant::drives(*signal));
        driven.find_map(|signal| self.lacks(Channel::at(signal, 1)))
    }
}

/// A whole range within what any DUT has.
fn whole(node: &Spanned<Node>, low: u16, high: u16, reader: &mut Reader) -> Option<(u16, u16)> {
    let piece = reader.piece(node)?;
    let limits = reader.limits(&piece, Dimension::Count, &[], &mut no_constants)?;
    let found = (
        limits.low.unwrap_or(f64::from(low)),
        limits.high.unwrap_or(f64::from(high)),
    );
    let fits = |n: f64| n.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&n);
    if fits(found.0) && fits(found.1) {
        return Some((found.0 as u16, found.1 as u16));
    }
    let message = format!("`{}` is outside what a pack can have", piece.text);
    let complaint = reader.at(Rule::BadPack, piece.span, message);
    reader.complain(complaint.expected(format!("whole numbers within {low} .. {high}")));
    None
}

fn value(
    node: &Option<Spanned<Node>>,
    dimension: Dimension,
    default: f64,
    reader: &mut Reader,
) -> f64 {
    let Some(piece) = node.as_ref().and_then(|node| reader.piece(node)) else {
        return default;
    };
    reader
        .quantity(&piece, dimension, &[], &mut no_constants)
        .unwrap_or(default)
}

fn read_channels(
    entries: &Entries<RigChannelFile>,
    reader: &mut Reader,
) -> BTreeMap<Signal, RigChannel> {
    let mut channels = BTreeMap::new();
    for (key, entry) in &entries.0 {
        let families: Vec<&Family> = match key.get_ref().strip_suffix('*') {
            Some(prefix) => FAMILIES
                .iter()
                .filter(|family| family.pattern.starts_with(prefix))
                .collect(),
            None => FAMILIES
                .iter()
                .filter(|family| family.pattern == key.get_ref())
                .collect(),
        };
        if families.is_empty() {
            let complaint = unknown_family(reader, key);
            reader.complain(complaint);
        }
        for family in families {
            channels.insert(family.signal, read_channel(key, family, entry, reader));
        }
    }
    channels
}

fn read_channel(
    key: &Text,
    family: &Family,
    entry: &Spanned<RigChannelFile>,
    reader: &mut Reader,
) -> RigChannel {
    let entry = entry.get_ref();
    let (dimension, off) = match family.kind {
        Kind::Quantity(dimension) => (Some(dimension), dimension),
        Kind::State(_) => (None, Dimension::Time),
    };
    let envelope = entry.envelope.as_ref().and_then(|node| {
        let piece = reader.piece(node)?;
        reader.limits(&piece, dimension?, &[], &mut no_constants)
    });
    let half = |limits: Limits| limits.low.is_none() || limits.high.is_none();
    let unbounded = entry.envelope.is_none() || envelope.is_some_and(half);
    let drives = family.access == Access::Stimulus && !family.signal.is_said();
    if drives && dimension.is_some() && unbounded {
        let message = format!("`{}` can be driven and has no envelope", key.get_ref());
        let complaint = reader
            .at(Rule::MissingKey, key.span(), message)
            .expected("envelope = \"lowest .. highest\"");
        reader.complain(complaint);
    }
    let sample = entry.sample.is_some();
    RigChannel {
        envelope,
        uncertainty: value(&entry.uncertainty, off, 0.0, reader),
        sample: sample.then(|| Span::from_secs(value(&entry.sample, Dimension::Time, 0.0, reader))),
    }
}
