//! Which channels of a case share a panel, which of them matter to the case, and in what order
//! they are shown.

use std::collections::BTreeSet;

use hil_core::channel::{Access, Kind};
use hil_core::plan::{Claim, Condition, PlannedCase, Stimulus};
use hil_core::{Channel, Dimension, Signal};

use crate::plot::traces::Traces;

/// Quantities that share a value axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// For people.
    pub title: &'static str,
    /// Unit of the axis.
    pub dimension: Dimension,
    /// In channel order.
    pub channels: Vec<Channel>,
    /// Whether it is shown without asking.
    pub matters: bool,
    /// Whether the case is about one of them.
    pub about: bool,
}

/// The panels of a case: quantities, then states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Quantities by panel, those the case is about first.
    pub panels: Vec<Panel>,
    /// States that matter, in channel order.
    pub strips: Vec<Channel>,
    /// The other states.
    pub more_strips: Vec<Channel>,
    /// The channels the case is about.
    pub focus: BTreeSet<Channel>,
}

/// At most so many rows of states that do not decide anything are shown without asking.
const STRIPS: usize = 24;

impl Arrangement {
    /// Arranges what was traced.
    #[must_use]
    pub fn new(plan: &PlannedCase, traces: &Traces) -> Self {
        let mut arrangement = Self {
            focus: focus(plan),
            ..Self::default()
        };
        let asked: BTreeSet<Channel> = plan
            .steps
            .iter()
            .flat_map(|s| s.expect.iter().map(|e| e.signal))
            .collect();
        for channel in traces.channels() {
            match channel.kind() {
                Kind::Quantity(dimension) => arrangement.quantity(channel, dimension),
                Kind::State(_) => arrangement.state(channel, traces, asked.contains(&channel)),
            }
        }
        arrangement
            .panels
            .sort_by_key(|panel| (!panel.about, !panel.matters));
        arrangement
    }

    fn quantity(&mut self, channel: Channel, dimension: Dimension) {
        let title = title(channel.signal, dimension);
        let about = self.focus.contains(&channel);
        let matters = about || matches!(channel.signal, Signal::ExtSoc | Signal::ExtPackCurrent);
        match self.panels.iter_mut().find(|p| p.title == title) {
            Some(panel) => {
                panel.channels.push(channel);
                panel.matters |= matters;
                panel.about |= about;
            }
            None => self.panels.push(Panel {
                title,
                dimension,
                channels: vec![channel],
                matters,
                about,
            }),
        }
    }

    fn state(&mut self, channel: Channel, traces: &Traces, asked: bool) {
        let output = matches!(
            channel.signal,
            Signal::RelayCharge
                | Signal::RelayLoad
                | Signal::LedInfo
                | Signal::LedCharge
                | Signal::LedLoad
        );
        let first = self.focus.contains(&channel) || output || traces.changes(channel);
        if asked || (first && self.strips.len() < STRIPS) {
            self.strips.push(channel);
        } else {
            self.more_strips.push(channel);
        }
    }
}

/// The heading of the panel a quantity belongs to.
fn title(signal: Signal, dimension: Dimension) -> &'static str {
    let begins = |prefix| signal.family().pattern.starts_with(prefix);
    let decoded = begins("ext.");
    match (signal, dimension) {
        (Signal::CellVoltage, _) => "Cell voltages",
        (Signal::PlantCellSoc, _) => "Plant · states of charge",
        (_, Dimension::Voltage) if signal.is_plant() => "Plant · voltages",
        (_, Dimension::Current) if signal.is_plant() => "Plant · currents",
        (_, Dimension::Power) if signal.is_plant() => "Plant · powers",
        (_, Dimension::Temperature) if signal.is_plant() => "Plant · temperatures",
        _ if signal.is_plant() => "Plant · resistances",
        (Signal::BoardTerminal, _) => "Voltages at the boards",
        (Signal::BoardBalancing, _) => "Balancing currents",
        (Signal::BoardSupply, _) => "Supply currents",
        (Signal::ExtSoc, _) => "EXT OUT · state of charge",
        (Signal::ExtPackVoltage, _) => "EXT OUT · pack voltage",
        (Signal::ExtFrame, _) => "EXT OUT · frames received",
        (Signal::ExtVmin | Signal::ExtVmax | Signal::ExtVbalance, _) => {
            "EXT OUT · voltage settings"
        }
        (_, Dimension::Voltage) if decoded => "EXT OUT · voltages",
        (_, Dimension::Current) if decoded => "EXT OUT · currents",
        (_, Dimension::Temperature) if decoded => "EXT OUT · temperatures",
        (_, Dimension::Energy) if decoded => "EXT OUT · energies",
        _ if decoded => "EXT OUT · counts and codes",
        (_, Dimension::Voltage) if begins("app.") => "App · voltages",
        (_, Dimension::Current) if begins("app.") => "App · currents",
        (_, Dimension::Temperature) if begins("app.") => "App · temperatures",
        _ if begins("app.") => "App · counts and state of charge",
        (_, Dimension::Voltage) if begins("chain.") => "Chain OUT · voltages",
        (_, Dimension::Current) if begins("chain.") => "Chain OUT · currents",
        (_, Dimension::Temperature) if begins("chain.") => "Chain OUT · temperatures",
        _ if begins("chain.") => "Chain OUT · counts",
        (_, Dimension::Temperature) => "Temperatures",
        (_, Dimension::Current) => "Pack and sensor currents",
        _ => "Settings and others",
    }
}

/// The channels a case is about: what it moves, waits for, compares and claims.
fn focus(plan: &PlannedCase) -> BTreeSet<Channel> {
    let mut focus = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        for stimulus in &step.stimuli {
            // The first step sets everything to a healthy start; that is not the point.
            if index > 0 || !matches!(stimulus, Stimulus::Set { .. }) {
                focus.insert(stimulus.channel());
            }
        }
        if let Some(wait) = &step.wait {
            of_condition(&wait.condition, &mut focus);
        }
        for expectation in &step.expect {
            focus.insert(expectation.signal);
            let conditions = [&expectation.after, &expectation.during];
            for condition in conditions.into_iter().flatten() {
                of_condition(condition, &mut focus);
            }
            if let Claim::At { at, .. } = &expectation.claim {
                of_condition(at, &mut focus);
            }
        }
    }
    if focus
        .iter()
        .all(|c| c.signal.family().access == Access::Observed)
    {
        focus.extend(
            plan.steps
                .iter()
                .flat_map(|s| &s.stimuli)
                .map(Stimulus::channel),
        );
    }
    focus
}

fn of_condition(condition: &Condition, focus: &mut BTreeSet<Channel>) {
    match condition {
        Condition::Compare { channel, .. } => {
            focus.insert(*channel);
        }
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                of_condition(part, focus);
            }
        }
    }
}
