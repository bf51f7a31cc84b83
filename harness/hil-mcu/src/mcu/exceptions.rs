//! Taking and leaving exceptions, faults, lockup: what the core, its stack and the NVIC do
//! together (ARMv6-M ARM §B1.5).

use super::{Mcu, SleepMode};
use crate::cpu::Activity;
use crate::findings::FindingKind;
use crate::memory::Width;
use crate::nvic::HARD_FAULT;
use crate::{Circuit, Time};

/// From the interrupt to the first instruction of its handler (Cortex-M0+ TRM §3.3).
const ENTRY_CYCLES: u64 = 15;
/// From the returning instruction to the interrupted code; the TRM does not say.
const RETURN_CYCLES: u64 = 10;
/// From one handler to the next without unstacking; the TRM does not say.
const TAIL_CHAIN_CYCLES: u64 = 6;
/// PC of a locked-up core.
const LOCKUP_PC: u32 = 0xFFFF_FFFE;

impl Mcu {
    /// Takes `exception`, which preempts what runs now. If it finds the core just arrived in
    /// another handler, it takes that one's place and frame.
    pub(super) fn take_exception(&mut self, exception: u8, circuit: &mut dyn Circuit) {
        if self.cpu.just_entered && self.cpu.ipsr != 0 {
            self.chip.scs.nvic.displace(self.cpu.ipsr);
            let exc_return = self.cpu.r[14];
            self.start_handler(exception, exc_return, circuit);
            return;
        }
        self.spend(ENTRY_CYCLES);
        let (exc_return, pushed) = self.with_core_port(circuit, |cpu, port| cpu.push_frame(port));
        let Err(fault) = pushed else {
            self.start_handler(exception, exc_return, circuit);
            return;
        };
        // The frame is lost, and HardFault takes the exception's place.
        let fatal = self.chip.scs.nvic.execution_priority(false) < 0 || exception <= HARD_FAULT;
        self.report_fault(Some(fault.addr));
        if fatal {
            self.lock_up();
        } else {
            self.start_handler(HARD_FAULT, exc_return, circuit);
        }
    }

    fn start_handler(&mut self, exception: u8, exc_return: u32, circuit: &mut dyn Circuit) {
        let place = self.chip.scs.vtor.wrapping_add(u32::from(exception) * 4);
        let vector = self.with_core_port(circuit, |_, port| {
            crate::cpu::Bus::read(port, place, Width::Word)
        });
        match vector {
            Ok(vector) => {
                self.chip.scs.nvic.activate(exception);
                self.cpu.start_handler(exception, vector, exc_return);
                if exception == HARD_FAULT {
                    self.debug.catch_hard_fault();
                }
            }
            Err(fault) => {
                self.report_fault(Some(fault.addr));
                self.lock_up();
            }
        }
    }

    /// A branch to EXC_RETURN in handler mode.
    pub(super) fn return_from_exception(&mut self, exc_return: u32, circuit: &mut dyn Circuit) {
        let returning = self.cpu.ipsr;
        self.chip.scs.nvic.deactivate(returning);
        let masked = self.debug.interrupts_masked();
        let next = self.chip.scs.nvic.preempting(self.cpu.primask, masked);
        if let Some(next) = next {
            self.spend(TAIL_CHAIN_CYCLES);
            self.start_handler(next, exc_return, circuit);
            return;
        }
        match self.with_core_port(circuit, |cpu, port| cpu.pop_frame(exc_return, port)) {
            Ok(()) => {
                self.spend(RETURN_CYCLES);
                self.cpu.just_entered = false;
                if self.cpu.ipsr == 0 && self.chip.scs.sleep_on_exit() {
                    self.fall_asleep(Activity::WaitForInterrupt, circuit);
                }
            }
            Err(fault) => self.fault(fault.map(|fault| fault.addr), circuit),
        }
    }

    /// The instruction at PC cannot be executed, or its access failed.
    pub(super) fn fault(&mut self, address: Option<u32>, circuit: &mut dyn Circuit) {
        self.report_fault(address);
        if self.chip.scs.nvic.execution_priority(false) < 0 {
            self.lock_up();
        } else {
            self.cpu.just_entered = false;
            self.take_exception(HARD_FAULT, circuit);
        }
    }

    fn report_fault(&mut self, address: Option<u32>) {
        let pc = self.cpu.r[15];
        let kind = FindingKind::HardFault { address, pc };
        self.chip.findings.report(self.now, kind);
    }

    fn lock_up(&mut self) {
        let pc = self.cpu.r[15];
        let kind = FindingKind::Lockup { pc };
        self.chip.findings.report(self.now, kind);
        self.stats.lockups += 1;
        self.cpu.activity = Activity::LockedUp;
        self.cpu.r[15] = LOCKUP_PC;
    }

    /// WFI, WFE or the end of a handler with SLEEPONEXIT: waits, unless the reason to go on is
    /// there already.
    pub(super) fn fall_asleep(&mut self, activity: Activity, circuit: &mut dyn Circuit) {
        self.cpu.activity = activity;
        if self.may_wake() {
            self.cpu.activity = Activity::Running;
            return;
        }
        let deep = self.chip.scs.sleep_deep();
        let mode = self
            .chip
            .with_periph(self.now, circuit, |periph, cx| periph.sleep(cx, deep));
        self.asleep = Some(mode);
        if mode == SleepMode::Stop {
            self.chip.scs.systick.set_clock(self.now, false);
        }
        self.settle(self.now, circuit);
    }

    /// Whether a waiting core has a reason to go on. WFI ignores PRIMASK, WFE does not.
    pub(super) fn may_wake(&self) -> bool {
        let masked = self.debug.interrupts_masked();
        let nvic = &self.chip.scs.nvic;
        match self.cpu.activity {
            Activity::WaitForInterrupt => nvic.preempting(false, masked).is_some(),
            Activity::WaitForEvent => {
                self.cpu.event || nvic.preempting(self.cpu.primask, masked).is_some()
            }
            Activity::Running | Activity::LockedUp => false,
        }
    }

    /// Leaves WFI or WFE; the clocks may take their time.
    pub(super) fn wake(&mut self, circuit: &mut dyn Circuit) {
        if self.cpu.activity == Activity::WaitForEvent {
            self.cpu.event = false;
        }
        self.cpu.activity = Activity::Running;
        let mode = self.asleep.take();
        let delay = self
            .chip
            .with_periph(self.now, circuit, |periph, cx| periph.wake(cx));
        self.ready_at = self.ready_at.max(self.now + delay);
        if mode == Some(SleepMode::Stop) {
            self.chip.scs.systick.set_clock(self.now, !self.told_halted);
        }
        self.settle(self.now, circuit);
    }

    /// The core is busy for `cycles` from when it would have been ready.
    pub(super) fn spend(&mut self, cycles: u64) {
        self.ready_at += Time(cycles * u64::from(self.cycle_ps));
    }
}
