//! The runner on a bench that does as it is told: the way through a case, and every way out.

mod support;

use hil_core::event::Event;
use hil_core::plan::Await;
use hil_core::{Span, Time, Verdict};
use support::bench::{Fake, Record, SECOND, Trouble, plan, ramp, run, set, step};
use support::language::{condition, expectation};

fn seconds(seconds: f64) -> Time {
    Time((seconds * 1e6).round() as u64)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The charge relay opens when a cell rises through 3.7 V.
fn threshold_case() -> hil_core::plan::PlannedCase {
    let mut first = step(vec![set(3.3)], &["relay.charge is allowed"]);
    first.wait = Some(Await {
        condition: condition(&words("relay.charge = allowed and cell[1].voltage > 3.2")),
        within: SECOND,
    });
    let mut second = step(
        vec![set(3.64), ramp(3.8, 0.02)],
        &[
            "cell[1].voltage at 3.68 3.74 when relay.charge = not-allowed",
            "relay.charge becomes not-allowed within 3 hold 2",
            "relay.charge stays allowed",
        ],
    );
    second.expect[1].after = Some(condition(&words("cell[1].voltage >= 3.7")));
    second.expect[2].during = Some(condition(&words("cell[1].voltage < 3.7")));
    second.name = "one cell rises".into();
    let third = step(vec![set(3.3)], &["relay.charge never both"]);
    plan(vec![first, second, third])
}

#[test]
fn a_good_board_passes_and_its_threshold_is_measured() {
    let (mut bench, mut record) = (Fake::new(3.7, Span::from_millis(500)), Record::default());
    let plan = threshold_case();
    let outcome = run(&plan, &mut bench, &mut record);
    assert_eq!(outcome.verdict, Verdict::Pass, "{}", record.timeline());
    assert!(outcome.is_safe() && outcome.not_run.is_empty());
    insta::assert_snapshot!(record.timeline());
    let rows: Vec<_> = outcome
        .rows(&plan)
        .map(|row| (row.text, row.result.map(|j| j.verdict)))
        .collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[1],
        (plan.steps[1].expect[0].text.as_str(), Ok(Verdict::Pass))
    );
}

#[test]
fn a_board_that_trips_too_high_fails_and_the_shift_is_measured() {
    let plan = threshold_case();
    let mut values = Vec::new();
    for trip in [3.7, 3.75] {
        let (mut bench, mut record) = (Fake::new(trip, Span::from_millis(500)), Record::default());
        let outcome = run(&plan, &mut bench, &mut record);
        values.push(outcome.judged[1].judgement.value.expect("a threshold"));
        if trip > 3.7 {
            assert_eq!(outcome.verdict, Verdict::Fail);
            assert_eq!(outcome.not_run.len(), 1);
            assert_eq!(outcome.not_run[0].step, 2);
            assert_eq!(
                outcome.not_run[0].reason,
                "not run: step \"one cell rises\" failed"
            );
            assert_eq!(
                outcome.rows(&plan).last().expect("a row").result,
                Err(outcome.not_run[0].reason.as_str())
            );
        }
    }
    assert!((values[1] - values[0] - 0.05).abs() < 0.001, "{values:?}");
}

#[test]
fn the_same_case_twice_leaves_the_same_record() {
    let plan = threshold_case();
    let [first, second] = [0, 1].map(|_| {
        let (mut bench, mut record) = (Fake::new(3.7, SECOND), Record::default());
        run(&plan, &mut bench, &mut record);
        record
    });
    assert_eq!(first.events, second.events);
    assert_eq!(first.samples, second.samples);
    assert!(first.events.is_sorted_by_key(|event| event.0));
}

