//! Lowering an instance of a case to its plan: one pass over the steps with everything that is
//! known of the instance at hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::{Channel, Kind, Signal};
use crate::diagnostic::{Rule, nearest};
use crate::document::{Node, Piece, Reader, Spanned, Text};
use crate::plan::{Constant, Pack, PlannedCase, PlannedStep, shows};
use crate::plant::CellModel;
use crate::profile::Profile;
use crate::quantity::{Limits, Quantity, show};
use crate::rig::Uncertainty;
use crate::time::Span;
use crate::units::Dimension;

use super::channels::{self, Extent};
use super::file::{CaseFile, StepFile};
use super::matrix::Instance;
use super::replay::Replayed;
use super::stimuli::{self, Stimuli};
use super::{claims, plant, replay, search, sentence, settings};

/// In packs up to this size every cell voltage and Info LED is traced, used or not.
const SMALL_PACK: u16 = 16;

/// What an instance is lowered from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The case.
    pub case: &'a CaseFile,
    /// The instance.
    pub instance: &'a Instance,
    /// Its profile.
    pub profile: &'a Profile,
    /// The profile whose settings a new board has.
    pub factory: Option<&'a Profile>,
    /// The kinds of cells a plant can have.
    pub cells: &'a BTreeMap<String, CellModel>,
    /// Field logs, by their path in the project.
    pub logs: &'a BTreeMap<String, String>,
    /// The rig's uncertainty.
    pub uncertainty: &'a Uncertainty,
}

/// What lowering knows and finds out.
#[derive(Debug)]
pub struct Context<'a> {
    pub inputs: Inputs<'a>,
    pub reader: &'a mut Reader,
    pub extent: Extent,
    /// Profile's and case's constants.
    pub constants: BTreeMap<String, Constant>,
    /// The setpoint of every channel that was driven so far.
    pub setpoints: BTreeMap<Channel, f64>,
    /// Channels to be traced.
    pub observe: BTreeSet<Channel>,
    /// What the present step replays.
    pub replay: Option<Replayed>,
    /// How long the stimuli of the present step take.
    pub driven: Span,
    /// What stands around the boards.
    pub plant: Option<plant::Lowered>,
    /// Constants that were used.
    used: BTreeSet<String>,
}

/// The plan of an instance; complete only when the reader has no complaint. And the names of
/// `let` and `each` it used.
pub fn lower(inputs: Inputs, reader: &mut Reader) -> (PlannedCase, BTreeSet<String>) {
    let Inputs { case, instance, .. } = inputs;
    let constants = inputs.profile.constants(instance.cells, inputs.uncertainty);
    let mut context = Context {
        inputs,
        reader,
        extent: Extent {
            cells: instance.cells,
            banks: instance.banks,
        },
        constants,
        setpoints: BTreeMap::new(),
        observe: BTreeSet::new(),
        replay: None,
        driven: Span::ZERO,
        plant: None,
        used: BTreeSet::new(),
    };
    context.define();
    let plant = case.plant.as_ref();
    context.plant = plant.and_then(|plant| plant::lower(plant, &mut context));
    let mut steps = Vec::new();
    let mut estimate = Span::ZERO;
    for step in &case.step {
        for step in context.step(step, steps.is_empty()) {
            estimate = estimate + duration(&step, context.driven);
            steps.push(step);
        }
    }
    let pack = Pack {
        cells: instance.cells,
        banks: instance.banks,
        profile: instance.profile.clone(),
        temperature_scale: inputs.profile.temperature_scale,
        board: instance.board,
        hardware: instance.hardware,
    };
    context.observe_always(&pack);
    let mut used = context.used;
    used.extend(instance.names.used.borrow().iter().cloned());
    let plan = PlannedCase {
        id: instance.id.clone(),
        family: case.id.get_ref().clone(),
        title: case.title.clone(),
        verifies: case
            .verifies
            .iter()
            .map(|id| id.get_ref().clone())
            .collect(),
        tags: case.tags.iter().map(|tag| tag.get_ref().clone()).collect(),
        file: context.reader.source.path.clone(),
        pack,
        constants: context.constants,
        plant: context.plant.map(|plant| plant.planned),
        observe: context.observe.into_iter().collect(),
        steps,
        estimate,
        decisions: BTreeMap::new(),
    };
    (plan, used)
}

