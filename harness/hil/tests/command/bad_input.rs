//! What the user gives wrong: exit code 2, and a message that says what to do.

use insta::assert_snapshot;

use crate::support::{hil, refusal, run_into, scratch};

fn refused(arguments: &[&str]) -> String {
    let outcome = hil(arguments);
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    refusal(&outcome)
}

#[test]
fn a_filter_that_selects_nothing() {
    assert_snapshot!(refused(&["run", "charge-vmaxx"]));
    assert_snapshot!(refused(&["list", "--tag", "no-such-tag"]));
    assert_snapshot!(refused(&["run", "led-info", "--shard", "9/9"]));
}

#[test]
fn a_rig_that_is_not_there() {
    assert_snapshot!(refused(&["check", "--rig", "virtal"]));
}

#[test]
fn a_rig_without_a_needed_channel() {
    let rig = "fixtures/rigs-narrow/no-thermistors.toml";
    assert_snapshot!(refused(&["run", "temperature-high", "--rig", rig]));
}

#[test]
fn an_image_that_is_missing() {
    assert_snapshot!(refused(&["run", "led-info", "--image", "end=nowhere.elf"]));
    assert_snapshot!(refused(&["run", "led-info", "--firmware", "nowhere"]));
}

#[test]
fn an_image_that_is_corrupt() {
    for name in ["cut-off", "not-an-elf"] {
        let image = format!("end=fixtures/images-invalid/{name}.elf");
        assert_snapshot!(name, refused(&["run", "led-info", "--image", &image]));
    }
}

#[test]
fn an_image_for_another_chip() {
    let image = "between=fixtures/images-invalid/other-chip.elf";
    assert_snapshot!(refused(&["run", "led-info", "--image", image]));
}

#[test]
fn an_argument_that_means_nothing() {
    assert_snapshot!(refused(&["run", "--image", "middle=x.elf"]));
    assert_snapshot!(refused(&["run", "--shard", "4/3"]));
}

#[test]
fn a_folder_that_is_no_record() {
    for command in ["report", "judge", "verify"] {
        assert_snapshot!(command, refused(&[command, "fixtures"]));
    }
}

#[test]
fn a_record_is_never_written_over() {
    let folder = scratch("written-over").join("run");
    assert_eq!(run_into(&folder, &["led-info/board=1"]).code, 0);
    let again = run_into(&folder, &["led-info/board=1"]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert_snapshot!(refusal(&again));
}
