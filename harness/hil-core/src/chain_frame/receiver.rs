//! Finding frames on a chain wire, and the way from a board's OUT to samples.

use super::{Frame, HEADER, LONGEST, START, length};
use crate::channel::{Channel, Signal};
use crate::ports::Sample;
use crate::time::{Span, Time};

/// From stop bit to stop bit: longer, and a pause of a byte's time has ended the frame.
pub const LONGEST_PAUSE: Span = Span(174);

/// The way from the bytes of one OUT to the samples of `chain.*`.
#[derive(Clone, Debug)]
pub struct Receiver {
    bank: u8,
    bytes: Vec<u8>,
    last: Time,
    /// What came does not begin as a frame: nothing is taken until the line was idle.
    lost: bool,
    frames: u32,
    /// What this board was given to pass on: the frame before it with all its cells.
    given: Option<Frame>,
}

impl Receiver {
    /// For the single board of a bank.
    #[must_use]
    pub const fn new(bank: u8) -> Self {
        Self {
            bank,
            bytes: Vec::new(),
            last: Time::ZERO,
            lost: false,
            frames: 0,
            given: None,
        }
    }

    /// The frame the board gets next; what it sends must hold all of it.
    pub fn given(&mut self, frame: Frame) {
        self.given = Some(frame);
    }

    /// Takes the next byte, whose stop bit ended at `at`, and appends the samples it completes, all
    /// at that time. Bytes that are no frame, and a frame that was not passed on as it came in,
    /// give one sample of `chain.check` = bad; nothing else of them is used.
    pub fn push(&mut self, at: Time, byte: u8, out: &mut Vec<Sample>) {
        if at.since(self.last) > LONGEST_PAUSE {
            if !self.bytes.is_empty() {
                self.bad(at, out);
            }
            self.lost = false;
        }
        self.last = at;
        if self.lost {
            return;
        }
        if self.bytes.is_empty() && byte != START {
            self.bad(at, out);
            self.lost = true;
            return;
        }
        self.bytes.push(byte);
        let cells = self.bytes.get(1).copied().unwrap_or(u8::MAX);
        if self.bytes.len() < length(cells).clamp(HEADER, LONGEST) {
            return;
        }
        match Frame::decode(&self.bytes) {
            Ok(frame) if self.is_passed_on(&frame) => self.good(at, &frame, out),
            _ => self.bad(at, out),
        }
        self.bytes.clear();
    }

    /// Whether everything that came in stands in what went out, bit by bit.
    fn is_passed_on(&self, sent: &Frame) -> bool {
        self.given.as_ref().is_none_or(|given| {
            let before = sent.cells.len().saturating_sub(1);
            let passed = Frame {
                cells: sent.cells[..before].to_vec(),
                ..sent.clone()
            };
            passed == *given
        })
    }

    fn sample(&self, signal: Signal, index: u16, at: Time, value: f64) -> Sample {
        let channel = Channel {
            bank: self.bank,
            signal,
            index,
        };
        Sample { channel, at, value }
    }

    fn bad(&mut self, at: Time, out: &mut Vec<Sample>) {
        self.bytes.clear();
        out.push(self.sample(Signal::ChainCheck, 0, at, 0.0));
    }

    fn good(&mut self, at: Time, frame: &Frame, out: &mut Vec<Sample>) {
        self.frames += 1;
        let mut say = |signal, index, value| out.push(self.sample(signal, index, at, value));
        say(Signal::ChainFrame, 0, self.frames.into());
        say(Signal::ChainCheck, 0, 1.0);
        say(Signal::ChainCells, 0, frame.cells.len() as f64);
        say(
            Signal::ChainVbalance,
            0,
            f64::from(frame.v_balance_mv) / 1e3,
        );
        say(Signal::ChainDip, 0, frame.dip.into());
        for (sensor, current) in (1..).zip(frame.current_ma) {
            let amps = current.map_or(f64::NAN, |ma| f64::from(ma) / 1e3);
            say(Signal::ChainSensorCurrent, sensor, amps);
        }
        for (k, entry) in (1..).zip(&frame.cells) {
            say(
                Signal::ChainCellVoltage,
                k,
                f64::from(entry.millivolts) / 1e3,
            );
            say(Signal::ChainCellTemperature, k, entry.celsius);
            say(Signal::ChainCellBalancing, k, entry.balancing.into());
        }
    }
}
