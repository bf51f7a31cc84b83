//! EXT OUT: from bytes with their times to samples of the `ext.*` channels (`U`, `EXT-1`).
//!
//! The harness's own decoder, written from the maker's protocol and not from the firmware, so that
//! agreement of the two means something. It says what a frame states and judges nothing: a voltage
//! of 0 V during a communication error is a sample of 0 V (`EXT-6`). It knows no serial port: both
//! benches hand it bytes that are already un-inverted.

use thiserror::Error;

use crate::channel::{Channel, Signal};
use crate::plan::TemperatureScale;
use crate::ports::Sample;
use crate::time::Time;

mod receiver;

pub use receiver::{Bad, Found, LONGEST_GAP, Receiver, Splitter};

/// Bytes in a frame.
pub const FRAME_BYTES: usize = 58;

/// Positions of the three sign bytes, from 0.
const SIGNS: [usize; 3] = [3, 6, 9];

/// Why 58 bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Byte 58 is not the low byte of the sum of bytes 1 to 57.
    #[error("checksum is {found:#04x}, the bytes sum to {sum:#04x}")]
    Checksum {
        /// Low byte of the sum of bytes 1 to 57.
        sum: u8,
        /// Byte 58.
        found: u8,
    },
    /// A sign byte is none of `+`, `-` and `X`.
    #[error("byte {byte} is {found:#04x}, expected '+', '-' or 'X'")]
    Sign {
        /// Which byte, from 1 as the maker counts.
        byte: u8,
        /// What stood there.
        found: u8,
    },
}

/// The extreme value of a pack and the cell that has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extreme {
    /// Volts or degrees Celsius.
    pub value: f64,
    /// Number of the cell, from 1; 0 when the board has no picture of the pack.
    pub cell: u8,
}

/// Status byte 1 (`U` byte 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

impl Status {
    /// Whether a bit, 0 to 7, is set.
    #[must_use]
    pub const fn bit(self, bit: u8) -> bool {
        self.0 >> bit & 1 == 1
    }
}

/// The content of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Bytes 1-3, volts.
    pub pack_voltage_v: f64,
    /// Bytes 4-6 and 7-9, amperes, sensors 1 and 2; `None` = `X`, unknown.
    pub sensor_current_a: [Option<f64>; 2],
    /// Bytes 10-12, amperes, positive into the pack; `None` = `X`, unknown.
    pub pack_current_a: Option<f64>,
    /// Bytes 13-15, volts.
    pub lowest_voltage: Extreme,
    /// Bytes 16-18, volts.
    pub highest_voltage: Extreme,
    /// Bytes 19-21, degrees Celsius.
    pub lowest_temperature: Extreme,
    /// Bytes 22-24, degrees Celsius.
    pub highest_temperature: Extreme,
    /// Byte 25: the cell of `cell_voltage_v` and `cell_temperature_c`; 0 = none.
    pub cell_number: u8,
    /// Byte 26.
    pub cells: u8,
    /// Bytes 27-28, volts.
    pub cell_voltage_v: f64,
    /// Bytes 29-30, degrees Celsius.
    pub cell_temperature_c: f64,
    /// Byte 31.
    pub status: Status,
    /// Bytes 32-34, watt hours.
    pub collected_today_wh: f64,
    /// Bytes 35-37, watt hours.
    pub stored_wh: f64,
    /// Bytes 38-40, watt hours.
    pub consumed_today_wh: f64,
    /// Byte 41, percent.
    pub soc_percent: f64,
    /// Bytes 42-44, watt hours (sent in kWh).
    pub collected_wh: f64,
    /// Bytes 45-47, watt hours (sent in kWh).
    pub consumed_wh: f64,
    /// Byte 48: the key, 0 to 18; `None` when the byte is below the offset of 25.
    pub key: Option<u8>,
    /// Byte 49: the key's value.
    pub key_value: u8,
    /// Bytes 50-51, watt hours (sent in 0.1 kWh).
    pub capacity_wh: f64,
    /// Bytes 52-53, volts.
    pub vmin_v: f64,
    /// Bytes 54-55, volts.
    pub vmax_v: f64,
    /// Bytes 56-57, volts.
    pub vbalance_v: f64,
}

/// Big-endian number in bytes `first` to `last`, counted from 1 as the maker does.
fn number(bytes: &[u8; FRAME_BYTES], first: usize, last: usize) -> f64 {
    let value = bytes[first - 1..last]
        .iter()
        .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    f64::from(value)
}

/// 5 mV per bit. Divided, not multiplied by 0.005, so that 3.7 V reads as exactly 3.7.
fn volts(bytes: &[u8; FRAME_BYTES], first: usize, last: usize) -> f64 {
    number(bytes, first, last) / 200.0
}

fn amperes(bytes: &[u8; FRAME_BYTES], sign: usize) -> Option<f64> {
    let magnitude = number(bytes, sign + 1, sign + 2) / 8.0;
    match bytes[sign - 1] {
        b'+' => Some(magnitude),
        b'-' => Some(-magnitude),
        _ => None,
    }
}

fn celsius(bytes: &[u8; FRAME_BYTES], first: usize, scale: TemperatureScale) -> f64 {
    let raw = number(bytes, first, first + 1);
    match scale {
        TemperatureScale::Offset276 => raw - 276.0,
        TemperatureScale::Scale0857 => raw * 0.857 - 232.0,
    }
}

fn check(bytes: &[u8; FRAME_BYTES]) -> Result<(), FrameError> {
    let sum = bytes[..FRAME_BYTES - 1]
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let found = bytes[FRAME_BYTES - 1];
    if sum != found {
        return Err(FrameError::Checksum { sum, found });
    }
    match SIGNS.into_iter().find(|at| !b"+-X".contains(&bytes[*at])) {
        None => Ok(()),
        Some(at) => Err(FrameError::Sign {
            byte: at as u8 + 1,
            found: bytes[at],
        }),
    }
}

