//! The system timer (ARMv6-M ARM §B3.3), computed from the time of its next wrap instead of being
//! counted.

use crate::Time;

const ENABLE: u32 = 1;
const TICKINT: u32 = 1 << 1;
const CLKSOURCE: u32 = 1 << 2;
const COUNTFLAG: u32 = 1 << 16;
const MASK: u32 = 0x00FF_FFFF;
/// The reference clock is HCLK / 8 (RM0444 §5.2, clock tree).
const REFERENCE_DIVIDER: u64 = 8;
/// STK_CALIB: a reference clock exists, the value for 10 ms is not known.
const CALIBRATION: u32 = 1 << 30;

/// The counter, either running towards a known time or standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counter {
    /// Stands at this value.
    Standing(u32),
    /// Reaches zero at `zero`, counting down from `from`; shows zero before it has loaded that.
    Running { zero: Time, from: u32 },
}

/// State of the timer. Every access needs the time, in order.
#[derive(Clone, Debug)]
pub(crate) struct SysTick {
    control: u32,
    reload: u32,
    counted: bool,
    counter: Counter,
    core_period: u64,
    clock_on: bool,
}

impl SysTick {
    /// As after a reset, with the period of HCLK in picoseconds.
    pub(crate) fn new(core_period_ps: u32) -> Self {
        Self {
            control: 0,
            reload: 0,
            counted: false,
            counter: Counter::Standing(0),
            core_period: u64::from(core_period_ps),
            clock_on: true,
        }
    }

    /// When the exception is due next.
    #[inline]
    pub(crate) fn next_event(&self) -> Time {
        match self.counter {
            Counter::Running { zero, .. } if self.control & TICKINT != 0 => zero,
            _ => Time::NEVER,
        }
    }

    fn tick(&self) -> u64 {
        if self.control & CLKSOURCE != 0 {
            self.core_period
        } else {
            self.core_period * REFERENCE_DIVIDER
        }
    }

    /// Brings the counter to `now`; true if it reached zero with TICKINT set.
    pub(crate) fn advance(&mut self, now: Time) -> bool {
        let Counter::Running { zero, .. } = self.counter else {
            return false;
        };
        if zero > now {
            return false;
        }
        self.counted = true;
        if self.reload == 0 {
            // The next tick reloads zero: the counter stays there.
            self.counter = Counter::Standing(0);
        } else {
            let period = (u64::from(self.reload) + 1) * self.tick();
            let wraps = now.since(zero).0 / period + 1;
            self.counter = Counter::Running {
                zero: zero + Time(wraps * period),
                from: self.reload,
            };
        }
        self.control & TICKINT != 0
    }

    /// The value the counter shows at `now`.
    fn value(&self, now: Time) -> u32 {
        match self.counter {
            Counter::Standing(value) => value,
            Counter::Running { zero, from } => {
                let ticks = zero.since(now).0.div_ceil(self.tick());
                if ticks > u64::from(from) {
                    0
                } else {
                    ticks as u32
                }
            }
        }
    }

    /// Stops or starts counting according to ENABLE and the clock, from `value`.
    fn restart(&mut self, now: Time, value: u32) {
        let running = self.control & ENABLE != 0 && self.clock_on;
        self.counter = if !running || (value == 0 && self.reload == 0) {
            Counter::Standing(value)
        } else {
            let from = if value == 0 { self.reload } else { value };
            let ticks = u64::from(from) + u64::from(value == 0);
            Counter::Running {
                zero: now + Time(ticks * self.tick()),
                from,
            }
        };
    }

    /// The core clock has another period from `now` on.
    pub(crate) fn set_core_period(&mut self, now: Time, period_ps: u32) {
        let value = self.value(now);
        self.core_period = u64::from(period_ps);
        self.restart(now, value);
    }

    /// The core clock stops (Stop mode, or the debugger halted the core) or runs again.
    pub(crate) fn set_clock(&mut self, now: Time, on: bool) {
        if on != self.clock_on {
            let value = self.value(now);
            self.clock_on = on;
            self.restart(now, value);
        }
    }

    /// Reads the register at `offset` from 0xE000E010. Reading CSR clears COUNTFLAG, unless the
    /// debugger does it.
    pub(crate) fn read(&mut self, now: Time, offset: u32, by_debugger: bool) -> Option<u32> {
        match offset {
            0x0 => {
                let flag = if self.counted { COUNTFLAG } else { 0 };
                self.counted &= by_debugger;
                Some(self.control | flag)
            }
            0x4 => Some(self.reload),
            0x8 => Some(self.value(now)),
            0xC => Some(CALIBRATION),
            _ => None,
        }
    }

    /// Writes the register at `offset`; false if there is none.
    pub(crate) fn write(&mut self, now: Time, offset: u32, value: u32) -> bool {
        match offset {
            0x0 => {
                let current = self.value(now);
                self.control = value & (ENABLE | TICKINT | CLKSOURCE);
                self.restart(now, current);
            }
            0x4 => {
                let standing_at_zero = self.counter == Counter::Standing(0);
                self.reload = value & MASK;
                if standing_at_zero {
                    self.restart(now, 0);
                }
            }
            0x8 => {
                self.counted = false;
                self.restart(now, 0);
            }
            0xC => {}
            _ => return false,
        }
        true
    }
}
