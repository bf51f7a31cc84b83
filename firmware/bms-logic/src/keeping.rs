//! When state of charge and energies go into the store, and how they stand there (`SOC-5`).
//!
//! A record is due after half a percent of the capacity has been counted, after as much energy has moved either way (both sensors
//! can be busy while the state of charge stands still), with a synchronisation, and after an hour, for the age of
//! "today". So power loss costs at most half a percent, and the percent shown changes by at most one.
//!
//! **Lifetime.** A full cycle a day is 2 × 200 records, an hour one more: 424 a day, 6.8 page erases (62 records a page). Four
//! pages of 10 000 erases each then last 16 years; a pack that rests would wear them out in 280.

use crate::energy::Energy;
use crate::soc::StateOfCharge;
use crate::store::Payload;
use crate::time::{SECOND, Ticks};

/// Records per capacity, of charge and of energy.
const PER_CAPACITY: u32 = 200;

const HOUR: Ticks = 3600 * SECOND;
const MINUTE: Ticks = 60 * SECOND;

/// The highest bit beside the state of charge: it was synchronised once (`SOC-6`).
const CALIBRATED: u32 = 1 << 31;

/// What was kept last.
#[derive(Debug)]
pub struct Keeping {
    charge_mas: i64,
    moved_wh: u32,
    at: Ticks,
}

impl Keeping {
    /// At power-up: what was restored is kept.
    pub const fn new(soc: &StateOfCharge, energy: &Energy) -> Self {
        Self {
            charge_mas: soc.charge_mas(),
            moved_wh: energy.moved_wh(),
            at: 0,
        }
    }

    /// The record to keep now, if one is due.
    pub fn due(
        &mut self,
        now: Ticks,
        soc: &StateOfCharge,
        energy: &Energy,
        capacity_wh: u32,
        synchronised: bool,
    ) -> Option<Payload> {
        let counted_mas = (soc.charge_mas() - self.charge_mas).unsigned_abs();
        let moved_wh = energy.moved_wh().wrapping_sub(self.moved_wh);
        let due = synchronised
            || counted_mas * u64::from(PER_CAPACITY) >= soc.capacity_mas().unsigned_abs()
            || moved_wh > 0 && moved_wh.saturating_mul(PER_CAPACITY) >= capacity_wh
            || now.wrapping_sub(self.at) >= HOUR;
        due.then(|| {
            *self = Self {
                at: now,
                ..Self::new(soc, energy)
            };
            encode(now, soc, energy)
        })
    }
}

fn encode(now: Ticks, soc: &StateOfCharge, energy: &Energy) -> Payload {
    let calibrated = if soc.is_calibrated() { CALIBRATED } else { 0 };
    let words = [
        soc.fraction() | calibrated,
        energy.collected.total_wh,
        energy.consumed.total_wh,
        energy.collected.today_wh,
        energy.consumed.today_wh,
        energy.age_of_today(now) / MINUTE,
    ];
    let mut payload = Payload::default();
    for (bytes, word) in payload.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    payload
}

/// Puts back what was kept.
pub fn restore(payload: &Payload, soc: &mut StateOfCharge, energy: &mut Energy) {
    let word = |at: usize| {
        let bytes = [0, 1, 2, 3].map(|offset| payload[4 * at + offset]);
        u32::from_le_bytes(bytes)
    };
    soc.restore(word(0) & !CALIBRATED, word(0) & CALIBRATED != 0);
    energy.collected.restore(word(1), word(3));
    energy.consumed.restore(word(2), word(4));
    energy.set_age_of_today(word(5) * MINUTE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const CAPACITY_WH: u32 = 1320;

    fn new() -> (StateOfCharge, Energy) {
        (StateOfCharge::new(&Settings::DEFAULT), Energy::new())
    }

    #[test]
    fn what_was_kept_comes_back() {
        let (mut soc, mut energy) = new();
        soc.restore(soc.fraction() / 3, true);
        energy.count(3_600_000 * 7, 10_000);
        energy.count(-3_600_000 * 5, 10_000);
        let payload = encode(3 * HOUR, &soc, &energy);
        let (mut soc_after, mut energy_after) = new();
        restore(&payload, &mut soc_after, &mut energy_after);
        assert_eq!(soc_after.percent(), 17);
        assert!(soc_after.is_calibrated());
        assert_eq!(
            (
                energy_after.collected.total_wh,
                energy_after.collected.today_wh
            ),
            (70, 70)
        );
        assert_eq!(
            (
                energy_after.consumed.total_wh,
                energy_after.consumed.today_wh
            ),
            (50, 50)
        );
        energy_after.on_time(21 * HOUR - 1);
        assert_eq!(energy_after.collected.today_wh, 70);
        energy_after.on_time(21 * HOUR);
        assert_eq!(energy_after.collected.today_wh, 0, "3 h were gone before");
        assert_eq!(energy_after.collected.total_wh, 70);
    }

    #[test]
    fn full_and_empty_come_back_exactly() {
        for fraction in [0, StateOfCharge::WHOLE] {
            let (mut soc, energy) = new();
            soc.restore(fraction, false);
            let payload = encode(0, &soc, &energy);
            let (mut after, mut energy) = new();
            restore(&payload, &mut after, &mut energy);
            assert_eq!(after.charge_mas(), soc.charge_mas());
            assert!(!after.is_calibrated());
        }
    }

    #[test]
    fn half_a_percent_either_way_is_due() {
        for step in [0.006, -0.006] {
            let (mut soc, energy) = new();
            let mut keeping = Keeping::new(&soc, &energy);
            let moved = |part: f64| ((0.5 + part) * f64::from(StateOfCharge::WHOLE)) as u32;
            soc.restore(moved(step * 0.8), false);
            assert_eq!(keeping.due(0, &soc, &energy, CAPACITY_WH, false), None);
            soc.restore(moved(step), false);
            assert!(keeping.due(0, &soc, &energy, CAPACITY_WH, false).is_some());
            assert_eq!(keeping.due(0, &soc, &energy, CAPACITY_WH, false), None);
        }
    }

    #[test]
    fn energy_through_both_sensors_an_hour_and_a_synchronisation_are_due() {
        let (soc, mut energy) = new();
        let mut keeping = Keeping::new(&soc, &energy);
        energy.count(3_600_000 / 2, 6_000);
        energy.count(-3_600_000 / 2, 6_000);
        assert_eq!(energy.moved_wh(), 6);
        assert_eq!(keeping.due(0, &soc, &energy, CAPACITY_WH, false), None);
        energy.count(3_600_000 / 2, 6_000);
        assert!(keeping.due(0, &soc, &energy, CAPACITY_WH, false).is_some());
        assert_eq!(
            keeping.due(HOUR - 1, &soc, &energy, CAPACITY_WH, false),
            None
        );
        assert!(
            keeping
                .due(HOUR, &soc, &energy, CAPACITY_WH, false)
                .is_some()
        );
        assert!(
            keeping
                .due(HOUR, &soc, &energy, CAPACITY_WH, true)
                .is_some()
        );
    }
}
