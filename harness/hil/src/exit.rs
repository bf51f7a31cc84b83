//! The one place where outcomes and errors become exit codes.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::thread;

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

/// Prints an error to stderr.
pub fn tell(error: &anyhow::Error) {
    let text = describe(error);
    // Diagnostics of input files come with their own head.
    let head = if text.starts_with("error[") {
        ""
    } else {
        "error: "
    };
    eprintln!("{head}{text}");
}

/// Prints an error to stderr and gives its exit code: 2 for bad input, else 3, because what the
/// user gave was right and the rig (files, instruments) was not.
#[must_use]
pub fn report(error: &anyhow::Error) -> ExitCode {
    tell(error);
    if error.chain().any(<dyn std::error::Error>::is::<BadInput>) {
        ExitCode::from(2)
    } else {
        ExitCode::from(3)
    }
}

/// Runs the program. A panic of its own is exit code 3 too, and one of a probe driver's thread is
/// not shown at all: the flasher catches it and reports it in words.
pub fn of(program: impl FnOnce() -> anyhow::Result<ExitCode>) -> ExitCode {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let of_driver = |name: &str| name.starts_with("flash-");
        if !thread::current().name().is_some_and(of_driver) {
            show(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(program)) {
        Ok(result) => result.unwrap_or_else(|error| report(&error)),
        Err(_) => ExitCode::from(3),
    }
}
