//! TIM1, TIM2, TIM3, TIM14, TIM16 and TIM17 (RM0444 §21 to §25): up-counting with prescaler,
//! repetition, compare channels, PWM outputs, one-pulse mode, TRGO on reset, enable and update.
//!
//! Counting down and centre-aligned, input capture, slave modes, complementary outputs, break, DMA
//! and TRGO on compare are reported when asked for. A change of the timer clock restarts the tick
//! under way.

mod kinds;
mod output;

use super::counter::Counter;
use super::cx::Cx;
use super::pads::Pads;
use crate::Time;
pub(crate) use kinds::{Kind, TIM1, TIM2, TIM3, TIM14, TIM16, TIM17};
use output::Channel;

const CR1_CEN: u32 = 1;
const CR1_UDIS: u32 = 1 << 1;
const CR1_URS: u32 = 1 << 2;
const CR1_OPM: u32 = 1 << 3;
const CR1_ARPE: u32 = 1 << 7;
const SR_UIF: u32 = 1;
/// UIF and CC1IF to CC4IF: the flags that exist here.
const SR_BITS: u32 = 0x1F;
const BDTR_MOE: u32 = 1 << 15;

/// What a timer did that others must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// A trigger output pulse for the converter.
    pub trigger: bool,
}

/// One timer.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    kind: Kind,
    cr1: u32,
    cr2: u32,
    dier: u32,
    sr: u32,
    ccmr: [u32; 2],
    ccer: u32,
    psc: u32,
    arr: u32,
    rcr: u32,
    bdtr: u32,
    channels: [Channel; 4],
    counter: Counter,
    /// Overflows left until the next update event (RM0444 §21.3.3).
    repetitions_left: u32,
}

