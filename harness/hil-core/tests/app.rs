//! The app link against the protocol's page, and against bytes no board would send.

use hil_core::app::{Bad, Command, PATIENCE, Phone, Piece, SETTLE, Splitter};
use hil_core::ext_out::FRAME_BYTES;
use hil_core::plan::TemperatureScale::Offset276;
use hil_core::ports::Sample;
use hil_core::{Channel, Signal, Span, Time};
use proptest::collection::vec;
use proptest::prelude::*;

const CHARACTER_US: u64 = 1_042;

/// A frame of a pack of four cells at 13.2 V whose cell 2 is at 3.3 V.
fn frame(status: u8) -> [u8; FRAME_BYTES] {
    let mut bytes = [0; FRAME_BYTES];
    bytes[..3].copy_from_slice(&[0x00, 0x0A, 0x50]);
    for sign in [3, 6, 9] {
        bytes[sign] = b'+';
    }
    bytes[12..15].copy_from_slice(&[0x02, 0x90, 3]);
    bytes[15..18].copy_from_slice(&[0x02, 0x98, 1]);
    bytes[24..30].copy_from_slice(&[2, 4, 0x02, 0x94, 0x01, 0x2D]);
    bytes[30] = status;
    bytes[40] = 50;
    bytes[57] = bytes[..57].iter().fold(0, |sum, b| sum.wrapping_add(*b));
    bytes
}

/// Bytes without gaps from `at` on, each with the time of its stop bit.
fn back_to_back(at: u64, bytes: &[u8]) -> Vec<(Time, u8)> {
    let timed = (1..).zip(bytes);
    timed
        .map(|(n, byte)| (Time(at + n * CHARACTER_US), *byte))
        .collect()
}

fn pieces(stream: &[(Time, u8)]) -> Vec<Piece> {
    let mut splitter = Splitter::default();
    stream
        .iter()
        .flat_map(|(at, byte)| splitter.push(*at, *byte))
        .collect()
}

/// What a phone makes of pieces that lie 10 ms apart.
fn screen(phone: &mut Phone, from: u64, pieces: &[&[u8]]) -> Vec<Sample> {
    let mut out = Vec::new();
    let mut at = from;
    for piece in pieces {
        for (at, byte) in back_to_back(at, piece) {
            phone.receive(at, byte, &mut out);
        }
        at += piece.len() as u64 * CHARACTER_US + 10_000;
    }
    out
}

fn last(samples: &[Sample], signal: Signal, index: u16) -> Option<f64> {
    let channel = Channel::at(signal, index);
    let found = samples.iter().rfind(|sample| sample.channel == channel);
    found.map(|sample| sample.value)
}

fn answers(samples: &[Sample]) -> Vec<f64> {
    let answer = |sample: &&Sample| sample.channel.signal == Signal::AppAnswer;
    samples
        .iter()
        .filter(answer)
        .map(|sample| sample.value)
        .collect()
}

/// A phone with a connection since time 0 that was just told to send `command`.
fn told(command: Command) -> (Phone, Vec<u8>) {
    let mut phone = Phone::new(1, Offset276);
    phone.order(Time::ZERO, command, &mut Vec::new());
    let now = Time::ZERO + SETTLE;
    let sent = phone.to_send(now, Some(Time::ZERO)).expect("a connection");
    (phone, sent)
}

#[test]
fn frames_and_text_are_told_apart_and_separated() {
    let frame = frame(0);
    let mut stream = back_to_back(0, &frame);
    stream.extend(back_to_back(80_000, b"+\r"));
    stream.extend(back_to_back(100_000, b"C_1_4_294_12D_0\r\n"));
    stream.extend(back_to_back(200_000, &frame));
    let text = |text: &str| Piece::Text(text.into());
    let expected = [
        Piece::Frame(frame),
        text("+"),
        text("C_1_4_294_12D_0"),
        Piece::Frame(frame),
    ];
    assert_eq!(pieces(&stream), expected);
}

#[test]
fn a_pause_ends_a_piece_and_what_was_bad_is_dropped_up_to_it() {
    let frame = frame(0);
    let mut stream = back_to_back(0, &frame[..30]);
    stream.extend(back_to_back(40_000, b"V_2\x80_+\r"));
    stream.extend(back_to_back(80_000, b"+\r"));
    let expected = [
        Piece::Bad(Bad::Short { bytes: 30 }),
        Piece::Bad(Bad::NotText { byte: 0x80 }),
        Piece::Text("+".into()),
    ];
    assert_eq!(pieces(&stream), expected);
}

