//! JUnit XML of a record, for CI systems: one test case per instance. Times are bench time, so
//! that equal runs give equal files.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hil_core::Verdict;
use hil_core::ports::SinkError;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::format::{limits, margin, measured};
use crate::record::JUNIT;
use crate::view::{CaseView, ExpectationView, Outcome, RunView};

const FINAL_HASH: &str = "final-hash";

/// Writes `junit.xml` into the run folder.
///
/// # Errors
/// When the file cannot be written.
pub fn write(view: &RunView<'_>) -> Result<(), SinkError> {
    let path = view.record.root.join(JUNIT);
    write_to(view, &path).map_err(|source| SinkError { path, source })
}

fn write_to(view: &RunView<'_>, path: &Path) -> std::io::Result<()> {
    fs::write(path, render(view).map_err(std::io::Error::other)?)
}

/// The document.
///
/// # Errors
/// When the XML writer refuses a text.
pub fn render(view: &RunView<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("hil");
    for (name, value) in properties(view) {
        suite.add_property(Property::new(name, value));
    }
    suite.set_time(Duration::from_micros(view.bench_time().0));
    for case in &view.cases {
        suite.add_test_case(test_case(view, case));
    }
    // With nothing but skipped cases a run in trouble would look like a good one.
    for trouble in &view.troubles {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(trouble.verdict().word());
        status.set_message(trouble.text());
        suite.add_test_case(named("run", status));
    }
    for (id, reason) in view.skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason.as_str());
        suite.add_test_case(named(id, status));
    }
    let mut report = Report::new("hil");
    report.set_time(Duration::from_micros(view.bench_time().0));
    report.add_test_suite(suite);
    report.to_string()
}

/// The final hash that stands in a document written by [`render`].
#[must_use]
pub fn final_hash(document: &str) -> Option<&str> {
    let (_, tail) = document.split_once(&format!("name=\"{FINAL_HASH}\" value=\""))?;
    Some(tail.split_once('"')?.0)
}

fn properties<'a>(view: &RunView<'a>) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("tool", view.tool.to_owned()),
        ("seed", view.seed.to_string()),
        (FINAL_HASH, view.record.final_hash().to_owned()),
    ];
    let optional = [
        ("rig", view.identity.map(|i| i.rig.as_str())),
        ("dut-serial", view.dut_serial),
        ("hardware-revision", view.hardware_revision),
    ];
    for (name, value) in optional {
        properties.extend(value.map(|v| (name, v.to_owned())));
    }
    properties
}

/// `charge-vmax/cell=3` is the test `cell=3` of the class `charge-vmax`; an instance without
/// parameters is a test of its own name.
fn named(id: &str, status: TestCaseStatus) -> TestCase {
    let (class, name) = id.split_once('/').unwrap_or((id, id));
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn test_case(view: &RunView<'_>, case: &CaseView<'_>) -> TestCase {
    let mut test = named(case.id(), status(view, case));
    test.set_time(Duration::from_micros(case.duration().0));
    test.set_assertions(case.expectations.len());
    let verifies = case.plan.map_or(&[][..], |plan| &plan.verifies);
    for requirement in verifies {
        test.add_property(Property::new("requirement", requirement.as_str()));
    }
    test.add_property(Property::new("verdict", case.outcome.word()));
    test
}

fn status(view: &RunView<'_>, case: &CaseView<'_>) -> TestCaseStatus {
    let kind = match case.outcome {
        Outcome::Ended(Verdict::Pass | Verdict::Marginal) => return TestCaseStatus::success(),
        Outcome::NotRun => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("planned, but the run ended before it began");
            return status;
        }
        Outcome::Ended(Verdict::Fail) => NonSuccessKind::Failure,
        Outcome::Ended(Verdict::Inconclusive | Verdict::Aborted | Verdict::RigError)
        | Outcome::Unfinished => NonSuccessKind::Error,
    };
    let mut texts: Vec<String> = case.troubles.iter().map(|t| t.text()).collect();
    texts.extend(case.missed.iter().map(|step| missed(case, *step)));
    let bad = |e: &&ExpectationView<'_>| e.verdict().is_none_or(|v| v > Verdict::Marginal);
    texts.extend(case.expectations.iter().filter(bad).map(sentence));
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(case.outcome.word());
    status.set_message(texts.first().map_or(case.outcome.word(), String::as_str));
    texts.push(format!("reproduce: {}", view.reproduce(case.id())));
    texts.push(format!("page: {}", case.page()));
    status.set_description(texts.join("\n"));
    status
}

/// What a step's set-up waited for in vain.
pub(crate) fn missed(case: &CaseView<'_>, step: usize) -> String {
    let name = case.plan.and_then(|p| p.steps.get(step)).map(|s| &*s.name);
    let name = name.unwrap_or("unknown");
    format!(
        "set-up of step {} ({name}) did not come true in time",
        step + 1
    )
}

/// An expectation with everything that was found, in one line.
fn sentence(expectation: &ExpectationView<'_>) -> String {
    format!("{}: {}", expectation.planned.text, found(expectation))
}

/// What an expectation came to, in words and numbers.
pub(crate) fn found(expectation: &ExpectationView<'_>) -> String {
    let Some(j) = expectation.judgement else {
        return "not decided".to_owned();
    };
    format!(
        "{}; {} (measured {}, limits {}, margin {}, decided at {})",
        j.verdict.word(),
        j.seen,
        measured(j.value, &j.unit),
        limits(j.low, j.high, &j.unit),
        margin(j.margin, &j.unit),
        j.at,
    )
}
