//! The virtual bench: a [`Bench`] whose boards are simulated and whose time is not the wall's.
//!
//! Bench time 0 is the first power-up: boards whose `board[k].power` was not written before the
//! first `run_until` are connected to their cells by it. It does not flash, judge or record.

mod envelope;
mod measure;
mod meter;
mod observer;
mod setup;
mod stimuli;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hil_core::channel::{Access, Channel, Signal};
use hil_core::ext_out::Receiver;
use hil_core::ports::{
    Bench, BenchError, Identity, LogLine, Observations, Pause, SafeState, Sample,
};
use hil_core::time::{Span, Time};

use hil_mcu::{Finding, FindingKind};

pub use envelope::Envelope;
pub use meter::{CURRENT_UNCERTAINTY_A, TEMPERATURE_UNCERTAINTY_K, VOLTAGE_UNCERTAINTY_V};
pub use setup::{Setup, dip_balance_code, dip_cells_code};

use crate::board::Board;
use crate::flashed::Flashed;
use crate::logs::{LogReader, LogTables};
use crate::pack::Bank;
use meter::Meter;
use observer::Observer;
use stimuli::Asked;

/// A change of a watched channel ends `run_until` at most this much later.
const WATCH_LATENCY: Span = Span::from_millis(5);
/// Longest stretch without looking at the interrupt flag.
const LONGEST_STRETCH: Span = Span::from_millis(100);
/// Time between two looks at what the boards log.
const LOG_PERIOD: Span = Span::from_millis(100);
/// Time the relays get to fall when everything is switched off.
const SWITCH_OFF: Span = Span::from_millis(50);
/// A read-back below this (volts or amperes) is "off".
const OFF_LIMIT: f64 = 0.05;

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
    observer: Observer,
    scratch: Vec<Sample>,
    /// Per board, bank by bank; empty when nobody reads them.
    logs: Vec<LogReader>,
    logs_due: Time,
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
            let mut bank = Bank::new(flashed, number, cells, seed);
            bank.set_dip(hil_mcu::Time::ZERO, 1, 3, setup.dip_cells);
            bank.set_dip(hil_mcu::Time::ZERO, 4, 8, setup.dip_balance);
            bank
        };
        let meters = |bank| (0..=cells).map(|k| Meter::new(seed, bank, k)).collect();
        Self {
            banks: (1..=setup.banks).map(bank).collect(),
            meters: (1..=setup.banks).map(meters).collect(),
            receivers: (1..=setup.banks)
                .map(|bank| Receiver::new(bank, scale))
                .collect(),
            asked: vec![asked; usize::from(setup.banks)],
            now: Time::ZERO,
            started: false,
            observer: Observer::default(),
            scratch: Vec::new(),
            logs: Vec::new(),
            logs_due: Time::ZERO,
            setup,
            seed,
        }
    }

    /// Instructions all boards have executed, for figures.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        let boards = self.banks.iter().flat_map(|bank| bank.boards());
        boards.map(|board| board.mcu.stats().instructions).sum()
    }

    /// Reads the boards' logs from now on, decoded with the format strings of their images.
    pub fn read_logs(&mut self, tables: &Arc<LogTables>) {
        let boards = usize::from(self.setup.cells) * usize::from(self.setup.banks);
        self.logs = vec![LogReader::new(Arc::clone(tables)); boards];
    }

    /// How long the pack has lived.
    pub(crate) const fn lived(&self) -> Time {
        self.now
    }

    /// Lets the boards live up to `until` for somebody who only uses their connectors.
    pub(crate) fn keep_alive(&mut self, until: Time) {
        self.start(&[]);
        self.live(until.max(self.now));
        for bank in &mut self.banks {
            bank.take_seen(|_, _, _| {});
        }
    }

    /// Gives the bytes that came over EXT OUT of the bank at `place`, from 0, since the last call.
    pub(crate) fn take_ext_out(&mut self, place: usize, mut byte: impl FnMut(u8)) {
        let until = chip_time(self.now);
        self.banks[place].read_line(until, |_, value| byte(value));
    }

    /// The board behind debug port `index`, from 0, bank by bank.
    pub(crate) fn board_of_port(&mut self, index: usize) -> &mut Board {
        let cells = usize::from(self.setup.cells);
        self.banks[index / cells].board((index % cells) as u16 + 1)
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
        self.apply(channel, value);
        let now = self.now;
        self.observer
            .read_again(now, |read| stimuli::moves(channel, read));
        if observer::is_metered(channel.signal) {
            return false;
        }
        let sample = Sample {
            channel,
            at: now,
            value,
        };
        self.observer.note(sample, watch)
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

    /// At whole periods: what the boards log, and what the chips found out about their programs.
    fn read_targets(&mut self, out: &mut Vec<LogLine>) {
        if self.now < self.logs_due {
            return;
        }
        self.logs_due = Time((self.now.0 / LOG_PERIOD.0 + 1) * LOG_PERIOD.0);
        let (at, cells) = (self.now, self.setup.cells);
        let mut readers = self.logs.iter_mut();
        for bank in &mut self.banks {
            for k in 1..=cells {
                let number = u16::from(bank.number() - 1) * cells + k;
                let board = bank.board(k);
                if let Some(reader) = readers.next() {
                    reader.read(at, number, board, out);
                }
                let found = board.mcu.findings();
                out.extend(found.iter().map(|finding| line_of(at, number, finding)));
            }
        }
    }

    fn check(&self, channel: Channel) -> Result<(), BenchError> {
        if self.has(channel) {
            Ok(())
        } else {
            Err(BenchError::NoChannel(channel))
        }
    }

    /// Every output of the rig with the value that switches it off.
    fn outputs(&self) -> Vec<Channel> {
        let mut outputs = Vec::new();
        for bank in 1..=self.setup.banks {
            let mut add = |signal, index| {
                outputs.push(Channel {
                    bank,
                    signal,
                    index,
                });
            };
            add(Signal::SensorCurrent, 1);
            add(Signal::SensorCurrent, 2);
            for k in 1..=self.setup.cells {
                add(Signal::BoardPower, k);
                add(Signal::CellVoltage, k);
            }
        }
        outputs
    }
}

