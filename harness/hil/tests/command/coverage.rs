//! `hil coverage`: what is missing, before and after a run; and the rule behind it, that no
//! requirement, case or mutant stands alone.

use std::collections::BTreeMap;

use hil::home::Home;
use hil::library;
use hil_core::coverage::{Coverage, Fates};
use insta::assert_snapshot;

use crate::support::{hil_in, home, small_project};

/// What a rig cannot do, so that no case has to: contact ratings and the mechanics of a connector.
const NOT_BY_A_CASE: [&str; 2] = ["COMM-9", "REL-5"];

#[test]
fn coverage_goes_from_gaps_to_complete() {
    let home = small_project("coverage");
    let before = hil_in(&home, &["coverage"]);
    assert_eq!(before.code, 1, "{}", before.stderr);
    let gaps: String = before
        .stdout
        .lines()
        .filter(|line| line.starts_with("gap"))
        .collect();
    assert!(
        gaps.contains("LED-1         none of its cases has passed"),
        "{gaps}"
    );
    assert!(gaps.contains("LED-1         no mutant breaks it"), "{gaps}");
    assert!(
        gaps.contains("COMM-1        none of its mutants was killed"),
        "{gaps}"
    );
    assert!(!gaps.contains("COMM-9"), "{gaps}");

    assert_eq!(hil_in(&home, &["run", "led-info"]).code, 0);
    let after = hil_in(&home, &["coverage", "--page", "page.html"]);
    let gaps: Vec<_> = after
        .stdout
        .lines()
        .filter(|line| line.starts_with("gap"))
        .collect();
    assert_snapshot!(gaps.join("\n"));
    let page = std::fs::read_to_string(home.join("page.html")).expect("it was written");
    assert!(
        page.contains("id=\"LED-1\"") && page.contains("[D] "),
        "{page}"
    );

    let case = home.join("fixtures/cases/led-info.toml");
    let text = std::fs::read_to_string(&case).expect("readable");
    std::fs::write(&case, text + "# changed\n").expect("writable");
    let changed = hil_in(&home, &["coverage"]).stdout;
    assert!(
        changed.contains("LED-1         none of its cases has passed"),
        "{changed}"
    );
}

#[test]
fn no_requirement_is_an_orphan() {
    let home = Home::find(Some(&home())).expect("the project's folder");
    let library = library::cases(&home).expect("sound cases");
    let mutants = library::mutants(&home, library.catalogue()).expect("a sound list");
    let coverage = Coverage::new(&library, &mutants, &BTreeMap::new(), &Fates::new());
    let orphans = coverage.requirements.iter().flat_map(|row| {
        let gaps = coverage.orphaned(row).into_iter();
        gaps.map(move |gap| format!("{}: {gap}", row.id))
    });
    let orphans: Vec<_> = orphans.collect();
    assert!(orphans.is_empty(), "{orphans:#?}");
    let excused = coverage
        .requirements
        .iter()
        .filter(|row| row.reason.is_some());
    let excused: Vec<_> = excused.map(|row| row.id.as_str()).collect();
    assert_eq!(excused, NOT_BY_A_CASE);
    let gross = mutants.iter().filter(|mutant| mutant.gross).count();
    assert!(
        mutants.len() >= 100 && gross * 3 <= mutants.len(),
        "{gross} of {}",
        mutants.len()
    );
}
