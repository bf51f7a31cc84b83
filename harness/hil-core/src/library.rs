//! All cases with what they need, checked as a whole, and planned for a rig.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::case::file::CaseFile;
use crate::case::{Inputs, Instance, instances, lower};
use crate::diagnostic::{Diagnostic, Rule, Source, nearest};
use crate::document::{self, Reader, Spanned};
use crate::plan::{Plan, PlannedCase, Skipped};
use crate::plant::CellModel;
use crate::profile::Profile;
use crate::requirement::Catalogue;
use crate::rig::{Rig, Uncertainty};

mod family;
mod offered;

pub use family::Family;

use offered::offered;

/// The cases of a tree, ready to be planned for any rig.
#[derive(Debug)]
pub struct Library {
    cases: Vec<Case>,
    profiles: BTreeMap<String, Profile>,
    cells: BTreeMap<String, CellModel>,
    catalogue: Catalogue,
    logs: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Case {
    file: CaseFile,
    source: Arc<Source>,
    instances: Vec<Instance>,
}

/// Which instances of a library are wanted. Empty fields select everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// A part of an instance's id.
    pub filter: Option<String>,
    /// Any of these tags.
    pub tags: Vec<String>,
    /// Shard i of n, from 1: every n-th of what the rest selects.
    pub shard: Option<(u32, u32)>,
}

