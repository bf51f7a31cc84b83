//! The plant of a case: the `[plant]` table, and what it means for the first step and for the
//! verbs of the others.

use crate::channel::{Channel, Signal};
use crate::diagnostic::Rule;
use crate::document::{Node, Piece, Spanned, Text};
use crate::plan::Stimulus;
use crate::plant::{PlannedPlant, Sensors, Spread, Wiring};
use crate::time::Span;
use crate::units::Dimension;

use super::channels;
use super::context::Context;
use super::file::{PlantFile, WiringFile};

/// The plant as planned, the settings it starts with, and its sensor plugs.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub planned: PlannedPlant,
    /// Written in the first step, before anything the step itself sets.
    pub start: Vec<Stimulus>,
}

/// Lowers the table; `None` with complaints when something it cannot do without is wrong.
pub fn lower(file: &Spanned<PlantFile>, context: &mut Context) -> Option<Lowered> {
    let file = file.get_ref();
    let cells = file.cells.get_ref();
    let name = context.word(&cells.model)?;
    let models = context.inputs.cells;
    let Some(model) = models.get(&name.text) else {
        let message = format!("no cell is called `{}`", name.text);
        let complaint = context.reader.at(Rule::UnknownCell, name.span, message);
        let complaint = complaint.nearest(&name.text, models.keys().map(String::as_str));
        context.reader.complain(complaint);
        return None;
    };
    let parallel = optional(&cells.parallel, Dimension::Count, 1.0, context);
    let soc = optional(&Some(cells.soc.clone()), Dimension::Percent, 50.0, context);
    let capacity = context.constants.get("capacity").map_or(100.0, |c| c.value);
    let capacity = optional(&cells.capacity, Dimension::Charge, capacity, context);
    if parallel < 1.0 || parallel.fract() != 0.0 || capacity <= 0.0 {
        let span = file.cells.span();
        let message = "cells with this `capacity` and `parallel` do not exist";
        let complaint = context.reader.at(Rule::BadPack, span, message);
        context.reader.complain(complaint);
    }
    let spread = cells.spread.as_ref().map(Spanned::get_ref);
    let mut differ =
        |node: Option<&Spanned<Node>>| optional(&node.cloned(), Dimension::Percent, 0.0, context);
    let spread = Spread {
        soc: differ(spread.and_then(|s| s.soc.as_ref())),
        capacity: differ(spread.and_then(|s| s.capacity.as_ref())),
        resistance: differ(spread.and_then(|s| s.resistance.as_ref())),
    };
    let room = context.constants.get("room").map_or(25.0, |c| c.value);
    let ambient = optional(&file.ambient, Dimension::Temperature, room, context);
    let [bank, charger, load, inverter] =
        [&file.bank, &file.charger, &file.load, &file.inverter].map(Option::as_ref);
    if let (Some(_), Some(inverter)) = (charger, inverter) {
        let message = "a plant has a charger or an inverter/charger, not both";
        let complaint = context.reader.at(Rule::BadPlant, inverter.span(), message);
        context.reader.complain(complaint);
    }
    let two = context.extent.banks == 1 && inverter.is_none();
    let planned = PlannedPlant {
        model: model.clone(),
        capacity_ah: capacity * parallel,
        soc,
        spread,
        ambient,
        sensors: if two { Sensors::Two } else { Sensors::One },
        bank: bank.map(|file| wiring(file, Role::Bank, context)),
        charger: charger.map(|file| wiring(file, Role::Charger, context)),
        load: load.map(|file| wiring(file, Role::Load, context)),
        inverter: inverter.map(|file| wiring(file, Role::Inverter, context)),
        tick: Span::from_millis(100),
    };
    let mut start = Vec::new();
    for (file, role) in [
        (charger, Role::Charger),
        (load, Role::Load),
        (inverter, Role::Inverter),
    ] {
        start.extend(file.iter().flat_map(|file| settings(file, role, context)));
    }
    if planned.sensors == Sensors::One {
        start.extend((1..=context.extent.banks).map(|bank| Stimulus::Set {
            channel: Channel {
                bank,
                signal: Signal::SensorPlug,
                index: 2,
            },
            value: 1.0,
        }));
    }
    Some(Lowered { planned, start })
}

/// A key of a device's table, what stands there, and the channel it starts, if it belongs there.
type Setting<'a> = (&'static str, Option<&'a Spanned<Node>>, Option<Signal>);

/// The devices a wiring belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Bank,
    Charger,
    Load,
    Inverter,
}