impl Context<'_> {
    /// Adds the constants of `let`, each of which may use those before it.
    fn define(&mut self) {
        for (key, node) in &self.inputs.case.constants.0 {
            let name = key.get_ref();
            if self.constants.contains_key(name) {
                let message = format!("the constant `${name}` exists already");
                let complaint = self.reader.at(Rule::DuplicateId, key.span(), message);
                self.reader.complain(complaint);
                continue;
            }
            let Some(piece) = self.piece(node) else {
                continue;
            };
            let (constants, used) = (&self.constants, &mut self.used);
            let found = crate::quantity::evaluate(&piece.text, &mut |n| find(constants, used, n));
            let dimension = found.map_or(Dimension::Count, |quantity| quantity.dimension);
            // Read again with its own dimension, so that errors are told in one place.
            let value = self.quantity_of(&piece, dimension);
            let constant = Constant {
                value: value.unwrap_or(f64::NAN),
                dimension,
                decision: false,
            };
            self.constants.insert(name.clone(), constant);
        }
    }

    /// The step, after the one that prepares the DUT for the first.
    fn step(&mut self, step: &Spanned<StepFile>, first: bool) -> Vec<PlannedStep> {
        let file = step.get_ref();
        let name = self.word(&file.name).map(|piece| piece.text);
        let prompt = file.prompt.as_ref();
        let prompt = prompt.map(|prompt| self.word(prompt).map(|piece| piece.text));
        self.driven = Span::ZERO;
        let Stimuli {
            driven: mut stimuli,
            said,
            moving,
        } = stimuli::lower(file, first, self);
        let before = if first {
            settings::of_profile(&mut stimuli, self)
        } else {
            None
        };
        stimuli.extend(said);
        stimuli.extend(moving);
        let wait = file.wait.as_ref().and_then(|wait| claims::wait(wait, self));
        let hold = file.hold.as_ref().and_then(|hold| self.span(hold));
        let mut hold = hold.unwrap_or_default();
        let replay = file.replay.as_ref();
        self.replay = replay.and_then(|node| replay::lower(node, self));
        if let Some(replay) = &self.replay {
            // A log that says nothing new for a while is played all the same.
            hold = hold.max(replay.plan.length);
        }
        let mut expect = Vec::new();
        let searched = file.search.as_ref().and_then(|search| {
            search::alone(&stimuli, search, self);
            search::lower(search, self)
        });
        let search = searched.map(|(search, limits)| {
            self.setpoints.insert(search.drive, search.from);
            self.driven = self.driven.max(search.estimate());
            expect.extend(limits);
            search
        });
        for expectation in &file.expect {
            expect.extend(claims::expectation(expectation, self));
        }
        let (line, _) = self.reader.source.position(step.span().start);
        let step = PlannedStep {
            name: name.unwrap_or_default(),
            line,
            prompt: prompt.flatten(),
            stimuli,
            wait,
            search,
            replay: self.replay.take().map(|replay| replay.plan),
            expect,
            hold,
            prepares: false,
        };
        before.into_iter().chain([step]).collect()
    }

    /// What every record shows, however little its case looks at.
    fn observe_always(&mut self, pack: &Pack) {
        for bank in 1..=self.extent.banks {
            let mut add = |signal, index| {
                let channel = Channel {
                    bank,
                    signal,
                    index,
                };
                if shows(pack.alone(), pack.cells, channel) {
                    self.observe.insert(channel);
                }
            };
            add(Signal::RelayCharge, 0);
            add(Signal::RelayLoad, 0);
            add(Signal::LedCharge, 0);
            add(Signal::LedLoad, 0);
            add(Signal::PackCurrent, 0);
            if self.plant.is_some() {
                add(Signal::PlantVoltage, 0);
                add(Signal::PlantCurrent, 0);
                for cell in 1..=self.extent.cells {
                    add(Signal::PlantCellSoc, cell);
                    add(Signal::BoardBalancing, cell);
                }
            }
            if self.extent.cells <= SMALL_PACK {
                for cell in 1..=self.extent.cells {
                    add(Signal::CellVoltage, cell);
                    add(Signal::LedInfo, cell);
                }
            }
        }
    }

    /// Notes that a constant is used.
    pub fn uses(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// Whether the channels of a group are traced one by one.
    pub fn traces_groups(&self) -> bool {
        self.extent.cells <= SMALL_PACK
    }

    /// A value's text with its placeholders filled.
    pub fn piece(&mut self, node: &Spanned<Node>) -> Option<Piece> {
        let piece = self.reader.piece(node)?;
        self.inputs.instance.names.fill(piece, self.reader)
    }

    /// A text with its placeholders filled.
    pub fn word(&mut self, text: &Text) -> Option<Piece> {
        let piece = Piece {
            text: text.get_ref().clone(),
            span: text.span(),
        };
        self.inputs.instance.names.fill(piece, self.reader)
    }

    /// The channels a text names.
    pub fn channels(&mut self, text: &Text) -> Option<Vec<Channel>> {
        let piece = self.word(text)?;
        self.resolve(&piece)
    }

    /// The channels a piece names, of the rig or of the plant.
    pub fn resolve(&mut self, piece: &Piece) -> Option<Vec<Channel>> {
        let found = channels::resolve(piece, self.extent, self.reader)?;
        let first = found.first()?;
        plant::has(*first, piece, self).then_some(found)
    }

    /// A quantity of this dimension.
    pub fn quantity_of(&mut self, piece: &Piece, dimension: Dimension) -> Option<f64> {
        let (constants, used) = (&self.constants, &mut self.used);
        let names: Vec<_> = constants.keys().map(String::as_str).collect();
        let lookup = &mut |name: &str| find(constants, used, name);
        self.reader.quantity(piece, dimension, &names, lookup)
    }

    /// Limits of this dimension.
    pub fn limits(&mut self, node: &Spanned<Node>, dimension: Dimension) -> Option<Limits> {
        let piece = self.piece(node)?;
        let (constants, used) = (&self.constants, &mut self.used);
        let names: Vec<_> = constants.keys().map(String::as_str).collect();
        let lookup = &mut |name: &str| find(constants, used, name);
        self.reader.limits(&piece, dimension, &names, lookup)
    }

    /// A longest delay, or a shortest and a longest one.
    pub fn delay(&mut self, node: &Spanned<Node>) -> Option<(Span, Span)> {
        let is_range = matches!(node.get_ref(), Node::Text(text) if text.contains(".."));
        if !is_range {
            return self.span(node).map(|latest| (Span::ZERO, latest));
        }
        let limits = self.limits(node, Dimension::Time)?;
        let side = |side: Option<f64>| side.map_or(Span::ZERO, Span::from_secs);
        Some((side(limits.low), side(limits.high)))
    }

    /// A time that is not negative.
    pub fn span(&mut self, node: &Spanned<Node>) -> Option<Span> {
        let piece = self.piece(node)?;
        let seconds = self.quantity_of(&piece, Dimension::Time)?;
        if seconds >= 0.0 {
            return Some(Span::from_secs(seconds));
        }
        let message = format!("`{}` is {}", piece.text, show(seconds, Dimension::Time));
        let complaint = self.reader.at(Rule::BadExpression, piece.span, message);
        self.reader
            .complain(complaint.expected("a time from now on"));
        None
    }

    /// The value of a channel: a quantity, or a state's index.
    pub fn value(&mut self, piece: &Piece, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Quantity(dimension) => self.quantity_of(piece, dimension),
            Kind::State(words) => self.state(piece, words).map(f64::from),
        }
    }

    /// The index of a state's word.
    pub fn state(&mut self, piece: &Piece, words: &[&str]) -> Option<u8> {
        let found = words.iter().position(|word| *word == piece.text.trim());
        if found.is_none() {
            let message = format!("`{}` is no state of this channel", piece.text.trim());
            let mut complaint = self
                .reader
                .at(Rule::UnknownState, piece.span.clone(), message)
                .expected(format!("one of {}", words.join(", ")));
            complaint.nearest = nearest(&piece.text, words.iter().copied());
            self.reader.complain(complaint);
        }
        found.and_then(|index| u8::try_from(index).ok())
    }
}

fn find(
    constants: &BTreeMap<String, Constant>,
    used: &mut BTreeSet<String>,
    name: &str,
) -> Option<Quantity> {
    let constant = constants.get(name)?;
    used.insert(name.to_owned());
    Some(Quantity {
        value: constant.value,
        dimension: constant.dimension,
    })
}

/// How long a step takes at most when everything passes.
fn duration(step: &PlannedStep, driven: Span) -> Span {
    let wait = step.wait.as_ref().map_or(Span::ZERO, |wait| wait.within);
    let base = driven.max(step.hold);
    let reaction = step.expect.iter().map(sentence::reaction).max();
    let ends = step.expect.iter().map(|expectation| {
        let opens = match expectation.after {
            Some(_) => base + reaction.unwrap_or_default(),
            None => Span::ZERO,
        };
        opens + sentence::duration(expectation)
    });
    wait + ends.max().unwrap_or_default().max(base)
}
