//! LPTIM1 and LPTIM2 (RM0444 §26): counting the internal kernel clock, continuous and one-shot,
//! match and compare interrupts, also in Stop.
//!
//! External clock and triggers, encoder mode, time-out mode and the output are reported when asked
//! for. A written register is acknowledged after two kernel clocks.

use super::counter::Counter;
use super::cx::Cx;
use crate::Time;

const ISR_CMPM: u32 = 1;
const ISR_ARRM: u32 = 1 << 1;
const ISR_CMPOK: u32 = 1 << 3;
const ISR_ARROK: u32 = 1 << 4;
const ISR_BITS: u32 = 0x7F;
const CFGR_PRELOAD: u32 = 1 << 22;
/// Clock and trigger selections, time-out, wave output, counting and encoder modes.
const CFGR_UNMODELLED: u32 = 0x019E_0001;
const CR_ENABLE: u32 = 1;
const CR_SNGSTRT: u32 = 1 << 1;
const CR_CNTSTRT: u32 = 1 << 2;
const CR_COUNTRST: u32 = 1 << 3;

/// One low-power timer.
#[derive(Clone, Debug)]
pub(crate) struct Lptim {
    name: &'static str,
    irq: u8,
    isr: u32,
    ier: u32,
    cfgr: u32,
    cr: u32,
    cmp: u32,
    arr: u32,
    /// Compare and auto-reload values in effect.
    active_cmp: u32,
    active_arr: u32,
    single: bool,
    counter: Counter,
    /// When CMPOK and ARROK appear.
    cmp_ok_at: Time,
    arr_ok_at: Time,
}

impl Lptim {
    /// After reset.
    pub fn new(name: &'static str, irq: u8) -> Self {
        Self {
            name,
            irq,
            isr: 0,
            ier: 0,
            cfgr: 0,
            cr: 0,
            cmp: 0,
            arr: 1,
            active_cmp: 0,
            active_arr: 1,
            single: false,
            counter: Counter::new(0xFFFF),
            cmp_ok_at: Time::NEVER,
            arr_ok_at: Time::NEVER,
        }
    }

    /// Back to the reset state.
    pub fn reset(&mut self, cx: &mut Cx) {
        let clock = self.counter.clock();
        *self = Self::new(self.name, self.irq);
        self.counter.set_clock(cx.now, clock);
        self.update_irq(cx);
    }

    /// The kernel clock changed or stopped.
    pub fn set_clock(&mut self, cx: &mut Cx, period_ps: Option<u32>) {
        if self.counter.clock() != period_ps {
            self.catch_up(cx.now);
            self.counter.set_clock(cx.now, period_ps);
        }
    }

    /// The next thing somebody waits for.
    pub fn next_event(&self) -> Time {
        let mut next = self.cmp_ok_at.min(self.arr_ok_at);
        if self.ier & ISR_ARRM != 0 {
            next = next.min(self.counter.reaches_at(self.active_arr));
        }
        if self.ier & ISR_CMPM != 0 {
            next = next.min(self.counter.reaches_at(self.active_cmp));
        }
        if self.single {
            next = next.min(self.counter.overflow_at());
        }
        next
    }

