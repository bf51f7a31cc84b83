//! `hil mutants`: who notices a board that is wrong on purpose, and who is said to have survived.

use insta::assert_snapshot;

use crate::support::{hil, hil_in, refusal, small_project};

/// A Begin board that sends every other second: the case of the small project sees it.
const NOTICED: &str = "Begin sends every other second";
/// A charge relay that opens too late: its LEDs blink all the same.
const UNNOTICED: &str = "the charge relay opens at Vmax + 50 mV";

/// The number of the mutant with this title.
fn number(title: &str) -> String {
    let list = std::fs::read_to_string(crate::support::home().join("fixtures/mutants.toml"));
    let list = list.expect("the list can be read");
    let (before, _) = list
        .split_once(&format!("title   = \"{title}\""))
        .expect("it is listed");
    let number = before
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("number  = "));
    number.expect("every mutant has a number").to_owned()
}

/// What is told of a mutant, whatever its number is.
fn told(text: &str, title: &str) -> String {
    text.replace(
        &format!("{:>3}  {title}", number(title)),
        &format!("  N  {title}"),
    )
}

#[test]
fn a_mutant_is_killed_by_a_case_of_its_requirement_and_remembered() {
    let home = small_project("mutants-killed");
    let outcome = hil_in(&home, &["mutants", "--only", &number(NOTICED)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_snapshot!(told(&outcome.stdout, NOTICED));
    let again = hil_in(&home, &["mutants", "--full", "--only", &number(NOTICED)]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_snapshot!(told(&again.stdout, NOTICED).replace(&number(NOTICED), "N"));
}

#[test]
fn a_mutant_that_its_cases_do_not_notice_survives() {
    let home = small_project("mutants-survived");
    let outcome = hil_in(&home, &["mutants", "--only", &number(UNNOTICED)]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert_snapshot!(told(&outcome.stdout, UNNOTICED));
}

#[test]
fn wrong_numbers_and_images_of_another_list_are_bad_input() {
    let outcome = hil(&["mutants", "--only", "9999"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("no mutant 9999"),
        "{}",
        outcome.stderr
    );
    let home = small_project("mutants-stale");
    let list = home.join("fixtures/mutants.toml");
    let text = std::fs::read_to_string(&list).expect("readable");
    let changed = text.replacen("replace = \"", "replace = \"0 + ", 1);
    std::fs::write(&list, changed).expect("writable");
    let stale = hil_in(&home, &["mutants", "--only", "1"]);
    assert_eq!(stale.code, 2);
    assert_snapshot!(refusal(&stale));
}
