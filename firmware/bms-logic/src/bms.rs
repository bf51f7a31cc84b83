//! The End board's mind: takes complete frames and the passing of time, keeps pack, relays and state of charge, and
//! builds EXT OUT.

use crate::cell::CellWord;
use crate::chain::Header;
use crate::energy::Energy;
use crate::ext_out::{self, CellValues, Content, FRAME_LEN, Measured, Status1};
use crate::keeping::{self, Keeping};
use crate::pack::Picture;
use crate::relays::{RelayLaw, View, quarter};
use crate::settings::Settings;
use crate::soc::{Flow, StateOfCharge, Sync};
use crate::store::Payload;
use crate::time::{SECOND, SILENCE, Ticks};

/// Version shown under keys 6 and 7.
const VERSION: [u8; 3] = [1, 0, 0];

/// State of health and charge efficiency are not measured ([D]): keys 0 and 1.
const STATE_OF_HEALTH_PERCENT: u8 = 100;
const CHARGE_EFFICIENCY_PERCENT: u8 = 99;

/// Vlow is this far above Vmin ([D]).
const V_LOW_ABOVE_V_MIN_MV: u16 = 70;

/// The early warning comes this close to Vmin, Vmax and T-max ([D]).
const WARNING_MV: u16 = 50;
const WARNING_QC: i16 = 5 * 4;

/// More than this between two pictures is a restarted Begin board, not charge: 600 A.
const MOST_CURRENT_A: u32 = 600;

/// Why a valid frame was not taken as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The frame's number is that of the last one.
    Repeated,
    /// The cell count is outside the DIP range (`COMM-8`).
    Count,
    /// A cell was not measured anew (`COMM-7`).
    Stale,
}

/// What a picture changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Communication is (back) there.
    pub connected: bool,
    /// A synchronisation whose value was not there yet.
    pub synchronised: Option<Sync>,
}

/// The last picture's header, and when it came.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Ticks,
    header: Header,
}

/// The state of the pack.
#[derive(Debug)]
pub struct Bms {
    settings: Settings,
    picture: Picture,
    relays: RelayLaw,
    soc: StateOfCharge,
    energy: Energy,
    keeping: Keeping,
    /// Absent until the first picture and during a comm error.
    last: Option<Last>,
    last_sequence: Option<u8>,
    full_mv: u16,
    shown_cell: u8,
    next_key: u8,
}

impl Bms {
    /// A new board at power-up: nothing known, nothing allowed (`REL-4`).
    pub const fn new(settings: Settings) -> Self {
        let soc = StateOfCharge::new(&settings);
        let energy = Energy::new();
        Self {
            picture: Picture::new(),
            relays: RelayLaw::new(),
            keeping: Keeping::new(&soc, &energy),
            soc,
            energy,
            last: None,
            last_sequence: None,
            full_mv: settings.v_full_mv,
            shown_cell: 0,
            next_key: 0,
            settings,
        }
    }

    /// At power-up: continues from the last [`Self::charge_to_keep`] (`SOC-5`).
    pub fn restore_charge(&mut self, kept: &Payload) {
        keeping::restore(kept, &mut self.soc, &mut self.energy);
        self.keeping = Keeping::new(&self.soc, &self.energy);
    }

    /// State of charge and energies, when they are to be kept anew; asked after every picture.
    pub fn charge_to_keep(&mut self, now: Ticks, change: &Change) -> Option<Payload> {
        let capacity_wh = self.capacity_wh();
        let synchronised = change.synchronised.is_some();
        self.keeping
            .due(now, &self.soc, &self.energy, capacity_wh, synchronised)
    }

    /// Whether charging is allowed.
    pub const fn charge_allowed(&self) -> bool {
        self.relays.charge_allowed()
    }

    /// Whether discharging is allowed.
    pub const fn load_allowed(&self) -> bool {
        self.relays.load_allowed()
    }

    /// Whether there is no communication.
    pub const fn comm_error(&self) -> bool {
        self.last.is_none()
    }

    /// State of charge in percent.
    pub const fn soc_percent(&self) -> u8 {
        self.soc.percent()
    }

