//! The table of settings: what a command calls each, its range, and how it stands in storage.

use super::{Mode, SensorType, Settings};

/// One setting as the app sees it: a whole number within a range.
#[derive(Debug)]
pub struct Key {
    /// What a command calls it.
    pub name: &'static str,
    /// The least value allowed.
    pub least: i16,
    /// The greatest value allowed.
    pub most: i16,
    get: fn(&Settings) -> i16,
    set: fn(&mut Settings, i16),
}

/// Bytes of all settings in storage.
pub const STORED_LEN: usize = 2 * KEYS.len();

/// All settings, in the order of the answer to `R` and of storage.
#[rustfmt::skip]
pub static KEYS: [Key; 12] = [
    Key { name: "vnom", least: 1500, most: 5000, get: |s| s.v_nom_mv as i16, set: |s, v| s.v_nom_mv = v as u16 },
    Key { name: "vmin", least: 1500, most: 5000, get: |s| s.v_min_mv as i16, set: |s, v| s.v_min_mv = v as u16 },
    Key { name: "vmax", least: 1500, most: 5000, get: |s| s.v_max_mv as i16, set: |s, v| s.v_max_mv = v as u16 },
    Key { name: "vfull", least: 1500, most: 5000, get: |s| s.v_full_mv as i16, set: |s, v| s.v_full_mv = v as u16 },
    Key { name: "capacity", least: 1, most: 10_000, get: |s| s.capacity_ah as i16, set: |s, v| s.capacity_ah = v as u16 },
    Key { name: "charge-restart", least: 1, most: 100, get: |s| s.charge_restart_percent.into(), set: |s, v| s.charge_restart_percent = v as u8 },
    Key { name: "discharge-restart", least: 0, most: 99, get: |s| s.discharge_restart_percent.into(), set: |s, v| s.discharge_restart_percent = v as u8 },
    Key { name: "tmin-charge", least: -40, most: 85, get: |s| s.t_min_charge_c.into(), set: |s, v| s.t_min_charge_c = v as i8 },
    Key { name: "tmin-discharge", least: -40, most: 85, get: |s| s.t_min_discharge_c.into(), set: |s, v| s.t_min_discharge_c = v as i8 },
    Key { name: "tmax", least: -40, most: 85, get: |s| s.t_max_c.into(), set: |s, v| s.t_max_c = v as i8 },
    Key { name: "mode", least: 0, most: 1, get: |s| s.mode as i16, set: |s, v| s.mode = if v == 0 { Mode::Normal } else { Mode::Critical } },
    Key { name: "sensor", least: 0, most: 1, get: |s| s.sensor as i16, set: |s, v| s.sensor = if v == 0 { SensorType::Dual500 } else { SensorType::Dual1000 } },
];

impl Key {
    /// The value of this setting.
    pub fn value(&self, settings: &Settings) -> i16 {
        (self.get)(settings)
    }

    /// Changes this setting; false, changing nothing, if the value is outside its range.
    #[must_use]
    pub fn change(&self, settings: &mut Settings, value: i16) -> bool {
        let allowed = (self.least..=self.most).contains(&value);
        if allowed {
            (self.set)(settings, value);
        }
        allowed
    }
}

impl Settings {
    /// The settings as they are stored: the values in table order, 16 bits each, little-endian.
    pub fn to_stored(&self) -> [u8; STORED_LEN] {
        let mut bytes = [0; STORED_LEN];
        for (two, key) in bytes.chunks_exact_mut(2).zip(&KEYS) {
            two.copy_from_slice(&key.value(self).to_le_bytes());
        }
        bytes
    }

    /// Reads stored settings; `None` if a value is outside its range.
    pub fn from_stored(bytes: &[u8; STORED_LEN]) -> Option<Self> {
        let mut settings = Self::DEFAULT;
        for (two, key) in bytes.chunks_exact(2).zip(&KEYS) {
            let value = i16::from_le_bytes([two[0], two[1]]);
            key.change(&mut settings, value).then_some(())?;
        }
        Some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_key_changes_its_own_setting_and_no_other() {
        for key in &KEYS {
            let other = if key.value(&Settings::DEFAULT) == key.most {
                key.least
            } else {
                key.most
            };
            let mut settings = Settings::DEFAULT;
            assert!(key.change(&mut settings, other), "{}", key.name);
            for each in &KEYS {
                let expected = if each.name == key.name {
                    other
                } else {
                    each.value(&Settings::DEFAULT)
                };
                assert_eq!(
                    each.value(&settings),
                    expected,
                    "{} {}",
                    key.name,
                    each.name
                );
            }
        }
    }

    #[test]
    fn a_value_outside_its_range_changes_nothing() {
        for key in &KEYS {
            for value in [key.least - 1, key.most + 1, i16::MIN, i16::MAX] {
                let mut settings = Settings::DEFAULT;
                assert!(!key.change(&mut settings, value), "{}", key.name);
                assert_eq!(settings, Settings::DEFAULT);
            }
        }
    }

    proptest! {
        #[test]
        fn stored_settings_come_back(values in prop::collection::vec(any::<prop::sample::Index>(), KEYS.len())) {
            let mut settings = Settings::DEFAULT;
            for (key, index) in KEYS.iter().zip(&values) {
                let value = key.least + index.index((key.most - key.least + 1) as usize) as i16;
                prop_assert!(key.change(&mut settings, value));
            }
            prop_assert_eq!(Settings::from_stored(&settings.to_stored()), Some(settings));
        }

        #[test]
        fn any_stored_bytes_give_settings_within_their_ranges_or_none(bytes: [u8; STORED_LEN]) {
            if let Some(settings) = Settings::from_stored(&bytes) {
                prop_assert_eq!(settings.to_stored(), bytes);
            }
        }
    }
}
