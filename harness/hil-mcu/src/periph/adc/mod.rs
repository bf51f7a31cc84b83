//! The analog-to-digital converter (RM0444 §15): calibration, sequences, triggers, flags.
//!
//! Two events per conversion: the end of sampling, when the circuit is asked, and the end of
//! conversion. DMA is reported when asked for; the supply for VREFBUF is not modelled.

mod registers;
mod result;

use super::clocks::Clocks;
use super::cx::Cx;
use crate::{Part, Time};
use result::{Accumulator, Internal};
pub(crate) use result::{TS_CAL, vrefint_cal};

const IRQ: u8 = 12;

const ISR_ADRDY: u32 = 1;
const ISR_EOSMP: u32 = 1 << 1;
const ISR_EOC: u32 = 1 << 2;
const ISR_EOS: u32 = 1 << 3;
const ISR_OVR: u32 = 1 << 4;
const ISR_EOCAL: u32 = 1 << 11;
const ISR_CCRDY: u32 = 1 << 13;
const ISR_BITS: u32 = 0x2B9F;

const CR_ADEN: u32 = 1;
const CR_ADDIS: u32 = 1 << 1;
const CR_ADSTART: u32 = 1 << 2;
const CR_ADSTP: u32 = 1 << 4;
const CR_ADVREGEN: u32 = 1 << 28;
const CR_ADCAL: u32 = 1 << 31;

const CFGR1_SCANDIR: u32 = 1 << 2;
const CFGR1_OVRMOD: u32 = 1 << 12;
const CFGR1_CONT: u32 = 1 << 13;
const CFGR1_WAIT: u32 = 1 << 14;
const CFGR1_AUTOFF: u32 = 1 << 15;
const CFGR1_DISCEN: u32 = 1 << 16;
const CFGR1_CHSELRMOD: u32 = 1 << 21;

/// Length of a calibration and of the power-up, in ADC clocks (data sheet, ADC characteristics).
const CALIBRATION_CLOCKS: u64 = 82;
const POWER_UP_CLOCKS: u64 = 14;
/// The voltage regulator's start-up.
const REGULATOR_TIME: Time = Time::from_us(20);

/// Sampling times of SMP1 and SMP2 in half ADC clocks (RM0444 §15.3.8).
const SAMPLE_HALF_CLOCKS: [u64; 8] = [3, 7, 15, 25, 39, 79, 159, 321];

/// What the converter is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    /// ADSTART is set; a hardware trigger, or with WAIT a read of DR, is awaited.
    Armed,
    Sampling {
        until: Time,
    },
    Converting {
        until: Time,
        code: u32,
    },
}

/// The registers and the sequence under way.
#[derive(Clone, Debug)]
pub(crate) struct Adc {
    internal: Internal,
    isr: u32,
    ier: u32,
    cr: u32,
    cfgr1: u32,
    cfgr2: u32,
    smpr: u32,
    /// AWD1TR, AWD2TR, AWD3TR.
    thresholds: [u32; 3],
    chselr: u32,
    dr: u32,
    /// AWD2CR, AWD3CR.
    watched: [u32; 2],
    calfact: u32,
    ccr: u32,
    /// Period of the ADC clock.
    clock_ps: Option<u64>,
    /// Trigger latency in picoseconds (data sheet, tLATR).
    latency: Time,
    regulator_at: Time,
    calibrated_at: Time,
    ready_at: Time,
    phase: Phase,
    /// Position in the sequence.
    position: u8,
    accumulator: Accumulator,
    /// With WAIT: DR has not been read yet.
    held: bool,
}

impl Adc {
    /// After reset.
    pub fn new(part: &Part) -> Self {
        Self {
            internal: Internal::new(part),
            isr: 0,
            ier: 0,
            cr: 0,
            cfgr1: 0,
            cfgr2: 0,
            smpr: 0,
            thresholds: [0x0FFF_0000; 3],
            chselr: 0,
            dr: 0,
            watched: [0; 2],
            calfact: 0,
            ccr: 0,
            clock_ps: None,
            latency: Time::ZERO,
            regulator_at: Time::NEVER,
            calibrated_at: Time::NEVER,
            ready_at: Time::NEVER,
            phase: Phase::Idle,
            position: 0,
            accumulator: Accumulator::default(),
            held: false,
        }
    }

