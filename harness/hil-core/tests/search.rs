//! Trip searches on a board whose threshold, hysteresis, delay and noise are known.

mod support;

use hil_core::event::Event;
use hil_core::plan::{
    Claim, Condition, Expectation, Finding, Missed, Op, PlannedStep, Search, Searched,
};
use hil_core::ports::{Bench, BenchError, Identity, Observations, Pause, SafeState, Sample};
use hil_core::runner::{CaseOutcome, Options, run_case};
use hil_core::{Channel, Span, Time, Verdict};
use support::bench::{CELL, RELAY, Record, SECOND, plan};

/// A board that looks at its cell once a second: at or above `trip` it opens its relay, and closes
/// it after ten looks in a row at or below `release`. What it sees is noisy; the rig's read-back
/// shows `offset` more than was written.
struct Board {
    trip: f64,
    release: f64,
    noise: f64,
    offset: f64,
    /// Most that may be written.
    envelope: f64,
    random: u64,
    now: Time,
    cell: f64,
    opened: bool,
    calm: u32,
}

impl Board {
    fn new(trip: f64, release: f64) -> Self {
        Self {
            trip,
            release,
            noise: 0.0,
            offset: 0.0,
            envelope: 5.0,
            random: 1,
            now: Time::ZERO,
            cell: 3.3,
            opened: false,
            calm: 0,
        }
    }

    /// Opened before anybody came, and never to close.
    fn latched(trip: f64) -> Self {
        Self {
            opened: true,
            ..Self::new(trip, 0.0)
        }
    }

    fn with_noise(mut self, sigma: f64, seed: u64) -> Self {
        (self.noise, self.random) = (sigma, seed);
        self
    }

    /// Roughly normal, of standard deviation 1.
    fn draw(&mut self) -> f64 {
        let mut sum = -6.0;
        for _ in 0..12 {
            self.random = self
                .random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (self.random >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum
    }

    fn look(&mut self) {
        let seen = self.cell + self.noise * self.draw();
        if seen >= self.trip {
            (self.opened, self.calm) = (true, 0);
        } else if seen <= self.release {
            self.calm += 1;
            self.opened &= self.calm < 10;
        } else {
            self.calm = 0;
        }
    }

    fn show(&self, channel: Channel) -> Sample {
        let value = match channel {
            RELAY => f64::from(u8::from(!self.opened)),
            _ => self.cell + self.offset,
        };
        Sample {
            channel,
            at: self.now,
            value,
        }
    }
}

impl Bench for Board {
    fn identify(&mut self) -> Result<Identity, BenchError> {
        Ok(Identity::default())
    }

    fn observe(&mut self, _: &[Channel]) -> Result<(), BenchError> {
        Ok(())
    }

    fn now(&self) -> Time {
        self.now
    }

    fn write(&mut self, channel: Channel, value: f64) -> Result<Time, BenchError> {
        if value > self.envelope {
            return Err(BenchError::Envelope {
                channel,
                value,
                low: 0.0,
                high: self.envelope,
            });
        }
        self.cell = value;
        Ok(self.now)
    }

    fn read(&mut self, channel: Channel) -> Result<Sample, BenchError> {
        Ok(self.show(channel))
    }

    fn run_until(
        &mut self,
        until: Time,
        watch: &[Channel],
        out: &mut Observations,
    ) -> Result<Pause, BenchError> {
        if self.now == Time::ZERO {
            out.samples.extend([self.show(CELL), self.show(RELAY)]);
        }
        while self.now < until {
            self.now = Time((self.now.0 / 100_000 + 1) * 100_000).min(until);
            if !self.now.0.is_multiple_of(100_000) {
                continue;
            }
            out.samples.push(self.show(CELL));
            let before = self.opened;
            if self.now.0.is_multiple_of(1_000_000) {
                self.look();
            }
            if before != self.opened {
                out.samples.push(self.show(RELAY));
                if watch.contains(&RELAY) {
                    return Ok(Pause::Changed);
                }
            }
        }
        Ok(Pause::Reached)
    }

    fn safe(&mut self) -> Result<SafeState, BenchError> {
        Ok(SafeState {
            read_back: Vec::new(),
            verified: true,
        })
    }
}

fn relay(state: f64) -> Condition {
    Condition::Compare {
        channel: RELAY,
        op: Op::Eq,
        value: state,
    }
}

fn search() -> Search {
    Search {
        drive: CELL,
        from: 3.64,
        to: 3.76,
        step: 0.001,
        trips: relay(0.0),
        releases: Some(relay(1.0)),
        settle: Span::from_millis(2100),
        release_settle: Span::from_millis(12_000),
        rearm: Vec::new(),
        repeats: 5,
        hysteresis: true,
        delay: true,
    }
}

fn limits(what: Searched, low: f64, high: f64) -> Expectation {
    Expectation {
        text: what.word().into(),
        line: 1,
        signal: CELL,
        claim: Claim::Searched {
            what,
            low: Some(low),
            high: Some(high),
        },
        after: None,
        during: None,
        lasting: None,
    }
}

/// Runs a search; the record is judged again and must say the same.
fn run(search: Search, board: &mut Board) -> (CaseOutcome, Vec<Finding>, Record) {
    let plan = plan(vec![PlannedStep {
        search: Some(search),
        expect: vec![
            limits(Searched::Threshold, 3.68, 3.72),
            limits(Searched::Hysteresis, 0.012, 0.028),
            limits(Searched::Delay, 0.0, 2.0),
        ],
        ..PlannedStep::default()
    }]);
    let mut record = Record::default();
    let options = Options::default();
    let outcome = run_case(&plan, 1, &options, board, &mut record, &mut |_| {});
    assert_eq!(record.judged_again(&plan), outcome.judged, "judged again");
    let found = record.events.iter().filter_map(|(_, event)| match event {
        Event::Found { finding } => Some(finding.clone()),
        _ => None,
    });
    let found = found.collect();
    (outcome, found, record)
}

fn value(outcome: &CaseOutcome, expectation: usize) -> f64 {
    let judgement = &outcome.judged[expectation].judgement;
    judgement.value.unwrap_or(f64::NAN)
}

#[test]
fn threshold_hysteresis_and_delay_of_a_quiet_board_are_found_to_half_a_step() {
    let (outcome, found, record) = run(search(), &mut Board::new(3.7003, 3.6803));
    assert_eq!(outcome.verdict, Verdict::Pass, "{}", record.timeline());
    assert_eq!(found.len(), 5);
    for finding in &found {
        let threshold = finding.threshold.expect("a threshold");
        assert!((threshold - 3.7003).abs() <= 0.0006, "{finding:?}");
        let release = finding.release.expect("a release");
        assert!((release - 3.6803).abs() <= 0.0006, "{finding:?}");
    }
    let seen = outcome.judged.iter().map(|j| j.judgement.seen.as_str());
    insta::assert_snapshot!(seen.collect::<Vec<_>>().join("\n"));
}

#[test]
fn noise_that_trips_early_moves_the_median_by_little_and_is_told_as_spread() {
    for seed in 1..=10 {
        let mut board = Board::new(3.7, 3.68).with_noise(0.002, seed);
        let (outcome, _, record) = run(search(), &mut board);
        assert_eq!(outcome.verdict, Verdict::Pass, "{}", record.timeline());
        let threshold = value(&outcome, 0);
        assert!((threshold - 3.7).abs() < 0.005, "{threshold}");
        assert!(outcome.judged[0].judgement.seen.contains("spread"));
    }
}

#[test]
fn what_is_measured_is_what_the_rig_read_back_not_what_it_was_told() {
    let mut board = Board::new(3.7003, 3.6803);
    board.offset = 0.03;
    let (outcome, _, _) = run(search(), &mut board);
    assert!((value(&outcome, 0) - 3.7303).abs() < 0.001);
    assert!((value(&outcome, 1) - 0.02).abs() < 0.001);
    assert_eq!(outcome.verdict, Verdict::Fail);
}

#[test]
fn a_hysteresis_that_is_too_small_fails_though_the_threshold_is_right() {
    let (outcome, _, _) = run(search(), &mut Board::new(3.7003, 3.6953));
    let verdicts = outcome.judged.iter().map(|j| j.judgement.verdict);
    let verdicts: Vec<_> = verdicts.collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass]);
}

