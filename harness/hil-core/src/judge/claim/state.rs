//! `stays`, `never`, `is`: what a state must or must not be.

use crate::channel::Channel;
use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// How much of the window was looked at.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    pub known: Span,
    unknown: Span,
}

impl Coverage {
    /// Time before the first sample is not counted: the window begins with the first sample.
    pub fn add(&mut self, s: &Stretch) {
        match s.good {
            Some(_) => self.known = self.known + s.length(),
            None if s.measured => self.unknown = self.unknown + s.length(),
            None => {}
        }
    }

    pub fn need(&self) -> Need {
        if self.known == Span::ZERO {
            Need::Grace
        } else {
            Need::Nothing
        }
    }

    /// Why a claim that was not violated is nevertheless not proven.
    pub fn doubt(&self, channel: Channel) -> Option<String> {
        if self.known == Span::ZERO {
            Some(format!("{channel} was not measured"))
        } else if self.unknown > Span::ZERO {
            Some(format!(
                "{channel} was unknown for {}",
                words::span(self.unknown)
            ))
        } else {
            None
        }
    }
}

/// The state is the claimed one at every moment.
#[derive(Debug)]
pub(in crate::judge) struct Stays {
    channel: Channel,
    state: u8,
    covered: Coverage,
    /// The violation in progress: since when, and the state it began with.
    run: Option<(Time, f64)>,
    longest: Option<(Time, Time, f64)>,
    first: Option<Time>,
}

impl Stays {
    pub fn new(channel: Channel, state: u8) -> Self {
        Self {
            channel,
            state,
            covered: Coverage::default(),
            run: None,
            longest: None,
            first: None,
        }
    }
}

impl Watcher for Stays {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        if s.active {
            self.covered.add(s);
        }
        if !s.active || s.good != Some(false) {
            self.run = None;
            return None;
        }
        let (since, state) = *self.run.get_or_insert((s.from, s.value));
        self.first.get_or_insert(since);
        let longer = |l: &(Time, Time, f64)| s.to.since(since) > l.1.since(l.0);
        if self.longest.as_ref().is_none_or(longer) {
            self.longest = Some((since, s.to, state));
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.first
    }

    fn need(&self) -> Need {
        self.covered.need()
    }

    fn close(&mut self, at: Time) -> Ruling {
        let limits = self.limits();
        if let (Some((from, to, state)), Some(first)) = (self.longest, self.first) {
            let away = to.since(from);
            return Ruling {
                verdict: Verdict::Fail,
                value: Some(away.as_secs()),
                limits,
                margin: Some(-away.as_secs()),
                at: first,
                violated: Some((from, to)),
                seen: format!(
                    "{} from {} for {}",
                    words::value(self.channel, state),
                    words::time(from),
                    words::span(away)
                ),
            };
        }
        if let Some(doubt) = self.covered.doubt(self.channel) {
            return Ruling::inconclusive(limits, at, doubt);
        }
        Ruling {
            verdict: Verdict::Pass,
            value: Some(0.0),
            limits,
            margin: Some(0.0),
            at,
            violated: None,
            seen: format!(
                "{} for {}",
                words::value(self.channel, self.state.into()),
                words::span(self.covered.known)
            ),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some("s")
    }

    fn limits(&self) -> Limits {
        Limits::at_most(0.0)
    }
}

/// The state is never the named one.
#[derive(Debug)]
pub(in crate::judge) struct Never {
    channel: Channel,
    state: u8,
    covered: Coverage,
    times: u32,
    inside: bool,
    first: Option<(Time, Time)>,
}

impl Never {
    pub fn new(channel: Channel, state: u8) -> Self {
        Self {
            channel,
            state,
            covered: Coverage::default(),
            times: 0,
            inside: false,
            first: None,
        }
    }
}

impl Watcher for Never {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        if s.active {
            self.covered.add(s);
        }
        // "Good" is "is the named state", which is what must not be.
        let inside = s.active && s.good == Some(true);
        if inside && !self.inside {
            self.times += 1;
        }
        self.inside = inside;
        if inside && self.times == 1 {
            let from = self.first.map_or(s.from, |first| first.0);
            self.first = Some((from, s.to));
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.first.map(|first| first.0)
    }

    fn need(&self) -> Need {
        self.covered.need()
    }

    fn close(&mut self, at: Time) -> Ruling {
        let limits = self.limits();
        let word = words::value(self.channel, self.state.into());
        if let Some(first) = self.first {
            let times = if self.times == 1 { "time" } else { "times" };
            return Ruling {
                verdict: Verdict::Fail,
                value: Some(self.times.into()),
                limits,
                margin: Some(-f64::from(self.times)),
                at: first.0,
                violated: Some(first),
                seen: format!(
                    "{word} {} {times}, first at {} for {}",
                    self.times,
                    words::time(first.0),
                    words::span(first.1.since(first.0))
                ),
            };
        }
        if let Some(doubt) = self.covered.doubt(self.channel) {
            return Ruling::inconclusive(limits, at, doubt);
        }
        Ruling {
            verdict: Verdict::Pass,
            value: Some(0.0),
            limits,
            margin: Some(0.0),
            at,
            violated: None,
            seen: format!("never {word} in {}", words::span(self.covered.known)),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some("")
    }

    fn limits(&self) -> Limits {
        Limits::at_most(0.0)
    }
}

/// The state is the claimed one when the window closes.
#[derive(Debug)]
pub(in crate::judge) struct Is {
    channel: Channel,
    state: u8,
    /// The last state that counted, and since when.
    last: Option<(Time, f64)>,
}

impl Is {
    pub const fn new(channel: Channel, state: u8) -> Self {
        Self {
            channel,
            state,
            last: None,
        }
    }
}

impl Watcher for Is {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        let same = |l: &(Time, f64)| l.1 == s.value || l.1.is_nan() && s.value.is_nan();
        if s.active && s.measured && !self.last.as_ref().is_some_and(same) {
            self.last = Some((s.from, s.value));
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        None
    }

    fn need(&self) -> Need {
        if self.last.is_some() {
            Need::Nothing
        } else {
            Need::Grace
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        let limits = self.limits();
        let Some((since, value)) = self.last.filter(|last| !last.1.is_nan()) else {
            let seen = match self.last {
                Some(_) => format!("{} is unknown", self.channel),
                None => format!("{} was not measured", self.channel),
            };
            return Ruling::inconclusive(limits, at, seen);
        };
        let good = value == f64::from(self.state);
        Ruling {
            verdict: if good { Verdict::Pass } else { Verdict::Fail },
            value: Some(value),
            limits,
            margin: None,
            at,
            violated: (!good).then_some((since, at)),
            seen: format!(
                "{} since {}",
                words::value(self.channel, value),
                words::time(since)
            ),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        None
    }

    fn limits(&self) -> Limits {
        Limits {
            low: Some(self.state.into()),
            high: Some(self.state.into()),
        }
    }
}