impl Library {
    /// Reads and checks case files. `sources` are their paths and texts; the order of the paths is
    /// the order of the plan. Every error of a file is reported, each once.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(
        sources: impl IntoIterator<Item = (String, String)>,
        profiles: impl IntoIterator<Item = Profile>,
        cells: impl IntoIterator<Item = CellModel>,
        catalogue: Catalogue,
    ) -> Result<Self, Vec<Diagnostic>> {
        Self::load_with(sources, profiles, cells, catalogue, BTreeMap::new())
    }

    /// The same with the logs cases may replay: path in the project and text.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load_with(
        sources: impl IntoIterator<Item = (String, String)>,
        profiles: impl IntoIterator<Item = Profile>,
        cells: impl IntoIterator<Item = CellModel>,
        catalogue: Catalogue,
        logs: BTreeMap<String, String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Self {
            cases: Vec::new(),
            profiles: profiles.into_iter().map(|p| (p.name.clone(), p)).collect(),
            cells: cells.into_iter().map(|c| (c.name.clone(), c)).collect(),
            catalogue,
            logs,
        };
        let mut sources: Vec<_> = sources.into_iter().collect();
        sources.sort();
        let mut diagnostics = Vec::new();
        let mut ids = BTreeMap::new();
        for (path, text) in sources {
            let source = Source::new(path, text);
            let mut reader = Reader::new(&source);
            let file: Option<CaseFile> = document::read(&source, &mut reader.diagnostics);
            let structural = reader.diagnostics.len();
            if let Some(file) = file {
                library.check(&file, &mut ids, &mut reader);
                let instances = library.expand(&file, &mut reader);
                library.cases.push(Case {
                    file,
                    source,
                    instances,
                });
            }
            reader.drop_consequences(structural);
            diagnostics.extend(distinct(reader.diagnostics));
        }
        if diagnostics.is_empty() {
            Ok(library)
        } else {
            Err(diagnostics)
        }
    }

    /// What is checked of a case before its instances are known.
    fn check(&self, file: &CaseFile, ids: &mut BTreeMap<String, String>, reader: &mut Reader) {
        let id = file.id.get_ref();
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.starts_with('-') || !id.chars().all(legal) {
            let message = format!("`{id}` is no case id");
            let complaint = reader.at(Rule::BadName, file.id.span(), message);
            reader.complain(complaint.expected("small letters, digits and dashes"));
        }
        if let Some(other) = ids.insert(id.clone(), reader.source.path.clone()) {
            let message = format!("the case id `{id}` stands twice");
            let complaint = reader.at(Rule::DuplicateId, file.id.span(), message);
            reader.complain(complaint.help(format!("the other one is in {other}")));
        }
        for requirement in &file.verifies {
            if let Some(complaint) = self.catalogue.complaint(requirement, reader) {
                reader.complain(complaint);
            }
        }
        if file
            .step
            .iter()
            .all(|step| step.get_ref().expects_nothing())
        {
            let complaint = reader
                .at(
                    Rule::EmptyCase,
                    file.id.span(),
                    format!("the case `{id}` expects nothing"),
                )
                .help("what is not looked at is never pass: give a step an `expect`");
            reader.complain(complaint);
        }
    }

    /// The instances of a case, each lowered once to find what is wrong with it.
    fn expand(&self, file: &CaseFile, reader: &mut Reader) -> Vec<Instance> {
        let instances = instances(file, reader);
        let mut used = BTreeSet::new();
        for instance in &instances {
            let Some(profile) = self.profiles.get(&instance.profile) else {
                let message = format!("no profile is called `{}`", instance.profile);
                let complaint = reader
                    .at(Rule::UnknownProfile, file.pack.profile.span(), message)
                    .nearest(&instance.profile, self.profiles.keys().map(String::as_str));
                reader.complain(complaint);
                continue;
            };
            let inputs = Inputs {
                case: file,
                instance,
                profile,
                factory: self.factory(),
                cells: &self.cells,
                logs: &self.logs,
                uncertainty: &Uncertainty::default(),
            };
            used.extend(lower(inputs, reader).1);
        }
        if reader.diagnostics.is_empty() {
            unused(file, &used, &instances, reader);
        }
        instances
    }

    /// Ids of every instance, in plan order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let instances = self.cases.iter().flat_map(|case| &case.instances);
        instances.map(|instance| instance.id.as_str())
    }

    /// The requirements.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Plans what is selected for a rig. Instances that do not fit it are skipped with the reason.
    ///
    /// # Errors
    /// When the selection selects nothing, which is bad input too.
    pub fn plan(&self, rig: &Rig, selection: &Selection) -> Result<Plan, Vec<Diagnostic>> {
        let mut plan = Plan::default();
        let mut position = 0_u32;
        for case in &self.cases {
            for instance in &case.instances {
                if !selection.matches(case, instance) {
                    continue;
                }
                position += 1;
                if selection
                    .shard
                    .is_some_and(|(i, n)| position % n.max(1) != i % n.max(1))
                {
                    continue;
                }
                match self.fit(case, instance, rig) {
                    Ok(planned) => plan.cases.push(planned),
                    Err(reason) => plan.skipped.push(Skipped {
                        id: instance.id.clone(),
                        reason,
                    }),
                }
            }
        }
        if position == 0 {
            return Err(vec![self.nothing(selection)]);
        }
        Ok(plan)
    }

    /// The plan of an instance, or why it does not fit the rig.
    fn fit(&self, case: &Case, instance: &Instance, rig: &Rig) -> Result<PlannedCase, String> {
        if let Some(reason) = rig.refuses(instance.cells, instance.banks, instance.board) {
            return Err(reason);
        }
        let profile = self.profiles.get(&instance.profile);
        let profile = profile.ok_or_else(|| format!("no profile `{}`", instance.profile))?;
        let mut reader = Reader::new(&case.source);
        let inputs = Inputs {
            case: &case.file,
            instance,
            profile,
            factory: self.factory(),
            cells: &self.cells,
            logs: &self.logs,
            uncertainty: &rig.uncertainty(),
        };
        let (mut planned, used) = lower(inputs, &mut reader);
        planned.decisions = self.decisions(&planned.verifies, profile, &used);
        if let Some(diagnostic) = reader.diagnostics.first() {
            // Found right on an exact rig: this one's uncertainty leaves no room between limits.
            let at = format!("{}:{}", diagnostic.file, diagnostic.line);
            return Err(format!(
                "on rig `{}`, {} ({at})",
                rig.name, diagnostic.message
            ));
        }
        if let Some(plant) = &mut planned.plant {
            plant.tick = rig.plant_tick;
            rig.lacks_for_a_plant().map_or(Ok(()), Err)?;
        }
        offered(&mut planned, &case.source.path, rig)?;
        Ok(planned)
    }

    /// The profile whose settings a new board has.
    fn factory(&self) -> Option<&Profile> {
        self.profiles.values().find(|profile| profile.is_factory)
    }

    /// The requirements with a decision of ours that a case rests on: those it verifies, and those
    /// the constants it uses come from.
    fn decisions(
        &self,
        verifies: &[String],
        profile: &Profile,
        used: &BTreeSet<String>,
    ) -> BTreeMap<String, String> {
        let decision = |id: &str| {
            let decision = self.catalogue.0.get(id)?.decision.clone()?;
            Some((id.to_owned(), decision))
        };
        let verified = verifies.iter().map(String::as_str);
        verified
            .chain(profile.decided(used))
            .filter_map(decision)
            .collect()
    }

    fn nothing(&self, selection: &Selection) -> Diagnostic {
        let mut words = Vec::new();
        words.extend(
            selection
                .filter
                .as_ref()
                .map(|f| format!("the filter `{f}`")),
        );
        words.extend(selection.tags.iter().map(|tag| format!("the tag `{tag}`")));
        let wanted = if words.is_empty() {
            "the empty library".to_owned()
        } else {
            words.join(" with ")
        };
        let source = Source::new("command line", "");
        let message = format!("{wanted} selects no case");
        let mut diagnostic = Diagnostic::new(Rule::NothingSelected, &source, 0..0, message);
        let families = self
            .cases
            .iter()
            .map(|case| case.file.id.get_ref().as_str());
        let tags = self.cases.iter().flat_map(|case| &case.file.tags);
        diagnostic.nearest = match (&selection.filter, selection.tags.first()) {
            (Some(filter), _) => nearest(filter, families),
            (None, Some(tag)) => nearest(tag, tags.map(|tag| tag.get_ref().as_str())),
            (None, None) => None,
        };
        diagnostic.help("`hil list` shows every case with its tags")
    }
}

