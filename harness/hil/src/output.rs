//! Results on stdout, in the asked format.

use std::io::{ErrorKind, IsTerminal, Write};

use anyhow::{Context, Result};
use hil_report::{RunView, Style, json, junit, terminal};

use crate::cli::Format;

/// How to paint on a stream, from whether it is a terminal and `NO_COLOR`.
#[must_use]
pub fn style(terminal: bool) -> Style {
    Style::detect(terminal, std::env::var("NO_COLOR").ok().as_deref())
}

/// Writes every file that is made from a record: the pages and `junit.xml`.
///
/// # Errors
/// When one cannot be written.
pub fn write(view: &RunView<'_>) -> Result<()> {
    Ok(hil_report::report(view)?)
}

/// Prints a run.
///
/// # Errors
/// When stdout cannot be written or the document cannot be made.
pub fn show(view: &RunView<'_>, format: Format) -> Result<()> {
    let text = match format {
        Format::Human => terminal::render(view, style(std::io::stdout().is_terminal())),
        Format::Json => json::render(view)?,
        Format::Junit => junit::render(view)?,
    };
    print(&text)
}

/// Writes to stdout. That its reader has seen enough (`hil list | head`) is no trouble.
///
/// # Errors
/// When stdout cannot be written for another reason.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}
