//! The registers as the bus sees them, and what a write switches on, off or over.

use super::*;

impl Rcc {
    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.cr,
            0x04 => self.icscr,
            0x08 => self.cfgr,
            0x0C => self.pllcfgr,
            0x18 => self.cier,
            0x1C => self.cifr,
            0x20 => 0,
            0x24..0x34 => self.reset[index(offset, 0x24)],
            0x34..0x44 => self.enable[index(offset, 0x34)],
            0x44..0x54 => self.sleep_enable[index(offset, 0x44)],
            0x54 => self.ccipr,
            0x5C => self.bdcr,
            0x60 => self.csr,
            _ => return None,
        })
    }

    /// Writes a register; `backup_open` is PWR_CR1.DBP.
    pub fn write(
        &mut self,
        cx: &mut Cx,
        offset: u32,
        value: u32,
        backup_open: bool,
    ) -> Option<RccEffect> {
        let mut effect = RccEffect {
            clocks: true,
            ..RccEffect::default()
        };
        match offset {
            0x00 => self.write_cr(cx, value),
            0x04 => self.icscr = self.icscr & 0xFF | value & 0x7F00,
            0x08 => self.write_cfgr(cx, value),
            0x0C => self.write_pllcfgr(cx, value),
            0x18 => self.cier = value & 0x2B,
            0x1C => {}
            0x20 => {
                self.cifr &= !value;
                cx.irq.set(IRQ, self.cifr != 0);
            }
            0x24..0x34 => {
                let bus = index(offset, 0x24);
                let value = value & ENABLE_BITS[bus];
                effect.resets[bus] = value & !self.reset[bus];
                self.reset[bus] = value;
            }
            0x34..0x44 => {
                let bus = index(offset, 0x34);
                self.enable[bus] = value & ENABLE_BITS[bus];
            }
            0x44..0x54 => self.write_sleep_enable(cx, index(offset, 0x44), value),
            0x54 => self.ccipr = value & 0xC07C_FC03,
            0x5C if backup_open => effect.backup_reset = self.write_bdcr(cx, value),
            0x5C => cx.misuse("RCC", "BDCR written with PWR_CR1.DBP = 0 (RM0444 §5.4.23)"),
            0x60 => self.write_csr(cx.now, value),
            _ => return None,
        }
        self.switch_system_clock();
        Some(effect)
    }

    fn write_cr(&mut self, cx: &mut Cx, value: u32) {
        if value & CR_HSEON != 0 {
            cx.misuse("RCC", "HSEON: no HSE crystal is fitted, HSERDY never comes");
        }
        if value & CR_CSSON != 0 {
            cx.unmodelled_mode("RCC", "clock security system (CSSON)");
        }
        let in_use = self.cfgr >> 3 & 7;
        let mut written = value & (CR_HSION | 1 << 9 | 7 << 11 | CR_HSEON | 1 << 18 | CR_PLLON);
        // The clock the system runs from cannot be switched off (RM0444 §5.2.2, §5.2.3).
        written |= match in_use {
            0 => CR_HSION,
            2 => CR_PLLON | CR_HSION,
            _ => 0,
        };
        let ready = self.cr & (CR_HSIRDY | CR_PLLRDY);
        let rising = written & !self.cr;
        self.cr = written | ready;
        if written & CR_HSION == 0 {
            self.cr &= !CR_HSIRDY;
            self.ready_at[2] = Time::NEVER;
        } else if rising & CR_HSION != 0 {
            self.ready_at[2] = cx.now + Source::Hsi.start_up();
        }
        if written & CR_PLLON == 0 {
            self.cr &= !CR_PLLRDY;
            self.ready_at[3] = Time::NEVER;
        } else if rising & CR_PLLON != 0 {
            self.ready_at[3] = match self.pllcfgr & 3 {
                2 => cx.now + Source::Pll.start_up(),
                _ => Time::NEVER,
            };
        }
    }

    fn write_cfgr(&mut self, cx: &mut Cx, value: u32) {
        if value & 0x7 << 24 != 0 {
            cx.unmodelled_mode("RCC", "clock output on a pin (MCOSEL)");
        }
        self.cfgr = self.cfgr & 0x38 | value & 0x7700_7F07;
    }

    fn write_pllcfgr(&mut self, cx: &mut Cx, value: u32) {
        let locked = 0x7F73;
        if self.cr & CR_PLLON != 0 && (value ^ self.pllcfgr) & locked != 0 {
            cx.misuse(
                "RCC",
                "PLLSRC, PLLM or PLLN changed while the PLL is on (RM0444 §5.4.4)",
            );
            self.pllcfgr = self.pllcfgr & locked | value & !locked & 0xFF3F_0000;
        } else {
            self.pllcfgr = value & 0xFF3F_7F73;
        }
    }

    fn write_sleep_enable(&mut self, cx: &mut Cx, bus: usize, value: u32) {
        self.sleep_enable[bus] = value & SLEEP_ENABLE_RESET[bus];
        if self.enable[bus] & !self.sleep_enable[bus] != 0 {
            cx.unmodelled_mode(
                "RCC",
                "clock of an enabled peripheral off in Sleep (xxxSMENR)",
            );
        }
    }

    /// True if the backup domain is to be reset.
    fn write_bdcr(&mut self, cx: &mut Cx, value: u32) -> bool {
        if value & BDCR_BDRST != 0 {
            self.backup_reset();
            self.bdcr = BDCR_BDRST;
            return true;
        }
        if value & !(BDCR_MODELLED | BDCR_LSERDY) != 0 {
            cx.unmodelled_mode("RCC", "LSE clock security or low-speed clock output (BDCR)");
        }
        // RTCSEL is written once per backup domain reset (RM0444 §5.4.23).
        let select = match self.bdcr >> 8 & 3 {
            0 => value & 0x300,
            chosen => chosen << 8,
        };
        let rising = value & !self.bdcr & BDCR_LSEON != 0;
        let ready = self.bdcr & BDCR_LSERDY;
        self.bdcr = value & BDCR_MODELLED & !0x300 | select | ready;
        if value & BDCR_LSEON == 0 {
            self.bdcr &= !BDCR_LSERDY;
            self.ready_at[1] = Time::NEVER;
        } else if rising && self.lse_fitted {
            self.ready_at[1] = cx.now + Source::Lse.start_up();
        }
        false
    }

    fn write_csr(&mut self, now: Time, value: u32) {
        if value & CSR_RMVF != 0 {
            self.csr &= 0x00FF_FFFF;
        }
        let rising = value & !self.csr & CSR_LSION != 0;
        if value & CSR_LSION == 0 {
            self.csr &= !(CSR_LSION | CSR_LSIRDY);
            self.ready_at[0] = Time::NEVER;
        } else if rising {
            self.csr |= CSR_LSION;
            self.ready_at[0] = now + Source::Lsi.start_up();
        }
    }
}

/// Which of four consecutive registers from `first` on.
fn index(offset: u32, first: u32) -> usize {
    ((offset - first) / 4) as usize
}
