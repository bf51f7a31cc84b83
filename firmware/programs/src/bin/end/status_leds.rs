//! The CHARGE and LOAD status LEDs: a blink every five seconds while allowed, dark otherwise (`LED-2`, `LED-3`).

use bms_logic::bms::Bms;
use bms_logic::time::{LONG_STEP, Ticks};
use board::pins::{CHARGE_LED, LOAD_LED};

const SECONDS: u8 = 5;

/// On-time: 128 ms.
const BLINK: Ticks = 2 * LONG_STEP;

/// Both LEDs; they blink together.
#[derive(Debug)]
pub struct StatusLeds {
    second: u8,
    blink_left: Ticks,
}

impl StatusLeds {
    /// Both dark.
    pub fn start() -> Self {
        CHARGE_LED.init();
        LOAD_LED.init();
        Self {
            second: 0,
            blink_left: 0,
        }
    }

    /// A step of `ticks` has ended, and with it a `second`.
    pub fn step(&mut self, ticks: Ticks, second: bool, bms: &Bms) {
        self.blink_left = self.blink_left.saturating_sub(ticks);
        if second {
            self.second += 1;
            if self.second == SECONDS {
                self.second = 0;
                self.blink_left = BLINK;
            }
        }
        let on = self.blink_left > 0;
        CHARGE_LED.set(on && bms.charge_allowed());
        LOAD_LED.set(on && bms.load_allowed());
    }
}
