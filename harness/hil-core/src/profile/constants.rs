//! The constants a case sees: the profile's, and those that are made of them for a pack and a rig.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::Signal;
use crate::plan::Constant;
use crate::rig::Uncertainty;
use crate::units::Dimension;

use super::{Profile, dip_code};

/// Settings that differ by less are the same: they are texts of a few digits.
const SAME: f64 = 1e-9;

/// The made constants, with those of the profile they are made of.
const MADE: &[(&str, &[&str])] = &[
    ("v_accuracy_dut", &["v_accuracy"]),
    ("t_accuracy_dut", &["t_accuracy"]),
    ("i_accuracy_low_dut", &["i_accuracy_low"]),
    ("i_accuracy_high_dut", &["i_accuracy_high"]),
    ("pass", &["pass_per_cell"]),
    ("reaction_dut", &["reaction", "pass_per_cell"]),
    ("reaction", &["reaction", "pass_per_cell"]),
    (
        "enable",
        &["first_picture", "enable_hold", "reaction", "pass_per_cell"],
    ),
    ("energy", &["capacity", "vnom"]),
];

impl Profile {
    /// A number of the profile as it stands in the file.
    fn number(&self, name: &str) -> f64 {
        let given = self.constants.get(name);
        given.map_or(f64::NAN, |given| given.constant.value)
    }

    /// The sources, requirement ids mostly, of the decided (`[D]`) numbers behind these constants.
    pub fn decided<'a>(&'a self, used: &BTreeSet<String>) -> BTreeSet<&'a str> {
        let behind = used.iter().flat_map(|name| {
            let made = MADE.iter().find(|(made, _)| made == name);
            made.map_or_else(|| vec![name.as_str()], |(_, parts)| parts.to_vec())
        });
        let given = behind.filter_map(|name| self.constants.get(name));
        given
            .filter(|given| given.constant.decision)
            .map(|given| given.source.as_str())
            .collect()
    }

    /// The settings the app must send to a DUT with those of `factory` (nothing is known of it
    /// without one), each with the name of its constant.
    pub fn settings_beside<'a>(
        &'a self,
        factory: Option<&'a Self>,
    ) -> impl Iterator<Item = (&'a str, Signal, f64)> {
        self.constants.iter().filter_map(move |(name, given)| {
            let (signal, value) = (given.setting?, given.constant.value);
            let new = factory.and_then(|factory| factory.setting(signal));
            let differs = new.is_none_or(|new| (new - value).abs() > SAME);
            differs.then_some((name.as_str(), signal, value))
        })
    }

    fn setting(&self, signal: Signal) -> Option<f64> {
        let mut given = self.constants.values();
        let found = given.find(|given| given.setting == Some(signal));
        found.map(|given| given.constant.value)
    }

    /// The constants of a case on a pack of so many cells, on a rig of this uncertainty. Accuracies
    /// and reaction times contain the rig's uncertainty; both parts stand beside the sum.
    #[must_use]
    pub fn constants(&self, cells: u16, uncertainty: &Uncertainty) -> BTreeMap<String, Constant> {
        let given = self.constants.iter();
        let mut all: BTreeMap<_, _> = given.map(|(n, g)| (n.clone(), g.constant)).collect();
        let mut add = |name: &str, value: f64, dimension, decision| {
            let constant = Constant {
                value,
                dimension,
                decision,
            };
            all.insert(name.to_owned(), constant);
        };
        for (name, uncertain, rig, dimension) in [
            (
                "v_accuracy",
                "v_uncertainty",
                uncertainty.voltage,
                Dimension::Voltage,
            ),
            (
                "t_accuracy",
                "t_uncertainty",
                uncertainty.temperature,
                Dimension::Temperature,
            ),
            (
                "i_accuracy_low",
                "i_uncertainty",
                uncertainty.current,
                Dimension::Current,
            ),
            (
                "i_accuracy_high",
                "i_uncertainty",
                uncertainty.current,
                Dimension::Current,
            ),
        ] {
            let given = self.constants.get(name);
            let decided = given.is_some_and(|given| given.constant.decision);
            let dut = self.number(name);
            add(&format!("{name}_dut"), dut, dimension, decided);
            add(uncertain, rig, dimension, false);
            add(name, dut + rig, dimension, decided);
        }
        let balancing = uncertainty.balancing;
        add("b_uncertainty", balancing, Dimension::Current, false);
        add("time_uncertainty", uncertainty.time, Dimension::Time, false);
        add("patience", uncertainty.patience, Dimension::Time, false);
        let pass = self.number("pass_per_cell") * f64::from(cells);
        let reaction_dut = self.number("reaction") + pass;
        let reaction = reaction_dut + uncertainty.time;
        let enable = self.number("first_picture") + self.number("enable_hold") + reaction;
        add("pass", pass, Dimension::Time, true);
        add("reaction_dut", reaction_dut, Dimension::Time, true);
        add("reaction", reaction, Dimension::Time, true);
        add("enable", enable, Dimension::Time, true);
        let energy = self.number("capacity") * self.number("vnom") * f64::from(cells);
        add("energy", energy, Dimension::Energy, true);
        add("cells", f64::from(cells), Dimension::Count, false);
        let dip_cells = f64::from(dip_code(cells));
        add("dip_cells", dip_cells, Dimension::Count, false);
        all
    }
}
