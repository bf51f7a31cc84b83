//! Reading: what the bench's instruments show for each metered channel.

use hil_core::channel::{Channel, Signal};
use hil_core::ports::Sample;

use super::meter::{
    CURRENT_UNCERTAINTY_A, SUPPLY_UNCERTAINTY_A, TEMPERATURE_UNCERTAINTY_K, VOLTAGE_UNCERTAINTY_V,
};
use super::observer::{is_metered, is_repeated};
use super::stimuli::moves;
use super::{VirtualBench, chip_time};
use crate::board::Seen;

impl VirtualBench {
    /// Reads a metered channel at the present time.
    pub(super) fn measure(&mut self, channel: Channel) -> f64 {
        if is_repeated(channel.signal) {
            return self.observer.last(channel).unwrap_or(f64::NAN);
        }
        let (value, uncertainty) = self.actual(channel);
        let meter = match channel.signal {
            Signal::PackCurrent | Signal::SensorCurrent => 0,
            _ => usize::from(channel.index),
        };
        self.meters[usize::from(channel.bank) - 1][meter].show(value, uncertainty)
    }

    /// What a metered channel is at the present time, and the uncertainty of its instrument.
    fn actual(&mut self, channel: Channel) -> (f64, f64) {
        let at = chip_time(self.now);
        let bank = &mut self.banks[usize::from(channel.bank) - 1];
        let sensors = bank.boards()[0].circuit.inputs.sensor_amps;
        let board = match channel.signal {
            Signal::PackCurrent => return (sensors[0] - sensors[1], CURRENT_UNCERTAINTY_A),
            Signal::SensorCurrent => {
                let amps = sensors[usize::from(channel.index) - 1];
                return (amps, CURRENT_UNCERTAINTY_A);
            }
            _ => bank.board(channel.index),
        };
        match channel.signal {
            Signal::CellVoltage => (board.circuit.inputs.cell_volts, VOLTAGE_UNCERTAINTY_V),
            Signal::CellTemperature => (board.circuit.inputs.celsius, TEMPERATURE_UNCERTAINTY_K),
            Signal::BoardTerminal => (board.terminal_volts(), VOLTAGE_UNCERTAINTY_V),
            Signal::BoardSupply => (board.look(at).supply_amps, SUPPLY_UNCERTAINTY_A),
            Signal::BoardBalancing => {
                let share = board.look(at).balancing_share;
                let amps = share * board.circuit.balancing_amps_when_on();
                (amps, CURRENT_UNCERTAINTY_A)
            }
            _ => (f64::NAN, 0.0),
        }
    }

    /// Reads once more what a write of `value` to `channel` will move by more than the instruments'
    /// uncertainty: otherwise a jump would look like a slope that began with the reading before it.
    pub(super) fn read_before_jump(&mut self, channel: Channel, value: f64) {
        if is_metered(channel.signal) {
            let (before, uncertainty) = self.actual(channel);
            if (value - before).abs() <= uncertainty {
                return;
            }
        }
        let at = self.now;
        for moved in self.observer.take_stale(at, |read| moves(channel, read)) {
            let value = self.measure(moved);
            let sample = Sample {
                channel: moved,
                at,
                value,
            };
            self.observer.note(sample, &[]);
        }
    }

    /// Notes everything that LEDs, relays and EXT OUT showed up to the present time; returns
    /// whether one of `watch` changed.
    pub(super) fn collect(&mut self, watch: &[Channel]) -> bool {
        let mut samples = std::mem::take(&mut self.scratch);
        let until = chip_time(self.now);
        let now = self.now;
        let readers = self.receivers.iter_mut().zip(&mut self.phones);
        for (bank, (receiver, phone)) in self.banks.iter_mut().zip(readers) {
            let number = bank.number();
            bank.read_line(until, |at, byte| {
                receiver.push(super::bench_time(at), byte, &mut samples);
            });
            bank.read_app(until, |at, byte| {
                phone.receive(super::bench_time(at), byte, &mut samples);
            });
            phone.pass(now, &mut samples);
            if let Some(fixture) = bank.fixture() {
                fixture.take_samples(&mut samples);
            }
            bank.take_seen(|k, at, seen| {
                let (signal, index, value) = signal_of(k, seen);
                let channel = Channel {
                    bank: number,
                    signal,
                    index,
                };
                samples.push(Sample {
                    channel,
                    at: super::bench_time(at),
                    value,
                });
            });
        }
        let mut changed = false;
        for sample in samples.drain(..) {
            changed |= self.observer.note(sample, watch);
        }
        self.scratch = samples;
        changed
    }
}

fn signal_of(board: u16, seen: Seen) -> (Signal, u16, f64) {
    match seen {
        Seen::InfoLed(lit) => (Signal::LedInfo, board, lit.into()),
        Seen::ChargeLed(lit) => (Signal::LedCharge, 0, lit.into()),
        Seen::LoadLed(lit) => (Signal::LedLoad, 0, lit.into()),
        Seen::Shunt(flows) => (Signal::BoardShunt, board, flows.into()),
        Seen::BridgeReset(held) => (Signal::AppBridge, 0, held.into()),
        Seen::Disconnected => (Signal::AppLink, 0, 0.0),
        Seen::ChargeRelay(contacts) => (Signal::RelayCharge, 0, f64::from(contacts as u8)),
        Seen::LoadRelay(contacts) => (Signal::RelayLoad, 0, f64::from(contacts as u8)),
    }
}
