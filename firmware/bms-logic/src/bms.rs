//! The End board's mind: takes complete frames and the passing of time, and keeps pack, relays and state of charge.
//!
//! What of it EXT OUT and the app show is in `bms/show.rs`.

mod show;

use crate::cell::CellWord;
use crate::chain::Header;
use crate::energy::Energy;
use crate::ext_out;
use crate::keeping::{self, Keeping};
use crate::pack::Picture;
use crate::relays::{RelayLaw, View};
use crate::settings::Settings;
use crate::soc::{Flow, StateOfCharge, Sync};
use crate::store::Payload;
use crate::time::{SECOND, SILENCE, Ticks};

/// More than this between two pictures, as the Begin board measures, is a restarted one, not charge: 600 A.
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
    /// As last heard from the Begin board, whether or not the frame was a picture.
    v_balance_mv: Option<u16>,
    shown_cell: u8,
    shown_key: u8,
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
            v_balance_mv: None,
            shown_cell: 0,
            shown_key: ext_out::KEYS - 1,
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

    /// The settings that hold.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// V-balance as last heard from the Begin board, in millivolts.
    pub const fn v_balance_mv(&self) -> Option<u16> {
        self.v_balance_mv
    }

    /// Lets new settings hold from now on (`SET-2`): relays are judged by them with the next picture.
    pub fn set_settings(&mut self, settings: Settings) {
        self.soc.set_capacity(&settings);
        self.settings = settings;
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
        self.v_balance_mv = header.v_balance_mv;
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
                delta * self.settings.sensor.factor()
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
        let [.., current_ma] = self.currents_ma(header);
        let flow = Flow {
            summary: self.picture.summary(),
            count: header.count,
            full_mv: self.full_mv(),
            current_ma,
            charge_mas,
        };
        let percent_before = self.soc.percent();
        let sync = self.soc.on_picture(now, &flow, &self.settings);
        let view = View {
            summary: self.picture.summary(),
            full_mv: self.full_mv(),
            charged: sync == Some(Sync::Full),
            below_charge_restart: self.soc.is_below(self.settings.charge_restart_percent),
            below_discharge_restart: self.soc.is_below(self.settings.discharge_restart_percent),
        };
        self.relays.on_picture(now, &view, &self.settings);
        sync.filter(|_| percent_before != self.soc.percent())
    }

    /// V-balance for the rules, or Vfull with DIP code 00000 (`DIP-3`), in millivolts.
    fn full_mv(&self) -> u16 {
        self.settings.full_mv(self.v_balance_mv)
    }

    /// I1, I2 and I1 − I2 in mA (`CUR-4`). With Sensor 2 unplugged I1 is the pack current (`CUR-6`); without Sensor 1 it is
    /// unknown.
    fn currents_ma(&self, header: &Header) -> [Option<i32>; 3] {
        let amperes = |mean_ma: Option<i32>| mean_ma.map(|ma| ma * self.settings.sensor.factor());
        let sensor_1 = amperes(header.sensor_1.mean_ma);
        let sensor_2 = amperes(header.sensor_2.mean_ma);
        let pack = sensor_1.map(|ma| ma - sensor_2.unwrap_or(0));
        [sensor_1, sensor_2, pack]
    }
}

#[cfg(test)]
#[path = "bms_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "bms_settings_tests.rs"]
mod settings_tests;
