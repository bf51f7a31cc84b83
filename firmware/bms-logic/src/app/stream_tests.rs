//! The parts of a second, against values worked out by hand from U.

use super::*;
use crate::ext_out::{CellValues, FRAME_LEN, Status1};
use crate::pack::Summary;
use proptest::prelude::*;

const SUMMARY: Summary = Summary {
    total_mv: 13_200,
    lowest_mv: Extreme {
        value: 3290,
        cell: 2,
    },
    highest_mv: Extreme {
        value: 3310,
        cell: 12,
    },
    lowest_idle_mv: 3290,
    coldest_qc: Extreme { value: 80, cell: 3 },
    hottest_qc: Extreme {
        value: 122,
        cell: 4,
    },
};

const MEASURED: Measured<'_> = Measured {
    summary: &SUMMARY,
    cell: CellValues {
        voltage_mv: 3302,
        temperature_qc: -80,
        balancing: true,
    },
    currents_ma: [Some(8000), Some(2000), Some(6000)],
};

fn content(measured: Option<Measured<'_>>) -> Content<'_> {
    Content {
        measured,
        cell_number: 11,
        cell_count: 16,
        status: Status1::default(),
        energy_wh: [264, 61_985, 0],
        minutes_today: 23 * 60 + 59,
        total_kwh: [0, 0],
        soc_percent: 100,
        key: (0, 0),
        capacity_100wh: 0,
        thresholds_mv: [2900, 3700, 3400],
    }
}

fn text(part: Part, measured: Option<Measured<'_>>) -> Option<String> {
    let message = part.encode(&content(measured))?;
    Some(String::from_utf8(message.bytes().to_vec()).expect("ASCII"))
}

#[test]
fn packets_are_what_the_fields_say() {
    for (part, expected) in [
        (Part::Pack, "U_A50_A0_78_28\r"),
        (Part::Voltages, "V_292_2_296_C_2A8\r"),
        // 20 °C is 294.2 raw, 30.5 °C is 306.4.
        (Part::Temperatures, "T_126_3_132_4\r"),
        (Part::Energy, "E_108_F221_0_64\r"),
        (Part::Power, "M_69_1A_17:3B\r"),
        // −20 °C is 247.5 raw.
        (Part::Cell, "C_B_10_294_F7_1\r"),
    ] {
        assert_eq!(text(part, Some(MEASURED)).as_deref(), Some(expected));
    }
}

#[test]
fn negative_and_unknown_currents() {
    let measured = Measured {
        currents_ma: [None, Some(-2_030), Some(-75)],
        ..MEASURED
    };
    assert_eq!(
        text(Part::Pack, Some(measured)).as_deref(),
        Some("U_A50_X_-2_-29\r")
    );
    assert_eq!(
        text(Part::Power, Some(measured)).as_deref(),
        Some("M_X_-1A_17:3B\r")
    );
}

#[test]
fn a_comm_error_shows_no_cell_data() {
    for (part, expected) in [
        (Part::Pack, Some("U_0_X_X_X\r")),
        (Part::Voltages, None),
        (Part::Temperatures, None),
        (Part::Energy, Some("E_108_F221_0_64\r")),
        (Part::Power, Some("M_X_X_17:3B\r")),
        (Part::Cell, Some("C_E\r")),
    ] {
        assert_eq!(text(part, None).as_deref(), expected, "{part:?}");
    }
}

#[test]
fn the_frame_is_that_of_ext_out() {
    let content = content(Some(MEASURED));
    let message = Part::Frame.encode(&content).expect("always sent");
    assert_eq!(message.bytes().len(), FRAME_LEN);
    assert_eq!(message.bytes(), content.encode());
}

#[test]
fn a_second_shows_each_of_its_parts_once_and_in_order() {
    let parts = |mut due: Due| core::iter::from_fn(move || due.next_part()).collect::<Vec<_>>();
    assert_eq!(parts(Due::NOTHING), []);
    assert_eq!(parts(Due::FRAME), [Part::Frame]);
    assert_eq!(parts(Due::TEXT_AND_CELL), PARTS[1..]);
    assert_eq!(parts(Due::TEXT), PARTS[1..6]);
}

proptest! {
    #[test]
    fn temperatures_are_the_nearest_step_of_the_clients_scale(quarter_c in -240i16..=500) {
        let celsius = f64::from(temperature(quarter_c)) * 0.857 - 232.1;
        prop_assert!((celsius - f64::from(quarter_c) / 4.0).abs() <= 0.4286);
    }
}
