//! What distinguishes the timers: width, channels, registers, interrupt lines (RM0444 §21 to §25).

use crate::periph::af::Signal;

/// One kind of timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub irq_update: u8,
    pub irq_compare: u8,
    pub wide: bool,
    pub channels: u8,
    /// Position of the field in CR2 whose trigger output the converter can use.
    pub trigger_field: Option<u8>,
    /// Outputs of the channels; only the first `channels` count.
    pub outputs: [Signal; 4],
    /// Offsets of the registers this timer lacks among those of TIM1.
    missing: &'static [u32],
}

impl Kind {
    /// The largest count.
    pub const fn mask(&self) -> u32 {
        if self.wide { u32::MAX } else { 0xFFFF }
    }

    /// Whether there is a register at an offset.
    pub fn has(&self, offset: u32) -> bool {
        offset <= 0x44 && !self.missing.contains(&offset)
    }

    /// BDTR.MOE gates the outputs.
    pub fn has_main_output_enable(&self) -> bool {
        self.has(0x44)
    }
}

/// TIM1, advanced control.
pub(crate) const TIM1: Kind = Kind {
    name: "TIM1",
    irq_update: 13,
    irq_compare: 14,
    wide: false,
    channels: 4,
    trigger_field: Some(20),
    outputs: [
        Signal::Tim1Ch1,
        Signal::Tim1Ch2,
        Signal::Tim1Ch3,
        Signal::Tim1Ch4,
    ],
    missing: &[],
};
/// TIM2, 32 bits.
pub(crate) const TIM2: Kind = Kind {
    name: "TIM2",
    irq_update: 15,
    irq_compare: 15,
    wide: true,
    channels: 4,
    trigger_field: Some(4),
    outputs: [
        Signal::Tim2Ch1,
        Signal::Tim2Ch2,
        Signal::Tim2Ch3,
        Signal::Tim2Ch4,
    ],
    missing: &[0x30, 0x44],
};
/// TIM3.
pub(crate) const TIM3: Kind = Kind {
    name: "TIM3",
    irq_update: 16,
    irq_compare: 16,
    wide: false,
    channels: 4,
    trigger_field: Some(4),
    outputs: [
        Signal::Tim3Ch1,
        Signal::Tim3Ch2,
        Signal::Tim3Ch3,
        Signal::Tim3Ch4,
    ],
    missing: &[0x30, 0x44],
};
/// TIM14, one channel and nothing else.
pub(crate) const TIM14: Kind = Kind {
    name: "TIM14",
    irq_update: 19,
    irq_compare: 19,
    wide: false,
    channels: 1,
    trigger_field: None,
    outputs: [Signal::Tim14Ch1; 4],
    missing: &[0x04, 0x08, 0x1C, 0x30, 0x38, 0x3C, 0x40, 0x44],
};
/// TIM16, one channel with main output enable.
pub(crate) const TIM16: Kind = Kind {
    name: "TIM16",
    irq_update: 21,
    irq_compare: 21,
    wide: false,
    channels: 1,
    trigger_field: None,
    outputs: [Signal::Tim16Ch1; 4],
    missing: &[0x08, 0x1C, 0x38, 0x3C, 0x40],
};
/// TIM17, as TIM16.
pub(crate) const TIM17: Kind = Kind {
    name: "TIM17",
    irq_update: 22,
    irq_compare: 22,
    outputs: [Signal::Tim17Ch1; 4],
    ..TIM16
};
