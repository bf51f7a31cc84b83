//! A case file as it stands. Field documentation is what editors show from the JSON Schema.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::{Entries, Node, Reader, Spanned, Text};

mod plant;

pub use plant::{PlantFile, WiringFile};

/// A case: a test as data. The language is described in `fixtures/README.md`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Stable id: small letters, digits and dashes.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9][a-z0-9-]*$"))]
    pub id: Text,
    /// What is shown, as a sentence without full stop.
    pub title: String,
    /// Ids of `requirements.toml`.
    #[schemars(with = "Vec<String>")]
    pub verifies: Vec<Text>,
    /// Words for `--tag`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tags: Vec<Text>,
    /// The pack the case runs on.
    pub pack: PackFile,
    /// Instances: a table of names with `"all"`, `"boundary"`, `"links"`, `"boundary-links"`, `"1..3"`
    /// or a list, all combinations; or a list of tables, each with a `name`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub each: Option<Spanned<Node>>,
    /// Quantities with a name, used as `$name`.
    #[serde(default, rename = "let")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub constants: Entries<Node>,
    /// The cells, chargers and loads around the boards; without it the case gives every cell its
    /// voltage itself.
    #[schemars(with = "Option<PlantFile>")]
    pub plant: Option<Spanned<PlantFile>>,
    /// What happens, in order.
    #[schemars(with = "Vec<StepFile>")]
    pub step: Vec<Spanned<StepFile>>,
}

/// The pack a case runs on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// Cells in series, 2 to 255, or `"{name}"` of `each`.
    #[schemars(with = "serde_json::Value")]
    pub cells: Spanned<Node>,
    /// Banks in parallel; 1 without it.
    #[schemars(with = "Option<serde_json::Value>")]
    pub banks: Option<Spanned<Node>>,
    /// Name of a file in `profiles/`, or with `"{name}"` of `each`.
    #[schemars(with = "String")]
    pub profile: Text,
    /// The only real board, `begin`, `between` or `end`, whose chain neighbours the rig plays;
    /// without it all are real.
    #[schemars(with = "Option<String>")]
    pub board: Option<Text>,
    /// `factory`: the DUT keeps the settings of a new board; without it, it gets those of the profile.
    #[schemars(with = "Option<String>")]
    pub settings: Option<Text>,
    /// Revision of the End board, `HW1` or `HW2`; HW2 without it.
    #[schemars(with = "Option<String>")]
    pub hardware: Option<Text>,
}

impl PackFile {
    /// What stands in the file for everything that may hold names of `each`.
    pub fn texts<'a>(&self, reader: &'a Reader) -> impl Iterator<Item = &'a str> {
        let nodes = [Some(&self.cells), self.banks.as_ref()];
        let texts = [
            Some(&self.profile),
            self.board.as_ref(),
            self.settings.as_ref(),
            self.hardware.as_ref(),
        ];
        let nodes = nodes.into_iter().flatten().map(Spanned::span);
        let spans: Vec<_> = nodes
            .chain(texts.into_iter().flatten().map(Spanned::span))
            .collect();
        let text = &reader.source.text;
        spans.into_iter().map(|span| &text[span])
    }
}

