//! State of charge: counting, and both synchronisations at the edges of their power and their time.

use super::*;
use crate::pack::Extreme;
use crate::time::SECOND;

const SETTINGS: Settings = Settings::DEFAULT;
const FULL_MV: u16 = 3400;

/// Five percent per hour of 4 × 3.3 V × 100 Ah at 4 × 3.4 V, in mA, rounded down.
const FIVE_PERCENT_MA: i32 = 66_000_000 / 13_600;

/// Ten percent at 4 × 2.9 V.
const TEN_PERCENT_MA: i32 = 132_000_000 / 11_600;

fn show(
    soc: &mut StateOfCharge,
    now: Ticks,
    cell_mv: u16,
    current_ma: Option<i32>,
) -> Option<Sync> {
    let summary = Summary {
        total_mv: u32::from(cell_mv) * 4,
        lowest_mv: Extreme {
            value: cell_mv,
            cell: 1,
        },
        highest_mv: Extreme {
            value: cell_mv,
            cell: 1,
        },
        lowest_idle_mv: cell_mv,
        ..Summary::default()
    };
    let flow = Flow {
        summary: &summary,
        count: 4,
        full_mv: FULL_MV,
        current_ma,
        charge_mas: current_ma.unwrap_or(0),
    };
    soc.on_picture(now, &flow, &SETTINGS)
}

/// What the eleventh of eleven pictures, one a second, brought.
fn after_hold(soc: &mut StateOfCharge, cell_mv: u16, current_ma: Option<i32>) -> Option<Sync> {
    for second in 0..10 {
        assert_eq!(
            show(soc, second * SECOND, cell_mv, current_ma),
            None,
            "too early at {second} s"
        );
    }
    show(soc, 10 * SECOND, cell_mv, current_ma)
}

#[test]
fn a_new_board_starts_at_half_and_uncalibrated() {
    let soc = StateOfCharge::new(&SETTINGS);
    assert_eq!((soc.percent(), soc.is_calibrated()), (50, false));
    assert_eq!(soc.stored_wh(&SETTINGS, 4), 660);
}

#[test]
fn an_hour_at_a_tenth_of_the_capacity_is_ten_percent() {
    let mut soc = StateOfCharge::new(&SETTINGS);
    for second in 0..3600 {
        show(&mut soc, second * SECOND, 3300, Some(10_000));
    }
    assert_eq!(soc.percent(), 60);
    for second in 0..2 * 3600 {
        show(&mut soc, second * SECOND, 3300, Some(-10_000));
    }
    assert_eq!(soc.percent(), 40);
    assert!(soc.is_below(41) && !soc.is_below(40));
    assert!(!soc.is_calibrated());
}

#[test]
fn counting_stops_at_both_ends() {
    let mut soc = StateOfCharge::new(&SETTINGS);
    for second in 0..3600 {
        show(&mut soc, second * SECOND, 3300, Some(500_000));
    }
    assert_eq!(soc.percent(), 100);
    for second in 0..3600 {
        show(&mut soc, second * SECOND, 3300, Some(-500_000));
    }
    assert_eq!(soc.percent(), 0);
}

#[test]
fn full_needs_every_cell_and_little_charge_power() {
    for (cell_mv, current_ma, expected) in [
        (3400, Some(0), Some(Sync::Full)),
        (3400, Some(FIVE_PERCENT_MA), Some(Sync::Full)),
        (3400, Some(FIVE_PERCENT_MA + 1), None),
        (3399, Some(0), None),
        (3400, Some(-50_000), Some(Sync::Full)),
        (3400, None, None),
    ] {
        let mut soc = StateOfCharge::new(&SETTINGS);
        assert_eq!(
            after_hold(&mut soc, cell_mv, current_ma),
            expected,
            "{cell_mv} mV {current_ma:?}"
        );
        assert_eq!(soc.percent() == 100, expected.is_some());
        assert_eq!(soc.is_calibrated(), expected.is_some());
    }
}

#[test]
fn a_cell_held_below_by_its_own_balancing_is_full() {
    for (lowest_idle_mv, expected) in [(3400, Some(Sync::Full)), (3399, None)] {
        let mut soc = StateOfCharge::new(&SETTINGS);
        let summary = Summary {
            total_mv: 13_600,
            lowest_mv: Extreme {
                value: 3391,
                cell: 1,
            },
            lowest_idle_mv,
            ..Summary::default()
        };
        let flow = Flow {
            summary: &summary,
            count: 4,
            full_mv: FULL_MV,
            current_ma: Some(500),
            charge_mas: 500,
        };
        let at = |second| second * SECOND;
        assert_eq!(soc.on_picture(at(0), &flow, &SETTINGS), None);
        assert_eq!(soc.on_picture(at(10), &flow, &SETTINGS), expected);
    }
}

#[test]
fn empty_needs_one_cell_and_little_discharge_power() {
    for (cell_mv, current_ma, expected) in [
        (2900, Some(0), Some(Sync::Empty)),
        (2900, Some(-TEN_PERCENT_MA), Some(Sync::Empty)),
        (2900, Some(-TEN_PERCENT_MA - 1), None),
        (2901, Some(0), None),
        (2900, Some(50_000), Some(Sync::Empty)),
        (2900, None, None),
    ] {
        let mut soc = StateOfCharge::new(&SETTINGS);
        assert_eq!(
            after_hold(&mut soc, cell_mv, current_ma),
            expected,
            "{cell_mv} mV {current_ma:?}"
        );
        assert_eq!(soc.percent() == 0, expected.is_some());
    }
}

#[test]
fn a_condition_that_is_interrupted_or_a_comm_error_restarts_the_hold() {
    for comm_error in [false, true] {
        let mut soc = StateOfCharge::new(&SETTINGS);
        for second in 0..9 {
            show(&mut soc, second * SECOND, 3400, Some(0));
        }
        if comm_error {
            soc.on_comm_error();
        } else {
            show(&mut soc, 9 * SECOND, 3399, Some(0));
        }
        for second in 10..20 {
            assert_eq!(show(&mut soc, second * SECOND, 3400, Some(0)), None);
        }
        assert_eq!(show(&mut soc, 20 * SECOND, 3400, Some(0)), Some(Sync::Full));
    }
}
