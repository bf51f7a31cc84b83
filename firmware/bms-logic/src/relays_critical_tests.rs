//! Critical mode by its table, beside what normal mode does with the same pack, and switching between the two.

use super::tests::{HEALTHY, Pack, show_under};
use super::*;
use crate::time::SECOND;

const CRITICAL: Settings = Settings {
    mode: Mode::Critical,
    ..Settings::DEFAULT
};

/// A full pack at rest: normal mode has ended charging, and its state of charge is above the restart.
const FULL: Pack = Pack {
    low_mv: 3400,
    high_mv: 3500,
    charged: true,
    above_charge_restart: true,
    ..HEALTHY
};

/// An almost empty pack: normal mode does not allow discharging again yet.
const EMPTYING: Pack = Pack {
    below_discharge_restart: true,
    ..HEALTHY
};

/// Shows `pack` for the seconds of a hold from `start` on.
fn hold(law: &mut RelayLaw, start: u32, pack: &Pack, settings: &Settings) -> (bool, bool) {
    for second in start..start + 10 {
        show_under(settings, law, second * SECOND, pack);
    }
    show_under(settings, law, (start + 10) * SECOND, pack)
}

fn allowed() -> RelayLaw {
    let mut law = RelayLaw::new();
    assert_eq!(hold(&mut law, 0, &HEALTHY, &CRITICAL), (true, true));
    law
}

#[test]
fn each_disable_condition_acts_alone_and_full_or_empty_does_not() {
    for (name, pack, expected) in [
        (
            "CHG-C-DIS-1",
            Pack {
                high_mv: 3700,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "below Vmax",
            Pack {
                high_mv: 3699,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-C-DIS-2",
            Pack {
                cold_c: -0.25,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "at T-min charge",
            Pack {
                cold_c: 0.0,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-C-DIS-3, LOAD-C-DIS-3",
            Pack {
                hot_c: 60.25,
                ..HEALTHY
            },
            (false, false),
        ),
        (
            "at T-max",
            Pack {
                hot_c: 60.0,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-C-DIS-1",
            Pack {
                low_mv: 2900,
                ..HEALTHY
            },
            (true, false),
        ),
        (
            "above Vmin",
            Pack {
                low_mv: 2901,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-C-DIS-2",
            Pack {
                cold_c: -20.25,
                ..HEALTHY
            },
            (false, false),
        ),
        ("full", FULL, (true, true)),
        ("below the discharge restart", EMPTYING, (true, true)),
    ] {
        let shown = show_under(&CRITICAL, &mut allowed(), 20 * SECOND, &pack);
        assert_eq!(shown, expected, "{name}");
    }
    let mut law = allowed();
    law.on_comm_error();
    assert_eq!((law.charge_allowed(), law.load_allowed()), (false, false));
}

#[test]
fn each_enable_condition_is_needed_and_the_state_of_charge_is_not() {
    for (name, pack, expected) in [
        (
            "CHG-C-EN-1",
            Pack {
                high_mv: 3680,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "20 mV below Vmax",
            Pack {
                high_mv: 3679,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-C-EN-2",
            Pack {
                cold_c: 2.0,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "CHG-C-EN-3, LOAD-C-EN-3",
            Pack {
                hot_c: 58.0,
                ..HEALTHY
            },
            (false, false),
        ),
        (
            "LOAD-C-EN-1",
            Pack {
                low_mv: 2920,
                ..HEALTHY
            },
            (true, false),
        ),
        (
            "20 mV above Vmin",
            Pack {
                low_mv: 2921,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-C-EN-2",
            Pack {
                cold_c: -18.0,
                ..HEALTHY
            },
            (false, false),
        ),
        ("full", FULL, (true, true)),
        ("below the discharge restart", EMPTYING, (true, true)),
    ] {
        let shown = hold(&mut RelayLaw::new(), 0, &pack, &CRITICAL);
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn switching_the_mode_holds_from_the_next_picture() {
    let mut law = allowed();
    assert_eq!(
        show_under(&CRITICAL, &mut law, 20 * SECOND, &FULL),
        (true, true)
    );
    let normal = Settings::DEFAULT;
    assert_eq!(
        show_under(&normal, &mut law, 21 * SECOND, &FULL),
        (false, true)
    );
    assert_eq!(hold(&mut law, 22, &FULL, &normal), (false, true));
    assert_eq!(
        show_under(&CRITICAL, &mut law, 33 * SECOND, &FULL),
        (false, true)
    );
    assert_eq!(hold(&mut law, 33, &FULL, &CRITICAL), (true, true));
}