/// A step: what is applied, what is awaited, what must be seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// What is shown.
    #[schemars(with = "String")]
    pub name: Text,
    /// What the operator of an attended rig does first: `"Plug sensor 2 in"`.
    #[schemars(with = "Option<String>")]
    pub prompt: Option<Text>,
    /// Quantities and codes, written once: `{ "cell[1].voltage" = "3.30 V" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub set: Entries<Node>,
    /// States of chain links and sensor plugs: `{ "link[2]" = "broken" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub wire: Entries<Node>,
    /// Faults of wires, sensors, boards, thermistors and contacts, and the end of them:
    /// `{ "board[3].place" = "swapped" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub fault: Entries<Node>,
    /// Supplies of boards: `{ "boards.power" = "off" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub power: Entries<Node>,
    /// The next firmware through the probe: `whole`, or the pages after which power is cut:
    /// `{ "board[4]" = "whole" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub update: Entries<Node>,
    /// Settings the app logs in for and sends in one command: `{ vmin = "2.15 V", mode = "critical" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub setting: Entries<Node>,
    /// Straight moves from the present setpoint.
    #[serde(default)]
    pub ramp: Entries<RampFile>,
    /// Buttons held for a time: `{ "button.end" = "6 s" }`.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub press: Entries<Node>,
    /// A value for a while, then back to the present setpoint.
    #[serde(default)]
    pub pulse: Entries<PulseFile>,
    /// Square waves until the end of the step.
    #[serde(default)]
    pub square: Entries<SquareFile>,
    /// A log of the field that is played, `"field-logs/x.csv"`, or a table with `file`, `from`
    /// and `to`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub replay: Option<Spanned<Node>>,
    /// Finds where something trips, its hysteresis and its delay.
    #[schemars(with = "Option<SearchFile>")]
    pub search: Option<Spanned<SearchFile>>,
    /// What must become true before anything is expected.
    #[serde(rename = "await")]
    pub wait: Option<AwaitFile>,
    /// The step lasts at least this long once it is ready.
    #[schemars(with = "Option<String>")]
    pub hold: Option<Spanned<Node>>,
    /// What must be seen.
    #[serde(default)]
    #[schemars(with = "Vec<ExpectFile>")]
    pub expect: Vec<Spanned<ExpectFile>>,
}

impl StepFile {
    /// Whether nothing of it can fail.
    pub fn expects_nothing(&self) -> bool {
        self.expect.is_empty() && self.search.is_none()
    }
}

/// A straight move.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RampFile {
    /// Where it ends.
    #[schemars(with = "String")]
    pub to: Spanned<Node>,
    /// How fast, above 0.
    #[schemars(with = "String")]
    pub rate: Spanned<Node>,
}

/// A value for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PulseFile {
    /// Value or state during the pulse.
    #[schemars(with = "String")]
    pub to: Spanned<Node>,
    /// How long.
    #[serde(rename = "for")]
    #[schemars(with = "String")]
    pub span: Spanned<Node>,
}

/// A square wave.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SquareFile {
    /// Second half of each period, and the value left at the end.
    #[schemars(with = "String")]
    pub low: Spanned<Node>,
    /// First half of each period.
    #[schemars(with = "String")]
    pub high: Spanned<Node>,
    /// Periods per second.
    #[schemars(with = "String")]
    pub frequency: Spanned<Node>,
}

/// A trip search: a quantity is moved until a condition comes true.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchFile {
    /// The quantity that is moved.
    #[schemars(with = "String")]
    pub drive: Text,
    /// Where the search starts and it has not tripped.
    #[schemars(with = "String")]
    pub from: Spanned<Node>,
    /// Where it has tripped at the latest.
    #[schemars(with = "String")]
    pub to: Spanned<Node>,
    /// The finest step.
    #[schemars(with = "String")]
    pub step: Spanned<Node>,
    /// What is searched, a condition or a list of which all must hold.
    #[schemars(with = "serde_json::Value")]
    pub trips: Spanned<Node>,
    /// How long each value is kept for it to trip.
    #[schemars(with = "String")]
    pub settle: Spanned<Node>,
    /// What shows that it can trip again; without it, it depends on the present value alone.
    #[schemars(with = "Option<serde_json::Value>")]
    pub releases: Option<Spanned<Node>>,
    /// With `releases`: how long each value is kept for it to release.
    #[schemars(with = "Option<String>")]
    pub release_settle: Option<Spanned<Node>>,
    /// Written before each approach.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub rearm: Entries<Node>,
    /// How often it is searched; once without it.
    #[schemars(with = "Option<u16>")]
    pub repeats: Option<Spanned<u16>>,
    /// Limits of where it trips (the median).
    #[schemars(with = "Option<String>")]
    pub threshold: Option<Spanned<Node>>,
    /// Limits of how far back it releases (the median).
    #[schemars(with = "Option<String>")]
    pub hysteresis: Option<Spanned<Node>>,
    /// Limits of the time from a step from `from` to `to` until it trips (the longest).
    #[schemars(with = "Option<String>")]
    pub delay: Option<Spanned<Node>>,
}

