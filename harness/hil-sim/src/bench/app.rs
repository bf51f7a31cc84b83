//! The app: a phone per bank, on the Bluetooth bridge of its End board.
//!
//! A command takes bench time inside the write: the boards live until it is answered or given up,
//! and what is seen meanwhile is kept for the next `run_until`.

use std::sync::atomic::Ordering;

use hil_core::app::{Command, Phone, SETTINGS};
use hil_core::channel::{Channel, Signal};

use super::{VirtualBench, WATCH_LATENCY, bench_time, chip_time};

/// Whether a value written to the channel says what the app shall send, not what the DUT has.
pub(super) fn is_staged(signal: Signal) -> bool {
    SETTINGS.iter().any(|setting| setting.signal == signal)
}

impl VirtualBench {
    pub(super) fn phone(&mut self, bank: u8) -> &mut Phone {
        &mut self.phones[usize::from(bank) - 1]
    }

    /// The app sends a command; returns when it is answered or given up.
    pub(super) fn command(&mut self, channel: Channel, value: f64) {
        self.put(channel, value, &[]);
        let Some(command) = Command::from_value(value) else {
            return;
        };
        self.start(&[]);
        let now = self.now;
        let mut samples = std::mem::take(&mut self.scratch);
        self.phone(channel.bank).order(now, command, &mut samples);
        for sample in samples.drain(..) {
            self.observer.note(sample, &[]);
        }
        self.scratch = samples;
        while self.phone(channel.bank).is_busy() && !self.setup.interrupt.load(Ordering::Relaxed) {
            self.send(channel.bank);
            self.live_on(WATCH_LATENCY);
        }
    }

    /// Hands what the phone has to send to the bridge.
    fn send(&mut self, bank: u8) {
        let (now, place) = (self.now, usize::from(bank) - 1);
        let bridge = &mut self.banks[place].end().circuit.bridge;
        let connected = bridge.connected().map(bench_time);
        if let Some(bytes) = self.phones[place].to_send(now, connected) {
            bridge.send(chip_time(now), |start| {
                crate::pack::app_edges(start, &bytes)
            });
        }
    }
}
