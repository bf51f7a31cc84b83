//! WFI, WFE, sleep on exit, SysTick, and how debug state meets them.

use crate::cpu::Activity;
use crate::memory::Width;
use crate::testing::{NoCircuit, START, chip};
use crate::{FindingKind, Mcu, Time};

const IRQ0: u8 = 16;
const SYSTICK: u8 = 15;
const NOP: u16 = 0xBF00;
const WFE: u16 = 0xBF20;
const WFI: u16 = 0xBF30;
const SEV: u16 = 0xBF40;
const CPSID: u16 = 0xB672;
const BKPT: u16 = 0xBE00;
const BX_LR: u16 = 0x4770;
const HANDLER: u32 = START + 0x80;

const ISER: u32 = 0xE000_E100;
const ISPR: u32 = 0xE000_E200;
const SCR: u32 = 0xE000_ED10;
const SYST_CSR: u32 = 0xE000_E010;
const SYST_RVR: u32 = 0xE000_E014;
const SYST_CVR: u32 = 0xE000_E018;
const COUNTFLAG: u32 = 1 << 16;

/// `ADDS R7, #1; BX LR` handles SysTick and interrupt 0.
fn chip_with(code: &[u16]) -> Mcu {
    let mut program = code.to_vec();
    program.resize(0x40, NOP);
    program.extend([0x3701, BX_LR]);
    let mut mcu = chip(&program, &[(SYSTICK, HANDLER), (IRQ0, HANDLER)]);
    mcu.cpu.r[7] = 0;
    mcu
}

fn write(mcu: &mut Mcu, addr: u32, value: u32) {
    mcu.bus_write(addr, Width::Word, value, &mut NoCircuit)
        .expect("the register exists");
}

fn read(mcu: &mut Mcu, addr: u32) -> u32 {
    mcu.bus_read(addr, Width::Word, &mut NoCircuit)
        .expect("the register exists")
}

fn run_for_us(mcu: &mut Mcu, us: u64) {
    let end = mcu.now() + Time::from_us(us);
    mcu.run_until(end, &mut NoCircuit);
    assert_eq!(mcu.now(), end);
}

#[test]
fn wfi_sleeps_at_no_cost_and_wakes_even_when_masked() {
    // CPSID i; WFI; ADDS R0, #1; B .
    let mut mcu = chip_with(&[CPSID, WFI, 0x3001, 0xE7FE]);
    write(&mut mcu, ISER, 1);
    mcu.cpu.r[0] = 0;
    run_for_us(&mut mcu, 1_000);
    assert_eq!(mcu.cpu.activity, Activity::WaitForInterrupt);
    assert_eq!(mcu.stats().instructions, 2);
    assert!(mcu.stats().sleep > Time::from_us(998));
    write(&mut mcu, ISPR, 1);
    run_for_us(&mut mcu, 1_000);
    assert_eq!(mcu.cpu.r[0], 1, "woken");
    assert_eq!(mcu.cpu.r[7], 0, "but not interrupted");
}

#[test]
fn wfe_consumes_an_event_and_waits_for_the_next() {
    let mut mcu = chip_with(&[SEV, WFE, 0x3001, WFE, 0x3001, WFE]);
    mcu.cpu.r[0] = 0;
    run_for_us(&mut mcu, 10);
    assert_eq!(mcu.cpu.r[0], 1);
    assert_eq!(mcu.cpu.activity, Activity::WaitForEvent);
    // A disabled interrupt that becomes pending is an event only with SEVONPEND.
    write(&mut mcu, ISPR, 1);
    run_for_us(&mut mcu, 10);
    assert_eq!(mcu.cpu.r[0], 1);
    write(&mut mcu, SCR, 1 << 4);
    write(&mut mcu, ISPR, 2);
    run_for_us(&mut mcu, 10);
    assert_eq!(mcu.cpu.r[0], 2);
}

#[test]
fn sleep_on_exit_returns_to_sleep_from_every_handler() {
    let mut mcu = chip_with(&[WFI, 0x3001]);
    mcu.cpu.r[0] = 0;
    write(&mut mcu, ISER, 1);
    write(&mut mcu, SCR, 1 << 1);
    for round in 1..4 {
        run_for_us(&mut mcu, 10);
        write(&mut mcu, ISPR, 1);
        run_for_us(&mut mcu, 10);
        assert_eq!((mcu.cpu.r[7], mcu.cpu.r[0]), (round, 0));
        assert!(mcu.cpu.sleeping());
    }
}

