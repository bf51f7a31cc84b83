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
    let output = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(arguments)
        .current_dir(home())
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

/// Exit code and messages, for a snapshot.
pub fn refusal(outcome: &Outcome) -> String {
    format!(
        "exit {}\n{}{}",
        outcome.code, outcome.stderr, outcome.stdout
    )
}
