//! One cell (or parallel group): state of charge, an RC pair and a temperature, integrated exactly
//! over a stretch of constant current.

use super::model::CellModel;

/// A cell with its own size. Currents are positive when they charge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    /// What the cell holds from empty to full, ampere hours.
    pub capacity_ah: f64,
    /// Series resistance, ohms.
    pub series_ohms: f64,
    rc_ohms: f64,
    kelvin_per_watt: f64,
    /// State of charge, 0 to 1; a little beyond when it is forced.
    pub soc: f64,
    /// Voltage over the RC pair, volts.
    rc_volts: f64,
    /// °C.
    pub celsius: f64,
}

impl Cell {
    /// A cell at rest. `resistance` is its share of the model's.
    pub fn new(
        model: &CellModel,
        capacity_ah: f64,
        resistance: f64,
        soc: f64,
        celsius: f64,
    ) -> Self {
        let size = capacity_ah / model.capacity_ah;
        Self {
            capacity_ah,
            series_ohms: model.series_ohms * resistance / size,
            rc_ohms: model.rc_ohms * resistance / size,
            kelvin_per_watt: model.kelvin_per_watt / size,
            soc,
            rc_volts: 0.0,
            celsius,
        }
    }

    /// The voltage behind the series resistance, volts.
    pub fn emf(&self, model: &CellModel) -> f64 {
        model.ocv(self.soc) + self.rc_volts
    }

    /// The voltage at its terminals while `amps` flow, volts.
    pub fn volts(&self, model: &CellModel, amps: f64) -> f64 {
        self.emf(model) + amps * self.series_ohms
    }

    /// Power turned into heat while `amps` flow, watts: in the series resistance and in that of
    /// the RC pair.
    pub fn loss_watts(&self, amps: f64) -> f64 {
        amps * amps * self.series_ohms + self.rc_volts * self.rc_volts / self.rc_ohms
    }

    /// Lets `amps` flow for `seconds` at an ambient temperature.
    pub fn advance(&mut self, model: &CellModel, amps: f64, seconds: f64, ambient: f64) {
        let settled = ambient + self.loss_watts(amps) * self.kelvin_per_watt;
        let kept = (-seconds / model.thermal_s).exp();
        self.celsius = settled + (self.celsius - settled) * kept;
        self.soc += amps * seconds / (3600.0 * self.capacity_ah);
        let kept = (-seconds / model.rc_s).exp();
        let settled = amps * self.rc_ohms;
        self.rc_volts = settled + (self.rc_volts - settled) * kept;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::model;
    use super::*;

    fn cell() -> Cell {
        Cell::new(&model(), 100.0, 1.0, 0.5, 25.0)
    }

    #[test]
    fn one_long_stretch_and_many_short_ones_come_to_the_same() {
        let model = model();
        let (mut long, mut short) = (cell(), cell());
        long.advance(&model, 30.0, 100.0, 25.0);
        for _ in 0..1000 {
            short.advance(&model, 30.0, 0.1, 25.0);
        }
        assert!((long.soc - short.soc).abs() < 1e-12);
        assert!((long.rc_volts - short.rc_volts).abs() < 1e-12);
    }

    #[test]
    fn a_pulse_shows_the_series_resistance_at_once_and_the_rc_pair_later() {
        let model = model();
        let mut cell = cell();
        let rest = cell.volts(&model, 0.0);
        let at_once = cell.volts(&model, 50.0) - rest;
        assert!((at_once - 50.0 * model.series_ohms).abs() < 1e-12);
        cell.advance(&model, 50.0, model.rc_s, 25.0);
        let share = cell.rc_volts / (50.0 * model.rc_ohms);
        assert!((share - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
    }

    #[test]
    fn half_the_capacity_has_twice_the_resistance_and_empties_twice_as_fast() {
        let model = model();
        let (mut whole, mut half) = (cell(), Cell::new(&model, 50.0, 1.0, 0.5, 25.0));
        assert_eq!(half.series_ohms, 2.0 * whole.series_ohms);
        whole.advance(&model, -10.0, 3600.0, 25.0);
        half.advance(&model, -10.0, 3600.0, 25.0);
        assert!((whole.soc - 0.4).abs() < 1e-12 && (half.soc - 0.3).abs() < 1e-12);
    }

    #[test]
    fn losses_warm_the_cell_towards_what_they_settle_at() {
        let model = model();
        let mut cell = cell();
        for _ in 0..100 {
            cell.soc = 0.5;
            cell.advance(&model, 100.0, model.thermal_s / 10.0, 20.0);
        }
        let settled = 20.0 + cell.loss_watts(100.0) * model.kelvin_per_watt;
        assert!((cell.celsius - settled).abs() < 0.01, "{}", cell.celsius);
    }
}
