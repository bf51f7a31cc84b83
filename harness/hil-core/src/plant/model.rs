//! Cell models, `fixtures/cells/*.toml`: published open-circuit voltage over state of charge, and
//! resistances and heat of the usual size. Ageing, hysteresis and self-discharge are not modelled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::document::{self, Entries, Node, Reader, Spanned, Text, no_constants};
use crate::units::Dimension;

/// A cell file as it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CellFile {
    /// Name by which a `[plant]` asks for it.
    #[schemars(with = "String")]
    name: Text,
    /// Chemistry, for people.
    title: String,
    /// Publication the open-circuit voltage comes from.
    source: String,
    /// What is not in the source, or simplified.
    approximated: String,
    /// Capacity of the cell the numbers below belong to.
    #[schemars(with = "String")]
    capacity: Spanned<Node>,
    /// Series resistance.
    #[schemars(with = "String")]
    series: Spanned<Node>,
    /// Resistance of the RC pair.
    #[schemars(with = "String")]
    rc: Spanned<Node>,
    /// Time constant of the RC pair.
    #[schemars(with = "String")]
    rc_time: Spanned<Node>,
    /// Time constant with which the cell takes the temperature around it.
    #[schemars(with = "String")]
    thermal_time: Spanned<Node>,
    /// How far above it the cell settles for each watt of loss.
    #[schemars(with = "String")]
    warming: Spanned<Node>,
    /// Open-circuit voltage over state of charge, both rising.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    ocv: Entries<Node>,
}

/// A kind of cell. It stands in the plan of every case that uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellModel {
    /// Name of its file.
    pub name: String,
    /// Publication of the open-circuit voltage.
    pub source: String,
    /// What is not in the source, or simplified.
    pub approximated: String,
    /// Capacity the resistances belong to, ampere hours.
    pub capacity_ah: f64,
    /// Series resistance, ohms.
    pub series_ohms: f64,
    /// Resistance of the RC pair, ohms.
    pub rc_ohms: f64,
    /// Time constant of the RC pair, seconds.
    pub rc_s: f64,
    /// Thermal time constant, seconds.
    pub thermal_s: f64,
    /// Kelvin above ambient per watt, settled.
    pub kelvin_per_watt: f64,
    /// State of charge (0 to 1) and open-circuit voltage in volts, both strictly rising.
    pub ocv: Vec<(f64, f64)>,
}

impl CellModel {
    /// Reads and validates a cell file.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let mut reader = Reader::new(&source);
        let file: Option<CellFile> = document::read(&source, &mut reader.diagnostics);
        let structural = reader.diagnostics.len();
        let model = file.map(|file| Self::validate(&file, &mut reader));
        reader.drop_consequences(structural);
        match model {
            Some(model) if reader.diagnostics.is_empty() => Ok(model),
            _ => Err(reader.diagnostics),
        }
    }

    fn validate(file: &CellFile, reader: &mut Reader) -> Self {
        let mut number = |node, dimension| positive(node, dimension, reader);
        let mut model = Self {
            name: file.name.get_ref().clone(),
            source: format!("{}: {}", file.title, file.source),
            approximated: file.approximated.clone(),
            capacity_ah: number(&file.capacity, Dimension::Charge),
            series_ohms: number(&file.series, Dimension::Resistance),
            rc_ohms: number(&file.rc, Dimension::Resistance),
            rc_s: number(&file.rc_time, Dimension::Time),
            thermal_s: number(&file.thermal_time, Dimension::Time),
            kelvin_per_watt: number(&file.warming, Dimension::Temperature),
            ocv: Vec::new(),
        };
        for (key, node) in &file.ocv.0 {
            let text = Node::Text(key.get_ref().clone());
            let key = Spanned::new(key.span(), text);
            let soc = quantity(&key, Dimension::Percent, reader) / 100.0;
            let volts = quantity(node, Dimension::Voltage, reader);
            let rises = |last: &(f64, f64)| last.0 < soc && last.1 < volts;
            if !model.ocv.last().is_none_or(rises) {
                let message = "the open-circuit voltage does not rise here";
                let complaint = reader.at(Rule::BadExpression, node.span(), message);
                reader.complain(complaint);
            }
            model.ocv.push((soc, volts));
        }
        if model.ocv.len() < 2 {
            let message = "`ocv` needs two points";
            let complaint = reader.at(Rule::MissingKey, file.name.span(), message);
            reader.complain(complaint);
        }
        model
    }

    /// Open-circuit voltage at a state of charge (0 to 1, or a little beyond), in volts.
    #[must_use]
    pub fn ocv(&self, soc: f64) -> f64 {
        let above = self.ocv.partition_point(|point| point.0 < soc);
        let above = above.clamp(1, self.ocv.len() - 1);
        let ((low, from), (high, to)) = (self.ocv[above - 1], self.ocv[above]);
        from + (to - from) * (soc - low) / (high - low)
    }
}

fn quantity(node: &Spanned<Node>, dimension: Dimension, reader: &mut Reader) -> f64 {
    let piece = reader.piece(node);
    let value = piece.and_then(|p| reader.quantity(&p, dimension, &[], &mut no_constants));
    value.unwrap_or(f64::NAN)
}

fn positive(node: &Spanned<Node>, dimension: Dimension, reader: &mut Reader) -> f64 {
    let value = quantity(node, dimension, reader);
    if value <= 0.0 {
        let complaint = reader.at(Rule::BadExpression, node.span(), "this is not above 0");
        reader.complain(complaint);
    }
    value
}
