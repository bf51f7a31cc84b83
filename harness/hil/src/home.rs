//! Finds and reads the project's data: fixtures/, rigs/ and firmware/images/.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exit::bad_input;

/// The folder that holds fixtures/ and rigs/.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The given folder, or the nearest one upwards from the current folder, or the tree this
    /// binary was built from.
    ///
    /// # Errors
    /// Bad input when none of them has a `fixtures` folder.
    pub fn find(given: Option<&Path>) -> Result<Self> {
        let has = |dir: &Path| dir.join("fixtures").is_dir();
        if let Some(dir) = given {
            return if has(dir) {
                Ok(Self(dir.to_owned()))
            } else {
                Err(bad_input(format!(
                    "{} has no folder fixtures/",
                    dir.display()
                )))
            };
        }
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        here.ancestors()
            .map(Path::to_owned)
            .chain(built.canonicalize())
            .find(|dir| has(dir))
            .map(Self)
            .ok_or_else(|| {
                bad_input(format!(
                    "no folder fixtures/ in {} or above it; name the project's folder with --home",
                    here.display()
                ))
            })
    }

    /// A path below the home.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// All `*.toml` files below a folder of the home, sorted, as (path relative to that folder, text).
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn toml_files(&self, folder: &str) -> Result<Vec<(String, String)>> {
        self.files(folder, &["toml"])
    }

    /// Names below a folder, sorted, and texts of the files with one of these extensions.
    ///
    /// # Errors
    /// Bad input when one cannot be read.
    pub fn files(&self, folder: &str, extensions: &[&str]) -> Result<Vec<(String, String)>> {
        let root = self.join(folder);
        let mut files = Vec::new();
        collect(&root, extensions, &mut files)?;
        files.sort();
        files
            .into_iter()
            .map(|path| {
                let text = read(&path)?;
                let name = path.strip_prefix(&root).unwrap_or(&path);
                Ok((name.to_string_lossy().into_owned(), text))
            })
            .collect()
    }

    /// The file of a rig: a name in rigs/ or a path.
    ///
    /// # Errors
    /// Bad input naming the rigs there are.
    pub fn rig_file(&self, name: &str) -> Result<PathBuf> {
        let path = Path::new(name);
        if path.extension().is_some() && path.is_file() {
            return Ok(path.to_owned());
        }
        let named = self.join("rigs").join(format!("{name}.toml"));
        if named.is_file() {
            return Ok(named);
        }
        let known: Vec<_> = self.rig_names()?;
        Err(bad_input(format!(
            "no rig {name}: neither a file nor one of rigs/ ({})",
            known.join(", ")
        )))
    }

    /// The names of the rigs in rigs/.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn rig_names(&self) -> Result<Vec<String>> {
        let files = self.toml_files("rigs")?;
        Ok(files
            .iter()
            .filter_map(|(name, _)| name.strip_suffix(".toml"))
            .map(str::to_owned)
            .collect())
    }
}

/// Reads a text file.
///
/// # Errors
/// Bad input naming the file.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| bad_input(format!("cannot read {}: {error}", path.display())))
}

fn collect(dir: &Path, extensions: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir)
        .map_err(|e| bad_input(format!("cannot read {}: {e}", dir.display())))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, extensions, files)?;
        } else if path
            .extension()
            .is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
        {
            files.push(path);
        }
    }
    Ok(())
}
