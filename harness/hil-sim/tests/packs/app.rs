//! The app on packs with the reference firmware: what a phone gets over the Bluetooth bridge.

use hil_core::channel::{APP_ANSWER, APP_COMMAND, Channel, Signal};
use hil_core::plan::{Hardware, Pack};
use hil_core::ports::Bench;
use hil_core::time::Time;
use hil_sim::{Setup, VirtualBench};

use crate::FLASHED;
use crate::common::{open, run, set, show};

/// Lets so many milliseconds pass.
pub fn pass(bench: &mut VirtualBench, ms: u64) {
    let until = bench.now().0 / 1000 + ms;
    run(bench, until);
}

/// The phone connects and sends a command; gives the answer's word.
pub fn ask(bench: &mut VirtualBench, command: &str) -> &'static str {
    set(bench, Signal::AppLink, 0, 1.0);
    let word = APP_COMMAND.iter().position(|word| *word == command);
    let value = word.expect("a command") as f64;
    set(bench, Signal::AppCommand, 0, value);
    APP_ANSWER[show(bench, Signal::AppAnswer, 0) as usize]
}

fn with_pin(bench: &mut VirtualBench, pin: f64, command: &str) -> &'static str {
    set(bench, Signal::AppPin, 0, pin);
    ask(bench, command)
}

/// Power-cycles every board at the present time.
fn cycle(bench: &mut VirtualBench) {
    for power in [0.0, 1.0] {
        for k in 1..=4 {
            set(bench, Signal::BoardPower, k, power);
        }
        pass(bench, 500);
    }
}

#[test]
fn a_right_pin_opens_and_a_wrong_one_gets_neither_data_nor_settings() {
    let mut bench = open(&FLASHED, 4, 1);
    // At once after power-on, as a profile's settings are sent.
    assert_eq!(with_pin(&mut bench, 4321.0, "log-in"), "refused");
    assert_eq!(ask(&mut bench, "read-settings"), "refused");
    pass(&mut bench, 5_000);
    assert_eq!(show(&mut bench, Signal::AppFrame, 0), 0.0);
    assert_eq!(with_pin(&mut bench, 1234.0, "log-in"), "accepted");
    let before = show(&mut bench, Signal::AppFrame, 0);
    pass(&mut bench, 10_000);
    let frames = show(&mut bench, Signal::AppFrame, 0) - before;
    assert!((9.0..=11.0).contains(&frames), "{frames}");
    assert_eq!(show(&mut bench, Signal::AppChecksum, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::AppCells, 0), 4.0);
}

#[test]
fn a_changed_pin_and_settings_outlive_a_power_cycle_and_a_long_press_brings_1234_back() {
    let mut bench = open(&FLASHED, 4, 1);
    assert_eq!(ask(&mut bench, "log-in"), "accepted");
    assert_eq!(with_pin(&mut bench, 5678.0, "change-pin"), "accepted");
    set(&mut bench, Signal::SettingVmin, 0, 2.8);
    set(&mut bench, Signal::SettingVmax, 0, 3.65);
    assert_eq!(ask(&mut bench, "apply-settings"), "accepted");
    cycle(&mut bench);
    assert_eq!(show(&mut bench, Signal::AppLink, 0), 0.0, "its supply went");
    assert_eq!(with_pin(&mut bench, 1234.0, "log-in"), "refused");
    assert_eq!(with_pin(&mut bench, 5678.0, "log-in"), "accepted");
    assert_eq!(ask(&mut bench, "read-settings"), "accepted");
    assert_eq!(show(&mut bench, Signal::SettingVmin, 0), 2.8);
    assert_eq!(show(&mut bench, Signal::SettingVmax, 0), 3.65);
    assert_eq!(show(&mut bench, Signal::SettingVnom, 0), 3.3);

    for (ms, link) in [(4_000, 1.0), (6_000, 0.0)] {
        set(&mut bench, Signal::ButtonEnd, 0, 1.0);
        pass(&mut bench, ms);
        set(&mut bench, Signal::ButtonEnd, 0, 0.0);
        pass(&mut bench, 500);
        assert_eq!(show(&mut bench, Signal::AppLink, 0), link, "{ms} ms");
    }
    assert_eq!(show(&mut bench, Signal::AppBridge, 0), 0.0, "it runs again");
    assert_eq!(with_pin(&mut bench, 5678.0, "log-in"), "refused");
    assert_eq!(with_pin(&mut bench, 1234.0, "log-in"), "accepted");
}

