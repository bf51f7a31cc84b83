//! Tests that drive registers through the bus functions, with a circuit that records what the
//! chip does to its pins.

mod adc;
mod description;
mod flash;
mod gpio;
mod low_speed;
mod random;
mod timers;
mod uart;
mod units;

use super::*;
use crate::findings::{Finding, FindingKind, Findings};
use crate::memory::{FlashMemory, Width};
use crate::{Circuit, Drive};

/// Base addresses used by the tests.
pub(super) const RCC: u32 = 0x4002_1000;
pub(super) const GPIOA: u32 = 0x5000_0000;
pub(super) const GPIOB: u32 = 0x5000_0400;

/// The 16 MHz clock period in picoseconds.
pub(super) const HSI_PS: u64 = 62_500;

/// What is around the chip: records pin changes, answers samples with a constant per channel.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    pub changes: Vec<(Time, Pin, Drive)>,
    pub ratios: [f64; 19],
    pub samples: Vec<(Time, u8)>,
}

impl Circuit for Recorder {
    fn sample(&mut self, at: Time, channel: u8) -> f64 {
        self.samples.push((at, channel));
        self.ratios[usize::from(channel)]
    }

    fn pin_changed(&mut self, at: Time, pin: Pin, drive: Drive) {
        self.changes.push((at, pin, drive));
    }

    fn nrst_pulse(&mut self, _at: Time) {}
}

/// A chip without a core.
#[derive(Clone)]
pub(super) struct Bench {
    pub periph: Peripherals,
    pub irq: IrqLines,
    pub flash: FlashMemory,
    pub circuit: Recorder,
    pub req: Requests,
    pub findings: Findings,
    pub now: Time,
}

impl Bench {
    /// Powered at time 0 with every bus clock on.
    pub fn new() -> Self {
        Self::of(&Part::default())
    }

    pub fn of(part: &Part) -> Self {
        let mut bench = Self::cold(part);
        for (offset, bits) in [
            (0x34, 0x2F),
            (0x38, 0x1100),
            (0x3C, u32::MAX),
            (0x40, u32::MAX),
        ] {
            bench.write(RCC + offset, bits);
        }
        bench
    }

    /// Powered at time 0, clocks as after reset.
    pub fn cold(part: &Part) -> Self {
        let mut bench = Self {
            periph: Peripherals::new(part),
            irq: IrqLines::default(),
            flash: FlashMemory::erased(),
            circuit: Recorder::default(),
            req: Requests::default(),
            findings: Findings::default(),
            now: Time::ZERO,
        };
        bench.with(|periph, cx| periph.reset(cx, ResetCause::PowerOn));
        bench
    }

    /// Calls the peripherals with their context.
    pub fn with<T>(&mut self, call: impl FnOnce(&mut Peripherals, &mut Cx) -> T) -> T {
        let mut cx = Cx {
            now: self.now,
            irq: &mut self.irq,
            flash: &mut self.flash,
            circuit: &mut self.circuit,
            req: &mut self.req,
            findings: &mut self.findings,
        };
        call(&mut self.periph, &mut cx)
    }

    pub fn read(&mut self, addr: u32) -> u32 {
        self.with(|periph, cx| periph.read(cx, addr, Width::Word))
            .expect("mapped")
    }

    pub fn write(&mut self, addr: u32, value: u32) {
        self.write_as(addr, Width::Word, value);
    }

    pub fn write_as(&mut self, addr: u32, width: Width, value: u32) {
        self.with(|periph, cx| periph.write(cx, addr, width, value))
            .expect("mapped");
    }

    pub fn set(&mut self, addr: u32, bits: u32) {
        let value = self.read(addr);
        self.write(addr, value | bits);
    }

    /// Lets time pass, then tells all edges.
    pub fn run_until(&mut self, t: Time) {
        self.now = t;
        self.with(|periph, cx| {
            periph.advance(cx);
            periph.flush(cx);
        });
    }

    pub fn run_for(&mut self, span: Time) {
        self.run_until(self.now + span);
    }

    /// Runs from event to event until an interrupt line is high; when that was.
    pub fn run_to_irq(&mut self, line: u8, limit: Time) -> Option<Time> {
        while !self.irq_is_high(line) {
            let next = self.periph.next_event();
            if next > limit {
                return None;
            }
            self.run_until(next);
        }
        Some(self.now)
    }

    pub fn irq_is_high(&self, line: u8) -> bool {
        self.irq.bits() >> line & 1 == 1
    }

    pub fn input(&mut self, at: Time, pin: Pin, level: Option<bool>) {
        self.periph.input(self.now, at, pin, level);
    }

    /// Mode of a pin: 0 input, 1 output, 2 alternate function, 3 analog.
    pub fn mode(&mut self, pin: Pin, mode: u32) {
        let port = GPIOA + 0x400 * u32::from(pin.port);
        let moder = self.read(port);
        let shift = 2 * u32::from(pin.number);
        self.write(port, moder & !(3 << shift) | mode << shift);
    }

    pub fn alternate(&mut self, pin: Pin, function: u32) {
        let port = GPIOA + 0x400 * u32::from(pin.port) + 0x20 + 4 * u32::from(pin.number / 8);
        let afr = self.read(port);
        let shift = 4 * u32::from(pin.number % 8);
        self.write(port, afr & !(0xF << shift) | function << shift);
        self.mode(pin, 2);
    }

    pub fn changes_of(&self, pin: Pin) -> Vec<(Time, Drive)> {
        self.circuit
            .changes
            .iter()
            .filter(|change| change.1 == pin)
            .map(|&(at, _, drive)| (at, drive))
            .collect()
    }

    pub fn findings(&mut self) -> Vec<FindingKind> {
        let found: Vec<Finding> = self.findings.drain();
        found.into_iter().map(|finding| finding.kind).collect()
    }

    /// Nothing was said about the program so far.
    pub fn assert_clean(&mut self) {
        assert_eq!(self.findings(), []);
    }
}