impl Role {
    /// The settings a device's table may have, with their channels.
    fn settings(self, file: &WiringFile) -> [Setting<'_>; 5] {
        let [voltage, limit, demand, power, resistance] = match self {
            Self::Bank => [None; 5],
            Self::Charger => {
                let (volts, amps) = (Signal::ChargerVoltage, Signal::ChargerLimit);
                [Some(volts), Some(amps), None, None, None]
            }
            Self::Load => {
                let (watts, ohms) = (Signal::LoadPower, Signal::LoadResistance);
                [
                    None,
                    None,
                    Some(Signal::LoadDemand),
                    Some(watts),
                    Some(ohms),
                ]
            }
            Self::Inverter => {
                let (volts, amps) = (Signal::InverterVoltage, Signal::InverterLimit);
                [
                    Some(volts),
                    Some(amps),
                    None,
                    Some(Signal::InverterPower),
                    None,
                ]
            }
        };
        [
            ("voltage", file.voltage.as_ref(), voltage),
            ("limit", file.limit.as_ref(), limit),
            ("demand", file.demand.as_ref(), demand),
            ("power", file.power.as_ref(), power),
            ("resistance", file.resistance.as_ref(), resistance),
        ]
    }
}

/// What a device hangs on.
fn wiring(file: &Spanned<WiringFile>, role: Role, context: &mut Context) -> Wiring {
    let file = file.get_ref();
    let both = contacts(file.enable.as_ref(), context);
    let charger = contacts(file.enable_charger.as_ref(), context);
    let inverter = contacts(file.enable_inverter.as_ref(), context);
    for (key, node, fits) in [
        ("enable", &file.enable, role != Role::Bank),
        (
            "enable-charger",
            &file.enable_charger,
            role == Role::Inverter,
        ),
        (
            "enable-inverter",
            &file.enable_inverter,
            role == Role::Inverter,
        ),
    ] {
        if let Some(node) = node.as_ref().filter(|_| !fits) {
            misplaced(key, node, context);
        }
    }
    let join = |own: Vec<Channel>| both.iter().copied().chain(own).collect();
    Wiring {
        through: file
            .through
            .as_ref()
            .map(|node| contacts(Some(node), context)),
        charge: join(charger),
        discharge: join(inverter),
    }
}

fn misplaced(key: &str, node: &Spanned<Node>, context: &mut Context) {
    let message = format!("`{key}` means nothing to this device");
    let complaint = context.reader.at(Rule::BadPlant, node.span(), message);
    context.reader.complain(complaint);
}

/// The contacts a text or a list of texts names.
fn contacts(node: Option<&Spanned<Node>>, context: &mut Context) -> Vec<Channel> {
    let Some(node) = node else {
        return Vec::new();
    };
    let nodes = match node.get_ref() {
        Node::List(items) => items.clone(),
        _ => vec![node.clone()],
    };
    let mut found = Vec::new();
    for node in &nodes {
        let Some(piece) = context.piece(node) else {
            continue;
        };
        let channels = channels::resolve(&piece, context.extent, context.reader);
        for channel in channels.unwrap_or_default() {
            if matches!(channel.signal, Signal::RelayCharge | Signal::RelayLoad) {
                found.push(channel);
                continue;
            }
            let message = format!("{channel} is no contact of the BMS");
            let complaint = context
                .reader
                .at(Rule::BadPlant, piece.span.clone(), message);
            let complaint = complaint.expected("relay.charge or relay.load");
            context.reader.complain(complaint);
        }
    }
    found
}

/// The settings of a device as writes of the first step.
fn settings(file: &Spanned<WiringFile>, role: Role, context: &mut Context) -> Vec<Stimulus> {
    let mut found = Vec::new();
    for (key, node, signal) in role.settings(file.get_ref()) {
        match (node, signal) {
            (None, _) => {}
            (Some(node), None) => misplaced(key, node, context),
            (Some(node), Some(signal)) => {
                let channel = Channel::plain(signal);
                let piece = context.piece(node);
                let value = piece.and_then(|piece| context.value(&piece, channel.kind()));
                found.extend(value.map(|value| Stimulus::Set { channel, value }));
            }
        }
    }
    found
}

fn optional(
    node: &Option<Spanned<Node>>,
    dimension: Dimension,
    without: f64,
    context: &mut Context,
) -> f64 {
    let piece = node.as_ref().and_then(|node| context.piece(node));
    let value = piece.and_then(|piece| context.quantity_of(&piece, dimension));
    value.unwrap_or(without)
}

/// Whether a channel is there: one of a plant needs the plant, with what the channel belongs to.
pub fn has(channel: Channel, piece: &Piece, context: &mut Context) -> bool {
    if !channel.signal.is_plant() {
        return true;
    }
    let message = match &context.plant {
        Some(plant) if plant.planned.has(channel) => return true,
        Some(_) => format!("the plant of this case has no {channel}"),
        None => format!("{channel} belongs to a plant, and this case has no `[plant]`"),
    };
    let complaint = context
        .reader
        .at(Rule::BadPlant, piece.span.clone(), message);
    context.reader.complain(complaint);
    false
}

/// Whether a case may drive a channel itself: not what follows from its plant.
pub fn leaves(channel: Channel, key: &Text, context: &mut Context) -> bool {
    if context.plant.is_none() || !PlannedPlant::drives(channel.signal) {
        return true;
    }
    let message = format!("{channel} follows from the plant of this case");
    let complaint = context.reader.at(Rule::BadPlant, key.span(), message);
    let help = "set something of the plant instead: plant.*, charger.*, load.*, inverter.*";
    context.reader.complain(complaint.help(help));
    false
}
