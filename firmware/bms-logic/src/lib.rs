//! The BMS without hardware: everything that can be decided from numbers, so that it is tested on the host.
//!
//! Reading order: the time base and the units, what one board measures, the chain between boards, then what the End
//! board concludes and shows, and what is kept over power loss. This crate touches no register, allocates nothing, uses no floating point and does not
//! log; the images do that with what these types return.
//!
//! Units are in the names: `_mv` millivolts, `_ma` milliamperes, `_mas` milliampere seconds, `_qc` quarter degrees
//! Celsius, `_wh` watt hours; times are [`time::Ticks`].
#![cfg_attr(not(test), no_std)]

pub mod time;

pub mod average;
pub mod balancing;
pub mod button;
pub mod cell;
pub mod current;
pub mod dip;
pub mod ntc;
pub mod zero;

pub mod chain;

pub mod bms;
pub mod energy;
pub mod ext_out;
pub mod pack;
pub mod relays;
pub mod settings;
pub mod soc;

pub mod keeping;
pub mod store;

pub mod app;
