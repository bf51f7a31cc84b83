//! Properties of the judge on random traces: how samples are cut into portions makes no difference,
//! a live run and its record agree, wider limits never turn a pass into a failure.

mod support;

use hil_core::judge::Monitor;
use hil_core::plan::{Claim, Expectation};
use hil_core::ports::Sample;
use hil_core::{Channel, Signal, Span, Time, Verdict};
use proptest::prelude::*;
use support::bench::{CELL, Fake, LED, RELAY, Record, plan, run, said, step};
use support::language::{condition, expectation};

const TEMPERATURE: Channel = Channel::at(Signal::CellTemperature, 1);

/// One of every claim, over four channels and a log.
const CLAIMS: [&str; 20] = [
    "relay.charge stays allowed",
    "relay.charge never open",
    "relay.charge is allowed",
    "relay.charge becomes not-allowed within 0.5 hold 0",
    "relay.charge becomes allowed within 1 hold 0.3",
    "cell[1].voltage between 3.2 3.8 each",
    "cell[1].voltage between 3.2 3.8 mean",
    "cell[1].voltage between 3.2 3.8 last",
    "cell[1].voltage between -0.2 0.2 change",
    "cell[1].voltage settles 3.3 3.7 within 1 hold 0.2",
    "cell[1].voltage at 3.2 3.8 when relay.charge = not-allowed",
    "led.charge blinks 0.1 0.5 on - - times 2",
    "led.charge blinks 0.1 0.5 on 0.05 0.3 times 1",
    "led.charge never lit",
    "relay.charge changes 1 3",
    "led.charge changes - 0",
    "cell[1].voltage less cell[1].temperature -0.2 0.2 each",
    "cell[1].voltage less cell[1].temperature -0.2 0.2 change",
    "board[1].log logs lit within 0.2..0.7",
    "board[1].log never-logs dark",
];

const CONDITIONS: [&str; 4] = [
    "cell[1].voltage >= 3.5",
    "relay.charge = allowed",
    "led.charge = dark",
    "cell[1].voltage < 3.6 and relay.charge != open",
];

fn any_condition() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.4, prop::sample::select(CONDITIONS.as_slice()))
}

prop_compose! {
    fn any_expectation()(
        claim in prop::sample::select(CLAIMS.as_slice()),
        after in any_condition(),
        during in any_condition(),
        lasting in prop::option::weighted(0.2, 1_u64..3_000_000),
    ) -> Expectation {
        let read = |text: &str| condition(&text.split_whitespace().collect::<Vec<_>>());
        Expectation {
            after: after.map(read),
            during: during.map(read),
            lasting: lasting.map(Span),
            ..expectation(claim)
        }
    }
}

/// Steps of 0 to 120 ms, so that ties, transits and lines over several channels occur.
fn any_trace() -> impl Strategy<Value = Vec<Sample>> {
    let voltage = prop_oneof![9 => (3000_u32..4000).prop_map(|mv| f64::from(mv) / 1000.0), 1 => Just(f64::NAN)];
    let sample = prop_oneof![
        4 => (Just(CELL), voltage),
        2 => (Just(TEMPERATURE), (3000_u32..4000).prop_map(|t| f64::from(t) / 1000.0)),
        3 => (Just(RELAY), (0_u8..4).prop_map(f64::from)),
        2 => (Just(LED), (0_u8..2).prop_map(f64::from)),
    ];
    let gap = prop_oneof![Just(0_u64), Just(500), 1_u64..25_000, 1_u64..120_000];
    prop::collection::vec((gap, sample), 0..80).prop_map(|steps| {
        let mut at = Time::ZERO;
        let steps = steps.into_iter().map(|(gap, (channel, value))| {
            at += Span(gap);
            Sample { channel, at, value }
        });
        steps.collect()
    })
}

/// Judges a trace, telling the monitor after every so many samples that time went on.
fn judge(expectation: &Expectation, trace: &[Sample], open: Time, portion: usize) -> String {
    let mut monitor = Monitor::new(expectation);
    monitor.open(open);
    for (number, sample) in trace.iter().enumerate() {
        monitor.feed(sample);
        said(sample).iter().for_each(|line| monitor.hear(line));
        if number % portion == 0 {
            monitor.advance(sample.at);
        }
    }
    let close = trace.last().map_or(open, |s| s.at.max(open)) + Span(50_000);
    format!("{:?}", monitor.close(close))
}

/// The claim with its limits moved apart by so much.
fn widened(claim: &Claim, by: f64) -> Claim {
    let mut claim = claim.clone();
    match &mut claim {
        Claim::Between { low, high, .. }
        | Claim::Difference { low, high, .. }
        | Claim::Changes { low, high }
        | Claim::At { low, high, .. }
        | Claim::Searched { low, high, .. }
        | Claim::Settles { low, high, .. } => {
            *low = low.map(|low| low - by);
            *high = high.map(|high| high + by);
        }
        Claim::Becomes { within, .. }
        | Claim::Unknown { within, .. }
        | Claim::Logged { within, .. } => within.1 = within.1 + Span::from_secs(by),
        Claim::Follows { within, .. } => *within += by,
        Claim::Blinks { period, .. } => {
            *period = (
                period.0 - Span::from_secs(by),
                period.1 + Span::from_secs(by),
            );
        }
        Claim::Stays { .. }
        | Claim::Never { .. }
        | Claim::Is { .. }
        | Claim::NeverLogged { .. } => {}
    }
    claim
}

fn verdict(expectation: &Expectation, trace: &[Sample]) -> Verdict {
    let mut monitor = Monitor::new(expectation);
    monitor.open(Time::ZERO);
    for sample in trace {
        monitor.feed(sample);
        said(sample).iter().for_each(|line| monitor.hear(line));
    }
    monitor.close(Time(5_000_000)).verdict
}

proptest! {
    #[test]
    fn portions_make_no_difference(
        expectation in any_expectation(),
        trace in any_trace(),
        open in 0_u64..400_000,
        portion in 1_usize..20,
    ) {
        let whole = judge(&expectation, &trace, Time(open), usize::MAX);
        prop_assert_eq!(judge(&expectation, &trace, Time(open), portion), whole);
    }

    /// `run` itself compares what the runner judged live with what its record comes to.
    #[test]
    fn a_live_run_and_its_record_agree(
        expectations in prop::collection::vec(any_expectation(), 1..6),
        later in prop::collection::vec(any_expectation(), 1..3),
        trace in any_trace(),
        hold in 0_u64..3_000_000,
    ) {
        let mut first = step(Vec::new(), &[]);
        first.expect = expectations;
        first.hold = Span(hold);
        let mut second = step(Vec::new(), &[]);
        second.expect = later;
        let mut plan = plan(vec![first, second]);
        plan.observe.extend([LED, TEMPERATURE]);
        run(&plan, &mut Fake::playing(trace), &mut Record::default());
    }

    #[test]
    fn wider_limits_never_turn_a_pass_into_a_failure(
        expectation in any_expectation(),
        trace in any_trace(),
        by in 0.0_f64..0.1,
    ) {
        let wider = Expectation {
            claim: widened(&expectation.claim, by),
            ..expectation.clone()
        };
        let (narrow, wide) = (verdict(&expectation, &trace), verdict(&wider, &trace));
        if narrow <= Verdict::Marginal {
            prop_assert!(wide < Verdict::Fail, "{narrow:?} became {wide:?}");
        }
    }
}
