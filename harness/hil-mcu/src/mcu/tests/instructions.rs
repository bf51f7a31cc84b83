//! Every instruction as data, a line each in `instructions.txt`: assembler text for the reader, its
//! half-words as the GNU assembler encodes them, what is set before, what has changed after, and
//! the cycles of the Cortex-M0+ TRM (§3.3). What a line does not mention must stay as it was.
//!
//! State is written as `r0=1f sp=20001000 [20000100]=5 nZCv`, numbers in hexadecimal, a capital
//! letter being a flag that is set.

use std::collections::BTreeMap;

use crate::testing::{NoCircuit, START, chip};

/// A state as name and value; names are `r0` to `r15`, `flags` and addresses in brackets.
type State = BTreeMap<String, u32>;

/// Where the literal 0xcafef00d lies that loads relative to PC read.
const LITERAL: [u16; 2] = [0xF00D, 0xCAFE];

fn parse(text: &str) -> State {
    let item = |item: &str| match item.split_once('=') {
        Some((name, value)) => {
            let name = match name {
                "sp" => "r13",
                "lr" => "r14",
                "pc" => "r15",
                other => other,
            };
            let value = u32::from_str_radix(value, 16).expect("a hexadecimal number");
            (name.to_owned(), value)
        }
        None => {
            let bit = |place: usize, set: char| u32::from(item.as_bytes()[place] == set as u8);
            let flags =
                bit(0, 'N') << 31 | bit(1, 'Z') << 30 | bit(2, 'C') << 29 | bit(3, 'V') << 28;
            ("flags".to_owned(), flags)
        }
    };
    text.split_whitespace().map(item).collect()
}

fn address(name: &str) -> Option<usize> {
    let hex = name.strip_prefix('[')?.strip_suffix(']')?;
    let address = usize::from_str_radix(hex, 16).expect("a hexadecimal address");
    Some(address - 0x2000_0000)
}

fn check(text: &str, code: &[u16], before: &State, after: &State, cycles: u64) {
    let mut program = code.to_vec();
    program.resize(2, 0xBF00);
    program.extend(LITERAL);
    let mut mcu = chip(&program, &[]);
    for n in 0..13 {
        mcu.cpu.r[n] = 0xD0D0_0000 + n as u32;
    }
    for (name, &value) in before {
        if let Some(offset) = address(name) {
            mcu.chip.ram[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        } else if name == "flags" {
            mcu.cpu.flags = crate::cpu::Flags::from_psr(value);
        } else {
            let n: usize = name[1..].parse().expect("a register number");
            mcu.cpu.r[n] = value;
        }
    }
    let registers = mcu.cpu.r;
    let flags = mcu.cpu.flags.psr();
    let ram = mcu.chip.ram.clone();
    assert_eq!(registers[15], START);

    mcu.step(&mut NoCircuit);

    let expected = |name: &str, otherwise: u32| after.get(name).copied().unwrap_or(otherwise);
    for (n, &untouched) in registers[..15].iter().enumerate() {
        let name = format!("r{n}");
        let wanted = expected(&name, untouched);
        assert_eq!(mcu.cpu.r[n], wanted, "{text}: {name} = {:#x}", mcu.cpu.r[n]);
    }
    let next = expected("r15", START + code.len() as u32 * 2);
    assert_eq!(mcu.cpu.r[15], next, "{text}: pc = {:#x}", mcu.cpu.r[15]);
    let psr = mcu.cpu.flags.psr();
    assert_eq!(psr, expected("flags", flags), "{text}: flags = {psr:#010x}");
    let mut wanted_ram = ram;
    for (name, value) in after {
        if let Some(offset) = address(name) {
            wanted_ram[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
    assert!(mcu.chip.ram == wanted_ram, "{text}: RAM");
    let used = mcu.ready_at.since(mcu.now).0 / u64::from(mcu.cycle_ps);
    assert_eq!(used, cycles, "{text}: cycles");
}

#[test]
fn every_instruction_does_what_its_line_says() {
    for line in include_str!("instructions.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [text, code, before, after, cycles] = fields[..] else {
            panic!("five fields expected: {line}");
        };
        let code: Vec<u16> = code
            .split_whitespace()
            .map(|half| u16::from_str_radix(half, 16).expect("a half-word"))
            .collect();
        let cycles = cycles.parse().expect("a number of cycles");
        check(text, &code, &parse(before), &parse(after), cycles);
    }
}
