//! Conditions prepared for a monitor: a tree over comparisons whose truth is kept by number.

use crate::channel::Channel;
use crate::plan::{Condition, Op};

use super::input::Input;

/// A condition over numbered comparisons.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Atom(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    /// Whether it holds, given the truth of every comparison. An empty `Any` does not hold.
    pub fn holds(&self, truths: &[bool]) -> bool {
        match self {
            Self::Atom(id) => truths[*id],
            Self::All(parts) => parts.iter().all(|part| part.holds(truths)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(truths)),
        }
    }
}

/// The channels and comparisons of a monitor, while it is built.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub inputs: Vec<Input>,
    pub atoms: usize,
}

impl Builder {
    pub fn input(&mut self, channel: Channel) -> &mut Input {
        let place = self.inputs.iter().position(|i| i.channel == channel);
        let place = place.unwrap_or_else(|| {
            self.inputs.push(Input::new(channel));
            self.inputs.len() - 1
        });
        &mut self.inputs[place]
    }

    pub fn tree(&mut self, condition: &Condition) -> Tree {
        match condition {
            Condition::Compare { channel, op, value } => self.atom(*channel, *op, *value),
            Condition::All(parts) => Tree::All(parts.iter().map(|p| self.tree(p)).collect()),
            Condition::Any(parts) => Tree::Any(parts.iter().map(|p| self.tree(p)).collect()),
        }
    }

    pub fn atom(&mut self, channel: Channel, op: Op, value: f64) -> Tree {
        let id = self.atoms;
        self.atoms += 1;
        self.input(channel).compare(id, op, value);
        Tree::Atom(id)
    }
}
