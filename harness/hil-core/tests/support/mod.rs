//! What the tests of judge and runner share.

pub mod language;
