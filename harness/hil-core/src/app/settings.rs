//! The settings the app can change: keys and units on the line, and the `S` command (`SET-2`).
//!
//! It does not check ranges: whether a setting is refused is the DUT's decision (`SET-4`).

use crate::channel::Signal;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Its channel.
    pub signal: Signal,
    /// Its name on the line.
    pub key: &'static str,
    /// What the channel's unit is worth in the unit on the line.
    per_unit: f64,
}

const fn setting(signal: Signal, key: &'static str, per_unit: f64) -> Setting {
    Setting {
        signal,
        key,
        per_unit,
    }
}

/// All settings, in the order of the board's report.
pub const SETTINGS: [Setting; 12] = [
    setting(Signal::SettingVnom, "vnom", 1000.0),
    setting(Signal::SettingVmin, "vmin", 1000.0),
    setting(Signal::SettingVmax, "vmax", 1000.0),
    setting(Signal::SettingVfull, "vfull", 1000.0),
    setting(Signal::SettingCapacity, "capacity", 1.0),
    setting(Signal::SettingChargeRestart, "charge-restart", 1.0),
    setting(Signal::SettingDischargeRestart, "discharge-restart", 1.0),
    setting(Signal::SettingTminCharge, "tmin-charge", 1.0),
    setting(Signal::SettingTminDischarge, "tmin-discharge", 1.0),
    setting(Signal::SettingTmax, "tmax", 1.0),
    setting(Signal::SettingMode, "mode", 1.0),
    setting(Signal::SettingSensor, "sensor", 1.0),
];

impl Setting {
    /// The place of a channel's setting in [`SETTINGS`]; `None` when it is no setting.
    pub(super) fn place(signal: Signal) -> Option<usize> {
        SETTINGS.iter().position(|setting| setting.signal == signal)
    }

    /// The number on the line of a value of the channel.
    pub(super) fn encode(&self, value: f64) -> i64 {
        (value * self.per_unit).round() as i64
    }

    /// The value of the channel of a number on the line.
    pub(super) fn decode(&self, number: i64) -> f64 {
        number as f64 / self.per_unit
    }
}

/// The command that carries what is staged; with all settings at their longest it still fits into
/// the 160 characters the board takes.
pub(super) fn command(staged: &[Option<f64>; SETTINGS.len()]) -> String {
    let mut line = String::from("S");
    for (setting, value) in SETTINGS.iter().zip(staged) {
        let Some(value) = value else { continue };
        let separator = if line.len() > 1 { "," } else { "" };
        line += &format!("{separator}{}={}", setting.key, setting.encode(*value));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(values: &[(Signal, f64)]) -> [Option<f64>; SETTINGS.len()] {
        let mut staged = [None; SETTINGS.len()];
        for (signal, value) in values {
            staged[Setting::place(*signal).expect("a setting")] = Some(*value);
        }
        staged
    }

    #[test]
    fn what_is_staged_goes_out_in_the_tables_order_in_the_lines_units() {
        let values = [
            (Signal::SettingMode, 1.0),
            (Signal::SettingVmax, 2.8),
            (Signal::SettingVmin, 2.15),
            (Signal::SettingTminCharge, -5.0),
        ];
        let expected = "Svmin=2150,vmax=2800,tmin-charge=-5,mode=1";
        assert_eq!(command(&staged(&values)), expected);
        assert_eq!(command(&staged(&[])), "S");
    }

    #[test]
    fn everything_at_its_longest_is_a_command_that_the_board_takes() {
        let long = |setting: &Setting| match setting.key {
            "capacity" => 10_000.0,
            "charge-restart" => 100.0,
            "discharge-restart" => 99.0,
            "mode" | "sensor" => 1.0,
            "tmin-charge" | "tmin-discharge" | "tmax" => -40.0,
            _ => 5.0,
        };
        let all = SETTINGS.each_ref().map(|setting| Some(long(setting)));
        assert!(command(&all).len() <= 160, "{}", command(&all));
    }

    #[test]
    fn numbers_come_back_as_the_values_that_were_sent() {
        for setting in &SETTINGS {
            for value in [2.15, 3.49, 4.15] {
                let value = if setting.per_unit == 1.0 { 7.0 } else { value };
                assert_eq!(setting.decode(setting.encode(value)), value);
            }
        }
    }
}
