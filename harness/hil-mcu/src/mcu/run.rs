//! The run loop: time, events, and slices of execution between them.
//!
//! Nothing in the chip changes by itself between two events, so the core runs from one to the next
//! without looking at the time, and a core that waits is carried there in one step.

use super::{Mcu, SleepMode, Supply};
use crate::bus::Port;
use crate::cpu::{self, Activity, Cpu, Op, Outcome, Slice, Surroundings};
use crate::debug::HaltCause;
use crate::memory::{FLASH_BASE, FLASH_SIZE, RAM_BASE, RAM_SIZE, SYSTEM_BASE, Width};
use crate::nvic::{NMI, SVCALL};
use crate::periph::ResetCause;
use crate::scs::Access;
use crate::{Circuit, Time};

/// Cycles executed at a time at most; the fast loop counts in 32 bits.
const MAX_SLICE: u64 = 1 << 24;
/// Instructions decoded at a time from memory that is not predecoded.
const BLOCK: usize = 16;

impl Mcu {
    /// Executes, or sleeps, until [`Self::now`] has reached `t`. Time passes in a halted core too,
    /// and in one without supply.
    pub fn run_until(&mut self, t: Time, circuit: &mut dyn Circuit) {
        if self.supply == Supply::Off {
            self.now = self.now.max(t);
            return;
        }
        loop {
            self.take_events(circuit);
            if self.now >= t {
                break;
            }
            self.advance(t, circuit);
        }
        self.chip
            .with_periph(self.now, circuit, |periph, cx| periph.flush(cx));
    }

    /// Lets everything happen that is due.
    fn take_events(&mut self, circuit: &mut dyn Circuit) {
        let now = self.now;
        if self.chip.periph.next_event() <= now {
            self.chip
                .with_periph(now, circuit, |periph, cx| periph.advance(cx));
            self.settle(now, circuit);
        }
        if self.chip.scs.systick.next_event() <= now {
            self.chip.scs.advance(now);
            self.settle(now, circuit);
        }
    }

    /// One step of the loop: up to the next event, or less.
    fn advance(&mut self, t: Time, circuit: &mut dyn Circuit) {
        let horizon = t
            .min(self.chip.periph.next_event())
            .min(self.chip.scs.systick.next_event())
            .max(self.now + Time(1));
        self.tell_halted(circuit);
        let halted = self.debug.is_halted();
        let stands =
            halted || self.supply == Supply::HeldInReset || self.cpu.activity == Activity::LockedUp;
        if stands {
            self.pass(horizon);
        } else if self.cpu.sleeping() {
            if self.may_wake() {
                self.wake(circuit);
            } else {
                self.pass(horizon);
            }
        } else if self.ready_at >= horizon {
            self.pass(horizon);
        } else {
            self.ready_at = self.ready_at.max(self.now);
            self.execute(horizon, circuit);
        }
    }

    /// Time passes up to `to`.
    fn pass(&mut self, to: Time) {
        let span = to.since(self.now);
        match (self.cpu.sleeping(), self.asleep) {
            (true, Some(SleepMode::Stop)) => self.stats.stop += span,
            (true, _) => self.stats.sleep += span,
            (false, _) => self.stats.run += span,
        }
        self.now = self.now.max(to);
    }

    /// Tells peripherals and SysTick when the core has entered or left Debug state. Entering it
    /// ends WFI, WFE and lockup (ARMv6-M ARM §C1.3.1).
    pub(crate) fn tell_halted(&mut self, circuit: &mut dyn Circuit) {
        let halted = self.debug.is_halted();
        if halted == self.told_halted {
            return;
        }
        self.told_halted = halted;
        if halted && self.cpu.sleeping() {
            self.wake(circuit);
        }
        if halted && self.cpu.activity == Activity::LockedUp {
            self.cpu.activity = Activity::Running;
        }
        self.chip.with_periph(self.now, circuit, |periph, cx| {
            periph.set_halted(cx, halted)
        });
        self.chip.scs.systick.set_clock(self.now, !halted);
        self.settle(self.now, circuit);
    }

