//! `blinks`: a lamp that comes on periodically.

use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// The measured length that is furthest from the middle of its limits.
#[derive(Debug)]
struct Extreme {
    limits: Limits,
    /// From, to, seconds.
    worst: Option<(Time, Time, f64)>,
}

impl Extreme {
    fn new(limits: (Span, Span)) -> Self {
        Self {
            limits: Limits::of_spans(limits),
            worst: None,
        }
    }

    fn add(&mut self, from: Time, to: Time) {
        let seconds = to.since(from).as_secs();
        let margin = |value| self.limits.margin(value);
        if self.worst.is_none_or(|w| margin(seconds) < margin(w.2)) {
            self.worst = Some((from, to, seconds));
        }
    }

    fn verdict(&self) -> Verdict {
        self.worst
            .map_or(Verdict::Inconclusive, |w| self.limits.verdict(w.2))
    }
}

/// At least so many whole periods, each with its length (and on-time) in limits.
///
/// A period is from one rise to the next, an on-time from a rise to the fall after it; what is cut
/// off by the window, by `during` or by an unknown state is not measured. No rise for longer than
/// the longest period is a failure.
#[derive(Debug)]
pub(in crate::judge) struct Blinks {
    periods: Extreme,
    on: Option<Extreme>,
    wanted: u16,
    longest: Span,
    seen: u16,
    /// State of the stretch before, if it joins up with the next.
    lit: Option<bool>,
    rise: Option<Time>,
    /// The last rise, or since when there could have been one.
    quiet_since: Option<Time>,
    /// The first silence that was too long: from, to, and whether the lamp was lit in it.
    silence: Option<(Time, Time, bool)>,
    failing: Option<Time>,
    measured: bool,
}

impl Blinks {
    pub fn new(period: (Span, Span), on: Option<(Span, Span)>, wanted: u16) -> Self {
        Self {
            periods: Extreme::new(period),
            on: on.map(Extreme::new),
            wanted,
            longest: period.1,
            seen: 0,
            lit: None,
            rise: None,
            quiet_since: None,
            silence: None,
            failing: None,
            measured: false,
        }
    }

    fn rises(&mut self, at: Time) {
        if let Some(last) = self.rise.replace(at) {
            self.periods.add(last, at);
            self.seen = self.seen.saturating_add(1);
            if self.periods.verdict() == Verdict::Fail {
                self.failing.get_or_insert(at);
            }
        }
        self.quiet_since = Some(at);
    }

    fn falls(&mut self, at: Time) {
        if let (Some(rise), Some(on)) = (self.rise, &mut self.on) {
            on.add(rise, at);
            if on.verdict() == Verdict::Fail {
                self.failing.get_or_insert(at);
            }
        }
    }

    /// What is ruled on: the worse of period and on-time, the period when they are equal.
    fn measurement(&self) -> (&Extreme, &'static str) {
        match &self.on {
            Some(on) if on.worst.is_some() && on.verdict() > self.periods.verdict() => {
                (on, "on for")
            }
            _ => (&self.periods, "period"),
        }
    }

    fn silent(&self, (from, to, lit): (Time, Time, bool)) -> Ruling {
        Ruling {
            verdict: Verdict::Fail,
            value: None,
            limits: self.periods.limits,
            margin: None,
            at: self.failing.unwrap_or(to),
            violated: Some((from, to)),
            seen: format!(
                "steadily {} for {} from {}",
                if lit { "lit" } else { "dark" },
                words::span(to.since(from)),
                words::time(from)
            ),
        }
    }
}

impl Watcher for Blinks {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        let (true, Some(lit)) = (s.active, s.good) else {
            self.lit = None;
            self.rise = None;
            self.quiet_since = None;
            return None;
        };
        self.measured = true;
        match (self.lit.replace(lit), lit) {
            (Some(false), true) => self.rises(s.from),
            (Some(true), false) => self.falls(s.from),
            _ => {}
        }
        let since = *self.quiet_since.get_or_insert(s.from);
        if s.to.since(since) > self.longest {
            self.failing.get_or_insert(since + self.longest);
            let (from, to, _) = self.silence.get_or_insert((since, s.to, lit));
            if *from == since {
                *to = s.to;
            }
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.failing
    }

    fn need(&self) -> Need {
        if self.failing.is_some() || self.seen >= self.wanted {
            Need::Nothing
        } else if self.quiet_since.is_some() {
            Need::Time
        } else {
            Need::Grace
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        let (extreme, word) = self.measurement();
        let limits = extreme.limits;
        let verdict = extreme.verdict();
        if let (Some(silence), true) = (self.silence, verdict != Verdict::Fail) {
            return self.silent(silence);
        }
        let Some((from, to, seconds)) = extreme.worst else {
            let seen = match self.measured {
                true => "watched for too short a time to see a period",
                false => "it was unknown all the time",
            };
            return Ruling::inconclusive(limits, at, seen);
        };
        let shown = words::number(seconds, "s");
        let mut ruling = Ruling {
            verdict,
            value: Some(seconds),
            limits,
            margin: limits.margin(seconds),
            at: self.failing.unwrap_or(at),
            violated: (verdict == Verdict::Fail).then_some((from, to)),
            seen: match self.seen {
                1 => format!("{word} {shown} in 1 period"),
                n => format!("{word} {shown}, worst of {n} periods"),
            },
        };
        if verdict != Verdict::Fail && self.seen < self.wanted {
            ruling.verdict = Verdict::Inconclusive;
            ruling.seen = format!("{}, {} wanted", ruling.seen, self.wanted);
        }
        ruling
    }

    fn unit(&self) -> Option<&'static str> {
        Some("s")
    }

    fn limits(&self) -> Limits {
        self.periods.limits
    }
}
