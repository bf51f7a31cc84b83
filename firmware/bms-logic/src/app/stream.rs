//! What a session is shown every second: the EXT OUT frame, or the packets of the older text stream (U).

use super::Message;
use crate::ext_out::{Content, Measured, steps_of_5_mv};
use crate::pack::Extreme;

/// One thing that is sent in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The 58 bytes of EXT OUT.
    Frame,
    /// `U_`: pack voltage and currents.
    Pack,
    /// `V_`: extreme cell voltages and V-balance.
    Voltages,
    /// `T_`: extreme temperatures.
    Temperatures,
    /// `E_`: energies and state of charge.
    Energy,
    /// `M_`: powers, and the time since "today" began.
    Power,
    /// `C_`: one cell.
    Cell,
}

const PARTS: [Part; 7] = [
    Part::Frame,
    Part::Pack,
    Part::Voltages,
    Part::Temperatures,
    Part::Energy,
    Part::Power,
    Part::Cell,
];

/// The parts still to be sent, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Due(u8);

impl Due {
    /// Nothing, as in a locked session.
    pub const NOTHING: Self = Self(0);
    /// The frame.
    pub const FRAME: Self = Self(1);
    /// The text stream without and with a cell.
    pub const TEXT: Self = Self(0b011_1110);
    /// See [`Due::TEXT`].
    pub const TEXT_AND_CELL: Self = Self(0b111_1110);

    /// Takes the next part.
    pub fn next_part(&mut self) -> Option<Part> {
        let part = *PARTS.get(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(part)
    }
}

impl Part {
    /// The bytes of this part; `None` if it is not sent during a comm error (`APP-4`).
    #[inline(never)]
    pub fn encode(self, content: &Content<'_>) -> Option<Message> {
        let mut message = Message::new();
        let measured = content.measured.as_ref();
        match self {
            Self::Frame => {
                message.put(&content.encode());
                return Some(message);
            }
            Self::Pack => put_pack(&mut message, measured),
            Self::Voltages => put_voltages(&mut message, measured?, content.thresholds_mv[2]),
            Self::Temperatures => put_temperatures(&mut message, measured?),
            Self::Energy => put_energy(&mut message, content),
            Self::Power => put_power(&mut message, content),
            Self::Cell => put_cell(&mut message, content),
        }
        message.put(b"\r");
        Some(message)
    }
}

fn put_pack(message: &mut Message, measured: Option<&Measured<'_>>) {
    let [sensor_1, sensor_2, pack] = measured.map_or([None; 3], |measured| measured.currents_ma);
    message.put(b"U");
    message.put_field(measured.map_or(0, |measured| voltage(measured.summary.total_mv)));
    for current_ma in [sensor_1, pack, sensor_2] {
        message.put_field_or_x(current_ma.map(steps_of_50_ma));
    }
}

fn put_voltages(message: &mut Message, measured: &Measured<'_>, v_balance_mv: u16) {
    message.put(b"V");
    for Extreme { value, cell } in [measured.summary.lowest_mv, measured.summary.highest_mv] {
        message.put_field(voltage(value.into()));
        message.put_field(cell.into());
    }
    message.put_field(voltage(v_balance_mv.into()));
}

fn put_temperatures(message: &mut Message, measured: &Measured<'_>) {
    message.put(b"T");
    for Extreme { value, cell } in [measured.summary.coldest_qc, measured.summary.hottest_qc] {
        message.put_field(temperature(value));
        message.put_field(cell.into());
    }
}

fn put_energy(message: &mut Message, content: &Content<'_>) {
    message.put(b"E");
    for wh in content.energy_wh {
        message.put_field(wh as i32);
    }
    message.put_field(content.soc_percent.into());
}

fn put_power(message: &mut Message, content: &Content<'_>) {
    let watts = |sensor: usize| {
        let measured = content.measured.as_ref()?;
        let current_ma = measured.currents_ma[sensor]?;
        let power_uw = i64::from(current_ma) * i64::from(measured.summary.total_mv);
        Some((power_uw / 1_000_000) as i32)
    };
    message.put(b"M");
    message.put_field_or_x(watts(0));
    message.put_field_or_x(watts(1));
    message.put_field((content.minutes_today / 60).into());
    message.put(b":");
    message.put_number((content.minutes_today % 60).into(), 16);
}

fn put_cell(message: &mut Message, content: &Content<'_>) {
    message.put(b"C");
    let Some(measured) = &content.measured else {
        message.put(b"_E");
        return;
    };
    message.put_field(content.cell_number.into());
    message.put_field(content.cell_count.into());
    message.put_field(voltage(measured.cell.voltage_mv.into()));
    message.put_field(temperature(measured.cell.temperature_qc));
    message.put_field(measured.cell.balancing.into());
}

fn voltage(mv: u32) -> i32 {
    steps_of_5_mv(mv) as i32
}

/// Rounded to the nearest, away from zero.
fn steps_of_50_ma(ma: i32) -> i32 {
    let steps = (ma.unsigned_abs() + 25) / 50;
    steps as i32 * ma.signum()
}

/// The raw value for °C = raw × 0.857 − 232.1, rounded to the nearest.
fn temperature(quarter_c: i16) -> i32 {
    (i32::from(quarter_c) * 250 + 232_100 + 428) / 857
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
