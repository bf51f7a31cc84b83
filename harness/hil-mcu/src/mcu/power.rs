//! Supply, NRST and every kind of reset.

use super::{Mcu, Supply};
use crate::bus::Port;
use crate::cpu::{Activity, Bus, Cpu};
use crate::debug::DebugPort;
use crate::memory::{RAM_SIZE, SYSTEM_BASE, Width};
use crate::periph::ResetCause;
use crate::scs::{Access, Scs};
use crate::{Circuit, Time};

/// From the supply being there to the first instruction (STM32G031 datasheet, tRSTTEMPO, typical).
const POWER_ON_DELAY: Time = Time::from_us(250);
/// An internal reset holds NRST low, and with it the chip, for this long (RM0444 §5.1.2).
const RESET_PULSE: Time = Time::from_us(20);

impl Mcu {
    /// The supply comes up at `at`: power-on reset. Does nothing if it is up.
    pub fn power_on(&mut self, at: Time, circuit: &mut dyn Circuit) {
        self.run_until(at, circuit);
        if self.supply != Supply::Off {
            return;
        }
        self.supply = Supply::On;
        self.reset(at, ResetCause::PowerOn, circuit);
        self.hold_while_nrst_low();
    }

    /// The supply is gone at `at`: RAM is lost, pins float, flash stays.
    pub fn power_off(&mut self, at: Time, circuit: &mut dyn Circuit) {
        self.run_until(at, circuit);
        if self.supply == Supply::Off {
            return;
        }
        self.supply = Supply::Off;
        self.asleep = None;
        self.debug_port = DebugPort::default();
        *self.chip.ram = [0; RAM_SIZE];
        self.chip
            .with_periph(at, circuit, |periph, cx| periph.power_off(cx));
    }

    /// NRST is held low from outside, or let go.
    pub fn set_nrst(&mut self, at: Time, low: bool, circuit: &mut dyn Circuit) {
        self.run_until(at, circuit);
        if self.nrst_low == low {
            return;
        }
        self.nrst_low = low;
        match self.supply {
            Supply::Off => {}
            Supply::On => {
                self.reset(at, ResetCause::Pin, circuit);
                self.hold_while_nrst_low();
            }
            Supply::HeldInReset => {
                self.supply = Supply::On;
                // The debugger may have asked for a vector catch while the pin was low.
                self.restart_core(at, false, circuit);
            }
        }
    }

    fn hold_while_nrst_low(&mut self) {
        if self.nrst_low {
            self.supply = Supply::HeldInReset;
        }
    }

    /// Resets everything the cause resets and starts the core again.
    pub(super) fn reset(&mut self, at: Time, cause: ResetCause, circuit: &mut dyn Circuit) {
        self.stats.resets += 1;
        self.asleep = None;
        self.chip.requests.reset = None;
        self.chip
            .with_periph(at, circuit, |periph, cx| periph.reset(cx, cause));
        let period = self.chip.requests.core_period_ps.take();
        self.cycle_ps = period.unwrap_or(self.part.hsi_period_ps);
        self.chip.scs = Scs::new(self.cycle_ps);
        self.chip.scs.set_lines(self.chip.irq.bits());
        let power_on = cause == ResetCause::PowerOn;
        if cause != ResetCause::Pin {
            circuit.nrst_pulse(at);
        }
        let delay = if power_on {
            POWER_ON_DELAY
        } else {
            RESET_PULSE
        };
        self.restart_core(at + delay, power_on, circuit);
    }

    /// Loads SP and PC from the vector table, or from the boot loader's when the flash is empty,
    /// and lets the core run from `at` on unless the debugger catches it.
    ///
    /// The chip looks at the flash at power-on only and keeps the answer in FLASH_ACR.EMPTY; here
    /// every reset looks again, so that a freshly flashed chip starts without a power cycle.
    fn restart_core(&mut self, at: Time, power_on: bool, circuit: &mut dyn Circuit) {
        let empty = self.chip.flash.bytes()[..4] == [0xFF; 4];
        let table = if empty { SYSTEM_BASE } else { 0 };
        let mut port = Port {
            chip: &mut self.chip,
            circuit,
            access: Access {
                now: self.now,
                by_debugger: false,
                ipsr: 0,
            },
            privileged: true,
        };
        let mut vector = |offset| port.read(table + offset, Width::Word).unwrap_or(u32::MAX);
        self.cpu = Cpu::reset(vector(0), vector(4));
        self.cpu.activity = Activity::Running;
        self.ready_at = at;
        self.debug.reset(power_on);
    }
}
