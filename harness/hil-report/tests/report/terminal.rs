//! What a person reads in a terminal, and what a CI system reads, of one good and one bad board.

use std::path::Path;

use hil_report::{Record, RunView, Style, json, junit, terminal};

use crate::synthetic::write_run;

fn with_run<T>(shifted: &[u16], show: impl FnOnce(&RunView<'_>, &Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), shifted);
    let record = Record::open(folder.path()).unwrap();
    show(&RunView::new(&record), folder.path())
}

/// Texts with what differs from one machine or format version to the next taken out.
fn redact(text: &str, root: &Path, hash: &str) -> String {
    let root = root.display().to_string();
    text.replace(&root, "[run]").replace(hash, "[final hash]")
}

#[test]
fn the_terminal_of_a_run_with_one_shifted_board() {
    let text = with_run(&[3], |view, root| {
        redact(
            &terminal::render(view, Style::PLAIN),
            root,
            view.record.final_hash(),
        )
    });
    insta::assert_snapshot!(text);
}

#[test]
fn colour_changes_nothing_but_the_escapes() {
    with_run(&[2], |view, _| {
        let colored = terminal::render(view, Style { color: true });
        let mut plain = String::new();
        for part in colored.split("\x1b[") {
            let escaped = !plain.is_empty() || colored.starts_with("\x1b[");
            plain.push_str(
                part.split_once('m')
                    .filter(|_| escaped)
                    .map_or(part, |p| p.1),
            );
        }
        assert!(colored.contains("\x1b[1;31m"));
        assert_eq!(plain, terminal::render(view, Style::PLAIN));
    });
}

#[test]
fn colours_need_a_terminal_and_no_objection() {
    assert!(Style::detect(true, None).color);
    assert!(Style::detect(true, Some("")).color);
    assert!(!Style::detect(true, Some("1")).color);
    assert!(!Style::detect(false, None).color);
}

#[test]
fn the_junit_document_of_a_run_with_one_shifted_board() {
    let text = with_run(&[3], |view, root| {
        redact(
            &junit::render(view).unwrap(),
            root,
            view.record.final_hash(),
        )
    });
    insta::assert_snapshot!(text);
}

#[test]
fn the_json_document_holds_every_judgement() {
    with_run(&[3], |view, _| {
        let text = json::render(view).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["verdict"], "fail");
        assert_eq!(
            value["cases"][2]["expectations"][2]["judgement"]["unit"],
            "V"
        );
        assert_eq!(value["cases"].as_array().unwrap().len(), 4);
        assert_eq!(
            value["skipped"][0]["reason"],
            "the rig has 4 cells, the case needs 16"
        );
    });
}
