//! The virtual bench: a [`Bench`] whose boards are simulated and whose time is not the wall's.
//!
//! Bench time 0 is the first power-up: boards whose `board[k].power` was not written before the
//! first `run_until` are connected to their cells by it. It does not flash, judge or record.

mod app;
mod connectors;
mod envelope;
mod measure;
mod meter;
mod observer;
mod safe;
mod setup;
mod stimuli;
mod targets;
mod update;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hil_core::app::Phone;
use hil_core::channel::{Access, Channel, Signal};
use hil_core::ext_out::Receiver;
use hil_core::ports::{
    Bench, BenchError, Identity, LogLine, Observations, Pause, SafeState, Sample,
};
use hil_core::time::{Span, Time};

pub use envelope::Envelope;
pub use meter::{
    CURRENT_UNCERTAINTY_A, SUPPLY_UNCERTAINTY_A, TEMPERATURE_UNCERTAINTY_K, VOLTAGE_UNCERTAINTY_V,
};
pub use setup::{Setup, dip_balance_code};

use crate::board::Board;
use crate::flashed::Flashed;
use crate::logs::LogReader;
use crate::pack::{Bank, Place};
use meter::Meter;
use observer::Observer;
use stimuli::Asked;

/// A change of a watched channel ends `run_until` at most this much later.
const WATCH_LATENCY: Span = Span::from_millis(5);
/// Longest stretch without looking at the interrupt flag.
const LONGEST_STRETCH: Span = Span::from_millis(100);

/// A rig that exists only here.
pub struct VirtualBench {
    setup: Setup,
    seed: u64,
    now: Time,
    started: bool,
    banks: Vec<Bank>,
    asked: Vec<Asked>,
    /// Per bank: the pack's current sensors, then every board.
    meters: Vec<Vec<Meter>>,
    /// Per bank: who reads EXT OUT.
    receivers: Vec<Receiver>,
    /// Per bank: the app.
    phones: Vec<Phone>,
    observer: Observer,
    scratch: Vec<Sample>,
    /// Per board, bank by bank; empty when nobody reads them.
    logs: Vec<LogReader>,
    logs_due: Time,
    /// The next firmware of End boards, an ELF file.
    next_end: Option<Arc<[u8]>>,
    /// What was logged and not yet delivered.
    log_lines: Vec<LogLine>,
}

/// Bench time on the chips' clock.
fn chip_time(at: Time) -> hil_mcu::Time {
    hil_mcu::Time::from_us(at.0)
}

/// The chips' time on the bench's clock.
const fn bench_time(at: hil_mcu::Time) -> Time {
    Time(at.as_us())
}

impl VirtualBench {
    /// A bench with copies of the flashed boards in factory state, everything drawn from `seed`.
    #[must_use]
    pub fn open(flashed: &Flashed, setup: Setup, seed: u64) -> Self {
        let (cells, scale) = (setup.cells, setup.temperature_scale);
        let asked = Asked {
            dip_cells: setup.dip_cells,
            dip_balance: setup.dip_balance,
            button_begin: false,
            button_end: false,
            power: vec![false; usize::from(cells)],
        };
        let bank = |number| {
            let mut bank = Bank::new(flashed, number, cells, setup.defect, seed);
            if let Some(alone) = setup.alone {
                bank = bank.with_only(alone);
            }
            bank.set_dip(hil_mcu::Time::ZERO, 1, 3, setup.dip_cells);
            bank.set_dip(hil_mcu::Time::ZERO, 4, 8, setup.dip_balance);
            bank.end().circuit.fit_bridge(setup.hardware);
            bank
        };
        let meters = |bank| (0..=cells).map(|k| Meter::new(seed, bank, k)).collect();
        Self {
            banks: (1..=setup.banks).map(bank).collect(),
            meters: (1..=setup.banks).map(meters).collect(),
            receivers: (1..=setup.banks)
                .map(|bank| Receiver::new(bank, scale))
                .collect(),
            phones: (1..=setup.banks)
                .map(|bank| Phone::new(bank, scale))
                .collect(),
            asked: vec![asked; usize::from(setup.banks)],
            now: Time::ZERO,
            started: false,
            observer: Observer::default(),
            scratch: Vec::new(),
            logs: Vec::new(),
            logs_due: Time::ZERO,
            log_lines: Vec::new(),
            next_end: flashed.next_end(),
            setup,
            seed,
        }
    }

    /// The first power-up.
    fn start(&mut self, watch: &[Channel]) -> bool {
        if std::mem::replace(&mut self.started, true) {
            return false;
        }
        let mut changed = false;
        for bank in 1..=self.setup.banks {
            for k in 1..=self.setup.cells {
                if !self.asked[usize::from(bank) - 1].power[usize::from(k) - 1] {
                    let channel = Channel {
                        bank,
                        signal: Signal::BoardPower,
                        index: k,
                    };
                    changed |= self.put(channel, 1.0, watch);
                }
            }
        }
        changed
    }

