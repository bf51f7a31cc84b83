//! `between` and `at`: a number against its limits.

use crate::channel::Channel;
use crate::judge::input::{self, Shape};
use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::plan::Statistic;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// A number of the window lies in the limits.
#[derive(Debug)]
pub(in crate::judge) struct Between {
    channel: Channel,
    /// What is compared, for people.
    name: String,
    shape: Shape,
    of: Statistic,
    limits: Limits,
    /// The last sample that did not count.
    before: Option<f64>,
    samples: u32,
    unknown: u32,
    first: Option<f64>,
    last: Option<(Time, f64)>,
    /// The sample with the smallest margin.
    worst: Option<(Time, f64, f64)>,
    failing: Option<Time>,
    /// Samples outside in a row: from, to, smallest margin.
    run: Option<(Time, Time, f64)>,
    worst_run: Option<(Time, Time, f64)>,
    mean: Mean,
    /// Every sample, for the median.
    values: Vec<f64>,
}

/// A time-weighted mean: trapezoids under a line, rectangles under a held value.
#[derive(Debug, Default)]
struct Mean {
    area: f64,
    seconds: f64,
    from: Option<(Time, f64)>,
}

impl Mean {
    fn to(&mut self, shape: Shape, at: Time, value: f64) {
        if let Some((since, old)) = self.from {
            let seconds = at.since(since).as_secs();
            let height = if shape == Shape::Line {
                f64::midpoint(old, value)
            } else {
                old
            };
            self.area += height * seconds;
            self.seconds += seconds;
        }
        self.from = Some((at, value));
    }

    /// The moments that count end here: a held value counts up to now, a line up to its sample.
    fn stop(&mut self, shape: Shape, at: Time) {
        if let (Some((_, value)), false) = (self.from, shape == Shape::Line) {
            self.to(shape, at, value);
        }
        self.from = None;
    }
}

impl Between {
    pub fn new(channel: Channel, of: Statistic, limits: Limits) -> Self {
        Self {
            channel,
            name: channel.to_string(),
            shape: input::shape(channel),
            of,
            limits,
            before: None,
            samples: 0,
            unknown: 0,
            first: None,
            last: None,
            worst: None,
            failing: None,
            run: None,
            worst_run: None,
            mean: Mean::default(),
            values: Vec::new(),
        }
    }

    /// Of samples from which another channel's were taken away before.
    pub fn difference(channel: Channel, minus: Channel, of: Statistic, limits: Limits) -> Self {
        Self {
            name: format!("{channel} less {minus}"),
            ..Self::new(channel, of, limits)
        }
    }

    /// Keeps the sample with the smallest margin and the run of samples outside around it.
    fn compare(&mut self, at: Time, value: f64) {
        let Some(margin) = self.limits.margin(value) else {
            self.worst.get_or_insert((at, value, 0.0));
            return;
        };
        if self.worst.is_none_or(|worst| margin < worst.2) {
            self.worst = Some((at, value, margin));
        }
        if margin >= 0.0 {
            self.run = None;
            return;
        }
        self.failing.get_or_insert(at);
        let (from, _, deepest) = self.run.unwrap_or((at, at, margin));
        let run = (from, at, deepest.min(margin));
        self.run = Some(run);
        if self.worst_run.is_none_or(|worst| run.2 <= worst.2) {
            self.worst_run = Some(run);
        }
    }

    /// The number that is compared, once the window is closed, and how it came about.
    fn number(&self) -> Option<(f64, String)> {
        let show = |value| words::value(self.channel, value);
        match self.of {
            Statistic::Each => self.worst.map(|(at, value, _)| {
                let seen = match self.samples {
                    1 => format!("{} at {}", show(value), words::time(at)),
                    n => format!(
                        "{} at {}, worst of {n} samples",
                        show(value),
                        words::time(at)
                    ),
                };
                (value, seen)
            }),
            Statistic::Last => self.last.map(|(at, value)| {
                let seen = format!("{} at {}, the last sample", show(value), words::time(at));
                (value, seen)
            }),
            Statistic::Change if self.samples < 2 => None,
            Statistic::Change => self.first.zip(self.last).map(|(first, (_, last))| {
                let seen = format!("from {} to {}", show(first), show(last));
                (last - first, seen)
            }),
            Statistic::Mean => {
                let value = if self.mean.seconds > 0.0 {
                    self.mean.area / self.mean.seconds
                } else {
                    self.first?
                };
                let over = words::number(self.mean.seconds, "s");
                Some((value, format!("{} on average over {over}", show(value))))
            }
            Statistic::Median => {
                let mut values = self.values.clone();
                values.sort_by(f64::total_cmp);
                let value = *values.get(values.len() / 2)?;
                let seen = format!("{}, median of {} samples", show(value), values.len());
                Some((value, seen))
            }
        }
    }
}