/// Every way out: what the case comes to, and whether the rig must be latched.
#[test]
fn every_way_out_ends_safe_and_is_told_apart() {
    use Trouble as T;
    use Verdict::{Aborted, RigError};
    let at = seconds(2.51);
    for (trouble, verdict, safe, say) in [
        (
            T::Identify,
            RigError,
            true,
            "supply 1: asking for its identity: the line is dead",
        ),
        (
            T::Observe,
            RigError,
            true,
            "the rig has no channel cell[1].voltage",
        ),
        (
            T::Write(0),
            RigError,
            true,
            "supply 1: setting the voltage: the line is dead",
        ),
        (
            T::Write(7),
            RigError,
            true,
            "supply 1: setting the voltage: the line is dead",
        ),
        (
            T::Lost(at),
            RigError,
            true,
            "supply 1: reading the voltage: the line is dead",
        ),
        (
            T::Panic(at),
            RigError,
            true,
            "the bench panicked: the bench fell over",
        ),
        (
            T::StandsStill(at),
            RigError,
            true,
            "bench time stands at 2.510 s, 2.520 s was asked for",
        ),
        (T::Interrupt(at), Aborted, true, "stopped on request"),
        (T::Interlock(at), Aborted, true, "interlock: door"),
        (
            T::SafeFails,
            RigError,
            false,
            "the rig cannot be made safe: supply 1: switching off: the line is dead",
        ),
        (
            T::SafePanics,
            RigError,
            false,
            "the rig cannot be made safe: the bench panicked: safe fell over",
        ),
        (
            T::NotSafe,
            RigError,
            false,
            "the safe state is not verified, read back: cell[1].voltage = 0 V",
        ),
    ] {
        let (mut bench, mut record) = (Fake::new(3.7, SECOND).with(trouble), Record::default());
        let outcome = run(&threshold_case(), &mut bench, &mut record);
        assert_eq!(outcome.verdict, verdict, "{trouble:?}");
        assert_eq!(outcome.is_safe(), safe, "{trouble:?}");
        let mut said = outcome.troubles.iter().chain(&outcome.aborted);
        assert_eq!(said.next().map(String::as_str), Some(say), "{trouble:?}");
        assert_eq!(said.next(), None, "{trouble:?}");
        let last = &record.events.last().expect("an event").1;
        assert_eq!(*last, Event::CaseFinished { verdict }, "{trouble:?}");
        let read_back = record
            .events
            .iter()
            .filter(|e| matches!(e.1, Event::Safe { .. }));
        assert_eq!(
            read_back.count(),
            usize::from(outcome.safe.is_some()),
            "{trouble:?}"
        );
        let failed = outcome
            .judged
            .iter()
            .any(|j| j.judgement.verdict == Verdict::Fail);
        assert!(
            !failed,
            "{trouble:?}: trouble of the rig is no failure of the DUT"
        );
    }
}

#[test]
fn a_full_disk_is_a_rig_error_and_the_rig_is_made_safe() {
    for room in 0..12 {
        let mut record = Record {
            room: Some(room),
            ..Record::default()
        };
        let mut bench = Fake::new(3.7, SECOND);
        let outcome = run(&threshold_case(), &mut bench, &mut record);
        assert_eq!(outcome.verdict, Verdict::RigError, "{room}");
        assert!(outcome.troubles[0].contains("cannot write the record events.jsonl"));
        assert!(outcome.is_safe());
    }
}

#[test]
fn a_set_up_that_is_missed_fails_as_such_and_nothing_after_it_is_applied() {
    let mut case = threshold_case();
    case.steps[0].wait = Some(Await {
        condition: condition(&words("relay.charge = not-allowed")),
        within: SECOND,
    });
    let (mut bench, mut record) = (Fake::new(3.7, SECOND), Record::default());
    let outcome = run(&case, &mut bench, &mut record);
    assert_eq!(outcome.verdict, Verdict::Fail);
    assert_eq!(outcome.setup_missed, Some((0, Verdict::Fail)));
    assert_eq!(outcome.verdicts().max(), Some(Verdict::Fail));
    assert!(outcome.judged.is_empty());
    assert_eq!(outcome.not_run.len(), 3);
    assert_eq!(bench.writes.len(), 1);
    insta::assert_snapshot!(record.timeline());
}

/// A DUT that does not take the settings of its profile has not been tested yet.
#[test]
fn a_preparation_of_the_plan_that_is_missed_is_inconclusive() {
    let mut case = threshold_case();
    case.steps[0].prepares = true;
    case.steps[0].wait = Some(Await {
        condition: condition(&words("relay.charge = not-allowed")),
        within: SECOND,
    });
    let outcome = run(&case, &mut Fake::new(3.7, SECOND), &mut Record::default());
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert_eq!(outcome.setup_missed, Some((0, Verdict::Inconclusive)));
    assert_eq!(outcome.verdicts().max(), Some(Verdict::Inconclusive));
}