    /// Applies a value and notes it; returns whether `channel` is watched and changed.
    fn put(&mut self, channel: Channel, value: f64, watch: &[Channel]) -> bool {
        self.read_before_jump(channel, value);
        self.apply(channel, value);
        let now = self.now;
        self.observer
            .read_again(now, |read| stimuli::moves(channel, read));
        if observer::is_metered(channel.signal) || app::is_staged(channel.signal) {
            return false;
        }
        let sample = Sample {
            channel,
            at: now,
            value,
        };
        self.observer.note(sample, watch)
    }

    /// The board of a channel.
    fn board(&mut self, channel: Channel) -> &mut Board {
        self.banks[usize::from(channel.bank) - 1].board(channel.index)
    }

    /// Lets the boards live up to `until`.
    fn live(&mut self, until: Time) {
        for bank in &mut self.banks {
            bank.run_until(chip_time(until));
        }
        self.now = until;
    }

    /// Reads what is due now; returns whether one of `watch` changed.
    fn read_due(&mut self, watch: &[Channel]) -> bool {
        let mut changed = false;
        for channel in self.observer.take_due(self.now) {
            let value = self.measure(channel);
            let at = self.now;
            changed |= self.observer.note(Sample { channel, at, value }, watch);
        }
        changed
    }

    /// The end of the next stretch on the way to `until`.
    fn stretch(&self, until: Time, watch: &[Channel]) -> Time {
        let edges = watch
            .iter()
            .any(|channel| !observer::is_metered(channel.signal));
        let longest = if edges {
            WATCH_LATENCY
        } else {
            LONGEST_STRETCH
        };
        let due = self.observer.next_due().unwrap_or(until);
        let ahead = until.min(self.now + longest).min(due).min(self.logs_due);
        ahead.max(self.now)
    }

    /// What a channel shows now.
    fn shown(&mut self, channel: Channel) -> f64 {
        if observer::is_metered(channel.signal) {
            return self.measure(channel);
        }
        let seen = self.observer.last(channel);
        seen.unwrap_or_else(|| self.present(channel))
    }

    fn check(&self, channel: Channel) -> Result<(), BenchError> {
        if self.has(channel) {
            Ok(())
        } else {
            Err(BenchError::NoChannel(channel))
        }
    }
}

impl Bench for VirtualBench {
    fn identify(&mut self) -> Result<Identity, BenchError> {
        let (banks, cells) = (self.setup.banks, self.setup.cells);
        Ok(Identity {
            rig: self.setup.rig.clone(),
            kind: "virtual".into(),
            instruments: vec![format!(
                "hil-sim {}: {banks} × {cells} boards, parts drawn from seed {}",
                env!("CARGO_PKG_VERSION"),
                self.seed
            )],
        })
    }

    fn observe(&mut self, channels: &[Channel]) -> Result<(), BenchError> {
        channels
            .iter()
            .try_for_each(|channel| self.check(*channel))?;
        let mut observer = std::mem::take(&mut self.observer);
        observer.observe(self.now, channels, |channel| self.present(channel));
        self.observer = observer;
        Ok(())
    }

    fn now(&self) -> Time {
        self.now
    }

    fn write(&mut self, channel: Channel, value: f64) -> Result<Time, BenchError> {
        self.check(channel)?;
        if channel.signal.family().access != Access::Stimulus {
            return Err(BenchError::NoChannel(channel));
        }
        self.setup.envelope.check(channel, value)?;
        let last = channel.signal == Signal::BoardPlace && channel.index == self.setup.cells;
        if last && Place::from_value(value) == Some(Place::Swapped) {
            return Err(BenchError::Instrument {
                instrument: "chain wiring".into(),
                tried: format!("{channel}: the last board has no next one to be swapped with"),
                source: None,
            });
        }
        match channel.signal {
            Signal::AppCommand => self.command(channel, value),
            Signal::BoardUpdate => self.update(channel, value)?,
            _ => {
                self.put(channel, value, &[]);
            }
        }
        Ok(self.now)
    }

    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError> {
        self.check(channel)?;
        let value = self.shown(channel);
        Ok(Sample {
            channel,
            at: self.now,
            value,
        })
    }

    fn run_until(
        &mut self,
        until: Time,
        watch: &[Channel],
        out: &mut Observations,
    ) -> Result<Pause, BenchError> {
        let mut changed = self.start(watch);
        loop {
            changed |= self.read_due(watch);
            self.observer.deliver(self.now, &mut out.samples);
            self.read_targets();
            out.logs.append(&mut self.log_lines);
            if changed {
                return Ok(Pause::Changed);
            }
            if self.setup.interrupt.load(Ordering::Relaxed) {
                return Ok(Pause::Interrupted);
            }
            if self.now >= until {
                return Ok(Pause::Reached);
            }
            self.live(self.stretch(until, watch));
            changed = self.collect(watch);
        }
    }

    fn safe(&mut self) -> Result<SafeState, BenchError> {
        Ok(self.switch_off())
    }
}

#[cfg(test)]
mod tests;
