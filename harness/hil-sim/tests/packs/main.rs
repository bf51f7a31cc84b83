//! Whole packs with the reference firmware from `firmware/images`, flashed through their probes.

mod app;
mod common;
mod faults;
mod firmware;
mod fixture;
mod kept;
mod serve;
mod sizes;
mod update;

use std::sync::LazyLock;

use hil_sim::Flashed;

static FLASHED: LazyLock<Flashed> = LazyLock::new(common::flashed);

/// A four-cell pack that has been on for 20 s, so that its relays have had time to be allowed.
fn settled() -> hil_sim::VirtualBench {
    let mut bench = common::open(&FLASHED, 4, 1);
    common::run(&mut bench, 20_000);
    bench
}
