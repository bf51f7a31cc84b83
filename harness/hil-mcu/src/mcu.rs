//! The whole chip: ties core, memories, peripherals and debug logic to one clock.

use crate::cpu::Cpu;
use crate::debug::{DebugPort, Halting};
use crate::memory::{BusFault, FlashMemory, RAM_SIZE, Width};
use crate::{Circuit, Pin, Time};

/// What differs from one chip to the next of the same type.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Period of HSI16 in picoseconds; 62 500 is nominal (RM0444 §5.2.2).
    pub hsi_period_ps: u32,
    /// Period of LSI in picoseconds; 31 250 000 is nominal (32 kHz, RM0444 §5.2.5).
    pub lsi_period_ps: u32,
    /// Whether a 32.768 kHz crystal is fitted.
    pub lse: bool,
    /// The 96-bit unique device identifier, lowest word first.
    pub uid: [u32; 3],
    /// Offset of the analog-to-digital converter before calibration, in its least significant bits.
    pub adc_offset_lsb: f32,
    /// The internal reference over VREF+ at the 3.0 V at which the factory measured VREFINT_CAL.
    pub vrefint_ratio: f64,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            hsi_period_ps: 62_500,
            lsi_period_ps: 31_250_000,
            lse: false,
            uid: [0x0031_0047, 0x3033_5115, 0x2031_3634],
            adc_offset_lsb: 0.0,
            vrefint_ratio: 1.212 / 3.0,
        }
    }
}

/// What a chip has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Instructions retired.
    pub instructions: u64,
    /// Time spent executing.
    pub run: Time,
    /// Time spent in sleep mode (WFI or WFE, clocks running).
    pub sleep: Time,
    /// Time spent in stop mode.
    pub stop: Time,
    /// Resets of any cause, power-on included.
    pub resets: u64,
    /// Times the core locked up.
    pub lockups: u64,
}

/// One chip. A clone is the saved state of everything, flash included (shared until written).
#[derive(Clone)]
pub struct Mcu {
    pub(crate) part: Part,
    pub(crate) now: Time,
    pub(crate) cpu: Cpu,
    pub(crate) debug: Halting,
    pub(crate) debug_port: DebugPort,
    pub(crate) flash: FlashMemory,
    pub(crate) ram: Box<[u8; RAM_SIZE]>,
    pub(crate) stats: Stats,
}

impl Mcu {
    /// A chip from the factory: erased flash, no supply.
    #[must_use]
    pub fn new(part: Part) -> Self {
        Self {
            part,
            now: Time::ZERO,
            cpu: Cpu::default(),
            debug: Halting::default(),
            debug_port: DebugPort::default(),
            flash: FlashMemory::erased(),
            ram: Box::new([0; RAM_SIZE]),
            stats: Stats::default(),
        }
    }

    /// The same flash contents in a chip of other tolerances.
    #[must_use]
    pub fn with_part(mut self, part: Part) -> Self {
        self.part = part;
        self
    }

    /// The supply comes up at `at`: power-on reset.
    pub fn power_on(&mut self, at: Time, circuit: &mut dyn Circuit) {
        let _ = (at, circuit);
    }

    /// The supply is gone at `at`: RAM is lost, pins float, flash stays.
    pub fn power_off(&mut self, at: Time, circuit: &mut dyn Circuit) {
        let _ = (at, circuit);
    }

    /// NRST is held low from outside, or let go.
    pub fn set_nrst(&mut self, at: Time, low: bool, circuit: &mut dyn Circuit) {
        let _ = (at, low, circuit);
    }

    /// Queues an external level on a pin; `at` is not before [`Self::now`], in order per pin.
    pub fn input(&mut self, at: Time, pin: Pin, level: bool) {
        let _ = (at, pin, level);
    }

    /// Executes, or sleeps, until [`Self::now`] has reached `t`. Time passes in a halted core too.
    pub fn run_until(&mut self, t: Time, circuit: &mut dyn Circuit) {
        let _ = circuit;
        self.now = self.now.max(t);
    }

    /// The chip's time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The contents of main flash, for tests and hashes.
    #[must_use]
    pub fn flash(&self) -> &[u8] {
        self.flash.bytes()
    }

    /// A read by the debugger through the MEM-AP, on the same bus as the core's.
    pub(crate) fn bus_read(
        &mut self,
        addr: u32,
        width: Width,
        circuit: &mut dyn Circuit,
    ) -> Result<u32, BusFault> {
        let _ = (width, circuit);
        Err(BusFault { addr })
    }

    /// A write by the debugger through the MEM-AP, on the same bus as the core's.
    pub(crate) fn bus_write(
        &mut self,
        addr: u32,
        width: Width,
        value: u32,
        circuit: &mut dyn Circuit,
    ) -> Result<(), BusFault> {
        let _ = (width, value, circuit);
        Err(BusFault { addr })
    }

    /// Executes exactly one instruction (or takes one exception) of a halted core, for C_STEP.
    pub(crate) fn step(&mut self, circuit: &mut dyn Circuit) {
        let _ = circuit;
    }
}
