//! The record on disk: what is written reads back, equal runs are equal bytes, and every change,
//! cut and kill is seen and named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::synthetic::{self, charge_vmax, ramp, start, write_run};
use hil_core::event::Event;
use hil_core::ports::RecordSink;
use hil_core::{Channel, Signal, Time, Verdict};
use hil_report::record::HOST;
use hil_report::view::Outcome;
use hil_report::{Finding, Record, RunFolder, RunView, junit, report, verify};
use proptest::prelude::*;

/// Every file of a run folder, by its path in it.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                files.insert(name.to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn whole_run(root: &Path) -> Record {
    write_run(root, &[3]);
    let record = Record::open(root).unwrap();
    report(&RunView::new(&record)).unwrap();
    record
}

#[test]
fn a_run_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let record = whole_run(folder.path());
    assert_eq!(record.findings, []);
    assert_eq!(record.verdict(), Some(Verdict::Fail));
    assert_eq!(verify(folder.path()).unwrap(), []);

    let view = RunView::new(&record);
    let outcomes: Vec<_> = view.cases.iter().map(|c| c.outcome).collect();
    let (pass, fail) = (Outcome::Ended(Verdict::Pass), Outcome::Ended(Verdict::Fail));
    assert_eq!(outcomes, [pass, pass, fail, pass]);
    for (cell, case) in (1..).zip(&view.cases) {
        assert_eq!(case.plan, Some(&charge_vmax(cell)));
        let trip = if cell == 3 {
            synthetic::SHIFTED
        } else {
            synthetic::GOOD
        };
        let (samples, findings) = case.record.samples();
        let same = samples == synthetic::Waves::new(cell, trip).samples();
        assert!(same, "cell {cell}");
        assert_eq!(findings, []);
    }
    let host = record.host().unwrap();
    assert_eq!(host.final_hash.as_deref(), Some(record.final_hash()));
    assert_eq!(host.cases_s.len(), 4);
}

#[test]
fn equal_runs_are_equal_bytes_except_host_json() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    whole_run(a.path());
    whole_run(b.path());
    let (mut a, mut b) = (files(a.path()), files(b.path()));
    assert!(a.remove(HOST).is_some() && b.remove(HOST).is_some());
    assert!(a.len() > 8, "{:?}", a.keys());
    assert_eq!(a, b);
}

#[test]
fn a_long_trace_is_cut_into_segments_and_joined_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::create(folder.path(), None).unwrap();
    start(&mut run, &["long".to_owned()]);
    let mut sink = run.case("long").unwrap();
    let samples = ramp(Channel::plain(Signal::PackCurrent), 150_000, 1000);
    for batch in samples.chunks(999) {
        sink.samples(batch).unwrap();
    }
    let verdict = Verdict::Pass;
    sink.event(Time(150_000_000), &Event::CaseFinished { verdict })
        .unwrap();
    let written = files(folder.path());
    let segments: Vec<_> = written
        .keys()
        .filter(|f| f.starts_with("traces/"))
        .collect();
    let expected = [
        "traces/long-0000.parquet",
        "traces/long-0001.parquet",
        "traces/long-0002.parquet",
    ];
    assert_eq!(segments, expected);

    let back = Record::open(folder.path()).unwrap().cases[0].samples().0;
    assert!(back == samples);
}

#[test]
fn a_real_time_bench_closes_segments_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let longest = Some(hil_report::record::folder::REAL_TIME_SEGMENT);
    let run = RunFolder::create(folder.path(), longest).unwrap();
    let mut sink = run.case("slow").unwrap();
    for sample in ramp(Channel::plain(Signal::PackCurrent), 26, 1_000_000) {
        sink.samples(&[sample]).unwrap();
    }
    let written = files(folder.path());
    assert!(written.contains_key("traces/slow-0001.parquet"));
    assert!(written.contains_key("traces/slow-0002.open"));
}

#[test]
fn every_changed_byte_of_the_record_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    whole_run(root);
    for (name, bytes) in files(root) {
        if name == HOST || name == "junit.xml" || name.ends_with(".html") {
            continue;
        }
        let step = (bytes.len() / 23).max(1);
        for place in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            fs::write(root.join(&name), &changed).unwrap();
            match verify(root) {
                Ok(findings) => {
                    let named = findings.iter().any(|f| f.to_string().starts_with(&name));
                    assert!(
                        named && findings[0].is_damage(),
                        "{name} byte {place}: {findings:?}"
                    );
                }
                // The very first line may have become unreadable.
                Err(error) => assert_eq!(name, "events.jsonl", "{error}"),
            }
        }
        fs::write(root.join(&name), &bytes).unwrap();
    }
    assert_eq!(verify(root).unwrap(), []);
}

#[test]
fn the_final_hash_is_compared_with_both_files_that_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let hash = whole_run(root).final_hash().to_owned();
    for name in [HOST, "junit.xml"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        fs::write(root.join(name), text.replace(&hash, &"0".repeat(64))).unwrap();
        let findings = verify(root).unwrap();
        assert!(
            matches!(findings[..], [Finding::FinalHash { file, .. }] if file == name),
            "{findings:?}"
        );
        fs::remove_file(root.join(name)).unwrap();
        assert_eq!(
            verify(root).unwrap(),
            [Finding::Missing {
                file: name.to_owned()
            }]
        );
        fs::write(root.join(name), text).unwrap();
    }
}

