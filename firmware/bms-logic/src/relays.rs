//! The law of the two relays in both modes (M §Charge en discharge/load relay; `CHG-*`, `LOAD-*`, `REL-2`).
//!
//! All enable conditions of a row must hold, any one disable condition suffices, in between the state is kept. This
//! module decides; coils, pulses and contacts are the board's.

use crate::pack::Summary;
use crate::settings::{Mode, Settings};
use crate::time::{HOLD, Ticks};

/// Enable conditions hold only this far inside a voltage threshold (`REL-2`), in millivolts.
const INSIDE_MV: u16 = 20;

/// And this far inside a temperature threshold: 2 °C in quarter degrees.
const INSIDE_QC: i16 = 2 * 4;

/// Zero, except in the image that a rig must find out.
const V_MAX_FAULT_MV: u16 = if cfg!(feature = "fault-v-max") { 50 } else { 0 };

/// Everything the law looks at in one picture.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The pack.
    pub summary: &'a Summary,
    /// V-balance, or V-full with DIP code 00000, in millivolts.
    pub full_mv: u16,
    /// `CHG-N-DIS-2`, its hold included: all cells full and the charge power low for 10 s. Normal mode only.
    pub charged: bool,
    /// State of charge below the charge restart setting. Normal mode only.
    pub below_charge_restart: bool,
    /// State of charge below the discharge restart setting. Normal mode only.
    pub below_discharge_restart: bool,
}

/// The state of one relay: whether it is allowed, and since when its enable conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Permission {
    allowed: bool,
    ready_since: Option<Ticks>,
}

impl Permission {
    fn update(&mut self, now: Ticks, disable: bool, enable: bool) {
        if disable {
            *self = Self::default();
        } else if !self.allowed && enable {
            let since = *self.ready_since.get_or_insert(now);
            self.allowed = now.wrapping_sub(since) >= HOLD;
        } else {
            self.ready_since = None;
        }
    }
}

/// Both relays; not allowed at power-up (`REL-4`).
#[derive(Debug, Default)]
pub struct RelayLaw {
    charge: Permission,
    load: Permission,
}

impl RelayLaw {
    /// Nothing allowed.
    pub const fn new() -> Self {
        const NOT_ALLOWED: Permission = Permission {
            allowed: false,
            ready_since: None,
        };
        Self {
            charge: NOT_ALLOWED,
            load: NOT_ALLOWED,
        }
    }

    /// Whether charging is allowed.
    pub const fn charge_allowed(&self) -> bool {
        self.charge.allowed
    }

    /// Whether discharging is allowed.
    pub const fn load_allowed(&self) -> bool {
        self.load.allowed
    }

    /// No communication: `CHG-N-DIS-5`, `LOAD-N-DIS-4`.
    pub fn on_comm_error(&mut self) {
        *self = Self::new();
    }

    /// Decides on a complete picture.
    pub fn on_picture(&mut self, now: Ticks, view: &View<'_>, settings: &Settings) {
        self.charge.update(
            now,
            charge_disable(view, settings),
            charge_enable(view, settings),
        );
        self.load.update(
            now,
            load_disable(view, settings),
            load_enable(view, settings),
        );
    }
}

/// `CHG-N-DIS-1` to `-4`, `CHG-C-DIS-1` to `-3`.
fn charge_disable(view: &View<'_>, settings: &Settings) -> bool {
    let charged = match settings.mode {
        Mode::Normal => view.charged,
        Mode::Critical => false,
    };
    let summary = view.summary;
    charged
        || summary.highest_mv.value >= settings.v_max_mv + V_MAX_FAULT_MV
        || outside(view, settings.t_min_charge_c, settings.t_max_c)
}

/// `CHG-N-EN-1` to `-4`, `CHG-C-EN-1` to `-3`.
fn charge_enable(view: &View<'_>, settings: &Settings) -> bool {
    let (below_mv, discharged) = match settings.mode {
        Mode::Normal => (view.full_mv, view.below_charge_restart),
        Mode::Critical => (settings.v_max_mv, true),
    };
    let summary = view.summary;
    discharged
        && summary.highest_mv.value < below_mv - INSIDE_MV
        && inside(view, settings.t_min_charge_c, settings.t_max_c)
}

/// `LOAD-N-DIS-1` to `-3`, `LOAD-C-DIS-1` to `-3`.
fn load_disable(view: &View<'_>, settings: &Settings) -> bool {
    let summary = view.summary;
    summary.lowest_mv.value <= settings.v_min_mv
        || outside(view, settings.t_min_discharge_c, settings.t_max_c)
}

/// `LOAD-N-EN-1` to `-4`, `LOAD-C-EN-1` to `-3`.
fn load_enable(view: &View<'_>, settings: &Settings) -> bool {
    let recharged = match settings.mode {
        Mode::Normal => !view.below_discharge_restart,
        Mode::Critical => true,
    };
    let summary = view.summary;
    recharged
        && summary.lowest_mv.value > settings.v_min_mv + INSIDE_MV
        && inside(view, settings.t_min_discharge_c, settings.t_max_c)
}

/// Whether a cell is colder or hotter than allowed.
fn outside(view: &View<'_>, t_min_c: i8, t_max_c: i8) -> bool {
    let summary = view.summary;
    summary.coldest_qc.value < quarter(t_min_c) || summary.hottest_qc.value > quarter(t_max_c)
}

/// Whether every cell is so far from both limits that a relay may be allowed again.
fn inside(view: &View<'_>, t_min_c: i8, t_max_c: i8) -> bool {
    let summary = view.summary;
    summary.coldest_qc.value > quarter(t_min_c) + INSIDE_QC
        && summary.hottest_qc.value < quarter(t_max_c) - INSIDE_QC
}

/// A setting in quarter degrees.
pub(crate) fn quarter(celsius: i8) -> i16 {
    i16::from(celsius) * 4
}

#[cfg(test)]
#[path = "relays_critical_tests.rs"]
mod critical_tests;
#[cfg(test)]
#[path = "relays_tests.rs"]
mod tests;
