//! The list of mutants as far as it concerns sources: which text of which file becomes what. What a mutant is to prove, the
//! harness reads from the same file.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// One wrong spot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Edit {
    /// The mutant's number, from 1; 0 is the right firmware.
    pub number: u32,
    /// Source file, relative to the firmware's folder.
    pub file: String,
    /// The right text, an expression or, when it ends with `;`, statements.
    pub find: String,
    /// Which occurrence of it, from 1; without it there must be exactly one.
    pub nth: Option<usize>,
    /// The wrong text.
    pub replace: String,
}

/// The form whose hash stands in the manifest; the harness makes the same from the list.
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nth = self.nth.unwrap_or(0);
        writeln!(
            f,
            "{}\n{}\n{nth}\n{}\n{}",
            self.number, self.file, self.find, self.replace
        )
    }
}

#[derive(Deserialize)]
struct List {
    mutant: Vec<Entry>,
}

/// An entry of the list: a firmware mutant has all of an edit, a defect of a board's circuit none.
#[derive(Deserialize)]
struct Entry {
    number: u32,
    file: Option<String>,
    find: Option<String>,
    nth: Option<usize>,
    replace: Option<String>,
}

/// The edits of a list, in its order.
pub fn edits(text: &str) -> Result<Vec<Edit>, String> {
    let list: List = toml::from_str(text).map_err(|error| error.to_string())?;
    let edits = list.mutant.into_iter().filter_map(|entry| {
        let Entry {
            number,
            file,
            find,
            nth,
            replace,
        } = entry;
        match (file, find, replace) {
            (None, None, None) => None,
            (Some(file), Some(find), Some(replace)) => Some(Ok(Edit {
                number,
                file,
                find,
                nth,
                replace,
            })),
            _ => Some(Err(format!(
                "mutant {number} needs all of `file`, `find` and `replace`, or none"
            ))),
        }
    });
    edits.collect()
}

/// The edits of each file, in the order of the list.
pub fn by_file(edits: &[Edit]) -> BTreeMap<&str, Vec<&Edit>> {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(&edit.file).or_default().push(edit);
    }
    files
}
