//! Reading: what the bench's instruments show for each metered channel.

use hil_core::channel::{Channel, Signal};
use hil_core::ports::Sample;

use super::meter::{
    CURRENT_UNCERTAINTY_A, SUPPLY_UNCERTAINTY_A, TEMPERATURE_UNCERTAINTY_K, VOLTAGE_UNCERTAINTY_V,
};
use super::{VirtualBench, chip_time};
use crate::board::Seen;

impl VirtualBench {
    /// Reads a metered channel at the present time.
    pub(super) fn measure(&mut self, channel: Channel) -> f64 {
        let at = chip_time(self.now);
        let place = usize::from(channel.bank) - 1;
        let (bank, meters) = (&mut self.banks[place], &mut self.meters[place]);
        let meter_of_board = usize::from(channel.index);
        match channel.signal {
            Signal::PackCurrent | Signal::SensorCurrent => {
                let [one, two] = bank.board(1).circuit.inputs.sensor_amps;
                let amps = match (channel.signal, channel.index) {
                    (Signal::PackCurrent, _) => one - two,
                    (_, 1) => one,
                    _ => two,
                };
                meters[0].show(amps, CURRENT_UNCERTAINTY_A)
            }
            Signal::CellVoltage => {
                let volts = bank.board(channel.index).circuit.inputs.cell_volts;
                meters[meter_of_board].show(volts, VOLTAGE_UNCERTAINTY_V)
            }
            Signal::CellTemperature => {
                let celsius = bank.board(channel.index).circuit.inputs.celsius;
                meters[meter_of_board].show(celsius, TEMPERATURE_UNCERTAINTY_K)
            }
            Signal::BoardTerminal => {
                let volts = bank.board(channel.index).terminal_volts();
                meters[meter_of_board].show(volts, VOLTAGE_UNCERTAINTY_V)
            }
            Signal::BoardSupply => {
                let amps = bank.board(channel.index).look(at).supply_amps;
                meters[meter_of_board].show(amps, SUPPLY_UNCERTAINTY_A)
            }
            Signal::BoardBalancing => {
                let board = bank.board(channel.index);
                let share = board.look(at).balancing_share;
                let amps = share * board.circuit.balancing_amps_when_on();
                meters[meter_of_board].show(amps, CURRENT_UNCERTAINTY_A)
            }
            _ => f64::NAN,
        }
    }

    /// Notes everything that LEDs, relays and EXT OUT showed up to the present time; returns
    /// whether one of `watch` changed.
    pub(super) fn collect(&mut self, watch: &[Channel]) -> bool {
        let mut samples = std::mem::take(&mut self.scratch);
        let until = chip_time(self.now);
        for (bank, receiver) in self.banks.iter_mut().zip(&mut self.receivers) {
            let number = bank.number();
            bank.read_line(until, |at, byte| {
                receiver.push(super::bench_time(at), byte, &mut samples);
            });
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
        Seen::ChargeRelay(contacts) => (Signal::RelayCharge, 0, f64::from(contacts as u8)),
        Seen::LoadRelay(contacts) => (Signal::RelayLoad, 0, f64::from(contacts as u8)),
    }
}
