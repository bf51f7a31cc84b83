//! The mutants, `fixtures/mutants.toml`: boards that are wrong on purpose, to prove that the suite
//! can fail. This reads and checks the list; what a mutant is made of, firmware and bench know.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::document::{self, Reader, Spanned, Text};
use crate::requirement::Catalogue;

/// The list as it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MutantsFile {
    /// The mutants.
    mutant: Vec<MutantFile>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MutantFile {
    /// From 1 on, each once; for a firmware mutant what stands in its flash word.
    #[schemars(with = "u32")]
    number: Spanned<u32>,
    /// What is wrong with it, as a sentence.
    title: String,
    /// Ids of the requirements it breaks.
    #[schemars(with = "Vec<String>")]
    breaks: Vec<Text>,
    /// Whether it is so wrong that the smoke suite alone sees it.
    #[serde(default)]
    gross: bool,
    /// Source file, relative to `firmware/`.
    file: Option<String>,
    /// The right text: an expression or, when it ends with `;`, statements.
    find: Option<String>,
    /// Which occurrence of it, from 1; without it there is exactly one.
    nth: Option<u32>,
    /// The wrong text.
    replace: Option<String>,
    /// Name of a defect of the virtual board's circuit, instead of a source text.
    defect: Option<String>,
    /// Why no case can tell it from a right board: a proof. It is then not tried.
    equivalent: Option<String>,
}

/// What is wrong with a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Its firmware: a text of a source file and what stands there instead.
    Firmware {
        /// Source file, relative to `firmware/`.
        file: String,
        /// The right text.
        find: String,
        /// Which occurrence, from 1; `None` when there is one.
        nth: Option<u32>,
        /// The wrong text.
        replace: String,
    },
    /// Its circuit, by the name of a defect.
    Board(String),
}

/// A board that is wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// From 1; 0 is the right board.
    pub number: u32,
    /// What is wrong with it, as a sentence.
    pub title: String,
    /// Ids of the requirements it breaks, at least one.
    pub breaks: Vec<String>,
    /// Whether the smoke suite alone is expected to see it.
    pub gross: bool,
    /// What is wrong.
    pub wrong: Wrong,
    /// The proof that no case can tell it from a right board.
    pub equivalent: Option<String>,
}

impl Mutant {
    /// What `firmware/mutants` says about the mutant; their hash shows whether images were built
    /// from this list. Empty for a wrong circuit.
    #[must_use]
    pub fn edit(&self) -> String {
        match &self.wrong {
            Wrong::Board(_) => String::new(),
            Wrong::Firmware {
                file,
                find,
                nth,
                replace,
            } => {
                let (number, nth) = (self.number, nth.unwrap_or(0));
                format!("{number}\n{file}\n{nth}\n{find}\n{replace}\n")
            }
        }
    }
}

/// Reads and checks the list.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(
    path: &str,
    text: &str,
    catalogue: &Catalogue,
) -> Result<Vec<Mutant>, Vec<Diagnostic>> {
    let source = Source::new(path, text);
    let mut reader = Reader::new(&source);
    let file: Option<MutantsFile> = document::read(&source, &mut reader.diagnostics);
    let mut numbers = BTreeSet::new();
    let mut mutants = Vec::new();
    for entry in file.into_iter().flat_map(|file| file.mutant) {
        let span = entry.number.span();
        let number = *entry.number.get_ref();
        if number == 0 {
            let complaint = reader.at(Rule::BadName, span.clone(), "0 is the right board");
            reader.complain(complaint.expected("a number from 1 on"));
        }
        if !numbers.insert(number) {
            let message = format!("the mutant {number} stands twice");
            let complaint = reader.at(Rule::DuplicateId, span.clone(), message);
            reader.complain(complaint);
        }
        if entry.breaks.is_empty() {
            let message = format!("the mutant {number} breaks nothing");
            let complaint = reader.at(Rule::MissingKey, span, message);
            reader.complain(complaint);
        }
        for id in &entry.breaks {
            if let Some(complaint) = catalogue.complaint(id, &reader) {
                reader.complain(complaint);
            }
        }
        mutants.extend(wrong(&entry, &mut reader).map(|wrong| Mutant {
            number,
            title: entry.title,
            breaks: entry.breaks.into_iter().map(Text::into_inner).collect(),
            gross: entry.gross,
            wrong,
            equivalent: entry.equivalent,
        }));
    }
    if reader.diagnostics.is_empty() {
        Ok(mutants)
    } else {
        Err(reader.diagnostics)
    }
}

