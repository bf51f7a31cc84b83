//! Live progress on stderr. On a terminal a line that is rewritten; elsewhere one line per case.

use std::time::Duration;

use hil_core::plan::Plan;
use hil_core::ports::FlashProgress;
use hil_report::Style;
use hil_report::view::Outcome;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::session::News;

/// Where a run stands, for people.
pub struct Live {
    bars: MultiProgress,
    style: Style,
    interactive: bool,
}

impl Live {
    /// On stderr; quiet bars when it is not a terminal.
    #[must_use]
    pub fn new(interactive: bool, style: Style) -> Self {
        let target = if interactive {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            style,
            interactive,
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        if self.interactive {
            // A terminal that is gone is no reason to stop a run.
            let _ = self.bars.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    /// A bar for each board while it is flashed.
    pub fn flashing(&self) -> impl FnMut(FlashProgress) + use<> {
        let bars = self.bars.clone();
        let mut boards: Vec<Option<ProgressBar>> = Vec::new();
        move |step| {
            let board = usize::from(step.board);
            if boards.len() <= board {
                boards.resize(board + 1, None);
            }
            let bar = boards[board].get_or_insert_with(|| {
                let style = ProgressStyle::with_template(
                    "  board {prefix} {msg:<22} {bar:24} {percent:>3} %",
                );
                let bar = bars.add(
                    ProgressBar::new(1)
                        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
                );
                bar.set_prefix(step.board.to_string());
                bar
            });
            bar.set_message(step.phase.to_string());
            bar.set_length(u64::from(step.total.max(1)));
            bar.set_position(u64::from(step.done));
        }
    }

    /// The bar of the cases, and a line for each one that ended.
    pub fn cases<'a>(&'a self, plan: &'a Plan) -> impl FnMut(News) + 'a {
        // The flashing is over; its bars go.
        let _ = self.bars.clear();
        let style = ProgressStyle::with_template("  {pos}/{len} {bar:24} {msg}");
        let bar = ProgressBar::new(plan.cases.len() as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let bar = self.bars.add(bar);
        bar.enable_steady_tick(Duration::from_millis(100));
        move |news| match news {
            News::Started { case } => bar.set_message(plan.cases[case].id.clone()),
            News::At { case, step, time } => {
                let case = &plan.cases[case];
                let name = case.steps.get(step).map_or("", |step| &step.name);
                bar.set_message(format!("{} · {name} · {:.0} s", case.id, time.as_secs()));
            }
            News::Ended { outcome, .. } => {
                bar.inc(1);
                let ended = Outcome::Ended(outcome.verdict);
                let sign = self.style.outcome(ended, ended.symbol());
                self.say(&format!("{sign} {}", outcome.id));
            }
        }
    }
}
