//! `log`: a text in the lines of a board's log. A sample is the number of lines at a time that contain
//! the text. A board of which no line was ever read proves nothing.

use crate::judge::limits::{Limits, grade};
use crate::judge::watch::{Need, Ruling, Stretch, Watcher};
use crate::judge::words;
use crate::time::{Span, Time};
use crate::verdict::Verdict;

/// A line with a text comes within a time, or never.
#[derive(Debug)]
pub(in crate::judge) struct Logged {
    text: String,
    /// Shortest and longest delay; `None`: never.
    within: Option<(Span, Span)>,
    opened: Time,
    /// How long the window was open while lines counted.
    watched: Span,
    lines: u32,
    first: Option<Time>,
    failing: Option<Time>,
}

impl Logged {
    pub const fn within(text: String, within: (Span, Span)) -> Self {
        Self::new(text, Some(within))
    }

    pub const fn never(text: String) -> Self {
        Self::new(text, None)
    }

    const fn new(text: String, within: Option<(Span, Span)>) -> Self {
        Self {
            text,
            within,
            opened: Time::ZERO,
            watched: Span::ZERO,
            lines: 0,
            first: None,
            failing: None,
        }
    }

    fn came(&self, at: Time, within: (Span, Span)) -> Ruling {
        let delay = at.since(self.opened).as_secs();
        let limits = Limits::of_spans(within);
        let (earliest, latest) = (within.0.as_secs(), within.1.as_secs());
        let margin = match within.0 {
            Span::ZERO => latest - delay,
            _ => (latest - delay).min(delay - earliest),
        };
        let verdict = grade(Some(margin), Some(latest - earliest));
        let early = verdict == Verdict::Fail;
        let word = if early { " already" } else { "" };
        Ruling {
            verdict,
            value: Some(delay),
            limits,
            margin: Some(margin),
            at,
            violated: early.then_some((at, self.opened + within.0)),
            seen: format!(
                "`{}` logged{word} after {}",
                self.text,
                words::number(delay, "s")
            ),
        }
    }
}

impl Watcher for Logged {
    fn open(&mut self, at: Time) {
        self.opened = at;
    }

    fn stretch(&mut self, s: &Stretch) -> Option<Ruling> {
        if s.active {
            self.watched = self.watched + s.length();
        }
        let deadline = self.opened + self.within?.1;
        if s.to > deadline {
            self.failing.get_or_insert(deadline);
        }
        None
    }

    fn sample(&mut self, at: Time, value: f64, counts: bool) -> Option<Ruling> {
        if !counts || value < 1.0 {
            return None;
        }
        self.lines += value as u32;
        self.first.get_or_insert(at);
        match self.within {
            Some(within) if self.failing.is_none() => Some(self.came(at, within)),
            Some(_) => None,
            None => {
                self.failing.get_or_insert(at);
                None
            }
        }
    }

    fn failing(&self) -> Option<Time> {
        self.failing
    }

    fn need(&self) -> Need {
        match self.within {
            Some(_) if self.failing.is_none() => Need::Time,
            _ => Need::Nothing,
        }
    }

    fn close(&mut self, at: Time) -> Ruling {
        let limits = self.limits();
        let (text, watched) = (&self.text, words::span(self.watched));
        let is_late = self.within.is_some();
        if is_late && self.failing.is_none() {
            let seen = format!("watched for only {watched}");
            return Ruling::inconclusive(limits, at, seen);
        }
        let (verdict, value, margin, seen) = match (is_late, self.lines) {
            (true, 0) => {
                let seen = format!("`{text}` not logged in {watched}");
                (Verdict::Fail, None, None, seen)
            }
            (true, _) => {
                let first = self.first.unwrap_or(at);
                let delay = first.since(self.opened);
                let over = limits.margin(delay.as_secs());
                let seen = format!("`{text}` logged only after {}", words::span(delay));
                (Verdict::Fail, Some(delay.as_secs()), over, seen)
            }
            (false, 0) => {
                let seen = format!("`{text}` never logged in {watched}");
                (Verdict::Pass, Some(0.0), Some(0.0), seen)
            }
            (false, n) => {
                let n = f64::from(n);
                let first = words::time(self.first.unwrap_or(at));
                let seen = format!("`{text}` in {n} lines, first at {first}");
                (Verdict::Fail, Some(n), Some(-n), seen)
            }
        };
        Ruling {
            verdict,
            value,
            limits,
            margin,
            at: self.failing.unwrap_or(at),
            violated: self.failing.map(|from| (from, at)),
            seen,
        }
    }

    fn unit(&self) -> Option<&'static str> {
        Some(if self.within.is_some() { "s" } else { "lines" })
    }

    fn limits(&self) -> Limits {
        self.within.map_or(Limits::at_most(0.0), Limits::of_spans)
    }
}