    /// What is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx) {
        self.catch_up(cx.now);
        self.update_irq(cx);
    }

    fn catch_up(&mut self, now: Time) {
        for (at, flag) in [
            (&mut self.cmp_ok_at, ISR_CMPOK),
            (&mut self.arr_ok_at, ISR_ARROK),
        ] {
            if *at <= now {
                *at = Time::NEVER;
                self.isr |= flag;
            }
        }
        loop {
            let overflow_at = self.counter.overflow_at();
            let whole = overflow_at <= now;
            let reached = if whole {
                self.counter.top()
            } else {
                self.counter.count_at(now)
            };
            self.match_values(reached);
            if !whole {
                break;
            }
            self.counter.wrap(overflow_at);
            self.load_preloaded();
            if self.single {
                self.single = false;
                self.counter.stop(overflow_at);
            }
            if self.counter.skip_whole_periods(now) > 0 {
                self.match_values(self.counter.top());
                self.counter.forget_matches();
            }
        }
    }

    fn match_values(&mut self, reached: u32) {
        if self.counter.is_newly_reached(self.active_cmp, reached) {
            self.isr |= ISR_CMPM;
        }
        if self.counter.is_newly_reached(self.active_arr, reached) {
            self.isr |= ISR_ARRM;
        }
        self.counter.mark_reached(reached);
    }

    fn load_preloaded(&mut self) {
        self.active_cmp = self.cmp;
        self.active_arr = self.arr;
        let prescaler = (1 << (self.cfgr >> 9 & 7)) - 1;
        self.counter.set_top_and_prescaler(self.arr, prescaler);
    }

    fn update_irq(&self, cx: &mut Cx) {
        cx.irq.set(self.irq, self.isr & self.ier & ISR_BITS != 0);
    }

    /// A register, by its offset.
    pub fn read(&mut self, cx: &mut Cx, offset: u32) -> Option<u32> {
        self.advance(cx);
        Some(match offset {
            0x00 => self.isr,
            0x04 => 0,
            0x08 => self.ier,
            0x0C => self.cfgr,
            0x10 => self.cr,
            0x14 => self.cmp,
            0x18 => self.arr,
            0x1C => self.counter.count_at(cx.now),
            _ => return None,
        })
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        self.catch_up(cx.now);
        let enabled = self.cr & CR_ENABLE != 0;
        match offset {
            0x00 | 0x1C => {}
            0x04 => self.isr &= !value,
            0x08 | 0x0C if enabled => {
                cx.misuse(self.name, "IER or CFGR written while ENABLE = 1: ignored");
            }
            0x14 | 0x18 if !enabled => {
                cx.misuse(self.name, "CMP or ARR written while ENABLE = 0: ignored");
            }
            0x08 => self.ier = value & ISR_BITS,
            0x0C => {
                self.cfgr = value;
                if value & CFGR_UNMODELLED != 0 {
                    cx.unmodelled_mode(self.name, "external clock or trigger, or output (CFGR)");
                }
            }
            0x10 => self.write_cr(cx, value),
            0x14 => {
                self.cmp = value & 0xFFFF;
                self.cmp_ok_at = self.acknowledged_at(cx.now);
                self.apply_unless_preloaded(cx.now);
            }
            0x18 => {
                self.arr = value & 0xFFFF;
                self.arr_ok_at = self.acknowledged_at(cx.now);
                self.apply_unless_preloaded(cx.now);
            }
            _ => return false,
        }
        self.update_irq(cx);
        true
    }

    fn acknowledged_at(&self, now: Time) -> Time {
        match self.counter.clock() {
            Some(period) => now + Time(2 * u64::from(period)),
            None => Time::NEVER,
        }
    }

    fn apply_unless_preloaded(&mut self, now: Time) {
        let counting = self.cr & (CR_CNTSTRT | CR_SNGSTRT) != 0;
        if self.cfgr & CFGR_PRELOAD == 0 || !counting {
            self.counter.set_top(now, self.arr);
            self.load_preloaded();
        }
    }

    fn write_cr(&mut self, cx: &mut Cx, value: u32) {
        if value & CR_ENABLE == 0 {
            let (ier, cfgr) = (self.ier, self.cfgr);
            self.reset(cx);
            (self.ier, self.cfgr) = (ier, cfgr);
            return;
        }
        if value & CR_COUNTRST != 0 {
            self.counter.set_count(cx.now, 0);
        }
        let was_enabled = self.cr & CR_ENABLE != 0;
        let starts = value & (CR_SNGSTRT | CR_CNTSTRT);
        self.cr |= CR_ENABLE;
        if starts == 0 {
            return;
        }
        if !was_enabled {
            cx.misuse(self.name, "started in the same write as ENABLE: ignored");
            return;
        }
        self.cr |= starts;
        self.single = value & CR_CNTSTRT == 0;
        self.load_preloaded();
        self.counter.start(cx.now);
    }
}
