//! The time base of all boards: a count of 8 ms ticks, and how far the next wake-up is.
//!
//! A board sleeps between steps of several ticks; it has no 1 kHz tick. Nothing here knows which timer counts.

/// A time or a duration in units of 8 ms of the board's own clock (HSI, ±1 %), counted from power-up.
pub type Ticks = u32;

/// Milliseconds in one tick.
pub const TICK_MS: u32 = 8;

/// Ticks in one second.
pub const SECOND: Ticks = 1000 / TICK_MS;

/// The longest step between two wake-ups: 64 ms, so cells are sampled at 15.6 Hz.
pub const LONG_STEP: Ticks = 8;

/// How long "for 10 s" is on the End board's clock (`REL-2`, `SOC-2`, `SOC-3`).
///
/// Pictures come once a second of the *Begin* board's clock, which may differ by 2 %. Ten pictures after the first one
/// must satisfy the hold, or it would last eleven seconds; nine must not.
pub const HOLD: Ticks = SECOND * 97 / 10;

/// Silence after which data is lost (`COMM-4`, `BAL-5`): 5 s after the last valid frame.
pub const SILENCE: Ticks = 5 * SECOND;

/// Keeps the count of ticks and cuts it into steps that never cross a second.
#[derive(Debug)]
pub struct Cadence {
    now: Ticks,
    phase: Ticks,
    second: Ticks,
}

impl Default for Cadence {
    fn default() -> Self {
        Self::new()
    }
}

impl Cadence {
    /// A cadence at power-up.
    pub const fn new() -> Self {
        Self {
            now: 0,
            phase: 0,
            second: SECOND,
        }
    }

    /// Ticks since power-up; wraps after 397 days.
    pub const fn now(&self) -> Ticks {
        self.now
    }

    /// Ticks until the running second ends.
    pub const fn to_second(&self) -> Ticks {
        self.second - self.phase
    }

    /// Accounts for `ticks` gone by; true when they completed a second.
    pub fn advance(&mut self, ticks: Ticks) -> bool {
        self.now = self.now.wrapping_add(ticks);
        self.phase += ticks;
        let complete = self.phase >= self.second;
        if complete {
            self.phase -= self.second;
            self.second = SECOND;
        }
        complete
    }

    /// The length of the next step: one tick while `fine`, else as long as possible within the second.
    pub const fn next_step(&self, fine: bool) -> Ticks {
        let left = self.second - self.phase;
        if fine {
            1
        } else if left < LONG_STEP {
            left
        } else {
            LONG_STEP
        }
    }

    /// Lets the running second end `wanted` ticks from now.
    pub const fn align(&mut self, wanted: Ticks) {
        self.phase = SECOND - wanted;
        self.second = SECOND;
    }

    /// Moves the end of the running second by up to 3 ticks so that it comes `wanted` ticks from now.
    ///
    /// Called once a second it makes this board's seconds follow another board's, while each stays within ±2.4 %
    /// (`EXT-2` allows ±10 %).
    pub fn steer(&mut self, wanted: Ticks) {
        const MOST: Ticks = 3;
        let left = self.to_second();
        let early = (left + SECOND - wanted) % SECOND;
        if early == 0 {
        } else if early <= SECOND / 2 {
            self.second -= early.min(MOST).min(left - 1);
        } else {
            self.second += (SECOND - early).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_never_cross_a_second_and_add_up() {
        let mut cadence = Cadence::new();
        let mut seconds = 0;
        for step in 0..10_000 {
            let ticks = cadence.next_step(step % 7 == 0);
            assert!((1..=LONG_STEP).contains(&ticks));
            if cadence.advance(ticks) {
                seconds += 1;
                assert_eq!(cadence.now(), seconds * SECOND);
            }
        }
        assert!(seconds > 300);
    }

    #[test]
    fn steering_follows_another_clock_within_three_percent() {
        for start in 0..SECOND {
            let mut cadence = Cadence::new();
            cadence.advance(start);
            let mut shortest = SECOND;
            let mut longest = 0;
            let mut last_end = None;
            for _ in 0..60 {
                cadence.steer(10);
                for _ in 0..SECOND {
                    if cadence.advance(1) {
                        if let Some(last) = last_end {
                            shortest = shortest.min(cadence.now() - last);
                            longest = longest.max(cadence.now() - last);
                        }
                        last_end = Some(cadence.now());
                    }
                }
            }
            assert_eq!(cadence.to_second(), 10, "from {start}");
            assert!(
                shortest >= SECOND - 6 && longest <= SECOND + 6,
                "{shortest}..{longest}"
            );
        }
    }

    #[test]
    fn an_aligned_second_ends_when_wanted() {
        for start in 0..SECOND {
            let mut cadence = Cadence::new();
            cadence.advance(start);
            cadence.align(10);
            assert_eq!(cadence.to_second(), 10);
            assert!(!cadence.advance(9) && cadence.advance(1));
            assert_eq!(cadence.to_second(), SECOND);
        }
    }

    #[test]
    fn the_hold_ends_with_the_tenth_picture_for_any_two_clocks() {
        let ten_fast = 10 * SECOND * 98 / 100;
        let nine_slow = 9 * SECOND * 102 / 100;
        assert!(nine_slow < HOLD && HOLD <= ten_fast);
    }
}