#[test]
fn settings_that_cannot_be_are_refused_and_change_nothing() {
    let mut bench = open(&FLASHED, 4, 1);
    assert_eq!(ask(&mut bench, "log-in"), "accepted");
    pass(&mut bench, 3_000);
    for (signal, value) in [
        (Signal::SettingVmin, 3.45),
        (Signal::SettingVmax, 5.5),
        (Signal::SettingTmax, -30.0),
    ] {
        set(&mut bench, Signal::SettingCapacity, 0, 50.0);
        set(&mut bench, signal, 0, value);
        assert_eq!(ask(&mut bench, "apply-settings"), "refused", "{signal:?}");
        assert_eq!(ask(&mut bench, "read-settings"), "accepted");
        assert_eq!(show(&mut bench, Signal::SettingCapacity, 0), 100.0);
    }
}

#[test]
fn the_text_stream_and_its_cells_fill_the_screen() {
    let mut bench = open(&FLASHED, 4, 1);
    set(&mut bench, Signal::CellVoltage, 3, 3.35);
    assert_eq!(ask(&mut bench, "log-in"), "accepted");
    assert_eq!(ask(&mut bench, "text"), "accepted");
    assert_eq!(ask(&mut bench, "cells-on"), "accepted");
    let frames = show(&mut bench, Signal::AppFrame, 0);
    pass(&mut bench, 12_000);
    assert_eq!(show(&mut bench, Signal::AppFrame, 0), frames, "text only");
    assert!(show(&mut bench, Signal::AppPacket, 0) >= 40.0);
    assert!((show(&mut bench, Signal::AppCellVoltage, 3) - 3.35).abs() <= 0.02);
    assert!((show(&mut bench, Signal::AppHighestVoltage, 0) - 3.35).abs() <= 0.02);
    set(&mut bench, Signal::Link, 2, 1.0);
    pass(&mut bench, 12_000);
    assert!(show(&mut bench, Signal::AppCells, 0).is_nan(), "E");
    assert!(show(&mut bench, Signal::AppCellVoltage, 3).is_nan());
    assert_eq!(ask(&mut bench, "frames"), "accepted");
}

#[test]
fn a_connected_end_board_draws_what_its_hardware_does() {
    for (hardware, amps) in [(Hardware::Hw1, 11.0e-3), (Hardware::Hw2, 2.9e-3)] {
        let pack = Pack {
            hardware,
            ..Pack::of(4, "lifepo4")
        };
        let mut bench = VirtualBench::open(&FLASHED, Setup::new(&pack, Some(3.4)), 1);
        assert_eq!(ask(&mut bench, "log-in"), "accepted");
        pass(&mut bench, 5_000);
        show(&mut bench, Signal::BoardSupply, 4);
        pass(&mut bench, 10_000);
        let supply = show(&mut bench, Signal::BoardSupply, 4);
        assert!((supply - amps).abs() < 0.3e-3, "{supply}");
    }
}

#[test]
fn a_phone_feels_as_little_as_the_boards_how_often_somebody_looks() {
    let wanted = [Signal::AppFrame, Signal::AppPackVoltage, Signal::AppLink].map(Channel::plain);
    let trace = |pieces_ms: u64| {
        let mut bench = open(&FLASHED, 4, 1);
        bench.observe(&wanted).expect("exist");
        assert_eq!(ask(&mut bench, "log-in"), "accepted");
        let asked = bench.now();
        let mut samples = Vec::new();
        while bench.now() < Time(20_000_000) {
            let next = (bench.now().0 / 1000 + pieces_ms).min(20_000);
            samples.extend(run(&mut bench, next));
        }
        let bits = |s: &hil_core::ports::Sample| (s.at, s.channel, s.value.to_bits());
        (asked, samples.iter().map(bits).collect::<Vec<_>>())
    };
    assert_eq!(trace(20_000), trace(7));
}
