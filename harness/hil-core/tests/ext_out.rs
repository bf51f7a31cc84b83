//! EXT OUT against the maker's worked examples, and against bytes no board would send.

use hil_core::ext_out::{Bad, FRAME_BYTES, Found, FrameError, Receiver, Splitter, decode};
use hil_core::plan::TemperatureScale::{Offset276, Scale0857};
use hil_core::ports::Sample;
use hil_core::{Channel, Span, Time};
use proptest::prelude::*;

/// A frame in which everything is zero but the signs and what is given, from byte `first` on.
fn frame(parts: &[(usize, &[u8])]) -> [u8; FRAME_BYTES] {
    let mut bytes = [0; FRAME_BYTES];
    for sign in [4, 7, 10] {
        bytes[sign - 1] = b'+';
    }
    for (first, content) in parts {
        bytes[first - 1..first - 1 + content.len()].copy_from_slice(content);
    }
    seal(bytes)
}

fn seal(mut bytes: [u8; FRAME_BYTES]) -> [u8; FRAME_BYTES] {
    bytes[57] = bytes[..57].iter().fold(0, |sum, b| sum.wrapping_add(*b));
    bytes
}

/// The maker's worked examples, and one value for every other field.
fn example() -> [u8; FRAME_BYTES] {
    frame(&[
        (1, &[0x01, 0x05, 0xFF]),
        (4, &[b'+', 0x01, 0x00]),
        (7, &[b'X', 0x00, 0x10]),
        (10, &[b'-', 0x00, 0x03]),
        (13, &[0x02, 0x30, 7]),
        (16, &[0x02, 0xE4, 9]),
        (19, &[0x01, 0x14, 2]),
        (22, &[0x01, 0x28, 3]),
        (25, &[5, 16, 0x02, 0xBC, 0x01, 0x28]),
        (31, &[0b1000_0101]),
        (32, &[0, 1, 0]),
        (35, &[0x00, 0xF2, 0x21]),
        (38, &[0, 0, 7, 66]),
        (42, &[0, 0, 3, 0, 0, 2]),
        (48, &[0x19, 99]),
        (50, &[0x00, 0xA0]),
        (52, &[0x02, 0x44, 0x02, 0xE4, 0x02, 0xBC]),
    ])
}

fn sampled(bytes: &[u8], from: u64) -> Vec<Sample> {
    let mut receiver = Receiver::new(1, Offset276);
    let mut out = Vec::new();
    for (i, byte) in bytes.iter().enumerate() {
        receiver.push(Time(from + i as u64 * 1042), *byte, &mut out);
    }
    out
}

