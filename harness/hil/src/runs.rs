//! Where the records of runs are: `reports/runs`, one folder each, and the link to the latest. What
//! stands in a folder is hil-report's business.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use hil_report::RunFolder;
use hil_report::record::host;

use crate::exit::bad_input;
use crate::home::Home;

/// A new run folder: the one asked for, else one named by the time. A record is never written
/// over.
///
/// # Errors
/// Bad input when the folder asked for holds a record; else when it cannot be written.
pub fn create(home: &Home, asked: Option<&Path>, seed: u64) -> Result<(PathBuf, RunFolder)> {
    if let Some(path) = asked {
        let folder = open(path)?.ok_or_else(|| {
            bad_input(format!(
                "{} holds a record already; name another folder with --out",
                path.display()
            ))
        })?;
        return Ok((path.to_owned(), folder));
    }
    let runs = home.join("reports/runs");
    let name = host::run_name(SystemTime::now(), seed);
    // Further runs within the same second get a number.
    let names = std::iter::once(name.clone()).chain((2..100).map(|n| format!("{name}-{n}")));
    for path in names.map(|name| runs.join(name)) {
        if let Some(folder) = open(&path)? {
            return Ok((path, folder));
        }
    }
    anyhow::bail!("{} has no free name for this run", runs.display())
}

/// Opens a run folder, unless it holds a record already.
fn open(path: &Path) -> Result<Option<RunFolder>> {
    match RunFolder::create(path, None) {
        Ok(folder) => Ok(Some(folder)),
        Err(error) if error.source.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes `reports/runs/latest` point to the run, when the run is in reports/runs. The link is made
/// apart and moved into place, so that two runs at once do not meet.
///
/// # Errors
/// When the link cannot be written.
pub fn latest(home: &Home, path: &Path) -> std::io::Result<()> {
    let runs = home.join("reports/runs");
    let Some(name) = path
        .strip_prefix(&runs)
        .ok()
        .filter(|name| name.components().count() == 1)
    else {
        return Ok(());
    };
    let link = runs.join(format!("latest.{}", std::process::id()));
    std::os::unix::fs::symlink(name, &link)?;
    std::fs::rename(&link, runs.join("latest"))
}
