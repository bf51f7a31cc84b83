//! The chain as a whole: frames through rows of boards, and every way to spoil one.

use super::*;
use crate::cell::CellWord;
use crate::current::SensorReading;
use crate::dip::Dip;
use proptest::prelude::*;

/// A board without hardware: what it puts on its wire, with the CRC in software.
struct Board {
    receiver: Receiver,
    wire: Wire,
}

struct Wire {
    crc: Crc,
    bytes: Vec<u8>,
    own: CellWord,
}

impl ChainPort for Wire {
    fn start(&mut self) {
        self.bytes.clear();
    }
    fn crc_set(&mut self, state: u16) {
        self.crc = Crc::from_state(state);
    }
    fn crc_feed(&mut self, byte: u8) {
        self.crc.feed(byte);
    }
    fn crc_feed_group(&mut self, group: u32) {
        self.crc.feed_all(&group.to_le_bytes());
    }
    fn crc(&self) -> u16 {
        self.crc.0
    }
    fn pass(&mut self, group: u32) {
        self.bytes.extend(group.to_le_bytes());
    }
    fn finish(&mut self, groups: [u32; 2]) {
        self.bytes
            .extend(groups.map(u32::to_le_bytes).as_flattened());
    }
    fn take_own_entry(&mut self) -> CellWord {
        let own = self.own;
        self.own = own.sent();
        own
    }
}

impl Board {
    fn new(own: CellWord) -> Self {
        Self {
            receiver: Receiver::new(),
            wire: Wire {
                crc: Crc::from_state(0),
                bytes: Vec::new(),
                own,
            },
        }
    }

    /// Takes bytes and then silence, which drops an incomplete group; every event that came of it.
    fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events: Vec<_> = groups(bytes)
            .into_iter()
            .filter_map(|group| self.receiver.on_group(group, &mut self.wire))
            .collect();
        events.extend(self.receiver.on_idle());
        events
    }
}

/// The complete groups of bytes.
fn groups(bytes: &[u8]) -> Vec<u32> {
    let (groups, _) = bytes.as_chunks::<GROUP_LEN>();
    groups.iter().copied().map(u32::from_le_bytes).collect()
}

fn bytes(groups: &[u32]) -> Vec<u8> {
    groups
        .iter()
        .flat_map(|group| group.to_le_bytes())
        .collect()
}

fn header() -> Header {
    Header {
        count: 1,
        sequence: 7,
        dip: Dip(0b0000_1000),
        v_balance_mv: Some(3400),
        sensor_1: SensorReading {
            mean_ma: Some(-12_345),
            charge_mas: 0xFFFF_FF00,
        },
        sensor_2: SensorReading {
            mean_ma: None,
            charge_mas: 0,
        },
    }
}

fn cell(number: usize) -> CellWord {
    CellWord::fresh(
        3000 + number as u16,
        80 + number as i16,
        number.is_multiple_of(3),
    )
}

/// The frame after `boards` boards.
fn frame_of(boards: usize) -> Vec<u8> {
    let mut frame = bytes(&first_frame(&header(), cell(1)));
    for number in 2..=boards {
        let mut board = Board::new(cell(number));
        assert_eq!(board.take(&frame), [Event::Valid]);
        frame = board.wire.bytes;
    }
    frame
}

/// The header and the cells of a frame, as the End board reads them.
fn read(frame: &[u8]) -> (Header, Vec<CellWord>) {
    let groups = groups(frame);
    let frame = Frame::new(&groups).expect("a whole frame");
    (*frame.header(), frame.cells().collect())
}

#[test]
fn the_example_of_the_description() {
    let description = include_str!("../../../CHAIN.md");
    let (_, example) = description
        .trim_end()
        .trim_end_matches("```")
        .rsplit_once("```\n")
        .expect("two fences");
    let frame = bytes(&first_frame(&header(), CellWord::fresh(3300, 100, false)));
    let printed: Vec<String> = frame.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(printed.join(" "), example.trim());
}

#[test]
fn the_longest_pack_arrives_whole() {
    let frame = frame_of(255);
    assert_eq!(frame.len(), HEADER_LEN + 255 * ENTRY_LEN + CRC_LEN);
    let (read_header, cells) = read(&frame);
    assert_eq!(
        read_header,
        Header {
            count: 255,
            ..header()
        }
    );
    assert_eq!(cells, (1..=255).map(cell).collect::<Vec<_>>());
}

