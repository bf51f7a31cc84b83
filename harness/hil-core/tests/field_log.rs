//! Field logs: what they are read as, what is wrong with others, and that no file is too strange.

use hil_core::field_log::{FieldLog, Track};
use hil_core::plan::{Replay, TemperatureScale};
use hil_core::{Channel, Span};
use proptest::prelude::*;

fn parse(path: &str, text: &str) -> Result<FieldLog, String> {
    let log = FieldLog::parse(path, text, TemperatureScale::Offset276);
    log.map_err(|diagnostic| diagnostic.render(false))
}

fn channel(name: &str) -> Channel {
    Channel::parse(name).expect("a channel")
}

fn track(log: &FieldLog, name: &str) -> Vec<(f64, f64)> {
    let track = log.track(channel(name)).expect("the log speaks of it");
    let pair = |point: &hil_core::field_log::Point| (point.at.as_secs(), point.value);
    track.points.iter().map(pair).collect()
}

#[test]
fn a_csv_is_read_with_its_units_states_and_gaps() {
    let text = "# a comment\ntime [s],cell[1].voltage [mV],link[2],ext.pack.current [A]\n\
                0,3300,connected,X\n\n1.5, 3310 ,broken,\n";
    let log = parse("x.csv", text).expect("a good log");
    assert_eq!(track(&log, "cell[1].voltage"), [(0.0, 3.3), (1.5, 3.31)]);
    assert_eq!(track(&log, "link[2]"), [(0.0, 0.0), (1.5, 1.0)]);
    let current = track(&log, "ext.pack.current");
    assert!(current.len() == 1 && current[0].1.is_nan());
    assert_eq!(log.length(), Span::from_millis(1500));
}

#[test]
fn a_capture_tells_what_the_pack_did_and_what_was_said_of_it() {
    let text = include_str!("../../../fixtures/field-logs/stale-cell.hex");
    let log = parse("x.hex", text).expect("a good log");
    let cell = track(&log, "cell[2].voltage");
    assert_eq!(cell, track(&log, "ext.cell[2].voltage"));
    assert_eq!(cell.len(), 15, "every fourth of 60 frames is of cell 2");
    assert_eq!(cell[1].0 - cell[0].0, 4.0);
    let frozen = cell.iter().filter(|(at, _)| *at > 30.0);
    assert!(frozen.clone().count() > 5);
    assert!(
        frozen.clone().all(|(_, v)| *v == cell[8].1),
        "the stale value"
    );
    assert_eq!(track(&log, "pack.current").len(), 60);
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    let wrong = [
        ("empty.csv", ""),
        ("header.csv", "seconds,cell[1].voltage [V]\n"),
        ("channel.csv", "time [s],cell[1].volts [V]\n"),
        ("unit.csv", "time [s],cell[1].voltage [A]\n"),
        ("fields.csv", "time [s],cell[1].voltage [V]\n0,3.3,1\n"),
        ("value.csv", "time [s],cell[1].voltage [V]\n0,3.3\n1,high\n"),
        ("time.csv", "time [s],cell[1].voltage [V]\n1,3.3\n1,3.3\n"),
        ("state.csv", "time [s],link[1]\n0,cut\n"),
        ("byte.hex", "0 00 zz\n"),
        ("half.hex", "0 00 0\n"),
        ("time.hex", "noon 00\n"),
        ("nothing.hex", "0 00 01 02\n"),
    ];
    let told = wrong.map(|(path, text)| parse(path, text).expect_err(path));
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn values_outside_the_envelope_are_clamped_and_counted() {
    let text = "time [s],cell[1].voltage [V]\n0,3.3\n1,6.1\n2,-1\n";
    let log = parse("x.csv", text).expect("a good log");
    let mut replay = Replay {
        file: "x.csv".into(),
        from: Span::ZERO,
        length: log.length(),
        tracks: log.track(channel("cell[1].voltage")).into_iter().collect(),
        clamped: Vec::new(),
    };
    replay.clamp(channel("cell[1].voltage"), 0.0, 5.0);
    let Track { points, .. } = &replay.tracks[0];
    assert_eq!(
        points.iter().map(|p| p.value).collect::<Vec<_>>(),
        [3.3, 5.0, 0.0]
    );
    assert_eq!(replay.clamped[0].values, 2);
    replay.clamp(channel("cell[1].voltage"), 0.0, 5.0);
    assert_eq!(
        replay.clamped.len(),
        1,
        "what is inside is not clamped again"
    );
}

proptest! {
    #[test]
    fn no_file_is_too_strange(text in "\\PC{0,200}", tail in "[0-9a-f,\\.\n #X\\-]{0,200}") {
        for path in ["x.csv", "x.hex"] {
            let _ = parse(path, &text);
            let _ = parse(path, &tail);
            let _ = parse(path, &format!("time [s],cell[1].voltage [V],link[1]\n{tail}"));
        }
    }

    #[test]
    fn times_rise_and_values_come_back(values in prop::collection::vec(0_u32..5000, 1..50)) {
        let lines = values.iter().enumerate().map(|(n, mv)| format!("{n}.25,{mv}\n"));
        let text = format!("time [s],cell[1].voltage [mV]\n{}", lines.collect::<String>());
        let found = track(&parse("x.csv", &text).expect("a good log"), "cell[1].voltage");
        let back = found.iter().map(|(_, v)| (v * 1000.0).round() as u32);
        prop_assert_eq!(back.collect::<Vec<_>>(), values);
        prop_assert!(found.is_sorted_by(|a, b| a.0 < b.0));
    }
}
