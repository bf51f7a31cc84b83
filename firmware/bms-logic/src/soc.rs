//! State of charge: coulomb counting and the two synchronisations (M §State of Charge; `SOC-1` to `SOC-6`).

use crate::pack::Summary;
use crate::settings::Settings;
use crate::time::{HOLD, Ticks};

/// A new board starts at half (`SOC-6`).
const START_PERCENT: i64 = 50;

/// Charge power up to this share of the capacity counts as "no longer charging" (`SOC-2`), percent per hour.
const FULL_PERCENT: i64 = 5;

/// Discharge power below this share counts as "not heavily loaded" (`SOC-3`), percent per hour.
const EMPTY_PERCENT: i64 = 10;

/// What a picture says about the state of charge.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a> {
    /// The pack.
    pub summary: &'a Summary,
    /// Cells in series.
    pub count: u8,
    /// V-balance, or V-full with DIP code 00000, in millivolts.
    pub full_mv: u16,
    /// Pack current in mA, positive charging; unknown satisfies no condition.
    pub current_ma: Option<i32>,
    /// Charge since the last picture in mA·s, positive charging.
    pub charge_mas: i32,
}

/// A synchronisation that took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// `SOC-2` and `CHG-N-DIS-2`: every cell has reached V-balance or balances, and little power charges the pack; repeated
    /// with every picture while it stays so.
    Full,
    /// `SOC-3`: a cell is empty.
    Empty,
}

/// The state of charge of a pack.
#[derive(Debug)]
pub struct StateOfCharge {
    charge_mas: i64,
    capacity_mas: i64,
    calibrated: bool,
    full_since: Option<Ticks>,
    empty_since: Option<Ticks>,
}

impl StateOfCharge {
    /// A new board's state of charge.
    pub const fn new(settings: &Settings) -> Self {
        let capacity_mas = settings.capacity_ah as i64 * 3_600_000;
        Self {
            charge_mas: capacity_mas * START_PERCENT / 100,
            capacity_mas,
            calibrated: false,
            full_since: None,
            empty_since: None,
        }
    }

    /// A full pack as a [`Self::fraction`].
    pub const WHOLE: u32 = 1 << 24;

    /// Charge as a share of the capacity, so that it stays right when the capacity is set anew.
    pub const fn fraction(&self) -> u32 {
        let whole = Self::WHOLE as i64;
        ((self.charge_mas * whole + self.capacity_mas / 2) / self.capacity_mas) as u32
    }

    /// Continues from a [`Self::fraction`] that was kept.
    pub const fn restore(&mut self, fraction: u32, calibrated: bool) {
        let fraction = if fraction < Self::WHOLE {
            fraction
        } else {
            Self::WHOLE
        };
        self.charge_mas = self.capacity_mas * fraction as i64 / Self::WHOLE as i64;
        self.calibrated = calibrated;
    }

    /// The capacity was set anew: the percentage stays.
    pub const fn set_capacity(&mut self, settings: &Settings) {
        let fraction = self.fraction();
        self.capacity_mas = Self::new(settings).capacity_mas;
        self.restore(fraction, self.calibrated);
    }

    /// Charge stored, in mA·s.
    pub const fn charge_mas(&self) -> i64 {
        self.charge_mas
    }

    /// Capacity, in mA·s.
    pub const fn capacity_mas(&self) -> i64 {
        self.capacity_mas
    }

    /// Percent of the capacity, rounded to the nearest.
    pub const fn percent(&self) -> u8 {
        let (charge, capacity) = (kilo(self.charge_mas), kilo(self.capacity_mas));
        ((charge * 100 + capacity / 2) / capacity) as u8
    }

    /// Energy stored in watt hours, rounded to the nearest: percent of the capacity in Wh (`SOC-3`).
    pub fn stored_wh(&self, settings: &Settings, count: u8) -> u32 {
        let cells_mv = u64::from(settings.v_nom_mv) * u64::from(count);
        ((u64::from(kilo(self.charge_mas)) * cells_mv + WATT_HOUR / 2) / WATT_HOUR) as u32
    }

    /// Whether less than `percent` is stored, compared exactly.
    pub const fn is_below(&self, percent: u8) -> bool {
        self.charge_mas * 100 < self.capacity_mas * percent as i64
    }

    /// Whether a synchronisation ever took place (`SOC-6`).
    pub const fn is_calibrated(&self) -> bool {
        self.calibrated
    }

    /// The pack is unknown: holds start anew, counting pauses (`EXT-6`).
    pub fn on_comm_error(&mut self) {
        self.full_since = None;
        self.empty_since = None;
    }

    /// Counts and synchronises.
    pub fn on_picture(&mut self, now: Ticks, flow: &Flow<'_>, settings: &Settings) -> Option<Sync> {
        self.charge_mas =
            (self.charge_mas + i64::from(flow.charge_mas)).clamp(0, self.capacity_mas);
        let power_uw = flow
            .current_ma
            .map(|ma| i64::from(ma) * i64::from(flow.summary.total_mv));
        // Capacity in mWh is Ah × mV × cells; a percent of it per hour, in µW, is ten times that.
        let percent_uw = i64::from(settings.capacity_ah)
            * i64::from(settings.v_nom_mv)
            * i64::from(flow.count)
            * 10;
        let full = flow.summary.lowest_idle_mv >= flow.full_mv
            && power_uw.is_some_and(|power| power.max(0) <= FULL_PERCENT * percent_uw);
        let empty = flow.summary.lowest_mv.value <= settings.v_min_mv
            && power_uw.is_some_and(|power| (-power).max(0) < EMPTY_PERCENT * percent_uw);
        if held(&mut self.full_since, now, full) {
            self.charge_mas = self.capacity_mas;
            self.calibrated = true;
            Some(Sync::Full)
        } else if held(&mut self.empty_since, now, empty) {
            self.charge_mas = 0;
            self.calibrated = true;
            Some(Sync::Empty)
        } else {
            None
        }
    }
}

/// Charge in 1024 mA·s: up to 10 000 Ah a hundred times that fits 32 bits, whose division is ten times faster.
const fn kilo(charge_mas: i64) -> u32 {
    (charge_mas >> 10) as u32
}

/// One watt hour in 1024 µW·s: 3.6e9 / 1024, without a rest.
const WATT_HOUR: u64 = 3_515_625;

/// Whether `condition` has held for [`HOLD`]; `since` remembers when it began.
fn held(since: &mut Option<Ticks>, now: Ticks, condition: bool) -> bool {
    if !condition {
        *since = None;
        return false;
    }
    now.wrapping_sub(*since.get_or_insert(now)) >= HOLD
}

#[cfg(test)]
#[path = "soc_tests.rs"]
mod tests;