#[test]
fn a_256th_board_is_refused() {
    let mut board = Board::new(cell(1));
    assert_eq!(board.take(&frame_of(255)), [Event::Broken]);
}

#[test]
fn a_board_that_saw_a_bad_check_ends_with_a_wrong_one() {
    let mut frame = frame_of(3);
    frame[30] ^= 4;
    for number in 4..=6 {
        let mut board = Board::new(cell(number));
        assert_eq!(board.take(&frame), [Event::Broken], "board {number}");
        frame = board.wire.bytes;
        assert_eq!(
            frame.len(),
            HEADER_LEN + number * ENTRY_LEN + CRC_LEN,
            "it stays in step"
        );
    }
}

#[test]
fn a_receive_error_spoils_the_frame_though_its_bytes_are_right() {
    let frame = frame_of(2);
    let mut board = Board::new(cell(3));
    for (at, group) in groups(&frame).into_iter().enumerate() {
        if at == 3 {
            board.receiver.on_error();
        }
        if let Some(event) = board.receiver.on_group(group, &mut board.wire) {
            assert_eq!(event, Event::Broken);
        }
    }
    let mut next = Board::new(cell(4));
    assert_eq!(next.take(&board.wire.bytes), [Event::Broken]);
    assert_eq!(
        board.take(&frame),
        [Event::Valid],
        "the next frame is good again"
    );
}

#[test]
fn after_noise_the_next_frame_after_a_pause_is_taken() {
    let frame = frame_of(2);
    let mut board = Board::new(cell(3));
    assert_eq!(board.take(&[0x00, 0x55, SYNC, 0x01]), [Event::Broken]);
    assert_eq!(board.take(&[SYNC]), [], "less than a group is nothing yet");
    assert_eq!(board.take(&frame[..20]), [Event::Broken]);
    assert_eq!(board.take(&frame), [Event::Valid]);
}

#[test]
fn an_entry_is_fresh_only_once() {
    let mut board = Board::new(cell(2));
    let first = frame_of(1);
    board.take(&first);
    assert!(read(&board.wire.bytes).1[1].is_fresh());
    board.take(&first);
    assert!(!read(&board.wire.bytes).1[1].is_fresh());
}

proptest! {
    #[test]
    fn a_header_keeps_what_was_written(
        count in 1u8.., sequence: u8, dip: u8, v_balance_mv in prop::option::of(1u16..), means in [prop::option::of(-0x80_0000..0x80_0000), prop::option::of(-0x80_0000..0x80_0000)], charges: [u32; 2]
    ) {
        let sensor = |at: usize| SensorReading { mean_ma: means[at], charge_mas: charges[at] };
        let header = Header { count, sequence, dip: Dip(dip), v_balance_mv, sensor_1: sensor(0), sensor_2: sensor(1) };
        prop_assert_eq!(Header::decode(&header.encode()), header);
    }

    #[test]
    fn a_corrupted_frame_is_never_valid(boards in 1usize..40, at: prop::sample::Index, flip in 1u8..) {
        let mut frame = frame_of(boards);
        let at = at.index(frame.len());
        frame[at] ^= flip;
        prop_assert!(!Board::new(cell(boards + 1)).take(&frame).contains(&Event::Valid));
    }

    #[test]
    fn a_frame_with_a_lost_or_doubled_byte_is_never_valid(boards in 1usize..40, at: prop::sample::Index, doubled: bool) {
        let mut frame = frame_of(boards);
        let at = at.index(frame.len() - 1);
        if doubled {
            prop_assume!(at + 2 < frame.len());
            frame.insert(at, frame[at]);
        } else {
            frame.remove(at);
        }
        prop_assert!(!Board::new(cell(boards + 1)).take(&frame).contains(&Event::Valid));
    }

    #[test]
    fn noise_is_never_valid_and_a_good_frame_after_a_pause_is(noise: Vec<u8>) {
        let mut board = Board::new(cell(2));
        prop_assert!(!board.take(&noise).contains(&Event::Valid));
        prop_assert_eq!(board.take(&frame_of(1)), [Event::Valid]);
    }
}
