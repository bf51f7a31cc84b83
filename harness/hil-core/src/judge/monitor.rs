//! A monitor: one expectation, watched over time-ordered samples.
//!
//! It knows when the window opens, which moments count and in what order things happened; what is
//! claimed is the business of its watcher. It is fed live by the runner and from the record by
//! [`super::judge_case`], and how the samples are cut into portions makes no difference.

use crate::channel::{Channel, Kind};
use crate::event::Judgement;
use crate::plan::{Claim, Expectation, Finding};
use crate::ports::{LogLine, Sample};
use crate::time::{Span, Time};

use super::condition::{Builder, Tree};
use super::input::{Input, Mark, Marks};
use super::law::{Good, law};
use super::watch::{Need, Ruling, Stretch, Watcher};
use super::words;

/// One expectation over the samples of its channels.
#[derive(Debug)]
pub struct Monitor {
    /// Input 0 is the signal.
    inputs: Vec<Input>,
    after: Option<(Tree, String)>,
    during: Option<(Tree, String)>,
    strike: Option<Tree>,
    good: Good,
    watcher: Box<dyn Watcher>,
    lasting: Option<Span>,
    /// What the lines of a board's log are searched for; the signal is that log.
    text: Option<String>,

    marks: Marks,
    truths: Vec<bool>,
    value: f64,
    /// What is taken away from every sample of the signal; unknown before it was measured.
    minus: f64,
    measured: bool,
    /// Whether the moment of an `at` is now, and whether it was in the window.
    at_moment: bool,
    struck: bool,
    active: bool,
    ever_active: bool,
    opens: Option<Time>,
    /// The opening time was passed; windows may open from here on.
    begun: bool,
    window: Option<Time>,
    done: Time,
    judgement: Option<Judgement>,
}

impl Monitor {
    /// Prepares to watch an expectation.
    #[must_use]
    pub fn new(expectation: &Expectation) -> Self {
        let mut builder = Builder::default();
        builder.input(expectation.signal).watch();
        let (watcher, good, strike) = law(expectation, &mut builder);
        if let Claim::Difference { minus, .. } = &expectation.claim {
            builder.input(*minus).subtract();
        }
        let mut condition = |c: &Option<_>| {
            let c = c.as_ref()?;
            Some((builder.tree(c), words::condition(c)))
        };
        let after = condition(&expectation.after);
        let during = condition(&expectation.during);
        Self {
            inputs: builder.inputs,
            after,
            during,
            strike,
            good,
            watcher,
            lasting: expectation.lasting,
            text: match &expectation.claim {
                Claim::Logged { text, .. } | Claim::NeverLogged { text } => Some(text.clone()),
                _ => None,
            },
            marks: Marks::default(),
            truths: vec![false; builder.atoms],
            value: f64::NAN,
            minus: match &expectation.claim {
                Claim::Difference { .. } => f64::NAN,
                _ => 0.0,
            },
            measured: false,
            at_moment: false,
            struck: false,
            active: false,
            ever_active: false,
            opens: None,
            begun: false,
            window: None,
            done: Time::ZERO,
            judgement: None,
        }
    }

