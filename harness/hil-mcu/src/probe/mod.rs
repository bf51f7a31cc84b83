//! A Black Magic Probe on TCP loopback for every board's debug port.
//!
//! `packet` is the protocol as text, `session` the probe's firmware, [`ProbeServer`] the sockets.

mod packet;
mod server;
mod session;

pub use server::{Boards, ProbeServer, ServerError};
