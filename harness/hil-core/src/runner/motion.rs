//! Stimuli that go on while time passes: ramps, pulses, square waves and tracks of a log.
//!
//! Pure: it says what is due when; the step writes it.

use std::collections::VecDeque;

use crate::channel::{Channel, Kind};
use crate::field_log::Track;
use crate::plan::Stimulus;
use crate::time::{Span, Time};

/// A value that is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Due {
    pub channel: Channel,
    pub value: f64,
    /// Whether it ends the stimulus or is a pulse's edge, and is therefore an event.
    pub is_event: bool,
}

/// A stimulus in progress.
#[derive(Clone, Debug)]
pub(super) enum Motion {
    Ramp {
        channel: Channel,
        from: f64,
        to: f64,
        start: Time,
        end: Time,
        interval: Span,
        next: Time,
    },
    Pulse {
        channel: Channel,
        back: f64,
        next: Time,
    },
    Square {
        channel: Channel,
        low: f64,
        high: f64,
        period: Span,
        start: Time,
        /// Edges so far, the rise at the start included.
        edges: u64,
    },
    Track {
        channel: Channel,
        /// What is left of it, the next one first.
        points: VecDeque<(Time, f64)>,
        interval: Span,
        /// Values that come faster than the rig writes are passed over.
        earliest: Time,
    },
}

impl Motion {
    /// What is left to do of a stimulus whose first value (of pulse and square) was written at
    /// `start`; `from` is the setpoint a ramp starts from. Nothing is left of a set.
    pub fn of(stimulus: &Stimulus, from: f64, start: Time, interval: Span) -> Option<Self> {
        match *stimulus {
            Stimulus::Set { .. } => None,
            Stimulus::Ramp { channel, to, rate } => {
                let length = Span::from_secs((to - from).abs() / rate);
                let end = start + length;
                Some(Self::Ramp {
                    channel,
                    from,
                    to,
                    start,
                    end,
                    interval,
                    next: (start + interval).min(end),
                })
            }
            Stimulus::Pulse {
                channel,
                back,
                span,
                ..
            } => Some(Self::Pulse {
                channel,
                back,
                next: start + span,
            }),
            Stimulus::Square {
                channel,
                low,
                high,
                period,
            } => Some(Self::Square {
                channel,
                low,
                high,
                // A period under two microseconds cannot have two halves.
                period: period.max(Span(2)),
                start,
                edges: 1,
            }),
        }
    }

    /// A track of a field log that is played from `start` on, if there is anything to play.
    pub fn track(track: &Track, start: Time, interval: Span) -> Option<Self> {
        let points = track.points.iter().filter(|point| !point.value.is_nan());
        let points: VecDeque<_> = points.map(|p| (start + p.at, p.value)).collect();
        (!points.is_empty()).then_some(Self::Track {
            channel: track.channel,
            points,
            interval,
            earliest: start,
        })
    }

    /// When it wants to write next.
    pub fn next(&self) -> Time {
        match self {
            Self::Ramp { next, .. } | Self::Pulse { next, .. } => *next,
            Self::Track {
                points, earliest, ..
            } => points.front().map_or(*earliest, |p| p.0.max(*earliest)),
            Self::Square {
                period,
                start,
                edges,
                ..
            } => *start + Span(edges * period.0 / 2),
        }
    }

    /// Whether a step waits for its end.
    pub const fn ends(&self) -> bool {
        !matches!(self, Self::Square { .. })
    }

    /// What is due now, if anything, and whether that was the last. On a bench that came back late
    /// a ramp takes the value of the present time and a square wave its present half.
    pub fn due(&mut self, now: Time) -> Option<(Due, bool)> {
        if now < self.next() {
            return None;
        }
        match self {
            Self::Ramp {
                channel,
                from,
                to,
                start,
                end,
                interval,
                next,
            } => {
                let last = now >= *end;
                let passed = now.since(*start);
                let share = passed.0 as f64 / end.since(*start).0 as f64;
                let steps = passed.0 / interval.0.max(1) + 1;
                *next = (*start + Span(steps * interval.0)).min(*end);
                let due = Due {
                    channel: *channel,
                    value: if last {
                        *to
                    } else {
                        *from + (*to - *from) * share
                    },
                    is_event: last,
                };
                Some((due, last))
            }
            Self::Track {
                channel,
                points,
                interval,
                earliest,
            } => {
                *earliest = now + *interval;
                let come = points.iter().take_while(|point| point.0 <= now).count();
                let (_, value) = points.drain(..come).next_back()?;
                let due = Due {
                    channel: *channel,
                    value,
                    is_event: matches!(channel.kind(), Kind::State(_)),
                };
                Some((due, points.is_empty()))
            }
            Self::Pulse { channel, back, .. } => {
                let due = Due {
                    channel: *channel,
                    value: *back,
                    is_event: true,
                };
                Some((due, true))
            }
            Self::Square {
                channel,
                low,
                high,
                period,
                start,
                edges,
            } => {
                // The last edge whose time, rounded down as in `next`, has come.
                let half = (now.since(*start).0 * 2 + 1) / period.0;
                *edges = half + 1;
                let due = Due {
                    channel: *channel,
                    value: if half.is_multiple_of(2) { *high } else { *low },
                    is_event: false,
                };
                Some((due, false))
            }
        }
    }

    /// What a square wave leaves at the end of its step.
    pub fn rest(&self) -> Option<Due> {
        match self {
            Self::Square { channel, low, .. } => Some(Due {
                channel: *channel,
                value: *low,
                is_event: true,
            }),
            Self::Ramp { .. } | Self::Pulse { .. } | Self::Track { .. } => None,
        }
    }
}
