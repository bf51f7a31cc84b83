//! Resets, clock changes, low-power modes and supply: what concerns all peripherals at once.

use super::map::Block;
use super::pads::Pads;
use super::rcc::{self, RccEffect};
use super::{Cx, Peripherals, ResetCause, bus};
use crate::memory::Width;
use crate::{Drive, Time};

/// What the core asked for with WFI or WFE and what the chip really does (RM0444 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SleepMode {
    /// Core clock off, everything else runs.
    Sleep,
    /// All high-speed clocks off.
    Stop,
}

/// CCIPR position of a UART's kernel clock selection; USART2 always runs from PCLK.
const KERNEL_SELECT: [Option<u8>; 3] = [Some(0), None, Some(10)];
/// CCIPR position of the converter's kernel clock selection.
const ADC_SELECT: u8 = 30;

/// LPTIM1 and LPTIM2: CCIPR position of the kernel clock selection, freeze bit of APB_FZ1.
const LPTIMS: [(Block, u8, u8); 2] = [(Block::Lptim1, 18, 31), (Block::Lptim2, 20, 30)];

/// The timers with their freeze bits: register of APB_FZ1, APB_FZ2 and position.
const TIMER_FREEZE: [(Block, (usize, u8)); 6] = [
    (Block::Tim1, (1, 11)),
    (Block::Tim2, (0, 0)),
    (Block::Tim3, (0, 1)),
    (Block::Tim14, (1, 15)),
    (Block::Tim16, (1, 17)),
    (Block::Tim17, (1, 18)),
];

impl Peripherals {
    /// Resets all peripherals; the backup domain only on [`ResetCause::PowerOn`].
    pub fn reset(&mut self, cx: &mut Cx, cause: ResetCause) {
        self.advance(cx);
        self.flush(cx);
        if cause == ResetCause::PowerOn {
            self.powered = true;
        }
        if matches!(cause, ResetCause::PowerOn | ResetCause::OptionBytes) {
            self.flash.load_options(cx.flash.double_word(0));
        }
        self.stopped = false;
        self.rcc.system_reset(cause);
        for block in Block::ALL {
            self.reset_block(cx, block);
        }
        self.iwdg = super::Iwdg::new(self.part.lsi_period_ps);
        if cause == ResetCause::PowerOn {
            self.dbg = super::Dbg::default();
            self.rtc.reset(cx);
        }
        self.apply_clocks(cx);
        cx.req.core_period_ps = Some(self.clocks.hclk);
    }

    /// Supply off: all pins float, nothing happens any more, RAM-like state is lost.
    pub fn power_off(&mut self, cx: &mut Cx) {
        self.advance(cx);
        self.flush(cx);
        self.flash.cut(cx);
        let mut pads = std::mem::replace(&mut self.pads, Pads::new());
        pads.release_all(cx);
        *self = Self {
            pads,
            ..Self::new(&self.part)
        };
        *cx.irq = super::IrqLines::default();
    }

    /// One peripheral takes its reset state.
    fn reset_block(&mut self, cx: &mut Cx, block: Block) {
        match block {
            Block::Flash => self.flash.reset(cx),
            Block::Exti => self.exti.reset(cx),
            Block::Pwr => self.pwr = super::Pwr::new(),
            Block::Syscfg => self.syscfg = super::Syscfg::default(),
            Block::Usart1 | Block::Usart2 | Block::Lpuart1 => {
                let index = [Block::Usart1, Block::Usart2, Block::Lpuart1]
                    .iter()
                    .position(|&uart| uart == block)
                    .unwrap_or(0);
                self.uarts[index].reset(cx, &mut self.pads);
            }
            Block::Adc => self.adc.reset(cx, &self.part),
            Block::GpioA | Block::GpioB | Block::GpioC | Block::GpioD | Block::GpioF => {
                self.flush(cx);
                self.gpio.reset(cx, &mut self.pads, bus::port_index(block));
                self.reconnect_receivers(cx);
            }
            Block::Lptim1 => self.lptims[0].reset(cx),
            Block::Lptim2 => self.lptims[1].reset(cx),
            Block::Crc => self.crc = super::Crc::new(),
            _ => {
                if let Some(index) = bus::timer_index(block) {
                    self.timers[index].reset(cx, &mut self.pads);
                }
            }
        }
    }

    /// A write into RCC and everything that follows from it.
    pub(super) fn write_rcc(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        let backup_open = self.pwr.backup_open();
        let Some(effect) = self.rcc.write(cx, offset, value, backup_open) else {
            return false;
        };
        let RccEffect {
            clocks,
            resets,
            backup_reset,
        } = effect;
        for block in rcc::blocks_reset(resets) {
            self.reset_block(cx, block);
        }
        if backup_reset {
            self.rtc.reset(cx);
        }
        if clocks {
            self.apply_clocks(cx);
        }
        true
    }

