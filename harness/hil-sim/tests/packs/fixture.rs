//! Single boards with the reference firmware: the bench plays their neighbours and reads their OUT.

use hil_core::channel::{Channel, Signal};
use hil_core::plan::{BoardRole, Pack};
use hil_core::ports::{Bench, BenchError};
use hil_sim::{Defect, Role, Setup, VirtualBench, VirtualRig};

use crate::FLASHED;
use crate::common::{Probe, double_words, image, rising, run, set, show};

fn alone(role: BoardRole, defect: Option<Defect>) -> VirtualBench {
    let board = Some(role);
    let pack = Pack {
        board,
        ..Pack::of(4, "lifepo4")
    };
    let setup = Setup {
        defect,
        ..Setup::new(&pack, Some(3.4))
    };
    VirtualBench::open(&FLASHED, setup, 1)
}

#[test]
fn a_begin_board_says_what_it_measures_and_how_its_switches_stand() {
    let mut bench = alone(BoardRole::Begin, None);
    set(&mut bench, Signal::CellVoltage, 1, 3.20);
    set(&mut bench, Signal::CellTemperature, 1, 40.0);
    set(&mut bench, Signal::SensorCurrent, 1, 10.0);
    set(&mut bench, Signal::SensorPlug, 2, 1.0);
    run(&mut bench, 10_500);
    assert_eq!(show(&mut bench, Signal::ChainFrame, 0), 10.0);
    assert_eq!(show(&mut bench, Signal::ChainCheck, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::ChainCells, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::ChainVbalance, 0), 3.4);
    assert!((show(&mut bench, Signal::ChainSensorCurrent, 1) - 10.0).abs() < 0.1);
    assert!(show(&mut bench, Signal::ChainSensorCurrent, 2).is_nan());
    assert!((show(&mut bench, Signal::ChainCellVoltage, 1) - 3.20).abs() < 0.02);
    assert!((show(&mut bench, Signal::ChainCellTemperature, 1) - 40.0).abs() < 4.0);
}

#[test]
fn a_between_board_passes_on_what_it_is_given_and_adds_its_own_cell() {
    let mut bench = alone(BoardRole::Between, None);
    set(&mut bench, Signal::CellVoltage, 1, 3.123);
    set(&mut bench, Signal::CellVoltage, 2, 3.5);
    set(&mut bench, Signal::SensorCurrent, 2, 7.0);
    run(&mut bench, 10_000);
    assert_eq!(show(&mut bench, Signal::ChainCheck, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::ChainCells, 0), 2.0);
    assert_eq!(show(&mut bench, Signal::ChainCellVoltage, 1), 3.123);
    assert_eq!(show(&mut bench, Signal::ChainSensorCurrent, 2), 7.0);
    assert!((show(&mut bench, Signal::ChainCellVoltage, 2) - 3.5).abs() < 0.02);
    assert_eq!(show(&mut bench, Signal::ChainCellBalancing, 2), 1.0);
    set(&mut bench, Signal::Link, 1, 5.0);
    run(&mut bench, 12_000);
    assert_eq!(show(&mut bench, Signal::ChainCheck, 0), 0.0);
}

#[test]
fn an_end_board_takes_the_played_boards_for_a_pack() {
    let mut bench = alone(BoardRole::End, None);
    set(&mut bench, Signal::CellVoltage, 2, 3.15);
    set(&mut bench, Signal::PackCurrent, 0, 10.0);
    run(&mut bench, 25_000);
    assert_eq!(show(&mut bench, Signal::ExtCells, 0), 4.0);
    assert_eq!(show(&mut bench, Signal::ExtLowestVoltage, 0), 3.15);
    assert_eq!(show(&mut bench, Signal::ExtLowestVoltageCell, 0), 2.0);
    assert!((show(&mut bench, Signal::ExtPackCurrent, 0) - 10.0).abs() < 0.2);
    assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 1.0);
    set(&mut bench, Signal::BoardPower, 1, 0.0);
    run(&mut bench, 35_000);
    assert_eq!(show(&mut bench, Signal::ExtStatusCommError, 0), 1.0);
    assert_eq!(show(&mut bench, Signal::RelayCharge, 0), 0.0);
}

#[test]
fn a_fixture_shows_its_own_board_only() {
    let cases = [
        (BoardRole::Begin, Channel::plain(Signal::RelayCharge)),
        (BoardRole::Begin, Channel::at(Signal::LedInfo, 2)),
        (BoardRole::Between, Channel::plain(Signal::ExtSoc)),
        (BoardRole::End, Channel::plain(Signal::ChainFrame)),
        (BoardRole::End, Channel::at(Signal::BoardSupply, 1)),
    ];
    for (role, channel) in cases {
        let shown = alone(role, None).read(channel);
        assert!(matches!(shown, Err(BenchError::NoChannel(_))), "{channel}");
    }
}

#[test]
fn only_the_board_in_the_fixture_needs_to_be_flashed() {
    let rig = VirtualRig::with_boards(&[Role::Between]).expect("loopback ports are free");
    let image = double_words(&image(Role::Between.name()));
    Probe::open(rig.probes()[0]).program(&image);
    let flashed = rig.finish().expect("one board");
    let board = Some(BoardRole::Between);
    let pack = Pack {
        board,
        ..Pack::of(3, "lifepo4")
    };
    let mut bench = VirtualBench::open(&flashed, Setup::new(&pack, Some(3.4)), 1);
    let led = Channel::at(Signal::LedInfo, 2);
    bench.observe(&[led]).expect("exists");
    let seen = run(&mut bench, 10_000);
    assert!(rising(&seen, led).len() >= 9);
    assert_eq!(show(&mut bench, Signal::ChainCells, 0), 2.0);
}

#[test]
fn a_defect_of_the_board_shows() {
    let mut bench = alone(BoardRole::Begin, Some(Defect::CellDivider3Percent));
    run(&mut bench, 5_000);
    assert!(show(&mut bench, Signal::ChainCellVoltage, 1) > 3.3 + 0.05);
    for (defect, frames) in [(Defect::ChainOutDead, 0.0), (Defect::ChainOutWeak, 0.0)] {
        let mut bench = alone(BoardRole::Begin, Some(defect));
        run(&mut bench, 5_000);
        assert_eq!(show(&mut bench, Signal::ChainFrame, 0), frames, "{defect}");
    }
}
