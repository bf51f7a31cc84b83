//! What the targets log: defmt frames out of the RTT buffer, read through the debug-port model,
//! decoded with the format strings of the image.
//!
//! It only reads what the firmware offers; it does not time, filter or judge.

mod decode;
mod table;

use std::sync::Arc;

use hil_core::ports::LogLine;
use hil_core::time::Time;
use hil_mcu::RttReader;
use thiserror::Error;

use crate::board::{Board, Role};
use table::Table;

/// An unfinished frame longer than this is not one.
const LONGEST_FRAME: usize = 1024;

/// The format strings of an image cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// Not an ELF file.
    #[error("the image is not a readable ELF file")]
    Elf(#[from] object::Error),
    /// It logs in a way that is not understood.
    #[error("the image logs with {0}; only defmt wire format 4 in rzcobs is read")]
    Format(String),
}

/// The format strings of the three images.
#[derive(Clone, Debug)]
pub struct LogTables([Table; 3]);

impl LogTables {
    /// From the ELF files of the Begin, Between and End boards.
    ///
    /// # Errors
    /// When one is not an ELF file, or logs in another way.
    pub fn new(begin: &[u8], between: &[u8], end: &[u8]) -> Result<Self, LogError> {
        Ok(Self([
            Table::parse(begin)?,
            Table::parse(between)?,
            Table::parse(end)?,
        ]))
    }

    fn of(&self, role: Role) -> &Table {
        &self.0[role as usize]
    }
}

/// Follows the log of one board.
#[derive(Clone, Debug)]
pub(crate) struct LogReader {
    tables: Arc<LogTables>,
    rtt: RttReader,
    unfinished: Vec<u8>,
}

impl LogReader {
    pub(crate) fn new(tables: Arc<LogTables>) -> Self {
        Self {
            tables,
            rtt: RttReader::default(),
            unfinished: Vec::new(),
        }
    }

    /// The board gets another program: its log begins anew, with the format strings of `elf`.
    ///
    /// # Errors
    /// When the program logs in a way that is not understood.
    pub(crate) fn replace(&mut self, role: Role, elf: &[u8]) -> Result<(), LogError> {
        let mut tables = LogTables::clone(&self.tables);
        tables.0[role as usize] = Table::parse(elf)?;
        *self = Self::new(Arc::new(tables));
        Ok(())
    }

    /// Appends what board `number` logged since the last call.
    pub(crate) fn read(
        &mut self,
        at: Time,
        number: u16,
        board: &mut Board,
        out: &mut Vec<LogLine>,
    ) {
        // A board without supply does not answer, and a corrupt buffer is the firmware's own doing;
        // both show elsewhere, and what was read before stays.
        let role = board.circuit.role;
        let Ok(bytes) = self.rtt.read(&mut board.mcu, &mut board.circuit) else {
            return;
        };
        self.unfinished.extend(bytes);
        let Some(end) = self.unfinished.iter().rposition(|byte| *byte == 0) else {
            self.unfinished.truncate(LONGEST_FRAME);
            return;
        };
        let frames: Vec<u8> = self.unfinished.drain(..=end).collect();
        let table = self.tables.of(role);
        for frame in frames
            .split(|byte| *byte == 0)
            .filter(|frame| !frame.is_empty())
        {
            let contents = decode::unstuff(frame);
            let found = contents.and_then(|contents| decode::statement(table, &contents));
            let (level, text) = match found {
                Some(statement) => (statement.level, statement.text),
                None => (
                    "warn",
                    format!(
                        "a log frame of {} bytes that cannot be decoded",
                        frame.len()
                    ),
                ),
            };
            out.push(LogLine {
                at,
                board: number,
                level: level.to_owned(),
                text,
            });
        }
    }
}
