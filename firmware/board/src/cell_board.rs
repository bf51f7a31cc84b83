//! What Begin, Between and End have in common: measuring the own cell, balancing it, and the Info LED.

use crate::adc::Scan;
use crate::pins::{BALANCING, INFO_LED};
use bms_logic::balancing::{Balancing, Sample};
use bms_logic::cell::{CellMeter, CellWord};
use bms_logic::time::{LONG_STEP, Ticks};

/// How long the Info LED stays on for a frame: 64 to 128 ms, as steps fall (`LED-1`).
const BLINK: Ticks = 2 * LONG_STEP;

/// One pair of ADC codes.
#[derive(Debug, Clone, Copy)]
pub struct CellCodes {
    /// The cell's.
    pub cell: u16,
    /// The thermistor's.
    pub thermistor: u16,
}

impl CellCodes {
    /// Reads the first two channels of a scan.
    #[inline(always)]
    pub fn read(scan: &mut Scan) -> Self {
        Self {
            cell: scan.next_code(),
            thermistor: scan.next_code(),
        }
    }
}

/// A board's own cell.
#[derive(Debug)]
pub struct CellBoard {
    meter: CellMeter,
    balancing: Balancing,
    was_balancing: bool,
    blink_left: Ticks,
}

impl CellBoard {
    /// A board that has just measured for the first time.
    pub fn starting_at(codes: CellCodes) -> Self {
        Self {
            meter: CellMeter::starting_at(codes.cell, codes.thermistor),
            balancing: Balancing::new(),
            was_balancing: false,
            blink_left: 0,
        }
    }

    /// A step of `ticks` has ended with these codes; `v_balance_mv` if it is known, set, and the chain is alive.
    pub fn step(&mut self, ticks: Ticks, codes: CellCodes, v_balance_mv: Option<u16>) -> CellWord {
        self.meter.push_thermistor(codes.thermistor);
        match self.balancing.classify(ticks) {
            Sample::Counts => self.meter.push_cell(codes.cell),
            Sample::Ignored => {}
            // Four samples fill the mean of eight, so that nothing older is left in it.
            Sample::OfWindow => {
                self.meter.push_cell(codes.cell);
                self.meter.push_cell(codes.cell);
            }
        }
        let (voltage_mv, temperature_qc) = (self.meter.voltage_mv(), self.meter.temperature_qc());
        self.balancing
            .decide(voltage_mv, temperature_qc, v_balance_mv);
        BALANCING.set(self.balancing.conducts());
        self.blink_left = self.blink_left.saturating_sub(ticks);
        self.show();
        CellWord::fresh(voltage_mv, temperature_qc, self.balancing.is_active())
    }

    /// A valid frame went by.
    pub fn on_frame(&mut self) {
        self.balancing.on_frame();
        self.blink_left = BLINK;
        self.show();
        let active = self.balancing.is_active();
        // Logged here and not where it changes: right after a frame the chain is quiet, and logging stops interrupts.
        if active != self.was_balancing {
            self.was_balancing = active;
            defmt::info!(
                "balancing {=bool} at {=u16} mV",
                active,
                self.meter.voltage_mv()
            );
        }
    }

    /// Whether the next step must be a single tick.
    pub fn needs_fine_steps(&self) -> bool {
        self.balancing.needs_fine_steps()
    }

    fn show(&self) {
        INFO_LED.set(self.balancing.is_active() || self.blink_left > 0);
    }
}
