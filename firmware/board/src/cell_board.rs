//! What Begin, Between and End have in common: measuring the own cell, balancing it, and the Info LED.

use crate::adc::Scan;
use crate::pins::{BALANCING, INFO_LED};
use bms_logic::balancing::{Balancing, Sample};
use bms_logic::cell::{CellMeter, Reading};
use bms_logic::time::{LONG_STEP, Ticks};

/// How long the Info LED stays on for a frame: 128 to 192 ms, as steps fall (`LED-1`).
const BLINK: Ticks = 3 * LONG_STEP;

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
    told_balancing: bool,
    blink_left: Ticks,
    shown_instead: Option<bool>,
}

impl CellBoard {
    /// A board that has just measured for the first time.
    pub fn starting_at(codes: CellCodes) -> Self {
        Self {
            meter: CellMeter::starting_at(codes.cell, codes.thermistor),
            balancing: Balancing::new(),
            told_balancing: false,
            blink_left: 0,
            shown_instead: None,
        }
    }

    /// A step of `ticks` has ended with these codes; `v_balance_mv` if it is known, set, and the chain is alive.
    pub fn step(&mut self, ticks: Ticks, codes: CellCodes, v_balance_mv: Option<u16>) -> Reading {
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
        if self.balancing.is_active() {
            self.decide(v_balance_mv);
        }
        if self.blink_left > 0 {
            self.blink_left = self.blink_left.saturating_sub(ticks);
            self.show();
        }
        self.reading()
    }

    /// A valid frame went by, with this V-balance; only now may balancing begin (`BAL-5`).
    pub fn on_frame(&mut self, v_balance_mv: Option<u16>) {
        self.balancing.on_frame();
        self.blink_left = BLINK;
        if !self.balancing.is_active() {
            self.decide(v_balance_mv);
        }
        self.show();
        // Logged here and not where it ends: right after a frame the chain is quiet, and logging stops interrupts.
        let active = self.balancing.is_active();
        if active != self.told_balancing {
            self.told_balancing = active;
            defmt::info!(
                "balancing {=bool} at {=u16} mV",
                active,
                self.reading().voltage_mv()
            );
        }
    }

    /// The filtered measurement.
    pub fn reading(&self) -> Reading {
        self.meter.reading(self.balancing.is_active())
    }

    fn decide(&mut self, v_balance_mv: Option<u16>) {
        let reading = self.reading();
        self.balancing
            .decide(reading.voltage_mv(), reading.temperature_qc(), v_balance_mv);
        BALANCING.set(self.balancing.conducts());
        if !self.balancing.is_active() {
            self.show();
        }
    }

    /// Whether the next step must be a single tick.
    pub fn needs_fine_steps(&self) -> bool {
        self.balancing.needs_fine_steps()
    }

    /// Lets the Info LED show something else than data and balancing (`CUR-7`), or no longer.
    pub fn show_instead(&mut self, led: Option<bool>) {
        if led != self.shown_instead {
            self.shown_instead = led;
            self.show();
        }
    }

    fn show(&self) {
        let own = self.balancing.is_active() || self.blink_left > 0;
        INFO_LED.set(self.shown_instead.unwrap_or(own));
    }
}
