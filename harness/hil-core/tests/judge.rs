//! The judge against tables: traces and what they must come to, one file per claim in
//! `tests/judge/`, one `check()`. The format is told in `tests/judge/README.md`.

mod support;

use hil_core::event::Judgement;
use hil_core::judge::{Monitor, words};
use hil_core::{Channel, Time};
use support::language::{block, micros};

/// A judgement as the tables write it.
fn show(channel: Channel, j: &Judgement) -> String {
    let unit = j.unit.as_str();
    let value = match channel.states() {
        [] => j.value.map(|v| words::number(v, unit)),
        _ if unit.is_empty() && j.low.is_some() => j.value.map(|v| words::value(channel, v)),
        _ => j.value.map(|v| words::number(v, unit)),
    };
    let margin = j.margin.map_or("none".into(), |m| words::number(m, unit));
    let span = |(from, to): (Time, Time)| format!("{}..{}", from.as_secs(), to.as_secs());
    let violated = j.violated.map_or("never".into(), span);
    format!(
        "{} {} | margin {margin} | at {} | window {} | violated {violated} | {}",
        j.verdict.word(),
        value.unwrap_or("nothing".into()),
        j.at.as_secs(),
        span(j.window),
        j.seen
    )
}

/// Judges a block in portions of each of these sizes, and compares with its expected line.
fn check(file: &str, text: &str) {
    let block = block(text);
    for portion in [1, 2, 3, usize::MAX] {
        let mut monitor = Monitor::new(&block.expectation);
        monitor.open(block.open);
        let mut lines = block.logs.iter().peekable();
        for (number, sample) in block.samples.iter().enumerate() {
            monitor.feed(sample);
            while let Some(line) = lines.next_if(|line| line.at <= sample.at) {
                monitor.hear(line);
            }
            if number % portion == 0 && sample.at > block.open {
                monitor.advance(sample.at);
            }
        }
        lines.for_each(|line| monitor.hear(line));
        let found = show(block.expectation.signal, &monitor.close(block.close));
        assert_eq!(
            found, block.judgement,
            "\n{file}, {}, portions of {portion}",
            block.name
        );
    }
}

fn check_file(file: &str, text: &str) {
    let blocks = text.split("\n\n").map(str::trim);
    let blocks: Vec<&str> = blocks.filter(|b| !b.is_empty()).collect();
    assert!(!blocks.is_empty(), "{file} is empty");
    for text in blocks {
        check(file, text);
    }
}

/// Every file of the folder: a new one touches no code.
#[test]
fn every_table_is_judged_as_it_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judge");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of tables") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "txt") {
            let text = std::fs::read_to_string(&path).expect("a table");
            check_file(&path.display().to_string(), &text);
            files += 1;
        }
    }
    assert!(files >= 9, "only {files} tables");
}

/// A monitor that never came to its opening has nothing to say.
#[test]
fn a_window_that_never_opened_is_inconclusive() {
    let text = "x\nrelay.load stays allowed\nwindow 0 1\nrelay.load 0 allowed\n= x";
    let monitor = Monitor::new(&block(text).expectation);
    let judgement = monitor.close(micros("1"));
    assert_eq!(judgement.verdict.word(), "inconclusive");
}
