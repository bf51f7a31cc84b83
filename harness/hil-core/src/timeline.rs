//! The events of a case as a time-line for people: in terminals and in snapshots.
//!
//! It shows what happened and in which order, and leaves out what differs between runs of the same
//! case for no reason a reader cares about (hashes, segments of the record).

use std::fmt::Write as _;

use crate::channel::Channel;
use crate::event::{Event, Judgement};
use crate::judge::words;
use crate::plan::{Finding, PlannedCase, Stimulus};
use crate::ports::{Answer, SafeState};
use crate::time::Time;

/// One line per event, with its time; equal values on neighbouring channels share one.
#[must_use]
pub fn timeline<'a>(events: impl IntoIterator<Item = (Time, &'a Event)>) -> String {
    let mut lines = Lines::default();
    for (at, event) in events {
        lines.add(at, event);
    }
    lines.flush();
    lines.text
}

/// Values applied at one time to channels that differ only in a running index.
#[derive(Clone, Copy)]
struct Applied {
    at: Time,
    first: Channel,
    last: Channel,
    value: f64,
}

#[derive(Default)]
struct Lines<'a> {
    text: String,
    plan: Option<&'a PlannedCase>,
    step: usize,
    applied: Option<Applied>,
}

impl<'a> Lines<'a> {
    fn add(&mut self, at: Time, event: &'a Event) {
        if let Event::Applied { channel, value } = event {
            return self.apply(at, *channel, *value);
        }
        self.flush();
        match event {
            Event::CaseStarted { plan, seed } => {
                self.plan = Some(plan);
                self.line(at, &format!("case {}, seed {seed}", plan.id));
            }
            Event::StepStarted { step } => {
                self.step = *step;
                let name = self.plan.and_then(|plan| plan.steps.get(*step));
                let name = name.map_or("", |step| step.name.as_str());
                self.line(at, &format!("step {}: {name}", step + 1));
            }
            Event::Decided {
                step,
                expectation,
                judgement,
            } => {
                let text = self.decided(*step, *expectation, judgement);
                self.line(at, &text);
            }
            Event::Asked { step } => {
                let asked = self.plan.and_then(|plan| plan.steps.get(*step));
                let prompt = asked.and_then(|step| step.prompt.as_deref());
                self.line(at, &format!("  operator: {}", prompt.unwrap_or_default()));
            }
            Event::Found { finding } => {
                let text = self.found(finding);
                self.line(at, &text);
            }
            Event::Running { stimulus } => {
                let text = self.running(*stimulus);
                self.line(at, &text);
            }
            other => {
                if let Some(text) = plainly(other) {
                    self.line(at, &text);
                }
            }
        }
    }

    fn line(&mut self, at: Time, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:>10.3} s  {text}", at.as_secs());
    }

    fn apply(&mut self, at: Time, channel: Channel, value: f64) {
        if let Some(group) = &mut self.applied {
            let next = Channel {
                index: group.last.index + 1,
                ..group.last
            };
            if group.at == at && group.value == value && channel == next {
                group.last = channel;
                return;
            }
        }
        self.flush();
        self.applied = Some(Applied {
            at,
            first: channel,
            last: channel,
            value,
        });
    }

    fn flush(&mut self) {
        let Some(group) = self.applied.take() else {
            return;
        };
        let mut name = group.first.to_string();
        if group.first != group.last {
            let range = format!("[{}..{}]", group.first.index, group.last.index);
            name = name.replacen(&format!("[{}]", group.first.index), &range, 1);
        }
        let value = words::value(group.first, group.value);
        self.line(group.at, &format!("  {name} = {value}"));
    }

    fn running(&self, stimulus: usize) -> String {
        let step = self.plan.and_then(|plan| plan.steps.get(self.step));
        match step.and_then(|step| step.stimuli.get(stimulus)) {
            Some(Stimulus::Ramp { channel, to, rate }) => {
                let to = words::value(*channel, *to);
                let rate = words::number(*rate, "");
                format!("  {channel} moves to {to}, {rate} per second")
            }
            Some(Stimulus::Square {
                channel,
                low,
                high,
                period,
            }) => {
                let (low, high) = (words::value(*channel, *low), words::value(*channel, *high));
                format!("  {channel} alternates between {high} and {low} every {period}")
            }
            _ => format!("  stimulus {} begins", stimulus + 1),
        }
    }

    fn found(&self, finding: &Finding) -> String {
        let step = self.plan.and_then(|plan| plan.steps.get(self.step));
        let search = step.and_then(|step| step.search.as_ref());
        let unit = search.map_or("", |search| search.unit());
        let number = |what: &str, value: Option<f64>, unit| {
            value.map(|value| format!("{what} {}", words::number(value, unit)))
        };
        let parts = [
            number("threshold", finding.threshold, unit),
            number("release", finding.release, unit),
            number("delay", finding.delay_s, "s"),
            finding.missed.map(|missed| missed.words().to_string()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("  found {}", parts.join(", "))
    }

    fn decided(&self, step: usize, expectation: usize, found: &Judgement) -> String {
        let step = self.plan.and_then(|plan| plan.steps.get(step));
        let wanted = step.and_then(|step| step.expect.get(expectation));
        let wanted = wanted.map_or("", |wanted| wanted.text.as_str());
        let verdict = found.verdict.word().to_uppercase();
        let mut text = format!("  {verdict}  {wanted}: {}", found.seen);
        if let Some(margin) = found.margin {
            let _ = write!(text, " (margin {})", words::number(margin, &found.unit));
        }
        text
    }
}

/// The events that need nothing of the plan; `None` for those a time-line leaves out.
fn plainly(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted { seed, cases, .. } => {
            format!("run of {} cases, seed {seed}", cases.len())
        }
        Event::Identified { identity } => format!("rig {} ({})", identity.rig, identity.kind),
        Event::FlashPhaseDone {
            board,
            phase,
            bytes,
        } => format!("board {board}: {phase} done, {bytes} bytes"),
        Event::Flashed {
            board,
            image,
            copy_of,
            ..
        } => match copy_of {
            Some(first) => format!("board {board} flashed with {image}, as board {first}"),
            None => format!("board {board} flashed with {image}"),
        },
        Event::Ready { .. } => "  ready".to_string(),
        Event::Answered { answer } => match answer {
            Answer::Done { by } => format!("  {by}: done"),
            Answer::Refused { by } => format!("  {by}: not done"),
            Answer::Silent => "  nobody answered".to_string(),
            Answer::Stopped => "  stopped".to_string(),
        },
        Event::AwaitMissed { .. } => "  the set-up did not come true in time".to_string(),
        Event::Log { line } => format!("  board {} {}: {}", line.board, line.level, line.text),
        Event::RigError { message } => format!("rig error: {message}"),
        Event::Aborted { reason } => format!("aborted: {reason}"),
        Event::Safe { state } => safe(state),
        Event::CaseFinished { verdict } | Event::RunFinished { verdict } => {
            format!("finished: {}", verdict.word())
        }
        Event::CaseRecorded { id, verdict, .. } => format!("{id}: {}", verdict.word()),
        _ => return None,
    })
}

fn safe(state: &SafeState) -> String {
    let outputs = state.read_back.len();
    if state.verified {
        format!("safe, {outputs} outputs read back")
    } else {
        format!("NOT SAFE, {outputs} outputs read back")
    }
}
