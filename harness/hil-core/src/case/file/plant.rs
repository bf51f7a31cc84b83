//! The `[plant]` table of a case file as it stands. What it may mean is not known here.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::{Node, Spanned, Text};

/// What stands around the boards and reacts to them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlantFile {
    /// The cells.
    #[schemars(with = "PlantCellsFile")]
    pub cells: Spanned<PlantCellsFile>,
    /// Temperature around the cells; the profile's `$room` without it.
    #[schemars(with = "Option<String>")]
    pub ambient: Option<Spanned<Node>>,
    /// The power relay between each bank and what charges and loads it: `through` alone.
    #[schemars(with = "Option<WiringFile>")]
    pub bank: Option<Spanned<WiringFile>>,
    /// The charger: `voltage`, `limit`.
    #[schemars(with = "Option<WiringFile>")]
    pub charger: Option<Spanned<WiringFile>>,
    /// The load: `demand`, `power`, `resistance`.
    #[schemars(with = "Option<WiringFile>")]
    pub load: Option<Spanned<WiringFile>>,
    /// The combined inverter and charger: `voltage`, `limit`, `power`.
    #[schemars(with = "Option<WiringFile>")]
    pub inverter: Option<Spanned<WiringFile>>,
}

/// The cells of a plant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlantCellsFile {
    /// Name of a file in `cells/`.
    #[schemars(with = "String")]
    pub model: Text,
    /// Capacity of one cell; the profile's `$capacity` without it.
    #[schemars(with = "Option<String>")]
    pub capacity: Option<Spanned<Node>>,
    /// Cells in parallel at each place in series; 1 without it.
    #[schemars(with = "Option<serde_json::Value>")]
    pub parallel: Option<Spanned<Node>>,
    /// State of charge at the start.
    #[schemars(with = "String")]
    pub soc: Spanned<Node>,
    /// How far the cells differ.
    #[schemars(with = "Option<SpreadFile>")]
    pub spread: Option<Spanned<SpreadFile>>,
}

/// Each cell is drawn within ± these, from the run's seed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadFile {
    /// Of the state of charge, percentage points.
    #[schemars(with = "Option<String>")]
    pub soc: Option<Spanned<Node>>,
    /// Of the capacity.
    #[schemars(with = "Option<String>")]
    pub capacity: Option<Spanned<Node>>,
    /// Of the resistances.
    #[schemars(with = "Option<String>")]
    pub resistance: Option<Spanned<Node>>,
}

/// A device: what it is set to at the start, and the contacts of the BMS it hangs on. Several
/// contacts are in series.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WiringFile {
    /// Contacts that drive the coil of a power relay in its cable.
    #[schemars(with = "Option<serde_json::Value>")]
    pub through: Option<Spanned<Node>>,
    /// Contacts on its enable input.
    #[schemars(with = "Option<serde_json::Value>")]
    pub enable: Option<Spanned<Node>>,
    /// Contacts on the input that enables charging alone.
    #[schemars(with = "Option<serde_json::Value>")]
    pub enable_charger: Option<Spanned<Node>>,
    /// Contacts on the input that enables inverting alone.
    #[schemars(with = "Option<serde_json::Value>")]
    pub enable_inverter: Option<Spanned<Node>>,
    /// Voltage it charges to.
    #[schemars(with = "Option<String>")]
    pub voltage: Option<Spanned<Node>>,
    /// Greatest charging current.
    #[schemars(with = "Option<String>")]
    pub limit: Option<Spanned<Node>>,
    /// Constant current it takes.
    #[schemars(with = "Option<String>")]
    pub demand: Option<Spanned<Node>>,
    /// Constant power it takes.
    #[schemars(with = "Option<String>")]
    pub power: Option<Spanned<Node>>,
    /// Resistor in it.
    #[schemars(with = "Option<String>")]
    pub resistance: Option<Spanned<Node>>,
}