#[test]
fn a_frame_fills_the_screen() {
    let mut phone = Phone::new(1, Offset276);
    let shown = screen(&mut phone, 0, &[&frame(0), &frame(0)]);
    for (signal, index, value) in [
        (Signal::AppFrame, 0, 2.0),
        (Signal::AppChecksum, 0, 1.0),
        (Signal::AppCells, 0, 4.0),
        (Signal::AppPackVoltage, 0, 13.2),
        (Signal::AppPackCurrent, 0, 0.0),
        (Signal::AppLowestVoltage, 0, 3.28),
        (Signal::AppHighestVoltage, 0, 3.32),
        (Signal::AppSoc, 0, 50.0),
        (Signal::AppCellVoltage, 2, 3.3),
        (Signal::AppCellTemperature, 2, 25.0),
    ] {
        assert_eq!(last(&shown, signal, index), Some(value), "{signal:?}");
    }
}

#[test]
fn a_communication_error_clears_the_cells() {
    for report in [&frame(4)[..], b"C_E\r"] {
        let mut phone = Phone::new(1, Offset276);
        let shown = screen(&mut phone, 0, &[&frame(0), report]);
        for (signal, index) in [
            (Signal::AppCells, 0),
            (Signal::AppLowestVoltage, 0),
            (Signal::AppHighestVoltage, 0),
            (Signal::AppCellVoltage, 2),
            (Signal::AppCellTemperature, 2),
        ] {
            let value = last(&shown, signal, index);
            assert!(value.is_some_and(f64::is_nan), "{signal:?} {value:?}");
        }
    }
}

#[test]
fn the_text_stream_fills_the_screen_too() {
    let stream: [&[u8]; 6] = [
        b"U_A50_14_-28_X\r",
        b"V_290_3_298_1_2A8\r",
        b"T_12B_1_12C_2\r",
        b"C_2_4_294_12B_1\r",
        b"E_1F_F221_20_55\r",
        b"M_X_1F_A:3B\r",
    ];
    let shown = screen(&mut Phone::new(1, Offset276), 0, &stream);
    assert_eq!(last(&shown, Signal::AppPacket, 0), Some(6.0));
    for (signal, index, value) in [
        (Signal::AppPackVoltage, 0, 13.2),
        (Signal::AppPackCurrent, 0, -2.0),
        (Signal::AppLowestVoltage, 0, 3.28),
        (Signal::AppHighestVoltage, 0, 3.32),
        (Signal::AppCells, 0, 4.0),
        (Signal::AppCellVoltage, 2, 3.3),
        (Signal::AppSoc, 0, 85.0),
    ] {
        assert_eq!(last(&shown, signal, index), Some(value), "{signal:?}");
    }
    let celsius = last(&shown, Signal::AppCellTemperature, 2).expect("shown");
    assert!((celsius - 24.1).abs() < 0.1, "{celsius}");
    let unknown = screen(&mut Phone::new(1, Offset276), 0, &[b"U_0_X_X_X\r"]);
    let current = last(&unknown, Signal::AppPackCurrent, 0);
    assert!(current.is_some_and(f64::is_nan));
}

#[test]
fn a_command_is_answered_refused_or_met_with_silence() {
    for (answer, value) in [(b"+\r", 1.0), (b"-\r", 2.0)] {
        let (mut phone, sent) = told(Command::LogIn);
        assert_eq!(sent, b"P1234\r");
        let shown = screen(&mut phone, 60_000, &[answer]);
        assert_eq!(answers(&shown), [value]);
        assert!(!phone.is_busy());
    }
    let (mut phone, _) = told(Command::LogIn);
    let mut out = Vec::new();
    let silence = Time::ZERO + SETTLE + PATIENCE;
    phone.pass(Time(silence.0 - 1), &mut out);
    assert!(out.is_empty() && phone.is_busy());
    phone.pass(silence, &mut out);
    assert_eq!((answers(&out), phone.is_busy()), (vec![3.0], false));
    let late = screen(&mut phone, silence.0, &[b"+\r"]);
    assert!(answers(&late).is_empty(), "nobody asks any more");
}