    /// Back to the reset state.
    pub fn reset(&mut self, cx: &mut Cx, part: &Part) {
        *self = Self::new(part);
        cx.irq.set(IRQ, false);
    }

    /// The clocks changed (`select`: CCIPR.ADCSEL); a conversion under way is lost when the clock
    /// stops.
    pub fn set_clocks(&mut self, cx: &mut Cx, clocks: &Clocks, select: u32, enabled: bool) {
        let prescaler = [1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256];
        let factor = prescaler
            .get((self.ccr >> 18 & 0xF) as usize)
            .copied()
            .unwrap_or(256);
        let pclk = clocks.running_pclk().map(u64::from);
        let (clock, latency_half_clocks) = match self.cfgr2 >> 30 {
            1 => (pclk.map(|ps| ps * 2), pclk.map(|ps| ps * 13)),
            2 => (pclk.map(|ps| ps * 4), pclk.map(|ps| ps * 25)),
            3 => (pclk, pclk.map(|ps| ps * 7)),
            _ => {
                let kernel = match select {
                    1 => clocks.pll_p,
                    2 => clocks.hsi16,
                    _ => clocks.running_sysclk(),
                };
                let clock = kernel.map(|ps| u64::from(ps) * factor);
                (clock, clock.map(|ps| ps * 5))
            }
        };
        let clock = clock.filter(|_| enabled && !clocks.stopped);
        if clock != self.clock_ps && self.phase != Phase::Idle && clock.is_none() {
            cx.misuse("ADC", "clock stopped during a conversion");
            self.phase = Phase::Idle;
            self.cr &= !CR_ADSTART;
        }
        self.clock_ps = clock;
        self.latency = Time(latency_half_clocks.unwrap_or(0) / 2);
    }

    fn clocks(&self, half_clocks: u64) -> Time {
        Time(self.clock_ps.unwrap_or(0) * half_clocks / 2)
    }

    /// The earliest thing that happens by itself.
    pub fn next_event(&self) -> Time {
        let phase = match self.phase {
            Phase::Sampling { until } | Phase::Converting { until, .. } => until,
            Phase::Idle | Phase::Armed => Time::NEVER,
        };
        phase.min(self.calibrated_at).min(self.ready_at)
    }

