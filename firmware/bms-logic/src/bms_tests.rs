//! The End board's mind: pictures, their refusal, silence and recovery, and EXT OUT as it follows.

use super::*;
use crate::cell::CellWord;
use crate::current::SensorReading;
use crate::dip::Dip;
use crate::ext_out::FRAME_LEN;

/// Switches for 2 to 4 cells and 3.4 V.
const DIP: Dip = Dip(0b0000_1000);

/// A pack that shows itself once a second.
pub(super) struct Pack {
    pub bms: Bms,
    pub header: Header,
    pub cells: Vec<(u16, i16)>,
    now: Ticks,
}

impl Pack {
    pub fn new(cells: usize) -> Self {
        let sensor = SensorReading {
            mean_ma: Some(0),
            charge_mas: 0,
        };
        Self {
            bms: Bms::new(Settings::DEFAULT),
            header: Header {
                count: cells as u8,
                sequence: 0,
                dip: DIP,
                v_balance_mv: DIP.v_balance_mv(),
                sensor_1: sensor,
                sensor_2: sensor,
            },
            cells: vec![(3300, 100); cells],
            now: 0,
        }
    }

    /// A second later, with `ma` through Sensor 1 and `out_ma` through Sensor 2.
    pub fn second(&mut self, ma: i32, out_ma: i32) -> Result<Change, Refusal> {
        self.now += SECOND;
        self.bms.on_time(self.now);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        for (sensor, ma) in [
            (&mut self.header.sensor_1, ma),
            (&mut self.header.sensor_2, out_ma),
        ] {
            sensor.mean_ma = Some(ma);
            sensor.charge_mas = sensor.charge_mas.wrapping_add_signed(ma);
        }
        self.show()
    }

    fn show(&mut self) -> Result<Change, Refusal> {
        let cells = self
            .cells
            .iter()
            .map(|&(mv, qc)| CellWord::fresh(mv, qc, false));
        self.bms.on_frame(self.now, &self.header, cells)
    }

    pub fn seconds(&mut self, count: u32, ma: i32) {
        for _ in 0..count {
            self.second(ma, 0).expect("a good picture");
        }
    }

    /// Silence that long; true if communication was lost in it.
    fn silence(&mut self, ticks: Ticks) -> bool {
        self.now += ticks;
        self.bms.on_time(self.now)
    }

    /// The frame of the next second.
    pub fn ext_out(&mut self) -> [u8; FRAME_LEN] {
        self.bms.on_second();
        self.bms.content(self.now).encode()
    }

    pub fn relays(&self) -> (bool, bool) {
        (self.bms.charge_allowed(), self.bms.load_allowed())
    }
}

/// A byte of the frame, numbered from 1.
fn byte(frame: &[u8; FRAME_LEN], number: usize) -> u8 {
    frame[number - 1]
}

#[test]
fn at_power_up_nothing_is_known_and_nothing_allowed() {
    let mut pack = Pack::new(4);
    assert_eq!(pack.relays(), (false, false));
    let frame = pack.ext_out();
    assert_eq!(byte(&frame, 31), 0b1000_0100, "not calibrated, comm error");
    assert_eq!(byte(&frame, 41), 50);
    assert_eq!(
        pack.second(0, 0),
        Ok(Change {
            connected: true,
            synchronised: None
        })
    );
    assert_eq!(
        pack.relays(),
        (false, false),
        "a picture alone allows nothing before its hold"
    );
    pack.seconds(10, 0);
    assert_eq!(pack.relays(), (true, true));
    assert_eq!(byte(&pack.ext_out(), 31), 0b1000_0011);
}

#[test]
fn a_repeated_a_short_and_a_stale_frame_are_no_pictures() {
    let mut pack = Pack::new(4);
    pack.seconds(11, 0);
    assert_eq!(pack.show(), Err(Refusal::Repeated));
    pack.header.sequence += 1;
    let stale = [CellWord::fresh(3300, 100, false).sent(); 4].into_iter();
    assert_eq!(
        pack.bms.on_frame(pack.now, &pack.header, stale),
        Err(Refusal::Stale)
    );
    pack.header.count = 5;
    pack.header.sequence += 1;
    assert_eq!(
        pack.bms.on_frame(pack.now, &pack.header, [].into_iter()),
        Err(Refusal::Count)
    );
    assert_eq!(pack.relays(), (true, true), "the last picture still holds");
}