#[test]
fn an_await_ends_with_the_edge_it_waits_for() {
    let mut first = step(vec![set(4.0)], &[]);
    first.wait = Some(Await {
        condition: condition(&words("relay.charge = not-allowed")),
        within: Span::from_millis(5000),
    });
    let (mut bench, mut record) = (Fake::new(3.7, Span(1_234_567)), Record::default());
    run(&plan(vec![first]), &mut bench, &mut record);
    let ready = record
        .events
        .iter()
        .find(|e| matches!(e.1, Event::Ready { .. }));
    assert_eq!(ready.expect("ready").0, Time(1_234_567));
}

#[test]
fn stopped_by_a_person_what_has_failed_has_failed_and_the_rest_is_open() {
    let mut only = step(
        vec![set(4.0)],
        &["relay.charge stays allowed", "relay.charge never both"],
    );
    only.hold = Span::from_millis(60_000);
    let mut bench = Fake::new(3.7, SECOND).with(Trouble::Interrupt(seconds(3.0)));
    let mut record = Record::default();
    let outcome = run(&plan(vec![only]), &mut bench, &mut record);
    let verdicts: Vec<Verdict> = outcome.verdicts().collect();
    use Verdict::{Aborted, Fail, Inconclusive};
    assert_eq!(verdicts, [Fail, Inconclusive, Aborted]);
    assert_eq!(hil_core::verdict::exit_code(verdicts), 1, "a DUT failed");
}

#[test]
fn after_an_interlock_only_what_was_decided_stands() {
    let mut only = step(
        vec![set(4.0)],
        &[
            "relay.charge stays allowed",
            "relay.charge becomes not-allowed within 2 hold 0",
        ],
    );
    only.hold = Span::from_millis(60_000);
    let mut bench = Fake::new(3.7, SECOND).with(Trouble::Interlock(seconds(3.0)));
    let mut record = Record::default();
    let outcome = run(&plan(vec![only]), &mut bench, &mut record);
    assert_eq!(outcome.judged.len(), 1);
    assert_eq!(outcome.judged[0].expectation, 1);
    assert_eq!(outcome.not_run.len(), 1);
    assert_eq!(outcome.verdict, Verdict::Aborted);
}

#[test]
fn a_step_lasts_as_long_as_anything_in_it_is_running() {
    let ended = |expect: &[&str], hold: Span, lasting: Option<Span>| {
        let mut only = step(vec![set(4.0)], expect);
        only.hold = hold;
        for expectation in &mut only.expect {
            expectation.lasting = lasting;
        }
        let (mut bench, mut record) = (Fake::new(3.7, SECOND), Record::default());
        run(&plan(vec![only]), &mut bench, &mut record);
        let end = record
            .events
            .iter()
            .find(|e| matches!(e.1, Event::StepEnded { .. }));
        end.expect("an end").0
    };
    let none = Span::ZERO;
    assert_eq!(ended(&[], none, None), seconds(0.0));
    assert_eq!(ended(&[], SECOND, None), seconds(1.0));
    assert_eq!(
        ended(&["relay.charge stays allowed"], none, Some(Span(700_000))),
        seconds(0.7)
    );
    assert_eq!(
        ended(
            &["relay.charge becomes not-allowed within 3 hold 0"],
            none,
            None
        ),
        seconds(1.1)
    );
    assert_eq!(
        ended(&["relay.charge becomes both within 3 hold 0"], none, None),
        seconds(3.1)
    );
    let never = "cell[1].voltage at 0 1 when relay.charge = both";
    assert_eq!(ended(&[never], none, None), seconds(2.0), "only a grace");
    assert_eq!(
        ended(&["led.load stays lit"], none, None),
        seconds(2.0),
        "only a grace"
    );
}

#[test]
fn an_expectation_of_something_unmeasured_is_inconclusive() {
    let case = plan(vec![step(vec![], &["led.load stays lit"])]);
    let (mut bench, mut record) = (Fake::new(3.7, SECOND), Record::default());
    let outcome = run(&case, &mut bench, &mut record);
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert_eq!(
        expectation("led.load stays lit").signal,
        case.steps[0].expect[0].signal
    );
}
