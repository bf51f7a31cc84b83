//! Stock probe-rs against emulated boards, over TCP.

mod support;

mod flash;
mod session;
