//! `hil schema`: the JSON Schema of a kind of file, for editors.

use std::process::ExitCode;

use anyhow::Result;
use hil_core::schema;

use crate::cli::SchemaKind;
use crate::output;

/// Prints it.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(kind: SchemaKind) -> Result<ExitCode> {
    let text = match kind {
        SchemaKind::Case => schema::case(),
        SchemaKind::Rig => schema::rig(),
        SchemaKind::Profile => schema::profile(),
    };
    output::print(&format!("{}\n", text.trim_end()))?;
    Ok(ExitCode::SUCCESS)
}
