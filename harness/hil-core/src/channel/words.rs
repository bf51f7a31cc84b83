//! The words of the channels that carry states; a value is the index of its word.

/// Relay contact states: `open` = neither contact, `both` = both contacts (a contact fault).
pub const RELAY: &[&str] = &["not-allowed", "allowed", "open", "both"];
/// LED states.
pub const LED: &[&str] = &["dark", "lit"];
/// States of a status bit.
pub const FLAG: &[&str] = &["clear", "set"];
/// States of a chain link: `corrupted` turns a bit in every frame, `delayed` holds bytes back so
/// that a frame has gaps, `frozen` carries one more frame and then repeats it once a second.
pub const WIRE: &[&str] = &[
    "connected",
    "broken",
    "stuck-high",
    "stuck-low",
    "noisy",
    "corrupted",
    "delayed",
    "frozen",
];
/// States of a sensor and its plug: `inverted` is clamped the wrong way round, `offset` is off by
/// 5 A (low range) and 50 A (high range).
pub const PLUG: &[&str] = &["connected", "broken", "inverted", "offset"];
/// States of a board's supply: in a brown-out it falls away for 20 ms once a second.
pub const POWER: &[&str] = &["off", "on", "brown-out"];
/// Where a board sits in the chain: `swapped` with the next one, `missing` with the wires going
/// past it.
pub const PLACE: &[&str] = &["in-place", "swapped", "missing"];
/// The thermistor of a board: `wrong-reel` has B 3435 instead of B 3950.
pub const NTC: &[&str] = &["fitted", "open", "short", "wrong-reel"];
/// The contacts of a relay: `welded` stay where they are, `bouncing` ones take 40 ms.
pub const CONTACTS: &[&str] = &["sound", "welded", "bouncing"];
/// Whether a board's balancing resistor is connected to its cell.
pub const SHUNT: &[&str] = &["open", "closed"];
/// States of a button.
pub const BUTTON: &[&str] = &["released", "pressed"];
/// Check of a frame.
pub const CHECK: &[&str] = &["bad", "good"];
/// Whether a phone is connected to the Bluetooth bridge.
pub const APP_LINK: &[&str] = &["disconnected", "connected"];
/// What the app is told to send (`firmware/APP.md`).
pub const APP_COMMAND: &[&str] = &[
    "none",
    "log-in",
    "change-pin",
    "apply-settings",
    "read-settings",
    "cells-on",
    "cells-off",
    "text",
    "frames",
];
/// What the DUT answered to the app's last command.
pub const APP_ANSWER: &[&str] = &["none", "accepted", "refused", "silent"];
/// Setting: what full means for the relays.
pub const MODE: &[&str] = &["normal", "critical"];
/// Setting: type of the current sensors.
pub const SENSOR_TYPE: &[&str] = &["dual-500-20", "dual-1000-40"];
/// The Bluetooth bridge.
pub const BRIDGE: &[&str] = &["running", "in-reset"];
/// Contacts of a power relay of the plant.
pub const SWITCH: &[&str] = &["open", "closed"];
