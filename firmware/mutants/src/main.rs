//! Makes a copy of the firmware's sources in which every mutant of a list stands beside the right code; which of them is
//! taken, a word of flash says at run time. So one build gives the images of all mutants, and the shipped sources know
//! nothing of it.
//!
//! `mutants LIST SOURCES COPY`: the list (`fixtures/mutants.toml`), the firmware's folder, and an empty folder for the copy.
//! It compiles nothing and judges nothing. On stdout it leaves what it put in, for the manifest of the images.

mod copy;
mod list;
mod mutate;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, sources, copy] = arguments.as_slice() else {
        eprintln!("usage: mutants LIST SOURCES COPY");
        return ExitCode::from(2);
    };
    match make(Path::new(list), Path::new(sources), Path::new(copy)) {
        Ok(edits) => {
            edits.iter().for_each(|edit| print!("{edit}"));
            ExitCode::SUCCESS
        }
        Err(complaints) => {
            for complaint in complaints {
                eprintln!("error: {complaint}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Makes the copy; returns the mutants in it, or every complaint.
fn make(list: &Path, sources: &Path, copy: &Path) -> Result<Vec<list::Edit>, Vec<String>> {
    let text = std::fs::read_to_string(list)
        .map_err(|error| vec![format!("{}: {error}", list.display())])?;
    let edits = list::edits(&text).map_err(|error| vec![format!("{}: {error}", list.display())])?;
    copy::folder(sources, copy).map_err(|error| vec![error])?;
    copy::switch(copy).map_err(|error| vec![error])?;
    let mut complaints = Vec::new();
    for (file, edits) in list::by_file(&edits) {
        let path = copy.join(file);
        let mutated = std::fs::read_to_string(&path)
            .map_err(|error| vec![format!("mutant {}: {file}: {error}", edits[0].number)])
            .and_then(|text| mutate::mutate(file, &text, &edits));
        match mutated {
            Ok(text) => std::fs::write(&path, text)
                .map_err(|error| vec![format!("{}: {error}", path.display())])?,
            Err(found) => complaints.extend(found),
        }
    }
    if complaints.is_empty() {
        Ok(edits)
    } else {
        Err(complaints)
    }
}