    /// Executes until `horizon`, or until something has to be looked at.
    fn execute(&mut self, horizon: Time, circuit: &mut dyn Circuit) {
        let masked = self.debug.interrupts_masked();
        if let Some(exception) = self.chip.scs.nvic.preempting(self.cpu.primask, masked) {
            self.pass(self.ready_at);
            self.take_exception(exception, circuit);
            return;
        }
        if self.executes_flash() {
            let busy_until = self.chip.periph.flash_busy_until();
            if busy_until > self.ready_at {
                self.ready_at = busy_until;
                self.pass(busy_until.min(horizon));
                return;
            }
        }
        let period = u64::from(self.cycle_ps);
        let cycles = (horizon - self.ready_at).0.div_ceil(period);
        let mut budget = cycles.min(MAX_SLICE) as u32;
        if self.debug.watches_pc() {
            if self.debug.breaks_at(self.cpu.r[15]) {
                self.pass(self.ready_at);
                self.debug.halt(HaltCause::Breakpoint);
                return;
            }
            budget = 1;
        }
        self.run_slice(budget, circuit);
        self.pass(self.ready_at.min(horizon));
    }

    /// Executes up to `budget` cycles from `ready_at` on, and the first instruction that needs the
    /// slow path.
    fn run_slice(&mut self, budget: u32, circuit: &mut dyn Circuit) {
        if !self.cpu.thumb {
            self.pass(self.ready_at);
            self.fault(None, circuit);
            return;
        }
        self.cpu.just_entered = false;
        let Some(slice) = self.run_fast(budget) else {
            let pc = self.cpu.r[15];
            self.pass(self.ready_at);
            self.fault(Some(pc), circuit);
            return;
        };
        self.stats.instructions += slice.instructions;
        self.spend(slice.cycles);
        if let Some(op) = slice.slow {
            self.pass(self.ready_at);
            self.run_slow(op, circuit);
        }
    }

    /// Whether PC is in main flash or its alias at 0.
    fn executes_flash(&self) -> bool {
        let pc = self.cpu.r[15];
        let size = FLASH_SIZE as u32;
        pc.wrapping_sub(FLASH_BASE) < size || pc < size
    }

    /// The fast loop on the code at PC; `None` if no instruction can be fetched there.
    fn run_fast(&mut self, budget: u32) -> Option<Slice> {
        let pc = self.cpu.r[15];
        if self.executes_flash() {
            let around = Surroundings {
                ops: self.chip.flash.ops(),
                base: if pc < FLASH_BASE { 0 } else { FLASH_BASE },
                flash: self.chip.flash.bytes(),
                ram: &mut self.chip.ram,
                wait_states: self.chip.periph.flash_wait_states(),
            };
            let torn = self.chip.flash.has_torn();
            return Some(if torn {
                cpu::run::<true>(&mut self.cpu, around, budget)
            } else {
                cpu::run::<false>(&mut self.cpu, around, budget)
            });
        }
        let mut block = [cpu::decode(0, 0); BLOCK];
        let count = self.decode_block(pc, &mut block);
        let around = Surroundings {
            ops: &block[..count],
            base: pc,
            flash: self.chip.flash.bytes(),
            ram: &mut self.chip.ram,
            wait_states: 0,
        };
        (count > 0).then(|| cpu::run::<true>(&mut self.cpu, around, budget))
    }

    /// Decodes from RAM or system memory up to the first instruction that ends a block.
    fn decode_block(&self, pc: u32, block: &mut [Op; BLOCK]) -> usize {
        let half = |addr: u32| -> Option<u16> {
            let bytes = match addr.wrapping_sub(RAM_BASE) as usize {
                offset if offset < RAM_SIZE => self.chip.ram.get(offset..offset + 2)?,
                _ if (SYSTEM_BASE..RAM_BASE).contains(&addr) => {
                    return Some(self.chip.system_memory.read(addr, Width::Half)? as u16);
                }
                _ => return None,
            };
            Some(u16::from_le_bytes([bytes[0], bytes[1]]))
        };
        let mut addr = pc;
        for (count, place) in block.iter_mut().enumerate() {
            let Some(first) = half(addr) else {
                return count;
            };
            addr = addr.wrapping_add(2);
            *place = cpu::decode(first, half(addr).unwrap_or(0xFFFF));
            if place.ends_block() {
                return count + 1;
            }
        }
        BLOCK
    }

