//! Random instruction sequences: every instruction that computes, moves data or branches, in any
//! mix, from random registers and memory.
//!
//! R6 and R7 stay what they are (a small multiple of four, and an address in RAM) so that accesses
//! hit; branches go forward only, so that every sequence ends. What faults or waits is tested
//! elsewhere.

use super::qemu::Qemu;
use super::{State, XPSR, difference, run, set_state, state, step};
use crate::Mcu;
use crate::memory::{RAM_BASE, RAM_SIZE};
use crate::testing::{NoCircuit, flashed};

/// Seeds tried; a failure names its seed.
const SEEDS: std::ops::Range<u64> = 1..1501;
/// Instructions in a sequence.
const LENGTH: usize = 60;
/// Code memory compared and filled, literals included.
const IMAGE: usize = 4096;
const CODE: u32 = 0x200;
const BKPT: u16 = 0xBE00;

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }

    /// A value with interesting ones among the random.
    fn value(&mut self) -> u32 {
        match self.below(6) {
            0 => self.below(40),
            1 => self.below(40).wrapping_neg(),
            2 => 0x7FFF_FFFE_u32.wrapping_add(self.below(4)),
            _ => self.next(),
        }
    }

    /// A destination: R0 to R5.
    fn destination(&mut self) -> u16 {
        self.below(6) as u16
    }

    /// Any low register.
    fn low(&mut self) -> u16 {
        self.below(8) as u16
    }

    fn bits(&mut self, count: u32) -> u16 {
        self.below(1 << count) as u16
    }
}

/// One instruction, or a few that belong together.
fn instruction(random: &mut Random) -> Vec<u16> {
    let (d, n, m) = (random.destination(), random.low(), random.low());
    match random.below(26) {
        0 | 1 => vec![(random.below(3) as u16) << 11 | random.bits(5) << 6 | n << 3 | d],
        2 | 3 => vec![0x1800 | random.bits(2) << 9 | m << 6 | n << 3 | d],
        4 | 5 => vec![0x2000 | random.bits(2) << 11 | d << 8 | random.bits(8)],
        6..=9 => vec![0x4000 | random.bits(4) << 6 | m << 3 | d],
        10 => high_register(random, d),
        11 => vec![0xB200 | random.bits(2) << 6 | m << 3 | d],
        12 => {
            let operation = [0xBA00, 0xBA40, 0xBAC0][random.below(3) as usize];
            vec![operation | m << 3 | d]
        }
        13 | 14 => immediate_access(random, d),
        // Register offset, R7 + R6.
        15 | 16 => vec![0x5000 | random.bits(3) << 9 | 6 << 6 | 7 << 3 | d],
        17 => vec![0x9000 | random.bits(1) << 11 | d << 8 | random.bits(4)],
        18 => vec![0x4800 | d << 8 | random.bits(7)],
        19 => vec![0xA000 | random.bits(1) << 11 | d << 8 | random.bits(8)],
        20 => vec![0xB400 | random.bits(1) << 8 | random.bits(8) | 1 << random.below(8)],
        21 => vec![0xBC00 | random.bits(6) | 1 << random.below(6)],
        22 => multiple(random),
        23 => vec![0xB000 | random.bits(1) << 7 | random.bits(4)],
        24 => special(random, d),
        _ => link(random),
    }
}

fn high_register(random: &mut Random, d: u16) -> Vec<u16> {
    let high = 8 + random.below(5) as u16;
    let any = [random.low(), high, 13, 14][random.below(4) as usize];
    match random.below(6) {
        0 => vec![0x4600 | 0x80 | any << 3 | high & 7],
        1 => vec![0x4600 | any << 3 | d],
        2 => vec![0x4400 | any << 3 | d],
        3 => vec![0x4400 | 0x80 | any << 3 | high & 7],
        4 => vec![0x4500 | 0x80 | any << 3 | high & 7],
        // MOV and ADD from PC.
        _ => vec![[0x4678, 0x4478][random.below(2) as usize] | d],
    }
}

/// A load or store at R7 plus an immediate, aligned by construction.
fn immediate_access(random: &mut Random, d: u16) -> Vec<u16> {
    let operation = [0x6000, 0x6800, 0x7000, 0x7800, 0x8000, 0x8800][random.below(6) as usize];
    vec![operation | random.bits(5) << 6 | 7 << 3 | d]
}

/// MOV R5, R7 and a load or store multiple with that base, sometimes in its own list.
fn multiple(random: &mut Random) -> Vec<u16> {
    let with_base = random.bits(1) << 5;
    let list = random.bits(5) | 1 << random.below(5);
    vec![
        0x463D,
        match random.below(2) {
            0 => 0xC500 | list,
            _ => 0xCD00 | list | with_base,
        },
    ]
}

/// Special registers, hints and barriers.
fn special(random: &mut Random, d: u16) -> Vec<u16> {
    match random.below(7) {
        0 => vec![0xF3EF, 0x8000 | d << 8],
        // LSRS and LSLS by 28 first: QEMU writes the Q flag, which ARMv6-M does not have.
        1 => vec![0x0F00 | d << 3 | d, 0x0700 | d << 3 | d, 0xF380 | d, 0x8800],
        2 => {
            let register = [3, 5, 8, 9, 16, 20][random.below(6) as usize];
            vec![0xF3EF, 0x8000 | d << 8 | register]
        }
        3 => vec![0xF3BF, 0x8F40 | [0xF, 0x1F, 0x2F][random.below(3) as usize]],
        4 => vec![0xBF00],
        // Interrupts off and on, PSP written.
        5 => vec![0xB672, 0xF3EF, 0x8010 | d << 8, 0xB662],
        _ => vec![0xF380 | d, 0x8809],
    }
}

