//! The registers as the bus sees them: switching on, calibrating, starting, reading data.

use super::*;

impl Adc {
    /// A register, by its offset.
    pub fn read(&mut self, cx: &mut Cx, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.isr,
            0x04 => self.ier,
            0x08 => self.cr,
            0x0C => self.cfgr1,
            0x10 => self.cfgr2,
            0x14 => self.smpr,
            0x20 | 0x24 => self.thresholds[((offset - 0x20) / 4) as usize],
            0x2C => self.thresholds[2],
            0x28 => self.chselr,
            0x40 => self.read_data(cx),
            0xA0 | 0xA4 => self.watched[((offset - 0xA0) / 4) as usize],
            0xB4 => self.calfact,
            0x308 => self.ccr,
            _ => return None,
        })
    }

    fn read_data(&mut self, cx: &mut Cx) -> u32 {
        self.isr &= !ISR_EOC;
        self.update_irq(cx);
        if self.held {
            self.held = false;
            let continues = self.position != 0 && self.cfgr1 & CFGR1_DISCEN == 0
                || self.cfgr1 & CFGR1_CONT != 0;
            if self.phase == Phase::Armed && continues {
                self.sample(cx.now);
            }
        }
        self.dr
    }

    /// Writes a register; false if there is none. The caller calls [`Self::set_clocks`] after.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        let configuration = matches!(offset, 0x0C..=0x2C | 0xA0 | 0xA4);
        if configuration && self.cr & CR_ADSTART != 0 {
            cx.misuse("ADC", "configuration written while ADSTART = 1: ignored");
            return true;
        }
        match offset {
            0x00 => self.isr &= !value,
            0x04 => self.ier = value & ISR_BITS,
            0x08 => self.write_cr(cx, value),
            0x0C => {
                self.cfgr1 = value;
                if value & 3 != 0 {
                    cx.unmodelled_mode("ADC", "DMA (DMAEN)");
                }
            }
            0x10 => self.cfgr2 = value & 0xE000_03FD,
            0x14 => self.smpr = value & 0x07FF_FF77,
            0x20 | 0x24 => self.thresholds[((offset - 0x20) / 4) as usize] = value & 0x0FFF_0FFF,
            0x2C => self.thresholds[2] = value & 0x0FFF_0FFF,
            0x28 => {
                self.chselr = value;
                self.isr |= ISR_CCRDY;
            }
            0x40 => {}
            0xA0 | 0xA4 => self.watched[((offset - 0xA0) / 4) as usize] = value & 0x7FFFF,
            0xB4 => self.calfact = value & 0x7F,
            0x308 => self.ccr = value & 0x01FC_0000,
            _ => return false,
        }
        self.update_irq(cx);
        true
    }

    fn write_cr(&mut self, cx: &mut Cx, value: u32) {
        if value & CR_ADVREGEN == 0 {
            self.cr &= !CR_ADVREGEN;
            self.regulator_at = Time::NEVER;
            self.calfact = 0;
        } else if self.cr & CR_ADVREGEN == 0 {
            self.cr |= CR_ADVREGEN;
            self.regulator_at = cx.now + REGULATOR_TIME;
        }
        if value & (CR_ADCAL | CR_ADEN) != 0 && cx.now < self.regulator_at {
            cx.misuse("ADC", "used before the voltage regulator was ready (20 µs)");
        }
        if value & CR_ADCAL != 0 {
            self.calibrate(cx);
        }
        if value & CR_ADDIS != 0 && self.cr & (CR_ADEN | CR_ADSTART) == CR_ADEN {
            self.cr &= !CR_ADEN;
            self.ready_at = Time::NEVER;
            self.isr &= !ISR_ADRDY;
        } else if value & CR_ADEN != 0 && self.cr & (CR_ADEN | CR_ADCAL) == 0 {
            self.cr |= CR_ADEN;
            self.ready_at = cx.now + self.clocks(2 * POWER_UP_CLOCKS);
        }
        if value & CR_ADSTP != 0 {
            self.cr &= !CR_ADSTART;
            self.phase = Phase::Idle;
        } else if value & CR_ADSTART != 0 && self.cr & CR_ADSTART == 0 {
            self.start(cx);
        }
    }

    fn calibrate(&mut self, cx: &mut Cx) {
        if self.cr & CR_ADEN != 0 || self.cr & CR_ADVREGEN == 0 {
            cx.misuse("ADC", "ADCAL needs ADEN = 0 and ADVREGEN = 1: ignored");
        } else if self.clock_ps.is_some() {
            self.cr |= CR_ADCAL;
            self.calibrated_at = cx.now + self.clocks(2 * CALIBRATION_CLOCKS);
        }
    }

    fn start(&mut self, cx: &mut Cx) {
        let ready = self.cr & CR_ADEN != 0 && self.ready_at == Time::NEVER;
        if !ready || self.clock_ps.is_none() {
            cx.misuse("ADC", "ADSTART before ADRDY: ignored");
            return;
        }
        self.cr |= CR_ADSTART;
        self.held = false;
        self.position = 0;
        self.accumulator = Accumulator::default();
        if self.hardware_triggered() {
            if self.cfgr1 >> 10 & 3 == 2 || self.cfgr1 >> 6 & 7 > 3 && self.cfgr1 >> 6 & 7 != 7 {
                cx.unmodelled_mode("ADC", "this hardware trigger (EXTSEL, EXTEN)");
            }
            self.phase = Phase::Armed;
        } else {
            self.sample(cx.now + self.latency);
        }
    }
}
