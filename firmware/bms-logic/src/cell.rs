//! What one board measures at its own cell, and how it stands in the chain frame: one 32-bit word.

use crate::average::Average;
use crate::ntc;

/// Bits of the word: 13 for the voltage in mV, 10 for the temperature in quarter degrees above −64 °C, then flags.
const TEMPERATURE_SHIFT: u32 = 13;
const TEMPERATURE_OFFSET_QC: i32 = 64 * 4;
const BALANCING: u32 = 1 << 23;
const FRESH: u32 = 1 << 24;

/// One cell's entry as it travels: little-endian in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellWord(pub u32);

impl CellWord {
    /// Packs a measurement that has not been sent before. Voltages above 8.191 V saturate.
    pub fn fresh(voltage_mv: u16, temperature_qc: i16, balancing: bool) -> Self {
        let temperature =
            (i32::from(temperature_qc) + TEMPERATURE_OFFSET_QC).clamp(0, 0x3FF) as u32;
        let flags = FRESH | if balancing { BALANCING } else { 0 };
        Self(u32::from(voltage_mv.min(0x1FFF)) | temperature << TEMPERATURE_SHIFT | flags)
    }

    /// The same measurement, marked as sent: the End board does not accept it a second time (`COMM-7`).
    pub const fn sent(self) -> Self {
        Self(self.0 & !FRESH)
    }

    /// Cell voltage, in millivolts.
    pub const fn voltage_mv(self) -> u16 {
        (self.0 & 0x1FFF) as u16
    }

    /// Cell temperature, in quarter degrees Celsius.
    pub const fn temperature_qc(self) -> i16 {
        ((self.0 >> TEMPERATURE_SHIFT & 0x3FF) as i32 - TEMPERATURE_OFFSET_QC) as i16
    }

    /// Whether the board draws balancing current.
    pub const fn is_balancing(self) -> bool {
        self.0 & BALANCING != 0
    }

    /// Whether the board measured this since it last sent.
    pub const fn is_fresh(self) -> bool {
        self.0 & FRESH != 0
    }
}

/// The filtered measurement of a board's own cell.
#[derive(Debug)]
pub struct CellMeter {
    cell: Average,
    thermistor: Average,
}

impl CellMeter {
    /// A meter that starts at the first pair of ADC codes.
    pub const fn starting_at(cell_code: u16, thermistor_code: u16) -> Self {
        Self {
            cell: Average::starting_at(cell_code),
            thermistor: Average::starting_at(thermistor_code),
        }
    }

    /// Takes a cell sample; only from times when no balancing current flows.
    pub fn push_cell(&mut self, code: u16) {
        self.cell.push(code);
    }

    /// Takes a thermistor sample.
    pub fn push_thermistor(&mut self, code: u16) {
        self.thermistor.push(code);
    }

    /// What the meter shows now, not sent yet.
    pub const fn reading(&self, balancing: bool) -> Reading {
        let flags = Reading::FRESH | if balancing { Reading::BALANCING } else { 0 };
        Reading(self.cell.sum() | self.thermistor.sum() << Reading::THERMISTOR_SHIFT | flags)
    }
}

/// What a meter shows, in one word, so that an interrupt can take it; worked out only when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading(pub u32);

impl Reading {
    /// Two sums of eight codes take 15 bits each.
    const THERMISTOR_SHIFT: u32 = 15;
    const SUM: u32 = 0x7FFF;
    const BALANCING: u32 = 1 << 30;
    const FRESH: u32 = 1 << 31;

    /// Cell voltage in millivolts: half the cell stands at the 3.0 V ADC, so eight codes of 4096 are 48 V.
    pub const fn voltage_mv(self) -> u16 {
        (((self.0 & Self::SUM) * 375 + 1024) >> 11) as u16
    }

    /// Cell temperature in quarter degrees Celsius.
    pub const fn temperature_qc(self) -> i16 {
        ntc::quarter_degrees(self.0 >> Self::THERMISTOR_SHIFT & Self::SUM)
    }

    /// The same, marked as sent.
    pub const fn sent(self) -> Self {
        Self(self.0 & !Self::FRESH)
    }

    /// The entry for the frame, fresh if this was not sent before.
    pub fn entry(self) -> CellWord {
        let balancing = self.0 & Self::BALANCING != 0;
        let word = CellWord::fresh(self.voltage_mv(), self.temperature_qc(), balancing);
        if self.0 & Self::FRESH == 0 {
            word.sent()
        } else {
            word
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_meter_reads_the_ideal_circuit_within_a_millivolt() {
        for mv in 1500..=5000u32 {
            let exact = f64::from(mv) / 6000.0 * 4096.0;
            let mut meter = CellMeter::starting_at(0, 2048);
            for eighth in 0..8 {
                // A dithered input: the mean of the codes is the exact value to an eighth.
                meter.push_cell((exact + f64::from(eighth) / 8.0) as u16);
            }
            let reading = meter.reading(true);
            assert!(reading.voltage_mv().abs_diff(mv as u16) <= 1, "{mv}");
            let entry = reading.entry();
            assert_eq!(entry.voltage_mv(), reading.voltage_mv());
            assert_eq!(
                entry.temperature_qc(),
                100,
                "the middle of the divider is 25 °C"
            );
            assert!(entry.is_balancing() && entry.is_fresh());
            assert!(!reading.sent().entry().is_fresh());
        }
    }

    proptest! {
        #[test]
        fn a_word_keeps_what_was_packed(mv in 0u16..=8191, qc in -256i16..=767, balancing: bool) {
            let word = CellWord::fresh(mv, qc, balancing);
            prop_assert_eq!((word.voltage_mv(), word.temperature_qc(), word.is_balancing()), (mv, qc, balancing));
            prop_assert!(word.is_fresh());
            prop_assert!(!word.sent().is_fresh());
            prop_assert_eq!(word.sent().voltage_mv(), mv);
        }
    }
}
