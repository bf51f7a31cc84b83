//! How fast records are written, read and drawn, against the figures the design asks for.
//! `cargo bench -p hil-report`; no statistics, the best of a few rounds.
#![expect(clippy::unwrap_used, reason = "a measurement may panic anywhere")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hil_core::event::{Event, Judgement};
use hil_core::plan::{Pack, PlannedCase};
use hil_core::ports::{RecordSink, Sample};
use hil_core::{Channel, Signal, Span, Time, Verdict};
use hil_report::{Record, RunFolder, RunView, pages, verify};

const ROUNDS: usize = 5;

/// A case of nothing, on one channel.
fn plan(id: &str) -> Box<PlannedCase> {
    Box::new(PlannedCase {
        id: id.to_owned(),
        family: id.to_owned(),
        title: "a measurement".to_owned(),
        verifies: Vec::new(),
        tags: Vec::new(),
        file: "none.toml".to_owned(),
        pack: Pack::of(4, "lifepo4"),
        constants: Default::default(),
        plant: None,
        observe: Vec::new(),
        steps: Vec::new(),
        estimate: Span::ZERO,
        decisions: std::collections::BTreeMap::new(),
    })
}

fn create(root: &Path, ids: &[String]) -> RunFolder {
    let _ = fs::remove_dir_all(root);
    let mut run = RunFolder::create(root, None).unwrap();
    let started = Event::RunStarted {
        tool: String::new(),
        seed: 1,
        arguments: Vec::new(),
        rig_sha256: String::new(),
        inputs_sha256: std::collections::BTreeMap::new(),
        cases: ids.to_vec(),
        skipped: Vec::new(),
        dut_serial: None,
        hardware_revision: None,
    };
    run.event(Time::ZERO, &started).unwrap();
    run
}

/// Cases of one check and a few samples each: what a record costs when nothing else does.
fn trivial_checks(root: &Path, count: usize) {
    let ids: Vec<String> = (0..count).map(|i| format!("check/n={i}")).collect();
    let mut run = create(root, &ids);
    for id in &ids {
        let mut sink = run.case(id).unwrap();
        let plan = plan(id);
        sink.event(Time::ZERO, &Event::CaseStarted { plan, seed: 1 })
            .unwrap();
        let judgement = Judgement {
            verdict: Verdict::Pass,
            value: Some(3.3),
            unit: "V".to_owned(),
            low: Some(3.2),
            high: Some(3.4),
            margin: Some(0.1),
            at: Time(1000),
            window: (Time::ZERO, Time(1000)),
            violated: None,
            seen: "3.300 V".to_owned(),
        };
        let decided = Event::Decided {
            step: 0,
            expectation: 0,
            judgement,
        };
        sink.event(Time(1000), &decided).unwrap();
        let verdict = Verdict::Pass;
        sink.event(Time(1000), &Event::CaseFinished { verdict })
            .unwrap();
        run.recorded(sink.close()).unwrap();
    }
    run.finish(Verdict::Pass).unwrap();
}

/// One case with many samples of four noisy cells and a blinking LED.
fn long_case(root: &Path, count: u64) {
    let id = "long".to_owned();
    let mut run = create(root, std::slice::from_ref(&id));
    let mut sink = run.case(&id).unwrap();
    let plan = plan(&id);
    sink.event(Time::ZERO, &Event::CaseStarted { plan, seed: 1 })
        .unwrap();
    let sample = |i: u64| {
        let noise = (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44) as f64 * 1e-8;
        let (channel, value) = match i % 5 {
            4 => (Channel::plain(Signal::LedCharge), (i / 500 % 2) as f64),
            k => {
                let slow = (i as f64 / 1e5).sin() / 10.0;
                (
                    Channel::at(Signal::CellVoltage, k as u16 + 1),
                    3.3 + slow + noise,
                )
            }
        };
        let at = Time(i * 200);
        Sample { channel, at, value }
    };
    let samples: Vec<Sample> = (0..count).map(sample).collect();
    for batch in samples.chunks(1000) {
        sink.samples(batch).unwrap();
    }
    let verdict = Verdict::Pass;
    sink.event(Time(count * 200), &Event::CaseFinished { verdict })
        .unwrap();
    run.recorded(sink.close()).unwrap();
    run.finish(verdict).unwrap();
}

fn best(mut round: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap()
}

fn print(what: &str, took: Duration, target_s: Option<f64>) {
    let seconds = took.as_secs_f64();
    let target = target_s.map_or(String::new(), |t| {
        format!("  target {t:.3} s, {:.2} of it", seconds / t)
    });
    println!("{what:<44} {seconds:>8.4} s{target}");
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("run");

    let took = best(|| trivial_checks(&root, 1000));
    print(
        "1000 trivial checks, each a case, recorded",
        took,
        Some(0.1),
    );
    let took = best(|| assert!(Record::open(&root).unwrap().is_finished()));
    print("the same, read back", took, None);

    let took = best(|| long_case(&root, 1_000_000));
    print("1 M samples recorded in 16 segments", took, None);
    let record = Record::open(&root).unwrap();
    let took = best(|| assert_eq!(record.cases[0].samples().0.len(), 1_000_000));
    print("the same, read back", took, None);
    let view = RunView::new(&record);
    let mut size = 0;
    let took = best(|| size = pages::case_page(&view, 0).into_string().len());
    print("the same, read and plotted on a page", took, Some(0.5));
    println!("{:<44} {size:>8} bytes  target 10 MB", "size of that page");
    let took = best(|| drop(verify(&root).unwrap()));
    print("the same, verified", took, None);
}