#[test]
fn silence_of_five_seconds_is_a_comm_error_until_the_next_picture() {
    let mut pack = Pack::new(4);
    pack.seconds(11, 1000);
    assert!(!pack.silence(SILENCE - 1));
    assert_eq!(pack.relays(), (true, true));
    let before = pack.ext_out();
    assert!(pack.silence(1));
    assert!(!pack.silence(1), "declared once");
    assert_eq!(pack.relays(), (false, false));
    let frame = pack.ext_out();
    for number in (1..=24).chain(27..=30) {
        let expected = if matches!(number, 4 | 7 | 10) {
            b'X'
        } else {
            0
        };
        assert_eq!(byte(&frame, number), expected, "byte {number}");
    }
    for number in [25, 26, 41] {
        assert_eq!(
            byte(&frame, number),
            byte(&before, number),
            "byte {number} stays"
        );
    }
    assert_eq!(byte(&frame, 31) & 0b0111_1111, 0b100);
    assert_eq!(
        pack.second(1000, 0).map(|change| change.connected),
        Ok(true)
    );
    assert_eq!(byte(&pack.ext_out(), 31) & 0b111, 0);
    pack.seconds(10, 0);
    assert_eq!(pack.relays(), (true, true));
}

#[test]
fn a_lost_frame_loses_no_charge_but_a_comm_error_pauses_counting() {
    let mut pack = Pack::new(4);
    pack.second(0, 0).expect("picture");
    // 36 A for 100 s is one percent; every second frame is lost.
    for _ in 0..50 {
        pack.header.sensor_1.charge_mas += 36_000;
        pack.now += SECOND;
        pack.second(36_000, 0).expect("picture");
    }
    assert_eq!(pack.bms.soc_percent(), 51);
    pack.silence(100 * SECOND);
    pack.header.sensor_1.charge_mas += 36_000 * 500;
    pack.second(0, 0).expect("picture");
    assert_eq!(pack.bms.soc_percent(), 51);
}

#[test]
fn a_begin_board_that_restarted_does_not_move_the_state_of_charge() {
    let mut pack = Pack::new(4);
    pack.seconds(3600, 10_000);
    assert_eq!(pack.bms.soc_percent(), 60);
    pack.header.sensor_1.charge_mas = 0;
    pack.seconds(1, 0);
    assert_eq!(pack.bms.soc_percent(), 60);
}

#[test]
fn full_opens_charge_and_synchronises_in_the_same_picture() {
    let mut pack = Pack::new(4);
    pack.seconds(11, 0);
    pack.cells.fill((3450, 100));
    pack.seconds(10, 1000);
    assert_eq!((pack.relays(), pack.bms.soc_percent()), ((true, true), 50));
    let change = pack.second(1000, 0).expect("picture");
    assert_eq!(change.synchronised, Some(Sync::Full));
    assert_eq!(
        (pack.relays(), pack.bms.soc_percent()),
        ((false, true), 100)
    );
    assert_eq!(
        pack.second(1000, 0).expect("picture").synchronised,
        None,
        "told once"
    );
    pack.cells.fill((3300, 100));
    pack.seconds(20, 0);
    assert_eq!(
        pack.relays(),
        (false, true),
        "above the charge restart it stays open"
    );
    pack.seconds(530, -36_000);
    assert_eq!(pack.bms.soc_percent(), 95);
    pack.seconds(20, -36_000);
    assert_eq!(pack.relays(), (true, true));
}

#[test]
fn without_v_balance_full_is_the_setting() {
    let mut pack = Pack::new(4);
    pack.header.dip = Dip(0);
    pack.header.v_balance_mv = None;
    pack.cells.fill((3400, 100));
    pack.seconds(11, 0);
    assert_eq!(pack.bms.soc_percent(), 100);
    assert_eq!(pack.ext_out()[55..57], [0x02, 0xA8]);
}

