//! Sessions: the lock, every command, and that nothing but the right ones changes anything.

use super::*;
use proptest::prelude::*;

const V_BALANCE: Option<u16> = Some(3400);
const REFUSED: Reply = Reply::Answer(Answer::Refused);
const ACCEPTED: Reply = Reply::Answer(Answer::Accepted);

fn send(session: &mut Session, line: &str) -> Reply {
    let known = Known {
        pin: Pin::FACTORY,
        settings: &Settings::DEFAULT,
        v_balance_mv: V_BALANCE,
    };
    session.on_line(Line::Whole(line.as_bytes()), &known)
}

fn open() -> Session {
    let mut session = Session::new();
    assert_eq!(send(&mut session, "P1234"), ACCEPTED);
    session
}

const EVERY_COMMAND: [&str; 7] = ["N5678", "Svmin=2800", "R", "E!", "D!", "T!", "B!"];

#[test]
fn a_locked_session_refuses_everything_and_shows_nothing() {
    let mut session = Session::new();
    for command in EVERY_COMMAND {
        assert_eq!(send(&mut session, command), REFUSED, "{command}");
        assert_eq!(session.due(), Due::NOTHING);
    }
}

#[test]
fn only_the_right_pin_opens_and_a_wrong_one_locks() {
    for wrong in ["P1235", "P", "P123", "P12345", "P 1234", "p1234"] {
        let mut session = Session::new();
        assert_eq!(send(&mut session, wrong), REFUSED, "{wrong}");
        assert_eq!(session.due(), Due::NOTHING);
    }
    let mut session = open();
    assert_eq!(session.due(), Due::FRAME);
    for wrong in ["P1235", "P12"] {
        assert_eq!(send(&mut session, wrong), REFUSED);
        assert_eq!(session.due(), Due::NOTHING);
        assert_eq!(send(&mut session, "R"), REFUSED);
        assert_eq!(send(&mut session, "P1234"), ACCEPTED);
    }
}

#[test]
fn streams_are_chosen_and_a_log_in_begins_with_frames() {
    let mut session = open();
    for (command, letter, due) in [
        ("E!", b'E', Due::FRAME),
        ("T!", b'T', Due::TEXT_AND_CELL),
        ("D!", b'D', Due::TEXT),
        ("E!", b'E', Due::TEXT_AND_CELL),
        ("B!", b'B', Due::FRAME),
        ("T!", b'T', Due::TEXT_AND_CELL),
    ] {
        let reply = send(&mut session, command);
        assert_eq!(reply, Reply::Answer(Answer::Echo(letter)));
        assert_eq!(session.due(), due, "{command}");
    }
    send(&mut session, "P1234");
    assert_eq!(session.due(), Due::FRAME);
    send(&mut session, "T!");
    assert_eq!(session.due(), Due::TEXT, "cells are off again");
}

#[test]
fn changes_are_stored_before_they_are_answered() {
    let mut session = open();
    let pin = Pin::parse(b"5678").expect("a PIN");
    assert_eq!(send(&mut session, "N5678"), Reply::Store(Change::Pin(pin)));
    let settings = Settings {
        v_min_mv: 2800,
        ..Settings::DEFAULT
    };
    let stored = Reply::Store(Change::Settings(settings));
    assert_eq!(send(&mut session, "Svmin=2800"), stored);
    for refused in [
        "N567",
        "N56789",
        "Svmin=3400",
        "S",
        "Sspeed=1",
        "",
        "Q",
        "E",
        "R?",
    ] {
        assert_eq!(send(&mut session, refused), REFUSED, "{refused}");
        assert_eq!(session.due(), Due::FRAME, "{refused} does not lock");
    }
}

#[test]
fn a_spoilt_line_is_refused_whatever_it_was() {
    let known = Known {
        pin: Pin::FACTORY,
        settings: &Settings::DEFAULT,
        v_balance_mv: V_BALANCE,
    };
    assert_eq!(open().on_line(Line::Spoilt, &known), REFUSED);
}

#[test]
fn answers_end_with_cr_and_the_report_names_every_setting() {
    let text = |answer: Answer| {
        let message = answer.encode(&Settings::DEFAULT);
        String::from_utf8(message.bytes().to_vec()).expect("ASCII")
    };
    assert_eq!(text(Answer::Accepted), "+\r");
    assert_eq!(text(Answer::Refused), "-\r");
    assert_eq!(text(Answer::Echo(b'D')), "D!\r");
    assert_eq!(
        text(Answer::Report),
        "=vnom=3300,vmin=2900,vmax=3700,vfull=3400,capacity=100,charge-restart=95,discharge-restart=10,\
         tmin-charge=0,tmin-discharge=-20,tmax=60,mode=0,sensor=0\r"
    );
}

/// Settings with every number at its longest.
fn longest() -> Settings {
    let mut settings = Settings::DEFAULT;
    for key in &KEYS {
        let value = if key.least < 0 { key.least } else { key.most };
        assert!(key.change(&mut settings, value));
    }
    settings
}

#[test]
fn the_longest_report_fits_and_can_be_sent_back_as_a_command() {
    let message = Answer::Report.encode(&longest());
    let text = message.bytes();
    assert_eq!(text.last(), Some(&b'\r'));
    let mut reader = crate::app::LineReader::new();
    reader.push(b'S');
    for &byte in &text[1..] {
        reader.push(byte);
    }
    let whole = reader.take(|line| matches!(line, Line::Whole(_)));
    assert_eq!(whole, Some(true));
}

proptest! {
    #[test]
    fn no_bytes_but_the_right_log_in_open_a_session(line: Vec<u8>, pin in 0u16..10_000) {
        let known = Known {
            pin: Pin::from_stored(pin).expect("four digits"),
            settings: &Settings::DEFAULT,
            v_balance_mv: V_BALANCE,
        };
        let mut session = Session::new();
        let reply = session.on_line(Line::Whole(&line), &known);
        let right = line == format!("P{pin:04}").as_bytes();
        prop_assert_eq!(reply == ACCEPTED, right);
        prop_assert_eq!(session.due() == Due::NOTHING, !right);
    }

    #[test]
    fn an_open_session_survives_any_bytes_and_stores_only_settings_that_agree(
        line in prop_oneof![any::<Vec<u8>>(), "[PNSR][a-z0-9=,!-]{0,24}".prop_map(String::into_bytes)],
        v_balance_mv in prop::option::of(1900u16..4900),
    ) {
        let known = Known { pin: Pin::FACTORY, settings: &Settings::DEFAULT, v_balance_mv };
        if let Reply::Store(Change::Settings(settings)) = open().on_line(Line::Whole(&line), &known) {
            prop_assert!(line.starts_with(b"S"));
            prop_assert!(settings.agree(v_balance_mv));
        }
    }
}
