//! The pages: whole, self-contained, and nothing on them that is not in the record.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hil_core::event::Event;
use hil_core::ports::{RecordSink, Sample};
use hil_core::{Channel, Signal, Time, Verdict};
use hil_report::{Record, RunFolder, RunView, Style, junit, report, terminal};

use crate::synthetic::{charge_vmax, ramp, start, write_run};

/// Name and text of every page of a run with one shifted board.
fn pages() -> (tempfile::TempDir, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), &[3]);
    report(&RunView::new(&Record::open(folder.path()).unwrap())).unwrap();
    let mut names = vec!["index.html".to_owned()];
    names.extend((1..=4).map(|k| format!("cases/charge-vmax__cell={k}.html")));
    let read = |name: String| {
        let text = fs::read_to_string(folder.path().join(&name)).unwrap();
        (name, text)
    };
    let pages = names.into_iter().map(read).collect();
    (folder, pages)
}

/// What stands between `before` and `after`, every time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let tails = text.split(before).skip(1);
    tails
        .filter_map(|tail| Some(tail.split_once(after)?.0))
        .collect()
}

/// How many links a page has; each must lead somewhere.
fn links(root: &Path, name: &str, text: &str) -> usize {
    let ids: BTreeSet<_> = between(text, " id=\"", "\"").into_iter().collect();
    let links = between(text, " href=\"", "\"");
    for link in &links {
        match link.strip_prefix('#') {
            Some(id) => assert!(ids.contains(id), "{name}: {link}"),
            None => {
                let target = root.join(name).parent().unwrap().join(link);
                assert!(target.exists(), "{name}: {link}");
            }
        }
    }
    links.len()
}

#[test]
fn every_link_leads_somewhere() {
    let (folder, pages) = pages();
    for (name, text) in &pages {
        assert!(links(folder.path(), name, text) > 10, "{name}");
    }
}

#[test]
fn a_run_that_never_came_to_its_cases_says_why_and_claims_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut run = RunFolder::create(root, None).unwrap();
    start(&mut run, &["charge-vmax/cell=1".to_owned()]);
    let message = "board 3 has no probe".to_owned();
    run.event(Time::ZERO, &Event::RigError { message }).unwrap();
    run.finish(Verdict::RigError).unwrap();
    let record = Record::open(root).unwrap();
    let view = RunView::new(&record);
    report(&view).unwrap();
    for name in ["index.html", "cases/charge-vmax__cell=1.html"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        assert!(links(root, name, &text) > 0, "{name}");
        assert!(!text.contains("verified by read-back"), "{name}");
    }
    let index = fs::read_to_string(root.join("index.html")).unwrap();
    assert!(index.contains("board 3 has no probe"));
    let terminal = terminal::render(&view, Style::PLAIN);
    assert!(terminal.contains("! rig error: board 3 has no probe"));
    assert!(terminal.contains("reproduce cargo run -p hil -- run --seed 1"));
    let junit = junit::render(&view).unwrap();
    assert!(junit.contains("errors=\"1\"") && junit.contains("board 3 has no probe"));
}

#[test]
fn every_expectation_is_on_the_plot_and_back() {
    let (_folder, pages) = pages();
    let text = &pages[3].1;
    for index in 0..5 {
        for link in [
            format!("href=\"#p-1-{index}\""),
            format!("href=\"#e-1-{index}\""),
        ] {
            assert!(text.contains(&link), "{link}");
        }
    }
    assert!(text.contains("Vmax 3.700 V") && text.contains("class=\"violated\""));
    assert!(!pages[1].1.contains("class=\"violated\""));
}

#[test]
fn a_page_needs_nothing_from_outside_and_is_small() {
    for (name, text) in pages().1 {
        for foreign in ["http:", "https:", "//cdn", "@import", "url("] {
            assert!(!text.contains(foreign), "{name}: {foreign}");
        }
        assert!(text.len() < 300_000, "{name}: {} bytes", text.len());
    }
}

/// Every number of a text, as written: digits with a decimal point.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let outside = |c: char| !(c.is_ascii_digit() || c == '.');
    text.split(outside)
        .map(|n| n.trim_matches('.'))
        .filter(|n| !n.is_empty())
}

