//! The 58-byte EXT OUT frame (U; `EXT-1` to `EXT-6`). It only lays out what it is given.

use crate::pack::{Extreme, Summary};

/// Bytes of a frame.
pub const FRAME_LEN: usize = 58;

/// Number of keys that are sent in turn, one per frame.
pub const KEYS: u8 = 19;

/// Offset of the key number in byte 48.
const KEY_OFFSET: u8 = 25;

/// 0 °C in the frame's temperature scale.
const TEMPERATURE_OFFSET: i16 = 276;

/// Status byte 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status1 {
    /// b7: no synchronisation yet.
    pub soc_not_calibrated: bool,
    /// b6: a cell above T-max.
    pub above_t_max: bool,
    /// b5: a cell below T-min charge or T-min discharge.
    pub below_t_min: bool,
    /// b4: a cell at or above Vmax.
    pub above_v_max: bool,
    /// b3: a cell at or below Vmin.
    pub below_v_min: bool,
    /// b2: no communication.
    pub comm_error: bool,
    /// b1.
    pub discharge_allowed: bool,
    /// b0.
    pub charge_allowed: bool,
}

impl Status1 {
    /// The byte.
    pub const fn byte(self) -> u8 {
        (self.soc_not_calibrated as u8) << 7
            | (self.above_t_max as u8) << 6
            | (self.below_t_min as u8) << 5
            | (self.above_v_max as u8) << 4
            | (self.below_v_min as u8) << 3
            | (self.comm_error as u8) << 2
            | (self.discharge_allowed as u8) << 1
            | self.charge_allowed as u8
    }
}

/// One cell in bytes 27 to 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellValues {
    /// Millivolts.
    pub voltage_mv: u16,
    /// Quarter degrees Celsius.
    pub temperature_qc: i16,
    /// Whether its board balances; the text stream alone shows it.
    pub balancing: bool,
}

/// The measured part of a frame: absent during a comm error (`EXT-6`).
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The pack.
    pub summary: &'a Summary,
    /// The cell of this frame.
    pub cell: CellValues,
    /// I1, I2 and I1 − I2 in mA.
    pub currents_ma: [Option<i32>; 3],
}

/// Everything a frame says.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// What was measured, if there is communication.
    pub measured: Option<Measured<'a>>,
    /// Number of the cell of this frame.
    pub cell_number: u8,
    /// Number of cells.
    pub cell_count: u8,
    /// Status byte 1.
    pub status: Status1,
    /// Collected today, stored, consumed today, in Wh.
    pub energy_wh: [u32; 3],
    /// Minutes since "today" began; the text stream alone shows them.
    pub minutes_today: u16,
    /// Collected and consumed in total, in kWh.
    pub total_kwh: [u32; 2],
    /// State of charge in percent.
    pub soc_percent: u8,
    /// Key number and value.
    pub key: (u8, u8),
    /// Capacity in 0.1 kWh.
    pub capacity_100wh: u16,
    /// Vmin, Vmax and V-balance in mV.
    pub thresholds_mv: [u16; 3],
}

impl Content<'_> {
    /// The frame's bytes. `U` numbers them from 1, so its byte `n` is index `n - 1` here.
    pub fn encode(&self) -> [u8; FRAME_LEN] {
        let mut frame = [0; FRAME_LEN];
        self.encode_measured(&mut frame);
        frame[24] = self.cell_number;
        frame[25] = self.cell_count;
        frame[30] = self.status.byte();
        for (at, value) in [31, 34, 37].into_iter().zip(self.energy_wh) {
            put(&mut frame, at, 3, value);
        }
        frame[40] = self.soc_percent;
        for (at, value) in [41, 44].into_iter().zip(self.total_kwh) {
            put(&mut frame, at, 3, value);
        }
        frame[47] = self.key.0 + KEY_OFFSET;
        frame[48] = self.key.1;
        put(&mut frame, 49, 2, u32::from(self.capacity_100wh));
        for (at, mv) in [51, 53, 55].into_iter().zip(self.thresholds_mv) {
            put(&mut frame, at, 2, steps_of_5_mv(u32::from(mv)));
        }
        frame[57] = frame[..57]
            .iter()
            .fold(0, |sum: u8, &byte| sum.wrapping_add(byte));
        frame
    }

    fn encode_measured(&self, frame: &mut [u8; FRAME_LEN]) {
        let Some(measured) = &self.measured else {
            for at in [3, 6, 9] {
                frame[at] = b'X';
            }
            return;
        };
        put(frame, 0, 3, steps_of_5_mv(measured.summary.total_mv));
        for (at, current_ma) in [3, 6, 9].into_iter().zip(measured.currents_ma) {
            put_current(frame, at, current_ma);
        }
        put_voltage(frame, 12, measured.summary.lowest_mv);
        put_voltage(frame, 15, measured.summary.highest_mv);
        put_temperature(frame, 18, measured.summary.coldest_qc);
        put_temperature(frame, 21, measured.summary.hottest_qc);
        put(
            frame,
            26,
            2,
            steps_of_5_mv(u32::from(measured.cell.voltage_mv)),
        );
        put(
            frame,
            28,
            2,
            temperature_steps(measured.cell.temperature_qc),
        );
    }
}

/// Voltage in the frame's unit, rounded to the nearest.
pub const fn steps_of_5_mv(mv: u32) -> u32 {
    (mv + 2) / 5
}

/// Temperature in the frame's unit, rounded to the nearest.
const fn temperature_steps(quarter_c: i16) -> u32 {
    (((quarter_c + 2) >> 2) + TEMPERATURE_OFFSET) as u32
}

/// Puts the low `len` bytes of a value, most significant first.
fn put(frame: &mut [u8; FRAME_LEN], at: usize, len: usize, value: u32) {
    frame[at..at + len].copy_from_slice(&value.to_be_bytes()[4 - len..]);
}

fn put_voltage(frame: &mut [u8; FRAME_LEN], at: usize, extreme: Extreme<u16>) {
    put(frame, at, 2, steps_of_5_mv(u32::from(extreme.value)));
    frame[at + 2] = extreme.cell;
}

fn put_temperature(frame: &mut [u8; FRAME_LEN], at: usize, extreme: Extreme<i16>) {
    put(frame, at, 2, temperature_steps(extreme.value));
    frame[at + 2] = extreme.cell;
}

/// Sign and steps of 125 mA, rounded to the nearest; `X` and zero when unknown.
fn put_current(frame: &mut [u8; FRAME_LEN], at: usize, current_ma: Option<i32>) {
    let Some(ma) = current_ma else {
        frame[at] = b'X';
        return;
    };
    frame[at] = if ma < 0 { b'-' } else { b'+' };
    put(frame, at + 1, 2, (ma.unsigned_abs() + 62) / 125);
}

#[cfg(test)]
#[path = "ext_out_tests.rs"]
mod tests;
