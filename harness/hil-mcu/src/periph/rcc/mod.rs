//! Reset and clock control (RM0444 §5).
//!
//! No crystal for HSE is fitted on these boards: HSEON never becomes ready. MCO, the clock
//! security systems and clock gating in Sleep (xxxSMENR) are reported when asked for.

mod registers;

use super::clocks::{Clocks, LSE_PERIOD_PS};
use super::cx::{Cx, ResetCause};
use super::map::{Block, Bus};
use crate::{Part, Time};

const IRQ: u8 = 4;

const CR_HSION: u32 = 1 << 8;
const CR_HSIRDY: u32 = 1 << 10;
const CR_HSEON: u32 = 1 << 16;
const CR_CSSON: u32 = 1 << 19;
const CR_PLLON: u32 = 1 << 24;
const CR_PLLRDY: u32 = 1 << 25;
const CSR_LSION: u32 = 1;
const CSR_LSIRDY: u32 = 1 << 1;
const CSR_RMVF: u32 = 1 << 23;
const CSR_PINRSTF: u32 = 1 << 26;
const BDCR_LSEON: u32 = 1;
const BDCR_LSERDY: u32 = 1 << 1;
const BDCR_BDRST: u32 = 1 << 16;
/// LSEON, LSEBYP, LSEDRV, RTCSEL, RTCEN; the rest is not modelled.
const BDCR_MODELLED: u32 = 0x831D;

/// Implemented bits of IOPENR, AHBENR, APBENR1, APBENR2 on this chip.
const ENABLE_BITS: [u32; 4] = [0x2F, 0x1101, 0xD872_4C03, 0x0016_D801];
/// Reset values of the xxxSMENR registers: every implemented bit, and the SRAM's.
const SLEEP_ENABLE_RESET: [u32; 4] = [0x2F, 0x1301, 0xD872_4C03, 0x0016_D801];

/// The oscillators that take time to become ready, by their number in CIER, CIFR and CICR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Lsi = 0,
    Lse = 1,
    Hsi = 3,
    Pll = 5,
}

impl Source {
    const ALL: [Self; 4] = [Self::Lsi, Self::Lse, Self::Hsi, Self::Pll];

    /// Typical start-up time (data sheet, oscillator characteristics).
    const fn start_up(self) -> Time {
        match self {
            Self::Lsi => Time::from_us(110),
            Self::Lse => Time::from_us(2_000_000),
            Self::Hsi => Time::from_us(4),
            Self::Pll => Time::from_us(30),
        }
    }
}

/// The registers, and when each oscillator will be ready.
#[derive(Clone, Debug)]
pub(crate) struct Rcc {
    hsi_period_ps: u32,
    lsi_period_ps: u32,
    lse_fitted: bool,
    cr: u32,
    icscr: u32,
    cfgr: u32,
    pllcfgr: u32,
    cier: u32,
    cifr: u32,
    reset: [u32; 4],
    enable: [u32; 4],
    sleep_enable: [u32; 4],
    ccipr: u32,
    bdcr: u32,
    csr: u32,
    /// Ready times of `Source::ALL`, `NEVER` when nothing is awaited.
    ready_at: [Time; 4],
}

/// What a write into RCC means for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RccEffect {
    /// Periods, enables or kernel clock selections changed.
    pub clocks: bool,
    /// xxxRSTR bits that went to one.
    pub resets: [u32; 4],
    /// BDCR.BDRST went to one.
    pub backup_reset: bool,
}

impl Rcc {
    /// Before the first power-on.
    pub fn new(part: &Part) -> Self {
        let mut rcc = Self {
            hsi_period_ps: part.hsi_period_ps,
            lsi_period_ps: part.lsi_period_ps,
            lse_fitted: part.lse,
            cr: 0,
            icscr: 0,
            cfgr: 0,
            pllcfgr: 0,
            cier: 0,
            cifr: 0,
            reset: [0; 4],
            enable: [0; 4],
            sleep_enable: [0; 4],
            ccipr: 0,
            bdcr: 0,
            csr: 0,
            ready_at: [Time::NEVER; 4],
        };
        rcc.system_reset(ResetCause::PowerOn);
        rcc
    }

    /// Everything but the backup domain and the reset flags takes its reset value; the flag of
    /// `cause` is added (RM0444 §5.4.24). Every internal reset pulls NRST, hence PINRSTF.
    pub fn system_reset(&mut self, cause: ResetCause) {
        self.cr = CR_HSION | CR_HSIRDY;
        self.icscr = 0x4000;
        self.cfgr = 0;
        self.pllcfgr = 0x1000;
        self.cier = 0;
        self.cifr = 0;
        self.reset = [0; 4];
        self.enable = [0, 0x100, 0, 0];
        self.sleep_enable = SLEEP_ENABLE_RESET;
        self.ccipr = 0;
        let lse_ready_at = self.ready_at[1];
        self.ready_at = [Time::NEVER; 4];
        let flag = match cause {
            ResetCause::PowerOn => {
                self.csr = 0;
                self.backup_reset();
                1 << 27
            }
            ResetCause::Pin => 0,
            ResetCause::Software => 1 << 28,
            ResetCause::IndependentWatchdog => 1 << 29,
            ResetCause::OptionBytes => 1 << 25,
            ResetCause::LowPower => 1 << 31,
        };
        if cause != ResetCause::PowerOn {
            self.ready_at[1] = lse_ready_at;
        }
        self.csr = self.csr & !(CSR_LSION | CSR_LSIRDY) | flag | CSR_PINRSTF;
    }

