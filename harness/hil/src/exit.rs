//! The one place where outcomes and errors become exit codes.

use std::process::ExitCode;

/// Something the user gave is wrong: exit code 2.
#[derive(Debug)]
pub struct BadInput(pub String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Bad input with this message.
pub fn bad_input(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(BadInput(message.into()))
}

/// An error with its causes in one line, each cause said once.
#[must_use]
pub fn describe(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Prints an error to stderr and gives its exit code: 2 for bad input, else 3, because what the
/// user gave was right and the rig (files, instruments) was not.
#[must_use]
pub fn report(error: &anyhow::Error) -> ExitCode {
    let text = describe(error);
    // Diagnostics of input files come with their own head.
    let head = if text.starts_with("error[") {
        ""
    } else {
        "error: "
    };
    eprintln!("{head}{text}");
    if error.chain().any(<dyn std::error::Error>::is::<BadInput>) {
        ExitCode::from(2)
    } else {
        ExitCode::from(3)
    }
}
