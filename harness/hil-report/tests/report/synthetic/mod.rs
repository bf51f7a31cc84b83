//! A record made by hand for the tests: one cell of four rises through Vmax. The wave forms are
//! invented, deterministic and roughly right; no bench and no runner is involved.

mod judgements;
mod plan;
mod waves;

use std::path::Path;

use hil_core::event::Event;
use hil_core::ports::{Identity, LogLine, RecordSink, SafeState, Sample};
use hil_core::{Channel, Signal, Time};
use hil_report::record::ClosedCase;
use hil_report::{CaseSink, RunFolder};

use judgements::judgements;
pub use plan::charge_vmax;
pub use waves::Waves;

/// The cell voltage at which the relay of a good board opens.
pub const GOOD: f64 = 3.704;
/// The same of a board that compares against Vmax + 50 mV.
pub const SHIFTED: f64 = 3.754;

/// A whole run of `charge-vmax` for cells 1 to 4; the cells in `shifted` get the bad board.
pub fn write_run(root: &Path, shifted: &[u16]) -> String {
    let mut run = RunFolder::create(root, None).unwrap();
    let ids: Vec<String> = (1..=4).map(|k| format!("charge-vmax/cell={k}")).collect();
    start(&mut run, &ids);
    let mut closed: Vec<ClosedCase> = Vec::new();
    for cell in 1..=4u16 {
        let trip = if shifted.contains(&cell) {
            SHIFTED
        } else {
            GOOD
        };
        let mut sink = run.case(&ids[usize::from(cell) - 1]).unwrap();
        write_case(&mut sink, cell, trip);
        closed.push(sink.close());
    }
    // The threads of a real run end in any order.
    closed.rotate_left(2);
    let worst = closed.iter().map(|c| c.verdict).max().unwrap();
    for case in closed {
        run.recorded(case).unwrap();
    }
    run.event(Time::ZERO, &Event::Safe { state: safe() })
        .unwrap();
    run.finish(worst).unwrap()
}

/// The first events of a run.
pub fn start(run: &mut RunFolder, ids: &[String]) {
    let started = Event::RunStarted {
        tool: "0.1.0".to_owned(),
        seed: 1,
        arguments: Vec::new(),
        rig_sha256: "5f".repeat(32),
        inputs_sha256: std::collections::BTreeMap::new(),
        cases: ids.to_vec(),
        skipped: vec![(
            "pack-16-cells/cells=16".to_owned(),
            "the rig has 4 cells, the case needs 16".to_owned(),
        )],
        dut_serial: None,
        hardware_revision: None,
    };
    let identity = Identity {
        rig: "virtual".to_owned(),
        kind: "virtual".to_owned(),
        instruments: vec!["virtual bench, 4 boards".to_owned()],
    };
    run.event(Time::ZERO, &started).unwrap();
    run.event(Time::ZERO, &Event::Identified { identity })
        .unwrap();
    for board in 1..=4u16 {
        let image = match board {
            1 => "begin",
            4 => "end",
            _ => "between",
        };
        let flashed = Event::Flashed {
            board,
            image: image.to_owned(),
            image_sha256: format!("{board:02x}").repeat(32),
            erased: 65_536,
            programmed: 21_480,
            verified: 21_480,
            read_back_sha256: format!("{:02x}", board + 16).repeat(32),
            copy_of: (board == 3).then_some(2),
        };
        run.event(Time::ZERO, &flashed).unwrap();
    }
}

fn safe() -> SafeState {
    SafeState {
        read_back: vec![
            (Channel::plain(Signal::PackCurrent), 0.0),
            (Channel::at(Signal::CellVoltage, 1), f64::NAN),
        ],
        verified: true,
    }
}

/// One case, whose relay opens at `trip` volts.
pub fn write_case(sink: &mut CaseSink, cell: u16, trip: f64) {
    let waves = Waves::new(cell, trip);
    let mut samples = waves.samples();
    let mut hand_over = |sink: &mut CaseSink, until: Time| {
        let split = samples.partition_point(|s| s.at <= until);
        let rest = samples.split_off(split);
        sink.samples(&std::mem::replace(&mut samples, rest))
            .unwrap();
    };
    for (at, event) in events(cell, &waves) {
        hand_over(sink, at);
        sink.event(at, &event).unwrap();
    }
}

fn events(cell: u16, waves: &Waves) -> Vec<(Time, Event)> {
    let (ready, ramp, opens, end) = (waves.allowed, waves.ramp, waves.opens, waves.end());
    let applied = |channel, value| Event::Applied { channel, value };
    let voltage = Channel::at(Signal::CellVoltage, cell);
    let log = |at, board, level: &str, text: &str| {
        let line = LogLine {
            at,
            board,
            level: level.to_owned(),
            text: text.to_owned(),
        };
        (at, Event::Log { line })
    };
    let plan = Box::new(charge_vmax(cell));
    let mut events = vec![
        (Time::ZERO, Event::CaseStarted { plan, seed: 77 }),
        (Time::ZERO, Event::StepStarted { step: 0 }),
        (
            Time(2_000),
            applied(Channel::plain(Signal::PackCurrent), 20.0),
        ),
        log(Time(3_400), 4, "info", "power-up, relays not allowed"),
        log(ready, 4, "info", "charge allowed, load allowed"),
        (ready, Event::Ready { step: 0 }),
        (ready, Event::StepEnded { step: 0 }),
        (ramp, Event::StepStarted { step: 1 }),
        (ramp, applied(voltage, 3.64)),
        (ramp, Event::Ready { step: 1 }),
        (ramp, Event::Running { stimulus: 1 }),
        log(
            opens,
            4,
            "warn",
            "charge not allowed: a cell is at or above Vmax",
        ),
    ];
    for (expectation, judgement) in judgements(waves).into_iter().enumerate() {
        let event = Event::Decided {
            step: 1,
            expectation,
            judgement,
        };
        events.push((end, event));
    }
    let verdict = judgements(waves).iter().map(|j| j.verdict).max().unwrap();
    events.push((end, Event::StepEnded { step: 1 }));
    events.push((end, Event::Safe { state: safe() }));
    events.push((end, Event::CaseFinished { verdict }));
    events
}

/// Samples of one channel, for tests that need nothing else.
pub fn ramp(channel: Channel, count: u64, every_us: u64) -> Vec<Sample> {
    let value = |i: u64| (i as f64 / 1000.0).sin() + (i % 97) as f64 / 500.0;
    let sample = |i| Sample {
        channel,
        at: Time(i * every_us),
        value: value(i),
    };
    (0..count).map(sample).collect()
}
