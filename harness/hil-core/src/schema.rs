//! JSON Schemas of the files people write, for editors. They say what may stand where; what a
//! quantity or a channel is, only the reader knows.

use schemars::{JsonSchema, generate::SchemaSettings};

use crate::case::file::CaseFile;
use crate::mutant::MutantsFile;
use crate::plant::CellFile;
use crate::profile::ProfileFile;
use crate::requirement::CatalogueFile;
use crate::rig::RigFile;

/// Of a case file.
#[must_use]
pub fn case() -> String {
    schema::<CaseFile>()
}

/// Of a rig file.
#[must_use]
pub fn rig() -> String {
    schema::<RigFile>()
}

/// Of a profile.
#[must_use]
pub fn profile() -> String {
    schema::<ProfileFile>()
}

/// Of a kind of cell.
#[must_use]
pub fn cell() -> String {
    schema::<CellFile>()
}

/// Of the catalogue of requirements.
#[must_use]
pub fn requirements() -> String {
    schema::<CatalogueFile>()
}

/// Of the list of mutants.
#[must_use]
pub fn mutants() -> String {
    schema::<MutantsFile>()
}

fn schema<T: JsonSchema>() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let schema = generator.into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}
