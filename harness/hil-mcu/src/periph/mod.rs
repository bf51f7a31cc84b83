//! The peripherals on the bus, by register as in RM0444, and the wiring between them.
//!
//! Event-driven: counters are computed from the time, never ticked, and [`Peripherals::next_event`]
//! says when something happens by itself. The core must call [`Peripherals::advance`] when its
//! time has reached that point, before it looks at the interrupt lines.

mod adc;
mod af;
mod bus;
mod clocks;
mod counter;
mod crc;
mod cx;
mod dbg;
mod exti;
mod flash;
mod gpio;
mod iwdg;
mod lptim;
mod map;
mod names;
mod pads;
mod power;
mod pwr;
mod rcc;
mod rtc;
mod syscfg;
mod timer;
mod uart;

pub(crate) use adc::{TS_CAL, vrefint_cal};
pub use cx::ResetCause;
pub(crate) use cx::{Cx, IrqLines, Requests};
pub(crate) use power::SleepMode;

use crate::{Part, Pin, Time};
use adc::Adc;
use clocks::Clocks;
use crc::Crc;
use dbg::Dbg;
use exti::Exti;
use flash::FlashController;
use gpio::Gpio;
use iwdg::Iwdg;
use lptim::Lptim;
use pads::Pads;
use pwr::Pwr;
use rcc::Rcc;
use rtc::Rtc;
use syscfg::Syscfg;
use timer::Timer;
use uart::Uart;

/// Everything that can have an event of its own; the number is the index into
/// [`Peripherals::due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Slot {
    Rcc,
    Flash,
    Exti,
    Usart1,
    Usart2,
    Lpuart1,
    Adc,
    Tim1,
    Tim2,
    Tim3,
    Tim14,
    Tim16,
    Tim17,
    Iwdg,
    Lptim1,
    Lptim2,
    Rtc,
}

impl Slot {
    const ALL: [Self; 17] = [
        Self::Rcc,
        Self::Flash,
        Self::Exti,
        Self::Usart1,
        Self::Usart2,
        Self::Lpuart1,
        Self::Adc,
        Self::Tim1,
        Self::Tim2,
        Self::Tim3,
        Self::Tim14,
        Self::Tim16,
        Self::Tim17,
        Self::Iwdg,
        Self::Lptim1,
        Self::Lptim2,
        Self::Rtc,
    ];
}

/// The timers in the order of [`Peripherals::timers`].
const TIMERS: [timer::Kind; 6] = [
    timer::TIM1,
    timer::TIM2,
    timer::TIM3,
    timer::TIM14,
    timer::TIM16,
    timer::TIM17,
];
/// ADC_CFGR1.EXTSEL of each timer's trigger output (RM0444 §15.7.1).
const ADC_TRIGGERS: [Option<u32>; 6] = [Some(0), Some(2), Some(3), None, None, None];
/// Number of the EXTI 11 trigger in ADC_CFGR1.EXTSEL.
const ADC_TRIGGER_EXTI11: u32 = 7;

/// Everything between the bus and the pins.
#[derive(Clone)]
pub(crate) struct Peripherals {
    part: Part,
    powered: bool,
    stopped: bool,
    clocks: Clocks,
    pads: Pads,
    gpio: Gpio,
    rcc: Rcc,
    flash: FlashController,
    pwr: Pwr,
    syscfg: Syscfg,
    exti: Exti,
    /// USART1, USART2, LPUART1.
    uarts: [Uart; 3],
    adc: Adc,
    /// TIM1, TIM2, TIM3, TIM14, TIM16, TIM17.
    timers: [Timer; 6],
    iwdg: Iwdg,
    lptims: [Lptim; 2],
    rtc: Rtc,
    crc: Crc,
    dbg: Dbg,
    /// The debugger has halted the core.
    halted: bool,
    due: [Time; Slot::ALL.len()],
    next: Time,
}

impl Peripherals {
    /// Without supply; [`Self::reset`] with [`ResetCause::PowerOn`] brings them up.
    pub fn new(part: &Part) -> Self {
        let rcc = Rcc::new(part);
        Self {
            part: part.clone(),
            powered: false,
            stopped: false,
            clocks: rcc.clocks(false),
            pads: Pads::new(),
            gpio: Gpio::new(),
            rcc,
            flash: FlashController::new(part.uid),
            pwr: Pwr::new(),
            syscfg: Syscfg::default(),
            exti: Exti::new(),
            uarts: [
                Uart::new(uart::USART1),
                Uart::new(uart::USART2),
                Uart::new(uart::LPUART1),
            ],
            adc: Adc::new(part),
            timers: TIMERS.map(Timer::new),
            iwdg: Iwdg::new(part.lsi_period_ps),
            lptims: [Lptim::new("LPTIM1", 17), Lptim::new("LPTIM2", 18)],
            rtc: Rtc::new(),
            crc: Crc::new(),
            dbg: Dbg::default(),
            halted: false,
            due: [Time::NEVER; Slot::ALL.len()],
            next: Time::NEVER,
        }
    }