/// A finding as a line of the target's log.
fn line_of(at: Time, board: u16, finding: &Finding) -> LogLine {
    let level = match finding.kind {
        FindingKind::HardFault { .. } | FindingKind::Lockup { .. } => "error",
        _ => "warn",
    };
    let seen = bench_time(finding.at);
    LogLine {
        at,
        board,
        level: level.to_owned(),
        text: format!("chip at {seen}: {}", finding.kind),
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
        self.put(channel, value, &[]);
        Ok(self.now)
    }

    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError> {
        self.check(channel)?;
        let value = if observer::is_metered(channel.signal) {
            self.measure(channel)
        } else {
            let seen = self.observer.last(channel);
            seen.unwrap_or_else(|| self.present(channel))
        };
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
            self.read_targets(&mut out.logs);
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
        let outputs = self.outputs();
        for channel in &outputs {
            self.put(*channel, 0.0, &[]);
        }
        self.started = true;
        self.live(self.now + SWITCH_OFF);
        self.collect(&[]);
        let mut state = SafeState {
            read_back: Vec::new(),
            verified: true,
        };
        let relays = (1..=self.setup.banks).flat_map(|bank| {
            [Signal::RelayCharge, Signal::RelayLoad].map(|signal| Channel {
                bank,
                signal,
                index: 0,
            })
        });
        for channel in outputs.into_iter().chain(relays) {
            let value = self.read(channel)?.value;
            state.verified &= value.abs() <= OFF_LIMIT;
            state.read_back.push((channel, value));
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests;
