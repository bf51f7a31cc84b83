//! Stock probe-rs against emulated boards, over TCP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod support;

mod flash;
mod session;