impl Timer {
    /// After reset.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            cr1: 0,
            cr2: 0,
            dier: 0,
            sr: 0,
            ccmr: [0; 2],
            ccer: 0,
            psc: 0,
            arr: kind.mask(),
            rcr: 0,
            bdtr: 0,
            channels: [Channel::default(); 4],
            counter: Counter::new(kind.mask()),
            repetitions_left: 0,
        }
    }

    /// Back to the reset state; outputs are let go.
    pub fn reset(&mut self, cx: &mut Cx, pads: &mut Pads) {
        let clock = self.counter.clock();
        *self = Self::new(self.kind);
        self.counter.set_clock(cx.now, clock);
        self.show_outputs(cx, pads);
        self.update_irq(cx);
    }

    /// The timer clock changed or stopped.
    pub fn set_clock(&mut self, cx: &mut Cx, pads: &mut Pads, period_ps: Option<u32>) {
        if self.counter.clock() != period_ps {
            self.catch_up(cx, pads);
            self.counter.set_clock(cx.now, period_ps);
        }
    }

    /// The next point at which somebody sees the difference: interrupt, output, trigger, or end of
    /// a one-pulse run. What only shows in registers is worked out when they are read.
    pub fn next_event(&self) -> Time {
        let mut next = Time::NEVER;
        let update_matters = self.dier & 1 != 0
            || self.cr1 & CR1_OPM != 0
            || self.triggers_on_update()
            || self.has_output();
        if update_matters {
            next = self.counter.overflow_at();
        }
        for (index, channel) in self.channels.iter().enumerate() {
            let matters = self.dier >> (1 + index) & 1 == 1 || self.drives(index);
            if matters {
                next = next.min(self.counter.reaches_at(channel.active));
            }
        }
        next
    }

    /// What is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx, pads: &mut Pads) -> Outcome {
        let trigger = self.catch_up(cx, pads) && self.triggers_on_update();
        self.update_irq(cx);
        Outcome { trigger }
    }

    /// Brings flags and shadow registers up to `cx.now`; true if there was an update event.
    fn catch_up(&mut self, cx: &mut Cx, pads: &mut Pads) -> bool {
        let mut updated = false;
        loop {
            let overflow_at = self.counter.overflow_at();
            self.match_channels(
                self.counter.count_at(cx.now.min(overflow_at)),
                overflow_at <= cx.now,
            );
            if overflow_at > cx.now {
                break;
            }
            self.counter.wrap(overflow_at);
            updated |= self.overflow(cx);
            let skipped = self.counter.skip_whole_periods(cx.now);
            if skipped > 0 {
                self.match_channels(self.counter.top(), true);
                self.counter.forget_matches();
                updated |= self.skip_overflows(skipped);
            }
        }
        self.show_outputs(cx, pads);
        updated
    }

    /// Sets the compare flags of all values reached up to `count` (all of the period when it ended).
    fn match_channels(&mut self, count: u32, whole: bool) {
        let reached = if whole { self.counter.top() } else { count };
        for index in 0..usize::from(self.kind.channels) {
            let value = self.channels[index].active;
            if self.counter.is_newly_reached(value, reached) {
                self.sr |= 2 << index;
                let mode = self.mode(index);
                self.channels[index].on_match(mode);
            }
        }
        self.counter.mark_reached(reached);
    }

    /// One overflow; true if it made an update event.
    fn overflow(&mut self, cx: &mut Cx) -> bool {
        if self.repetitions_left > 0 {
            self.repetitions_left -= 1;
            return false;
        }
        if self.cr1 & CR1_UDIS != 0 {
            return false;
        }
        self.load_shadows();
        self.sr |= SR_UIF;
        if self.cr1 & CR1_OPM != 0 {
            self.cr1 &= !CR1_CEN;
            self.counter.stop(cx.now);
        }
        true
    }

    /// Overflows nobody was waiting for, all alike.
    fn skip_overflows(&mut self, count: u64) -> bool {
        if self.cr1 & CR1_UDIS != 0 {
            return false;
        }
        let cycle = u64::from(self.rcr) + 1;
        let left = u64::from(self.repetitions_left);
        let updated = count > left;
        let past = if updated {
            (count - left - 1) % cycle
        } else {
            count
        };
        self.repetitions_left = if updated {
            self.rcr - past as u32
        } else {
            (left - past) as u32
        };
        if updated {
            self.sr |= SR_UIF;
        }
        updated
    }

    /// An update event loads the shadow registers.
    fn load_shadows(&mut self) {
        self.counter.set_top_and_prescaler(self.arr, self.psc);
        self.repetitions_left = self.rcr;
        for channel in &mut self.channels {
            channel.active = channel.ccr;
        }
    }

    fn update_irq(&self, cx: &mut Cx) {
        let active = self.sr & self.dier & SR_BITS;
        if self.kind.irq_update == self.kind.irq_compare {
            cx.irq.set(self.kind.irq_update, active != 0);
        } else {
            cx.irq.set(self.kind.irq_update, active & SR_UIF != 0);
            cx.irq.set(self.kind.irq_compare, active & !SR_UIF != 0);
        }
    }

    /// MMS (MMS2 of TIM1) = 2: the update event is the trigger output.
    fn triggers_on_update(&self) -> bool {
        match self.kind.trigger_field {
            Some(shift) => self.cr2 >> shift & 0xF == 2,
            None => false,
        }
    }

    /// A register, by its offset.
    pub fn read(&mut self, cx: &mut Cx, pads: &mut Pads, offset: u32) -> Option<u32> {
        if !self.kind.has(offset) {
            return None;
        }
        self.catch_up(cx, pads);
        self.update_irq(cx);
        Some(match offset {
            0x00 => self.cr1,
            0x04 => self.cr2,
            0x08 | 0x14 => 0,
            0x0C => self.dier,
            0x10 => self.sr,
            0x18 | 0x1C => self.ccmr[((offset - 0x18) / 4) as usize],
            0x20 => self.ccer,
            0x24 => self.counter.count_at(cx.now),
            0x28 => self.psc,
            0x2C => self.arr,
            0x30 => self.rcr,
            0x34..0x44 => self.channels[((offset - 0x34) / 4) as usize].ccr,
            0x44 => self.bdtr,
            _ => return None,
        })
    }

    /// Writes a register; `None` if there is none.
    pub fn write(
        &mut self,
        cx: &mut Cx,
        pads: &mut Pads,
        offset: u32,
        value: u32,
    ) -> Option<Outcome> {
        if !self.kind.has(offset) {
            return None;
        }
        self.catch_up(cx, pads);
        let mut outcome = Outcome::default();
        match offset {
            0x00 => outcome.trigger = self.write_cr1(cx, value),
            0x04 => self.write_cr2(cx, value),
            0x08 if value != 0 => cx.unmodelled_mode(self.kind.name, "slave mode (SMCR)"),
            0x08 => {}
            0x0C => {
                self.dier = value & 0x7F5F;
                if value & 0x7F00 != 0 {
                    cx.unmodelled_mode(self.kind.name, "DMA requests (DIER)");
                }
            }
            // Flags are cleared by writing 0.
            0x10 => self.sr &= value,
            0x14 => outcome.trigger = self.generate(cx, value),
            0x18 | 0x1C => self.write_ccmr(cx, ((offset - 0x18) / 4) as usize, value),
            0x20 => self.write_ccer(cx, value),
            0x24 => self.counter.set_count(cx.now, value & self.kind.mask()),
            0x28 => self.psc = value & 0xFFFF,
            0x2C => {
                self.arr = value & self.kind.mask();
                if self.cr1 & CR1_ARPE == 0 {
                    self.counter.set_top(cx.now, self.arr);
                }
            }
            0x30 => self.rcr = value & 0xFFFF,
            0x34..0x44 => self.write_ccr(((offset - 0x34) / 4) as usize, value),
            0x44 => {
                self.bdtr = value & 0xFFFF;
                if value & 0x0100_1000 != 0 {
                    cx.unmodelled_mode(self.kind.name, "break input (BKE)");
                }
            }
            _ => return None,
        }
        self.show_outputs(cx, pads);
        self.update_irq(cx);
        Some(outcome)
    }

    /// True if enabling made a trigger output.
    fn write_cr1(&mut self, cx: &mut Cx, value: u32) -> bool {
        if value & 0x70 != 0 {
            cx.unmodelled_mode(self.kind.name, "counting down or centre-aligned (DIR, CMS)");
        }
        if value & 0x800 != 0 {
            cx.unmodelled_mode(self.kind.name, "UIF copy in CNT (UIFREMAP)");
        }
        let starts = value & !self.cr1 & CR1_CEN != 0;
        self.cr1 = value & 0x38F;
        if starts {
            self.counter.start(cx.now);
        } else if value & CR1_CEN == 0 {
            self.counter.stop(cx.now);
        }
        starts
            && self
                .kind
                .trigger_field
                .is_some_and(|shift| self.cr2 >> shift & 0xF == 1)
    }

    fn write_cr2(&mut self, cx: &mut Cx, value: u32) {
        self.cr2 = value & 0x00F0_7FFD;
        if self
            .kind
            .trigger_field
            .is_some_and(|shift| value >> shift & 0xF > 2)
        {
            cx.unmodelled_mode(self.kind.name, "trigger output on compare (MMS)");
        }
    }

    /// EGR: true if UG made a trigger output.
    fn generate(&mut self, cx: &mut Cx, value: u32) -> bool {
        self.sr |= value & 0x1E;
        if value & 1 == 0 {
            return false;
        }
        self.load_shadows();
        self.counter.set_count(cx.now, 0);
        self.counter.forget_matches();
        if self.cr1 & (CR1_URS | CR1_UDIS) == 0 {
            self.sr |= SR_UIF;
        }
        self.kind
            .trigger_field
            .is_some_and(|shift| matches!(self.cr2 >> shift & 0xF, 0 | 2))
    }

    fn write_ccr(&mut self, index: usize, value: u32) {
        let preload = self.ccmr[index / 2] >> (8 * (index % 2) + 3) & 1 == 1;
        let channel = &mut self.channels[index];
        channel.ccr = value & self.kind.mask();
        if !preload {
            channel.active = channel.ccr;
        }
    }

    fn write_ccmr(&mut self, cx: &mut Cx, index: usize, value: u32) {
        if value & 0x0303 != 0 {
            cx.unmodelled_mode(self.kind.name, "input capture (CCxS)");
        }
        if value & 0x0101_0000 != 0 {
            cx.unmodelled_mode(self.kind.name, "combined and asymmetric PWM (OCxM bit 3)");
        }
        self.ccmr[index] = value & 0x7C7C;
    }

    fn write_ccer(&mut self, cx: &mut Cx, value: u32) {
        if value & 0xCCCC & 0x4444 != 0 {
            cx.unmodelled_mode(self.kind.name, "complementary outputs (CCxNE)");
        }
        self.ccer = value & 0x3333;
    }
}
