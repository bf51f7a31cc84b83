//! What the boards themselves have to say: their logs, and what their chips found out about the
//! programs they run.

use std::sync::Arc;

use hil_core::ports::LogLine;
use hil_core::time::{Span, Time};
use hil_mcu::{Finding, FindingKind};

use super::{VirtualBench, bench_time};
use crate::logs::{LogReader, LogTables};

/// Time between two looks.
const LOG_PERIOD: Span = Span::from_millis(100);

impl VirtualBench {
    /// Reads the boards' logs from now on, decoded with the format strings of their images.
    pub fn read_logs(&mut self, tables: &Arc<LogTables>) {
        let boards = usize::from(self.setup.cells) * usize::from(self.setup.banks);
        self.logs = vec![LogReader::new(Arc::clone(tables)); boards];
    }

    /// At whole periods: what the boards log, and what the chips found out about their programs.
    pub(super) fn read_targets(&mut self) {
        let out = &mut self.log_lines;
        if self.now < self.logs_due {
            return;
        }
        self.logs_due = Time((self.now.0 / LOG_PERIOD.0 + 1) * LOG_PERIOD.0);
        let (at, cells) = (self.now, self.setup.cells);
        let mut readers = self.logs.iter_mut();
        for bank in &mut self.banks {
            for k in 1..=cells {
                let number = u16::from(bank.number() - 1) * cells + k;
                let board = bank.board(k);
                if let Some(reader) = readers.next() {
                    reader.read(at, number, board, out);
                }
                let found = board.mcu.findings();
                out.extend(found.iter().map(|finding| line_of(at, number, finding)));
            }
        }
    }
}

/// A finding as a line of the target's log.
fn line_of(at: Time, board: u16, finding: &Finding) -> LogLine {
    let level = match finding.kind {
        FindingKind::HardFault { .. } | FindingKind::Lockup { .. } => "error",
        _ => "warn",
    };
    let seen = bench_time(finding.at);
    LogLine {
        at,
        board,
        level: level.to_owned(),
        text: format!("chip at {seen}: {}", finding.kind),
    }
}
