//! The plant as a whole: what is charged is stored, contacts act, settings hold.

use super::*;
use crate::plan::{Pack, PlannedCase};
use crate::time::Span;

pub(super) fn model() -> CellModel {
    let text = include_str!("../../../../fixtures/cells/lifepo4.toml");
    CellModel::parse("lifepo4.toml", text).expect("a good cell")
}

const CHARGE: Channel = Channel::plain(Signal::RelayCharge);
const LOAD: Channel = Channel::plain(Signal::RelayLoad);

fn through(contacts: &[Channel]) -> Option<Wiring> {
    Some(Wiring {
        through: Some(contacts.to_vec()),
        ..Wiring::default()
    })
}

/// Four cells of 100 Ah with a charger behind the charge contact and a load behind the other.
fn planned() -> PlannedPlant {
    PlannedPlant {
        model: model(),
        capacity_ah: 100.0,
        soc: 50.0,
        spread: Spread::default(),
        ambient: 25.0,
        sensors: Sensors::Two,
        bank: None,
        charger: through(&[CHARGE]),
        load: through(&[LOAD]),
        inverter: None,
        tick: Span::from_millis(1000),
    }
}

fn case(plant: PlannedPlant, banks: u8) -> PlannedCase {
    PlannedCase {
        id: "test".into(),
        family: "test".into(),
        title: String::new(),
        verifies: Vec::new(),
        tags: Vec::new(),
        file: String::new(),
        pack: Pack {
            banks,
            ..Pack::of(4, "lifepo4")
        },
        decisions: std::collections::BTreeMap::new(),
        constants: BTreeMap::new(),
        plant: Some(plant),
        observe: vec![Channel::plain(Signal::PlantCurrent)],
        steps: Vec::new(),
        estimate: Span::ZERO,
    }
}

fn plant(planned: PlannedPlant, banks: u8) -> Plant {
    Plant::of(&case(planned, banks), 1).expect("it has one")
}

fn sample(channel: Channel, at: Time, value: f64) -> Sample {
    Sample { channel, at, value }
}

/// Closes or opens a contact and lets the power relay follow.
fn contact(plant: &mut Plant, channel: Channel, closed: bool) {
    let at = plant.now;
    plant.feed(&[sample(channel, at, closed.into())]);
    plant.advance(at);
    plant.advance(at + PULL_IN);
}

fn of(plant: &Plant, signal: Signal) -> f64 {
    plant.value(Channel::plain(signal))
}

#[test]
fn nothing_flows_before_the_bms_allows_it_and_then_it_does() {
    let mut plant = plant(planned(), 1);
    plant.set(Channel::plain(Signal::ChargerVoltage), 14.4);
    plant.set(Channel::plain(Signal::ChargerLimit), 20.0);
    plant.advance(Time(1_000_000));
    assert_eq!(of(&plant, Signal::PlantCurrent), 0.0);
    plant.feed(&[sample(CHARGE, plant.now, 1.0)]);
    assert_eq!(
        plant.due(),
        plant.now,
        "a contact that moved is looked at at once"
    );
    contact(&mut plant, CHARGE, true);
    assert_eq!(of(&plant, Signal::ChargerRelay), 1.0);
    assert!((of(&plant, Signal::PlantCurrent) - 20.0).abs() < 1e-9);
    contact(&mut plant, CHARGE, false);
    assert_eq!(of(&plant, Signal::PlantCurrent), 0.0);
}

#[test]
fn a_contact_in_transit_is_open() {
    for (word, closed) in [(0.0, false), (1.0, true), (2.0, false), (3.0, true)] {
        let mut plant = plant(planned(), 1);
        plant.feed(&[sample(LOAD, Time::ZERO, word)]);
        plant.advance(Time::ZERO);
        plant.advance(Time::ZERO + PULL_IN);
        assert_eq!(of(&plant, Signal::LoadRelay) == 1.0, closed, "{word}");
    }
}

