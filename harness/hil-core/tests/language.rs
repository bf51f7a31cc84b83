//! The language on the files of the repository: what every case plans to, what every rejected
//! input is told, and that schemas and catalogue are up to date. Adding a file touches no test.

use std::fs;
use std::path::{Path, PathBuf};

use hil_core::diagnostic::Diagnostic;
use hil_core::library::{Library, Selection};
use hil_core::profile::Profile;
use hil_core::requirement::Catalogue;
use hil_core::rig::Rig;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Paths relative to the repository and texts of the TOML files in a folder.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(folder)).expect(folder);
    let mut all: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| {
            let name = path.file_name().expect("files have names");
            let text = fs::read_to_string(&path).expect("a readable file");
            (format!("{folder}/{}", name.to_string_lossy()), text)
        })
        .collect();
    all.sort();
    all
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    let texts: Vec<_> = diagnostics.iter().map(|d| d.render(false)).collect();
    texts.join("\n\n")
}

fn profiles() -> Vec<Profile> {
    files("fixtures/profiles")
        .iter()
        .map(|(path, text)| Profile::parse(path, text).unwrap_or_else(|e| panic!("{}", shown(&e))))
        .collect()
}

fn catalogue() -> Catalogue {
    let path = "fixtures/requirements.toml";
    Catalogue::parse(path, &text(path)).unwrap_or_else(|e| panic!("{}", shown(&e)))
}

fn load(cases: Vec<(String, String)>) -> Result<Library, Vec<Diagnostic>> {
    Library::load(cases, profiles(), catalogue())
}

fn library() -> Library {
    load(files("fixtures/cases")).unwrap_or_else(|e| panic!("{}", shown(&e)))
}

fn rig(name: &str) -> Rig {
    let path = format!("rigs/{name}.toml");
    Rig::parse(&path, &text(&path)).unwrap_or_else(|e| panic!("{}", shown(&e)))
}

#[test]
fn every_case_fits_the_virtual_rig() {
    let plan = library().plan(&rig("virtual"), &Selection::default());
    let plan = plan.unwrap_or_else(|e| panic!("{e}"));
    assert!(!plan.cases.is_empty());
    assert_eq!(plan.skipped, []);
}

/// The plan as a reader checks it: stimuli and expectations in words.
fn outline(plan: &hil_core::plan::PlannedCase) -> String {
    use std::fmt::Write as _;
    let mut out = format!("{} ({})\n", plan.id, plan.title);
    for step in &plan.steps {
        writeln!(out, "step {} (line {})", step.name, step.line).expect("strings take text");
        let stimuli = step
            .stimuli
            .iter()
            .map(|stimulus| serde_json::to_string(stimulus).expect("stimuli serialize"));
        let wait = step.wait.iter().map(|wait| format!("await {wait:?}"));
        let expect = step
            .expect
            .iter()
            .map(|e| format!("expect {} (line {})", e.text, e.line));
        for line in stimuli.chain(wait).chain(expect) {
            writeln!(out, "  {line}").expect("strings take text");
        }
        if step.hold != hil_core::Span::ZERO {
            writeln!(out, "  hold {}", step.hold).expect("strings take text");
        }
    }
    let observe: Vec<_> = plan.observe.iter().map(ToString::to_string).collect();
    writeln!(out, "observe {}", observe.join(" ")).expect("strings take text");
    writeln!(out, "estimate {}", plan.estimate).expect("strings take text");
    out
}

#[test]
fn the_last_instance_of_each_case_plans_as_reviewed() {
    let plan = library().plan(&rig("virtual"), &Selection::default());
    let plan = plan.unwrap_or_else(|e| panic!("{e}"));
    for case in &plan.cases {
        let last = plan.cases.iter().rfind(|other| other.family == case.family);
        if last == Some(case) {
            insta::assert_snapshot!(format!("plan_{}", case.family), outline(case));
        }
    }
}
