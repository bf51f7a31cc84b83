//! Exceptions: entry and return, priorities, tail-chaining, late arrival, masking, faults, lockup
//! (ARMv6-M ARM §B1.5).

use crate::cpu::Activity;
use crate::memory::{RAM_BASE, Width};
use crate::testing::{NoCircuit, STACK, START, chip};
use crate::{FindingKind, Mcu, Time};

/// Exception numbers of interrupts 0 and 1.
const IRQ0: u8 = 16;
const IRQ1: u8 = 17;
const HARD_FAULT: u8 = 3;
const SVCALL: u8 = 11;
const PENDSV: u8 = 14;
const SYSTICK: u8 = 15;

const NOP: u16 = 0xBF00;
const BX_LR: u16 = 0x4770;
const SVC_5: u16 = 0xDF05;
/// `LDR R0, [R1]`
const LOAD: u16 = 0x6808;

/// Where the handlers are: NOP, BX LR.
const HANDLER: u32 = START + 0x80;

const ISER: u32 = 0xE000_E100;
const ISPR: u32 = 0xE000_E200;
const ICPR: u32 = 0xE000_E280;
const IPR0: u32 = 0xE000_E400;
const ICSR: u32 = 0xE000_ED04;
const VTOR: u32 = 0xE000_ED08;
const SHPR3: u32 = 0xE000_ED20;

/// A chip with `code` followed by NOPs, and a handler for everything that can be handled.
fn chip_with(code: &[u16]) -> Mcu {
    let mut program = code.to_vec();
    program.resize(0x40, NOP);
    program.extend([NOP, BX_LR]);
    let numbers = [2, HARD_FAULT, SVCALL, PENDSV, SYSTICK, IRQ0, IRQ1];
    chip(&program, &numbers.map(|number| (number, HANDLER)))
}

fn write(mcu: &mut Mcu, addr: u32, value: u32) {
    mcu.bus_write(addr, Width::Word, value, &mut NoCircuit)
        .expect("the register exists");
}

fn read(mcu: &mut Mcu, addr: u32) -> u32 {
    mcu.bus_read(addr, Width::Word, &mut NoCircuit)
        .expect("the register exists")
}

fn step(mcu: &mut Mcu) {
    mcu.step(&mut NoCircuit);
}

/// Cycles of the step just made.
fn cycles(mcu: &Mcu) -> u64 {
    mcu.ready_at.since(mcu.now).0 / u64::from(mcu.cycle_ps)
}

fn stacked(mcu: &Mcu, word: usize) -> u32 {
    let at = (mcu.cpu.r[13] - RAM_BASE) as usize + word * 4;
    u32::from_le_bytes(mcu.chip.ram[at..at + 4].try_into().expect("four bytes"))
}

#[test]
fn a_supervisor_call_stacks_the_frame_and_returns_to_the_next_instruction() {
    let mut mcu = chip_with(&[SVC_5]);
    for n in [0, 1, 2, 3, 12, 14] {
        mcu.cpu.r[n] = 0x100 + n as u32;
    }
    mcu.cpu.flags = crate::cpu::Flags::from_psr(0xB000_0000);
    let before = mcu.cpu.clone();
    step(&mut mcu);
    assert_eq!((mcu.cpu.ipsr, mcu.cpu.r[15]), (SVCALL, HANDLER));
    assert_eq!(mcu.cpu.r[14], 0xFFFF_FFF9);
    assert_eq!(mcu.cpu.r[13], STACK - 0x20);
    assert_eq!(cycles(&mcu), 15);
    let frame: Vec<u32> = (0..8).map(|word| stacked(&mcu, word)).collect();
    let expected = [
        0x100,
        0x101,
        0x102,
        0x103,
        0x10C,
        0x10E,
        START + 2,
        0xB100_0000,
    ];
    assert_eq!(frame, expected);
    mcu.cpu.r[0] = 9;
    step(&mut mcu);
    step(&mut mcu);
    let mut expected = before.r;
    expected[15] = START + 2;
    assert_eq!(mcu.cpu.r, expected);
    assert_eq!((mcu.cpu.ipsr, mcu.cpu.flags.psr()), (0, 0xB000_0000));
}

#[test]
fn the_frame_is_aligned_to_eight_and_the_return_undoes_it() {
    let mut mcu = chip_with(&[SVC_5]);
    mcu.cpu.r[13] = STACK - 4;
    step(&mut mcu);
    assert_eq!(mcu.cpu.r[13], STACK - 0x28);
    assert_eq!(stacked(&mcu, 7), 0x0100_0200);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.r[13], STACK - 4);
}

#[test]
fn a_thread_on_the_process_stack_is_stacked_there() {
    let mut mcu = chip_with(&[SVC_5]);
    mcu.cpu.debug_write(18, STACK - 0x200);
    mcu.cpu.debug_write(20, 2 << 24);
    step(&mut mcu);
    assert_eq!(mcu.cpu.r[14], 0xFFFF_FFFD);
    assert_eq!((mcu.cpu.msp(), mcu.cpu.psp()), (STACK, STACK - 0x220));
    assert_eq!(mcu.cpu.r[13], STACK);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.r[13], STACK - 0x200);
    assert_eq!(mcu.cpu.debug_read(20), 2 << 24);
}

