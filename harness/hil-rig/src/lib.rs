//! The real bench: the one crate that names hardware drivers.
//!
//! It puts firmware into boards through their debug probes ([`flash`]). It judges nothing and
//! knows no case.

pub mod flash;
