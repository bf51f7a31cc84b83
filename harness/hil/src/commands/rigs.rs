//! `hil rig list`: the rigs there are.

use std::process::ExitCode;

use anyhow::Result;

use crate::home::Home;
use crate::library;

/// Prints name, kind and title of every rig in rigs/.
///
/// # Errors
/// Bad input in a rig file.
pub fn list(home: &Home) -> Result<ExitCode> {
    for name in home.rig_names()? {
        let rig = library::rig(home, &name)?.rig;
        println!("{name:<16} {:<10} {}", rig.kind.word(), rig.title);
    }
    Ok(ExitCode::SUCCESS)
}
