//! `hil rig list`: the rigs there are.

use std::process::ExitCode;

use anyhow::Result;

use crate::home::Home;
use crate::{library, output};

/// Prints name, kind and title of every rig in rigs/.
///
/// # Errors
/// Bad input in a rig file.
pub fn list(home: &Home) -> Result<ExitCode> {
    let mut text = String::new();
    for name in home.rig_names()? {
        let rig = library::rig(home, &name)?.rig;
        text += &format!("{name:<16} {:<10} {}\n", rig.kind.word(), rig.title);
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
