//! Colours of drawings, for eyes that cannot tell red from green too. These are the light ones;
//! the style sheet maps each to its counterpart on a dark ground by its value.

use hil_core::Channel;
use hil_core::channel::{CONTACTS, FLAG, LED, NTC, PLACE, PLUG, POWER, RELAY, WIRE};
use plotters::style::RGBColor;

/// Lines, in the order they are given out.
pub const SERIES: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xB0, 0x5C, 0x94),
    RGBColor(0x4A, 0x9F, 0xD8),
    RGBColor(0xC9, 0x8A, 0x00),
    RGBColor(0x7B, 0x61, 0xB5),
    RGBColor(0x5B, 0x67, 0x70),
];
/// Lines that only give the background of the others.
pub const OTHERS: RGBColor = RGBColor(0xB4, 0xBE, 0xC8);
/// Limits of an expectation that was met.
pub const LIMITS: RGBColor = RGBColor(0x0F, 0x7B, 0x6C);
/// Limits of an expectation that was not.
pub const VIOLATED: RGBColor = RGBColor(0xC4, 0x32, 0x1B);
/// Thresholds of the profile.
pub const THRESHOLD: RGBColor = RGBColor(0x6B, 0x77, 0x85);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(0xE3, 0xE8, 0xED);

const ON: RGBColor = RGBColor(0x2A, 0x9D, 0x8F);
const OFF: RGBColor = RGBColor(0x8A, 0x96, 0xA3);
const LIT: RGBColor = RGBColor(0xE9, 0xA8, 0x20);
const FAULT: RGBColor = RGBColor(0xD6, 0x4A, 0x33);
const RAISED: RGBColor = RGBColor(0x7B, 0x61, 0xB5);

/// Fill of a state, `None` for a state that is the absence of another (a dark LED).
pub fn state(channel: Channel, index: usize) -> Option<RGBColor> {
    let words = channel.states();
    let same = |table: &[&str]| words == table;
    match index {
        0 if same(RELAY) => Some(OFF),
        1 if same(RELAY) => Some(ON),
        2 if same(RELAY) => Some(LIT),
        0 => None,
        1 if same(LED) => Some(LIT),
        1 if same(FLAG) => Some(RAISED),
        1 if same(POWER) => Some(ON),
        _ if [RELAY, WIRE, PLUG, NTC, PLACE, CONTACTS]
            .iter()
            .any(|faults| same(faults)) =>
        {
            Some(FAULT)
        }
        _ => Some(SERIES[0]),
    }
}

/// The colour as the style sheet and SVG write it.
pub fn hex(color: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}
