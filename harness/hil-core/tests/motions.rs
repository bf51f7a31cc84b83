//! What takes time: ramps, pulses and square waves as a bench sees them written.

mod support;

use hil_core::event::Event;
use hil_core::plan::Stimulus;
use hil_core::{Span, Time, Verdict};
use support::bench::{CELL, Fake, RELAY, Record, SECOND, plan, ramp, run, set, step};

#[test]
fn a_ramp_is_written_every_20_ms_and_arrives_exactly() {
    let case = plan(vec![step(vec![set(3.0), ramp(3.1, 0.3)], &[])]);
    let (mut bench, mut record) = (Fake::new(9.0, SECOND), Record::default());
    run(&case, &mut bench, &mut record);
    let ramp = &bench.writes[1..];
    assert_eq!(ramp.len(), 17, "0.333 s at 20 ms");
    assert_eq!(
        ramp[0],
        (Time(20_000), CELL, 3.0 + 0.1 * 20_000.0 / 333_333.0)
    );
    assert_eq!(ramp[16], (Time(333_333), CELL, 3.1));
    assert!(ramp.is_sorted_by(|a, b| a.2 < b.2));
    let events = record.events.iter();
    let applied: Vec<f64> = events
        .filter_map(|e| match e.1 {
            Event::Applied { value, .. } => Some(value),
            _ => None,
        })
        .collect();
    assert_eq!(
        applied,
        [3.0, 3.1],
        "the steps of a ramp are no events, its end is"
    );
}

#[test]
fn a_ramp_without_a_setpoint_starts_from_what_is_measured() {
    let case = plan(vec![step(vec![ramp(1.0, 100.0)], &[])]);
    let (mut bench, mut record) = (Fake::new(9.0, SECOND), Record::default());
    let outcome = run(&case, &mut bench, &mut record);
    assert_eq!(bench.writes, [(Time(10_000), CELL, 1.0)]);
    assert_eq!(
        outcome.verdict,
        Verdict::Inconclusive,
        "nothing was expected"
    );
}

#[test]
fn pulse_and_square_keep_their_edges_and_the_square_comes_to_rest() {
    let pulse = Stimulus::Pulse {
        channel: RELAY,
        value: 1.0,
        back: 0.0,
        span: Span::from_millis(350),
    };
    let square = Stimulus::Square {
        channel: CELL,
        low: 1.0,
        high: 2.0,
        period: Span(303_031),
    };
    let case = plan(vec![step(vec![pulse, square], &[])]);
    let (mut bench, mut record) = (Fake::new(9.0, SECOND), Record::default());
    run(&case, &mut bench, &mut record);
    assert_eq!(
        bench.writes,
        [
            (Time(0), RELAY, 1.0),
            (Time(0), CELL, 2.0),
            (Time(151_515), CELL, 1.0),
            (Time(303_031), CELL, 2.0),
            (Time(350_000), RELAY, 0.0),
            (Time(350_000), CELL, 1.0),
        ]
    );
    insta::assert_snapshot!(record.timeline());
}
