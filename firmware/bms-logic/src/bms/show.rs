//! What EXT OUT and the app show of the End board's mind: one cell and one key in turn, once a second.

use super::{Bms, Last};
use crate::ext_out::{self, CellValues, Content, Measured, Status1};
use crate::relays::quarter;
use crate::time::Ticks;

/// Version shown under keys 6 and 7.
const VERSION: [u8; 3] = [1, 0, cfg!(feature = "version-1-0-1") as u8];

/// State of health and charge efficiency are not measured ([D]): keys 0 and 1.
const STATE_OF_HEALTH_PERCENT: u8 = 100;
const CHARGE_EFFICIENCY_PERCENT: u8 = 99;

/// Vlow is this far above Vmin ([D]).
const V_LOW_ABOVE_V_MIN_MV: u16 = 70;

/// The early warning comes this close to Vmin, Vmax and T-max ([D]).
const WARNING_MV: u16 = 50;
const WARNING_QC: i16 = 5 * 4;

impl Bms {
    /// A second has begun: moves on to the next cell, unless there is a comm error, and to the next key (`EXT-3`).
    pub fn on_second(&mut self) {
        if !self.comm_error() {
            self.shown_cell = if self.shown_cell >= self.picture.count() {
                1
            } else {
                self.shown_cell + 1
            };
        }
        self.shown_key = (self.shown_key + 1) % ext_out::KEYS;
    }

    /// What is shown now.
    pub fn content(&self, now: Ticks) -> Content<'_> {
        let count = self.picture.count();
        let capacity_wh = self.capacity_wh();
        let settings = &self.settings;
        Content {
            measured: self.last.as_ref().and_then(|last| self.measured(last)),
            cell_number: self.shown_cell,
            cell_count: count,
            status: self.status_1(),
            energy_wh: [
                self.energy.collected.today_wh,
                self.soc.stored_wh(settings, count),
                self.energy.consumed.today_wh,
            ],
            minutes_today: self.energy.minutes_today(now),
            total_kwh: [
                self.energy.collected.total_wh / 1000,
                self.energy.consumed.total_wh / 1000,
            ],
            soc_percent: self.soc.percent(),
            key: (self.shown_key, self.key_value(self.shown_key, capacity_wh)),
            capacity_100wh: (capacity_wh / 100).try_into().unwrap_or(u16::MAX),
            thresholds_mv: [settings.v_min_mv, settings.v_max_mv, self.full_mv()],
        }
    }

    pub(super) fn capacity_wh(&self) -> u32 {
        let cells_mv = u32::from(self.settings.v_nom_mv) * u32::from(self.picture.count());
        // Ten times mV·Ah would overflow for the largest packs, so a tenth is taken off first.
        u32::from(self.settings.capacity_ah) * (cells_mv / 10) / 100
    }

    fn measured(&self, last: &Last) -> Option<Measured<'_>> {
        // The picture may be younger than the second.
        let cell = self
            .picture
            .cell(self.shown_cell)
            .or(self.picture.cell(1))?;
        Some(Measured {
            summary: self.picture.summary(),
            cell: CellValues {
                voltage_mv: cell.voltage_mv(),
                temperature_qc: cell.temperature_qc(),
                balancing: cell.is_balancing(),
            },
            currents_ma: self.currents_ma(&last.header),
        })
    }

    fn status_1(&self) -> Status1 {
        let (settings, summary) = (&self.settings, self.picture.summary());
        let known = !self.comm_error();
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

    pub(super) fn status_2(&self) -> u8 {
        let (settings, summary) = (&self.settings, self.picture.summary());
        let known = !self.comm_error();
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
        let settings = &self.settings;
        let consumed_wh = self.energy.consumed.total_wh;
        let voltage = |mv: u16| ext_out::steps_of_5_mv(u32::from(mv)).to_be_bytes();
        let cycles = || {
            consumed_wh
                .checked_div(capacity_wh)
                .unwrap_or(0)
                .to_be_bytes()
        };
        // Big-endian words: the last byte of each has index 3.
        match key {
            0 => STATE_OF_HEALTH_PERCENT,
            1 => CHARGE_EFFICIENCY_PERCENT,
            2 | 3 => voltage(settings.v_min_mv + V_LOW_ABOVE_V_MIN_MV)[usize::from(key)],
            4 | 5 => voltage(settings.v_nom_mv)[usize::from(key - 2)],
            6 => major << 4 | minor,
            7 => patch,
            8 | 9 => cycles()[usize::from(key - 6)],
            10..=12 => (self.energy.collected.total_wh / 1000).to_be_bytes()[usize::from(key - 9)],
            13..=15 => (consumed_wh / 1000).to_be_bytes()[usize::from(key - 12)],
            16 => self.status_2(),
            _ => voltage(settings.v_full_mv)[usize::from(key - 15)],
        }
    }
}
