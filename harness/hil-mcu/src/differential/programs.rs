//! Compiled programs (`programs/`, with their sources): the same results on both.

use super::qemu::Qemu;
use super::{State, XPSR, run};
use crate::memory::RAM_SIZE;
use crate::testing::flashed;

const WORKLOAD: &[u8] = include_bytes!("../../programs/workload.bin");
const EXCEPTIONS: &[u8] = include_bytes!("../../programs/exceptions.bin");
/// The words a program leaves for comparison, at the start of RAM.
const RESULTS: usize = 64;
/// Tells the workload after how many rounds to stop.
const ROUNDS: usize = 63;

fn word(bytes: &[u8], index: usize) -> u32 {
    let bytes = &bytes[index * 4..index * 4 + 4];
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

/// The one BKPT of a program, where it stops.
fn end(image: &[u8]) -> u32 {
    let mut places = (0..image.len() as u32 - 1)
        .step_by(2)
        .filter(|&at| image[at as usize..at as usize + 2] == [0x00, 0xBE]);
    let place = places.next().expect("the program has a BKPT");
    assert_eq!(places.next(), None, "one BKPT only");
    place
}

/// Runs a program from reset on both and returns the results it left, which must agree.
fn results(image: &[u8], rounds: u32) -> Vec<u32> {
    let mut registers = [0; 17];
    registers[13] = word(image, 0);
    registers[14] = u32::MAX;
    registers[15] = word(image, 1) & !1;
    registers[XPSR] = 1 << 24;
    let mut ram = vec![0; RAM_SIZE];
    ram[ROUNDS * 4..][..4].copy_from_slice(&rounds.to_le_bytes());
    let start = State { registers, ram };
    let mut qemu = Qemu::start();
    qemu.write_memory(0, image);
    let theirs = qemu.run(&start, end(image));
    let ours = run(flashed(image), &start);
    let results =
        |state: &State| -> Vec<u32> { (0..RESULTS).map(|n| word(&state.ram, n)).collect() };
    let (ours, theirs) = (results(&ours), results(&theirs));
    assert!(ours == theirs, "ours {ours:#x?}\nQEMU {theirs:#x?}");
    ours
}

#[test]
#[ignore = "needs qemu-system-arm"]
fn the_workload_computes_the_same_as_in_qemu() {
    assert_eq!(results(WORKLOAD, 10)[0], 10);
}

#[test]
#[ignore = "needs qemu-system-arm"]
fn exceptions_happen_in_the_same_order_as_in_qemu() {
    let log_length = results(EXCEPTIONS, 0)[0];
    assert!((40..62).contains(&log_length), "{log_length}");
}
