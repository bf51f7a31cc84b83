//! Whole packs with the reference firmware from `firmware/images`, flashed through their probes.

mod app;
mod common;
mod faults;
mod firmware;
mod kept;
mod serve;
mod sizes;

use std::sync::LazyLock;

use hil_sim::Flashed;

static FLASHED: LazyLock<Flashed> = LazyLock::new(common::flashed);
