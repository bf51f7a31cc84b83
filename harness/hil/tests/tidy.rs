//! The rules of the tree that no compiler checks, as tests: who may name what, heads of files,
//! lengths, and case files that are what their names say. A rule is kept by changing the code, not
//! by an exception here.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest a source file may be.
const LINES_MAX: usize = 400;

fn home() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the project's folder exists")
}

/// Every file with this extension below `folder`, with its path from the project's folder and its
/// text. Build output is no part of the tree.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let home = home();
    let mut found = Vec::new();
    let mut folders = vec![home.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = path.strip_prefix(&home).expect("it is below");
                let text = fs::read_to_string(&path).expect("the file can be read");
                found.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no *.{extension} below {folder}");
    found
}

fn sources() -> Vec<(String, String)> {
    let mut all = files("harness", "rs");
    all.extend(files("firmware", "rs"));
    // This file names everything it looks for.
    all.retain(|(name, _)| name != "harness/hil/tests/tidy.rs");
    all
}

/// The places, as `file:line`, of every line for which `bad` holds.
fn lines(files: &[(String, String)], bad: impl Fn(&str) -> bool) -> Vec<String> {
    let places = files.iter().flat_map(|(name, text)| {
        let numbered = (1..).zip(text.lines());
        numbered
            .filter(|(_, line)| bad(line))
            .map(move |(number, _)| format!("{name}:{number}"))
    });
    places.collect()
}

/// The crates of the harness whose manifest names `dependency` below a table that starts so.
fn crates_with(dependency: &str, table: &str) -> Vec<String> {
    let manifests = files("harness", "toml");
    let of_crate = manifests
        .iter()
        .filter(|(name, _)| name.ends_with("/Cargo.toml"));
    let names = of_crate.filter(|(_, text)| {
        let mut inside = false;
        text.lines().any(|line| {
            if line.starts_with('[') {
                inside = line.starts_with(table);
            }
            let named = line.split(['.', ' ', '=']).next();
            inside && named == Some(dependency)
        })
    });
    names
        .filter_map(|(name, _)| Some(name.split('/').nth(1)?.to_owned()))
        .collect()
}

const NONE: [&str; 0] = [];

#[test]
fn only_hil_rig_depends_on_probes_and_buses() {
    for driver in ["probe-rs", "serialport", "rppal", "tokio"] {
        let found = crates_with(driver, "[dependencies");
        assert!(found.iter().all(|name| name == "hil-rig"), "{found:?}");
    }
    assert_eq!(crates_with("probe-rs", "[dependencies"), ["hil-rig"]);
}

#[test]
fn only_hil_report_depends_on_plotters() {
    assert_eq!(crates_with("plotters", "["), ["hil-report"]);
}

#[test]
fn the_core_does_no_input_or_output_and_reads_no_clock() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "println!",
        "dbg!",
    ];
    let core = files("harness/hil-core/src", "rs");
    let found = lines(&core, |line| outside.iter().any(|name| line.contains(name)));
    assert_eq!(found, NONE);
}

#[test]
fn firmware_and_harness_share_no_code() {
    let from_firmware: Vec<_> = files("firmware", "toml")
        .into_iter()
        .filter(|(name, _)| name.ends_with("Cargo.toml"))
        .collect();
    let bad = |line: &str| line.contains("path = \"../..") || line.contains("hil-");
    assert_eq!(lines(&from_firmware, bad), NONE);
    let from_harness = files("harness", "toml");
    assert_eq!(
        lines(&from_harness, |line| line.contains("firmware/")),
        NONE
    );
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let headless = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"));
    let headless: Vec<_> = headless.map(|(name, _)| name).collect();
    assert_eq!(headless, NONE);
}

#[test]
fn no_source_file_is_too_long() {
    let long = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX);
    let long: Vec<_> = long.map(|(name, _)| name).collect();
    assert_eq!(long, NONE);
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let allowed = |line: &str| line.contains("#[allow(") || line.contains("#![allow(");
    assert_eq!(lines(&sources(), allowed), NONE);
    let unreasoned = |line: &str| {
        let line = line.trim();
        line.starts_with("#[expect(") && line.ends_with(")]") && !line.contains("reason =")
    };
    assert_eq!(lines(&sources(), unreasoned), NONE);
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let later = ["todo!(", "unimplemented!(", "// TODO", "// FIXME", "dbg!("];
    let found = lines(&sources(), |line| {
        later.iter().any(|word| line.contains(word))
    });
    assert_eq!(found, NONE);
}

#[test]
fn tests_do_not_sleep() {
    let mut tests = sources();
    tests.retain(|(name, _)| name.contains("/tests/") || name.ends_with("tests.rs"));
    assert_eq!(lines(&tests, |line| line.contains("thread::sleep")), NONE);
}

#[test]
fn every_case_has_the_name_of_its_file_and_verifies_something() {
    for (name, text) in files("fixtures/cases", "toml") {
        let stem = Path::new(&name).file_stem().expect("it has a name");
        let id = text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "id").then(|| value.trim().trim_matches('"').to_owned())
        });
        assert_eq!(id.as_deref(), stem.to_str(), "{name}");
        let verifies = text.lines().any(|line| {
            let value = line.strip_prefix("verifies").map(str::trim_start);
            value.is_some_and(|value| value.starts_with("= [") && value.trim_end() != "= []")
        });
        assert!(verifies, "{name} verifies nothing");
    }
}