#[test]
fn what_is_charged_less_what_is_balanced_away_is_stored() {
    let mut plant = plant(planned(), 1);
    plant.set(Channel::plain(Signal::ChargerVoltage), 13.5);
    plant.set(Channel::plain(Signal::ChargerLimit), 40.0);
    contact(&mut plant, CHARGE, true);
    let soc = |plant: &Plant, k| plant.value(Channel::at(Signal::PlantCellSoc, k));
    let before = [soc(&plant, 1), soc(&plant, 2)];
    let mut charged = 0.0;
    for _ in 0..3600 {
        let balancing = Channel::at(Signal::BoardBalancing, 2);
        plant.feed(&[sample(balancing, plant.now, 1.0)]);
        plant.settle();
        charged += of(&plant, Signal::PlantCurrent) / 3600.0;
        plant.advance(plant.now + Span::from_millis(1000));
    }
    // Percent of 100 Ah are ampere hours.
    assert!(charged > 5.0, "{charged}");
    assert!((soc(&plant, 1) - before[0] - charged).abs() < 1e-9);
    assert!((soc(&plant, 2) - before[1] - (charged - 1.0)).abs() < 1e-9);
}

#[test]
fn two_banks_that_differ_settle_at_one_voltage_behind_their_own_relays() {
    let planned = PlannedPlant {
        sensors: Sensors::One,
        bank: through(&[CHARGE, LOAD]),
        ..planned()
    };
    let mut plant = plant(planned, 2);
    let bank = |bank, signal| Channel {
        bank,
        ..Channel::plain(signal)
    };
    for k in 1..=4 {
        let channel = Channel::at(Signal::PlantCellSoc, k);
        plant.set(Channel { bank: 2, ..channel }, 20.0);
    }
    for number in [1, 2] {
        contact(&mut plant, bank(number, Signal::RelayCharge), true);
        contact(&mut plant, bank(number, Signal::RelayLoad), true);
    }
    let amps = |plant: &Plant, number| plant.value(bank(number, Signal::PlantCurrent));
    assert!(amps(&plant, 1) < -10.0);
    assert!((amps(&plant, 1) + amps(&plant, 2)).abs() < 1e-9);
    contact(&mut plant, bank(2, Signal::RelayLoad), false);
    assert!(amps(&plant, 1).abs() < 1e-9 && amps(&plant, 2) == 0.0);
    assert_eq!(plant.value(bank(1, Signal::PlantRelay)), 1.0);
    assert_eq!(plant.value(bank(2, Signal::PlantRelay)), 0.0);
}

#[test]
fn only_what_changed_is_written_and_sensors_get_their_share() {
    let mut plant = plant(planned(), 1);
    assert_eq!(plant.writes().len(), 4 + 4 + 2);
    assert_eq!(plant.writes(), []);
    plant.set(Channel::plain(Signal::LoadDemand), 30.0);
    contact(&mut plant, LOAD, true);
    let writes = plant.writes();
    let sensor = |s| Channel::at(Signal::SensorCurrent, s);
    assert!(writes.contains(&(sensor(2), 30.0)), "{writes:?}");
    assert!(!writes.iter().any(|(channel, _)| *channel == sensor(1)));
}

#[test]
fn cells_are_drawn_within_their_spread_and_again_the_same_from_the_same_seed() {
    let spread = Spread {
        soc: 1.0,
        capacity: 2.0,
        resistance: 10.0,
    };
    let case = case(
        PlannedPlant {
            spread,
            ..planned()
        },
        2,
    );
    let draw = |seed| Plant::of(&case, seed).expect("it has one").banks;
    let mut seen = Vec::new();
    for bank in draw(1) {
        for cell in bank.cells {
            assert!((cell.soc - 0.5).abs() <= 0.01 && (cell.capacity_ah - 100.0).abs() <= 2.0);
            assert!(!seen.contains(&cell.soc));
            seen.push(cell.soc);
        }
    }
    assert_eq!(draw(1)[0].cells, draw(1)[0].cells);
    assert_ne!(draw(1)[0].cells, draw(2)[0].cells);
}
