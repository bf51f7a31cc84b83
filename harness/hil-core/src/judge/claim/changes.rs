//! `changes`: how often a state changes.

use crate::channel::Channel;
use crate::judge::limits::Limits;
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::Time;
use crate::verdict::Verdict;

use super::state::Coverage;

/// The number of changes lies in the limits. From one state over unknown to another is a change;
/// what it was while `during` did not hold does not matter.
#[derive(Debug)]
pub(in crate::judge) struct Changes {
    channel: Channel,
    limits: Limits,
    covered: Coverage,
    /// The last known state in a row of moments that count.
    last: Option<f64>,
    changes: u32,
    /// The first change too many.
    failing: Option<Time>,
    latest: Option<Time>,
}

impl Changes {
    pub fn new(channel: Channel, limits: Limits) -> Self {
        Self {
            channel,
            limits,
            covered: Coverage::default(),
            last: None,
            changes: 0,
            failing: None,
            latest: None,
        }
    }
}

impl Watcher for Changes {
    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        if !s.active {
            self.last = None;
            return None;
        }
        self.covered.add(s);
        let known = s.good.map(|_| s.value);
        let last = self.last;
        self.last = known.or(last);
        if known.is_some() && last.is_some() && known != last {
            self.changes += 1;
            self.latest = Some(s.from);
            let many = self
                .limits
                .high
                .is_some_and(|high| f64::from(self.changes) > high);
            if many && self.failing.is_none() {
                self.failing = Some(s.from);
            }
        }
        None
    }

    fn failing(&self) -> Option<Time> {
        self.failing
    }

    fn need(&self) -> Need {
        self.covered.need()
    }

    fn close(&mut self, at: Time) -> Ruling {
        let number = f64::from(self.changes);
        let limits = self.limits;
        let margin = limits.margin(number);
        let fails = margin.is_some_and(|margin| margin < 0.0);
        if let (Some(doubt), None) = (self.covered.doubt(self.channel), self.failing) {
            return Ruling::inconclusive(limits, at, doubt);
        }
        let times = match self.changes {
            1 => "changed once".to_string(),
            n => format!("changed {n} times"),
        };
        let last = self.latest.map_or(String::new(), |latest| {
            format!(", last at {}", words::time(latest))
        });
        Ruling {
            verdict: if fails { Verdict::Fail } else { Verdict::Pass },
            value: Some(number),
            limits,
            margin,
            at: self.failing.unwrap_or(at),
            violated: self.failing.map(|from| (from, at)),
            seen: format!("{times} in {}{last}", words::span(self.covered.known)),
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some("times")
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}
