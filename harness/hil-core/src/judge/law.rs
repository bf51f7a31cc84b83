//! Which watcher a claim gets, and what it takes for good.

use crate::channel::{Channel, Kind};
use crate::plan::{Claim, Expectation, Op};

use super::claim::{
    Arrive, At, Between, Blinks, Changes, Follows, Is, Logged, Never, Search, Stays,
};
use super::condition::{Builder, Tree};
use super::limits::Limits;
use super::watch::Watcher;
use super::words;

/// What makes the signal "good" in the eyes of the claim.
#[derive(Debug)]
pub(super) enum Good {
    /// A state with this index.
    State(f64),
    /// Every comparison of a tree.
    Tree(Tree),
    /// That it has been sampled and is unknown.
    Unknown,
    /// That it is known.
    Known,
    /// The claim is not about good and bad.
    Nothing,
}

/// The watcher of a claim, what it takes for good, and the moment it waits for.
pub(super) fn law(
    e: &Expectation,
    builder: &mut Builder,
) -> (Box<dyn Watcher>, Good, Option<Tree>) {
    let state = |state: u8| Good::State(state.into());
    match &e.claim {
        Claim::Stays { state: s } => (Box::new(Stays::new(e.signal, *s)), state(*s), None),
        Claim::Never { state: s } => (Box::new(Never::new(e.signal, *s)), state(*s), None),
        Claim::Is { state: s } => (Box::new(Is::new(e.signal, *s)), state(*s), None),
        Claim::Becomes {
            state: s,
            within,
            hold,
        } => {
            let goal = words::value(e.signal, (*s).into());
            (Box::new(Arrive::new(goal, *within, *hold)), state(*s), None)
        }
        Claim::Settles {
            low,
            high,
            within,
            hold,
        } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            let tree = inside(e.signal, limits, builder);
            let unit = match e.signal.kind() {
                Kind::Quantity(dimension) => dimension.unit(),
                Kind::State(_) => "",
            };
            let goal = words::limits(*low, *high, unit);
            (
                Box::new(Arrive::new(goal, *within, *hold)),
                Good::Tree(tree),
                None,
            )
        }
        Claim::Unknown { within, hold } => {
            let goal = words::value(e.signal, f64::NAN);
            let watcher = Arrive::new(goal, *within, *hold);
            (Box::new(watcher), Good::Unknown, None)
        }
        Claim::Between { of, low, high } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            (
                Box::new(Between::new(e.signal, *of, limits)),
                Good::Nothing,
                None,
            )
        }
        Claim::Difference {
            minus,
            of,
            low,
            high,
        } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            let watcher = Between::difference(e.signal, *minus, *of, limits);
            (Box::new(watcher), Good::Nothing, None)
        }
        Claim::Changes { low, high } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            (Box::new(Changes::new(e.signal, limits)), Good::Known, None)
        }
        Claim::Logged { text, within } => {
            let watcher = Logged::within(text.clone(), *within);
            (Box::new(watcher), Good::Nothing, None)
        }
        Claim::NeverLogged { text } => (Box::new(Logged::never(text.clone())), Good::Nothing, None),
        Claim::At { at, low, high } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            let watcher = At::new(e.signal, words::condition(at), limits);
            (Box::new(watcher), Good::Nothing, Some(builder.tree(at)))
        }
        Claim::Searched { what, low, high } => {
            let limits = Limits {
                low: *low,
                high: *high,
            };
            let watcher = Search::new(e.signal, *what, limits);
            (Box::new(watcher), Good::Nothing, None)
        }
        Claim::Follows { log, within, lag } => {
            let watcher = Follows::new(e.signal, log.clone(), *within, *lag);
            (Box::new(watcher), Good::Nothing, None)
        }
        Claim::Blinks {
            period,
            on,
            periods,
        } => {
            let watcher = Blinks::new(*period, *on, *periods);
            (Box::new(watcher), state(1), None)
        }
    }
}

/// Whether a quantity is in limits, as comparisons whose crossings are measured.
fn inside(signal: Channel, limits: Limits, builder: &mut Builder) -> Tree {
    let limits = limits.rounded();
    let low = limits.low.map(|low| builder.atom(signal, Op::Ge, low));
    let high = limits.high.map(|high| builder.atom(signal, Op::Le, high));
    Tree::All(low.into_iter().chain(high).collect())
}