#[test]
fn every_cell_and_every_key_comes_in_turn() {
    let mut pack = Pack::new(4);
    for (number, cell) in (1u16..).zip(&mut pack.cells) {
        *cell = (3300 + 5 * number, 80 + 4 * number as i16);
    }
    let mut keys = Vec::new();
    for turn in 0..19 {
        pack.seconds(1, 0);
        let frame = pack.ext_out();
        let number = turn % 4 + 1;
        assert_eq!((byte(&frame, 25), byte(&frame, 26)), (number, 4));
        assert_eq!(
            u16::from_be_bytes([frame[26], frame[27]]),
            660 + u16::from(number)
        );
        assert_eq!(
            u16::from_be_bytes([frame[28], frame[29]]),
            296 + u16::from(number)
        );
        assert_eq!(byte(&frame, 48), 25 + turn);
        keys.push(byte(&frame, 49));
    }
    let (v_low, v_nom, v_full) = ([0x02, 0x52], [0x02, 0x94], [0x02, 0xA8]);
    assert_eq!(keys[..4], [100, 99, v_low[0], v_low[1]]);
    assert_eq!(keys[4..8], [v_nom[0], v_nom[1], 0x10, 0]);
    assert_eq!(keys[16..], [0b11_0000, v_full[0], v_full[1]]);
}

#[test]
fn currents_energy_and_capacity_are_shown() {
    let mut pack = Pack::new(4);
    for _ in 0..3601 {
        pack.second(20_000, 5_000).expect("picture");
    }
    let frame = pack.ext_out();
    assert_eq!(frame[..3], [0x00, 0x0A, 0x50]);
    assert_eq!(frame[3..12], [b'+', 0, 160, b'+', 0, 40, b'+', 0, 120]);
    assert_eq!(byte(&frame, 41), 65);
    assert_eq!(frame[31..34], [0, 1, 8], "264 Wh collected");
    assert_eq!(frame[34..37], [0, 0x03, 0x5A], "858 Wh of 1320 stored");
    assert_eq!(frame[37..40], [0, 0, 66], "66 Wh consumed");
    assert_eq!(frame[49..51], [0, 13], "1.3 kWh");
}

#[test]
fn unknown_currents_read_x_and_one_sensor_is_a_pack_current() {
    let mut pack = Pack::new(4);
    pack.second(8000, 0).expect("picture");
    pack.header.sequence += 1;
    pack.header.sensor_2.mean_ma = None;
    pack.show().expect("picture");
    assert_eq!(
        pack.ext_out()[3..12],
        [b'+', 0, 64, b'X', 0, 0, b'+', 0, 64]
    );
    pack.header.sequence += 1;
    pack.header.sensor_1.mean_ma = None;
    pack.show().expect("picture");
    assert_eq!(pack.ext_out()[3..12], [b'X', 0, 0, b'X', 0, 0, b'X', 0, 0]);
}

#[test]
fn thresholds_and_early_warning_show_in_the_status() {
    for (cell, status_1, status_2) in [
        ((3300, 100), 0, 0),
        ((3750, 100), 1 << 4, 1 << 1),
        ((3650, 100), 0, 1 << 1),
        ((2900, 100), 1 << 3, 1 << 1),
        ((2950, 100), 0, 1 << 1),
        ((3300, 241), 1 << 6, 1 << 1),
        ((3300, 220), 0, 1 << 1),
        ((3300, -1), 1 << 5, 1 << 2),
        ((3300, -81), 1 << 5, 1 << 2 | 1 << 3),
    ] {
        let mut pack = Pack::new(4);
        pack.cells[2] = cell;
        pack.seconds(1, 0);
        assert_eq!(
            byte(&pack.ext_out(), 31) & 0b0111_1100,
            status_1,
            "{cell:?}"
        );
        assert_eq!(pack.bms.status_2(), status_2, "{cell:?}");
    }
}