    /// Takes a valid frame: counts, synchronises and decides on the relays.
    pub fn on_frame(
        &mut self,
        now: Ticks,
        header: &Header,
        cells: impl Iterator<Item = CellWord>,
    ) -> Result<Change, Refusal> {
        if self.last_sequence.replace(header.sequence) == Some(header.sequence) {
            return Err(Refusal::Repeated);
        }
        if !header.dip.cell_range().contains(&header.count) {
            return Err(Refusal::Count);
        }
        if !self.picture.take(cells) {
            return Err(Refusal::Stale);
        }
        let before = self.last.replace(Last {
            at: now,
            header: *header,
        });
        self.full_mv = header.v_balance_mv.unwrap_or(self.settings.v_full_mv);
        let charge_mas = before.map_or(0, |before| self.count_charge(now, &before, header));
        let sync = self.decide(now, header, charge_mas);
        Ok(Change {
            connected: before.is_none(),
            synchronised: sync,
        })
    }

    /// Notices silence; true when communication was lost just now.
    pub fn on_time(&mut self, now: Ticks) -> bool {
        self.energy.on_time(now);
        let lost = self
            .last
            .is_some_and(|last| now.wrapping_sub(last.at) >= SILENCE);
        if lost {
            self.last = None;
            self.relays.on_comm_error();
            self.soc.on_comm_error();
        }
        lost
    }

    /// Energy and charge since the picture before; the pack's charge in mA·s, positive charging.
    fn count_charge(&mut self, now: Ticks, before: &Last, header: &Header) -> i32 {
        let seconds = now.wrapping_sub(before.at) / SECOND + 2;
        let most_mas = MOST_CURRENT_A * 1000 * seconds;
        let pack_mv = self.picture.summary().total_mv;
        let moved = |then: u32, now: u32| {
            let delta = now.wrapping_sub(then) as i32;
            if delta.unsigned_abs() <= most_mas {
                delta
            } else {
                0
            }
        };
        let charged = moved(
            before.header.sensor_1.charge_mas,
            header.sensor_1.charge_mas,
        );
        let consumed = moved(
            before.header.sensor_2.charge_mas,
            header.sensor_2.charge_mas,
        );
        self.energy.count(charged, pack_mv);
        self.energy.count(-consumed, pack_mv);
        charged - consumed
    }

    fn decide(&mut self, now: Ticks, header: &Header, charge_mas: i32) -> Option<Sync> {
        let flow = Flow {
            summary: self.picture.summary(),
            count: header.count,
            full_mv: self.full_mv,
            current_ma: pack_current_ma(header),
            charge_mas,
        };
        let percent_before = self.soc.percent();
        let sync = self.soc.on_picture(now, &flow, &self.settings);
        let view = View {
            summary: self.picture.summary(),
            full_mv: self.full_mv,
            charged: sync == Some(Sync::Full),
            below_charge_restart: self.soc.is_below(self.settings.charge_restart_percent),
            below_discharge_restart: self.soc.is_below(self.settings.discharge_restart_percent),
        };
        self.relays.on_picture(now, &view, &self.settings);
        sync.filter(|_| percent_before != self.soc.percent())
    }

    /// The frame to send now; moves on to the next cell and key (`EXT-3`).
    pub fn ext_out(&mut self) -> [u8; FRAME_LEN] {
        let count = self.picture.count();
        if self.last.is_some() {
            self.shown_cell = if self.shown_cell >= count {
                1
            } else {
                self.shown_cell + 1
            };
        }
        let key = self.next_key;
        self.next_key = (key + 1) % ext_out::KEYS;
        let capacity_wh = self.capacity_wh();
        let content = Content {
            measured: self.last.and_then(|last| self.measured(&last.header)),
            cell_number: self.shown_cell,
            cell_count: count,
            status: self.status_1(),
            energy_wh: [
                self.energy.collected.today_wh,
                self.soc.stored_wh(&self.settings, count),
                self.energy.consumed.today_wh,
            ],
            total_kwh: [
                self.energy.collected.total_wh / 1000,
                self.energy.consumed.total_wh / 1000,
            ],
            soc_percent: self.soc.percent(),
            key: (key, self.key_value(key, capacity_wh)),
            capacity_100wh: (capacity_wh / 100) as u16,
            thresholds_mv: [self.settings.v_min_mv, self.settings.v_max_mv, self.full_mv],
        };
        content.encode()
    }

