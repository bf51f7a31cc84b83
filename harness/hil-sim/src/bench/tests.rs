//! The bench around boards without firmware: channels, times, envelope, safe state.

use std::sync::atomic::Ordering;

use hil_core::plan::Pack;

use super::*;

fn bench(seed: u64) -> VirtualBench {
    let pack = Pack {
        banks: 2,
        ..Pack::of(4, "lifepo4")
    };
    VirtualBench::open(&Flashed::erased(), Setup::new(&pack, Some(3.4)), seed)
}

const CELL_2: Channel = Channel::at(Signal::CellVoltage, 2);
const TERMINAL_2: Channel = Channel::at(Signal::BoardTerminal, 2);
const POWER_2: Channel = Channel::at(Signal::BoardPower, 2);

fn run(bench: &mut VirtualBench, until_ms: u64, watch: &[Channel]) -> (Pause, Vec<Sample>) {
    let mut out = Observations::default();
    let pause = bench
        .run_until(Time(until_ms * 1000), watch, &mut out)
        .expect("nothing can fail on this bench");
    (pause, out.samples)
}

#[test]
fn the_first_run_powers_every_board_that_was_not_written() {
    let mut bench = bench(1);
    bench
        .observe(&[TERMINAL_2, Channel::at(Signal::BoardTerminal, 3)])
        .expect("both exist");
    bench.write(POWER_2, 0.0).expect("inside the envelope");
    let (_, samples) = run(&mut bench, 1, &[]);
    let shown: Vec<bool> = samples.iter().map(|sample| sample.value > 3.0).collect();
    assert_eq!(shown, [false, true]);
    assert_eq!(bench.read(POWER_2).expect("exists").value, 0.0);
}

#[test]
fn a_write_is_read_back_at_once_and_then_every_period() {
    let mut bench = bench(1);
    bench.observe(&[CELL_2]).expect("exists");
    run(&mut bench, 250, &[]);
    bench.write(CELL_2, 3.65).expect("inside the envelope");
    let (pause, samples) = run(&mut bench, 500, &[]);
    assert_eq!(pause, Pause::Reached);
    let times: Vec<u64> = samples.iter().map(|sample| sample.at.0 / 1000).collect();
    // What it was just before the jump, and what it is from then on.
    assert_eq!(times, [250, 250, 300, 400, 500]);
    assert!((samples[0].value - 3.3).abs() <= VOLTAGE_UNCERTAINTY_V);
    for sample in &samples[1..] {
        assert!(
            (sample.value - 3.65).abs() <= VOLTAGE_UNCERTAINTY_V,
            "{sample:?}"
        );
    }
}

#[test]
fn a_small_step_of_a_ramp_and_a_second_write_at_once_need_no_reading_before() {
    let mut bench = bench(1);
    bench.observe(&[CELL_2]).expect("exists");
    run(&mut bench, 250, &[]);
    for volts in [3.301, 3.4, 3.5] {
        bench.write(CELL_2, volts).expect("inside the envelope");
    }
    let (_, samples) = run(&mut bench, 260, &[]);
    let shown: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!((shown[0] - 3.301).abs() <= VOLTAGE_UNCERTAINTY_V);
    assert!((shown[1] - 3.5).abs() <= VOLTAGE_UNCERTAINTY_V);
}

#[test]
fn the_pack_current_drives_one_sensor_and_leaves_the_other_at_zero() {
    let mut bench = bench(1);
    let shown = |bench: &mut VirtualBench, signal, index| {
        bench
            .read(Channel::at(signal, index))
            .expect("exists")
            .value
    };
    bench
        .write(Channel::plain(Signal::PackCurrent), -20.0)
        .expect("inside the envelope");
    assert!(shown(&mut bench, Signal::SensorCurrent, 1).abs() <= CURRENT_UNCERTAINTY_A);
    assert!((shown(&mut bench, Signal::SensorCurrent, 2) - 20.0).abs() <= CURRENT_UNCERTAINTY_A);
    assert!((shown(&mut bench, Signal::PackCurrent, 0) + 20.0).abs() <= CURRENT_UNCERTAINTY_A);
}

#[test]
fn a_watched_change_ends_the_run() {
    let mut bench = bench(1);
    bench.observe(&[CELL_2]).expect("exists");
    let (pause, samples) = run(&mut bench, 60_000, &[CELL_2]);
    assert_eq!(pause, Pause::Changed);
    assert_eq!((samples.len(), bench.now()), (1, Time::ZERO));
}

#[test]
fn an_interruption_ends_the_run() {
    let mut bench = bench(1);
    bench.setup.interrupt.store(true, Ordering::Relaxed);
    assert_eq!(run(&mut bench, 1000, &[]).0, Pause::Interrupted);
}

#[test]
fn writes_outside_the_envelope_and_the_rig_are_refused() {
    let mut bench = bench(1);
    let volts = |value| (CELL_2, value);
    let link = Channel::at(Signal::Link, 1);
    for (channel, value) in [
        volts(6.0),
        volts(-0.1),
        volts(f64::NAN),
        (link, 99.0),
        (link, 0.5),
    ] {
        let refused = bench.write(channel, value);
        assert!(
            matches!(refused, Err(BenchError::Envelope { .. })),
            "{channel} {value}"
        );
    }
    let third_bank = Channel { bank: 3, ..CELL_2 };
    for channel in [Channel::at(Signal::Link, 4), TERMINAL_2, third_bank] {
        let refused = bench.write(channel, 0.0);
        assert!(
            matches!(refused, Err(BenchError::NoChannel(_))),
            "{channel}"
        );
    }
}

