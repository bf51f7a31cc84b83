//! A rig in trouble is exit code 3 and never a failure of the DUT; a wrong DUT is exit code 1, and
//! only in the cases of the requirement it breaks.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;

use hil_core::Verdict;
use hil_core::event::Event;
use hil_core::plan::Claim;
use hil_report::Record;
use hil_report::record::CaseRecord;

use crate::support::{Outcome, home, run_into, scratch};

const KNOWN_BAD: &str = "end=firmware/images/known-bad/end-vmax-plus-50mv.elf";

/// Runs one case on a rig of fixtures/rigs-faulty, with its probe's port replaced.
fn on_faulty_rig(name: &str, port: Option<(&str, u16)>) -> (Outcome, Record) {
    let folder = scratch(name);
    let fixture = home()
        .join("fixtures/rigs-faulty")
        .join(name)
        .with_extension("toml");
    let mut text = std::fs::read_to_string(fixture).expect("the fixture can be read");
    if let Some((written, used)) = port {
        text = text.replace(written, &used.to_string());
    }
    let rig = folder.join("rig.toml");
    std::fs::write(&rig, text).expect("it can be written");
    let run = folder.join("run");
    let outcome = run_into(&run, &["led-info", "--rig", &rig.to_string_lossy()]);
    (outcome, Record::open(&run).expect("a record was left"))
}

fn trouble(record: &Record) -> String {
    let troubles = record.lines.iter().filter_map(|line| match &line.event {
        Event::RigError { message } => Some(message.clone()),
        _ => None,
    });
    troubles.collect()
}

#[test]
fn a_probe_at_a_closed_port() {
    let (outcome, record) = on_faulty_rig("closed-probe", None);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    insta::assert_snapshot!(trouble(&record));
}

#[test]
fn a_probe_that_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        // Accepts and reads until the client gives up, but says nothing.
        if let Ok((mut socket, _)) = listener.accept() {
            let _ = socket.read_to_end(&mut Vec::new());
        }
    });
    let (outcome, record) = on_faulty_rig("silent-probe", Some(("47823", port)));
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    insta::assert_snapshot!(trouble(&record).replace(&port.to_string(), "PORT"));
}

/// The cases that did not pass.
fn failed(record: &Record) -> Vec<String> {
    let good =
        |case: &CaseRecord| matches!(case.verdict(), Some(Verdict::Pass | Verdict::Marginal));
    let bad = record.cases.iter().filter(|case| !good(case));
    bad.map(|case| case.id.clone()).collect()
}

/// The cell voltage at which the charge relay opened, and its margin.
fn threshold(record: &Record, id: &str) -> (f64, f64) {
    let case = record
        .cases
        .iter()
        .find(|case| case.id == id)
        .expect("it was planned");
    let plan = case.plan().expect("it was started");
    let measured = case.lines.iter().find_map(|line| match &line.event {
        Event::Decided {
            step,
            expectation,
            judgement,
        } => {
            let claim = &plan.steps[*step].expect[*expectation].claim;
            let at = matches!(claim, Claim::At { .. });
            at.then_some((judgement.value?, judgement.margin?))
        }
        _ => None,
    });
    measured.expect("the threshold was measured")
}

fn smoke(folder: &Path, arguments: &[&str]) -> (i32, Record) {
    let code = run_into(folder, arguments).code;
    (code, Record::open(folder).expect("a record was left"))
}

#[test]
fn an_end_board_with_vmax_50_mv_too_high_fails_exactly_the_cases_of_that_threshold() {
    let folder = scratch("known-bad");
    let (code, right) = smoke(&folder.join("right"), &["--seed", "1"]);
    assert_eq!(code, 0, "{:?}", failed(&right));
    let (code, wrong) = smoke(
        &folder.join("wrong"),
        &["--seed", "1", "--image", KNOWN_BAD],
    );
    assert_eq!(code, 1);
    let verifies = |ids: &[String]| ids.iter().any(|id| id == "CHG-N-DIS-1");
    let expected: Vec<_> = wrong
        .cases
        .iter()
        .filter(|case| case.plan().is_some_and(|plan| verifies(&plan.verifies)))
        .map(|case| case.id.clone())
        .collect();
    let found = failed(&wrong);
    assert_eq!(found, expected);
    assert_eq!(found.len(), 4);
    for id in found {
        let (volts, margin) = threshold(&right, &id);
        let (shifted, missed) = threshold(&wrong, &id);
        let shift_mv = (shifted - volts) * 1e3;
        assert!((40.0..=60.0).contains(&shift_mv), "{id}: {shift_mv} mV");
        assert!(margin > 0.0 && missed < 0.0, "{id}: {margin} V, {missed} V");
    }
}
