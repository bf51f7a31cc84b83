//! The case files of a library as they stand, for whoever asks what verifies what.

use super::Library;

/// A case file: what it verifies and the instances it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family<'a> {
    /// Id of the case.
    pub id: &'a str,
    /// For people.
    pub title: &'a str,
    /// Its path.
    pub file: &'a str,
    /// Requirement ids.
    pub verifies: Vec<&'a str>,
    /// Ids of its instances, in plan order.
    pub instances: Vec<&'a str>,
}

impl Library {
    /// Every case file with what it verifies, in plan order.
    pub fn families(&self) -> impl Iterator<Item = Family<'_>> {
        self.cases.iter().map(|case| Family {
            id: case.file.id.get_ref(),
            title: &case.file.title,
            file: &case.source.path,
            verifies: case
                .file
                .verifies
                .iter()
                .map(|id| id.get_ref().as_str())
                .collect(),
            instances: case.instances.iter().map(|i| i.id.as_str()).collect(),
        })
    }
}
