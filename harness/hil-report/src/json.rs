//! A record's results as one JSON document, for scripts: the numbers of the judged table.

use hil_core::event::Judgement;
use hil_core::ports::SafeState;
use serde::Serialize;

use crate::view::{CaseView, RunView};

#[derive(Serialize)]
struct Run<'a> {
    tool: &'a str,
    seed: u64,
    rig: Option<&'a str>,
    dut_serial: Option<&'a str>,
    hardware_revision: Option<&'a str>,
    verdict: Option<&'static str>,
    finished: bool,
    final_hash: &'a str,
    findings: Vec<String>,
    troubles: Vec<String>,
    cases: Vec<Case<'a>>,
    skipped: Vec<Skipped<'a>>,
    safe: Option<&'a SafeState>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    title: Option<&'a str>,
    verdict: &'static str,
    bench_seconds: f64,
    requirements: &'a [String],
    page: String,
    reproduce: String,
    troubles: Vec<String>,
    expectations: Vec<Expectation<'a>>,
}

#[derive(Serialize)]
struct Expectation<'a> {
    step: &'a str,
    text: &'a str,
    judgement: Option<&'a Judgement>,
}

#[derive(Serialize)]
struct Skipped<'a> {
    id: &'a str,
    reason: &'a str,
}

/// The document, ending with a line feed.
///
/// # Errors
/// When it cannot be serialized.
pub fn render(view: &RunView<'_>) -> Result<String, serde_json::Error> {
    let run = Run {
        tool: view.tool,
        seed: view.seed,
        rig: view.identity.map(|i| i.rig.as_str()),
        dut_serial: view.dut_serial,
        hardware_revision: view.hardware_revision,
        verdict: view.verdict().map(hil_core::Verdict::word),
        finished: view.record.is_finished(),
        final_hash: view.record.final_hash(),
        findings: view.findings().iter().map(ToString::to_string).collect(),
        troubles: view.troubles.iter().map(|t| t.text()).collect(),
        cases: view.cases.iter().map(|case| document(view, case)).collect(),
        skipped: view
            .skipped
            .iter()
            .map(|(id, reason)| Skipped { id, reason })
            .collect(),
        safe: view.safe,
    };
    Ok(serde_json::to_string_pretty(&run)? + "\n")
}

fn document<'a>(view: &RunView<'_>, case: &CaseView<'a>) -> Case<'a> {
    let step = |i: usize| case.plan.and_then(|p| p.steps.get(i));
    Case {
        id: case.id(),
        title: case.plan.map(|p| p.title.as_str()),
        verdict: case.outcome.word(),
        bench_seconds: case.duration().as_secs(),
        requirements: case.plan.map_or(&[], |p| &p.verifies),
        page: case.page(),
        reproduce: view.reproduce(case.id()),
        troubles: case.troubles.iter().map(|t| t.text()).collect(),
        expectations: case
            .expectations
            .iter()
            .map(|e| Expectation {
                step: step(e.step).map_or("", |s| &s.name),
                text: &e.planned.text,
                judgement: e.judgement,
            })
            .collect(),
    }
}
