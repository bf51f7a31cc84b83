//! A state over time as a strip of coloured intervals.

use hil_core::channel::LED;
use hil_core::{Channel, Time};
use plotters::prelude::{Color, Rectangle};

use super::palette;
use super::traces::{Point, column};
use super::{COLUMNS, TimeAxis, svg};

const HEIGHT: u32 = 20;
/// Changes at most this many columns apart cannot be told apart.
const CLOSE: usize = 4;
/// From this many columns on, a stretch of such changes is a blur; a shorter one is an edge.
const BLUR: usize = 8;
/// Stretches at least this wide carry their word.
const WORD: u32 = COLUMNS / 12;
/// The same for the absence of a state, which says little.
const ABSENCE: u32 = COLUMNS / 4;

/// A stretch of one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    from: u32,
    to: u32,
    /// Index of the state, unknown when `None`.
    state: Option<usize>,
    /// Whether other states come and go faster than can be drawn.
    blurred: bool,
}

/// A word on a strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Left end in percent of the width.
    pub left: f64,
    /// Room in percent of the width.
    pub width: f64,
    /// The state's word.
    pub text: &'static str,
    /// Whether it stands on a coloured ground.
    pub filled: bool,
}

/// The drawing of a channel's states, and the words for its wide intervals.
#[must_use]
pub fn strip(channel: Channel, points: &[Point], axis: TimeAxis) -> (String, Vec<Word>) {
    let runs = runs(points, axis);
    let drawing = svg(HEIGHT, |area| {
        for run in &runs {
            let color = run.state.and_then(|s| palette::state(channel, s));
            let Some(color) = color else { continue };
            let corners = [(run.from as i32, 0), (run.to as i32, HEIGHT as i32)];
            let fill = color.mix(if run.blurred { 0.4 } else { 1.0 }).filled();
            area.draw(&Rectangle::new(corners, fill)).ok()?;
        }
        Some(())
    });
    let percent = |columns: u32| 100.0 * f64::from(columns) / f64::from(COLUMNS);
    let word = |run: &Run| {
        let state = run.state?;
        let filled = palette::state(channel, state).is_some();
        let least = if filled { WORD } else { ABSENCE };
        let text = if !run.blurred {
            channel.states().get(state)?
        } else if channel.states() == LED {
            "blinking"
        } else {
            "changing"
        };
        (run.to - run.from >= least).then_some(Word {
            left: percent(run.from),
            width: percent(run.to - run.from),
            text,
            filled: filled && !run.blurred,
        })
    };
    (drawing, runs.iter().filter_map(word).collect())
}

fn runs(points: &[Point], axis: TimeAxis) -> Vec<Run> {
    let seen = columns(points, axis);
    let busy = busy(&seen);
    let mut runs: Vec<Run> = Vec::new();
    let mut from = 0;
    for group in busy.chunk_by(|a, b| a == b) {
        let columns = &seen[from..from + group.len()];
        let blurred = group[0] && group.len() >= BLUR;
        let highest = columns.iter().filter_map(Seen::highest).max();
        for (column, at) in columns.iter().zip(from as u32..) {
            let state = match (blurred, column.is_mixed()) {
                (true, _) => highest,
                (false, true) => column.highest(),
                (false, false) => column.last,
            };
            match runs.last_mut() {
                Some(run) if run.state == state && run.blurred == blurred => run.to = at + 1,
                _ => runs.push(Run {
                    from: at,
                    to: at + 1,
                    state,
                    blurred,
                }),
            }
        }
        from += group.len();
    }
    runs
}

/// The columns in which changes follow each other too closely to be drawn one by one.
fn busy(seen: &[Seen]) -> Vec<bool> {
    let mut busy = vec![false; seen.len()];
    let mut previous: Option<usize> = None;
    for (at, _) in seen.iter().enumerate().filter(|(_, s)| s.is_mixed()) {
        if let Some(before) = previous.filter(|before| at - before <= CLOSE) {
            busy[before..=at].fill(true);
        }
        previous = Some(at);
    }
    busy
}

/// The states seen in one column of the drawing.
#[derive(Clone, Copy, Default)]
struct Seen {
    states: u32,
    last: Option<usize>,
}

impl Seen {
    fn is_mixed(&self) -> bool {
        self.states.count_ones() > 1
    }

    fn highest(&self) -> Option<usize> {
        self.states.checked_ilog2().map(|bit| bit as usize)
    }

    fn add(&mut self, state: Option<usize>) {
        self.states |= state.map_or(0, |s| 1 << s);
        self.last = state;
    }
}

fn columns(points: &[Point], axis: TimeAxis) -> Vec<Seen> {
    let mut seen = vec![Seen::default(); COLUMNS as usize];
    let nexts = points.iter().skip(1).map(|p| p.0).chain([axis.end]);
    for ((at, value), next) in points.iter().zip(nexts) {
        let state = (*value >= 0.0 && *value < 32.0).then_some(*value as usize);
        let first = column(axis, *at) as usize;
        let last = if next > *at {
            column(axis, Time(next.0 - 1)) as usize
        } else {
            first
        };
        for seen in &mut seen[first..=last.max(first)] {
            seen.add(state);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use hil_core::Signal;

    use super::*;

    fn axis(seconds: u64) -> TimeAxis {
        TimeAxis::to(Time(seconds * 1_000_000))
    }

    fn blinks(period_us: u64, on_us: u64, until_us: u64) -> Vec<Point> {
        let count = until_us / period_us;
        let blink = |i| {
            [
                (Time(i * period_us), 1.0),
                (Time(i * period_us + on_us), 0.0),
            ]
        };
        (0..count).flat_map(blink).collect()
    }

    #[test]
    fn a_short_blink_stays_visible_and_a_fast_one_becomes_a_blur() {
        let slow = runs(&blinks(5_000_000, 1_000, 100_000_000), axis(100));
        assert_eq!(slow.iter().filter(|r| r.state == Some(1)).count(), 20);
        assert!(slow.iter().all(|r| !r.blurred));
        let fast = runs(&blinks(1_000_000, 100_000, 3_600_000_000), axis(3600));
        assert!(
            fast.iter().any(|r| r.blurred && r.to - r.from > 100),
            "{fast:?}"
        );
    }

    #[test]
    fn a_relay_strip_names_its_wide_intervals() {
        let relay = Channel::plain(Signal::RelayCharge);
        let points = [
            (Time(0), 0.0),
            (Time(30_000_000), 2.0),
            (Time(30_010_000), 1.0),
        ];
        let (svg, words) = strip(relay, &points, axis(100));
        let texts: Vec<_> = words.iter().map(|w| w.text).collect();
        assert_eq!(texts, ["not-allowed", "allowed"]);
        assert_eq!((words[0].left, words[0].width), (0.0, 30.0));
        insta::assert_snapshot!(svg);
    }

    #[test]
    fn before_the_first_sample_the_state_is_unknown() {
        let runs = runs(&[(Time(50_000_000), 1.0)], axis(100));
        assert_eq!(runs[0].state, None);
        assert_eq!((runs[1].from, runs[1].state), (800, Some(1)));
    }
}
