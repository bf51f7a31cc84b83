//! Compare channels and their outputs (RM0444 §21.3.9 to §21.3.12).

use super::{BDTR_MOE, Timer};
use crate::periph::cx::Cx;
use crate::periph::pads::Pads;

/// OCxM values that change the output at a match.
const ACTIVE_ON_MATCH: u32 = 1;
const INACTIVE_ON_MATCH: u32 = 2;
const TOGGLE: u32 = 3;
const FORCE_INACTIVE: u32 = 4;
const FORCE_ACTIVE: u32 = 5;
const PWM1: u32 = 6;
const PWM2: u32 = 7;

/// One compare channel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Channel {
    /// CCRx as written.
    pub ccr: u32,
    /// The value compared with.
    pub active: u32,
    /// OCxREF of the modes that act at a match.
    reference: bool,
}

impl Channel {
    pub fn on_match(&mut self, mode: u32) {
        match mode {
            ACTIVE_ON_MATCH => self.reference = true,
            INACTIVE_ON_MATCH => self.reference = false,
            TOGGLE => self.reference = !self.reference,
            _ => {}
        }
    }
}

impl Timer {
    /// OCxM of a channel.
    pub(super) fn mode(&self, index: usize) -> u32 {
        self.ccmr[index / 2] >> (8 * (index % 2) + 4) & 7
    }

    /// The channel drives its signal.
    pub(super) fn drives(&self, index: usize) -> bool {
        let enabled = self.ccer >> (4 * index) & 1 == 1;
        enabled && (!self.kind.has_main_output_enable() || self.bdtr & BDTR_MOE != 0)
    }

    pub(super) fn has_output(&self) -> bool {
        (0..usize::from(self.kind.channels)).any(|index| self.drives(index))
    }

    /// Gives every output signal its level.
    pub(super) fn show_outputs(&mut self, cx: &mut Cx, pads: &mut Pads) {
        for index in 0..usize::from(self.kind.channels) {
            let level = self.drives(index).then(|| {
                let inverted = self.ccer >> (4 * index + 1) & 1 == 1;
                self.reference(cx, index) ^ inverted
            });
            pads.set_signal(cx, cx.now, self.kind.outputs[index], level);
        }
    }

    fn reference(&mut self, cx: &Cx, index: usize) -> bool {
        let below = self.counter.count_at(cx.now) < self.channels[index].active;
        let channel = &mut self.channels[index];
        match self.ccmr[index / 2] >> (8 * (index % 2) + 4) & 7 {
            FORCE_INACTIVE => channel.reference = false,
            FORCE_ACTIVE => channel.reference = true,
            PWM1 => channel.reference = below,
            PWM2 => channel.reference = !below,
            _ => {}
        }
        channel.reference
    }
}