    fn capacity_wh(&self) -> u32 {
        let cells_mv = u32::from(self.settings.v_nom_mv) * u32::from(self.picture.count());
        // Ten times mV·Ah would overflow for the largest packs, so a tenth is taken off first.
        u32::from(self.settings.capacity_ah) * (cells_mv / 10) / 100
    }

    fn measured(&self, header: &Header) -> Option<Measured<'_>> {
        let cell = self.picture.cell(self.shown_cell)?;
        Some(Measured {
            summary: self.picture.summary(),
            cell: CellValues {
                voltage_mv: cell.voltage_mv(),
                temperature_qc: cell.temperature_qc(),
            },
            currents_ma: [
                header.sensor_1.mean_ma,
                header.sensor_2.mean_ma,
                pack_current_ma(header),
            ],
        })
    }

    fn status_1(&self) -> Status1 {
        let (settings, summary) = (&self.settings, self.picture.summary());
        let known = self.last.is_some();
        let t_min = settings.t_min_charge_c.max(settings.t_min_discharge_c);
        Status1 {
            soc_not_calibrated: !self.soc.is_calibrated(),
            above_t_max: known && summary.hottest_qc.value > quarter(settings.t_max_c),
            below_t_min: known && summary.coldest_qc.value < quarter(t_min),
            above_v_max: known && summary.highest_mv.value >= settings.v_max_mv,
            below_v_min: known && summary.lowest_mv.value <= settings.v_min_mv,
            comm_error: !known,
            discharge_allowed: self.load_allowed(),
            charge_allowed: self.charge_allowed(),
        }
    }

    fn status_2(&self) -> u8 {
        let (settings, summary) = (&self.settings, self.picture.summary());
        let known = self.last.is_some();
        let below = |celsius| known && summary.coldest_qc.value < quarter(celsius);
        let warning = known
            && (summary.lowest_mv.value <= settings.v_min_mv + WARNING_MV
                || summary.highest_mv.value >= settings.v_max_mv - WARNING_MV
                || summary.hottest_qc.value >= quarter(settings.t_max_c) - WARNING_QC);
        u8::from(self.load_allowed()) << 5
            | u8::from(self.charge_allowed()) << 4
            | u8::from(below(settings.t_min_discharge_c)) << 3
            | u8::from(below(settings.t_min_charge_c)) << 2
            | u8::from(warning) << 1
    }

    fn key_value(&self, key: u8, capacity_wh: u32) -> u8 {
        let [major, minor, patch] = VERSION;
        let consumed_wh = self.energy.consumed.total_wh;
        let voltage = |mv: u16| ext_out::steps_of_5_mv(u32::from(mv)).to_be_bytes();
        let cycles = || {
            consumed_wh
                .checked_div(capacity_wh)
                .unwrap_or(0)
                .to_be_bytes()
        };
        match key {
            0 => STATE_OF_HEALTH_PERCENT,
            1 => CHARGE_EFFICIENCY_PERCENT,
            2 | 3 => voltage(self.settings.v_min_mv + V_LOW_ABOVE_V_MIN_MV)[usize::from(key)],
            4 | 5 => voltage(self.settings.v_nom_mv)[usize::from(key - 2)],
            6 => major << 4 | minor,
            7 => patch,
            8 | 9 => cycles()[usize::from(key - 6)],
            10..=12 => (self.energy.collected.total_wh / 1000).to_be_bytes()[usize::from(key - 9)],
            13..=15 => (consumed_wh / 1000).to_be_bytes()[usize::from(key - 12)],
            16 => self.status_2(),
            _ => voltage(self.full_mv)[usize::from(key - 15)],
        }
    }
}

/// I1 − I2 (`CUR-4`). With Sensor 2 unplugged I1 is the pack current (`CUR-6`); without Sensor 1 it is unknown.
fn pack_current_ma(header: &Header) -> Option<i32> {
    Some(header.sensor_1.mean_ma? - header.sensor_2.mean_ma.unwrap_or(0))
}

#[cfg(test)]
#[path = "bms_tests.rs"]
mod tests;