#[test]
fn without_a_connection_nothing_is_sent() {
    let mut phone = Phone::new(1, Offset276);
    phone.order(Time::ZERO, Command::LogIn, &mut Vec::new());
    assert_eq!(phone.to_send(Time(1_000_000), None), None);
    let mut out = Vec::new();
    phone.pass(Time::ZERO + PATIENCE, &mut out);
    assert_eq!(answers(&out), [3.0]);
}

#[test]
fn only_the_echo_of_its_own_command_is_an_answer() {
    for (command, line) in [
        (Command::CellsOn, "E!\r"),
        (Command::CellsOff, "D!\r"),
        (Command::Text, "T!\r"),
        (Command::Frames, "B!\r"),
    ] {
        let (mut phone, sent) = told(command);
        assert_eq!(sent, line.as_bytes());
        let other: &[u8] = if line == "E!\r" { b"D!\r" } else { b"E!\r" };
        assert!(answers(&screen(&mut phone, 60_000, &[other, b"+\r"])).is_empty());
        let shown = screen(&mut phone, 100_000, &[line.as_bytes()]);
        assert_eq!(answers(&shown), [1.0]);
    }
}

#[test]
fn the_report_reads_back_by_channel() {
    let (mut phone, sent) = told(Command::ReadSettings);
    assert_eq!(sent, b"R\r");
    let report = b"=vnom=2400,vmin=2150,capacity=100,tmin-discharge=-20,mode=1\r";
    let shown = screen(&mut phone, 60_000, &[report]);
    assert_eq!(answers(&shown), [1.0]);
    assert_eq!(last(&shown, Signal::SettingVmin, 0), Some(2.15));
    assert_eq!(last(&shown, Signal::SettingCapacity, 0), Some(100.0));
    assert_eq!(last(&shown, Signal::SettingTminDischarge, 0), Some(-20.0));
    assert_eq!(last(&shown, Signal::SettingMode, 0), Some(1.0));
    assert_eq!(last(&shown, Signal::SettingVmax, 0), None);
}

#[test]
fn what_was_staged_goes_out_once() {
    let mut phone = Phone::new(1, Offset276);
    phone.stage(Signal::SettingVmin, 2.15);
    phone.stage(Signal::SettingVmax, 2.8);
    for expected in [&b"Svmin=2150,vmax=2800\r"[..], b"S\r"] {
        phone.order(Time::ZERO, Command::ApplySettings, &mut Vec::new());
        let sent = phone.to_send(Time::ZERO + SETTLE, Some(Time::ZERO));
        assert_eq!(sent.as_deref(), Some(expected));
        assert_eq!(phone.to_send(Time::ZERO + SETTLE, Some(Time::ZERO)), None);
    }
}

proptest! {
    #[test]
    fn any_bytes_at_any_times_only_ever_show_something(
        bytes in vec((any::<u8>(), 0_u64..8_000), 0..600),
    ) {
        let (mut phone, _) = told(Command::ReadSettings);
        let mut out = Vec::new();
        let mut at = Time(60_000);
        for (byte, gap) in bytes {
            at += Span(gap);
            phone.receive(at, byte, &mut out);
            phone.pass(at, &mut out);
        }
    }

    #[test]
    fn any_printable_line_is_one_piece_and_never_a_frame(line in "[ -~]{1,250}") {
        let mut bytes = line.clone().into_bytes();
        bytes.push(b'\r');
        prop_assert_eq!(pieces(&back_to_back(0, &bytes)), [Piece::Text(line)]);
    }

    #[test]
    fn what_is_staged_comes_back_in_a_report(
        millivolts in 1500_i32..5000,
        percent in 0_i32..100,
        celsius in -40_i32..85,
    ) {
        let mut phone = Phone::new(1, Offset276);
        let staged = [
            (Signal::SettingVmin, f64::from(millivolts) / 1000.0),
            (Signal::SettingDischargeRestart, percent.into()),
            (Signal::SettingTmax, celsius.into()),
        ];
        for (signal, value) in staged {
            phone.stage(signal, value);
        }
        phone.order(Time::ZERO, Command::ApplySettings, &mut Vec::new());
        let sent = phone.to_send(Time::ZERO + SETTLE, Some(Time::ZERO)).expect("a command");
        let report = [b"=", &sent[1..]].concat();
        let shown = screen(&mut phone, 200_000, &[&report]);
        for (signal, value) in staged {
            prop_assert_eq!(last(&shown, signal, 0), Some(value));
        }
    }
}
