//! Runs the binary and makes its output the same on every machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a call of the command came to.
pub struct Outcome {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// The project's folder.
pub fn home() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the project's folder exists")
}

/// A folder of this test run's own, empty.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("command")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old scratch folder can be removed");
    }
    std::fs::create_dir_all(&folder).expect("a scratch folder can be made");
    folder
}

/// Calls `hil` in the project's folder.
pub fn hil(arguments: &[&str]) -> Outcome {
    hil_in(&home(), arguments)
}

/// Calls `hil` in a folder.
pub fn hil_in(folder: &Path, arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("HIL_HOME")
        .output()
        .expect("the command can be started");
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("the command writes UTF-8");
        // The target folder may lie anywhere.
        text.replace(env!("CARGO_TARGET_TMPDIR"), "TMP")
            .replace(&*home().to_string_lossy(), "HOME")
    };
    Outcome {
        code: output.status.code().expect("the command was not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Runs cases into a folder and returns what came of it.
pub fn run_into(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut all = vec!["run"];
    all.extend(arguments);
    let folder = folder.to_string_lossy();
    all.extend(["--out", &*folder]);
    hil(&all)
}

/// A small project of its own: the shared data, one case, four requirements, and mutants of the
/// real list, of which the first breaks something that its firmware has right.
pub fn small_project(name: &str) -> PathBuf {
    let folder = scratch(name);
    let shared = [
        "rigs",
        "firmware",
        "fixtures/cells",
        "fixtures/field-logs",
        "fixtures/profiles",
    ];
    for shared in shared {
        let link = folder.join(shared);
        std::fs::create_dir_all(link.parent().expect("it lies in the folder")).expect("writable");
        std::os::unix::fs::symlink(home().join(shared), link).expect("a link can be made");
    }
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    };
    let read = |path: &str| std::fs::read_to_string(home().join(path)).expect("readable");
    write("reports/runs/README", "");
    write(
        "fixtures/cases/led-info.toml",
        &read("fixtures/cases/led-info.toml"),
    );
    write(
        "fixtures/requirements.toml",
        &requirements(&read("fixtures/requirements.toml")),
    );
    write(
        "fixtures/mutants.toml",
        &mutants(&read("fixtures/mutants.toml")),
    );
    folder
}

/// The catalogue, shortened to what the case verifies and what none does.
fn requirements(text: &str) -> String {
    let kept = ["COMM-1", "COMM-2", "COMM-9", "LED-1"];
    let wanted = |entry: &&str| kept.iter().any(|id| entry.contains(&format!("\"{id}\"")));
    let entries = text.split("[[requirement]]").skip(1).filter(wanted);
    entries
        .map(|entry| format!("[[requirement]]{entry}"))
        .collect()
}

/// The list of mutants, all breaking what a chain without its Begin board would.
fn mutants(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once('=') {
        Some((key, _)) if key.trim() == "breaks" => "breaks = [\"COMM-1\"]\n".to_owned(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Exit code and messages, for a snapshot.
pub fn refusal(outcome: &Outcome) -> String {
    format!(
        "exit {}\n{}{}",
        outcome.code, outcome.stderr, outcome.stdout
    )
}
