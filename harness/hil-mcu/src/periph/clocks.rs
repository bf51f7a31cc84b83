//! The periods of all clocks, derived from RCC's registers and the part's oscillators.
//!
//! Periods are whole picoseconds: at 64 MHz that is a rounding of at most 32 ppm.

/// Periods in picoseconds; `None` where the clock does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clocks {
    /// SYSCLK.
    pub sysclk: u32,
    /// HCLK: core, memories, AHB.
    pub hclk: u32,
    /// PCLK.
    pub pclk: u32,
    /// Timer clock TIMPCLK: PCLK, or twice PCLK when it is divided (RM0444 §5.2).
    pub timer: u32,
    /// HSI16, while it runs; in Stop a receiver may still ask for it.
    pub hsi16: Option<u32>,
    /// LSI.
    pub lsi: Option<u32>,
    /// LSE.
    pub lse: Option<u32>,
    /// The PLL's P output.
    pub pll_p: Option<u32>,
    /// The PLL's Q output.
    pub pll_q: Option<u32>,
    /// Stop mode: SYSCLK, HCLK, PCLK and the timer clock stand still.
    pub stopped: bool,
}

/// 32.768 kHz.
pub(crate) const LSE_PERIOD_PS: u32 = 30_517_578;

impl Clocks {
    /// PCLK, unless stopped.
    pub fn running_pclk(&self) -> Option<u32> {
        (!self.stopped).then_some(self.pclk)
    }

    /// SYSCLK, unless stopped.
    pub fn running_sysclk(&self) -> Option<u32> {
        (!self.stopped).then_some(self.sysclk)
    }

    /// Timer clock, unless stopped.
    pub fn running_timer(&self) -> Option<u32> {
        (!self.stopped).then_some(self.timer)
    }
}
