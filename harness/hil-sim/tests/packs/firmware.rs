//! Whole packs with the reference firmware: what leaves the boards by pins and wires.

use std::sync::Arc;

use hil_core::channel::{Channel, Signal};
use hil_core::ports::{Bench, Observations, Sample};
use hil_core::time::Time;
use hil_sim::LogTables;

use crate::FLASHED;
use crate::common::{self, open, rising, run, set, show};
use crate::settled;

#[test]
fn a_pack_boots_reports_every_second_and_allows_both_relays() {
    let mut bench = open(&FLASHED, 4, 1);
    let frames = Channel::plain(Signal::ExtFrame);
    bench.observe(&[frames]).expect("exists");
    let seen = run(&mut bench, 20_000);
    let at: Vec<u64> = seen
        .iter()
        .skip(1)
        .map(|sample| sample.at.0 / 1000)
        .collect();
    assert!(at.len() >= 18, "{at:?}");
    for pair in at.windows(2) {
        assert!((900..=1100).contains(&(pair[1] - pair[0])), "{at:?}");
    }
    assert_eq!(show(&mut bench, Signal::ExtChecksum, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::ExtCells, 0), 4.0);
    assert_eq!(show(&mut bench, Signal::ExtStatusCommError, 0), 0.0);
    assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 1.0);
}

#[test]
fn measured_values_come_out_of_ext_out_within_the_boards_accuracy() {
    let mut bench = open(&FLASHED, 4, 1);
    set(&mut bench, Signal::CellVoltage, 2, 3.20);
    set(&mut bench, Signal::CellTemperature, 3, 40.0);
    set(&mut bench, Signal::PackCurrent, 0, -10.0);
    run(&mut bench, 20_000);
    assert!((show(&mut bench, Signal::ExtLowestVoltage, 0) - 3.20).abs() <= 0.020);
    assert_eq!(show(&mut bench, Signal::ExtLowestVoltageCell, 0), 2.0);
    assert!((show(&mut bench, Signal::ExtHighestTemperature, 0) - 40.0).abs() <= 4.0);
    assert_eq!(show(&mut bench, Signal::ExtHighestTemperatureCell, 0), 3.0);
    assert!((show(&mut bench, Signal::ExtPackCurrent, 0) + 10.0).abs() <= 0.2);
}

#[test]
fn info_leds_blink_once_a_second_and_a_broken_link_is_where_they_stop() {
    let mut bench = settled();
    let leds: Vec<Channel> = (1..=4).map(|k| Channel::at(Signal::LedInfo, k)).collect();
    set(&mut bench, Signal::Link, 2, 1.0);
    bench.observe(&leds).expect("exist");
    let seen = run(&mut bench, 30_000);
    let blinks: Vec<usize> = leds.iter().map(|led| rising(&seen, *led).len()).collect();
    assert!(
        blinks[..2].iter().all(|count| (9..=11).contains(count)),
        "{blinks:?}"
    );
    assert!(blinks[2..].iter().all(|count| *count <= 1), "{blinks:?}");
    assert_eq!(show(&mut bench, Signal::ExtStatusCommError, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 0.0);
    assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 0.0);
    set(&mut bench, Signal::Link, 2, 0.0);
    run(&mut bench, 50_000);
    assert_eq!(show(&mut bench, Signal::ExtStatusCommError, 0), 0.0);
    assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 1.0);
}

#[test]
fn no_disturbance_of_a_wire_looks_like_a_measurement() {
    for wire in [2.0, 3.0, 4.0] {
        let mut bench = settled();
        set(&mut bench, Signal::Link, 3, wire);
        run(&mut bench, 30_000);
        assert_eq!(
            show(&mut bench, Signal::ExtStatusCommError, 0),
            1.0,
            "{wire}"
        );
        assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 0.0, "{wire}");
    }
}

