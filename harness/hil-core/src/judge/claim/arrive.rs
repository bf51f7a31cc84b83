//! `becomes` and `settles`: a state or a quantity gets somewhere in time and stays there.

use crate::judge::limits::{Limits, grade};
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// Arrives within a time of the window's opening and stays for `hold`.
///
/// The measurement is the delay of the first arrival that lasts. One that does not last is no
/// arrival; a later one still counts if it comes in time. An arrival that is too late is a failure
/// with a measured delay; none at all is a failure without one.
#[derive(Debug)]
pub(in crate::judge) struct Arrive {
    /// Where to, for people: `not-allowed`, `3.4 to 3.5 V`.
    goal: String,
    within: (Span, Span),
    hold: Span,
    opened: Time,
    arrived: Option<Time>,
    /// Arrivals in time that did not last.
    left: u32,
    known: bool,
    failing: Option<Time>,
}

impl Arrive {
    pub fn new(goal: String, within: (Span, Span), hold: Span) -> Self {
        Self {
            goal,
            within,
            hold,
            opened: Time::ZERO,
            arrived: None,
            left: 0,
            known: false,
            failing: None,
        }
    }

    fn deadline(&self) -> Time {
        self.opened + self.within.1
    }

    fn ruled(&self, arrived: Time, at: Time) -> Ruling {
        let delay = arrived.since(self.opened);
        let (earliest, latest) = (self.within.0.as_secs(), self.within.1.as_secs());
        let delay_s = delay.as_secs();
        let margin = match self.within.0 {
            Span::ZERO => latest - delay_s,
            _ => (latest - delay_s).min(delay_s - earliest),
        };
        let verdict = grade(Some(margin), Some(latest - earliest));
        let early = delay < self.within.0;
        let held = match self.hold {
            Span::ZERO => String::new(),
            _ if verdict == Verdict::Fail => String::new(),
            hold => format!(" and stayed for {}", words::span(hold)),
        };
        Ruling {
            verdict,
            value: Some(delay.as_secs()),
            limits: self.limits(),
            margin: Some(margin),
            at,
            violated: (verdict == Verdict::Fail).then(|| match early {
                true => (arrived, self.opened + self.within.0),
                false => (self.failing.unwrap_or(self.deadline()), arrived),
            }),
            seen: format!(
                "{} {} after {}{held}{}",
                self.goal,
                match verdict {
                    Verdict::Fail if early => "already",
                    Verdict::Fail => "only",
                    _ => "reached",
                },
                words::span(delay),
                self.detours()
            ),
        }
    }

    fn detours(&self) -> String {
        match self.left {
            0 => String::new(),
            1 => ", after leaving it once".to_string(),
            n => format!(", after leaving it {n} times"),
        }
    }
}

impl Watcher for Arrive {
    fn open(&mut self, at: Time) {
        self.opened = at;
    }

    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        self.known |= s.active && s.good.is_some();
        // Moments that do not count neither bring it there nor drive it away; time goes on.
        let there = match s.active {
            true => s.good == Some(true),
            false => self.arrived.is_some(),
        };
        if there {
            let arrived = *self.arrived.get_or_insert(s.from);
            if let Some(failed) = self.failing {
                return Some(self.ruled(arrived, failed));
            }
            let held = arrived + self.hold;
            return (s.to >= held).then(|| self.ruled(arrived, held));
        }
        let left = self.arrived.take().is_some();
        self.left += u32::from(left);
        if self.failing.is_none() && s.to > self.deadline() {
            self.failing = Some(self.deadline().max(if left { s.from } else { Time::ZERO }));
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.failing.filter(|_| self.known)
    }

    fn need(&self) -> Need {
        if self.failing.is_some() {
            Need::Nothing
        } else {
            Need::Time
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        let limits = self.limits();
        if !self.known {
            return Ruling::inconclusive(limits, at, "it was unknown all the time");
        }
        if let Some(failed) = self.failing {
            let waited = at.since(self.opened);
            return Ruling {
                verdict: Verdict::Fail,
                value: None,
                limits,
                margin: None,
                at: failed,
                violated: Some((failed, at)),
                seen: format!(
                    "{} not reached in {}{}",
                    self.goal,
                    words::span(waited),
                    self.detours()
                ),
            };
        }
        let seen = match self.arrived {
            Some(arrived) => format!(
                "{} reached after {}, but watched for only {} of {}",
                self.goal,
                words::span(arrived.since(self.opened)),
                words::span(at.since(arrived)),
                words::span(self.hold)
            ),
            None => format!(
                "watched for only {} of {}",
                words::span(at.since(self.opened)),
                words::span(self.within.1)
            ),
        };
        Ruling::inconclusive(limits, at, seen)
    }

    fn unit(&self) -> Option<&'static str> {
        Some("s")
    }

    /// The delay cannot be negative: a shortest delay of 0 bounds the span of the limits but is itself no limit that
    /// a fast board comes close to.
    fn limits(&self) -> Limits {
        Limits {
            low: Some(self.within.0.as_secs()),
            high: Some(self.within.1.as_secs()),
        }
    }
}
