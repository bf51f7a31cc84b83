//! The relay law by its table: every condition alone, at its threshold and beside it, and the hold.

use super::*;
use crate::pack::Extreme;
use crate::time::SECOND;
use proptest::prelude::*;

const SETTINGS: Settings = Settings::DEFAULT;
const FULL_MV: u16 = 3400;

#[derive(Debug, Clone, Copy)]
pub(super) struct Pack {
    pub low_mv: u16,
    pub high_mv: u16,
    pub cold_c: f32,
    pub hot_c: f32,
    pub charged: bool,
    pub above_charge_restart: bool,
    pub below_discharge_restart: bool,
}

/// A pack in which every enable condition holds.
pub(super) const HEALTHY: Pack = Pack {
    low_mv: 3300,
    high_mv: 3310,
    cold_c: 20.0,
    hot_c: 30.0,
    charged: false,
    above_charge_restart: false,
    below_discharge_restart: false,
};

fn show(law: &mut RelayLaw, now: Ticks, pack: &Pack) -> (bool, bool) {
    show_under(&SETTINGS, law, now, pack)
}

/// Shows a picture under other settings.
pub(super) fn show_under(
    settings: &Settings,
    law: &mut RelayLaw,
    now: Ticks,
    pack: &Pack,
) -> (bool, bool) {
    let summary = Summary {
        total_mv: u32::from(pack.low_mv) * 4,
        lowest_mv: Extreme {
            value: pack.low_mv,
            cell: 1,
        },
        highest_mv: Extreme {
            value: pack.high_mv,
            cell: 2,
        },
        lowest_idle_mv: pack.low_mv,
        coldest_qc: Extreme {
            value: (pack.cold_c * 4.0) as i16,
            cell: 1,
        },
        hottest_qc: Extreme {
            value: (pack.hot_c * 4.0) as i16,
            cell: 2,
        },
    };
    let view = View {
        summary: &summary,
        full_mv: FULL_MV,
        charged: pack.charged,
        below_charge_restart: !pack.above_charge_restart,
        below_discharge_restart: pack.below_discharge_restart,
    };
    law.on_picture(now, &view, settings);
    (law.charge_allowed(), law.load_allowed())
}

/// Both relays after the pack was shown once a second for eleven seconds, starting from what `law` was.
fn after_hold(law: &mut RelayLaw, start: Ticks, pack: &Pack) -> (bool, bool) {
    for second in 0..10 {
        show(law, start + second * SECOND, pack);
    }
    show(law, start + 10 * SECOND, pack)
}

fn allowed() -> RelayLaw {
    let mut law = RelayLaw::new();
    assert_eq!(after_hold(&mut law, 0, &HEALTHY), (true, true));
    law
}