    /// Executes one instruction on the slow path, at `now`.
    fn run_slow(&mut self, op: Op, circuit: &mut dyn Circuit) {
        let mut cycles = 0;
        let outcome = self.with_core_port(circuit, |cpu, port| {
            cpu::execute(cpu, op, port, &mut cycles)
        });
        self.spend(cycles);
        if !matches!(outcome, Outcome::Fault(_) | Outcome::Breakpoint) {
            self.stats.instructions += 1;
        }
        match outcome {
            Outcome::Done => self.settle(self.now, circuit),
            Outcome::Fault(address) => self.fault(address, circuit),
            Outcome::Svc => self.supervisor_call(circuit),
            Outcome::Breakpoint => {
                if !self.debug.halt(HaltCause::Breakpoint) {
                    self.fault(None, circuit);
                }
            }
            Outcome::WaitForInterrupt => self.fall_asleep(Activity::WaitForInterrupt, circuit),
            Outcome::WaitForEvent => self.fall_asleep(Activity::WaitForEvent, circuit),
            Outcome::ExceptionReturn(value) => self.return_from_exception(value, circuit),
        }
    }

    /// SVC: taken at once, or a HardFault when it cannot preempt.
    fn supervisor_call(&mut self, circuit: &mut dyn Circuit) {
        self.chip.scs.nvic.pend(SVCALL);
        let preempting = self.chip.scs.nvic.preempting(self.cpu.primask, false);
        match preempting {
            Some(exception) => self.take_exception(exception, circuit),
            None => {
                self.chip.scs.nvic.unpend(SVCALL);
                self.fault(None, circuit);
            }
        }
    }

    /// Calls a function of the core with its bus at `now`.
    pub(super) fn with_core_port<T>(
        &mut self,
        circuit: &mut dyn Circuit,
        call: impl FnOnce(&mut Cpu, &mut Port) -> T,
    ) -> T {
        let mut port = Port {
            chip: &mut self.chip,
            circuit,
            access: Access {
                now: self.now,
                by_debugger: false,
                ipsr: self.cpu.ipsr,
            },
            privileged: self.cpu.privileged(),
        };
        call(&mut self.cpu, &mut port)
    }

    /// Takes over what an access or an event asked of the core.
    pub(super) fn settle(&mut self, at: Time, circuit: &mut dyn Circuit) {
        let scs = &mut self.chip.scs;
        scs.set_lines(self.chip.irq.bits());
        self.cpu.event |= std::mem::take(&mut scs.event);
        self.cpu.event |= std::mem::take(&mut self.chip.requests.event);
        if std::mem::take(&mut self.chip.requests.nmi) {
            scs.nvic.pend(NMI);
        }
        if let Some(period) = self.chip.requests.core_period_ps.take() {
            self.cycle_ps = period;
            scs.systick.set_core_period(at, period);
        }
        if scs.reset_requested {
            self.reset(at, ResetCause::Software, circuit);
        } else if let Some(cause) = self.chip.requests.reset.take() {
            self.reset(at, cause, circuit);
        }
    }

    /// Executes one instruction of a halted core, or takes the exception that is pending.
    pub(crate) fn step(&mut self, circuit: &mut dyn Circuit) {
        if self.cpu.sleeping() {
            self.wake(circuit);
        }
        self.ready_at = self.now;
        let masked = self.debug.interrupts_masked();
        match self.chip.scs.nvic.preempting(self.cpu.primask, masked) {
            Some(exception) => self.take_exception(exception, circuit),
            None if self.cpu.activity == Activity::LockedUp => {}
            None => self.run_slice(1, circuit),
        }
        self.take_events(circuit);
    }
}
