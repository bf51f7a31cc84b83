//! The format strings of an image: symbols of its `.defmt` section, whose names are JSON and whose
//! addresses are the indices the target sends (defmt book, "Interning" and "Encoding").

use std::collections::BTreeMap;

use object::{Object, ObjectSection, ObjectSymbol};
use serde::Deserialize;

use super::LogError;

/// The wire format read here.
const VERSION: &str = "_defmt_version_ = 4";
/// The only encoding whose frames can be told apart on a line that may lose bytes.
const ENCODING: &str = "_defmt_encoding_ = rzcobs";

/// A symbol's name. Fields that only keep symbols apart are left out.
#[derive(Deserialize)]
struct Symbol {
    tag: String,
    data: String,
}

/// A format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The level of a log statement; none for a string that others refer to.
    pub level: Option<&'static str>,
    pub format: String,
}

/// All format strings of one image.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub entries: BTreeMap<u16, Entry>,
    /// What precedes the arguments of every statement.
    pub timestamp: Option<String>,
}

impl Table {
    /// Reads the table of an ELF file; an image that does not log has an empty one.
    pub(super) fn parse(elf: &[u8]) -> Result<Self, LogError> {
        let file = object::File::parse(elf)?;
        let Some(section) = file.section_by_name(".defmt") else {
            return Ok(Self::default());
        };
        let names: Vec<(u64, &str)> = file
            .symbols()
            .filter(|symbol| symbol.section_index() == Some(section.index()))
            .filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?)))
            .collect();
        for needed in [VERSION, ENCODING] {
            let key = needed.split(" = ").next().unwrap_or(needed);
            let found = file.symbols().filter_map(|symbol| symbol.name().ok());
            let found = found.map(|name| name.trim_matches('"'));
            match found.into_iter().find(|name| name.starts_with(key)) {
                Some(found) if found == needed => {}
                found => return Err(LogError::Format(found.unwrap_or("none").to_owned())),
            }
        }
        let mut table = Self::default();
        for (address, name) in names {
            if let Ok(symbol) = serde_json::from_str::<Symbol>(name) {
                table.add(address as u16, symbol);
            }
        }
        Ok(table)
    }

    fn add(&mut self, index: u16, symbol: Symbol) {
        let level = match symbol.tag.as_str() {
            "defmt_timestamp" => {
                self.timestamp = Some(symbol.data);
                return;
            }
            "defmt_trace" => Some("trace"),
            "defmt_debug" => Some("debug"),
            "defmt_info" | "defmt_println" => Some("info"),
            "defmt_warn" => Some("warn"),
            "defmt_error" => Some("error"),
            _ => None,
        };
        let format = symbol.data;
        self.entries.insert(index, Entry { level, format });
    }
}
