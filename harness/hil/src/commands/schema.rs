//! `hil schema`: the JSON Schema of a kind of file, for editors, and the table of channels.

use std::process::ExitCode;

use anyhow::Result;
use hil_core::channel::{Access, FAMILIES, Family, Kind};
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
        SchemaKind::Cell => schema::cell(),
        SchemaKind::Requirements => schema::requirements(),
        SchemaKind::Mutants => schema::mutants(),
        SchemaKind::Channels => channels(),
    };
    output::print(&format!("{}\n", text.trim_end()))?;
    Ok(ExitCode::SUCCESS)
}

/// One line for each channel family: name, access, unit or states, meaning.
fn channels() -> String {
    let rows: Vec<[String; 4]> = FAMILIES.iter().map(row).collect();
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let (name, access, value) = (width(0), width(1), width(2));
    rows.iter()
        .map(|[n, a, v, help]| format!("{n:name$}  {a:access$}  {v:value$}  {help}\n"))
        .collect()
}

fn row(family: &Family) -> [String; 4] {
    let access = match family.access {
        Access::Stimulus => "applied",
        Access::Observed => "observed",
        Access::Modelled => "modelled",
        Access::Computed => "computed",
    };
    let value = match family.kind {
        Kind::Quantity(dimension) => match dimension.unit() {
            "" => "count".to_owned(),
            unit => unit.to_owned(),
        },
        Kind::State(words) => words.join(" "),
    };
    [
        family.pattern.to_owned(),
        access.to_owned(),
        value,
        family.help.to_owned(),
    ]
}
