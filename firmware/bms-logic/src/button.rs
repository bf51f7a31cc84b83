//! A button that means something only when it is held, debounced.
//!
//! It is looked at once a step. Contacts bounce for milliseconds, so one look that disagrees says nothing: two in a row do; the time of
//! the first is not counted.

use crate::time::Ticks;

/// A button and for how long it has been held.
#[derive(Debug)]
pub struct Button {
    hold: Ticks,
    held: Ticks,
    doubtful: bool,
}

impl Button {
    /// A button that acts when held for `hold`.
    pub const fn new(hold: Ticks) -> Self {
        Self {
            hold,
            held: 0,
            doubtful: false,
        }
    }

    /// For how long it has been held.
    pub const fn held(&self) -> Ticks {
        self.held
    }

    /// A step of `ticks` ended with the button `pressed` or not; true once per press, when it has been held long enough.
    pub fn step(&mut self, ticks: Ticks, pressed: bool) -> bool {
        if !pressed {
            if self.doubtful {
                self.held = 0;
            }
            self.doubtful = true;
            return false;
        }
        self.doubtful = false;
        let before = self.held;
        self.held = before.saturating_add(ticks);
        before < self.hold && self.held >= self.hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{LONG_STEP, SECOND};

    /// Presses as `looks` says, once per step; how often the button acted.
    fn acts(looks: impl IntoIterator<Item = bool>) -> usize {
        let mut button = Button::new(5 * SECOND);
        looks
            .into_iter()
            .filter(|&pressed| button.step(LONG_STEP, pressed))
            .count()
    }

    const STEPS: usize = (5 * SECOND).div_ceil(LONG_STEP) as usize;

    fn press(steps: usize) -> impl Iterator<Item = bool> + Clone {
        std::iter::repeat_n(true, steps).chain([false, false])
    }

    #[test]
    fn a_hold_acts_once_however_long_and_a_shorter_one_never() {
        assert_eq!(acts(press(STEPS)), 1);
        assert_eq!(acts(press(10 * STEPS)), 1);
        assert_eq!(acts(press(STEPS - 1)), 0);
        assert_eq!(
            acts(press(STEPS - 1).chain(press(STEPS - 1))),
            0,
            "presses do not add up"
        );
        assert_eq!(acts(press(STEPS).chain(press(STEPS))), 2);
    }

    #[test]
    fn one_look_at_a_bouncing_contact_does_not_end_a_hold() {
        let bouncing = (0..STEPS + 2).map(|step| step != 1 && step != 30);
        assert_eq!(acts(bouncing), 1);
        let chattering = (0..10 * STEPS).map(|step| step % 20 < 18);
        assert_eq!(acts(chattering), 0, "two looks do");
    }
}