impl Selection {
    fn matches(&self, case: &Case, instance: &Instance) -> bool {
        let filter = self.filter.as_ref();
        let tags = || case.file.tags.iter().map(Spanned::get_ref);
        filter.is_none_or(|filter| instance.id.contains(filter.as_str()))
            && (self.tags.is_empty() || tags().any(|tag| self.tags.contains(tag)))
    }
}

/// Names that are given and never used.
fn unused(file: &CaseFile, used: &BTreeSet<String>, instances: &[Instance], reader: &mut Reader) {
    for (key, _) in &file.constants.0 {
        if !used.contains(key.get_ref()) {
            let message = format!("`${}` is never used", key.get_ref());
            let complaint = reader.at(Rule::UnusedName, key.span(), message);
            reader.complain(complaint);
        }
    }
    let names = instances.first().map_or(&[][..], |first| &first.names.all);
    for (name, _) in names {
        let span = file.each.as_ref().map_or(0..0, Spanned::span);
        let written = format!("{{{name}");
        if !used.contains(name) && !file.pack.texts(reader).any(|t| t.contains(&written)) {
            let message = format!("`each` gives `{name}`, which is never used");
            let complaint = reader.at(Rule::UnusedName, span, message);
            reader.complain(complaint.help(format!("write {{{name}}} where it belongs")));
        }
    }
}

/// One complaint for each place and rule: instances repeat each other's.
fn distinct(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let mut all: Vec<_> = diagnostics
        .into_iter()
        .filter(|d| seen.insert((d.rule, d.span.start, d.span.end)))
        .collect();
    all.sort_by_key(|d| d.span.start);
    all
}
