//! The head of the chain frame: what the Begin board knows for the whole pack.

use super::{CRC_LEN, CRC_START, Crc, ENTRY_LEN, GROUP_LEN};
use crate::cell::CellWord;
use crate::current::SensorReading;
use crate::dip::Dip;

/// First byte of every frame.
pub const SYNC: u8 = 0xC5;

/// Layout described here.
pub const VERSION: u8 = 1;

/// Bytes before the first entry.
pub const HEADER_LEN: usize = 22;

const SENSOR_1_KNOWN: u8 = 1 << 0;
const SENSOR_2_KNOWN: u8 = 1 << 1;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Cells in this frame.
    pub count: u8,
    /// Counts the Begin board's frames, wrapping: the same number twice is not a new measurement (`COMM-7`).
    pub sequence: u8,
    /// The DIP switches.
    pub dip: Dip,
    /// V-balance in mV; `None` when balancing is not active (`DIP-3`).
    pub v_balance_mv: Option<u16>,
    /// Sensor 1, positive into the pack.
    pub sensor_1: SensorReading,
    /// Sensor 2, positive out to the consumers.
    pub sensor_2: SensorReading,
}

impl Header {
    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = SYNC;
        bytes[1] = self.count;
        bytes[2] = VERSION;
        bytes[3] = self.sequence;
        bytes[4] = self.dip.0;
        bytes[5] = flag(&self.sensor_1, SENSOR_1_KNOWN) | flag(&self.sensor_2, SENSOR_2_KNOWN);
        bytes[6..8].copy_from_slice(&self.v_balance_mv.unwrap_or(0).to_le_bytes());
        bytes[8..11].copy_from_slice(&mean(&self.sensor_1)[..3]);
        bytes[11..14].copy_from_slice(&mean(&self.sensor_2)[..3]);
        bytes[14..18].copy_from_slice(&self.sensor_1.charge_mas.to_le_bytes());
        bytes[18..22].copy_from_slice(&self.sensor_2.charge_mas.to_le_bytes());
        bytes
    }

    /// Reads a header whose frame was found valid.
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let sensor = |known: u8, mean_at: usize, charge_at: usize| SensorReading {
            // The three bytes are shifted up to the sign and down again.
            mean_ma: (bytes[5] & known != 0).then(|| (word(mean_at) << 8) as i32 >> 8),
            charge_mas: word(charge_at),
        };
        Self {
            count: bytes[1],
            sequence: bytes[3],
            dip: Dip(bytes[4]),
            v_balance_mv: v_balance_of_group(word(4)),
            sensor_1: sensor(SENSOR_1_KNOWN, 8, 14),
            sensor_2: sensor(SENSOR_2_KNOWN, 11, 18),
        }
    }
}

fn flag(sensor: &SensorReading, known: u8) -> u8 {
    if sensor.mean_ma.is_some() { known } else { 0 }
}

fn mean(sensor: &SensorReading) -> [u8; 4] {
    sensor.mean_ma.unwrap_or(0).to_le_bytes()
}

/// V-balance in mV out of the second group of a frame, bytes 4 to 7.
pub(super) fn v_balance_of_group(group: u32) -> Option<u16> {
    let v_balance_mv = (group >> 16) as u16;
    (v_balance_mv != 0).then_some(v_balance_mv)
}

/// Bytes of the frame with one cell that the Begin board sends.
const START_LEN: usize = HEADER_LEN + ENTRY_LEN + CRC_LEN;

/// The groups of that frame.
pub type FrameStart = [u32; START_LEN / GROUP_LEN];

/// The frame that the Begin board sends: its header with count 1, its own cell, and the check.
pub fn first_frame(header: &Header, cell: CellWord) -> FrameStart {
    let mut bytes = [0; START_LEN];
    let (head, tail) = bytes.split_at_mut(HEADER_LEN);
    let header = Header {
        count: 1,
        ..*header
    };
    head.copy_from_slice(&header.encode());
    tail[..ENTRY_LEN].copy_from_slice(&cell.0.to_le_bytes());
    let mut crc = Crc::from_state(CRC_START);
    crc.feed_all(&head[2..]);
    crc.feed_all(&tail[..ENTRY_LEN]);
    crc.feed(header.count);
    tail[ENTRY_LEN..].copy_from_slice(&crc.0.to_be_bytes());
    let mut groups = [0; START_LEN / GROUP_LEN];
    for (group, bytes) in groups.iter_mut().zip(bytes.chunks_exact(GROUP_LEN)) {
        *group = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    groups
}
