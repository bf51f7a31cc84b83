//! The language on the files of the repository: what every case plans to, what every rejected
//! input is told, and that schemas and catalogue are up to date. Adding a file touches no test.

use std::fs;
use std::path::{Path, PathBuf};

use hil_core::diagnostic::Diagnostic;
use hil_core::library::{Library, Selection};
use hil_core::plant::CellModel;
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
    let cells = files("fixtures/cells").into_iter();
    let cells = cells.map(|(path, text)| {
        CellModel::parse(&path, &text).unwrap_or_else(|e| panic!("{}", shown(&e)))
    });
    let folder = "fixtures/field-logs";
    let logs = ["loose-cable.csv", "stale-cell.hex"].map(|name| format!("{folder}/{name}"));
    let logs = logs.map(|path| (path.clone(), text(&path)));
    Library::load_with(cases, profiles(), cells, catalogue(), logs.into())
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
    let plan = plan.unwrap_or_else(|e| panic!("{}", shown(&e)));
    assert!(!plan.cases.is_empty());
    assert_eq!(plan.skipped, []);
}

/// The plan as a reader checks it: stimuli and expectations in words.
fn outline(plan: &hil_core::plan::PlannedCase) -> String {
    use std::fmt::Write as _;
    let mut out = format!("{} ({})\n", plan.id, plan.title);
    if let Some(plant) = &plan.plant {
        let (name, capacity, soc) = (&plant.model.name, plant.capacity_ah, plant.soc);
        let shown = |wiring: &_| serde_json::to_string(wiring).expect("wirings serialize");
        writeln!(out, "plant {name} {capacity} Ah at {soc} %").expect("strings take text");
        for (device, wiring) in [
            ("bank", &plant.bank),
            ("charger", &plant.charger),
            ("load", &plant.load),
            ("inverter", &plant.inverter),
        ] {
            let wiring = wiring.iter().map(shown);
            out.extend(wiring.map(|wiring| format!("  {device} {wiring}\n")));
        }
    }
    for step in &plan.steps {
        writeln!(out, "step {} (line {})", step.name, step.line).expect("strings take text");
        if let Some(replay) = &step.replay {
            let tracks = replay.tracks.iter().map(|t| (t.channel, t.points.len()));
            for (channel, points) in tracks {
                writeln!(out, "  replay {} {channel} {points} values", replay.file)
                    .expect("strings take text");
            }
        }
        if let Some(search) = &step.search {
            writeln!(out, "  {search:?}").expect("strings take text");
        }
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
fn everything_that_can_be_said_plans_as_reviewed() {
    let case = include_str!("vocabulary.toml").to_owned();
    let library = load(vec![("vocabulary.toml".to_owned(), case)]);
    let library = library.unwrap_or_else(|e| panic!("{}", shown(&e)));
    let plan = library.plan(&rig("virtual"), &Selection::default());
    let plan = plan.unwrap_or_else(|e| panic!("{}", shown(&e)));
    assert_eq!(
        library.ids().collect::<Vec<_>>(),
        ["vocabulary/small", "vocabulary/large"]
    );
    insta::assert_snapshot!(outline(&plan.cases[0]));
    // A large pack traces what the case names, not the members of a group that is only driven.
    let traced = plan.cases[1].observe.len();
    insta::assert_snapshot!(
        "large_packs_trace_less",
        format!("{traced} channels of 17 cells")
    );
}

/// Accuracies of the board and of the rig stand in the plan, and their sums are used.
#[test]
fn constants_contain_the_uncertainty_of_the_rig() {
    let library = library();
    let plan = library.plan(&rig("virtual"), &Selection::default());
    let plan = plan.unwrap_or_else(|e| panic!("{}", shown(&e)));
    let constants = &plan.cases[0].constants;
    let value = |name: &str| constants[name].value;
    for (sum, dut, rig) in [
        ("v_accuracy", "v_accuracy_dut", "v_uncertainty"),
        ("t_accuracy", "t_accuracy_dut", "t_uncertainty"),
        ("i_accuracy_low", "i_accuracy_low_dut", "i_uncertainty"),
        ("i_accuracy_high", "i_accuracy_high_dut", "i_uncertainty"),
        ("reaction", "reaction_dut", "time_uncertainty"),
    ] {
        assert!(value(rig) > 0.0, "{rig}");
        assert!(
            (value(sum) - value(dut) - value(rig)).abs() < 1e-12,
            "{sum}"
        );
    }
    assert!((value("enable") - 13.0 - value("reaction")).abs() < 1e-12);
    assert!(constants["v_accuracy"].decision && !constants["vmax"].decision);
}

/// `[D]`: by what it verifies (`REL-1`, but not `CHG-N-DIS-1`) and by the constants it uses, whatever they
/// were made into (`$v_accuracy` rests on `MEAS-2`).
#[test]
fn a_plan_lists_the_decisions_its_case_rests_on() {
    let selection = Selection {
        filter: Some("charge-vmax/".to_owned()),
        ..Selection::default()
    };
    let plan = library().plan(&rig("virtual"), &selection);
    let plan = plan.unwrap_or_else(|e| panic!("{}", shown(&e)));
    let decided: Vec<_> = plan.cases[0].decisions.keys().collect();
    assert_eq!(decided, ["LED-2", "MEAS-2", "REL-1", "REL-2"]);
    let told = &plan.cases[0].decisions["MEAS-2"];
    assert!(told.contains("1.5 V to 5.0 V"), "{told}");
}

#[test]
fn one_profile_is_what_a_new_board_has() {
    let profiles = profiles();
    let factory = profiles.iter().filter(|profile| profile.is_factory);
    let names: Vec<_> = factory.map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["lifepo4"]);
}

#[test]
fn the_reference_names_every_channel_and_every_unit() {
    let reference = text("fixtures/README.md");
    for family in hil_core::channel::FAMILIES {
        let name = format!("`{}`", family.pattern);
        assert!(reference.contains(&name), "fixtures/README.md lacks {name}");
    }
    for unit in
        hil_core::quantity::unit_names().filter(|unit| !["us", "Ohm", "°C/s"].contains(unit))
    {
        assert!(reference.contains(unit), "fixtures/README.md lacks {unit}");
    }
}

#[test]
fn the_last_instance_of_each_case_plans_as_reviewed() {
    let plan = library().plan(&rig("virtual"), &Selection::default());
    let plan = plan.unwrap_or_else(|e| panic!("{}", shown(&e)));
    for case in &plan.cases {
        let last = plan.cases.iter().rfind(|other| other.family == case.family);
        if last == Some(case) {
            insta::assert_snapshot!(format!("plan_{}", case.family), outline(case));
        }
    }
}

/// Every file of the folder is refused for the rule its name begins with, in words that were reviewed.
#[track_caller]
fn refused(folder: &str, load: impl Fn(String, String) -> Option<Vec<Diagnostic>>) {
    for (path, text) in files(folder) {
        let stem = Path::new(&path).file_stem().expect("files have names");
        let stem = stem.to_string_lossy().into_owned();
        let Some(diagnostics) = load(path.clone(), text) else {
            panic!("{path} was taken");
        };
        let broken = |diagnostic: &Diagnostic| stem.starts_with(diagnostic.rule.word());
        assert!(
            diagnostics.iter().any(broken),
            "{path}:\n{}",
            shown(&diagnostics)
        );
        let name = format!("{}_{stem}", folder.trim_start_matches("fixtures/"));
        insta::assert_snapshot!(name, shown(&diagnostics));
    }
}

#[test]
fn invalid_cases_are_refused() {
    refused("fixtures/cases-invalid", |path, text| {
        let mut cases = files("fixtures/cases");
        cases.push((path, text));
        load(cases).err()
    });
}

#[test]
fn invalid_profiles_are_refused() {
    refused("fixtures/profiles-invalid", |path, text| {
        Profile::parse(&path, &text).err()
    });
}

#[test]
fn invalid_cells_are_refused() {
    refused("fixtures/cells-invalid", |path, text| {
        CellModel::parse(&path, &text).err()
    });
}

#[test]
fn invalid_rigs_are_refused() {
    refused("fixtures/rigs-invalid", |path, text| {
        Rig::parse(&path, &text).err()
    });
}

#[test]
fn what_does_not_fit_a_rig_is_skipped_with_the_reason() {
    let library = library();
    let mut reasons = String::new();
    for (path, text) in files("fixtures/rigs-narrow") {
        let rig = Rig::parse(&path, &text).unwrap_or_else(|e| panic!("{}", shown(&e)));
        let wanted = Selection {
            filter: Some("=1".to_owned()),
            ..Selection::default()
        };
        let plan = library
            .plan(&rig, &wanted)
            .unwrap_or_else(|e| panic!("{}", shown(&e)));
        let families = ["balancing/", "charge-vmax/", "led-info/"];
        for skipped in plan.skipped {
            if families.iter().any(|family| skipped.id.starts_with(family)) {
                reasons += &format!("{}: {}: {}\n", rig.name, skipped.id, skipped.reason);
            }
        }
    }
    insta::assert_snapshot!(reasons);
}

#[test]
fn a_selection_that_selects_nothing_is_bad_input() {
    let (library, rig) = (library(), rig("virtual"));
    let refuse = |selection: Selection| {
        let plan = library.plan(&rig, &selection);
        shown(&plan.expect_err("nothing is selected"))
    };
    let filter = refuse(Selection {
        filter: Some("charge-vmx".to_owned()),
        ..Selection::default()
    });
    let tag = refuse(Selection {
        tags: vec!["somke".to_owned()],
        ..Selection::default()
    });
    insta::assert_snapshot!(format!("{filter}\n\n{tag}"));
}

#[test]
fn shards_share_the_plan_without_overlap() {
    let (library, rig) = (library(), rig("virtual"));
    let ids = |shard| {
        let selection = Selection {
            shard,
            ..Selection::default()
        };
        let plan = library
            .plan(&rig, &selection)
            .unwrap_or_else(|e| panic!("{}", shown(&e)));
        plan.cases
            .into_iter()
            .map(|case| case.id)
            .collect::<Vec<_>>()
    };
    let mut parts: Vec<_> = (1..=3).flat_map(|i| ids(Some((i, 3)))).collect();
    let mut all = ids(None);
    parts.sort();
    all.sort();
    assert_eq!(parts, all);
}

#[test]
fn schemas_are_up_to_date() {
    use hil_core::schema;
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, schema) in [
        ("case", schema::case()),
        ("rig", schema::rig()),
        ("profile", schema::profile()),
        ("cell", schema::cell()),
        ("requirements", schema::requirements()),
        ("mutants", schema::mutants()),
    ] {
        let path = root().join(format!("fixtures/schemas/{name}.json"));
        if update {
            fs::write(&path, &schema).expect("a writable folder");
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == schema,
            "{name}.json: run the test with UPDATE_SCHEMAS=1"
        );
    }
}

#[test]
fn the_catalogue_has_every_requirement_of_the_sources() {
    let catalogue = catalogue();
    assert_eq!(catalogue.0.len(), 110);
    let mut groups: Vec<(String, usize)> = Vec::new();
    for id in catalogue.0.keys() {
        let (group, _) = id.rsplit_once('-').expect("ids end with a number");
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, count)) => *count += 1,
            None => groups.push((group.to_owned(), 1)),
        }
    }
    for (group, count) in groups {
        for number in 1..=count {
            let id = format!("{group}-{number}");
            assert!(catalogue.0.contains_key(&id), "{id} is missing");
        }
    }
}
