//! The independent watchdog (RM0444 §28): runs from LSI, optional window, resets the chip.
//!
//! Register updates take effect at once (PVU, RVU and WVU read 0). It stops while the core is
//! halted if DBG_APB_FZ1 says so; it runs on in Stop, as the option bytes are delivered.

use super::cx::{Cx, ResetCause};
use crate::Time;

const KEY_RELOAD: u32 = 0xAAAA;
const KEY_OPEN: u32 = 0x5555;
const KEY_START: u32 = 0xCCCC;
const FULL: u32 = 0xFFF;

/// The registers and when it bites.
#[derive(Clone, Debug)]
pub(crate) struct Iwdg {
    lsi_ps: u64,
    prescaler: u32,
    reload: u32,
    window: u32,
    open: bool,
    running: bool,
    /// Time of the last reload and the value loaded.
    loaded_at: Time,
    loaded: u32,
    /// Ticks left while frozen by the debugger.
    frozen_at: Option<Time>,
}

impl Iwdg {
    /// After reset; `lsi_ps` is the part's.
    pub fn new(lsi_ps: u32) -> Self {
        Self {
            lsi_ps: u64::from(lsi_ps),
            prescaler: 0,
            reload: FULL,
            window: FULL,
            open: false,
            running: false,
            loaded_at: Time::ZERO,
            loaded: FULL,
            frozen_at: None,
        }
    }

    fn tick(&self) -> u64 {
        self.lsi_ps * (4 << self.prescaler.min(6))
    }

    /// When it bites.
    pub fn next_event(&self) -> Time {
        if self.running && self.frozen_at.is_none() {
            self.loaded_at + Time(self.tick() * (u64::from(self.loaded) + 1))
        } else {
            Time::NEVER
        }
    }

    /// It bites.
    pub fn advance(&mut self, cx: &mut Cx) {
        if self.next_event() <= cx.now {
            self.running = false;
            cx.req.reset = Some(ResetCause::IndependentWatchdog);
        }
    }

    /// The debugger stops or releases it.
    pub fn freeze(&mut self, now: Time, frozen: bool) {
        match (self.frozen_at, frozen) {
            (None, true) => self.frozen_at = Some(now),
            (Some(since), false) => {
                self.loaded_at += now.since(since);
                self.frozen_at = None;
            }
            _ => {}
        }
    }

    fn count(&self, now: Time) -> u32 {
        let now = self.frozen_at.unwrap_or(now);
        let gone = now.since(self.loaded_at).0 / self.tick();
        self.loaded
            .saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 | 0x0C => 0,
            0x04 => self.prescaler,
            0x08 => self.reload,
            0x10 => self.window,
            _ => return None,
        })
    }

    /// Writes a register; `None` if there is none, true if the watchdog was started.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> Option<bool> {
        match offset {
            0x00 => return Some(self.write_key(cx, value & 0xFFFF)),
            0x04 | 0x08 | 0x10 if !self.open => {
                cx.misuse(
                    "IWDG",
                    "PR, RLR or WINR written without the key 0x5555: ignored",
                );
            }
            0x04 => {
                let left = self.count(cx.now);
                self.prescaler = value & 7;
                self.reload_with(cx.now, left);
            }
            0x08 => self.reload = value & FULL,
            0x10 => {
                // Writing WINR reloads the counter (RM0444 §28.3.2).
                self.window = value & FULL;
                self.reload_with(cx.now, self.reload);
            }
            0x0C => {}
            _ => return None,
        }
        Some(false)
    }

    fn write_key(&mut self, cx: &mut Cx, key: u32) -> bool {
        self.open = key == KEY_OPEN;
        match key {
            KEY_RELOAD => {
                if self.running && self.count(cx.now) > self.window {
                    cx.req.reset = Some(ResetCause::IndependentWatchdog);
                }
                self.reload_with(cx.now, self.reload);
            }
            KEY_START if !self.running => {
                self.running = true;
                self.reload_with(cx.now, self.reload);
                return true;
            }
            _ => {}
        }
        false
    }

    fn reload_with(&mut self, now: Time, value: u32) {
        self.loaded_at = now;
        self.loaded = value;
        if self.frozen_at.is_some() {
            self.frozen_at = Some(now);
        }
    }
}
