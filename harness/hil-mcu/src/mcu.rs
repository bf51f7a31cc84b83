//! The whole chip: ties core, memories, peripherals and debug logic to one clock.

mod exceptions;
mod power;
mod run;
#[cfg(test)]
mod tests;

use crate::bus::{Chip, Port};
use crate::cpu::{Bus, Cpu};
use crate::debug::{DebugPort, Halting};
use crate::findings::{Finding, Findings};
use crate::memory::{BusFault, FlashMemory, RAM_SIZE, SystemMemory, Width};
use crate::periph::{IrqLines, Peripherals, Requests, SleepMode};
use crate::scs::{Access, Scs};
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
    /// Time with the core clock running: executing, halted by a debugger, in or after a reset.
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

/// Whether the chip can run at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supply {
    Off,
    /// Supplied, NRST held low from outside.
    HeldInReset,
    On,
}

/// One chip. A clone is the saved state of everything, flash included (shared until written).
#[derive(Clone)]
pub struct Mcu {
    part: Part,
    now: Time,
    /// When the core has finished what it is doing and executes its next instruction.
    ready_at: Time,
    /// Period of the core clock in picoseconds.
    cycle_ps: u32,
    supply: Supply,
    nrst_low: bool,
    /// How the peripherals sleep while the core waits.
    asleep: Option<SleepMode>,
    /// The halted state that peripherals and SysTick were last told.
    told_halted: bool,
    stats: Stats,
    pub(crate) cpu: Cpu,
    pub(crate) debug: Halting,
    pub(crate) debug_port: DebugPort,
    pub(crate) chip: Chip,
}

impl Mcu {
    /// A chip from the factory: erased flash, no supply.
    #[must_use]
    pub fn new(part: Part) -> Self {
        let chip = Chip {
            flash: FlashMemory::erased(),
            ram: Box::new([0; RAM_SIZE]),
            system_memory: SystemMemory::new(&part),
            scs: Scs::new(part.hsi_period_ps),
            periph: Peripherals::new(&part),
            irq: IrqLines::default(),
            requests: Requests::default(),
            findings: Findings::default(),
        };
        Self {
            now: Time::ZERO,
            ready_at: Time::ZERO,
            cycle_ps: part.hsi_period_ps,
            supply: Supply::Off,
            nrst_low: false,
            asleep: None,
            told_halted: false,
            stats: Stats::default(),
            cpu: Cpu::default(),
            debug: Halting::default(),
            debug_port: DebugPort::default(),
            chip,
            part,
        }
    }

    /// A chip of other tolerances with the same flash contents, without supply, at time zero: what
    /// it becomes does not depend on how long the first chip has lived.
    #[must_use]
    pub fn with_part(self, part: Part) -> Self {
        let mut other = Self::new(part);
        other.chip.flash = self.chip.flash;
        other
    }

    /// Queues an external level on a pin; `at` is not before [`Self::now`], in order per pin.
    /// `None` means that nothing drives the pin any more and its pull decides.
    pub fn input(&mut self, at: Time, pin: Pin, level: Option<bool>) {
        self.chip.periph.input(self.now, at, pin, level);
    }

    /// The chip's time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// What differs from other chips of the type.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What is new to say about the program it runs: registers that are not modelled, faults.
    /// Each finding is told once in the life of a chip.
    pub fn findings(&mut self) -> Vec<Finding> {
        self.chip.findings.drain()
    }

    /// The contents of main flash, for tests and hashes.
    #[must_use]
    pub fn flash(&self) -> &[u8] {
        self.chip.flash.bytes()
    }

    /// Whether the chip has its supply; without it the debug port does not answer either.
    pub(crate) fn has_supply(&self) -> bool {
        self.supply != Supply::Off
    }

    /// A read by the debugger through the MEM-AP, on the same bus as the core's.
    ///
    /// # Errors
    /// When nothing answers, or the address is not aligned to the width.
    pub(crate) fn bus_read(
        &mut self,
        addr: u32,
        width: Width,
        circuit: &mut dyn Circuit,
    ) -> Result<u32, BusFault> {
        aligned(addr, width)?;
        let value = self.debugger_port(circuit).read(addr, width);
        self.settle(self.now, circuit);
        value
    }

    /// A write by the debugger through the MEM-AP, on the same bus as the core's. A system reset
    /// through AIRCR has happened when it returns.
    ///
    /// # Errors
    /// As [`Self::bus_read`].
    pub(crate) fn bus_write(
        &mut self,
        addr: u32,
        width: Width,
        value: u32,
        circuit: &mut dyn Circuit,
    ) -> Result<(), BusFault> {
        aligned(addr, width)?;
        let done = self.debugger_port(circuit).write(addr, width, value);
        self.settle(self.now, circuit);
        done
    }

    fn debugger_port<'a>(&'a mut self, circuit: &'a mut dyn Circuit) -> Port<'a> {
        Port {
            chip: &mut self.chip,
            circuit,
            access: Access {
                now: self.now,
                by_debugger: true,
                ipsr: self.cpu.ipsr,
            },
            privileged: true,
        }
    }
}

fn aligned(addr: u32, width: Width) -> Result<(), BusFault> {
    if addr & (width.bytes() - 1) == 0 {
        Ok(())
    } else {
        Err(BusFault { addr })
    }
}
