//! Settings while the board runs: what they change at once, and what they must not move.

use super::tests::Pack;
use crate::dip::Dip;
use crate::settings::{SensorType, Settings};

#[test]
fn new_settings_hold_at_once_and_the_state_of_charge_does_not_jump() {
    let mut pack = Pack::new(4);
    pack.seconds(3600, 10_000);
    assert_eq!(pack.bms.soc_percent(), 60);
    let settings = pack
        .bms
        .settings()
        .changed(
            b"capacity=200,vnom=2400,vmin=2150,vfull=3450,mode=1",
            pack.bms.v_balance_mv(),
        )
        .expect("they agree");
    pack.bms.set_settings(settings);
    assert_eq!(pack.bms.soc_percent(), 60);
    let frame = pack.ext_out();
    assert_eq!(frame[49..51], [0, 19], "1.92 kWh");
    assert_eq!(frame[51..53], [0x01, 0xAE], "Vmin 2.15 V");
    pack.seconds(3600, 20_000);
    assert_eq!(pack.bms.soc_percent(), 70, "20 Ah of 200");
    pack.cells.fill((3500, 100));
    pack.seconds(12, 1000);
    assert_eq!(pack.bms.soc_percent(), 100);
    assert_eq!(pack.relays(), (true, true), "critical mode");
}

#[test]
fn v_full_is_a_key_of_its_own_and_v_balance_that_of_the_switches() {
    let mut pack = Pack::new(4);
    let settings = Settings {
        v_full_mv: 3500,
        ..Settings::DEFAULT
    };
    pack.bms.set_settings(settings);
    pack.seconds(1, 0);
    let mut v_full = [0, 0];
    for _ in 0..19 {
        let frame = pack.ext_out();
        assert_eq!(frame[55..57], [0x02, 0xA8], "V-balance 3.4 V");
        if let key @ 17..=18 = frame[47] - 25 {
            v_full[usize::from(key - 17)] = frame[48];
        }
    }
    assert_eq!(v_full, [0x02, 0xBC]);
}

#[test]
fn another_sensor_type_scales_current_energy_and_charge() {
    let mut pack = Pack::new(4);
    let settings = Settings {
        sensor: SensorType::Dual1000,
        ..Settings::DEFAULT
    };
    pack.seconds(2, 10_000);
    pack.bms.set_settings(settings);
    pack.seconds(3600, 10_000);
    let frame = pack.ext_out();
    assert_eq!(frame[3..12], [b'+', 0, 160, b'+', 0, 0, b'+', 0, 160]);
    assert_eq!(frame[31..34], [0, 1, 8], "264 Wh collected");
    assert_eq!(pack.bms.soc_percent(), 70);
}

#[test]
fn the_largest_pack_shows_the_largest_capacity_instead_of_a_wrapped_one() {
    let mut pack = Pack::new(4);
    pack.bms.set_settings(Settings {
        capacity_ah: 10_000,
        ..Settings::DEFAULT
    });
    pack.header.dip = Dip(0b0000_1111);
    pack.header.count = 255;
    pack.cells = vec![(3300, 100); 255];
    pack.second(0, 0).expect("picture");
    assert_eq!(pack.ext_out()[49..51], [0xFF, 0xFF]);
}
