//! From a voltage ratio to the data register: internal channels, offset, oversampler, alignment
//! and analog watchdogs (RM0444 §15.6 to §15.10).

use crate::Part;

/// The calibration factor this converter needs; without it every code is this much too high.
pub(super) const CALIBRATION_FACTOR: u32 = 5;

/// Internal temperature sensor: code at 30 °C and 130 °C with VREF+ = 3.0 V (data sheet: 0.76 V
/// at 30 °C, 2.5 mV/°C).
pub(crate) const TS_CAL: [u16; 2] = [1037, 1379];
/// Junction temperature of the chip; it heats itself too little to matter.
const JUNCTION_CELSIUS: f64 = 30.0;

const CCR_VREFEN: u32 = 1 << 22;
const CCR_TSEN: u32 = 1 << 23;
const CCR_VBATEN: u32 = 1 << 24;

/// The factory's VREFINT_CAL: the code of VREFINT at VREF+ = 3.0 V.
pub(crate) fn vrefint_cal(part: &Part) -> u16 {
    (part.vrefint_ratio * 4096.0).round().clamp(0.0, 4095.0) as u16
}

/// What the converter sees inside the chip, and its offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Internal {
    vrefint_ratio: f64,
    offset_lsb: f64,
}

impl Internal {
    pub fn new(part: &Part) -> Self {
        Self {
            vrefint_ratio: part.vrefint_ratio,
            offset_lsb: f64::from(part.adc_offset_lsb),
        }
    }

    /// The ratio at an internal channel, 0 while its source is off; `None` for pins.
    pub fn ratio(&self, channel: u8, ccr: u32) -> Option<f64> {
        let (enable, ratio) = match channel {
            12 => {
                let slope = f64::from(TS_CAL[1] - TS_CAL[0]) / 100.0;
                let code = f64::from(TS_CAL[0]) + (JUNCTION_CELSIUS - 30.0) * slope;
                (CCR_TSEN, code / 4096.0)
            }
            13 => (CCR_VREFEN, self.vrefint_ratio),
            14 => (CCR_VBATEN, 1.0 / 3.0),
            _ => return None,
        };
        Some(if ccr & enable != 0 { ratio } else { 0.0 })
    }

    /// The 12-bit code of a ratio: 1 LSB is VREF+ / 4096, codes change half an LSB below.
    pub fn code(&self, ratio: f64, calfact: u32) -> u32 {
        let uncorrected = f64::from(CALIBRATION_FACTOR) - f64::from(calfact);
        (ratio * 4096.0 + self.offset_lsb + uncorrected)
            .round()
            .clamp(0.0, 4095.0) as u32
    }
}

/// The oversampler (RM0444 §15.9).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Accumulator {
    sum: u32,
    count: u32,
}

impl Accumulator {
    /// Adds a conversion; gives the result when it is complete.
    pub fn add(&mut self, code: u32, cfgr2: u32) -> Option<u32> {
        if cfgr2 & 1 == 0 {
            return Some(code);
        }
        self.sum += code;
        self.count += 1;
        if self.count < 2 << (cfgr2 >> 2 & 7) {
            return None;
        }
        let shift = (cfgr2 >> 5 & 0xF).min(8);
        let rounded = self.sum + if shift == 0 { 0 } else { 1 << (shift - 1) };
        *self = Self::default();
        Some(rounded >> shift & 0xFFFF)
    }
}

/// A result as DR shows it (RM0444 §15.6.1; left alignment has no effect when oversampling).
pub(super) fn align(result: u32, cfgr1: u32, cfgr2: u32) -> u32 {
    let left = cfgr1 >> 5 & 1 == 1 && cfgr2 & 1 == 0;
    let shift = match (left, cfgr1 >> 3 & 3) {
        (false, _) => 0,
        (true, 3) => 2,
        (true, resolution) => 4 + 2 * resolution,
    };
    result << shift & 0xFFFF
}

/// The AWD flags of a result (RM0444 §15.8), which is compared as if it had 12 bits.
pub(super) fn watchdog_flags(
    channel: u8,
    result: u32,
    cfgr1: u32,
    watched: [u32; 2],
    thresholds: [u32; 3],
) -> u32 {
    let single = cfgr1 >> 22 & 1 == 1;
    let first = cfgr1 >> 23 & 1 == 1 && (!single || cfgr1 >> 26 & 0x1F == u32::from(channel));
    let guards = [
        first,
        watched[0] >> channel & 1 == 1,
        watched[1] >> channel & 1 == 1,
    ];
    let mut flags = 0;
    for (index, threshold) in thresholds.into_iter().enumerate() {
        let outside = result < threshold & 0xFFF || result > threshold >> 16 & 0xFFF;
        if guards[index] && outside {
            flags |= 1 << (7 + index);
        }
    }
    flags
}
