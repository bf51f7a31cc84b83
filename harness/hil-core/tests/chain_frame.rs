//! The chain frame's coder and decoder: the page's own example, any frame, any bytes.

use hil_core::Time;
use hil_core::chain_frame::{Entry, Frame, FrameError, Receiver, length};
use hil_core::channel::Signal;
use proptest::collection::vec;
use proptest::prelude::*;

/// The example of `firmware/CHAIN.md`.
const EXAMPLE: &str =
    "C5 01 01 07 08 01 48 0D C7 CF FF 00 00 00 00 FF FF FF 00 00 00 00 E4 8C 2C 01 8B 3A";

fn example() -> (Vec<u8>, Frame) {
    let bytes = EXAMPLE
        .split(' ')
        .map(|hex| u8::from_str_radix(hex, 16).expect("hex"));
    let frame = Frame {
        sequence: 7,
        dip: 0b1000,
        v_balance_mv: 3400,
        current_ma: [Some(-12_345), None],
        charge_mas: [-256, 0],
        cells: vec![Entry {
            millivolts: 3300,
            celsius: 25.0,
            balancing: false,
            fresh: true,
        }],
    };
    (bytes.collect(), frame)
}

#[test]
fn the_example_of_the_page_is_coded_and_decoded() {
    let (bytes, frame) = example();
    assert_eq!(frame.encode(), bytes);
    assert_eq!(Frame::decode(&bytes), Ok(frame));
}

#[test]
fn what_is_no_frame_is_named() {
    let (bytes, _) = example();
    let spoilt = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        Frame::decode(&bytes)
    };
    assert_eq!(spoilt(0, 0xC4), Err(FrameError::Start(0xC4)));
    assert_eq!(
        spoilt(1, 2),
        Err(FrameError::Length {
            bytes: 28,
            cells: 2
        })
    );
    assert_eq!(spoilt(2, 3), Err(FrameError::Layout(3)));
    assert!(matches!(
        spoilt(9, 0),
        Err(FrameError::Check { found: 0x8B3A, .. })
    ));
}

fn entry() -> impl Strategy<Value = Entry> {
    (0_u16..=8191, 0_u16..=1023, any::<bool>(), any::<bool>()).prop_map(
        |(millivolts, quarters, balancing, fresh)| Entry {
            millivolts,
            celsius: f64::from(quarters) / 4.0 - 64.0,
            balancing,
            fresh,
        },
    )
}

fn frame() -> impl Strategy<Value = Frame> {
    let current = proptest::option::of(-8_388_608_i32..=8_388_607);
    let header = (any::<u8>(), any::<u8>(), any::<u16>(), any::<[i32; 2]>());
    (header, [current.clone(), current], vec(entry(), 1..=255)).prop_map(
        |((sequence, dip, v_balance_mv, charge_mas), current_ma, cells)| Frame {
            sequence,
            dip,
            v_balance_mv,
            current_ma,
            charge_mas,
            cells,
        },
    )
}

/// Feeds bytes at line rate from `from_us` on; gives the values of `chain.check`.
fn checks(receiver: &mut Receiver, from_us: u64, bytes: &[u8]) -> Vec<f64> {
    let mut out = Vec::new();
    for (k, byte) in (0..).zip(bytes) {
        receiver.push(Time(from_us + k * 87), *byte, &mut out);
    }
    let checks = out
        .iter()
        .filter(|s| s.channel.signal == Signal::ChainCheck);
    checks.map(|sample| sample.value).collect()
}

proptest! {
    #[test]
    fn any_frame_reads_back(frame in frame()) {
        let bytes = frame.encode();
        prop_assert_eq!(bytes.len(), length(frame.cells.len() as u8));
        prop_assert_eq!(Frame::decode(&bytes), Ok(frame));
    }

    #[test]
    fn one_turned_bit_is_never_a_frame(frame in frame(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = frame.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(Frame::decode(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_harm_and_the_next_frame_is_found(
        noise in vec(any::<u8>(), 0..200),
    ) {
        prop_assume!(Frame::decode(&noise).is_err());
        let mut receiver = Receiver::new(1);
        checks(&mut receiver, 0, &noise);
        let after = checks(&mut receiver, 1_000_000, &example().0);
        prop_assert_eq!(after.last(), Some(&1.0));
    }
}

#[test]
fn a_frame_that_pauses_or_was_not_passed_on_bit_by_bit_is_bad() {
    let (bytes, frame) = example();
    let mut receiver = Receiver::new(1);
    assert!(checks(&mut receiver, 0, &bytes[..10]).is_empty());
    assert_eq!(checks(&mut receiver, 10_000, &bytes[10..]), [0.0, 0.0]);
    let mut passed = frame.clone();
    passed.cells.push(frame.cells[0]);
    receiver.given(frame.clone());
    assert_eq!(checks(&mut receiver, 1_000_000, &passed.encode()), [1.0]);
    receiver.given(Frame {
        charge_mas: [-255, 0],
        ..frame
    });
    assert_eq!(checks(&mut receiver, 2_000_000, &passed.encode()), [0.0]);
}
