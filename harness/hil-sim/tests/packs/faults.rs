//! What every fault of the rig does to a pack with the reference firmware.

use hil_core::channel::{Channel, Signal};
use hil_core::ports::{Bench, Sample};
use hil_sim::VirtualBench;

use crate::FLASHED;
use crate::common::{open, rising, run, set, show};
use crate::settled;

/// Runs for so many seconds with the Info LEDs of `cells` boards watched; gives each LED's blinks.
fn blinks(bench: &mut VirtualBench, cells: u16, seconds: u64) -> Vec<usize> {
    let leds: Vec<Channel> = (1..=cells)
        .map(|k| Channel::at(Signal::LedInfo, k))
        .collect();
    bench.observe(&leds).expect("exist");
    let until = bench.now().0 / 1000 + seconds * 1000;
    let seen = run(bench, until);
    leds.iter().map(|led| rising(&seen, *led).len()).collect()
}

fn has_comm_error(bench: &mut VirtualBench) -> bool {
    let error = show(bench, Signal::ExtStatusCommError, 0) == 1.0;
    let allowed = [Signal::RelayCharge, Signal::RelayLoad].map(|relay| show(bench, relay, 0));
    assert_eq!(allowed, if error { [0.0; 2] } else { [1.0; 2] });
    error
}

#[test]
fn a_corrupted_or_delayed_link_silences_the_boards_after_it_until_it_is_repaired() {
    for (link, wire) in [(1, 5.0), (2, 5.0), (3, 5.0), (1, 6.0), (3, 6.0)] {
        let mut bench = settled();
        set(&mut bench, Signal::Link, link, wire);
        let blinks = blinks(&mut bench, 4, 20);
        let (before, after) = blinks.split_at(usize::from(link));
        assert!(
            before.iter().all(|count| *count >= 19),
            "{link} {wire}: {blinks:?}"
        );
        assert!(
            after.iter().all(|count| *count <= 1),
            "{link} {wire}: {blinks:?}"
        );
        assert!(has_comm_error(&mut bench), "{link} {wire}");
        set(&mut bench, Signal::Link, link, 0.0);
        run(&mut bench, 60_000);
        assert!(!has_comm_error(&mut bench), "{link} {wire}");
    }
}

#[test]
fn swapped_boards_still_communicate_and_their_cell_numbers_are_exchanged() {
    let mut bench = settled();
    set(&mut bench, Signal::CellVoltage, 2, 3.20);
    set(&mut bench, Signal::BoardPlace, 2, 1.0);
    run(&mut bench, 40_000);
    assert!(!has_comm_error(&mut bench));
    assert_eq!(show(&mut bench, Signal::ExtLowestVoltageCell, 0), 3.0);
    set(&mut bench, Signal::BoardPlace, 2, 0.0);
    run(&mut bench, 60_000);
    assert_eq!(show(&mut bench, Signal::ExtLowestVoltageCell, 0), 2.0);
}

#[test]
fn a_missing_board_makes_a_smaller_pack_and_outside_the_dip_range_a_comm_error() {
    for (cells, error) in [(4, false), (5, true)] {
        let mut bench = open(&FLASHED, cells, 1);
        set(&mut bench, Signal::BoardPlace, 2, 2.0);
        run(&mut bench, 30_000);
        assert_eq!(has_comm_error(&mut bench), error, "{cells}");
        assert_eq!(show(&mut bench, Signal::BoardTerminal, 2).round(), 0.0);
        if !error {
            assert_eq!(show(&mut bench, Signal::ExtCells, 0), 3.0);
        }
        set(&mut bench, Signal::BoardPlace, 2, 0.0);
        run(&mut bench, 60_000);
        assert!(!has_comm_error(&mut bench), "{cells}");
        assert_eq!(show(&mut bench, Signal::ExtCells, 0), f64::from(cells));
    }
}

#[test]
fn links_around_a_missing_board_are_one_wire() {
    let mut bench = open(&FLASHED, 4, 1);
    set(&mut bench, Signal::BoardPlace, 2, 2.0);
    run(&mut bench, 30_000);
    for link in [1, 2] {
        set(&mut bench, Signal::Link, link, 3.0);
        let at = bench.now().0 / 1000;
        run(&mut bench, at + 10_000);
        assert!(has_comm_error(&mut bench), "{link}");
        set(&mut bench, Signal::Link, link, 0.0);
        run(&mut bench, at + 40_000);
        assert!(!has_comm_error(&mut bench), "{link}");
    }
}

#[test]
fn a_sensor_the_wrong_way_round_or_off_shows_in_the_current_and_a_pulled_one_is_unknown() {
    for (plug, amps) in [(0.0, 10.0), (1.0, f64::NAN), (2.0, -10.0), (3.0, 15.0)] {
        let mut bench = open(&FLASHED, 4, 1);
        set(&mut bench, Signal::SensorCurrent, 1, 10.0);
        set(&mut bench, Signal::SensorPlug, 1, plug);
        run(&mut bench, 10_000);
        let shown = show(&mut bench, Signal::ExtSensorCurrent, 1);
        let same = (shown.is_nan() && amps.is_nan()) || (shown - amps).abs() < 0.2;
        assert!(same, "plug {plug}: {shown}");
    }
}