#[test]
fn every_value_on_a_page_stands_in_the_record() {
    let (folder, pages) = pages();
    for (name, text) in &pages[1..] {
        let stream = fs::read_to_string(folder.path().join(name.replace(".html", ".jsonl")));
        let recorded: Vec<f64> = numbers(&stream.unwrap())
            .filter_map(|n| n.parse().ok())
            .collect();
        let known = |shown: &str| {
            let value: f64 = shown.parse().unwrap();
            let decimals = shown.split_once('.').map_or(0, |(_, d)| d.len());
            let tolerance = 0.500_001 * 10f64.powi(-(decimals as i32));
            // Times stand in the record in µs.
            let near =
                |r: &f64| (r - value).abs() <= tolerance || (r / 1e6 - value).abs() <= tolerance;
            recorded.iter().any(near)
        };
        let values = between(text, "<span class=\"num\">", "</span>");
        assert!(values.len() > 30, "{name}");
        for value in values {
            assert!(numbers(value).all(known), "{name}: {value}");
        }
    }
}

#[test]
fn texts_of_a_record_cannot_break_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::create(folder.path(), None).unwrap();
    let id = "x/<script>alert(1)</script>".to_owned();
    start(&mut run, std::slice::from_ref(&id));
    let mut sink = run.case(&id).unwrap();
    let mut plan = Box::new(charge_vmax(1));
    plan.title = "</title><b>\"&".to_owned();
    plan.steps[0].name = "<img src=x>".to_owned();
    sink.event(Time::ZERO, &Event::CaseStarted { plan, seed: 1 })
        .unwrap();
    sink.event(Time::ZERO, &Event::StepStarted { step: 0 })
        .unwrap();
    let message = "<i>".to_owned();
    sink.event(Time(5), &Event::RigError { message }).unwrap();
    run.recorded(sink.close()).unwrap();
    run.finish(Verdict::RigError).unwrap();
    report(&RunView::new(&Record::open(folder.path()).unwrap())).unwrap();
    let page = "cases/x___3cscript_3ealert_281_29_3c__script_3e.html";
    for page in ["index.html", page] {
        let text = fs::read_to_string(folder.path().join(page)).unwrap();
        for raw in ["<script>alert", "</title><b>", "<img", "<i>"] {
            assert!(!text.contains(raw), "{page}: {raw}");
        }
    }
}

#[test]
fn a_cut_record_still_gives_pages_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_run(root, &[3]);
    for name in ["events.jsonl", "cases/charge-vmax__cell=3.jsonl"] {
        let text = fs::read(root.join(name)).unwrap();
        fs::write(root.join(name), &text[..text.len() - 700]).unwrap();
    }
    report(&RunView::new(&Record::open(root).unwrap())).unwrap();
    let index = fs::read_to_string(root.join("index.html")).unwrap();
    assert!(index.contains("cut off") && index.contains("unfinished"));
    let page = fs::read_to_string(root.join("cases/charge-vmax__cell=3.html")).unwrap();
    assert!(page.contains("cut off") && page.contains("unfinished"));
}

#[test]
fn a_pack_of_255_cells_is_a_page_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::create(folder.path(), None).unwrap();
    let id = "big".to_owned();
    start(&mut run, std::slice::from_ref(&id));
    let mut sink = run.case(&id).unwrap();
    let plan = Box::new(charge_vmax(3));
    sink.event(Time::ZERO, &Event::CaseStarted { plan, seed: 1 })
        .unwrap();
    let cells = (1..=255).flat_map(|k| {
        let voltage = ramp(Channel::at(Signal::CellVoltage, k), 600, 100_000);
        let led = Channel::at(Signal::LedInfo, k);
        let blink = move |i: u64| Sample {
            channel: led,
            at: Time(i * 500_000),
            value: (i % 2) as f64,
        };
        voltage.into_iter().chain((0..120).map(blink))
    });
    let mut samples: Vec<Sample> = cells.collect();
    samples.sort_by_key(|s| (s.at, s.channel));
    sink.samples(&samples).unwrap();
    let verdict = Verdict::Pass;
    sink.event(Time(60_000_000), &Event::CaseFinished { verdict })
        .unwrap();
    run.recorded(sink.close()).unwrap();
    run.finish(verdict).unwrap();
    report(&RunView::new(&Record::open(folder.path()).unwrap())).unwrap();
    let size = fs::metadata(folder.path().join("cases/big.html"))
        .unwrap()
        .len();
    assert!(size < 3_000_000, "{size} bytes");
}