    fn backup_reset(&mut self) {
        self.bdcr = 0;
        self.ready_at[1] = Time::NEVER;
    }

    /// Whether the bus clock of a block is on.
    pub fn is_clocked(&self, block: Block) -> bool {
        match block.clock_enable() {
            Some((bus, bit)) => self.enable[bus as usize] >> bit & 1 == 1,
            None => true,
        }
    }

    /// A kernel clock selection: the two bits of CCIPR from `shift` on.
    pub fn kernel_select(&self, shift: u8) -> u32 {
        self.ccipr >> shift & 3
    }

    /// RTCEN and RTCSEL.
    pub fn rtc_select(&self) -> Option<u32> {
        (self.bdcr & 1 << 15 != 0).then_some(self.bdcr >> 8 & 3)
    }

    /// The watchdog was started: LSI is forced on (RM0444 §28.3.1).
    pub fn force_lsi(&mut self, now: Time) {
        if self.csr & CSR_LSION == 0 {
            self.csr |= CSR_LSION;
            self.ready_at[0] = now + Source::Lsi.start_up();
        }
    }

    /// Wake-up from Stop: the system runs from HSI16 (RM0444 §5.2.2).
    pub fn wake_from_stop(&mut self) {
        self.cr = self.cr & !(CR_PLLON | CR_PLLRDY) | CR_HSION | CR_HSIRDY;
        self.cfgr &= !0x3F;
        self.ready_at[3] = Time::NEVER;
    }

    /// The periods that follow from the registers.
    pub fn clocks(&self, stopped: bool) -> Clocks {
        let hsi = self.hsi_period_ps;
        let pll = |enable: u32, divider: u32| {
            (self.cr & CR_PLLRDY != 0 && self.pllcfgr & enable != 0)
                .then(|| self.pll_period(divider))
        };
        let sysclk = match self.cfgr >> 3 & 7 {
            2 => self.pll_period((self.pllcfgr >> 29) + 1),
            3 => self.lsi_period_ps,
            4 => LSE_PERIOD_PS,
            _ => hsi << (self.cr >> 11 & 7),
        };
        let hclk = sysclk
            << match self.cfgr >> 8 & 0xF {
                code @ 8..=11 => code - 7,
                code @ 12..=15 => code - 6,
                _ => 0,
            };
        let pclk_shift = match self.cfgr >> 12 & 7 {
            code @ 4..=7 => code - 3,
            _ => 0,
        };
        let pclk = hclk << pclk_shift;
        Clocks {
            sysclk,
            hclk,
            pclk,
            timer: if pclk_shift == 0 { pclk } else { pclk / 2 },
            hsi16: (self.cr & CR_HSIRDY != 0).then_some(hsi),
            lsi: (self.csr & CSR_LSIRDY != 0).then_some(self.lsi_period_ps),
            lse: (self.bdcr & BDCR_LSERDY != 0).then_some(LSE_PERIOD_PS),
            pll_p: pll(1 << 16, (self.pllcfgr >> 17 & 0x1F) + 1),
            pll_q: pll(1 << 24, (self.pllcfgr >> 25 & 7) + 1),
            stopped,
        }
    }

    /// HSI16 / M × N / divider (RM0444 §5.2.3); HSE is not fitted.
    fn pll_period(&self, divider: u32) -> u32 {
        let m = (self.pllcfgr >> 4 & 7) + 1;
        let n = (self.pllcfgr >> 8 & 0x7F).max(1);
        let period = u64::from(self.hsi_period_ps) * u64::from(m * divider) / u64::from(n);
        period.clamp(1, u64::from(u32::MAX)) as u32
    }

    /// When the next oscillator becomes ready.
    pub fn next_event(&self) -> Time {
        self.ready_at.into_iter().min().unwrap_or(Time::NEVER)
    }

    /// Oscillators that are ready by now.
    pub fn advance(&mut self, cx: &mut Cx) {
        for (index, source) in Source::ALL.into_iter().enumerate() {
            if self.ready_at[index] > cx.now {
                continue;
            }
            self.ready_at[index] = Time::NEVER;
            match source {
                Source::Lsi => self.csr |= CSR_LSIRDY,
                Source::Lse => self.bdcr |= BDCR_LSERDY,
                Source::Hsi => self.cr |= CR_HSIRDY,
                Source::Pll => self.cr |= CR_PLLRDY,
            }
            self.cifr |= self.cier & 1 << source as u32;
        }
        self.switch_system_clock();
        cx.irq.set(IRQ, self.cifr != 0);
    }

    /// SWS follows SW as soon as the chosen clock is ready.
    fn switch_system_clock(&mut self) {
        let sw = self.cfgr & 7;
        let ready = match sw {
            0 => self.cr & CR_HSIRDY != 0,
            2 => self.cr & CR_PLLRDY != 0 && self.pllcfgr & 1 << 28 != 0,
            3 => self.csr & CSR_LSIRDY != 0,
            4 => self.bdcr & BDCR_LSERDY != 0,
            _ => false,
        };
        if ready {
            self.cfgr = self.cfgr & !0x38 | sw << 3;
        }
    }
}

/// Blocks whose bit is set in the xxxRSTR bits `resets`.
pub(crate) fn blocks_reset(resets: [u32; 4]) -> impl Iterator<Item = Block> {
    Block::ALL
        .into_iter()
        .filter(move |block| match block.clock_enable() {
            // RTCAPBEN and WWDGEN have no counterpart among the reset bits.
            Some((Bus::Apb1, 10 | 11)) | None => false,
            Some((bus, bit)) => resets[bus as usize] >> bit & 1 == 1,
        })
}