#[test]
fn safe_switches_everything_off_and_says_so() {
    let mut bench = bench(1);
    bench
        .write(Channel::plain(Signal::PackCurrent), 20.0)
        .expect("inside the envelope");
    run(&mut bench, 100, &[]);
    let state = bench.safe().expect("nothing can fail on this bench");
    assert!(state.verified, "{state:?}");
    // Two banks of two contacts, two sensors, four powers, four cells, two relays.
    assert_eq!(state.read_back.len(), 2 * 14);
    assert_eq!(bench.read(TERMINAL_2).expect("exists").value.round(), 0.0);
}

#[test]
fn the_same_seed_repeats_to_the_bit_and_another_does_not() {
    let trace = |seed| {
        let mut bench = bench(seed);
        let wanted: Vec<Channel> = (1..=4)
            .map(|k| Channel::at(Signal::BoardTerminal, k))
            .collect();
        bench.observe(&wanted).expect("exist");
        run(&mut bench, 2_000, &[]).1
    };
    assert_eq!(trace(1), trace(1));
    assert_ne!(trace(1), trace(2));
}

const fn plain(signal: Signal) -> Channel {
    Channel::plain(signal)
}

#[test]
fn a_command_nobody_answers_takes_two_seconds_of_which_nothing_is_lost() {
    let mut bench = bench(1);
    let answer = plain(Signal::AppAnswer);
    bench.observe(&[TERMINAL_2, answer]).expect("both exist");
    run(&mut bench, 50, &[]);
    let write = |bench: &mut VirtualBench, signal, value| {
        let written = bench.write(plain(signal), value);
        written.expect("inside the envelope").0 / 1000
    };
    assert_eq!(write(&mut bench, Signal::AppLink, 1.0), 50);
    // The board has no firmware: the connection is made, the log-in is sent, nobody answers.
    let done = write(&mut bench, Signal::AppCommand, 1.0);
    assert!((2_150..2_250).contains(&done), "{done}");
    let (_, samples) = run(&mut bench, done, &[]);
    assert!(samples.is_sorted_by_key(|sample| sample.at));
    let of = |channel| samples.iter().filter(move |s| s.channel == channel);
    let answers: Vec<f64> = of(answer).map(|sample| sample.value).collect();
    assert_eq!(answers, [0.0, 3.0], "none, then silent");
    let terminal: Vec<u64> = of(TERMINAL_2).map(|s| s.at.0 / 1000).collect();
    let expected: Vec<u64> = (1..=done / 100).map(|n| n * 100).collect();
    assert_eq!(terminal, expected, "every reading of that time");
}

#[test]
fn without_a_connection_a_command_is_given_up_and_settings_stay_unknown() {
    let mut bench = bench(1);
    bench
        .write(plain(Signal::SettingVmin), 2.15)
        .expect("inside the envelope");
    let done = bench
        .write(plain(Signal::AppCommand), 3.0)
        .expect("inside the envelope");
    assert_eq!(done.0 / 1000, 2_000);
    let shown = |bench: &mut VirtualBench, signal| bench.read(plain(signal)).expect("exists").value;
    assert_eq!(shown(&mut bench, Signal::AppAnswer), 3.0);
    assert!(
        shown(&mut bench, Signal::SettingVmin).is_nan(),
        "not reported"
    );
    assert_eq!(shown(&mut bench, Signal::AppPin), 1234.0);
}

#[test]
fn an_interruption_ends_a_command() {
    let mut bench = bench(1);
    bench.setup.interrupt.store(true, Ordering::Relaxed);
    let done = bench.write(plain(Signal::AppCommand), 1.0);
    assert_eq!(done.expect("inside the envelope"), Time::ZERO);
}

#[test]
fn a_connection_takes_the_supply_current_of_its_hardware() {
    use hil_core::plan::Hardware;

    for (hardware, amps) in [(Hardware::Hw1, 9.1e-3), (Hardware::Hw2, 1.0e-3)] {
        let pack = Pack {
            hardware,
            ..Pack::of(2, "lifepo4")
        };
        let setup = Setup::new(&pack, Some(3.4));
        let mut bench = VirtualBench::open(&Flashed::erased(), setup, 1);
        let supply = Channel::at(Signal::BoardSupply, 2);
        let mean = |bench: &mut VirtualBench, until| {
            bench.read(supply).expect("exists");
            run(bench, until, &[]);
            bench.read(supply).expect("exists").value
        };
        run(&mut bench, 500, &[]);
        let idle = mean(&mut bench, 1_000);
        bench
            .write(plain(Signal::AppLink), 1.0)
            .expect("inside the envelope");
        run(&mut bench, 1_010, &[]);
        let connected = mean(&mut bench, 2_000);
        assert!(
            (connected - idle - amps).abs() < 0.1e-3,
            "{idle} {connected}"
        );
        bench
            .write(Channel::at(Signal::BoardPower, 2), 0.0)
            .expect("inside the envelope");
        run(&mut bench, 2_010, &[]);
        let link = bench.read(plain(Signal::AppLink)).expect("exists").value;
        assert_eq!(link, 0.0, "the phone has noticed");
    }
}
