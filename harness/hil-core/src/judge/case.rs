//! Judging a recorded case again: the same panel, fed from the record.

use crate::event::{Event, Judgement};
use crate::plan::{Finding, PlannedCase};
use crate::ports::{LogLine, Sample};
use crate::time::Time;

use super::panel::Panel;

/// A portion of samples after which a recorded case is moved on; any number gives the same result.
const PORTION: usize = 512;

/// What one expectation of a case came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Index into the plan's steps.
    pub step: usize,
    /// Index into the step's expectations.
    pub expectation: usize,
    /// What was found.
    pub judgement: Judgement,
}

/// How the expectations' windows of a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The step ended: everything is judged.
    Closed(Time),
    /// A person stopped it: what had failed has failed, the rest is inconclusive.
    Stopped(Time),
    /// Trouble, or the record breaks off: only what was decided before this time stands.
    Cut(Time),
}

/// When the expectations of a step were watched, and what was found and heard meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct StepWindow {
    /// Index into the plan's steps.
    pub step: usize,
    /// The end of the set-up.
    pub opened: Time,
    /// The end of the step.
    pub end: End,
    /// What each approach of its search found, in order.
    pub findings: Vec<Finding>,
    /// The lines of the targets' logs since the window before, in time order.
    pub logs: Vec<LogLine>,
}

/// Finds the windows of the steps in the events of a case, which are in time order.
#[must_use]
pub fn step_windows<'a>(events: impl IntoIterator<Item = (Time, &'a Event)>) -> Vec<StepWindow> {
    let mut windows = Vec::new();
    let mut open: Option<StepWindow> = None;
    let mut is_aborted = false;
    let mut logs = Vec::new();
    for (at, event) in events {
        match event {
            Event::Ready { step } => {
                open = Some(StepWindow {
                    step: *step,
                    opened: at,
                    end: End::Cut(at),
                    findings: Vec::new(),
                    logs: std::mem::take(&mut logs),
                });
            }
            Event::Found { finding } => {
                if let Some(window) = &mut open {
                    window.findings.push(finding.clone());
                }
            }
            Event::Log { line } => match &mut open {
                Some(window) => window.logs.push(line.clone()),
                None => logs.push(line.clone()),
            },
            // A step that is stopped by a person is judged, and ended, after the abortion.
            Event::Aborted { .. } => is_aborted = true,
            Event::StepEnded { .. } => windows.extend(open.take().map(|window| StepWindow {
                end: if is_aborted {
                    End::Stopped(at)
                } else {
                    End::Closed(at)
                },
                ..window
            })),
            Event::RigError { .. } => windows.extend(open.take().map(|window| StepWindow {
                end: End::Cut(at),
                ..window
            })),
            Event::Safe { .. } => windows.extend(open.take()),
            _ => {}
        }
        if let Some(window) = &mut open {
            window.end = End::Cut(at);
        }
    }
    windows.extend(open);
    windows
}

/// Judges a recorded case. The result is in the order of the plan.
#[must_use]
pub fn judge_case(
    plan: &PlannedCase,
    windows: &[StepWindow],
    samples: impl IntoIterator<Item = Sample>,
) -> Vec<Judged> {
    let mut panel = Panel::new(plan);
    let mut samples = samples.into_iter().peekable();
    let mut judged = Vec::new();
    for window in windows {
        let Some(step) = plan.steps.get(window.step) else {
            continue;
        };
        while let Some(sample) = samples.next_if(|s| s.at <= window.opened) {
            panel.feed(&[sample]);
        }
        let before = window.logs.partition_point(|line| line.at <= window.opened);
        let (before, lines) = window.logs.split_at(before);
        before.iter().for_each(|line| panel.hear(line));
        panel.open(&step.expect, window.opened);
        // Monitors take nothing into account before it was its time.
        lines.iter().for_each(|line| panel.hear(line));
        let (End::Closed(end) | End::Stopped(end) | End::Cut(end)) = window.end;
        let mut portion = Vec::with_capacity(PORTION);
        loop {
            portion.clear();
            portion.extend(std::iter::from_fn(|| samples.next_if(|s| s.at < end)).take(PORTION));
            panel.feed(&portion);
            match portion.last() {
                Some(sample) => panel.advance(sample.at),
                None => break,
            }
        }
        for finding in &window.findings {
            panel.found(finding);
        }
        panel.advance(end);
        let mut found = panel.newly_decided();
        match window.end {
            End::Closed(_) => found.extend(panel.close(end)),
            End::Stopped(_) => found.extend(panel.stop(end)),
            End::Cut(_) => panel.clear(),
        }
        found.sort_by_key(|(expectation, _)| *expectation);
        judged.extend(found.into_iter().map(|(expectation, judgement)| Judged {
            step: window.step,
            expectation,
            judgement,
        }));
    }
    judged
}