    /// When the next event is due; [`Time::NEVER`] if nothing will happen by itself.
    pub fn next_event(&self) -> Time {
        self.next
    }

    /// Lets everything happen that is due at or before `cx.now`, in time order; events at the same
    /// time happen in the order of the slots.
    pub fn advance(&mut self, cx: &mut Cx) {
        let now = cx.now;
        while self.next <= now {
            let slot = Slot::ALL
                .into_iter()
                .find(|&slot| self.due[slot as usize] == self.next)
                .expect("next is the minimum of due");
            cx.now = self.next;
            self.advance_slot(cx, slot);
        }
        cx.now = now;
    }

    fn advance_slot(&mut self, cx: &mut Cx, slot: Slot) {
        match slot {
            Slot::Rcc => {
                self.rcc.advance(cx);
                self.apply_clocks(cx);
            }
            Slot::Flash => self.flash.advance(cx),
            Slot::Exti => {
                let active = self.exti.advance(cx, &self.pads);
                if active & 1 << 11 != 0 {
                    self.adc.trigger(cx, ADC_TRIGGER_EXTI11);
                    self.refresh(Slot::Adc);
                }
            }
            Slot::Usart1 | Slot::Usart2 | Slot::Lpuart1 => {
                let index = slot as usize - Slot::Usart1 as usize;
                self.uarts[index].advance(cx, &mut self.pads);
            }
            Slot::Adc => self.adc.advance(cx),
            Slot::Tim1 | Slot::Tim2 | Slot::Tim3 | Slot::Tim14 | Slot::Tim16 | Slot::Tim17 => {
                let index = slot as usize - Slot::Tim1 as usize;
                let outcome = self.timers[index].advance(cx, &mut self.pads);
                self.timer_outcome(cx, index, outcome);
            }
            Slot::Iwdg => self.iwdg.advance(cx),
            Slot::Lptim1 => self.lptims[0].advance(cx),
            Slot::Lptim2 => self.lptims[1].advance(cx),
            Slot::Rtc => self.rtc.advance(cx),
        }
        self.refresh(slot);
    }

    /// A timer's trigger output reaches the converter.
    fn timer_outcome(&mut self, cx: &mut Cx, index: usize, outcome: timer::Outcome) {
        if outcome.trigger
            && let Some(number) = ADC_TRIGGERS[index]
        {
            self.adc.trigger(cx, number);
            self.refresh(Slot::Adc);
        }
    }

    /// Takes over the time of the slot's next event.
    fn refresh(&mut self, slot: Slot) {
        let due = match slot {
            Slot::Rcc => self.rcc.next_event(),
            Slot::Flash => self.flash.next_event(),
            Slot::Exti => self.exti.next_event(),
            Slot::Usart1 => self.uarts[0].next_event(),
            Slot::Usart2 => self.uarts[1].next_event(),
            Slot::Lpuart1 => self.uarts[2].next_event(),
            Slot::Adc => self.adc.next_event(),
            Slot::Iwdg => self.iwdg.next_event(),
            Slot::Lptim1 => self.lptims[0].next_event(),
            Slot::Lptim2 => self.lptims[1].next_event(),
            Slot::Rtc => self.rtc.next_event(),
            _ => self.timers[slot as usize - Slot::Tim1 as usize].next_event(),
        };
        let before = std::mem::replace(&mut self.due[slot as usize], due);
        if due <= self.next {
            self.next = due;
        } else if before == self.next {
            self.next = self.due.into_iter().min().unwrap_or(Time::NEVER);
        }
    }

    fn refresh_all(&mut self) {
        for slot in Slot::ALL {
            self.refresh(slot);
        }
    }

    /// Tells the circuit all output edges up to `cx.now`.
    pub fn flush(&mut self, cx: &mut Cx) {
        for uart in &mut self.uarts {
            uart.flush(cx, &mut self.pads);
        }
    }

    /// An external level on a pin from `at` on (`None`: nothing drives it, the pull decides), in
    /// time order per pin and not before `now`. [`Self::next_event`] may become earlier.
    pub fn input(&mut self, now: Time, at: Time, pin: Pin, level: Option<bool>) {
        self.pads.input(now, at, pin, level);
        for (index, slot) in [Slot::Usart1, Slot::Usart2, Slot::Lpuart1]
            .into_iter()
            .enumerate()
        {
            if self.uarts[index].awaits_start_on(pin) {
                self.uarts[index].line_changed(&mut self.pads, now);
                self.refresh(slot);
            }
        }
        if self.exti.is_armed() {
            self.exti.look(&self.pads);
            self.refresh(Slot::Exti);
        }
    }
}

#[cfg(test)]
mod tests;
