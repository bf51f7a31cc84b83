//! How long stock probe-rs takes to flash and verify four emulated boards at once, over TCP.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on shall panic")]

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/boards/support.rs"]
mod support;

use std::time::{Duration, Instant};

use hil_core::ports::{FlashJob, Flasher};
use hil_rig::flash::ProbeRsFlasher;
use hil_rig::flash::chip::STM32G031K8;
use support::{Rig, TICKER};

/// What the harness promises.
const GOAL: Duration = Duration::from_secs(2);
const BOARDS: u16 = 4;
const ROUNDS: usize = 5;

fn main() {
    let mut times: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    times.sort();
    let median = times[ROUNDS / 2];
    println!(
        "flash and verify {BOARDS} boards, {} KiB each: {:.2} s (goal < {} s, {:.1} times as fast; {ROUNDS} rounds, {:.2} to {:.2} s)",
        TICKER.len() / 1024,
        median.as_secs_f64(),
        GOAL.as_secs(),
        GOAL.as_secs_f64() / median.as_secs_f64(),
        times[0].as_secs_f64(),
        times[ROUNDS - 1].as_secs_f64(),
    );
}

fn round() -> Duration {
    let rig = Rig::new(BOARDS.into());
    let boards = 1..=BOARDS;
    let jobs: Vec<_> = boards
        .clone()
        .map(|board| FlashJob { board, elf: TICKER })
        .collect();
    let probes = boards.map(|board| (board, rig.selector(usize::from(board) - 1)));
    let mut flasher = ProbeRsFlasher::new(STM32G031K8, probes);
    let start = Instant::now();
    for result in flasher.flash(&jobs, &mut |_| {}) {
        result.unwrap();
    }
    start.elapsed()
}
