//! Runs that do not go to their end: stopped by a signal, killed, out of disk, or satisfied with
//! one failure. Whatever happens, the exit code says so and the record can be read.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{hil, home, run_into, scratch};

/// Starts a run of the smoke suite, or of what `arguments` name, into `folder`.
fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_hil"))
        .arg("run")
        .args(arguments)
        .arg("--out")
        .arg(folder)
        .current_dir(home())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be started")
}

/// Sends a signal as soon as a line of the progress holds `word`, and gives the exit code, which a
/// killed process has not.
fn signal_after(mut child: Child, word: &str, signal: &str) -> Option<i32> {
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let mut lines = BufReader::new(stderr).lines();
    let seen = lines.any(|line| line.expect("progress is text").contains(word));
    assert!(seen, "no line with {word}");
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill can be started").success());
    let rest: Vec<_> = lines.collect();
    let status = child.wait().expect("it ends");
    assert!(status.code() != Some(0), "{rest:?}");
    status.code()
}

/// Exit codes of `verify` and `judge`.
fn checked(run: &Path) -> (i32, i32) {
    let run = run.to_string_lossy();
    (hil(&["verify", &run]).code, hil(&["judge", &run]).code)
}

#[test]
fn a_signal_stops_the_run_with_a_whole_record() {
    for signal in ["-INT", "-TERM"] {
        let run = scratch(&format!("stopped{signal}")).join("run");
        assert_eq!(signal_after(start(&run, &[]), "✓", signal), Some(4));
        assert_eq!(checked(&run), (0, 4), "{signal}");
    }
}

#[test]
fn a_signal_while_boards_are_flashed_stops_the_run() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let folder = scratch("stopped-flashing");
    let rig = home().join("fixtures/rigs-faulty/silent-probe.toml");
    let text = std::fs::read_to_string(rig).expect("the fixture can be read");
    let rig = folder.join("rig.toml");
    std::fs::write(&rig, text.replace("47823", &port.to_string())).expect("it can be written");
    let run = folder.join("run");
    let child = start(&run, &["led-info", "--rig", &rig.to_string_lossy()]);
    // The probe is never silent for long enough: the run is stopped when it asks for it.
    let stopped = signal_after(child, "instances", "-INT");
    assert_eq!(stopped, Some(4));
    assert_eq!(checked(&run), (0, 4));
}

#[test]
fn a_killed_run_leaves_a_record_that_is_intact_and_inconclusive() {
    let run = scratch("killed").join("run");
    assert_eq!(signal_after(start(&run, &[]), "✓", "-KILL"), None);
    let found = hil(&["verify", &run.to_string_lossy()]);
    assert!(
        found.stdout.contains("intact as far as it goes"),
        "{}",
        found.stdout
    );
    assert_eq!(checked(&run), (1, 5));
    let again = hil(&["report", &run.to_string_lossy()]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.contains("unfinished"), "{}", again.stdout);
}

#[test]
fn a_record_that_cannot_be_written_is_trouble_of_the_rig() {
    let run = scratch("no-room").join("run");
    // A process that ignores the signal gets an error from every write behind the limit.
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" run --out \"$1\"";
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_hil")])
        .arg(&run)
        .current_dir(home())
        .output()
        .expect("a shell can be started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cannot write the record"), "{stderr}");
}

#[test]
fn enough_failures_end_a_run_and_the_rest_is_not_passed() {
    let run = scratch("max-fail").join("run");
    let image = "end=firmware/images/known-bad/end-vmax-plus-50mv.elf";
    let arguments = ["charge-vmax/cell", "--image", image, "--jobs", "1"];
    let outcome = run_into(&run, &[&arguments[..], &["--max-fail", "1"]].concat());
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("✗ 1 fail  ○ 3 not run"),
        "{}",
        outcome.stdout
    );
    assert_eq!(checked(&run), (0, 1));
    assert_eq!(hil(&["run", "--max-fail", "0"]).code, 2);
}

#[test]
fn runs_at_the_same_time_have_records_of_their_own() {
    let folder = scratch("two-at-once");
    for name in ["fixtures", "rigs", "firmware"] {
        std::os::unix::fs::symlink(home().join(name), folder.join(name)).expect("a link");
    }
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_hil"))
            .args(["run", "led-info/board=1", "--home"])
            .arg(&folder)
            .output()
            .expect("the command can be started")
    };
    let (a, b) = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        (run(), other.join().expect("it ran"))
    });
    for output in [a, b] {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
    let runs = std::fs::read_dir(folder.join("reports/runs")).expect("there are runs");
    assert_eq!(runs.count(), 3, "two records and the link to the latest");
    assert_eq!(checked(&folder.join("reports/runs/latest")), (0, 0));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_trouble() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hil"))
        .arg("list")
        .current_dir(home())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command can be started");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
}
