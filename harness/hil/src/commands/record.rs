//! `hil report`, `hil judge` and `hil verify`: what can be done with a record alone.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use hil_core::Verdict;
use hil_core::event::Event;
use hil_core::judge::{Judged, judge_case, step_windows};
use hil_core::plan::{PlannedCase, PlannedStep};
use hil_core::verdict::{exit_code, worst};
use hil_report::record::CaseRecord;
use hil_report::{Finding, Record, RunView};

use crate::cli::Format;
use crate::exit::bad_input;
use crate::output;

/// Makes the pages again.
///
/// # Errors
/// Bad input when the folder is not a record; trouble when pages cannot be written.
pub fn report(folder: &Path, format: Format) -> Result<ExitCode> {
    let record = open(folder)?;
    let view = RunView::new(&record);
    output::write(&view)?;
    output::show(&view, format)?;
    // Those of the streams stand in the results already, those of the traces do not.
    let mut findings = hil_report::verify(folder).map_err(|error| bad_input(error.to_string()))?;
    findings.retain(|finding| !record.findings.contains(finding));
    say(&findings);
    Ok(ExitCode::SUCCESS)
}

/// Judges every case again from its plan and traces, says where that differs from what stands in
/// the record, and exits as `run` does.
///
/// # Errors
/// Bad input when the folder is not a record, or holds nothing that can be judged.
pub fn judge(folder: &Path) -> Result<ExitCode> {
    let record = open(folder)?;
    say(&record.findings);
    let mut verdicts = Vec::new();
    let mut text = String::new();
    for case in &record.cases {
        verdicts.extend(judge_one(case, &mut text));
    }
    let of_run = record.lines.iter();
    verdicts.extend(of_run.filter_map(|line| trouble(None, &line.event)));
    // What is missing may have failed.
    if record.verdict().is_none() && !verdicts.is_empty() {
        verdicts.push(Verdict::Inconclusive);
    }
    output::print(&text)?;
    if verdicts.is_empty() {
        let folder = folder.display();
        return Err(bad_input(format!("{folder} holds no case to judge")));
    }
    Ok(ExitCode::from(exit_code(verdicts)))
}

/// The verdicts of a case, and what is to be said about them.
fn judge_one(case: &CaseRecord, text: &mut String) -> Vec<Verdict> {
    let Some(plan) = case.plan() else {
        *text += &format!("{:<13} {}\n", "not run", case.id);
        return vec![Verdict::Inconclusive];
    };
    let events = || case.lines.iter().map(|line| (line.at, &line.event));
    let (samples, findings) = case.samples();
    say(&findings);
    let judged = judge_case(plan, &step_windows(events()), samples);
    let troubles = events().filter_map(|(_, event)| trouble(Some(plan), event));
    let found = judged.iter().map(|judged| judged.judgement.verdict);
    // A case whose end is missing may have failed there.
    let cut = case.verdict().is_none().then_some(Verdict::Inconclusive);
    let all: Vec<_> = found.chain(troubles).chain(cut).collect();
    let word = worst(all.iter().copied()).word();
    *text += &format!(
        "{word:<13} {}  {} expectations judged\n",
        case.id,
        judged.len()
    );
    for difference in differences(plan, &judged, events().map(|(_, event)| event)) {
        *text += &format!("{:<13} {difference}\n", "");
    }
    all
}

/// What an event other than a judgement means for the verdict.
fn trouble(plan: Option<&PlannedCase>, event: &Event) -> Option<Verdict> {
    match event {
        Event::AwaitMissed { step } => plan?.steps.get(*step).map(PlannedStep::when_missed),
        Event::RigError { .. } => Some(Verdict::RigError),
        Event::Aborted { .. } => Some(Verdict::Aborted),
        _ => None,
    }
}

/// Where judging again came to something else than what the record says.
fn differences<'a>(
    plan: &PlannedCase,
    again: &[Judged],
    events: impl Iterator<Item = &'a Event>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for event in events {
        let Event::Decided {
            step,
            expectation,
            judgement,
        } = event
        else {
            continue;
        };
        let same = |j: &&Judged| j.step == *step && j.expectation == *expectation;
        let now = again.iter().find(same).map(|j| &j.judgement);
        if now != Some(judgement) {
            let was = judgement.verdict.word();
            let is = now.map_or("not judged", |j| j.verdict.word());
            let text = &plan.steps[*step].expect[*expectation].text;
            differences.push(format!("the record says {was}, now {is}: {text}"));
        }
    }
    differences
}

/// Checks the hash chain: 0 clean, 1 a finding.
///
/// # Errors
/// Bad input when the folder is not a record.
pub fn verify(folder: &Path) -> Result<ExitCode> {
    let findings = hil_report::verify(folder).map_err(|error| bad_input(error.to_string()))?;
    let mut text: String = findings.iter().map(|f| format!("{f}\n")).collect();
    if findings.is_empty() {
        let folder = folder.display();
        text = format!("{folder}: every line and segment is as it was written\n");
    } else if !findings.iter().any(Finding::is_damage) {
        text += "intact as far as it goes, but unfinished\n";
    }
    output::print(&text)?;
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

fn open(folder: &Path) -> Result<Record> {
    Record::open(folder).map_err(|error| bad_input(error.to_string()))
}

fn say(findings: &[Finding]) {
    for finding in findings {
        eprintln!("warning: {finding}");
    }
}
