//! What flows between banks in parallel, a charger and loads at one moment: solved exactly, as a
//! quadratic equation in the voltage of the bus.

/// A bank on the bus: its voltage without current, and its resistance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Branch {
    pub emf: f64,
    pub ohms: f64,
}

/// A charger: constant current up to a voltage, then constant voltage. It never takes current.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Source {
    pub volts: f64,
    pub amps: f64,
}

/// All loads together: constant current, constant power and a resistor (as a conductance).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Demand {
    pub amps: f64,
    pub watts: f64,
    pub siemens: f64,
}

impl Demand {
    /// What it takes at a voltage, amperes.
    fn drawn(&self, volts: f64) -> f64 {
        self.amps + self.watts / volts + volts * self.siemens
    }
}

/// The state of the bus.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Flow {
    /// Volts.
    pub volts: f64,
    /// Out of the charger, amperes.
    pub source: f64,
    /// Into the loads, amperes.
    pub demand: f64,
    /// Into each branch, amperes.
    pub branches: Vec<f64>,
}

/// Solves the bus. Without a branch nothing flows and the bus is dead. A power the branches cannot
/// deliver gets what they can: the greatest there is.
pub(super) fn solve(branches: &[Branch], source: Source, demand: Demand) -> Flow {
    if branches.is_empty() {
        return Flow::default();
    }
    let conductance: f64 = branches.iter().map(|branch| 1.0 / branch.ohms).sum();
    let short: f64 = branches.iter().map(|branch| branch.emf / branch.ohms).sum();
    let alone = voltage(conductance, short, 0.0, demand);
    let limited = voltage(conductance, short, source.amps, demand);
    let (volts, supplied) = if alone >= source.volts {
        (alone, 0.0)
    } else if limited <= source.volts {
        (limited, source.amps)
    } else {
        let needed = conductance * source.volts - short + demand.drawn(source.volts);
        (source.volts, needed)
    };
    let into = |branch: &Branch| (volts - branch.emf) / branch.ohms;
    let branches: Vec<f64> = branches.iter().map(into).collect();
    Flow {
        volts,
        source: supplied,
        // What the nodes leave: with too great a power it is less than was asked for.
        demand: supplied - branches.iter().sum::<f64>(),
        branches,
    }
}

/// The voltage at which a fixed current supplied, the branches and the demand are in balance.
fn voltage(conductance: f64, short: f64, supplied: f64, demand: Demand) -> f64 {
    let a = conductance + demand.siemens;
    let b = short + supplied - demand.amps;
    let root = (b * b - 4.0 * a * demand.watts).max(0.0).sqrt();
    (b + root) / (2.0 * a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BANK: Branch = Branch {
        emf: 13.2,
        ohms: 0.004,
    };
    const NONE: Source = Source {
        volts: 0.0,
        amps: 0.0,
    };

    #[test]
    fn a_charger_limits_its_current_first_and_its_voltage_then() {
        let charger = |volts| Source { volts, amps: 50.0 };
        let low = solve(&[BANK], charger(13.7), Demand::default());
        assert!((low.source - 50.0).abs() < 1e-9 && (low.volts - 13.4).abs() < 1e-9);
        let high = solve(&[BANK], charger(13.3), Demand::default());
        assert!((high.source - 25.0).abs() < 1e-9 && (high.volts - 13.3).abs() < 1e-9);
        let under = solve(&[BANK], charger(13.0), Demand::default());
        assert!(under.source == 0.0 && under.demand.abs() < 1e-9);
    }

    #[test]
    fn unequal_banks_exchange_current_and_share_a_load_by_their_resistance() {
        let weak = Branch {
            emf: 13.0,
            ohms: 0.008,
        };
        let idle = solve(&[BANK, weak], NONE, Demand::default());
        assert!((idle.branches[1] - 0.2 / 0.012).abs() < 1e-9);
        assert!((idle.branches[0] + idle.branches[1]).abs() < 1e-9);
        let even = Branch {
            ohms: 0.008,
            ..BANK
        };
        let demand = Demand {
            amps: 30.0,
            ..Demand::default()
        };
        let loaded = solve(&[BANK, even], NONE, demand);
        assert!((loaded.branches[0] + 20.0).abs() < 1e-9);
        assert!((loaded.branches[1] + 10.0).abs() < 1e-9);
    }

    #[test]
    fn more_power_than_there_is_gets_what_there_is() {
        let demand = Demand {
            watts: 1e6,
            ..Demand::default()
        };
        let flow = solve(&[BANK], NONE, demand);
        assert!((flow.volts - 6.6).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn currents_and_powers_sum_to_zero(
            emf in prop::array::uniform2(10.0..15.0_f64),
            ohms in prop::array::uniform2(0.001..0.05_f64),
            volts in 0.0..16.0_f64,
            amps in 0.0..200.0_f64,
            load in (0.0..50.0_f64, 0.0..400.0_f64, 0.0..2.0_f64),
        ) {
            let branches = [0, 1].map(|k| Branch { emf: emf[k], ohms: ohms[k] });
            let source = Source { volts, amps };
            let demand = Demand { amps: load.0, watts: load.1, siemens: load.2 };
            let flow = solve(&branches, source, demand);
            let scale = 1.0 + flow.source + flow.demand.abs();
            // The loads get what they ask for at this voltage …
            prop_assert!((flow.demand - demand.drawn(flow.volts)).abs() < 1e-6 * scale);
            // … the charger keeps its limits …
            prop_assert!(flow.source >= 0.0 && flow.source <= amps + 1e-6 * scale);
            prop_assert!(flow.source == 0.0 || flow.volts <= volts + 1e-9);
            // … and what the charger gives is what loads, cells and resistances take.
            let stored: f64 = (0..2).map(|k| emf[k] * flow.branches[k]).sum();
            let lost: f64 = (0..2).map(|k| ohms[k] * flow.branches[k].powi(2)).sum();
            let sum = flow.volts * (flow.source - flow.demand) - stored - lost;
            prop_assert!(sum.abs() < 1e-6 * scale * 16.0, "{sum}");
        }
    }
}
