//! Reads the case tree, the profiles, the catalogue of requirements and a rig into hil-core.

use anyhow::Result;
use hil_core::diagnostic::Diagnostic;
use hil_core::library::{Library, Selection};
use hil_core::mutant::{self, Mutant, Wrong};
use hil_core::plan::Plan;
use hil_core::plant::CellModel;
use hil_core::profile::Profile;
use hil_core::requirement::Catalogue;
use hil_core::rig::Rig;
use hil_sim::Defect;

use crate::cli::Select;
use crate::exit::bad_input;
use crate::home::{Home, read};
use crate::hunt::defect;

/// A rig with the text of its file, of which the record keeps the hash.
pub struct LoadedRig {
    /// The rig.
    pub rig: Rig,
    /// Its file's text.
    pub text: String,
}

/// Reads a rig by name or path.
///
/// # Errors
/// Bad input with every diagnostic of the file.
pub fn rig(home: &Home, name: &str) -> Result<LoadedRig> {
    let path = home.rig_file(name)?;
    let text = read(&path)?;
    let rig = Rig::parse(&path.to_string_lossy(), &text).map_err(|d| refuse(&d))?;
    Ok(LoadedRig { rig, text })
}

/// Reads all cases with what they need.
///
/// # Errors
/// Bad input with every diagnostic of every file.
pub fn cases(home: &Home) -> Result<Library> {
    let files = home.toml_files("fixtures/cases")?;
    let sources = files
        .into_iter()
        .map(|(name, text)| (format!("fixtures/cases/{name}"), text));
    of_sources(home, sources)
}

/// Checks cases given as paths and texts, with the project's profiles and requirements.
///
/// # Errors
/// Bad input with every diagnostic of every file.
pub fn of_sources(
    home: &Home,
    sources: impl IntoIterator<Item = (String, String)>,
) -> Result<Library> {
    let mut profiles = Vec::new();
    let mut diagnostics = Vec::new();
    for (name, text) in home.toml_files("fixtures/profiles")? {
        match Profile::parse(&format!("fixtures/profiles/{name}"), &text) {
            Ok(profile) => profiles.push(profile),
            Err(found) => diagnostics.extend(found),
        }
    }
    let mut cells = Vec::new();
    for (name, text) in home.toml_files("fixtures/cells")? {
        match CellModel::parse(&format!("fixtures/cells/{name}"), &text) {
            Ok(model) => cells.push(model),
            Err(found) => diagnostics.extend(found),
        }
    }
    let path = "fixtures/requirements.toml";
    let catalogue = match Catalogue::parse(path, &read(&home.join(path))?) {
        Ok(catalogue) => catalogue,
        Err(found) => {
            diagnostics.extend(found);
            return Err(refuse(&diagnostics));
        }
    };
    if !diagnostics.is_empty() {
        return Err(refuse(&diagnostics));
    }
    let folder = "fixtures/field-logs";
    let logs = home.files(folder, &["csv", "hex"])?.into_iter();
    let logs = logs.map(|(name, text)| (format!("{folder}/{name}"), text));
    Library::load_with(sources, profiles, cells, catalogue, logs.collect()).map_err(|d| refuse(&d))
}

/// Reads the list of mutants.
///
/// # Errors
/// Bad input with every diagnostic of the file.
pub fn mutants(home: &Home, catalogue: &Catalogue) -> Result<Vec<Mutant>> {
    let path = "fixtures/mutants.toml";
    let mutants =
        mutant::parse(path, &read(&home.join(path))?, catalogue).map_err(|d| refuse(&d))?;
    for mutant in &mutants {
        if let Wrong::Board(name) = &mutant.wrong
            && defect(mutant).is_none()
        {
            let known: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
            let number = mutant.number;
            let known = known.join(", ");
            return Err(bad_input(format!(
                "{path}: mutant {number}: no defect is called `{name}`; there are {known}"
            )));
        }
    }
    Ok(mutants)
}

/// The plan of a selection on a rig. Without filter and tags, `default_tag` selects.
///
/// # Errors
/// Bad input when nothing is selected or a case cannot be planned.
pub fn plan(
    library: &Library,
    rig: &Rig,
    select: &Select,
    default_tag: Option<&str>,
) -> Result<Plan> {
    let mut tags = select.tags.clone();
    if tags.is_empty() && select.filter.is_none() {
        tags.extend(default_tag.map(str::to_owned));
    }
    let selection = Selection {
        filter: select.filter.clone(),
        tags,
        shard: select.shard,
    };
    let plan = library.plan(rig, &selection).map_err(|d| refuse(&d))?;
    match select.shard {
        Some((i, n)) if plan.cases.is_empty() && plan.skipped.is_empty() => Err(bad_input(
            format!("shard {i}/{n} is empty: fewer than {n} instances are selected"),
        )),
        _ => Ok(plan),
    }
}

fn refuse(diagnostics: &[Diagnostic]) -> anyhow::Error {
    use std::io::IsTerminal;
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let texts: Vec<_> = diagnostics.iter().map(|d| d.render(colour)).collect();
    bad_input(texts.join("\n\n"))
}