/// What is wrong with an entry's board: a source text or a defect, and not both.
fn wrong(entry: &MutantFile, reader: &mut Reader) -> Option<Wrong> {
    match entry {
        MutantFile {
            file: Some(file),
            find: Some(find),
            nth,
            replace: Some(replace),
            defect: None,
            ..
        } => Some(Wrong::Firmware {
            file: file.clone(),
            find: find.clone(),
            nth: *nth,
            replace: replace.clone(),
        }),
        MutantFile {
            file: None,
            find: None,
            nth: None,
            replace: None,
            defect: Some(defect),
            ..
        } => Some(Wrong::Board(defect.clone())),
        _ => {
            let message = format!(
                "what is wrong with the mutant {} is not said",
                entry.number.get_ref()
            );
            let complaint = reader.at(Rule::MissingKey, entry.number.span(), message);
            reader.complain(complaint.expected("`file`, `find` and `replace`, or `defect`"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let text =
            "[[requirement]]\nid = \"BAL-1\"\ntext = \"t\"\nsource = \"s\"\nverified = \"case\"\n";
        Catalogue::parse("requirements.toml", text).expect("a sound catalogue")
    }

    fn complaints(entry: &str) -> Vec<(Rule, u32)> {
        let text = format!("[[mutant]]\n{entry}\n");
        let found = parse("mutants.toml", &text, &catalogue()).expect_err(entry);
        found.iter().map(|d| (d.rule, d.line)).collect()
    }

    #[test]
    fn a_mutant_is_a_wrong_text_or_a_wrong_circuit() {
        let text = "[[mutant]]\nnumber = 1\ntitle = \"a\"\nbreaks = [\"BAL-1\"]\nfile = \"f\"\nfind = \"x\"\nreplace = \"y\"\n\
                    [[mutant]]\nnumber = 2\ntitle = \"b\"\nbreaks = [\"BAL-1\"]\ngross = true\ndefect = \"d\"\n";
        let found = parse("mutants.toml", text, &catalogue()).expect("a sound list");
        assert_eq!(found[0].edit(), "1\nf\n0\nx\ny\n");
        assert_eq!(found[1].wrong, Wrong::Board("d".into()));
        assert!(found[1].gross && !found[0].gross);
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_told_at_its_place() {
        let head = "number = 1\ntitle = \"a\"";
        let body = "breaks = [\"BAL-1\"]\ndefect = \"d\"";
        for (entry, rule, line) in [
            (
                format!("number = 0\ntitle = \"a\"\n{body}"),
                Rule::BadName,
                2,
            ),
            (
                format!("{head}\nbreaks = [\"BAL-9\"]\ndefect = \"d\""),
                Rule::UnknownRequirement,
                4,
            ),
            (
                format!("{head}\nbreaks = []\ndefect = \"d\""),
                Rule::MissingKey,
                2,
            ),
            (format!("{head}\n{body}\nfind = \"x\""), Rule::MissingKey, 2),
            (format!("{head}\nbreaks = [\"BAL-1\"]"), Rule::MissingKey, 2),
            (
                format!("{head}\n{body}\n[[mutant]]\n{head}\n{body}"),
                Rule::DuplicateId,
                7,
            ),
        ] {
            assert_eq!(complaints(&entry), [(rule, line)], "{entry}");
        }
    }
}