#[test]
fn a_higher_priority_preempts_an_equal_one_waits() {
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 3);
    write(&mut mcu, IPR0, 0x0040);
    write(&mut mcu, ISPR, 1);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0);
    write(&mut mcu, ISPR, 2);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ1, "priority 0 preempts 0x40");
    assert_eq!(mcu.cpu.r[14], 0xFFFF_FFF1);
    assert_eq!(read(&mut mcu, ICSR) & 0x3F, u32::from(IRQ1));

    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 3);
    write(&mut mcu, ISPR, 1);
    step(&mut mcu);
    step(&mut mcu);
    write(&mut mcu, ISPR, 2);
    step(&mut mcu);
    assert_eq!(
        mcu.cpu.ipsr, IRQ1,
        "an equal one follows without unstacking"
    );
    assert_eq!(mcu.cpu.r[13], STACK - 0x20);
    assert_eq!(mcu.cpu.r[14], 0xFFFF_FFF9);
}

#[test]
fn of_two_pending_the_higher_priority_then_the_lower_number_goes_first() {
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 3);
    write(&mut mcu, ISPR, 3);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0);
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 3);
    write(&mut mcu, IPR0, 0x0080);
    write(&mut mcu, ISPR, 3);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ1);
}

#[test]
fn a_late_arrival_takes_over_the_frame() {
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 3);
    write(&mut mcu, IPR0, 0x0040);
    write(&mut mcu, ISPR, 1);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0);
    write(&mut mcu, ISPR, 2);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ1);
    assert_eq!(mcu.cpu.r[13], STACK - 0x20, "stacked once");
    assert_eq!(mcu.cpu.r[14], 0xFFFF_FFF9);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0, "the displaced one follows");
    assert_eq!(mcu.cpu.r[13], STACK - 0x20);
}

#[test]
fn a_line_that_stays_high_interrupts_again_a_pulse_once() {
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ISER, 1);
    mcu.chip.irq.set(0, true);
    mcu.settle(mcu.now, &mut NoCircuit);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0);
    write(&mut mcu, ICPR, 1);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, IRQ0, "chained to itself");
    mcu.chip.irq.set(0, false);
    mcu.settle(mcu.now, &mut NoCircuit);
    step(&mut mcu);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, 0);
    assert_eq!(read(&mut mcu, ISPR), 0);
}

#[test]
fn primask_holds_interrupts_back_and_turns_svc_into_a_hard_fault() {
    let mut mcu = chip_with(&[0xB672, NOP, SVC_5]);
    write(&mut mcu, ISER, 1);
    step(&mut mcu);
    write(&mut mcu, ISPR, 1);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, 0);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, HARD_FAULT);
    assert_eq!(stacked(&mcu, 6), START + 6, "SVC has been executed");
}

#[test]
fn pendsv_runs_at_its_priority_and_can_be_taken_back() {
    let mut mcu = chip_with(&[]);
    write(&mut mcu, ICSR, 1 << 28);
    assert_eq!(read(&mut mcu, ICSR) >> 12 & 0x3F, u32::from(PENDSV));
    write(&mut mcu, ICSR, 1 << 27);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, 0);
    write(&mut mcu, SHPR3, 0xC080_0000);
    assert_eq!(read(&mut mcu, SHPR3), 0xC080_0000);
    write(&mut mcu, ICSR, 1 << 28 | 1 << 26);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, PENDSV, "0x80 goes before 0xC0");
}

#[test]
fn the_vector_table_can_be_moved_to_ram() {
    let mut mcu = chip_with(&[SVC_5]);
    write(&mut mcu, VTOR, 0x2000_00FF);
    assert_eq!(read(&mut mcu, VTOR), RAM_BASE);
    write(&mut mcu, RAM_BASE + u32::from(SVCALL) * 4, START + 0x21);
    step(&mut mcu);
    assert_eq!(mcu.cpu.r[15], START + 0x20);
}

/// Executes one instruction that must fault, with R1 as its operand.
fn faulting(code: &[u16], r1: u32) -> (Mcu, FindingKind) {
    let mut mcu = chip_with(code);
    mcu.cpu.r[1] = r1;
    step(&mut mcu);
    let finding = mcu.findings().remove(0);
    (mcu, finding.kind)
}

#[test]
fn faults_name_address_and_instruction() {
    let reserved = 0x1000_0000;
    for (code, r1, address) in [
        (LOAD, 0x2000_0001, Some(0x2000_0001)),
        (LOAD, 0x2000_2000, Some(0x2000_2000)),
        (LOAD, reserved, Some(reserved)),
        (LOAD, 0xE000_E104 + 2, Some(0xE000_E106)),
        // LDRH R0, [R1, #0]; STM R1!, {R0}; PUSH is in the next test.
        (0x8808, 0x2000_0101, Some(0x2000_0101)),
        (0xC101, 0x2000_2000, Some(0x2000_2000)),
        // UDF, and a hint that does not exist.
        (0xDE00, 0, None),
        (0xBF01, 0, None),
    ] {
        let (mcu, finding) = faulting(&[code], r1);
        assert_eq!(finding, FindingKind::HardFault { address, pc: START });
        assert_eq!((mcu.cpu.ipsr, stacked(&mcu, 6)), (HARD_FAULT, START));
    }
}

