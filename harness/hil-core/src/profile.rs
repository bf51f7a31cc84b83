//! DUT profiles: thresholds, accuracies and times of a DUT variant, from
//! `fixtures/profiles/*.toml`. What a case sees of them on a given rig is made in `constants`.

mod constants;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::channel::{FAMILIES, Family, Kind, Signal};
use crate::diagnostic::{Diagnostic, Rule, Source, nearest};
use crate::document::{self, Entries, Node, Reader, Spanned, Text, no_constants};
use crate::plan::{Constant, TemperatureScale};
use crate::quantity::Limits;
use crate::units::Dimension;

/// A profile file as it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileFile {
    /// Name by which cases ask for it: `pack = { profile = "…" }`.
    #[schemars(with = "String")]
    name: Text,
    /// For people.
    title: String,
    /// How the DUT scales temperatures on EXT OUT.
    #[serde(default)]
    temperature: TemperatureFile,
    /// Whether a new board has these settings; of one profile.
    #[serde(default)]
    factory: bool,
    /// What may be applied to such a DUT: per channel family, limits.
    #[schemars(with = "BTreeMap<String, String>")]
    envelope: Entries<Node>,
    /// Named numbers. Some must be there, more may be.
    constants: Entries<ConstantFile>,
}

/// EXT OUT temperature scaling.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
enum TemperatureFile {
    /// 1 °C per bit, offset 276.
    #[default]
    #[serde(rename = "offset-276")]
    Offset276,
    /// °C = raw × 0.857 − 232.
    #[serde(rename = "scale-0.857")]
    Scale0857,
}

/// A named number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ConstantFile {
    /// The number with its unit.
    #[schemars(with = "String")]
    is: Spanned<Node>,
    /// Where it comes from: a requirement id or a section of the sources.
    source: String,
    /// Whether it rests on a decision taken where the sources are silent.
    #[serde(default)]
    decision: bool,
    /// The setting of the app by which the DUT learns it: `vmax` for the channel `setting.vmax`.
    #[schemars(with = "Option<String>")]
    setting: Option<Text>,
}

/// A named number as the profile gives it.
#[derive(Clone, Debug, PartialEq)]
struct Given {
    constant: Constant,
    source: String,
    setting: Option<Signal>,
}

/// The constants the planner itself needs, with their dimensions.
const REQUIRED: &[(&str, Dimension)] = &[
    ("vnom", Dimension::Voltage),
    ("vmin", Dimension::Voltage),
    ("vbalance", Dimension::Voltage),
    ("vmax", Dimension::Voltage),
    ("rest", Dimension::Voltage),
    ("room", Dimension::Temperature),
    ("capacity", Dimension::Charge),
    ("dip_balance", Dimension::Count),
    ("v_accuracy", Dimension::Voltage),
    ("t_accuracy", Dimension::Temperature),
    ("i_accuracy_low", Dimension::Current),
    ("i_accuracy_high", Dimension::Current),
    ("reaction", Dimension::Time),
    ("enable_hold", Dimension::Time),
    ("first_picture", Dimension::Time),
    ("pass_per_cell", Dimension::Time),
];

/// A DUT variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Name by which cases ask for it.
    pub name: String,
    /// For people.
    pub title: String,
    /// How the DUT scales temperatures on EXT OUT.
    pub temperature_scale: TemperatureScale,
    /// Whether a new board has its settings.
    pub is_factory: bool,
    envelope: BTreeMap<Signal, Limits>,
    constants: BTreeMap<String, Given>,
}

impl Profile {
    /// Reads and validates a profile file.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let mut reader = Reader::new(&source);
        let file: Option<ProfileFile> = document::read(&source, &mut reader.diagnostics);
        let structural = reader.diagnostics.len();
        let profile = file.map(|file| Self::validate(&file, &mut reader));
        reader.drop_consequences(structural);
        match profile {
            Some(profile) if reader.diagnostics.is_empty() => Ok(profile),
            _ => Err(reader.diagnostics),
        }
    }

    fn validate(file: &ProfileFile, reader: &mut Reader) -> Self {
        let constants = read_constants(file, reader);
        for (name, _) in REQUIRED {
            if !constants.contains_key(*name)
                && !file.constants.0.iter().any(|(key, _)| key.as_ref() == name)
            {
                let message = format!("the constant `{name}` is missing");
                let complaint = reader.at(Rule::MissingKey, file.name.span(), message);
                reader.complain(complaint);
            }
        }
        Self {
            name: file.name.get_ref().clone(),
            title: file.title.clone(),
            temperature_scale: match file.temperature {
                TemperatureFile::Offset276 => TemperatureScale::Offset276,
                TemperatureFile::Scale0857 => TemperatureScale::Scale0857,
            },
            is_factory: file.factory,
            envelope: read_envelope(&file.envelope, reader),
            constants,
        }
    }

    /// What may be applied to such a DUT on this kind of channel.
    #[must_use]
    pub fn envelope(&self, signal: Signal) -> Option<Limits> {
        self.envelope.get(&signal).copied()
    }
}