#[test]
fn a_lost_segment_and_a_lost_case_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    whole_run(root);
    for name in [
        "traces/charge-vmax__cell=2-0000.parquet",
        "cases/charge-vmax__cell=2.jsonl",
    ] {
        fs::remove_file(root.join(name)).unwrap();
        let missing = Finding::Missing {
            file: name.to_owned(),
        };
        assert!(verify(root).unwrap().contains(&missing));
    }
}

#[test]
fn a_case_stream_cut_at_a_line_end_does_not_pass_for_a_shorter_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    whole_run(root);
    let name = "cases/charge-vmax__cell=1.jsonl";
    let text = fs::read_to_string(root.join(name)).unwrap();
    let shorter: String = text.lines().take(9).map(|l| format!("{l}\n")).collect();
    fs::write(root.join(name), shorter).unwrap();
    assert_eq!(
        verify(root).unwrap()[0],
        Finding::Replaced {
            file: name.to_owned()
        }
    );
}

#[test]
fn a_killed_run_is_intact_but_unfinished_and_keeps_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let id = "charge-vmax/cell=1".to_owned();
    let mut run = RunFolder::create(root, None).unwrap();
    start(&mut run, std::slice::from_ref(&id));
    let mut sink = run.case(&id).unwrap();
    let samples = ramp(Channel::at(Signal::CellVoltage, 1), 70_000, 500);
    let plan = Box::new(charge_vmax(1));
    sink.event(Time::ZERO, &Event::CaseStarted { plan, seed: 5 })
        .unwrap();
    sink.samples(&samples).unwrap();
    // No destructor runs when a process is killed.
    std::mem::forget((run, sink));

    let record = Record::open(root).unwrap();
    let view = RunView::new(&record);
    assert_eq!(view.cases[0].outcome, Outcome::Unfinished);
    let (back, unsealed) = view.cases[0].record.samples();
    assert!(back == samples);
    let open = "traces/charge-vmax__cell=1-0001.open".to_owned();
    assert_eq!(
        unsealed,
        [Finding::Unsealed {
            file: open,
            rows: 70_000 - 65_536
        }]
    );
    let findings = verify(root).unwrap();
    assert!(
        findings.len() >= 2 && findings.iter().all(|f| !f.is_damage()),
        "{findings:?}"
    );
}

#[test]
fn a_case_after_one_that_never_ran_is_chained_in_plan_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::create(folder.path(), None).unwrap();
    let ids = ["a", "b", "c"].map(String::from);
    start(&mut run, &ids);
    for id in ["c", "a"] {
        let mut sink = run.case(id).unwrap();
        let verdict = Verdict::Pass;
        sink.event(Time(1), &Event::CaseFinished { verdict })
            .unwrap();
        run.recorded(sink.close()).unwrap();
    }
    run.finish(Verdict::Pass).unwrap();
    let record = Record::open(folder.path()).unwrap();
    let chained = |line: &hil_report::record::chain::Line| match &line.event {
        Event::CaseRecorded { id, .. } => Some(id.clone()),
        _ => None,
    };
    let order: Vec<_> = record.lines.iter().filter_map(chained).collect();
    assert_eq!(order, ["a", "c"]);
    assert_eq!(RunView::new(&record).cases[1].outcome, Outcome::NotRun);
    assert_eq!(record.findings, []);
}

#[test]
fn a_folder_that_is_no_record_and_a_second_run_in_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Record::open(folder.path()).is_err());
    write_run(folder.path(), &[]);
    assert!(RunFolder::create(folder.path(), None).is_err());
}

/// A small record of one case, and its files.
fn small() -> (tempfile::TempDir, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::create(folder.path(), None).unwrap();
    let id = "small".to_owned();
    start(&mut run, std::slice::from_ref(&id));
    let mut sink = run.case(&id).unwrap();
    for step in 0..5 {
        let at = Time(step as u64 * 1_000_000);
        sink.event(at, &Event::StepStarted { step }).unwrap();
    }
    let samples = ramp(Channel::at(Signal::CellVoltage, 1), 200, 500);
    sink.samples(&samples).unwrap();
    let verdict = Verdict::Pass;
    let finished = Event::CaseFinished { verdict };
    sink.event(Time(6_000_000), &finished).unwrap();
    run.recorded(sink.close()).unwrap();
    run.finish(verdict).unwrap();
    let files = files(folder.path());
    (folder, files)
}

#[test]
fn a_stream_cut_at_any_byte_still_reads_and_is_not_taken_for_whole() {
    let (folder, files) = small();
    let root = folder.path();
    for name in ["events.jsonl", "cases/small.jsonl"] {
        let bytes = &files[name];
        for length in 0..bytes.len() - 1 {
            fs::write(root.join(name), &bytes[..length]).unwrap();
            match Record::open(root) {
                Ok(record) => assert!(!record.findings.is_empty(), "{name} cut at {length}"),
                Err(_) => assert_eq!(name, "events.jsonl", "cut at {length}"),
            }
        }
        fs::write(root.join(name), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_anywhere_never_makes_the_reader_fail_badly(
        which in 0usize..8, place in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 0..9)
    ) {
        let (folder, files) = small();
        let (name, bytes) = files.iter().nth(which % files.len()).unwrap();
        let place = place.index(bytes.len());
        let mut damaged = bytes[..place].to_vec();
        damaged.extend(with);
        damaged.extend(bytes.get(place + 3..).unwrap_or_default());
        fs::write(folder.path().join(name), damaged).unwrap();
        let _ = verify(folder.path());
        if let Ok(record) = Record::open(folder.path()) {
            let _ = junit::render(&RunView::new(&record)).unwrap();
        }
    }
}
