//! The settings a pack runs with (`SET-1`, `SET-2`).
//!
//! They are constants of the image for now; they are one value so that the app link and its storage can come without
//! changing anybody who reads them.

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
    };
}
