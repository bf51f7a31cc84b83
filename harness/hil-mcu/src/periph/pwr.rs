//! Power control (RM0444 §4): low-power mode selection, backup-domain access, status.
//!
//! Standby and Shutdown are reported and behave as Stop 1. The voltage detector and the pulls for
//! Standby (APC) are reported when asked for.

use super::cx::Cx;
use crate::Time;

const CR1_RESET: u32 = 0x0208;
const CR3_RESET: u32 = 0x8000;
const SR2_FLASH_RDY: u32 = 1 << 7;
const SR2_REGLPF: u32 = 1 << 9;

/// The registers.
#[derive(Clone, Debug)]
pub(crate) struct Pwr {
    cr1: u32,
    cr2: u32,
    cr3: u32,
    cr4: u32,
    /// PUCRA, PDCRA … PUCRF, PDCRF.
    pulls: [u32; 12],
}

impl Pwr {
    /// After reset.
    pub fn new() -> Self {
        Self {
            cr1: CR1_RESET,
            cr2: 0,
            cr3: CR3_RESET,
            cr4: 0,
            pulls: [0; 12],
        }
    }

    /// CR1.DBP: the backup domain may be written.
    pub fn backup_open(&self) -> bool {
        self.cr1 & 1 << 8 != 0
    }

    /// SLEEPDEEP selects the mode of CR1.LPMS.
    pub fn report_mode(&self, cx: &mut Cx) {
        match self.cr1 & 7 {
            3 => cx.unmodelled_mode("PWR", "Standby mode"),
            4..=7 => cx.unmodelled_mode("PWR", "Shutdown mode"),
            _ => {}
        }
    }

    /// How long the wake-up from Stop to code in flash takes (data sheet, wake-up times, typical).
    pub fn wake_up_time(&self) -> Time {
        if self.cr1 & 7 == 0 {
            Time::from_ns(5_600)
        } else {
            Time::from_us(9)
        }
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.cr1,
            0x04 => self.cr2,
            0x08 => self.cr3,
            0x0C => self.cr4,
            0x10 | 0x18 => 0,
            0x14 => {
                SR2_FLASH_RDY
                    | if self.cr1 & 1 << 14 != 0 {
                        SR2_REGLPF
                    } else {
                        0
                    }
            }
            0x20..0x50 => self.pulls[((offset - 0x20) / 4) as usize],
            _ => return None,
        })
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        match offset {
            0x00 => self.cr1 = value & 0x473F,
            0x04 => {
                self.cr2 = value & 0x7F;
                if value & 1 != 0 {
                    cx.unmodelled_mode("PWR", "voltage detector (PVDE)");
                }
            }
            0x08 => {
                self.cr3 = value & 0x873F;
                if value & 1 << 10 != 0 {
                    cx.unmodelled_mode("PWR", "pulls for Standby (APC)");
                }
            }
            0x0C => self.cr4 = value & 0x033F,
            0x10 | 0x14 | 0x18 => {}
            0x20..0x50 => self.pulls[((offset - 0x20) / 4) as usize] = value & 0xFFFF,
            _ => return false,
        }
        true
    }
}
