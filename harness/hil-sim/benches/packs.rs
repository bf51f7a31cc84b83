//! How much faster than real time packs with the reference firmware live, on one core.
//!
//! Prints ratios for people; it judges nothing. `cargo bench -p hil-sim`, or with a cell count to
//! measure (or profile) one pack alone: `cargo bench -p hil-sim -- 255`. The ratio is taken from
//! the processor time of the one thread that simulates, so that a busy machine does not spoil it.

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/packs/common.rs"]
mod common;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hil_core::channel::{Channel, Signal};
use hil_core::ports::{Bench, Observations};
use hil_core::time::{Span, Time};
use hil_sim::{Flashed, VirtualBench};
use rustix::time::{ClockId, clock_gettime};

/// Time between two writes of the ramp.
const RAMP_STEP: Span = Span::from_millis(20);

/// Boards flashed once, as `common` expects them.
static FLASHED: LazyLock<Flashed> = LazyLock::new(common::flashed);

fn main() {
    let only: Option<u16> = std::env::args().find_map(|argument| argument.parse().ok());
    println!(
        "cells   virtual s   cpu s   × real time   wanted   instructions / (virtual s · board)"
    );
    for (cells, seconds, wanted) in [(4, 400, 1000.0), (16, 60, 250.0), (255, 10, 10.0)] {
        if only.is_some_and(|only| only != cells) {
            continue;
        }
        let mut bench = common::open(&FLASHED, cells, 1);
        charge_to_vmax(&mut bench, cells, Span::from_secs(15.0));
        let (before, began) = (bench.instructions(), processor_time());
        let virtual_time = Span::from_secs(f64::from(seconds));
        charge_to_vmax(&mut bench, cells, virtual_time);
        let cpu = (processor_time() - began).as_secs_f64();
        let virtual_s = virtual_time.as_secs();
        let instructions = (bench.instructions() - before) as f64 / virtual_s / f64::from(cells);
        println!(
            "{cells:5}   {virtual_s:9.0}   {cpu:6.3}   {:11.0}   {wanted:6.0}   {instructions:.0}",
            virtual_s / cpu
        );
    }
    println!("flashing three boards, bench included:");
    let wall = Instant::now();
    let _: Flashed = common::flashed();
    println!("{:.2} s", wall.elapsed().as_secs_f64());
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Observes and watches what `charge-vmax` does, while one cell rises slowly.
fn charge_to_vmax(bench: &mut VirtualBench, cells: u16, span: Span) {
    let mut channels: Vec<Channel> = [
        Signal::RelayCharge,
        Signal::RelayLoad,
        Signal::LedCharge,
        Signal::PackCurrent,
        Signal::ExtStatusCharge,
    ]
    .map(Channel::plain)
    .into();
    channels.extend((1..=cells).map(|k| Channel::at(Signal::CellVoltage, k)));
    let watch = [
        Channel::plain(Signal::RelayCharge),
        Channel::plain(Signal::RelayLoad),
    ];
    bench.observe(&channels).expect("the rig has them");
    let mut out = Observations::default();
    let end = bench.now() + span;
    let mut volts = 3.30;
    while bench.now() < end {
        volts = if volts < 3.7 { volts + 0.0001 } else { 3.30 };
        bench
            .write(Channel::at(Signal::CellVoltage, 2), volts)
            .expect("inside the envelope");
        let until = bench.now() + RAMP_STEP;
        bench
            .run_until(until.min(Time(end.0)), &watch, &mut out)
            .expect("nothing can fail on this bench");
        out.samples.clear();
    }
}
