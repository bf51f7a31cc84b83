//! The settings the app can change: keys and units on the line, and the `S` command (`SET-2`).
//!
//! It does not check ranges: whether a setting is refused is the DUT's decision (`SET-4`).

use crate::channel::Signal;

/// Longest command without its CR; the board drops a longer one.
pub const LONGEST_COMMAND: usize = 120;

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Its channel.
    pub signal: Signal,
    /// Its name on the line.
    pub key: &'static str,
    /// What the channel's unit is worth in the unit on the line.
    per_unit: f64,
    /// Settings that the board checks against each other share one number and go into one command.
    group: u8,
}

const fn setting(signal: Signal, key: &'static str, per_unit: f64, group: u8) -> Setting {
    Setting {
        signal,
        key,
        per_unit,
        group,
    }
}

/// All settings, in the order of the board's report.
pub const SETTINGS: [Setting; 12] = [
    setting(Signal::SettingVnom, "vnom", 1000.0, 0),
    setting(Signal::SettingVmin, "vmin", 1000.0, 0),
    setting(Signal::SettingVmax, "vmax", 1000.0, 0),
    setting(Signal::SettingVfull, "vfull", 1000.0, 0),
    setting(Signal::SettingCapacity, "capacity", 1.0, 1),
    setting(Signal::SettingChargeRestart, "charge-restart", 1.0, 2),
    setting(Signal::SettingDischargeRestart, "discharge-restart", 1.0, 2),
    setting(Signal::SettingTminCharge, "tmin-charge", 1.0, 3),
    setting(Signal::SettingTminDischarge, "tmin-discharge", 1.0, 3),
    setting(Signal::SettingTmax, "tmax", 1.0, 3),
    setting(Signal::SettingMode, "mode", 1.0, 4),
    setting(Signal::SettingSensor, "sensor", 1.0, 5),
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

/// The commands that carry what is staged, each up to [`LONGEST_COMMAND`], settings that are
/// checked against each other in the same one. With nothing staged, one command without settings.
pub(super) fn commands(staged: &[Option<f64>; SETTINGS.len()]) -> Vec<String> {
    let mut groups: Vec<(u8, String)> = Vec::new();
    for (setting, value) in SETTINGS.iter().zip(staged) {
        let Some(value) = value else { continue };
        let text = format!("{}={}", setting.key, setting.encode(*value));
        match groups.last_mut() {
            Some((group, line)) if *group == setting.group => {
                line.push(',');
                line.push_str(&text);
            }
            _ => groups.push((setting.group, text)),
        }
    }
    let mut commands = vec!["S".to_owned()];
    for (_, text) in groups {
        let last = commands.last_mut().expect("it began with one");
        match last.len() {
            1 => last.push_str(&text),
            length if length + 1 + text.len() <= LONGEST_COMMAND => {
                last.push(',');
                last.push_str(&text);
            }
            _ => commands.push(format!("S{text}")),
        }
    }
    commands
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
        assert_eq!(commands(&staged(&values)), [expected]);
        assert_eq!(commands(&staged(&[])), ["S"]);
    }

    #[test]
    fn everything_at_its_longest_goes_in_two_commands_that_the_board_takes() {
        let long = |setting: &Setting| match setting.key {
            "capacity" => 10_000.0,
            "charge-restart" => 100.0,
            "discharge-restart" => 99.0,
            "mode" | "sensor" => 1.0,
            "tmin-charge" | "tmin-discharge" | "tmax" => -40.0,
            _ => 5.0,
        };
        let all = SETTINGS.each_ref().map(|setting| Some(long(setting)));
        let sent = commands(&all);
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(sent.iter().all(|line| line.len() <= LONGEST_COMMAND));
        assert!(sent[1].starts_with("Stmin-charge=-40,tmin-discharge=-40,tmax=-40"));
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