/// What cannot be found, and what each of the three numbers comes to.
#[test]
fn what_is_not_found_is_told_apart() {
    use Missed as M;
    use Verdict::{Fail, Inconclusive};
    for (board, missed, verdicts) in [
        (Board::new(3.9, 3.68), M::NotTripped, [Fail; 3]),
        (Board::latched(3.7), M::NotArmed, [Inconclusive; 3]),
        (Board::new(3.5, 3.4), M::TrippedAtOnce, [Fail; 3]),
        (Board::new(3.7, 3.5), M::NotReleased, [Fail; 3]),
    ] {
        let (outcome, found, record) = run(search(), &mut { board });
        let last = found.last().expect("a finding");
        assert_eq!(last.missed, Some(missed), "{}", record.timeline());
        let found: Vec<_> = outcome.judged.iter().map(|j| j.judgement.verdict).collect();
        assert_eq!(found, verdicts, "{missed:?}");
    }
}

#[test]
fn what_has_no_memory_is_halved_and_says_so_when_it_starts_tripped() {
    let code = |value| Condition::Compare {
        channel: CELL,
        op: Op::Ge,
        value,
    };
    let quick = |value| Search {
        trips: code(value),
        releases: None,
        hysteresis: false,
        delay: false,
        repeats: 1,
        ..search()
    };
    let (_, found, record) = run(quick(3.7003), &mut Board::new(9.0, 0.0));
    let threshold = found[0].threshold.expect("a threshold");
    assert!((threshold - 3.7003).abs() < 0.0006, "{threshold}");
    let (ended, _) = record.events.last().expect("events");
    assert!(
        *ended < Time(25_000_000),
        "ten values of two seconds: {ended}"
    );
    let (outcome, found, _) = run(quick(3.6), &mut Board::new(9.0, 0.0));
    assert_eq!(found[0].missed, Some(Missed::TrippedAtOnce));
    assert_eq!(outcome.judged[0].judgement.verdict, Verdict::Fail);
}

#[test]
fn it_stays_in_the_envelope_or_is_trouble_of_the_rig() {
    let mut board = Board::new(3.9, 3.68);
    board.envelope = 3.7;
    let (outcome, found, _) = run(search(), &mut board);
    assert_eq!(outcome.verdict, Verdict::RigError);
    assert!(outcome.is_safe() && found.is_empty());
    assert!(SECOND < outcome.ended.since(Time::ZERO));
}