/// Decodes one frame.
///
/// # Errors
/// When the checksum or a sign byte is wrong. No other byte has values it must not have.
pub fn decode(bytes: &[u8; FRAME_BYTES], scale: TemperatureScale) -> Result<Frame, FrameError> {
    check(bytes)?;
    let extreme = |value, cell: usize| Extreme {
        value,
        cell: bytes[cell - 1],
    };
    Ok(Frame {
        pack_voltage_v: volts(bytes, 1, 3),
        sensor_current_a: [amperes(bytes, 4), amperes(bytes, 7)],
        pack_current_a: amperes(bytes, 10),
        lowest_voltage: extreme(volts(bytes, 13, 14), 15),
        highest_voltage: extreme(volts(bytes, 16, 17), 18),
        lowest_temperature: extreme(celsius(bytes, 19, scale), 21),
        highest_temperature: extreme(celsius(bytes, 22, scale), 24),
        cell_number: bytes[24],
        cells: bytes[25],
        cell_voltage_v: volts(bytes, 27, 28),
        cell_temperature_c: celsius(bytes, 29, scale),
        status: Status(bytes[30]),
        collected_today_wh: number(bytes, 32, 34),
        stored_wh: number(bytes, 35, 37),
        consumed_today_wh: number(bytes, 38, 40),
        soc_percent: number(bytes, 41, 41),
        collected_wh: number(bytes, 42, 44) * 1000.0,
        consumed_wh: number(bytes, 45, 47) * 1000.0,
        key: bytes[47].checked_sub(25),
        key_value: bytes[48],
        capacity_wh: number(bytes, 50, 51) * 100.0,
        vmin_v: volts(bytes, 52, 53),
        vmax_v: volts(bytes, 54, 55),
        vbalance_v: volts(bytes, 56, 57),
    })
}

impl Frame {
    /// The samples of the `ext.*` channels of a bank that this frame gives, in channel order:
    /// everything except the count of frames and the check, which are facts about the line.
    pub fn samples(&self, bank: u8, at: Time) -> impl Iterator<Item = Sample> + use<> {
        let plain = self.plain().map(|(signal, value)| (signal, 0, value));
        let sensor = |s: u16| self.sensor_current_a[usize::from(s) - 1].unwrap_or(f64::NAN);
        let cell = (self.cell_number > 0).then_some(u16::from(self.cell_number));
        let key = self.key.filter(|key| *key <= 18).map(u16::from);
        let indexed = [
            Some((Signal::ExtSensorCurrent, 1, sensor(1))),
            Some((Signal::ExtSensorCurrent, 2, sensor(2))),
            cell.map(|k| (Signal::ExtCellVoltage, k, self.cell_voltage_v)),
            cell.map(|k| (Signal::ExtCellTemperature, k, self.cell_temperature_c)),
            key.map(|n| (Signal::ExtKeyNumber, 0, f64::from(n))),
            key.map(|n| (Signal::ExtKey, n, f64::from(self.key_value))),
        ];
        let mut all: Vec<_> = plain
            .into_iter()
            .chain(indexed.into_iter().flatten())
            .collect();
        all.sort_unstable_by_key(|(signal, index, _)| (*signal, *index));
        all.into_iter().map(move |(signal, index, value)| Sample {
            channel: Channel {
                bank,
                signal,
                index,
            },
            at,
            value,
        })
    }

    /// The channels without an index.
    fn plain(&self) -> [(Signal, f64); 30] {
        use Signal as S;
        let flag = |bit| f64::from(u8::from(self.status.bit(bit)));
        [
            (S::ExtPackVoltage, self.pack_voltage_v),
            (S::ExtPackCurrent, self.pack_current_a.unwrap_or(f64::NAN)),
            (S::ExtLowestVoltage, self.lowest_voltage.value),
            (S::ExtLowestVoltageCell, self.lowest_voltage.cell.into()),
            (S::ExtHighestVoltage, self.highest_voltage.value),
            (S::ExtHighestVoltageCell, self.highest_voltage.cell.into()),
            (S::ExtLowestTemperature, self.lowest_temperature.value),
            (
                S::ExtLowestTemperatureCell,
                self.lowest_temperature.cell.into(),
            ),
            (S::ExtHighestTemperature, self.highest_temperature.value),
            (
                S::ExtHighestTemperatureCell,
                self.highest_temperature.cell.into(),
            ),
            (S::ExtCellNumber, self.cell_number.into()),
            (S::ExtCells, self.cells.into()),
            (S::ExtStatusNotCalibrated, flag(7)),
            (S::ExtStatusAboveTmax, flag(6)),
            (S::ExtStatusBelowTmin, flag(5)),
            (S::ExtStatusAboveVmax, flag(4)),
            (S::ExtStatusBelowVmin, flag(3)),
            (S::ExtStatusCommError, flag(2)),
            (S::ExtStatusDischarge, flag(1)),
            (S::ExtStatusCharge, flag(0)),
            (S::ExtEnergyCollectedToday, self.collected_today_wh),
            (S::ExtEnergyStored, self.stored_wh),
            (S::ExtEnergyConsumedToday, self.consumed_today_wh),
            (S::ExtSoc, self.soc_percent),
            (S::ExtEnergyCollected, self.collected_wh),
            (S::ExtEnergyConsumed, self.consumed_wh),
            (S::ExtCapacity, self.capacity_wh),
            (S::ExtVmin, self.vmin_v),
            (S::ExtVmax, self.vmax_v),
            (S::ExtVbalance, self.vbalance_v),
        ]
    }
}
