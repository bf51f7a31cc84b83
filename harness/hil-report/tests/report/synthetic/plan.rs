//! The plan of the hand-made case, as the language would give it.

use std::collections::BTreeMap;

use hil_core::plan::{
    Await, Claim, Condition, Constant, Expectation, Op, Pack, PlannedCase, PlannedStep, Stimulus,
};
use hil_core::{Channel, Dimension, Signal, Span};

use super::waves::observed;

const NOT_ALLOWED: u8 = 0;
const ALLOWED: u8 = 1;

fn compare(channel: Channel, op: Op, value: f64) -> Condition {
    Condition::Compare { channel, op, value }
}

fn expectation(line: u32, text: &str, signal: Channel, claim: Claim) -> Expectation {
    Expectation {
        text: text.to_owned(),
        line,
        signal,
        claim,
        after: None,
        during: None,
        lasting: None,
    }
}

fn expectations(cell: u16) -> Vec<Expectation> {
    let charge = Channel::plain(Signal::RelayCharge);
    let load = Channel::plain(Signal::RelayLoad);
    let voltage = Channel::at(Signal::CellVoltage, cell);
    let opened = || compare(charge, Op::Eq, 0.0);
    let mut all = vec![
        expectation(
            18,
            &format!("relay.charge stays allowed while cell[{cell}].voltage < 3.680 V"),
            charge,
            Claim::Stays { state: ALLOWED },
        ),
        expectation(
            19,
            &format!(
                "relay.charge becomes not-allowed within 2.05 s after cell[{cell}].voltage >= 3.720 V"
            ),
            charge,
            Claim::Becomes {
                state: NOT_ALLOWED,
                within: (Span::ZERO, Span(2_050_000)),
                hold: Span::ZERO,
            },
        ),
        expectation(
            20,
            &format!("cell[{cell}].voltage is 3.680 to 3.730 V when relay.charge = not-allowed"),
            voltage,
            Claim::At {
                at: opened(),
                low: Some(3.68),
                high: Some(3.73),
            },
        ),
        expectation(
            21,
            "led.charge becomes dark for 11 s after relay.charge = not-allowed",
            Channel::plain(Signal::LedCharge),
            Claim::Becomes {
                state: 0,
                within: (Span::ZERO, Span(11_000_000)),
                hold: Span(11_000_000),
            },
        ),
        expectation(
            22,
            "relay.load stays allowed",
            load,
            Claim::Stays { state: ALLOWED },
        ),
    ];
    all[0].during = Some(compare(voltage, Op::Lt, 3.68));
    all[1].after = Some(compare(voltage, Op::Ge, 3.72));
    all[3].after = Some(opened());
    all
}

/// `charge-vmax/cell=K`.
pub fn charge_vmax(cell: u16) -> PlannedCase {
    let set = |channel, value| Stimulus::Set { channel, value };
    let allowed = |signal| compare(Channel::plain(signal), Op::Eq, 1.0);
    let voltage = Channel::at(Signal::CellVoltage, cell);
    let cells = |signal, value| (1..=4).map(move |k| set(Channel::at(signal, k), value));
    let mut healthy: Vec<_> = cells(Signal::CellVoltage, 3.3).collect();
    healthy.extend(cells(Signal::CellTemperature, 25.0));
    healthy.push(set(Channel::plain(Signal::PackCurrent), 20.0));
    let volts = |value| Constant {
        value,
        dimension: Dimension::Voltage,
        decision: false,
    };
    let names = [
        ("vmin", 2.9),
        ("vbalance", 3.4),
        ("vmax", 3.7),
        ("v_accuracy", 0.02),
    ];
    let constants: BTreeMap<_, _> = names.map(|(n, v)| (n.to_owned(), volts(v))).into();
    PlannedCase {
        id: format!("charge-vmax/cell={cell}"),
        family: "charge-vmax".to_owned(),
        title: "The charge relay opens when any cell reaches V-max".to_owned(),
        verifies: ["CHG-N-DIS-1", "REL-1", "REL-2"].map(String::from).into(),
        tags: ["smoke", "qualification"].map(String::from).into(),
        file: "charge-vmax.toml".to_owned(),
        pack: Pack::of(4, "lifepo4"),
        constants,
        plant: None,
        observe: observed(),
        steps: vec![
            PlannedStep {
                name: "a healthy pack, charging".to_owned(),
                line: 8,
                stimuli: healthy,
                wait: Some(Await {
                    condition: Condition::All(vec![
                        allowed(Signal::RelayCharge),
                        allowed(Signal::RelayLoad),
                    ]),
                    within: Span(15_050_000),
                }),
                ..PlannedStep::default()
            },
            PlannedStep {
                name: "one cell rises through V-max".to_owned(),
                line: 13,
                stimuli: vec![
                    set(voltage, 3.64),
                    Stimulus::Ramp {
                        channel: voltage,
                        to: 3.8,
                        rate: 0.005,
                    },
                ],
                expect: expectations(cell),
                hold: Span(32_000_000),
                ..PlannedStep::default()
            },
        ],
        estimate: Span(60_000_000),
        decisions: BTreeMap::new(),
    }
}
