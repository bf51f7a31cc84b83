//! Records: the same twice, judged again, checked, and readable when cut off.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hil_report::{Record, RunView, pages};
use insta::assert_snapshot;

use crate::support::{hil, run_into, scratch};

/// Every file below a folder but host.json, by its relative path.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .expect("it is below")
                    .to_string_lossy();
                found.insert(
                    name.into_owned(),
                    fs::read(&path).expect("the file can be read"),
                );
            }
        }
    }
    found.remove("host.json").expect("a run has a host.json");
    found
}

#[test]
fn the_same_seed_leaves_the_same_bytes() {
    let folder = scratch("same");
    for (name, jobs) in [("a", "1"), ("b", "2")] {
        let outcome = run_into(&folder.join(name), &["chain-broken", "--jobs", jobs]);
        assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    }
    let (a, b) = (files(&folder.join("a")), files(&folder.join("b")));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(bytes == &b[name], "{name} differs");
    }
}

#[test]
fn the_record_and_the_page_tell_what_the_end_board_decided() {
    let run = scratch("target-logs").join("run");
    let outcome = run_into(&run, &["charge-vmax/cell=1"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    let record = Record::open(&run).expect("a record was left");
    let view = RunView::new(&record);
    let of_end = view.cases[0].logs.iter().filter(|line| line.board == 4);
    let told: Vec<_> = of_end.map(|line| line.text.as_str()).collect();
    let decisions = told.iter().filter(|text| text.starts_with("charge"));
    assert_eq!(
        decisions.collect::<Vec<_>>(),
        [&"charge allowed: true", &"charge allowed: false"],
        "of {told:#?}"
    );
    let page = pages::case_page(&view, 0).into_string();
    assert!(page.contains("charge allowed: false"));
}

#[test]
fn another_seed_leaves_other_traces_and_the_same_verdict() {
    let folder = scratch("other-seed");
    for seed in ["1", "2"] {
        let outcome = run_into(&folder.join(seed), &["charge-vmax/cell=2", "--seed", seed]);
        assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    }
    assert_ne!(files(&folder.join("1")), files(&folder.join("2")));
}

#[test]
fn a_record_is_judged_again_to_the_same_verdicts() {
    let run = scratch("judged").join("run");
    assert_eq!(run_into(&run, &["charge-end"]).code, 0);
    let again = hil(&["judge", &run.to_string_lossy()]);
    assert_eq!(again.code, 0);
    assert!(
        !again.stdout.contains("the record says"),
        "{}",
        again.stdout
    );
    assert_eq!(hil(&["verify", &run.to_string_lossy()]).code, 0);
}

#[test]
fn a_changed_line_is_found() {
    let run = scratch("changed").join("run");
    assert_eq!(run_into(&run, &["led-info/board=3"]).code, 0);
    let path = run.join("cases/led-info__board=3.jsonl");
    let text = fs::read_to_string(&path).expect("the stream can be read");
    fs::write(&path, text.replacen("\"pass\"", "\"fail\"", 1)).expect("it can be changed");
    let found = hil(&["verify", &run.to_string_lossy()]);
    assert_eq!(found.code, 1);
    assert_snapshot!(found.stdout.replace("TMP/command/changed/run", "RUN"));
}

#[test]
fn a_case_or_trace_that_was_emptied_is_inconclusive() {
    for (name, file) in [
        ("emptied-case", "cases/led-info__board=3.jsonl"),
        ("emptied-trace", "traces/led-info__board=3-0000.parquet"),
    ] {
        let run = scratch(name).join("run");
        assert_eq!(run_into(&run, &["led-info/board=3"]).code, 0);
        fs::write(run.join(file), "").expect("it can be changed");
        let run = run.to_string_lossy();
        assert_eq!(hil(&["judge", &run]).code, 5, "{name}");
        assert_eq!(hil(&["verify", &run]).code, 1, "{name}");
        let pages = hil(&["report", &run]);
        assert_eq!(pages.code, 0, "{name}: {}", pages.stderr);
        let said = pages.stdout + &pages.stderr;
        assert!(said.contains(file), "{name}: {said}");
    }
}

#[test]
fn a_record_cut_off_in_the_middle_is_still_read_and_judged() {
    let run = scratch("cut-off").join("run");
    assert_eq!(run_into(&run, &["charge-vmax/cell=1"]).code, 0);
    let stream = run.join("cases/charge-vmax__cell=1.jsonl");
    let text = fs::read(&stream).expect("the stream can be read");
    let decided = b"\"event\":\"decided\"";
    let last = text
        .windows(decided.len())
        .rposition(|bytes| bytes == decided);
    fs::write(&stream, &text[..last.expect("something was decided")]).expect("it can be cut");
    let events = run.join("events.jsonl");
    let text = fs::read(&events).expect("the stream can be read");
    fs::write(&events, &text[..text.len() - 300]).expect("it can be cut");
    for command in ["report", "judge", "verify"] {
        let outcome = hil(&[command, &run.to_string_lossy()]);
        let text = format!(
            "exit {}\n{}{}",
            outcome.code, outcome.stderr, outcome.stdout
        );
        assert_snapshot!(
            format!("cut-off-{command}"),
            text.replace("TMP/command/cut-off/run", "RUN")
        );
    }
}