/// Calls and computed jumps to the next instruction.
fn link(random: &mut Random) -> Vec<u16> {
    match random.below(5) {
        // MOV R5, PC; ADDS R5, #3; BX or BLX R5.
        0 => vec![0x467D, 0x3503, 0x4728],
        1 => vec![0x467D, 0x3503, 0x47A8],
        // MOV R5, PC; ADDS R5, #2; MOV PC, R5.
        2 => vec![0x467D, 0x3502, 0x46AF],
        // BL to the next instruction.
        3 => vec![0xF000, 0xF800],
        // MOVS R5, #0; ADD PC, R5 skips one NOP.
        _ => vec![0x2500, 0x44AF, 0xBF00],
    }
}

/// A sequence with branches between its instructions, to the next or over it, ended by BKPT.
fn sequence(random: &mut Random) -> Vec<u16> {
    let items: Vec<Vec<u16>> = (0..LENGTH).map(|_| instruction(random)).collect();
    // MSR PSP, R7: QEMU's is left over from the sequence before.
    let mut code = vec![0xF387, 0x8809];
    for item in &items {
        if random.below(4) == 0 {
            let skipped = if random.below(2) == 0 { 0 } else { item.len() };
            let distance = (skipped as u16).wrapping_sub(1);
            code.push(match random.below(15) as u16 {
                14 => 0xE000 | distance & 0x7FF,
                condition => 0xD000 | condition << 8 | distance & 0xFF,
            });
        }
        code.extend(item);
    }
    code.push(BKPT);
    code
}

fn start_state(random: &mut Random, pc: u32) -> State {
    let mut registers = [0; 17];
    registers[..15].fill_with(|| random.value());
    registers[6] = random.below(32) * 4;
    registers[7] = RAM_BASE + 0x800 + random.below(64) * 4;
    registers[13] = RAM_BASE + 0x1400;
    registers[15] = pc;
    registers[XPSR] = random.next() & 0xF000_0000 | 1 << 24;
    let ram = (0..RAM_SIZE).map(|_| random.next() as u8).collect();
    State { registers, ram }
}

/// A chip with the sequence at [`CODE`], and the same bytes for QEMU.
fn image(random: &mut Random, code: &[u16]) -> Vec<u8> {
    let mut image: Vec<u8> = (0..IMAGE).map(|_| random.next() as u8).collect();
    for (index, half) in code.iter().enumerate() {
        let at = CODE as usize + index * 2;
        image[at..at + 2].copy_from_slice(&half.to_le_bytes());
    }
    image
}

fn compare(qemu: &mut Qemu, mcu: &Mcu, start: &State, end: u32, seed: u64, code: &[u16]) {
    let theirs = qemu.run(start, end);
    for (how, ours) in [
        ("running", run(mcu.clone(), start)),
        ("stepping", step(mcu.clone(), start)),
    ] {
        if ours != theirs {
            first_difference(qemu, mcu.clone(), start, end);
            let code: String = code.iter().map(|half| format!("{half:04x} ")).collect();
            panic!("seed {seed}, {how}: {code}\n{}", difference(&ours, &theirs));
        }
    }
}

/// Steps both and panics at the first instruction after which they differ.
fn first_difference(qemu: &mut Qemu, mut mcu: Mcu, start: &State, end: u32) {
    qemu.set(start);
    set_state(&mut mcu, start);
    let mut pc = start.registers[15];
    while pc != end {
        mcu.step(&mut NoCircuit);
        qemu.step();
        let (ours, theirs) = (state(&mcu, RAM_SIZE), qemu.state(RAM_SIZE));
        let differences = difference(&ours, &theirs);
        assert!(
            ours == theirs,
            "the instruction at {pc:#x} differs:\n{differences}"
        );
        pc = ours.registers[15];
    }
}

#[test]
#[ignore = "needs qemu-system-arm"]
fn random_sequences_from_flash_agree_with_qemu() {
    let mut qemu = Qemu::start();
    for seed in SEEDS {
        let mut random = Random(seed << 20 | 1);
        let code = sequence(&mut random);
        let image = image(&mut random, &code);
        qemu.write_memory(0, &image);
        let start = start_state(&mut random, CODE);
        let end = CODE + (code.len() as u32 - 1) * 2;
        compare(&mut qemu, &flashed(&image), &start, end, seed, &code);
    }
}

#[test]
#[ignore = "needs qemu-system-arm"]
fn random_sequences_from_ram_agree_with_qemu() {
    const AT: u32 = RAM_BASE + 0x1C00;
    let mut qemu = Qemu::start();
    let mcu = flashed(&[0; 8]);
    for seed in SEEDS {
        let mut random = Random(seed << 20 | 3);
        let code = sequence(&mut random);
        let mut start = start_state(&mut random, AT);
        for (index, half) in code.iter().enumerate() {
            let at = (AT - RAM_BASE) as usize + index * 2;
            start.ram[at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
        let end = AT + (code.len() as u32 - 1) * 2;
        compare(&mut qemu, &mcu, &start, end, seed, &code);
    }
}
