//! The peripherals on the bus, by register as in RM0444, and the wiring between them.
//!
//! Event-driven: counters are computed from the time, never ticked, and [`Peripherals::next_event`]
//! says when something happens by itself. The core must call [`Peripherals::advance`] when its
//! time has reached that point, before it looks at the interrupt lines.

#![expect(dead_code, reason = "the core hooks in next")]

mod clocks;
mod cx;
mod map;

pub use cx::ResetCause;
pub(crate) use cx::{Cx, IrqLines, Requests};

use crate::findings::FindingKind;
use crate::memory::{BusFault, Width};
use crate::{Part, Pin, Time};
use map::Block;

/// What the core asked for with WFI or WFE and what the chip really does (RM0444 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SleepMode {
    /// Core clock off, everything else runs.
    Sleep,
    /// All high-speed clocks off.
    Stop,
}

/// Everything between the bus and the pins.
#[derive(Clone)]
pub(crate) struct Peripherals {
    next: Time,
}

impl Peripherals {
    /// Without supply; [`Self::reset`] with [`ResetCause::PowerOn`] brings them up.
    pub fn new(_part: &Part) -> Self {
        Self { next: Time::NEVER }
    }

    /// A read by the core or the debugger.
    ///
    /// # Errors
    /// When nothing is mapped at `addr`.
    pub fn read(&mut self, cx: &mut Cx, addr: u32, _width: Width) -> Result<u32, BusFault> {
        let (block, offset) = map::decode(addr).ok_or(BusFault { addr })?;
        self.unmodelled(cx, block, offset);
        Ok(0)
    }

    /// A write by the core or the debugger.
    ///
    /// # Errors
    /// When nothing is mapped at `addr`.
    pub fn write(
        &mut self,
        cx: &mut Cx,
        addr: u32,
        _width: Width,
        _value: u32,
    ) -> Result<(), BusFault> {
        let (block, offset) = map::decode(addr).ok_or(BusFault { addr })?;
        self.unmodelled(cx, block, offset);
        Ok(())
    }

    /// When the next event is due; [`Time::NEVER`] if nothing will happen by itself.
    pub fn next_event(&self) -> Time {
        self.next
    }

    /// Lets everything happen that is due at or before `cx.now`, in time order.
    pub fn advance(&mut self, _cx: &mut Cx) {}

    /// Tells the circuit all output edges up to `cx.now`.
    pub fn flush(&mut self, _cx: &mut Cx) {}

    /// Resets all peripherals; the backup domain only on [`ResetCause::PowerOn`].
    pub fn reset(&mut self, _cx: &mut Cx, _cause: ResetCause) {}

    /// Supply off: all pins float, nothing happens any more.
    pub fn power_off(&mut self, _cx: &mut Cx) {}

    /// An external level on a pin from `at` on (`None`: nothing drives it, the pull decides), in
    /// time order per pin and not before `now`. [`Self::next_event`] may become earlier.
    pub fn input(&mut self, _at: Time, _pin: Pin, _level: Option<bool>) {}

    /// A write by the core or the debugger into main flash at `offset` from its start.
    ///
    /// # Errors
    /// Never today: the chip reports refused writes in FLASH_SR (RM0444 §3.3.8).
    pub fn flash_write(
        &mut self,
        _cx: &mut Cx,
        _offset: u32,
        _width: Width,
        _value: u32,
    ) -> Result<(), BusFault> {
        Ok(())
    }

    /// Until when a read or fetch from main flash stalls the core because an erase or program
    /// operation runs (RM0444 §3.3.7); a time in the past if none does.
    pub fn flash_busy_until(&self) -> Time {
        Time::ZERO
    }

    /// The core executed WFI or WFE and nothing is pending; `deep` is SCR.SLEEPDEEP.
    pub fn sleep(&mut self, _cx: &mut Cx, _deep: bool) -> SleepMode {
        SleepMode::Sleep
    }

    /// The core leaves the mode [`Self::sleep`] put it in; returns how long the wake-up takes.
    pub fn wake(&mut self, _cx: &mut Cx) -> Time {
        Time::ZERO
    }

    /// The debugger halted the core or let it go (DBG_APB_FZ1/2, RM0444 §38.9).
    pub fn set_halted(&mut self, _cx: &mut Cx, _halted: bool) {}

    fn unmodelled(&mut self, cx: &mut Cx, block: Block, offset: u32) {
        cx.findings.report(
            cx.now,
            FindingKind::Unmodelled {
                peripheral: block.name(),
                register: format!("{offset:#05x}"),
            },
        );
    }
}
