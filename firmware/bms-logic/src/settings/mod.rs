//! The settings a pack runs with (`SET-1` to `SET-4`): their values, and which values go together.
//!
//! How a command names them is in [`key`], where they are kept is the store's business.

mod change;
mod key;

pub use key::{KEYS, Key, STORED_LEN};

/// What "full" means for the charge relay, and whether the restart settings count (M §Algoritme).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Charging ends when the pack is full.
    Normal,
    /// Both relays only protect: for a combined inverter and charger with one enable input or none (`SYS-4`).
    Critical,
}

/// Type of both current sensors (`SET-3`). The Begin board measures every type as the first one; the End board scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensorType {
    /// "Dual range 500A/20A".
    Dual500,
    /// "Dual range 1000A/40A": twice the amperes for the same voltage.
    Dual1000,
}

impl SensorType {
    /// Amperes that one measured ampere stands for.
    pub const fn factor(self) -> i32 {
        match self {
            Self::Dual500 => 1,
            Self::Dual1000 => 2,
        }
    }
}

/// Thresholds and pack data of the End board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Nominal cell voltage, for the capacity in watt hours, in millivolts.
    pub v_nom_mv: u16,
    /// A cell at or below this is empty (`LOAD-N-DIS-1`), in millivolts.
    pub v_min_mv: u16,
    /// A cell at or above this is overcharged (`CHG-N-DIS-1`), in millivolts.
    pub v_max_mv: u16,
    /// "Full" in millivolts when the DIP switches give no V-balance (`DIP-3`).
    pub v_full_mv: u16,
    /// Capacity in ampere hours.
    pub capacity_ah: u16,
    /// Charging is allowed again below this state of charge, in percent (`CHG-N-EN-2`).
    pub charge_restart_percent: u8,
    /// Discharging is allowed again from this state of charge on, in percent (`LOAD-N-EN-2`).
    pub discharge_restart_percent: u8,
    /// Lowest temperature for charging, in °C.
    pub t_min_charge_c: i8,
    /// Lowest temperature for discharging, in °C.
    pub t_min_discharge_c: i8,
    /// Highest temperature for both, in °C.
    pub t_max_c: i8,
    /// Which of the two relay laws holds.
    pub mode: Mode,
    /// What the sensor inputs mean.
    pub sensor: SensorType,
}

impl Settings {
    /// The factory state: the LiFePO4 row of `SET-1`, 100 Ah, and the defaults of `SET-2`.
    pub const DEFAULT: Self = Self {
        v_nom_mv: 3300,
        v_min_mv: 2900,
        v_max_mv: 3700,
        v_full_mv: 3400,
        capacity_ah: 100,
        charge_restart_percent: 95,
        discharge_restart_percent: 10,
        t_min_charge_c: 0,
        t_min_discharge_c: -20,
        t_max_c: 60,
        mode: Mode::Normal,
        sensor: SensorType::Dual500,
    };

    /// V-balance for the rules that ask for it: Vfull where the DIP switches give none (`DIP-3`), in millivolts.
    pub fn full_mv(&self, v_balance_mv: Option<u16>) -> u16 {
        v_balance_mv.unwrap_or(self.v_full_mv)
    }

    /// Whether the values go together (`SET-4`), with the V-balance last heard from the Begin board.
    pub fn agree(&self, v_balance_mv: Option<u16>) -> bool {
        let between = |mv| self.v_min_mv < mv && mv < self.v_max_mv;
        between(self.full_mv(v_balance_mv))
            && between(self.v_full_mv)
            && self.t_min_charge_c < self.t_max_c
            && self.t_min_discharge_c < self.t_max_c
            && self.discharge_restart_percent < self.charge_restart_percent
    }
}