    /// Works out all periods again and tells whoever runs on them.
    pub(super) fn apply_clocks(&mut self, cx: &mut Cx) {
        let clocks = self.rcc.clocks(self.stopped);
        if clocks.hclk != self.clocks.hclk {
            cx.req.core_period_ps = Some(clocks.hclk);
        }
        self.clocks = clocks;
        let blocks = [Block::Usart1, Block::Usart2, Block::Lpuart1];
        for (index, block) in blocks.into_iter().enumerate() {
            let select = KERNEL_SELECT[index].map_or(0, |shift| self.rcc.kernel_select(shift));
            let kernel = match select {
                1 => clocks.running_sysclk(),
                2 => clocks.hsi16,
                3 => clocks.lse,
                _ => clocks.running_pclk(),
            }
            .filter(|_| self.rcc.is_clocked(block));
            self.uarts[index].set_kernel(cx, &mut self.pads, kernel, self.stopped);
        }
        for (index, (block, freeze)) in TIMER_FREEZE.into_iter().enumerate() {
            let frozen = self.halted && self.dbg.freezes(freeze.0, freeze.1);
            let runs = self.rcc.is_clocked(block) && !frozen;
            let period = clocks.running_timer().filter(|_| runs);
            self.timers[index].set_clock(cx, &mut self.pads, period);
        }
        self.apply_low_speed_clocks(cx);
        let frozen = self.halted && self.dbg.freezes(0, 12);
        self.iwdg.freeze(cx.now, frozen);
        let enabled = self.rcc.is_clocked(Block::Adc);
        let select = self.rcc.kernel_select(ADC_SELECT);
        self.adc.set_clocks(cx, &clocks, select, enabled);
        self.refresh_all();
    }

    /// The timers that may run in Stop.
    fn apply_low_speed_clocks(&mut self, cx: &mut Cx) {
        let clocks = self.clocks;
        let frozen = |bit| self.halted && self.dbg.freezes(0, bit);
        for (index, (block, select, freeze)) in LPTIMS.into_iter().enumerate() {
            let kernel = match self.rcc.kernel_select(select) {
                1 => clocks.lsi,
                2 => clocks.hsi16.filter(|_| !clocks.stopped),
                3 => clocks.lse,
                _ => clocks.running_pclk(),
            };
            let runs = self.rcc.is_clocked(block) && !frozen(freeze);
            self.lptims[index].set_clock(cx, kernel.filter(|_| runs));
        }
        let rtc = match self.rcc.rtc_select() {
            Some(1) => clocks.lse,
            Some(2) => clocks.lsi,
            _ => None,
        };
        let runs = !frozen(10);
        self.rtc.set_clock(cx, rtc.filter(|_| runs));
    }

    /// The core executed WFI or WFE and nothing is pending; `deep` is SCR.SLEEPDEEP.
    pub fn sleep(&mut self, cx: &mut Cx, deep: bool) -> SleepMode {
        if !deep {
            return SleepMode::Sleep;
        }
        self.advance(cx);
        self.pwr.report_mode(cx);
        self.stopped = true;
        self.apply_clocks(cx);
        SleepMode::Stop
    }

    /// The core leaves the mode [`Self::sleep`] put it in; returns how long the wake-up takes.
    pub fn wake(&mut self, cx: &mut Cx) -> Time {
        if !self.stopped {
            return Time::ZERO;
        }
        self.advance(cx);
        self.stopped = false;
        self.rcc.wake_from_stop();
        self.apply_clocks(cx);
        self.pwr.wake_up_time()
    }

    /// The debugger halted the core or let it go (DBG_APB_FZ1/2, RM0444 §38.9).
    pub fn set_halted(&mut self, cx: &mut Cx, halted: bool) {
        if self.halted != halted {
            self.advance(cx);
            self.halted = halted;
            self.apply_clocks(cx);
        }
    }

    /// A write by the core or the debugger into main flash at `offset` from its start. Refused
    /// writes show in FLASH_SR (RM0444 §3.3.8).
    pub fn flash_write(&mut self, cx: &mut Cx, offset: u32, width: Width, value: u32) {
        self.advance(cx);
        self.flash.program(cx, offset, width, value);
        self.refresh(super::Slot::Flash);
    }

    /// A read of a double word on which error correction fails (RM0444 §3.3.4).
    pub fn flash_unreadable(&mut self, cx: &mut Cx, offset: u32) {
        self.flash.unreadable(cx, offset);
    }

    /// Until when a read or fetch from main flash stalls the core because an erase or program
    /// operation runs (RM0444 §3.3.7); a time in the past if none does.
    pub fn flash_busy_until(&self) -> Time {
        self.flash.busy_until()
    }

    /// Wait states of a flash access (FLASH_ACR.LATENCY, RM0444 §3.3.4).
    pub fn flash_wait_states(&self) -> u32 {
        self.flash.wait_states()
    }
}

impl Pads {
    /// The supply is gone: nothing drives any pin, no signal has a level or a route.
    fn release_all(&mut self, cx: &mut Cx) {
        self.forget_signals();
        for pin in Self::pins() {
            self.drive(cx, cx.now, pin, Drive::HighZ);
        }
    }
}