#[test]
fn a_wrong_thermistor_reads_too_low_when_hot_and_an_open_or_shorted_one_stops_the_pack() {
    let mut bench = settled();
    set(&mut bench, Signal::CellTemperature, 3, 55.0);
    set(&mut bench, Signal::BoardNtc, 3, 3.0);
    run(&mut bench, 40_000);
    let hottest = show(&mut bench, Signal::ExtHighestTemperature, 0);
    // 10 kΩ · exp(3435 · (1/328.15 − 1/298.15)) = 3.487 kΩ, which B 3950 has at 50.6 °C.
    assert!((hottest - 50.6).abs() <= 2.0, "{hottest}");
    for ntc in [1.0, 2.0] {
        let mut bench = settled();
        set(&mut bench, Signal::BoardNtc, 3, ntc);
        run(&mut bench, 40_000);
        let relays = [Signal::RelayCharge, Signal::RelayLoad].map(|r| show(&mut bench, r, 0));
        assert_eq!(relays, [0.0; 2], "{ntc}");
    }
}

#[test]
fn a_board_in_brown_out_starts_again_every_second_and_never_lets_a_relay_close() {
    let mut bench = settled();
    set(&mut bench, Signal::BoardPower, 4, 2.0);
    let relays = [Signal::RelayCharge, Signal::RelayLoad].map(Channel::plain);
    let terminal = Channel::at(Signal::BoardTerminal, 4);
    bench
        .observe(&[relays[0], relays[1], terminal])
        .expect("exist");
    let seen = run(&mut bench, 40_000);
    let opened = seen.iter().rposition(|s| relays.contains(&s.channel));
    let opened = opened.map(|last| seen[last].at.0 / 1000);
    assert!(opened.is_some_and(|at| at < 20_100), "{opened:?}");
    assert!(!has_power_for_long(&seen, terminal));
    assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 0.0);
    set(&mut bench, Signal::BoardPower, 4, 1.0);
    run(&mut bench, 70_000);
    assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 1.0);
}

/// Whether a terminal had voltage for two seconds without a gap that a reading met.
fn has_power_for_long(seen: &[Sample], terminal: Channel) -> bool {
    let of: Vec<f64> = seen
        .iter()
        .filter(|s| s.channel == terminal)
        .map(|s| s.value)
        .collect();
    of.windows(20)
        .any(|window| window.iter().all(|volts| *volts > 3.0))
}

#[test]
fn a_pack_boots_whatever_the_order_its_boards_are_powered_in() {
    for order in [[4, 3, 2, 1], [2, 4, 1, 3], [3, 1, 4, 2]] {
        let mut bench = open(&FLASHED, 4, 1);
        for k in 1..=4 {
            set(&mut bench, Signal::BoardPower, k, 0.0);
        }
        for (n, k) in (1..).zip(order) {
            run(&mut bench, n * 3_300);
            set(&mut bench, Signal::BoardPower, k, 1.0);
        }
        run(&mut bench, 50_000);
        assert!(!has_comm_error(&mut bench), "{order:?}");
        assert_eq!(show(&mut bench, Signal::ExtCells, 0), 4.0, "{order:?}");
    }
}

#[test]
fn welded_contacts_stay_whatever_the_firmware_wants_and_bouncing_ones_are_open_too_long() {
    let mut bench = settled();
    set(&mut bench, Signal::ContactsCharge, 0, 1.0);
    set(&mut bench, Signal::ContactsLoad, 0, 2.0);
    set(&mut bench, Signal::Link, 1, 1.0);
    let load = Channel::plain(Signal::RelayLoad);
    bench.observe(&[load]).expect("exists");
    let seen = run(&mut bench, 30_000);
    assert_eq!(show(&mut bench, Signal::ExtStatusCharge, 0), 0.0);
    assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 1.0);
    let opened = seen.iter().position(|sample| sample.value == 2.0);
    let opened = opened.expect("the load relay moved");
    let open_us = seen[opened + 1].at.since(seen[opened].at).0;
    assert!(open_us > 20_000, "{open_us}");
    let state = bench.safe().expect("nothing can fail on this bench");
    assert!(state.verified, "{state:?}");
}

#[test]
fn the_shunt_shows_the_measuring_pause_of_a_balancing_board() {
    let mut bench = settled();
    set(&mut bench, Signal::CellVoltage, 2, 3.5);
    run(&mut bench, 25_000);
    let shunt = Channel::at(Signal::BoardShunt, 2);
    bench.observe(&[shunt]).expect("exists");
    let seen = run(&mut bench, 35_000);
    let pauses: Vec<u64> = seen
        .windows(2)
        .filter(|pair| pair[0].value == 0.0)
        .map(|pair| pair[1].at.since(pair[0].at).0)
        .collect();
    assert!((9..=11).contains(&pauses.len()), "{pauses:?}");
    assert!(
        pauses.iter().all(|us| (20_000..=50_000).contains(us)),
        "{pauses:?}"
    );
}