/// A bounded wait.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwaitFile {
    /// All of these, at one moment.
    #[schemars(with = "Option<Vec<String>>")]
    pub all: Option<Spanned<Node>>,
    /// At least one of these.
    #[schemars(with = "Option<Vec<String>>")]
    pub any: Option<Spanned<Node>>,
    /// How long it may take.
    #[schemars(with = "String")]
    pub within: Spanned<Node>,
}

/// One thing that must be seen: a signal, exactly one claim, and what narrows it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectFile {
    /// The channel that is watched; `[all]` or `[1..3]` watches several.
    #[schemars(with = "Option<String>")]
    pub signal: Option<Text>,
    /// Instead of a signal: what a line of a board's log contains.
    #[schemars(with = "Option<String>")]
    pub log: Option<Text>,
    /// With `log`: the number of the board, or several such as `"all"`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub board: Option<Spanned<Node>>,
    /// Claim: the state when the window closes.
    #[schemars(with = "Option<String>")]
    pub is: Option<Spanned<Node>>,
    /// Claim: the state it takes `within` a time.
    #[schemars(with = "Option<String>")]
    pub becomes: Option<Spanned<Node>>,
    /// Claim: the state at every moment of the window.
    #[schemars(with = "Option<String>")]
    pub stays: Option<Spanned<Node>>,
    /// Claim: a state that does not occur in the window; with `log`, `true`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub never: Option<Spanned<Node>>,
    /// Claim: limits of how often a state changes in the window.
    #[schemars(with = "Option<String>")]
    pub changes: Option<Spanned<Node>>,
    /// Claim: limits of a quantity in the window, or at a moment (`at`).
    #[schemars(with = "Option<String>")]
    pub between: Option<Spanned<Node>>,
    /// Claim: limits a quantity comes to `within` a time.
    #[schemars(with = "Option<String>")]
    pub settles: Option<Spanned<Node>>,
    /// Claim: limits of the period with which the state `lit` comes.
    #[schemars(with = "Option<String>")]
    pub blinks: Option<Spanned<Node>>,
    /// Claim: `log`, the quantity is what the replayed log says.
    #[schemars(with = "Option<String>")]
    pub follows: Option<Text>,
    /// With `follows`: how much later than the log it may come.
    #[schemars(with = "Option<String>")]
    pub lag: Option<Spanned<Node>>,
    /// With `blinks`: limits of the on-time.
    #[schemars(with = "Option<String>")]
    pub on: Option<Spanned<Node>>,
    /// With `blinks`: whole periods to be seen; 3 without it.
    #[schemars(with = "Option<u16>")]
    pub periods: Option<Spanned<u16>>,
    /// With `between`: `each` (every sample), `mean`, `median`, `last` or `change`.
    #[schemars(with = "Option<String>")]
    pub of: Option<Text>,
    /// With `between`: the channel that is taken away from the signal first.
    #[schemars(with = "Option<String>")]
    pub minus: Option<Text>,
    /// With `between`: the moment at which the quantity counts.
    #[schemars(with = "Option<String>")]
    pub at: Option<Spanned<Node>>,
    /// With `becomes`, `settles` and `log`: the longest delay.
    #[schemars(with = "Option<String>")]
    pub within: Option<Spanned<Node>>,
    /// With `becomes` and `settles`: how long it must stay so. With the others: how long the
    /// window is.
    #[serde(rename = "for")]
    #[schemars(with = "Option<String>")]
    pub span: Option<Spanned<Node>>,
    /// The window opens when this first becomes true.
    #[schemars(with = "Option<serde_json::Value>")]
    pub after: Option<Spanned<Node>>,
    /// Only moments at which this is true count.
    #[serde(rename = "while")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub during: Option<Spanned<Node>>,
}