impl Watcher for Between {
    /// A setting is what the DUT reported last, however long ago it was asked.
    fn open(&mut self, at: Time) {
        if let (Some(value), true) = (self.before, self.channel.signal.is_setting()) {
            self.sample(at, value, true);
        }
    }

    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        if !s.active {
            self.mean.stop(self.shape, s.from);
            self.run = None;
        }
        None
    }

    fn sample(&mut self, at: Time, value: f64, counts: bool) -> Option<Ruling> {
        if !counts {
            self.before = Some(value);
            return None;
        }
        self.last = Some((at, value));
        if value.is_nan() {
            self.unknown += 1;
            self.mean.stop(self.shape, at);
            self.run = None;
            return None;
        }
        self.samples += 1;
        self.first.get_or_insert(value);
        match self.of {
            Statistic::Each => self.compare(at, value),
            Statistic::Mean => self.mean.to(self.shape, at, value),
            Statistic::Median => self.values.push(value),
            Statistic::Last | Statistic::Change => {}
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.failing
    }

    fn need(&self) -> Need {
        let enough = if self.of == Statistic::Change { 2 } else { 1 };
        if self.samples >= enough {
            Need::Nothing
        } else {
            Need::Grace
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        self.mean.stop(self.shape, at);
        let limits = self.limits;
        let number = self.number().filter(|number| !number.0.is_nan());
        let Some((value, seen)) = number else {
            let seen = match (self.samples, self.unknown) {
                (0, 0) => format!("no sample of {}", self.name),
                (_, 0) => format!("only one sample of {}", self.name),
                (_, _) => format!("{} was unknown", self.name),
            };
            return Ruling::inconclusive(limits, at, seen);
        };
        let mut verdict = limits.verdict(value);
        let mut seen = seen;
        if self.unknown > 0 && self.of != Statistic::Last && verdict != Verdict::Fail {
            verdict = Verdict::Inconclusive;
            let all = self.samples + self.unknown;
            seen = format!("{seen}; unknown in {} of {all} samples", self.unknown);
        }
        Ruling {
            verdict,
            value: Some(value),
            limits,
            margin: limits.margin(value),
            at: self.failing.unwrap_or(at),
            violated: self.worst_run.map(|run| (run.0, run.1)),
            seen,
        }
    }

    fn unit(&self) -> Option<&'static str> {
        None
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

/// The value at the moment something becomes true.
#[derive(Debug)]
pub(in crate::judge) struct At {
    channel: Channel,
    shape: Shape,
    moment: String,
    limits: Limits,
    last: Option<(Time, f64)>,
    struck: Option<Time>,
    /// For how long the window was open.
    watched: Span,
}

impl At {
    pub fn new(channel: Channel, moment: String, limits: Limits) -> Self {
        Self {
            channel,
            shape: input::shape(channel),
            moment,
            limits,
            last: None,
            struck: None,
            watched: Span::ZERO,
        }
    }

    fn ruled(&self, struck: Time, value: f64) -> Ruling {
        let limits = self.limits;
        if value.is_nan() {
            let seen = format!("{} was unknown at {}", self.channel, words::time(struck));
            return Ruling::inconclusive(limits, struck, seen);
        }
        let verdict = limits.verdict(value);
        let shown = words::value(self.channel, value);
        Ruling {
            verdict,
            value: Some(value),
            limits,
            margin: limits.margin(value),
            at: struck,
            violated: (verdict == Verdict::Fail).then_some((struck, struck)),
            seen: format!("{shown} at {}", words::time(struck)),
        }
    }
}

impl Watcher for At {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        self.watched = self.watched + s.length();
        None
    }

    /// Samples that do not count themselves still carry the line to the moment.
    fn sample(&mut self, at: Time, value: f64, _counts: bool) -> Option<Ruling> {
        let from = self.last.replace((at, value));
        let struck = self.struck?;
        let value = match from {
            _ if struck == at => value,
            Some(from) => input::between(self.shape, from, (at, value), struck),
            None => f64::NAN,
        };
        Some(self.ruled(struck, value))
    }

    fn strike(&mut self, at: Time) -> Option<Ruling> {
        if self.struck.is_some() {
            return None;
        }
        self.struck = Some(at);
        match self.last {
            Some((when, value)) if when == at || self.shape != Shape::Line => {
                Some(self.ruled(at, value))
            }
            _ => None,
        }
    }

    fn failing(&self) -> Option<Time> {
        None
    }

    fn need(&self) -> Need {
        Need::Grace
    }

    fn close(&mut self, at: Time) -> Ruling {
        if let Some(struck) = self.struck {
            // No sample came after the moment: the last one stands for it, if it is not too old.
            let last = self.last.map(|last| (last, (struck, last.1)));
            let value = last.map(|(from, to)| input::between(self.shape, from, to, struck));
            return self.ruled(struck, value.unwrap_or(f64::NAN));
        }
        Ruling {
            verdict: Verdict::Fail,
            value: None,
            limits: self.limits,
            margin: None,
            at,
            violated: None,
            seen: format!(
                "{} did not come in {}",
                self.moment,
                words::span(self.watched)
            ),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        None
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}
