//! The length a case gives a window (`for`) closes it, whatever comes later; and the median of a
//! window is what a quantity is most of the time.

use hil_core::judge::{Monitor, Need};
use hil_core::plan::{Claim, Condition, Expectation, Op, Statistic};
use hil_core::ports::Sample;
use hil_core::{Channel, Signal, Span, Time, Verdict};

const CHARGE: Channel = Channel::plain(Signal::RelayCharge);
const LOAD: Channel = Channel::plain(Signal::RelayLoad);

fn seconds(secs: u64) -> Time {
    Time(secs * 1_000_000)
}

/// Charge stays allowed for 10 s after load became allowed.
fn expectation() -> Expectation {
    Expectation {
        text: String::new(),
        line: 1,
        signal: CHARGE,
        claim: Claim::Stays { state: 1 },
        after: Some(Condition::Compare {
            channel: LOAD,
            op: Op::Eq,
            value: 1.0,
        }),
        during: None,
        lasting: Some(Span(10_000_000)),
    }
}

/// Load becomes allowed at 5 s; charge opens at `opens`.
fn judged(opens: u64) -> (Verdict, (Time, Time)) {
    let mut monitor = Monitor::new(&expectation());
    monitor.open(Time::ZERO);
    let mut samples = vec![
        (CHARGE, 0, 1.0),
        (LOAD, 0, 0.0),
        (LOAD, 5, 1.0),
        (CHARGE, opens, 0.0),
    ];
    samples.sort_by_key(|(_, at, _)| *at);
    for (channel, at, value) in samples {
        let at = seconds(at);
        monitor.feed(&Sample { channel, at, value });
    }
    monitor.advance(seconds(6));
    if opens > 6 {
        assert_eq!(monitor.need(), Need::Time, "the step waits for the window");
    }
    monitor.advance(seconds(30));
    let judgement = monitor.decided().expect("the window has passed").clone();
    (judgement.verdict, judgement.window)
}

#[test]
fn what_comes_after_the_window_does_not_count() {
    assert_eq!(judged(16), (Verdict::Pass, (seconds(5), seconds(15))));
}

#[test]
fn what_comes_in_the_window_counts() {
    assert_eq!(judged(14).0, Verdict::Fail);
}

#[test]
fn the_median_does_not_feel_short_excursions() {
    let signal = Channel::at(Signal::BoardBalancing, 1);
    let mut monitor = Monitor::new(&Expectation {
        signal,
        claim: Claim::Between {
            of: Statistic::Median,
            low: Some(0.9),
            high: Some(1.1),
        },
        after: None,
        ..expectation()
    });
    monitor.open(Time::ZERO);
    for (at, value) in [
        (1, 1.0),
        (2, 0.3),
        (3, 1.01),
        (4, 0.0),
        (5, 0.99),
        (6, 1.02),
        (7, 0.98),
    ] {
        let at = seconds(at);
        monitor.feed(&Sample {
            channel: signal,
            at,
            value,
        });
    }
    monitor.advance(seconds(30));
    let judgement = monitor.decided().expect("the window has passed");
    assert_eq!(
        (judgement.verdict, judgement.value),
        (Verdict::Pass, Some(0.99))
    );
}
