//! The judged table, the summary and the failure blocks for a terminal. Progress while a run goes
//! on belongs to the binary; this is what stays on the screen afterwards.

use std::fmt::Write;

use hil_core::Verdict;
use hil_core::event::Judgement;

use crate::format::{count, duration, limits, margin, measured};
use crate::junit;
use crate::view::{CaseView, ExpectationView, Outcome, RunView, span, symbol};

/// How to write. The binary decides, from NO_COLOR and whether stdout is a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used; signs and words say the same without them.
    pub color: bool,
}

impl Style {
    /// For files and pipes.
    pub const PLAIN: Self = Self { color: false };

    /// Colours only on a terminal and unless `NO_COLOR` is set to something.
    #[must_use]
    pub fn detect(is_terminal: bool, no_color: Option<&str>) -> Self {
        let forbidden = no_color.is_some_and(|value| !value.is_empty());
        Self {
            color: is_terminal && !forbidden,
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Text in the colour of an outcome.
    #[must_use]
    pub fn outcome(self, outcome: Outcome, text: &str) -> String {
        let code = match outcome {
            Outcome::Ended(Verdict::Pass) => "32",
            Outcome::Ended(Verdict::Marginal) => "33",
            Outcome::Ended(Verdict::Inconclusive) | Outcome::Unfinished => "35",
            Outcome::Ended(Verdict::Fail) => "1;31",
            Outcome::Ended(Verdict::Aborted | Verdict::RigError) => "1;34",
            Outcome::NotRun => "2",
        };
        self.paint(code, text)
    }
}

/// Everything: the table, what was skipped, the failure blocks and the summary.
#[must_use]
pub fn render(view: &RunView<'_>, style: Style) -> String {
    let mut out = String::new();
    for case in &view.cases {
        out.push_str(&case_table(case, style));
    }
    for (id, reason) in view.skipped {
        let _ = writeln!(out, "{} {id}  skipped: {reason}", style.dim("○"));
    }
    for case in view.cases.iter().filter(|c| c.outcome.needs_attention()) {
        out.push('\n');
        out.push_str(&failure(view, case, style));
    }
    if !view.troubles.is_empty() {
        out.push('\n');
        out.push_str(&stopped(view, style));
    }
    out.push('\n');
    out.push_str(&summary(view, style));
    out
}

/// One case: a line of its own and one per expectation.
#[must_use]
pub fn case_table(case: &CaseView<'_>, style: Style) -> String {
    let mut out = String::new();
    // A case that never began has left no plan, only its name.
    let title = case.plan.map_or(case.outcome.word(), |plan| &plan.title);
    let _ = writeln!(
        out,
        "{} {}  {}  {}",
        style.outcome(case.outcome, case.outcome.symbol()),
        style.bold(case.id()),
        title,
        style.dim(&duration(case.duration())),
    );
    for expectation in &case.expectations {
        let _ = writeln!(out, "  {}", row(expectation, style));
    }
    out
}

/// Sign and verdict, measured value, limits, margin with its bar, and the expectation's words.
fn row(expectation: &ExpectationView<'_>, style: Style) -> String {
    let text = &expectation.planned.text;
    let Some(j) = expectation.judgement else {
        let word = format!("… {:<12}", "undecided");
        return format!("{}  {text}", style.dim(&word));
    };
    let outcome = Outcome::Ended(j.verdict);
    let word = format!("{} {:<12}", symbol(j.verdict), j.verdict.word());
    format!(
        "{} {:>12}  {:<20}  {:>11} {}  {text}",
        style.outcome(outcome, &word),
        measured(j.value, &j.unit),
        limits(j.low, j.high, &j.unit),
        margin(j.margin, &j.unit),
        style.outcome(outcome, &bar(j)),
    )
}

const BAR: usize = 9;

/// Where the value lies between its limits: `├───●─────┤`, or outside of them.
fn bar(j: &Judgement) -> String {
    let (Some(value), Some((low, high))) = (j.value, span(j)) else {
        return " ".repeat(BAR + 4);
    };
    let place = (value - low) / (high - low);
    let line = "─".repeat(BAR);
    match place {
        ..0.0 => format!("●├{line}┤ "),
        0.0..=1.0 => {
            let before = ((place * BAR as f64) as usize).min(BAR - 1);
            let after = BAR - 1 - before;
            format!(" ├{}●{}┤ ", "─".repeat(before), "─".repeat(after))
        }
        _ => format!(" ├{line}┤●"),
    }
}

/// What went wrong, the page that shows it and the command that runs it again.
#[must_use]
pub fn failure(view: &RunView<'_>, case: &CaseView<'_>, style: Style) -> String {
    let mut out = String::new();
    let head = format!("{} {}", case.outcome.symbol(), case.outcome.word());
    let _ = writeln!(
        out,
        "{}  {}",
        style.outcome(case.outcome, &head),
        style.bold(case.id())
    );
    let mut lines: Vec<String> = case.troubles.iter().map(|t| t.text()).collect();
    lines.extend(case.missed.iter().map(|step| junit::missed(case, *step)));
    let bad = |e: &&ExpectationView<'_>| e.verdict().is_none_or(|v| v > Verdict::Marginal);
    for expectation in case.expectations.iter().filter(bad) {
        lines.push(expectation.planned.text.clone());
        lines.push(format!("    {}", junit::found(expectation)));
    }
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
    if let Some(plan) = case.plan {
        let line = case.expectations.iter().find(|e| bad(e));
        let line = line.map_or(String::new(), |e| format!(":{}", e.planned.line));
        let _ = writeln!(out, "    {} {}{line}", style.dim("case file"), plan.file);
    }
    let page = view.record.root.join(case.page());
    let _ = writeln!(out, "    {}      {}", style.dim("page"), page.display());
    let command = view.reproduce(case.id());
    let _ = writeln!(
        out,
        "    {} {}",
        style.dim("reproduce"),
        style.bold(&command)
    );
    out
}

/// Why the run as a whole did not go on, in the form of [`failure`]. Its first case runs it again.
fn stopped(view: &RunView<'_>, style: Style) -> String {
    let mut out = String::new();
    for trouble in &view.troubles {
        let outcome = Outcome::Ended(trouble.verdict());
        let text = format!("{} {}", outcome.symbol(), trouble.text());
        let _ = writeln!(out, "{}", style.outcome(outcome, &text));
    }
    let page = view.record.root.join(crate::record::INDEX);
    let _ = writeln!(out, "    {}      {}", style.dim("page"), page.display());
    if let Some(case) = view.cases.first() {
        let (word, command) = (style.dim("reproduce"), view.reproduce(case.id()));
        let _ = writeln!(out, "    {word} {}", style.bold(&command));
    }
    out
}

/// The last lines: counts, safety, seed and where the pages are.
#[must_use]
pub fn summary(view: &RunView<'_>, style: Style) -> String {
    let mut out = String::new();
    let mut parts = Vec::new();
    for outcome in OUTCOMES {
        let n = view.count(outcome);
        if n > 0 {
            let text = format!("{} {n} {}", outcome.symbol(), outcome.word());
            parts.push(style.outcome(outcome, &text));
        }
    }
    if !view.skipped.is_empty() {
        parts.push(style.dim(&format!("○ {} skipped", view.skipped.len())));
    }
    let cases = count(view.cases.len(), "case");
    let time = duration(view.bench_time());
    let _ = writeln!(
        out,
        "{}  {}  {}",
        style.bold(&cases),
        parts.join("  "),
        style.dim(&format!("{time} of bench time, seed {}", view.seed))
    );
    if let Some(safe) = view.safe {
        let word = if safe.verified {
            "safe state verified by read-back"
        } else {
            "SAFE STATE NOT VERIFIED by read-back"
        };
        let _ = writeln!(out, "{word}");
    }
    for finding in view.findings() {
        let _ = writeln!(out, "record: {finding}");
    }
    let index = view.record.root.join(crate::record::INDEX);
    let _ = writeln!(out, "report: {}", index.display());
    out
}

/// Every outcome, best first.
pub(crate) const OUTCOMES: [Outcome; 8] = [
    Outcome::Ended(Verdict::Pass),
    Outcome::Ended(Verdict::Marginal),
    Outcome::Ended(Verdict::Inconclusive),
    Outcome::Ended(Verdict::Fail),
    Outcome::Ended(Verdict::Aborted),
    Outcome::Ended(Verdict::RigError),
    Outcome::Unfinished,
    Outcome::NotRun,
];