#[test]
fn a_cell_above_v_balance_is_drawn_down_by_one_ampere_with_its_led_steady() {
    let mut bench = settled();
    set(&mut bench, Signal::CellVoltage, 3, 3.5);
    run(&mut bench, 25_000);
    let wanted = [3, 2].map(|k| Channel::at(Signal::BoardBalancing, k));
    let led = Channel::at(Signal::LedInfo, 3);
    bench.observe(&[wanted[0], wanted[1], led]).expect("exist");
    let seen = run(&mut bench, 35_000);
    let mean = |channel| {
        let of: Vec<f64> = seen
            .iter()
            .filter(|s| s.channel == channel)
            .map(|s| s.value)
            .collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    assert!(
        (mean(wanted[0]) - 3.5 / 3.3).abs() < 0.1,
        "{}",
        mean(wanted[0])
    );
    assert!(mean(wanted[1]).abs() < 0.01, "{}", mean(wanted[1]));
    let lit: Vec<f64> = seen
        .iter()
        .filter(|s| s.channel == led)
        .map(|s| s.value)
        .collect();
    assert_eq!(lit, [1.0]);
}

#[test]
fn a_board_without_supply_or_in_brown_out_lets_the_relays_fall() {
    for (signal, value) in [(Signal::BoardPower, 0.0), (Signal::CellVoltage, 1.2)] {
        let mut bench = settled();
        set(&mut bench, signal, 4, value);
        run(&mut bench, 20_050);
        assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 0.0, "{signal:?}");
        assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 0.0, "{signal:?}");
    }
}

#[test]
fn the_supply_current_is_that_of_a_sleeping_board() {
    let mut bench = settled();
    let supplies: Vec<Channel> = (1..=4)
        .map(|k| Channel::at(Signal::BoardSupply, k))
        .collect();
    bench.observe(&supplies).expect("exist");
    let seen = run(&mut bench, 30_000);
    for supply in supplies {
        let of: Vec<f64> = seen
            .iter()
            .filter(|s| s.channel == supply)
            .map(|s| s.value)
            .collect();
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        assert!((mean - 1.9e-3).abs() < 0.3e-3, "{supply} {mean}");
    }
}

#[test]
fn the_same_seed_repeats_a_whole_pack_to_the_bit() {
    let trace = |seed| {
        let mut bench = open(&FLASHED, 4, seed);
        let mut wanted = vec![Channel::plain(Signal::ExtPackVoltage)];
        wanted.extend((1..=4).map(|k| Channel::at(Signal::LedInfo, k)));
        bench.observe(&wanted).expect("exist");
        run(&mut bench, 10_000)
    };
    let bits = |trace: Vec<Sample>| -> Vec<(u64, u64)> {
        trace
            .iter()
            .map(|sample| (sample.at.0, sample.value.to_bits()))
            .collect()
    };
    let first = bits(trace(1));
    assert_eq!(first, bits(trace(1)));
    assert_ne!(first, bits(trace(2)));
}

#[test]
fn boards_do_not_feel_how_often_somebody_looks() {
    let wanted: Vec<Channel> = (1..=4)
        .map(|k| Channel::at(Signal::LedInfo, k))
        .chain([
            Channel::plain(Signal::ExtPackVoltage),
            Channel::plain(Signal::RelayCharge),
        ])
        .collect();
    let trace = |watch: &[Channel], pieces_ms: u64| {
        let mut bench = open(&FLASHED, 4, 1);
        bench.observe(&wanted).expect("exist");
        let mut out = Observations::default();
        let end = Time(20_000_000);
        while bench.now() < end {
            let until = end.min(Time(bench.now().0 + pieces_ms * 1000));
            bench
                .run_until(until, watch, &mut out)
                .expect("nothing can fail on this bench");
        }
        let bits = |s: &Sample| (s.at, s.channel, s.value.to_bits());
        let mut trace: Vec<_> = out.samples.iter().map(bits).collect();
        trace.sort_unstable();
        trace
    };
    assert_eq!(trace(&[], 20_000), trace(&wanted, 7));
}

#[test]
fn the_boards_log_what_they_do_and_stay_within_what_is_modelled() {
    let [begin, between, end] = ["begin", "between", "end"].map(common::image);
    let tables = LogTables::new(&begin, &between, &end).expect("the images log with defmt");
    let mut bench = open(&FLASHED, 4, 1);
    bench.read_logs(&Arc::new(tables));
    let mut out = Observations::default();
    bench
        .run_until(Time(20_000_000), &[], &mut out)
        .expect("nothing can fail on this bench");
    let of = |board, text: &str| {
        let mut lines = out.logs.iter();
        lines.any(|line| line.board == board && line.level == "info" && line.text == text)
    };
    assert!(of(4, "pack of 4 cells"), "{:#?}", out.logs);
    assert!(of(4, "charge allowed: true"), "{:#?}", out.logs);
    assert!(out.logs.is_sorted_by_key(|line| (line.at, line.board)));
    let trouble: Vec<_> = out
        .logs
        .iter()
        .filter(|line| line.level != "info")
        .collect();
    assert!(trouble.is_empty(), "{trouble:#?}");
}
