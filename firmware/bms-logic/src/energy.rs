//! Energy meters for EXT OUT bytes 32 to 47: collected and consumed, today and in total.
//!
//! [D] Collected is what flows into the pack and consumed what flows out, per sensor, whichever sensor it passes: so one
//! sensor alone (`CUR-6`) feeds both. "Today" restarts 24 h after its last restart; time without power does not count.

use crate::time::{SECOND, Ticks};

/// One watt hour in µW·s, the unit of mV × mA·s.
const WATT_HOUR: i64 = 3_600_000_000;

const DAY: Ticks = 24 * 3600 * SECOND;

/// One direction of energy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    rest_uws: i64,
    /// Watt hours since the day began.
    pub today_wh: u32,
    /// Watt hours ever.
    pub total_wh: u32,
}

impl Meter {
    /// Continues from what was kept; less than a watt hour is lost.
    pub const fn restore(&mut self, total_wh: u32, today_wh: u32) {
        *self = Self {
            rest_uws: 0,
            today_wh,
            total_wh,
        };
    }

    fn add(&mut self, energy_uws: i64) {
        self.rest_uws += energy_uws;
        // At most 130 rounds a second at 255 cells and 500 A, and mostly none: cheaper than a 64-bit division.
        while self.rest_uws >= WATT_HOUR {
            self.rest_uws -= WATT_HOUR;
            self.today_wh += 1;
            self.total_wh += 1;
        }
    }
}

/// Both directions.
#[derive(Debug, Default)]
pub struct Energy {
    /// Into the pack.
    pub collected: Meter,
    /// Out of the pack.
    pub consumed: Meter,
    day_began: Ticks,
}

impl Energy {
    /// All meters at zero.
    pub const fn new() -> Self {
        const ZERO: Meter = Meter {
            rest_uws: 0,
            today_wh: 0,
            total_wh: 0,
        };
        Self {
            collected: ZERO,
            consumed: ZERO,
            day_began: 0,
        }
    }

    /// Counts what a sensor moved since the last picture: `into_pack_mas` positive into the pack.
    pub fn count(&mut self, into_pack_mas: i32, pack_mv: u32) {
        let energy_uws = i64::from(into_pack_mas) * i64::from(pack_mv);
        if energy_uws >= 0 {
            self.collected.add(energy_uws);
        } else {
            self.consumed.add(-energy_uws);
        }
    }

    /// Both directions together, wrapping: how much there is to lose.
    pub const fn moved_wh(&self) -> u32 {
        self.collected.total_wh.wrapping_add(self.consumed.total_wh)
    }

    /// How long ago "today" began.
    pub const fn age_of_today(&self, now: Ticks) -> Ticks {
        now.wrapping_sub(self.day_began)
    }

    /// At power-up: "today" is `age` old.
    pub const fn set_age_of_today(&mut self, age: Ticks) {
        self.day_began = 0u32.wrapping_sub(age);
    }

    /// Minutes since the day began.
    pub fn minutes_today(&self, now: Ticks) -> u16 {
        (self.age_of_today(now) / (60 * SECOND)) as u16
    }

    /// Begins a new day when 24 h have gone by.
    pub fn on_time(&mut self, now: Ticks) {
        if now.wrapping_sub(self.day_began) >= DAY {
            self.day_began = self.day_began.wrapping_add(DAY);
            self.collected.today_wh = 0;
            self.consumed.today_wh = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_power_is_its_watt_hours() {
        let mut energy = Energy::new();
        for _ in 0..3600 {
            energy.count(20_000, 13_200);
            energy.count(-5_000, 13_200);
        }
        assert_eq!(
            (energy.collected.today_wh, energy.collected.total_wh),
            (264, 264)
        );
        assert_eq!(energy.consumed.total_wh, 66);
    }

    #[test]
    fn only_today_restarts() {
        let mut energy = Energy::new();
        energy.count(3_600_000, 10_000);
        energy.on_time(DAY - 1);
        assert_eq!(energy.collected.today_wh, 10);
        energy.on_time(DAY);
        assert_eq!(
            (energy.collected.today_wh, energy.collected.total_wh),
            (0, 10)
        );
    }
}
