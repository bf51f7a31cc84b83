//! How a virtual bench is opened: the pack, its DIP switches and what it stands on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hil_core::plan::{Hardware, Pack, TemperatureScale};
use hil_core::profile::dip_code;

use super::Envelope;
use crate::Defect;

/// What a bench is opened with. Cells start at 3.3 V, 25 °C and no current.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Name of the rig.
    pub rig: String,
    /// Boards in series per bank, 2 to 255.
    pub cells: u16,
    /// Banks, 1 or more.
    pub banks: u8,
    /// The only real board of a bank, from 1; the bench plays its chain neighbours. `None`: all are.
    pub alone: Option<u16>,
    /// How the boards scale temperatures on EXT OUT.
    pub temperature_scale: TemperatureScale,
    /// Code of DIP switches 1 to 3 (`DIP-1`).
    pub dip_cells: u8,
    /// Code of DIP switches 4 to 8 (`DIP-2`).
    pub dip_balance: u8,
    /// What is wrong with every board, for proofs that cases find it.
    pub defect: Option<Defect>,
    /// Revision of the End boards: which Bluetooth bridge they carry.
    pub hardware: Hardware,
    /// What no write may exceed.
    pub envelope: Envelope,
    /// Set by whoever wants the run to stop; ends a `run_until` with `Interrupted`.
    pub interrupt: Arc<AtomicBool>,
}

impl Setup {
    /// For a pack whose boards balance above `balance_volts`; `None` = never (`DIP-3`).
    #[must_use]
    pub fn new(pack: &Pack, balance_volts: Option<f64>) -> Self {
        Self {
            rig: "virtual".into(),
            cells: pack.cells,
            banks: pack.banks,
            alone: pack.alone(),
            temperature_scale: pack.temperature_scale,
            dip_cells: dip_code(pack.cells),
            dip_balance: balance_volts.map_or(0, dip_balance_code),
            defect: None,
            hardware: pack.hardware,
            envelope: Envelope::default(),
            interrupt: Arc::default(),
        }
    }
}

/// Code of DIP switches 4 to 8 for a V-balance of 1.9 V to 4.9 V (`DIP-2`), the nearest there is.
#[must_use]
pub fn dip_balance_code(volts: f64) -> u8 {
    ((volts - 1.8) * 10.0).round().clamp(1.0, 31.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_manual() {
        assert_eq!(dip_balance_code(1.9), 0b00001);
        assert_eq!(dip_balance_code(2.6), 0b01000);
        assert_eq!(dip_balance_code(3.4), 0b10000);
        assert_eq!(dip_balance_code(4.0), 0b10110);
        assert_eq!(dip_balance_code(4.9), 0b11111);
        let codes = [2, 4, 5, 16, 17, 40, 80, 150, 151, 255].map(dip_code);
        assert_eq!(codes, [0, 0, 1, 2, 3, 4, 5, 6, 7, 7]);
    }
}