    /// The channels it must be fed with, the signal first.
    pub fn channels(&self) -> impl Iterator<Item = Channel> + '_ {
        self.inputs.iter().map(|input| input.channel)
    }

    /// The end of the set-up: with `after` the window opens at its measured crossing, at the
    /// earliest here, otherwise here. Samples up to and including this time tell the state at the
    /// opening; only later ones count as samples of the window.
    pub fn open(&mut self, at: Time) {
        self.opens = Some(at);
    }

    /// Takes a sample, in time order; those of other channels are ignored.
    pub fn feed(&mut self, sample: &Sample) {
        let input = self.channels().position(|c| c == sample.channel);
        if let Some(input) = input {
            self.feed_input(input, sample.at, sample.value);
        }
    }

    /// Takes a line of a target's log, in time order; those of other boards are ignored.
    pub fn hear(&mut self, line: &LogLine) {
        let found = match &self.text {
            Some(text) if line.board == self.inputs[0].channel.index => line.text.contains(text),
            _ => return,
        };
        self.feed_input(0, line.at, f64::from(u8::from(found)));
    }

    /// Takes a sample of the n-th of its channels.
    pub(super) fn feed_input(&mut self, input: usize, at: Time, value: f64) {
        if self.judgement.is_none() {
            self.inputs[input].feed(at, value, &mut self.marks);
        }
    }

    /// Takes what an approach of the step's search found.
    pub(super) fn found(&mut self, finding: &Finding) {
        self.watcher.found(finding);
    }

    /// Tells that all samples before `watermark` have been fed.
    pub fn advance(&mut self, watermark: Time) {
        let Some(opens) = self.opens.filter(|_| self.judgement.is_none()) else {
            return;
        };
        let mut frontier = watermark;
        for input in &mut self.inputs {
            frontier = frontier.min(input.advance(watermark, &mut self.marks));
        }
        self.process(opens, frontier.max(self.done));
    }

    /// The judgement, once nothing that comes can change it.
    #[must_use]
    pub fn decided(&self) -> Option<&Judgement> {
        self.judgement.as_ref()
    }

    /// Since when it is certain that the expectation is not met, though what exactly will be
    /// measured is still open.
    #[must_use]
    pub fn failing(&self) -> Option<Time> {
        self.window.and_then(|_| self.watcher.failing())
    }

    /// Whether the step has to go on for this expectation.
    #[must_use]
    pub fn need(&self) -> Need {
        if self.judgement.is_some() {
            Need::Nothing
        } else if self.window.is_some() && self.lasting.is_some() {
            Need::Time
        } else if self.window.is_none() || !self.ever_active {
            Need::Grace
        } else {
            self.watcher.need()
        }
    }

    /// The step ends: judges what was seen before `at`.
    #[must_use]
    pub fn close(self, at: Time) -> Judgement {
        self.end(at, true)
    }

    /// The step is stopped: what has failed by then has failed, everything else is inconclusive.
    #[must_use]
    pub fn stop(self, at: Time) -> Judgement {
        self.end(at, false)
    }

    fn end(mut self, at: Time, is_complete: bool) -> Judgement {
        if let (Some(opens), true) = (self.opens, self.judgement.is_none()) {
            for input in &mut self.inputs {
                input.advance(at, &mut self.marks);
            }
            self.process(opens, at.max(self.done));
        }
        if let Some(judgement) = self.judgement {
            return judgement;
        }
        let is_complete = is_complete && self.closes().is_none();
        let ruling = match self.window {
            Some(opened) if !is_complete && self.failing().is_none() => {
                let watched = words::span(at.since(opened));
                let seen = format!("watched for only {watched}");
                Ruling::inconclusive(self.watcher.limits(), at, seen)
            }
            _ => self.rule(at),
        };
        self.judgement(ruling, at)
    }

    /// When a window with a length closes, once it is open.
    fn closes(&self) -> Option<Time> {
        Some(self.window? + self.lasting?)
    }

    /// The ruling at the end of the window.
    fn rule(&mut self, at: Time) -> Ruling {
        match self.why_unseen(at) {
            Some(seen) => Ruling::inconclusive(self.watcher.limits(), at, seen),
            None => self.watcher.close(at),
        }
    }

    /// Why the claim cannot be judged at all.
    fn why_unseen(&self, at: Time) -> Option<String> {
        let blind = |input: &&Input| !input.measured_before(at);
        let blind = self.inputs.iter().find(blind);
        let not_measured = || blind.map(|input| format!("{} was not measured", input.channel));
        let never = |condition: &Option<(Tree, String)>, what: &str| {
            let text = condition.as_ref().map_or("", |c| c.1.as_str());
            Some(format!("{text} never {what}"))
        };
        if self.window.is_none() {
            not_measured().or_else(|| never(&self.after, "came true"))
        } else if !self.ever_active && self.during.is_some() {
            not_measured().or_else(|| never(&self.during, "held"))
        } else if self.strike.is_some() && !self.struck || !self.inputs[0].measured_before(at) {
            not_measured()
        } else {
            None
        }
    }

    fn process(&mut self, opens: Time, frontier: Time) {
        loop {
            let next = self.marks.next_before(frontier);
            if !self.begun && frontier > opens && next.is_none_or(|at| at > opens) {
                self.begun = true;
                self.done = opens;
                self.moment(opens, None);
            }
            let closes = self.closes().unwrap_or(Time(u64::MAX));
            let next = next.filter(|at| *at < closes);
            let Some(at) = next else {
                return self.rest(frontier);
            };
            self.elapse(at);
            let mut sample = None;
            while let Some(mark) = self.marks.take_at(at) {
                match mark {
                    // Several lines of a log may come at once, and each counts.
                    Mark::Value(value) if self.text.is_some() => {
                        sample = Some(sample.unwrap_or(0.0) + value);
                    }
                    Mark::Value(value) => sample = Some(value),
                    Mark::Minus(value) => self.minus = value,
                    Mark::Truth { atom, holds } => self.truths[atom] = holds,
                }
            }
            self.moment(at, sample.map(|value| value - self.minus));
            if self.judgement.is_some() {
                return;
            }
        }
    }

    /// Nothing more happens before the frontier, except that the window may close.
    fn rest(&mut self, frontier: Time) {
        match self.closes().filter(|closes| *closes <= frontier) {
            None => self.elapse(frontier),
            Some(closes) => {
                self.elapse(closes);
                if self.judgement.is_none() {
                    let ruling = self.rule(closes);
                    self.judgement = Some(self.judgement(ruling, closes));
                    self.marks.clear();
                }
            }
        }
    }

    /// Passes the time since the last moment, in which nothing changed.
    fn elapse(&mut self, to: Time) {
        let from = self.done;
        if !self.begun || to <= from || self.judgement.is_some() {
            return;
        }
        self.done = to;
        if self.window.is_none() {
            return;
        }
        let known = !self.value.is_nan();
        let good = match &self.good {
            Good::State(state) => known.then_some(self.value == *state),
            Good::Tree(tree) => known.then(|| tree.holds(&self.truths)),
            Good::Unknown => self.measured.then_some(!known),
            Good::Known => known.then_some(true),
            Good::Nothing => None,
        };
        let ruling = self.watcher.stretch(&Stretch {
            from,
            to,
            active: self.active,
            value: self.value,
            measured: self.measured,
            good,
        });
        self.decide(ruling);
    }

    /// A point in time at which something changed.
    fn moment(&mut self, at: Time, sample: Option<f64>) {
        if let Some(value) = sample {
            self.value = value;
            self.measured = true;
        }
        let holds = |tree: &Option<(Tree, String)>, truths: &[bool]| {
            tree.as_ref().is_none_or(|(tree, _)| tree.holds(truths))
        };
        self.active = holds(&self.during, &self.truths);
        let struck = self.strike.as_ref().is_some_and(|t| t.holds(&self.truths));
        let strikes = struck && !std::mem::replace(&mut self.at_moment, struck);
        if self.begun && self.window.is_none() && holds(&self.after, &self.truths) {
            self.window = Some(at);
            self.watcher.open(at);
        }
        let counts = self.window.is_some() && self.active;
        self.ever_active |= counts;
        if let Some(value) = sample {
            let ruling = self.watcher.sample(at, value, counts);
            self.decide(ruling);
        }
        if strikes && counts {
            self.struck = true;
            let ruling = self.watcher.strike(at);
            self.decide(ruling);
        }
    }

    fn decide(&mut self, ruling: Option<Ruling>) {
        if let (Some(ruling), None) = (ruling, &self.judgement) {
            let end = ruling.violated.map_or(ruling.at, |v| v.1.max(ruling.at));
            self.judgement = Some(self.judgement(ruling, end));
            self.marks.clear();
        }
    }

    fn judgement(&self, ruling: Ruling, end: Time) -> Judgement {
        let unit = self
            .watcher
            .unit()
            .unwrap_or_else(|| match self.inputs[0].channel.kind() {
                Kind::Quantity(dimension) => dimension.unit(),
                Kind::State(_) => "",
            });
        let opened = self.window.or(self.opens).unwrap_or(end);
        Judgement {
            verdict: ruling.verdict,
            value: ruling.value,
            unit: unit.to_string(),
            low: ruling.limits.low,
            high: ruling.limits.high,
            margin: ruling.margin,
            at: ruling.at,
            window: (opened, end),
            violated: ruling.violated,
            seen: ruling.seen,
        }
    }
}
