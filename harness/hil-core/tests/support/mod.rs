//! What the tests of judge and runner share.

#![expect(dead_code, reason = "every test binary uses its own part")]

pub mod bench;
pub mod language;
