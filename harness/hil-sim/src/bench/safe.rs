//! Switching off, and proving it by reading back.

use hil_core::channel::{Channel, Signal};
use hil_core::ports::SafeState;
use hil_core::time::Span;

use super::VirtualBench;

/// Time the relays get to fall when everything is switched off.
const SWITCH_OFF: Span = Span::from_millis(50);
/// A read-back below this (volts or amperes) is "off".
const OFF_LIMIT: f64 = 0.05;

impl VirtualBench {
    /// Every output of the rig; zero switches it off.
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
            // A contact that was held where it was must be free to fall.
            add(Signal::ContactsCharge, 0);
            add(Signal::ContactsLoad, 0);
            add(Signal::SensorCurrent, 1);
            add(Signal::SensorCurrent, 2);
            for k in 1..=self.setup.cells {
                add(Signal::BoardPower, k);
                add(Signal::CellVoltage, k);
            }
        }
        outputs
    }

    /// Switches every output off, gives the relays time to fall, and reads everything back.
    pub(super) fn switch_off(&mut self) -> SafeState {
        let outputs = self.outputs();
        for channel in &outputs {
            self.put(*channel, 0.0, &[]);
        }
        self.started = true;
        self.live(self.now + SWITCH_OFF);
        self.collect(&[]);
        let relays = (1..=self.setup.banks).flat_map(|bank| {
            [Signal::RelayCharge, Signal::RelayLoad].map(|signal| Channel {
                bank,
                signal,
                index: 0,
            })
        });
        let read_back: Vec<(Channel, f64)> = outputs
            .into_iter()
            .chain(relays)
            .map(|channel| (channel, self.shown(channel)))
            .collect();
        SafeState {
            verified: read_back.iter().all(|(_, value)| value.abs() <= OFF_LIMIT),
            read_back,
        }
    }
}
