//! The catalogue of requirements, `fixtures/requirements.toml`: what the DUT must do, in our own
//! words, with its source and how it is verified.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::document::{self, Reader, Text};

/// The catalogue file as it stands.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The requirements.
    requirement: Vec<RequirementFile>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequirementFile {
    /// Such as `CHG-N-DIS-1`.
    #[schemars(with = "String")]
    id: Text,
    /// What the DUT must do.
    text: String,
    /// Where it comes from.
    source: String,
    /// How it is verified.
    verified: String,
    /// What was decided for it where the sources are silent or contradict each other.
    decision: Option<String>,
    /// Why no case verifies it: what a rig cannot do.
    reason: Option<String>,
}

/// One thing the DUT must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What the DUT must do.
    pub text: String,
    /// Where it comes from: `M §…` the user manual, `U` the UART protocol.
    pub source: String,
    /// How it is verified.
    pub verified: String,
    /// What was decided for it where the sources are silent or contradict each other (`[D]` in
    /// reports).
    pub decision: Option<String>,
    /// Why no case verifies it; then none has to, and no mutant breaks it.
    pub reason: Option<String>,
}

/// All requirements by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(pub BTreeMap<String, Requirement>);

impl Catalogue {
    /// Reads and validates the catalogue.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let mut reader = Reader::new(&source);
        let file: Option<CatalogueFile> = document::read(&source, &mut reader.diagnostics);
        let mut all = BTreeMap::new();
        for entry in file.into_iter().flat_map(|file| file.requirement) {
            let RequirementFile {
                id,
                text,
                source,
                verified,
                decision,
                reason,
            } = entry;
            if !is_id(id.get_ref()) {
                let message = format!("`{}` is no requirement id", id.get_ref());
                let complaint = reader.at(Rule::BadName, id.span(), message);
                reader.complain(complaint.expected("capitals, digits and dashes: CHG-N-DIS-1"));
            }
            let requirement = Requirement {
                text,
                source,
                verified,
                decision,
                reason,
            };
            if all.insert(id.get_ref().clone(), requirement).is_some() {
                let message = format!("the requirement `{}` stands twice", id.get_ref());
                let complaint = reader.at(Rule::DuplicateId, id.span(), message);
                reader.complain(complaint);
            }
        }
        if reader.diagnostics.is_empty() {
            Ok(Self(all))
        } else {
            Err(reader.diagnostics)
        }
    }

    /// What to say about an id in a file that no requirement has.
    pub(crate) fn complaint(&self, id: &Text, reader: &Reader) -> Option<Diagnostic> {
        let name = id.get_ref();
        if self.0.contains_key(name) {
            return None;
        }
        let message = format!("no requirement is called `{name}`");
        let complaint = reader.at(Rule::UnknownRequirement, id.span(), message);
        let nearest = complaint.nearest(name, self.0.keys().map(String::as_str));
        Some(nearest.help("the requirements stand in fixtures/requirements.toml"))
    }
}

/// Words of capitals or digits, joined by dashes, the last one a number: `CHG-N-DIS-1`.
fn is_id(id: &str) -> bool {
    let mut words = id.rsplit('-');
    let number = words.next().unwrap_or_default();
    let mut heads = words.peekable();
    number.parse::<u16>().is_ok()
        && heads.peek().is_some()
        && heads.all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()))
}