#[test]
fn each_disable_condition_acts_alone_and_at_once() {
    let cases = [
        (
            "CHG-N-DIS-1",
            Pack {
                high_mv: 3700,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "below CHG-N-DIS-1",
            Pack {
                high_mv: 3699,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-N-DIS-2",
            Pack {
                charged: true,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "CHG-N-DIS-3",
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
            "CHG-N-DIS-4, LOAD-N-DIS-3",
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
            "LOAD-N-DIS-1",
            Pack {
                low_mv: 2900,
                ..HEALTHY
            },
            (true, false),
        ),
        (
            "above LOAD-N-DIS-1",
            Pack {
                low_mv: 2901,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-N-DIS-2",
            Pack {
                cold_c: -20.25,
                ..HEALTHY
            },
            (false, false),
        ),
        (
            "at T-min discharge",
            Pack {
                cold_c: -20.0,
                ..HEALTHY
            },
            (false, true),
        ),
    ];
    for (name, pack, expected) in cases {
        assert_eq!(show(&mut allowed(), 20 * SECOND, &pack), expected, "{name}");
    }
}

#[test]
fn each_enable_condition_is_needed_and_inside_its_threshold() {
    let cases = [
        (
            "CHG-N-EN-1",
            Pack {
                high_mv: 3380,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "20 mV inside",
            Pack {
                high_mv: 3379,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-N-EN-2",
            Pack {
                above_charge_restart: true,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "CHG-N-EN-3",
            Pack {
                cold_c: 2.0,
                ..HEALTHY
            },
            (false, true),
        ),
        (
            "2 °C inside",
            Pack {
                cold_c: 2.25,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "CHG-N-EN-4, LOAD-N-EN-4",
            Pack {
                hot_c: 58.0,
                ..HEALTHY
            },
            (false, false),
        ),
        (
            "below it",
            Pack {
                hot_c: 57.75,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-N-EN-1",
            Pack {
                low_mv: 2920,
                ..HEALTHY
            },
            (true, false),
        ),
        (
            "above it",
            Pack {
                low_mv: 2921,
                ..HEALTHY
            },
            (true, true),
        ),
        (
            "LOAD-N-EN-2",
            Pack {
                below_discharge_restart: true,
                ..HEALTHY
            },
            (true, false),
        ),
        (
            "LOAD-N-EN-3",
            Pack {
                cold_c: -18.0,
                ..HEALTHY
            },
            (false, false),
        ),
        (
            "above it",
            Pack {
                cold_c: -17.75,
                ..HEALTHY
            },
            (false, true),
        ),
    ];
    for (name, pack, expected) in cases {
        assert_eq!(
            after_hold(&mut RelayLaw::new(), 0, &pack),
            expected,
            "{name}"
        );
    }
}

#[test]
fn an_interruption_restarts_the_hold() {
    let mut law = RelayLaw::new();
    for second in 0..9 {
        assert_eq!(show(&mut law, second * SECOND, &HEALTHY), (false, false));
    }
    show(
        &mut law,
        9 * SECOND,
        &Pack {
            high_mv: 3390,
            low_mv: 2910,
            ..HEALTHY
        },
    );
    for second in 10..20 {
        assert_eq!(
            show(&mut law, second * SECOND, &HEALTHY),
            (false, false),
            "{second}"
        );
    }
    assert_eq!(show(&mut law, 20 * SECOND, &HEALTHY), (true, true));
}

#[test]
fn no_communication_forbids_both_and_restarts_the_hold() {
    let mut law = allowed();
    law.on_comm_error();
    assert_eq!((law.charge_allowed(), law.load_allowed()), (false, false));
    assert_eq!(show(&mut law, 30 * SECOND, &HEALTHY), (false, false));
}

proptest! {
    /// `REL-3`, in both modes and from both states.
    #[test]
    fn noise_of_ten_millivolts_on_a_threshold_switches_a_relay_at_most_once(
        noise in prop::collection::vec(0u16..=20, 200),
        threshold in prop::sample::select(vec![SETTINGS.v_min_mv, FULL_MV, SETTINGS.v_max_mv]),
        critical: bool,
        starts_allowed: bool,
    ) {
        let mode = if critical { Mode::Critical } else { Mode::Normal };
        let settings = Settings { mode, ..SETTINGS };
        let mut law = if starts_allowed { allowed() } else { RelayLaw::new() };
        let mut before = (law.charge_allowed(), law.load_allowed());
        let mut changes = (0, 0);
        for (second, noise) in (20..).zip(noise) {
            let noisy_mv = threshold - 10 + noise;
            let pack = Pack { low_mv: noisy_mv.min(3300), high_mv: noisy_mv.max(3300), ..HEALTHY };
            let now = show_under(&settings, &mut law, second * SECOND, &pack);
            changes.0 += u32::from(now.0 != before.0);
            changes.1 += u32::from(now.1 != before.1);
            before = now;
        }
        prop_assert!(changes.0 <= 1 && changes.1 <= 1, "{:?}", changes);
    }

    /// Whatever the pictures were: no relay is allowed while one of its disable conditions holds, and none becomes
    /// allowed without its enable conditions in each picture of the last ten seconds.
    #[test]
    fn never_allowed_against_the_table(
        pictures in prop::collection::vec((2850u16..3450, 0u16..300, -25f32..65.0, 0f32..10.0, any::<[bool; 3]>()), 1..80)
    ) {
        let mut law = RelayLaw::new();
        let (mut charge_ready, mut load_ready) = (0, 0);
        for (second, (low_mv, spread_mv, cold_c, spread_c, flags)) in (0..).zip(pictures) {
            let pack = Pack {
                low_mv,
                high_mv: low_mv + spread_mv,
                cold_c,
                hot_c: cold_c + spread_c,
                charged: flags[0] && flags[1] && flags[2],
                above_charge_restart: flags[1],
                below_discharge_restart: flags[2],
            };
            let before = (law.charge_allowed(), law.load_allowed());
            let now = show(&mut law, second * SECOND, &pack);
            let (cold_c, hot_c) = ((cold_c * 4.0).trunc() / 4.0, (pack.hot_c * 4.0).trunc() / 4.0);
            prop_assert!(!now.0 || (pack.high_mv < 3700 && !pack.charged && cold_c >= 0.0 && hot_c <= 60.0));
            prop_assert!(!now.1 || (pack.low_mv > 2900 && cold_c >= -20.0 && hot_c <= 60.0));
            let charge_enable = pack.high_mv < 3380 && !pack.above_charge_restart && cold_c > 2.0 && hot_c < 58.0 && !pack.charged;
            let load_enable = pack.low_mv > 2920 && !pack.below_discharge_restart && cold_c > -18.0 && hot_c < 58.0;
            charge_ready = if charge_enable { charge_ready + 1 } else { 0 };
            load_ready = if load_enable { load_ready + 1 } else { 0 };
            prop_assert!(before.0 || now.0 == (charge_ready > 10), "charge at {}", second);
            prop_assert!(before.1 || now.1 == (load_ready > 10), "load at {}", second);
        }
    }
}