#[test]
fn the_makers_examples_read_as_the_maker_says() {
    let samples = sampled(&example(), 1_000_000);
    let value = |name: &str| {
        let channel = Channel::parse(name).expect(name);
        let mut found = samples.iter().filter(|s| s.channel == channel);
        let value = found.next().unwrap_or_else(|| panic!("no {name}")).value;
        assert!(found.next().is_none(), "{name} twice");
        value
    };
    for (name, expected) in [
        ("ext.frame", 1.0),
        ("ext.checksum", 1.0),
        ("ext.pack.voltage", 335.355),
        ("ext.sensor[1].current", 32.0),
        ("ext.pack.current", -0.375),
        ("ext.lowest.voltage", 2.8),
        ("ext.lowest.voltage-cell", 7.0),
        ("ext.highest.voltage", 3.7),
        ("ext.highest.voltage-cell", 9.0),
        ("ext.lowest.temperature", 0.0),
        ("ext.lowest.temperature-cell", 2.0),
        ("ext.highest.temperature", 20.0),
        ("ext.highest.temperature-cell", 3.0),
        ("ext.cell-number", 5.0),
        ("ext.cells", 16.0),
        ("ext.cell[5].voltage", 3.5),
        ("ext.cell[5].temperature", 20.0),
        ("ext.status.not-calibrated", 1.0),
        ("ext.status.above-tmax", 0.0),
        ("ext.status.below-tmin", 0.0),
        ("ext.status.above-vmax", 0.0),
        ("ext.status.below-vmin", 0.0),
        ("ext.status.comm-error", 1.0),
        ("ext.status.discharge", 0.0),
        ("ext.status.charge", 1.0),
        ("ext.energy.collected-today", 256.0),
        ("ext.energy.stored", 61_985.0),
        ("ext.energy.consumed-today", 7.0),
        ("ext.soc", 66.0),
        ("ext.energy.collected", 3000.0),
        ("ext.energy.consumed", 2000.0),
        ("ext.key-number", 0.0),
        ("ext.key[0]", 99.0),
        ("ext.capacity", 16_000.0),
        ("ext.vmin", 2.9),
        ("ext.vmax", 3.7),
        ("ext.vbalance", 3.5),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    assert!(value("ext.sensor[2].current").is_nan(), "X is unknown");
    assert_eq!(samples.len(), 39, "nothing else");
    assert!(samples.is_sorted_by_key(|s| s.channel), "in channel order");
    assert!(samples.iter().all(|s| s.at == Time(1_000_000 + 57 * 1042)));
}

#[test]
fn the_other_temperature_scale_reads_20_as_22() {
    let frame = decode(&example(), Scale0857).expect("a good frame");
    assert!((frame.highest_temperature.value - 21.672).abs() < 1e-9);
}

#[test]
fn no_cell_and_no_key_give_no_samples_of_them() {
    let none = frame(&[(25, &[0]), (48, &[24])]);
    let names: Vec<String> = sampled(&none, 0)
        .iter()
        .map(|s| s.channel.to_string())
        .collect();
    assert!(!names.iter().any(|n| n.starts_with("ext.cell[")));
    assert!(!names.iter().any(|n| n.starts_with("ext.key")));
}

#[test]
fn wrong_checksum_and_wrong_sign_are_told_apart() {
    let mut bytes = example();
    bytes[0] ^= 0x80;
    let error = decode(&bytes, Offset276).expect_err("checksum");
    let sum = bytes[57].wrapping_add(0x80);
    assert_eq!(
        error,
        FrameError::Checksum {
            sum,
            found: bytes[57]
        }
    );
    let mut bytes = example();
    bytes[6] = b'*';
    let error = decode(&seal(bytes), Offset276).expect_err("sign");
    assert_eq!(
        error.to_string(),
        "byte 7 is 0x2a, expected '+', '-' or 'X'"
    );
}

fn whole(bytes: [u8; FRAME_BYTES], gap_us: u64) -> Found {
    let gap = Span(gap_us);
    Found::Frame { bytes, gap }
}

fn split(bytes: impl IntoIterator<Item = (u64, u8)>) -> Vec<Found> {
    let mut splitter = Splitter::default();
    bytes
        .into_iter()
        .flat_map(|(at, byte)| splitter.push(Time(at), byte).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_silence_in_the_middle_drops_the_frame_and_the_next_one_is_read() {
    let gap = Span::from_millis(201).0;
    let late = |i: usize| i as u64 * 1042 + if i >= 30 { gap } else { 0 };
    let cut = example().into_iter().enumerate().map(|(i, b)| (late(i), b));
    let next = example()
        .into_iter()
        .enumerate()
        .map(|(i, b)| (1_000_000 + i as u64 * 1042, b));
    assert_eq!(
        split(cut.chain(next)),
        [
            Found::Bad(Bad::Short { bytes: 30 }),
            Found::Bad(Bad::Short { bytes: 28 }),
            whole(example(), 0)
        ]
    );
}

#[test]
fn a_silence_of_just_200_ms_is_no_gap() {
    let late = |i: usize| i as u64 + if i >= 30 { 199_999 } else { 0 };
    let bytes = example().into_iter().enumerate().map(|(i, b)| (late(i), b));
    assert_eq!(split(bytes), [whole(example(), 200_000 - 1042)]);
}

#[test]
fn a_corrupt_frame_is_reported_once_and_gives_no_values() {
    let mut bad = example();
    bad[20] ^= 1;
    let mut stream = bad.to_vec();
    stream.extend(example());
    let samples = sampled(&stream, 0);
    assert_eq!(samples[0].channel.to_string(), "ext.checksum");
    assert_eq!(samples[0].value, 0.0);
    assert_eq!(samples.len(), 1 + 39);
}

/// `EXT-2`: what counts is the pause between the bytes of the frame itself, wherever it began.
#[test]
fn the_longest_pause_of_a_frame_is_told_with_it() {
    let mut receiver = Receiver::new(1, Offset276);
    let mut out = Vec::new();
    let (mut at, mut gaps) = (0, Vec::new());
    for pauses in [[300, 0], [2_500, 1_900], [0, 0]] {
        at += 100_000;
        for (number, byte) in example().into_iter().enumerate() {
            at += 1042;
            at += match number {
                1 => pauses[0],
                57 => pauses[1],
                _ => 0,
            };
            receiver.push(Time(at), byte, &mut out);
        }
        let gap = out.iter().rfind(|s| s.channel.to_string() == "ext.gap");
        gaps.push(gap.expect("a frame").value);
    }
    assert_eq!(gaps, [0.0003, 0.0025, 0.0]);
}

proptest! {
    #[test]
    fn any_bytes_at_any_times_never_panic(
        soup in prop::collection::vec((0_u64..400_000, any::<u8>()), 0..600)
    ) {
        let mut receiver = Receiver::new(1, Scale0857);
        let mut out = Vec::new();
        let mut at = 0;
        for (gap, byte) in soup {
            at += gap;
            receiver.push(Time(at), byte, &mut out);
        }
        prop_assert!(out.is_sorted_by_key(|s| s.at));
    }

    #[test]
    fn a_frame_is_found_again_after_garbage(
        garbage in prop::collection::vec(any::<u8>(), 0..200),
        content in prop::collection::vec(any::<u8>(), 57),
    ) {
        let mut bytes = [0; FRAME_BYTES];
        bytes[..57].copy_from_slice(&content);
        for sign in [3, 6, 9] {
            bytes[sign] = b"+-X"[usize::from(bytes[sign]) % 3];
        }
        let bytes = seal(bytes);
        let stream = garbage.iter().copied().chain(bytes);
        let found = split(stream.enumerate().map(|(i, b)| (i as u64 * 1042, b)));
        prop_assert!(found.contains(&whole(bytes, 0)));
        let bad = found.iter().filter(|f| matches!(f, Found::Bad(_))).count();
        prop_assert_eq!(bad, garbage.len().div_ceil(FRAME_BYTES));
    }
}