    /// What is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx) {
        if self.calibrated_at <= cx.now {
            self.calibrated_at = Time::NEVER;
            self.cr &= !CR_ADCAL;
            self.calfact = result::CALIBRATION_FACTOR;
            self.isr |= ISR_EOCAL;
        }
        if self.ready_at <= cx.now {
            self.ready_at = Time::NEVER;
            self.isr |= ISR_ADRDY;
        }
        match self.phase {
            Phase::Sampling { until } if until <= cx.now => self.convert(cx),
            Phase::Converting { until, code } if until <= cx.now => self.finish(cx, code),
            _ => {}
        }
        self.update_irq(cx);
    }

    fn update_irq(&self, cx: &mut Cx) {
        cx.irq.set(IRQ, self.isr & self.ier & ISR_BITS != 0);
    }

    /// A hardware trigger by its number in CFGR1.EXTSEL; only rising edges exist here.
    pub fn trigger(&mut self, cx: &mut Cx, number: u32) {
        let wanted = self.cfgr1 >> 6 & 7 == number && self.cfgr1 >> 10 & 1 == 1;
        if wanted && self.phase == Phase::Armed && !self.held {
            self.sample(cx.now + self.latency);
        }
    }

    fn hardware_triggered(&self) -> bool {
        self.cfgr1 >> 10 & 3 != 0
    }

    /// The channel at the current position of the sequence; `None` past its end.
    fn channel(&self) -> Option<u8> {
        if self.cfgr1 & CFGR1_CHSELRMOD != 0 {
            if self.position >= 8 {
                return None;
            }
            let nibble = (self.chselr >> (4 * self.position) & 0xF) as u8;
            return (nibble != 0xF).then_some(nibble);
        }
        let chosen = (0..19u8).filter(|channel| self.chselr >> channel & 1 == 1);
        if self.cfgr1 & CFGR1_SCANDIR != 0 {
            chosen.rev().nth(usize::from(self.position))
        } else {
            let mut chosen = chosen;
            chosen.nth(usize::from(self.position))
        }
    }

    /// Starts sampling the current channel at `from`; nothing happens without one.
    fn sample(&mut self, from: Time) {
        let Some(channel) = self.channel() else {
            self.phase = Phase::Idle;
            self.cr &= !CR_ADSTART;
            return;
        };
        let power_up = match self.position {
            0 if self.cfgr1 & CFGR1_AUTOFF != 0 => self.clocks(2 * POWER_UP_CLOCKS),
            _ => Time::ZERO,
        };
        let shift = if self.smpr >> (8 + channel) & 1 == 1 {
            4
        } else {
            0
        };
        let half_clocks = SAMPLE_HALF_CLOCKS[(self.smpr >> shift & 7) as usize];
        self.phase = Phase::Sampling {
            until: from + power_up + self.clocks(half_clocks),
        };
    }

    fn resolution(&self) -> u32 {
        self.cfgr1 >> 3 & 3
    }

    /// Sampling ends: the circuit is asked, the approximation begins.
    fn convert(&mut self, cx: &mut Cx) {
        let Some(channel) = self.channel() else {
            return;
        };
        let ratio = match self.internal.ratio(channel, self.ccr) {
            Some(ratio) => ratio,
            None => cx.circuit.sample(cx.now, channel),
        };
        let code = self.internal.code(ratio, self.calfact) >> (2 * self.resolution());
        let half_clocks = 25 - 4 * u64::from(self.resolution());
        self.isr |= ISR_EOSMP;
        self.phase = Phase::Converting {
            until: cx.now + self.clocks(half_clocks),
            code,
        };
    }

    /// A conversion ends: oversampling, result, watchdogs, and what comes next.
    fn finish(&mut self, cx: &mut Cx, code: u32) {
        let Some(result) = self.accumulator.add(code, self.cfgr2) else {
            // TOVS waits for one trigger per sample (RM0444 §15.9.4).
            if self.cfgr2 & 1 << 9 != 0 && self.hardware_triggered() {
                self.phase = Phase::Armed;
            } else {
                self.sample(cx.now);
            }
            return;
        };
        let channel = self.channel().unwrap_or(0);
        self.isr |= result::watchdog_flags(
            channel,
            result << (2 * self.resolution()),
            self.cfgr1,
            self.watched,
            self.thresholds,
        );
        let data = result::align(result, self.cfgr1, self.cfgr2);
        if self.isr & ISR_EOC != 0 {
            self.isr |= ISR_OVR;
            if self.cfgr1 & CFGR1_OVRMOD != 0 {
                self.dr = data;
            }
        } else {
            self.dr = data;
        }
        self.isr |= ISR_EOC;
        self.position += 1;
        self.held = self.cfgr1 & CFGR1_WAIT != 0;
        let sequence_ends = self.channel().is_none();
        if sequence_ends {
            self.position = 0;
            self.isr |= ISR_EOS;
        }
        self.phase = Phase::Armed;
        let single_step = self.cfgr1 & CFGR1_DISCEN != 0;
        let stops = (sequence_ends || single_step) && self.cfgr1 & CFGR1_CONT == 0;
        if stops && !self.hardware_triggered() {
            self.phase = Phase::Idle;
            self.cr &= !CR_ADSTART;
        } else if !stops && !self.held {
            self.sample(cx.now);
        }
    }
}
