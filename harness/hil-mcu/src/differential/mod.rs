//! The core against QEMU's Cortex-M0: random instruction sequences and compiled programs must
//! leave the same registers and memory.
//!
//! The tests are ignored by default because they need `qemu-system-arm`; `.ci/run` installs it and
//! runs them with `cargo test -p hil-mcu -- --ignored qemu`. Cycles are not compared: QEMU has
//! none.

mod programs;
mod qemu;
mod random;

use crate::memory::RAM_BASE;
use crate::testing::NoCircuit;
use crate::{Mcu, Time};

/// The registers compared: R0 to R15 and xPSR.
type Registers = [u32; 17];

/// What a program starts from, and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    registers: Registers,
    /// RAM from its start; as much of it as is compared.
    ram: Vec<u8>,
}

/// Index of xPSR in [`Registers`].
const XPSR: usize = 16;
const DEBUG_ENABLE: u32 = 0xA05F_0001;

/// Puts `state` into a chip that has its code already.
fn set_state(mcu: &mut Mcu, state: &State) {
    for (number, &value) in (0..).zip(&state.registers) {
        mcu.cpu.debug_write(number, value);
    }
    mcu.chip.ram[..state.ram.len()].copy_from_slice(&state.ram);
    mcu.debug.write_dhcsr(DEBUG_ENABLE);
}

fn state(mcu: &Mcu, ram: usize) -> State {
    let mut registers = [0; 17];
    for (number, value) in (0..).zip(&mut registers) {
        *value = mcu.cpu.debug_read(number);
    }
    State {
        registers,
        ram: mcu.chip.ram[..ram].to_vec(),
    }
}

/// Lets the chip run until its BKPT, at most 100 ms.
fn run(mut mcu: Mcu, start: &State) -> State {
    set_state(&mut mcu, start);
    let end = mcu.now() + Time::from_us(100_000);
    while !mcu.debug.is_halted() && mcu.now() < end {
        let slice = mcu.now() + Time::from_us(100);
        mcu.run_until(slice, &mut NoCircuit);
    }
    assert!(mcu.debug.is_halted(), "BKPT not reached: {:x?}", mcu.cpu);
    state(&mcu, start.ram.len())
}

/// The same one instruction at a time, as a debugger steps.
fn step(mut mcu: Mcu, start: &State) -> State {
    set_state(&mut mcu, start);
    for _ in 0..10_000 {
        mcu.step(&mut NoCircuit);
        if mcu.debug.is_halted() {
            return state(&mcu, start.ram.len());
        }
    }
    panic!("BKPT not reached: {:x?}", mcu.cpu);
}

/// What differs, readably.
fn difference(ours: &State, theirs: &State) -> String {
    let mut lines = Vec::new();
    for (n, (a, b)) in ours.registers.iter().zip(&theirs.registers).enumerate() {
        if a != b {
            lines.push(format!("r{n}: ours {a:#010x}, QEMU {b:#010x}"));
        }
    }
    for (n, (a, b)) in ours.ram.iter().zip(&theirs.ram).enumerate() {
        if a != b {
            let at = RAM_BASE as usize + n;
            lines.push(format!("[{at:#010x}]: ours {a:#04x}, QEMU {b:#04x}"));
        }
    }
    lines.truncate(20);
    lines.join("\n")
}
