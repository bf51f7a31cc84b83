//! `hil schema`: the JSON Schema of a kind of file, for editors.

use std::process::ExitCode;

use hil_core::schema;

use crate::cli::SchemaKind;

/// Prints it.
#[must_use]
pub fn print(kind: SchemaKind) -> ExitCode {
    let text = match kind {
        SchemaKind::Case => schema::case(),
        SchemaKind::Rig => schema::rig(),
        SchemaKind::Profile => schema::profile(),
    };
    println!("{}", text.trim_end());
    ExitCode::SUCCESS
}
