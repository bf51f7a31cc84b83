//! EXT OUT against the maker's worked examples and the byte table of `U`.

use super::*;

fn summary() -> Summary {
    Summary {
        total_mv: 335_355,
        lowest_mv: Extreme {
            value: 2800,
            cell: 3,
        },
        highest_mv: Extreme {
            value: 3412,
            cell: 101,
        },
        lowest_idle_mv: 2800,
        coldest_qc: Extreme { value: 0, cell: 2 },
        hottest_qc: Extreme { value: 80, cell: 9 },
    }
}

fn content(measured: Option<Measured<'_>>) -> Content<'_> {
    Content {
        measured,
        cell_number: 7,
        cell_count: 102,
        status: Status1 {
            discharge_allowed: true,
            charge_allowed: true,
            ..Status1::default()
        },
        energy_wh: [1, 61_985, 258],
        minutes_today: 0,
        total_kwh: [4, 70_000],
        soc_percent: 57,
        key: (16, 0x30),
        capacity_100wh: 160,
        thresholds_mv: [2900, 3700, 3500],
    }
}

fn measured(summary: &Summary) -> Measured<'_> {
    Measured {
        summary,
        cell: CellValues {
            voltage_mv: 3301,
            temperature_qc: 81,
            balancing: false,
        },
        currents_ma: [Some(32_000), None, Some(-63)],
    }
}

#[test]
fn every_field_stands_where_the_maker_puts_it() {
    let summary = summary();
    let frame = content(Some(measured(&summary))).encode();
    // Numbered from 1, as the maker does.
    let byte = |number: usize| frame[number - 1];
    let bytes = |from: usize, to: usize| &frame[from - 1..to];
    assert_eq!(bytes(1, 3), [0x01, 0x05, 0xFF]);
    assert_eq!(bytes(4, 6), [b'+', 0x01, 0x00]);
    assert_eq!(bytes(7, 9), [b'X', 0, 0]);
    assert_eq!(bytes(10, 12), [b'-', 0, 1], "63 mA is nearer to one step");
    assert_eq!(bytes(13, 15), [0x02, 0x30, 3]);
    assert_eq!(bytes(16, 18), [0x02, 0xAA, 101]);
    assert_eq!(bytes(19, 21), [0x01, 0x14, 2]);
    assert_eq!(bytes(22, 24), [0x01, 0x28, 9]);
    assert_eq!((byte(25), byte(26)), (7, 102));
    assert_eq!(bytes(27, 30), [0x02, 0x94, 0x01, 0x28]);
    assert_eq!(byte(31), 0b11);
    assert_eq!(bytes(32, 34), [0, 0, 1]);
    assert_eq!(bytes(35, 37), [0x00, 0xF2, 0x21]);
    assert_eq!(bytes(38, 40), [0, 1, 2]);
    assert_eq!(byte(41), 57);
    assert_eq!(bytes(42, 44), [0, 0, 4]);
    assert_eq!(bytes(45, 47), [0x01, 0x11, 0x70]);
    assert_eq!(bytes(48, 49), [0x19 + 16, 0x30]);
    assert_eq!(bytes(50, 51), [0x00, 0xA0]);
    assert_eq!(bytes(52, 57), [0x02, 0x44, 0x02, 0xE4, 0x02, 0xBC]);
    let sum: u32 = bytes(1, 57).iter().map(|&b| u32::from(b)).sum();
    assert_eq!(byte(58), sum as u8);
}

#[test]
fn a_comm_error_shows_zeros_and_unknown_currents() {
    let summary = summary();
    let with = content(Some(measured(&summary))).encode();
    let without = content(None).encode();
    for number in 1..=57 {
        let shown = without[number - 1];
        match number {
            4 | 7 | 10 => assert_eq!(shown, b'X'),
            1..=24 | 27..=30 => assert_eq!(shown, 0, "byte {number}"),
            _ => assert_eq!(shown, with[number - 1], "byte {number} stays"),
        }
    }
}

#[test]
fn status_bits_stand_in_the_makers_order() {
    let all = Status1 {
        soc_not_calibrated: true,
        above_t_max: true,
        below_t_min: true,
        above_v_max: true,
        below_v_min: true,
        comm_error: true,
        discharge_allowed: true,
        charge_allowed: true,
    };
    assert_eq!(all.byte(), 0xFF);
    let only = Status1 {
        comm_error: true,
        ..Status1::default()
    };
    assert_eq!(only.byte(), 0b100);
}

#[test]
fn temperatures_round_to_the_nearest_on_both_sides_of_zero() {
    for (quarter_c, steps) in [
        (0, 276),
        (1, 276),
        (2, 277),
        (-2, 276),
        (-3, 275),
        (-160, 236),
        (340, 361),
    ] {
        assert_eq!(
            temperature_steps(quarter_c),
            steps,
            "{quarter_c} quarter degrees"
        );
    }
}