/// The code of DIP switches 1 to 3 for a cell count (`DIP-1`).
#[must_use]
pub const fn dip_code(cells: u16) -> u8 {
    match cells {
        0..=4 => 0,
        5..=8 => 1,
        9..=16 => 2,
        17..=25 => 3,
        26..=40 => 4,
        41..=80 => 5,
        81..=150 => 6,
        _ => 7,
    }
}

fn read_constants(file: &ProfileFile, reader: &mut Reader) -> BTreeMap<String, Given> {
    let mut constants = BTreeMap::new();
    for (key, entry) in &file.constants.0 {
        let name = key.get_ref();
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(legal) {
            let complaint = reader.at(Rule::BadName, key.span(), format!("`{name}` is no name"));
            reader.complain(complaint.expected("letters, digits and `_`"));
            continue;
        }
        let entry = entry.get_ref();
        let Some(piece) = reader.piece(&entry.is) else {
            continue;
        };
        let setting = entry.setting.as_ref().and_then(|s| setting(s, reader));
        let required = REQUIRED.iter().find(|(n, _)| n == name).map(|(_, d)| *d);
        let set = setting.and_then(|signal| match signal.family().kind {
            Kind::Quantity(dimension) => Some(dimension),
            Kind::State(_) => None,
        });
        let dimension = required.or(set).or_else(|| {
            let found = crate::quantity::evaluate(&piece.text, &mut no_constants);
            found.ok().map(|quantity| quantity.dimension)
        });
        let dimension = dimension.unwrap_or(Dimension::Count);
        if let Some(value) = reader.quantity(&piece, dimension, &[], &mut no_constants) {
            let constant = Constant {
                value,
                dimension,
                decision: entry.decision,
            };
            let given = Given {
                constant,
                source: entry.source.clone(),
                setting,
            };
            constants.insert(name.clone(), given);
        }
    }
    constants
}

/// The setting of this name that is a number.
fn setting(name: &Text, reader: &mut Reader) -> Option<Signal> {
    let is_number = |family: &&Family| matches!(family.kind, Kind::Quantity(_));
    let known = || settings().filter(|(_, family)| is_number(family));
    let found = known().find(|(word, _)| word == name.get_ref());
    if found.is_none() {
        let message = format!("no setting that is a number is called `{}`", name.get_ref());
        let complaint = reader
            .at(Rule::UnknownChannel, name.span(), message)
            .nearest(name.get_ref(), known().map(|(word, _)| word));
        reader.complain(complaint);
    }
    found.map(|(_, family)| family.signal)
}

/// The settings of the app by name: `vmax` is the channel `setting.vmax`.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, &'static Family)> {
    let name = |family: &'static Family| family.pattern.strip_prefix("setting.");
    FAMILIES.iter().filter_map(move |f| Some((name(f)?, f)))
}

fn read_envelope(entries: &Entries<Node>, reader: &mut Reader) -> BTreeMap<Signal, Limits> {
    let mut envelope = BTreeMap::new();
    for (key, node) in &entries.0 {
        let family = family_of(key.get_ref());
        let Some((signal, dimension)) = family else {
            let complaint = unknown_family(reader, key);
            reader.complain(complaint);
            continue;
        };
        let Some(piece) = reader.piece(node) else {
            continue;
        };
        if let Some(limits) = reader.limits(&piece, dimension, &[], &mut no_constants) {
            envelope.insert(signal, limits);
        }
    }
    envelope
}

/// The quantity family of a pattern such as `cell[k].voltage`.
pub(crate) fn family_of(pattern: &str) -> Option<(Signal, Dimension)> {
    FAMILIES.iter().find_map(|family| match family.kind {
        Kind::Quantity(dimension) if family.pattern == pattern => Some((family.signal, dimension)),
        _ => None,
    })
}

/// The complaint about a pattern no family has.
pub(crate) fn unknown_family(reader: &Reader, key: &Text) -> Diagnostic {
    let name = key.get_ref();
    let patterns = FAMILIES.iter().map(|family| family.pattern);
    let message = format!("no channel family is called `{name}`");
    let mut complaint = reader.at(Rule::UnknownChannel, key.span(), message);
    complaint.nearest = nearest(name, patterns);
    complaint
}