#[test]
fn a_branch_without_the_thumb_bit_faults_at_its_target() {
    // BX R1
    let (mut mcu, finding) = {
        let mut mcu = chip_with(&[0x4708]);
        mcu.cpu.r[1] = START + 8;
        step(&mut mcu);
        step(&mut mcu);
        let finding = mcu.findings().remove(0);
        (mcu, finding.kind)
    };
    let pc = START + 8;
    assert_eq!(finding, FindingKind::HardFault { address: None, pc });
    assert_eq!(stacked(&mcu, 7) & 1 << 24, 0);
    assert_eq!(stacked(&mcu, 6), pc);
    assert!(mcu.findings().is_empty());
}

#[test]
fn code_cannot_be_fetched_from_peripherals() {
    let mut mcu = chip_with(&[0x4708]);
    mcu.cpu.r[1] = 0x4002_1001;
    step(&mut mcu);
    step(&mut mcu);
    let pc = 0x4002_1000;
    let kind = FindingKind::HardFault {
        address: Some(pc),
        pc,
    };
    assert_eq!(mcu.findings().remove(0).kind, kind);
}

#[test]
fn a_fault_in_the_fault_handler_locks_up_and_time_goes_on() {
    let mut program = vec![0xDE00; 0x42];
    program[0] = 0xDE00;
    let mut mcu = chip(&program, &[(HARD_FAULT, HANDLER)]);
    mcu.run_until(Time::from_us(1_000), &mut NoCircuit);
    assert_eq!(mcu.cpu.activity, Activity::LockedUp);
    assert_eq!(mcu.stats().lockups, 1);
    assert_eq!(mcu.now(), Time::from_us(1_000));
    let kinds: Vec<FindingKind> = mcu.findings().into_iter().map(|f| f.kind).collect();
    assert_eq!(kinds.last(), Some(&FindingKind::Lockup { pc: HANDLER }));
    mcu.set_nrst(Time::from_us(1_001), true, &mut NoCircuit);
    mcu.set_nrst(Time::from_us(1_002), false, &mut NoCircuit);
    assert_eq!(mcu.cpu.activity, Activity::Running, "a reset gets it out");
}

#[test]
fn a_stack_that_cannot_be_written_loses_the_frame_to_hard_fault() {
    let mut mcu = chip_with(&[SVC_5]);
    mcu.cpu.r[13] = 0x1000_0000;
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, HARD_FAULT);
    let address = Some(0x1000_0000 - 0x20);
    let pc = START + 2;
    assert_eq!(
        mcu.findings()[0].kind,
        FindingKind::HardFault { address, pc }
    );
    // PUSH {LR} on such a stack faults itself, and its entry fails again: lockup.
    let mut mcu = chip_with(&[0xB500]);
    mcu.cpu.r[13] = 0x1000_0000;
    step(&mut mcu);
    assert_eq!(mcu.cpu.activity, Activity::LockedUp);
}

#[test]
fn without_privilege_the_system_cannot_be_touched() {
    // MSR PRIMASK, R0 does nothing; LDR R0, [R1] from the NVIC faults.
    let mut mcu = chip_with(&[0xF380, 0x8810, LOAD]);
    mcu.cpu.debug_write(20, 1 << 24);
    mcu.cpu.r[0] = 1;
    mcu.cpu.r[1] = ISER;
    step(&mut mcu);
    assert!(!mcu.cpu.primask);
    step(&mut mcu);
    assert_eq!(mcu.cpu.ipsr, HARD_FAULT);
    assert!(mcu.cpu.privileged(), "handlers have privilege");
}

#[test]
fn wait_states_cost_taken_branches_and_data_in_flash() {
    const FLASH_ACR: u32 = 0x4002_2000;
    // B over one half-word; LDR R0, [R1]; MOVS R0, #0.
    for (code, wait_states, expected) in [
        (0xE000, 2, 4),
        (LOAD, 2, 4),
        (0x2000, 2, 1),
        (0xE000, 1, 3),
        (0xE000, 0, 2),
    ] {
        let mut mcu = chip_with(&[code]);
        write(&mut mcu, FLASH_ACR, wait_states);
        mcu.cpu.r[1] = START;
        step(&mut mcu);
        assert_eq!(cycles(&mcu), expected, "{code:#06x} with {wait_states}");
    }
}

#[test]
fn the_memory_protection_unit_is_reported_once_by_name() {
    let mut mcu = chip_with(&[LOAD, LOAD]);
    mcu.cpu.r[1] = 0xE000_ED94;
    step(&mut mcu);
    step(&mut mcu);
    let told: Vec<String> = mcu.findings().iter().map(|f| f.kind.to_string()).collect();
    assert_eq!(told, ["MPU_CTRL is not modelled"]);
}
