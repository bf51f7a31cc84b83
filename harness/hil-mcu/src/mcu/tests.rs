//! The chip executing small programs.

mod exceptions;
mod instructions;
mod random_code;
mod waiting;

use crate::Time;
use crate::testing::{NoCircuit, flashed};

#[test]
fn speed() {
    let mut mcu = flashed(include_bytes!("../../programs/workload.bin"));
    let start = std::time::Instant::now();
    mcu.run_until(
        Time::from_us(std::env::var("US").map_or(20_000_000, |v| v.parse().unwrap())),
        &mut NoCircuit,
    );
    let s = start.elapsed().as_secs_f64();
    eprintln!("{:?} {:?}", mcu.stats(), mcu.findings());
    let w = |n: usize| u32::from_le_bytes(mcu.chip.ram[n * 4..n * 4 + 4].try_into().unwrap());
    eprintln!("{:x?}", [w(0), w(1), w(2), w(3), w(4)]);
    eprintln!("{} M instr/s", mcu.stats().instructions as f64 / s / 1e6);
}
