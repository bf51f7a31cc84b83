//! Which channels somebody wants to see, what they last showed, and what is ready to be delivered.

use std::collections::HashMap;

use hil_core::channel::{Channel, Signal};
use hil_core::ports::Sample;
use hil_core::time::{Span, Time};

use super::app::is_staged;

/// Time between two readings of a metered quantity (`rigs/virtual.toml`); one more follows every
/// write.
fn sample_period(signal: Signal) -> Span {
    match signal {
        Signal::CellTemperature => Span::from_millis(1000),
        signal if is_repeated(signal) => Span::from_millis(1000),
        _ => Span::from_millis(100),
    }
}

/// Whether the bench has to go and measure this channel, because nothing tells it of a change.
pub(super) const fn is_metered(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::CellVoltage
            | Signal::CellTemperature
            | Signal::PackCurrent
            | Signal::SensorCurrent
            | Signal::BoardTerminal
            | Signal::BoardBalancing
            | Signal::BoardSupply
    )
}

/// Whether the app goes on showing what it was told last, so that somebody who looks later sees it too.
pub(super) fn is_repeated(signal: Signal) -> bool {
    is_staged(signal) || matches!(signal, Signal::AppFrame | Signal::AppPacket)
}

/// The last value of a channel.
#[derive(Clone, Copy, Debug)]
struct Known {
    value: f64,
    observed: bool,
}

/// A metered channel and when it is read next.
#[derive(Clone, Copy, Debug)]
struct Metered {
    channel: Channel,
    due: Time,
    /// When it was read last.
    read: Option<Time>,
}

/// The bench's memory of what it saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Observer {
    known: HashMap<Channel, Known>,
    metered: Vec<Metered>,
    next_due: Option<Time>,
    pending: Vec<Sample>,
}

impl Observer {
    /// Wants `channels` from `now` on and nothing else; `present` gives what the others show.
    pub(super) fn observe(
        &mut self,
        now: Time,
        channels: &[Channel],
        present: impl Fn(Channel) -> f64,
    ) {
        self.metered.clear();
        self.pending.clear();
        for known in self.known.values_mut() {
            known.observed = false;
        }
        for &channel in channels {
            if is_metered(channel.signal) || is_repeated(channel.signal) {
                self.metered.push(Metered {
                    channel,
                    due: now,
                    read: None,
                });
            }
            let value = self.last(channel).unwrap_or_else(|| present(channel));
            let observed = true;
            self.known.insert(channel, Known { value, observed });
            if !is_metered(channel.signal) {
                self.pending.push(Sample {
                    channel,
                    at: now,
                    value,
                });
            }
        }
        self.metered.sort_unstable_by_key(|metered| metered.channel);
        self.metered.dedup_by_key(|metered| metered.channel);
        self.schedule();
    }

    /// What the channel showed last.
    pub(super) fn last(&self, channel: Channel) -> Option<f64> {
        self.known.get(&channel).map(|known| known.value)
    }

    /// Takes something that was seen; returns whether it is news on one of `watch`.
    pub(super) fn note(&mut self, sample: Sample, watch: &[Channel]) -> bool {
        let new = Known {
            value: sample.value,
            observed: false,
        };
        let known = self.known.entry(sample.channel).or_insert(Known {
            value: f64::NAN,
            ..new
        });
        let changed = known.value.to_bits() != sample.value.to_bits();
        known.value = sample.value;
        if known.observed {
            self.pending.push(sample);
        }
        changed && watch.contains(&sample.channel)
    }

    /// Something was written that moves these readings: read them at `now`.
    pub(super) fn read_again(&mut self, now: Time, moves: impl Fn(Channel) -> bool) {
        for metered in &mut self.metered {
            if moves(metered.channel) {
                metered.due = now;
            }
        }
        self.schedule();
    }

    /// Something will be written at `now` that moves these readings: those that were read before, but
    /// not now. They count as read.
    pub(super) fn take_stale(
        &mut self,
        now: Time,
        moves: impl Fn(Channel) -> bool,
    ) -> Vec<Channel> {
        let metered = self.metered.iter_mut();
        let stale = metered.filter(|m| m.read.is_some_and(|at| at < now) && moves(m.channel));
        stale
            .map(|metered| {
                metered.read = Some(now);
                metered.channel
            })
            .collect()
    }

    /// The metered channels that are due at `now`; each is due again at the next whole period.
    pub(super) fn take_due(&mut self, now: Time) -> Vec<Channel> {
        if self.next_due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        let mut due = Vec::new();
        for metered in &mut self.metered {
            if metered.due <= now {
                let period = sample_period(metered.channel.signal).0;
                metered.due = Time((now.0 / period + 1) * period);
                metered.read = Some(now);
                due.push(metered.channel);
            }
        }
        self.schedule();
        due
    }

    /// When the next metered channel is due.
    pub(super) const fn next_due(&self) -> Option<Time> {
        self.next_due
    }

    /// Delivers what happened up to `now`, in time order, ties in channel order.
    pub(super) fn deliver(&mut self, now: Time, out: &mut Vec<Sample>) {
        self.pending
            .sort_by_key(|sample| (sample.at, sample.channel));
        let ready = self.pending.partition_point(|sample| sample.at <= now);
        out.extend(self.pending.drain(..ready));
    }

    fn schedule(&mut self) {
        self.next_due = self.metered.iter().map(|metered| metered.due).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: Channel = Channel::plain(Signal::RelayCharge);
    const CELL: Channel = Channel::at(Signal::CellVoltage, 1);

    fn sample(channel: Channel, at: u64, value: f64) -> Sample {
        let at = Time(at);
        Sample { channel, at, value }
    }

    #[test]
    fn only_observed_channels_are_delivered_and_only_news_wakes_a_watcher() {
        let mut observer = Observer::default();
        observer.observe(Time::ZERO, &[RELAY], |_| 0.0);
        let load = Channel::plain(Signal::RelayLoad);
        assert!(observer.note(sample(RELAY, 5, 1.0), &[RELAY]));
        assert!(!observer.note(sample(RELAY, 6, 1.0), &[RELAY]));
        assert!(!observer.note(sample(load, 7, 1.0), &[RELAY]));
        let mut out = Vec::new();
        observer.deliver(Time(10), &mut out);
        let expected = [(0, 0.0), (5, 1.0), (6, 1.0)].map(|(at, value)| sample(RELAY, at, value));
        assert_eq!(out, expected);
        assert_eq!(observer.last(load), Some(1.0));
    }

    #[test]
    fn what_lies_ahead_of_now_is_kept_back() {
        let mut observer = Observer::default();
        observer.observe(Time::ZERO, &[RELAY], |_| 0.0);
        observer.note(sample(RELAY, 20, 1.0), &[]);
        let mut out = Vec::new();
        observer.deliver(Time(19), &mut out);
        assert_eq!(out.len(), 1);
        observer.deliver(Time(20), &mut out);
        assert_eq!(out.len(), 2);
    }

    #[test]
    fn metered_channels_come_every_period_and_after_a_write() {
        let mut observer = Observer::default();
        observer.observe(Time::ZERO, &[CELL], |_| 0.0);
        assert_eq!(observer.take_due(Time::ZERO), [CELL]);
        assert_eq!(observer.next_due(), Some(Time(100_000)));
        observer.read_again(Time(30_000), |channel| channel == CELL);
        assert_eq!(observer.take_due(Time(30_000)), [CELL]);
        assert_eq!(observer.take_due(Time(99_999)), []);
        assert_eq!(observer.take_due(Time(100_000)), [CELL]);
    }
}
