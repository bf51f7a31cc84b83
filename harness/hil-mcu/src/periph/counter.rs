//! An up-counter worked out from the time, never ticked; timers and low-power timers share it.

use crate::Time;

/// The counter: where it stood when, and how fast and how far it counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter {
    mask: u32,
    clock_ps: Option<u32>,
    running: bool,
    prescaler: u32,
    top: u32,
    /// Time at which the count was `base`.
    since: Time,
    base: u32,
    /// Values below this have been matched in the period under way.
    matched_below: u64,
}

impl Counter {
    pub fn new(mask: u32) -> Self {
        Self {
            mask,
            clock_ps: None,
            running: false,
            prescaler: 0,
            top: mask,
            since: Time::ZERO,
            base: 0,
            matched_below: 1,
        }
    }

    pub fn clock(&self) -> Option<u32> {
        self.clock_ps
    }

    /// The last value before 0; an auto-reload of 0 holds the counter (RM0444 §21.3.1).
    pub fn top(&self) -> u32 {
        self.top
    }

    fn tick(&self) -> Option<u64> {
        let clock = self.clock_ps.filter(|_| self.running && self.top > 0)?;
        Some(u64::from(clock) * (u64::from(self.prescaler) + 1))
    }

    /// The count at a time before the next overflow.
    pub fn count_at(&self, now: Time) -> u32 {
        match self.tick() {
            Some(tick) => {
                self.base
                    .wrapping_add((now.since(self.since).0 / tick) as u32)
                    & self.mask
            }
            None => self.base,
        }
    }

    /// Ticks until it becomes 0: past the top it runs to the end of its width.
    fn ticks_to_overflow(&self) -> u64 {
        let end = if self.base <= self.top {
            self.top
        } else {
            self.mask
        };
        u64::from(end - self.base) + 1
    }

    /// When it overflows next.
    pub fn overflow_at(&self) -> Time {
        match self.tick() {
            Some(tick) => Time(
                self.since
                    .0
                    .saturating_add(tick.saturating_mul(self.ticks_to_overflow())),
            ),
            None => Time::NEVER,
        }
    }

    /// When it reaches a value; the overflow if that comes first.
    pub fn reaches_at(&self, value: u32) -> Time {
        let Some(tick) = self.tick() else {
            return Time::NEVER;
        };
        if value <= self.base || value > self.top || u64::from(value) < self.matched_below {
            return self.overflow_at();
        }
        Time(
            self.since
                .0
                .saturating_add(tick.saturating_mul(u64::from(value - self.base))),
        )
    }

    /// It overflowed at `at`.
    pub fn wrap(&mut self, at: Time) {
        self.since = at;
        self.base = 0;
        self.matched_below = 0;
    }

    /// Leaves whole periods out; how many.
    pub fn skip_whole_periods(&mut self, now: Time) -> u64 {
        let Some(tick) = self.tick() else { return 0 };
        let period = tick.saturating_mul(u64::from(self.top) + 1);
        let periods = now.since(self.since).0 / period;
        self.since += Time(periods.saturating_mul(period));
        periods
    }

    /// Whether `value` lies among the values reached since the last [`Self::mark_reached`].
    pub fn is_newly_reached(&self, value: u32, reached: u32) -> bool {
        u64::from(value) >= self.matched_below && value <= reached && value <= self.top
    }

    pub fn mark_reached(&mut self, reached: u32) {
        self.matched_below = self.matched_below.max(u64::from(reached) + 1);
    }

    /// A new period begins: every value can be reached again.
    pub fn forget_matches(&mut self) {
        self.matched_below = 0;
    }

    fn hold(&mut self, now: Time) {
        self.base = self.count_at(now);
        self.since = now;
    }

    pub fn start(&mut self, now: Time) {
        self.since = now;
        self.running = true;
    }

    pub fn stop(&mut self, now: Time) {
        self.hold(now);
        self.running = false;
    }

    pub fn set_clock(&mut self, now: Time, clock_ps: Option<u32>) {
        self.hold(now);
        self.clock_ps = clock_ps;
    }

    pub fn set_count(&mut self, now: Time, count: u32) {
        self.base = count;
        self.since = now;
        self.matched_below = u64::from(count) + 1;
    }

    pub fn set_top(&mut self, now: Time, top: u32) {
        self.hold(now);
        self.top = top;
    }

    /// An update event: only at count 0, so the tick under way is not cut.
    pub fn set_top_and_prescaler(&mut self, top: u32, prescaler: u32) {
        self.top = top;
        self.prescaler = prescaler;
    }
}
