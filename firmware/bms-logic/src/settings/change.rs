//! A change of settings as text, `vmin=2150,vmax=2800`: all of it or none of it (`SET-4`).

use super::{KEYS, Settings};

impl Settings {
    /// The settings after `assignments`; `None` if one of them is not understood, repeated or outside its range, or if the
    /// result does not agree, with the V-balance last heard from the Begin board.
    #[inline(never)]
    pub fn changed(&self, assignments: &[u8], v_balance_mv: Option<u16>) -> Option<Self> {
        let mut settings = self.clone();
        let mut named = 0u16;
        for assignment in assignments.split(|&byte| byte == b',') {
            let equals = assignment.iter().position(|&byte| byte == b'=')?;
            let (name, value) = (&assignment[..equals], &assignment[equals + 1..]);
            let at = KEYS.iter().position(|key| key.name.as_bytes() == name)?;
            let repeated = named & 1 << at != 0;
            named |= 1 << at;
            let changed = KEYS[at].change(&mut settings, number(value)?);
            (changed && !repeated).then_some(())?;
        }
        settings.agree(v_balance_mv).then_some(settings)
    }
}

/// A decimal number of up to five digits, `-` in front where negative.
fn number(text: &[u8]) -> Option<i16> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        digits => (1, digits),
    };
    if !(1..=5).contains(&digits.len()) {
        return None;
    }
    let mut value = 0i32;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i32::from(digit - b'0');
    }
    (sign * value).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Mode, SensorType};
    use proptest::prelude::*;

    const V_BALANCE: Option<u16> = Some(3400);

    fn change(assignments: &str, v_balance_mv: Option<u16>) -> Option<Settings> {
        Settings::DEFAULT.changed(assignments.as_bytes(), v_balance_mv)
    }

    #[test]
    fn another_chemistry_comes_in_one_command() {
        let lto = "vnom=2400,vmin=2150,vfull=2600,vmax=2800";
        let settings = change(lto, Some(2600)).expect("accepted");
        assert_eq!(
            (
                settings.v_nom_mv,
                settings.v_min_mv,
                settings.v_full_mv,
                settings.v_max_mv
            ),
            (2400, 2150, 2600, 2800)
        );
        assert_eq!(
            change(lto, V_BALANCE),
            None,
            "the DIP switches say otherwise"
        );
        assert_eq!(
            change("vmin=2150,vmax=2800", Some(2600)),
            None,
            "Vfull is left above Vmax"
        );
    }

    #[test]
    fn every_setting_can_be_changed_at_once() {
        let all = "vnom=3650,vmin=3490,vmax=4150,vfull=4000,capacity=10000,charge-restart=90,\
                   discharge-restart=20,tmin-charge=-5,tmin-discharge=-30,tmax=55,mode=1,sensor=1";
        let settings = change(all, None).expect("accepted");
        let expected = Settings {
            v_nom_mv: 3650,
            v_min_mv: 3490,
            v_max_mv: 4150,
            v_full_mv: 4000,
            capacity_ah: 10_000,
            charge_restart_percent: 90,
            discharge_restart_percent: 20,
            t_min_charge_c: -5,
            t_min_discharge_c: -30,
            t_max_c: 55,
            mode: Mode::Critical,
            sensor: SensorType::Dual1000,
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn what_does_not_agree_is_refused() {
        for assignments in [
            "vmin=3400",
            "vmax=3400",
            "vfull=2900",
            "vfull=3700",
            "tmin-charge=60",
            "tmin-discharge=60",
            "tmax=0",
            "charge-restart=10",
            "discharge-restart=95",
        ] {
            assert_eq!(change(assignments, V_BALANCE), None, "{assignments}");
        }
        for assignments in [
            "vmin=3399",
            "vmax=3401",
            "vfull=3699",
            "tmin-charge=59",
            "tmax=1",
        ] {
            assert!(change(assignments, V_BALANCE).is_some(), "{assignments}");
        }
    }

    #[test]
    fn without_v_balance_vfull_stands_in_for_it() {
        assert!(change("vmax=3600,vfull=3500", None).is_some());
        assert!(change("vmax=3450,vfull=3420", None).is_some());
        assert_eq!(change("vmax=3450,vfull=3420", Some(3500)), None);
    }

    #[test]
    fn what_is_not_understood_is_refused_whole() {
        for assignments in [
            "",
            ",",
            "vmin",
            "vmin=",
            "vmin=-",
            "vmin=+2900",
            "vmin=2800,",
            ",vmin=2800",
            "vmin=2800,,vmax=3800",
            "vmin=28 00",
            "vmin =2800",
            "VMIN=2800",
            "vmin=2800;vmax=3800",
            "vmin=2800,vmin=2800",
            "vbalance=3400",
            "vmin=2800,speed=1",
            "vmin=002800",
            "vmin=99999",
            "capacity=0",
            "mode=2",
            "tmax=86",
            "vmin=0x0AF0",
        ] {
            assert_eq!(change(assignments, V_BALANCE), None, "{assignments}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_agrees_whatever_was_sent(
            sent in "(v(nom|min|max|full)|capacity|t(min-charge|max)|mode)=-?[0-9]{1,5}(,[a-z-]{4,8}=[0-9]{1,4})?",
            v_balance_mv in prop::option::of(1900u16..4900),
        ) {
            if let Some(settings) = change(&sent, v_balance_mv) {
                prop_assert!(settings.agree(v_balance_mv));
                prop_assert_eq!(Settings::from_stored(&settings.to_stored()), Some(settings));
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = Settings::DEFAULT.changed(&bytes, V_BALANCE);
        }
    }
}
