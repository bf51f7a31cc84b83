//! `hil coverage`: what is missing, before and after a run.

use insta::assert_snapshot;

use crate::support::{hil_in, small_project};

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