#[test]
fn systick_interrupts_at_its_period_exactly() {
    // WFI; B to it
    let mut mcu = chip_with(&[WFI, 0xE7FD]);
    let run = mcu.stats().run;
    write(&mut mcu, SYST_RVR, 15_999);
    write(&mut mcu, SYST_CVR, 0);
    write(&mut mcu, SYST_CSR, 7);
    run_for_us(&mut mcu, 1_000);
    assert_eq!(
        mcu.cpu.r[7], 0,
        "loading the counter takes a cycle of its own"
    );
    run_for_us(&mut mcu, 10_000);
    assert_eq!(mcu.cpu.r[7], 10);
    assert!(mcu.stats().run.since(run) < Time::from_us(50));
}

#[test]
fn systick_counts_down_and_says_when_it_wrapped() {
    // B .
    let mut mcu = chip_with(&[0xE7FE]);
    write(&mut mcu, SYST_RVR, 99);
    write(&mut mcu, SYST_CVR, 0);
    write(&mut mcu, SYST_CSR, 5);
    assert_eq!(read(&mut mcu, SYST_CVR), 0);
    // 16 cycles a microsecond; the first loads the counter.
    run_for_us(&mut mcu, 1);
    assert_eq!(read(&mut mcu, SYST_CVR), 99 - 15);
    run_for_us(&mut mcu, 6);
    assert_eq!(read(&mut mcu, SYST_CVR), 99 - 11);
    assert_eq!(read(&mut mcu, SYST_CSR), 5 | COUNTFLAG);
    // The external reference is an eighth of the clock.
    write(&mut mcu, SYST_CSR, 1);
    let before = read(&mut mcu, SYST_CVR);
    run_for_us(&mut mcu, 4);
    assert_eq!(read(&mut mcu, SYST_CVR), before - 8);
    write(&mut mcu, SYST_CVR, 5);
    assert_eq!(read(&mut mcu, SYST_CVR), 0, "any write clears");
    assert_eq!(read(&mut mcu, SYST_CSR), 1);
}

#[test]
fn a_breakpoint_instruction_halts_a_debugged_core_and_faults_another() {
    let mut mcu = chip_with(&[NOP, BKPT]);
    mcu.debug.write_dhcsr(0xA05F_0001);
    run_for_us(&mut mcu, 10);
    assert!(mcu.debug.is_halted());
    assert_eq!(mcu.cpu.r[15], START + 2);

    let mut mcu = chip_with(&[NOP, BKPT]);
    run_for_us(&mut mcu, 10);
    let pc = START + 2;
    assert_eq!(
        mcu.findings()[0].kind,
        FindingKind::HardFault { address: None, pc }
    );
}

#[test]
fn a_comparator_halts_before_the_instruction() {
    let mut mcu = chip_with(&[NOP, NOP, 0x3001]);
    mcu.cpu.r[0] = 0;
    mcu.debug.write_dhcsr(0xA05F_0001);
    assert!(mcu.debug.breakpoints.write(0, 3));
    assert!(mcu.debug.breakpoints.write(8, 1 << 30 | (START + 4) | 1));
    run_for_us(&mut mcu, 10);
    assert!(mcu.debug.is_halted());
    assert_eq!((mcu.cpu.r[15], mcu.cpu.r[0]), (START + 4, 0));
    // Systick stands while the core is halted, and time passes.
    write(&mut mcu, SYST_RVR, 99);
    write(&mut mcu, SYST_CSR, 5);
    run_for_us(&mut mcu, 1);
    assert_eq!(read(&mut mcu, SYST_CVR), 0);
}

#[test]
fn an_erased_chip_waits_in_its_boot_loader() {
    let mut mcu = crate::testing::flashed(&[]);
    run_for_us(&mut mcu, 1_000);
    assert!(mcu.cpu.sleeping());
    assert!(mcu.findings().is_empty());
    assert_eq!(mcu.stats().lockups, 0);
}
