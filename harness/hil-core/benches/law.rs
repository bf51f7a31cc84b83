//! What judging and running cost: a million samples through the monitors of a step, and a case of
//! 1000 trivial expectations run and judged. Best of five, printed with the budget.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hil_core::judge::{End, StepWindow, judge_case};
use hil_core::plan::{
    Claim, Condition, Expectation, Op, Pack, PlannedCase, PlannedStep, Statistic, Stimulus,
};
use hil_core::ports::{
    Bench, BenchError, Identity, Observations, Pause, RecordSink, SafeState, Sample, SinkError,
};
use hil_core::runner::{Options, run_case};
use hil_core::{Channel, Signal, Span, Time, Verdict, event::Event};

const RELAY: Channel = Channel::plain(Signal::RelayCharge);

fn expectation(signal: Channel, claim: Claim) -> Expectation {
    Expectation {
        text: "an expectation".into(),
        line: 1,
        signal,
        claim,
        after: None,
        during: None,
        lasting: None,
    }
}

/// The expectations of a threshold case, for each of the cells.
fn expectations(cells: u16) -> Vec<Expectation> {
    let opens = Condition::Compare {
        channel: RELAY,
        op: Op::Eq,
        value: 0.0,
    };
    let above = |k| Condition::Compare {
        channel: Channel::at(Signal::CellVoltage, k),
        op: Op::Ge,
        value: 3.7,
    };
    let mut all = vec![expectation(RELAY, Claim::Never { state: 3 })];
    for k in 1..=cells {
        let cell = Channel::at(Signal::CellVoltage, k);
        let (low, high) = (Some(0.0), Some(5.0));
        let of = Statistic::Each;
        all.push(expectation(cell, Claim::Between { of, low, high }));
        let at = opens.clone();
        all.push(expectation(cell, Claim::At { at, low, high }));
        all.push(Expectation {
            after: Some(above(k)),
            ..expectation(
                RELAY,
                Claim::Becomes {
                    state: 0,
                    within: (Span::ZERO, Span::from_secs(3600.0)),
                    hold: Span::ZERO,
                },
            )
        });
    }
    all
}

fn plan(observe: Vec<Channel>, expect: Vec<Expectation>, ramp: Option<Stimulus>) -> PlannedCase {
    let step = PlannedStep {
        name: "a step".into(),
        line: 1,
        stimuli: ramp.into_iter().collect(),
        expect,
        hold: Span::from_secs(10.0),
        ..PlannedStep::default()
    };
    PlannedCase {
        id: "bench".into(),
        family: "bench".into(),
        title: String::new(),
        verifies: Vec::new(),
        tags: Vec::new(),
        file: String::new(),
        pack: Pack::of(4, "lifepo4"),
        constants: std::collections::BTreeMap::new(),
        plant: None,
        observe,
        steps: vec![step],
        estimate: Span::ZERO,
        decisions: BTreeMap::new(),
    }
}

/// Thirty channels: a relay, four cells, and others nobody speaks of.
fn channels() -> Vec<Channel> {
    let cells = (1..=4).map(|k| Channel::at(Signal::CellVoltage, k));
    let others = (1..=25).map(|k| Channel::at(Signal::BoardTerminal, k));
    [RELAY].into_iter().chain(cells).chain(others).collect()
}

/// A bench that costs nothing: samples every channel at 10 Hz.
struct Still {
    now: Time,
    channels: Vec<Channel>,
}

impl Bench for Still {
    fn identify(&mut self) -> Result<Identity, BenchError> {
        Ok(Identity::default())
    }

    fn observe(&mut self, channels: &[Channel]) -> Result<(), BenchError> {
        self.channels = channels.to_vec();
        Ok(())
    }

    fn now(&self) -> Time {
        self.now
    }

    fn write(&mut self, _: Channel, _: f64) -> Result<Time, BenchError> {
        Ok(self.now)
    }

    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError> {
        let (at, value) = (self.now, 1.0);
        Ok(Sample { channel, at, value })
    }

    fn run_until(
        &mut self,
        until: Time,
        _: &[Channel],
        out: &mut Observations,
    ) -> Result<Pause, BenchError> {
        let first = self.now.0.div_ceil(100_000);
        for tick in first..until.0.div_ceil(100_000) {
            let at = Time(tick * 100_000);
            let samples = self.channels.iter().map(|&channel| Sample {
                channel,
                at,
                value: 1.0,
            });
            out.samples.extend(samples);
        }
        self.now = until;
        Ok(Pause::Reached)
    }

    fn safe(&mut self) -> Result<SafeState, BenchError> {
        Ok(SafeState {
            read_back: Vec::new(),
            verified: true,
        })
    }
}

/// Keeps nothing.
struct Nowhere;

impl RecordSink for Nowhere {
    fn event(&mut self, _: Time, _: &Event) -> Result<(), SinkError> {
        Ok(())
    }

    fn samples(&mut self, _: &[Sample]) -> Result<(), SinkError> {
        Ok(())
    }
}

fn best(mut work: impl FnMut()) -> Duration {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn report(what: &str, took: Duration, budget: Duration) {
    let ratio = budget.as_secs_f64() / took.as_secs_f64();
    println!("{what}: {took:.1?}, budget {budget:?}, {ratio:.1} x as fast as asked");
}

fn run(plan: &PlannedCase) -> Verdict {
    let mut bench = Still {
        now: Time::ZERO,
        channels: Vec::new(),
    };
    let options = Options::default();
    run_case(plan, 1, &options, &mut bench, &mut Nowhere, &mut |_| {}).verdict
}

fn main() {
    let channels = channels();
    let rounds = 1_000_000 / channels.len() as u64 + 1;
    let samples: Vec<Sample> = (0..rounds)
        .flat_map(|round| {
            let value = 3.0 + (round % 100) as f64 / 100.0;
            channels.iter().map(move |&channel| Sample {
                channel,
                at: Time(round * 100_000),
                value: if channel == RELAY { 1.0 } else { value },
            })
        })
        .collect();
    let case = plan(channels.clone(), expectations(4), None);
    let window = StepWindow {
        findings: Vec::new(),
        logs: Vec::new(),
        step: 0,
        opened: Time::ZERO,
        end: End::Closed(Time(rounds * 100_000)),
    };
    let took = best(|| {
        let judged = judge_case(
            &case,
            std::slice::from_ref(&window),
            samples.iter().copied(),
        );
        assert_eq!(judged.len(), case.steps[0].expect.len());
    });
    report(
        "1 M samples of 30 channels, 13 expectations",
        took,
        Duration::from_millis(100),
    );

    let trivial = vec![expectation(RELAY, Claim::Stays { state: 1 }); 1000];
    let case = plan(vec![RELAY], trivial, None);
    let took = best(|| assert_eq!(run(&case), Verdict::Pass));
    report(
        "1000 trivial expectations run and judged",
        took,
        Duration::from_millis(100),
    );

    let ramp = Stimulus::Ramp {
        channel: Channel::at(Signal::CellVoltage, 1),
        to: 2.0,
        rate: 0.01,
    };
    let case = plan(channels, expectations(4), Some(ramp));
    let took = best(|| {
        run(&case);
    });
    report(
        "100 virtual seconds with a 50 Hz ramp",
        took,
        Duration::from_millis(10),
    );
}
