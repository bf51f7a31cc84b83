//! The instructions the fast loop leaves alone: system instructions, and accesses outside RAM and
//! flash, one at a time and with every check.
//!
//! A faulting instruction changes nothing, so that the stacked PC points at it with its operands.

use super::op::{Code, Op};
use super::{Bus, Cpu, Flags};
use crate::memory::{BusFault, Width};

/// What executing one instruction came to; unless it says otherwise PC is the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Retired.
    Done,
    /// Not executed: HardFault, with the address whose access failed if it was an access.
    Fault(Option<u32>),
    /// Supervisor call.
    Svc,
    /// Breakpoint; PC stays on it.
    Breakpoint,
    /// Wait for interrupt.
    WaitForInterrupt,
    /// Wait for event, the event register having been clear.
    WaitForEvent,
    /// A branch to this EXC_RETURN value in handler mode.
    ExceptionReturn(u32),
}

/// Single-cycle I/O port, where the GPIOs are (Cortex-M0+ TRM §3.3; RM0444 §2.2.2).
const IO_PORT: std::ops::Range<u32> = 0x5000_0000..0x6000_0000;

/// Executes the instruction at PC, adding its cycles to `cycles`.
pub(crate) fn execute(cpu: &mut Cpu, op: Op, bus: &mut dyn Bus, cycles: &mut u64) -> Outcome {
    let result = match op.code {
        Code::Bx | Code::Blx => Ok(branch_exchange(cpu, op, cycles)),
        Code::Push | Code::Stm => store_list(cpu, op, bus, cycles),
        Code::Pop | Code::PopPc | Code::Ldm => load_list(cpu, op, bus, cycles),
        _ => match Access::of(cpu, op) {
            Some(access) => single(cpu, access, bus, cycles),
            None => Ok(system(cpu, op, cycles)),
        },
    };
    result.unwrap_or_else(|fault| Outcome::Fault(Some(fault.addr)))
}

/// A load or store of one register.
struct Access {
    register: usize,
    addr: u32,
    width: Width,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Store,
    Load,
    LoadSigned,
}

impl Access {
    fn of(cpu: &Cpu, op: Op) -> Option<Self> {
        use Code::*;
        use Kind::*;
        let (width, kind, by_register) = match op.code {
            LdrLiteral | LdrImm => (Width::Word, Load, false),
            LdrReg => (Width::Word, Load, true),
            LdrhImm => (Width::Half, Load, false),
            LdrhReg => (Width::Half, Load, true),
            LdrbImm => (Width::Byte, Load, false),
            LdrbReg => (Width::Byte, Load, true),
            LdrshReg => (Width::Half, LoadSigned, true),
            LdrsbReg => (Width::Byte, LoadSigned, true),
            StrImm => (Width::Word, Store, false),
            StrReg => (Width::Word, Store, true),
            StrhImm => (Width::Half, Store, false),
            StrhReg => (Width::Half, Store, true),
            StrbImm => (Width::Byte, Store, false),
            StrbReg => (Width::Byte, Store, true),
            _ => return None,
        };
        let base = match op.code {
            LdrLiteral => cpu.r[15].wrapping_add(4) & !3,
            _ => cpu.r[usize::from(op.b)],
        };
        let offset = if by_register {
            cpu.r[usize::from(op.c)]
        } else {
            op.imm
        };
        Some(Self {
            register: usize::from(op.a),
            addr: base.wrapping_add(offset),
            width,
            kind,
        })
    }
}

fn aligned(addr: u32, width: Width) -> Result<(), BusFault> {
    if addr & (width.bytes() - 1) == 0 {
        Ok(())
    } else {
        Err(BusFault { addr })
    }
}

fn single(
    cpu: &mut Cpu,
    access: Access,
    bus: &mut dyn Bus,
    cycles: &mut u64,
) -> Result<Outcome, BusFault> {
    let Access {
        register,
        addr,
        width,
        kind,
    } = access;
    aligned(addr, width)?;
    if kind == Kind::Store {
        bus.write(addr, width, cpu.r[register])?;
    } else {
        let value = bus.read(addr, width)?;
        cpu.r[register] = match (kind, width) {
            (Kind::LoadSigned, Width::Half) => i32::from(value as i16) as u32,
            (Kind::LoadSigned, Width::Byte) => i32::from(value as i8) as u32,
            _ => value,
        };
    }
    cpu.r[15] = cpu.r[15].wrapping_add(2);
    *cycles += if IO_PORT.contains(&addr) { 1 } else { 2 };
    Ok(Outcome::Done)
}

/// The registers of a list, lowest first.
fn registers(list: u32) -> impl Iterator<Item = usize> {
    (0..16).filter(move |n| list >> n & 1 != 0)
}

fn store_list(
    cpu: &mut Cpu,
    op: Op,
    bus: &mut dyn Bus,
    cycles: &mut u64,
) -> Result<Outcome, BusFault> {
    let base = usize::from(op.b);
    let bytes = u32::from(op.c) * 4;
    let down = op.code == Code::Push;
    let start = cpu.r[base].wrapping_sub(if down { bytes } else { 0 });
    aligned(start, Width::Word)?;
    let mut addr = start;
    for register in registers(op.imm) {
        bus.write(addr, Width::Word, cpu.r[register])?;
        addr = addr.wrapping_add(4);
    }
    cpu.r[base] = if down { start } else { addr };
    cpu.r[15] = cpu.r[15].wrapping_add(2);
    *cycles += 1 + u64::from(op.c);
    Ok(Outcome::Done)
}

fn load_list(
    cpu: &mut Cpu,
    op: Op,
    bus: &mut dyn Bus,
    cycles: &mut u64,
) -> Result<Outcome, BusFault> {
    let base = usize::from(op.b);
    let mut addr = cpu.r[base];
    aligned(addr, Width::Word)?;
    let mut loaded = cpu.r;
    for register in registers(op.imm) {
        loaded[register] = bus.read(addr, Width::Word)?;
        addr = addr.wrapping_add(4);
    }
    if op.imm >> base & 1 == 0 {
        loaded[base] = addr;
    }
    let here = cpu.r[15];
    cpu.r = loaded;
    *cycles += 1 + u64::from(op.c);
    if op.code == Code::PopPc {
        let target = loaded[15];
        *cycles += 2;
        return Ok(branch_to(cpu, target));
    }
    cpu.r[15] = here.wrapping_add(2);
    Ok(Outcome::Done)
}

fn branch_exchange(cpu: &mut Cpu, op: Op, cycles: &mut u64) -> Outcome {
    let target = cpu.r[usize::from(op.c)];
    *cycles += 2;
    if op.code == Code::Blx {
        cpu.r[14] = cpu.r[15].wrapping_add(2) | 1;
        // BLX does not return from exceptions (ARMv6-M ARM §B1.5.8).
        cpu.r[15] = target & !1;
        cpu.thumb = target & 1 != 0;
        return Outcome::Done;
    }
    branch_to(cpu, target)
}

/// BXWritePC: an exception return in handler mode, else a branch that may clear the T bit.
fn branch_to(cpu: &mut Cpu, target: u32) -> Outcome {
    if cpu.ipsr != 0 && target >> 28 == 0xF {
        return Outcome::ExceptionReturn(target);
    }
    cpu.r[15] = target & !1;
    cpu.thumb = target & 1 != 0;
    Outcome::Done
}

fn system(cpu: &mut Cpu, op: Op, cycles: &mut u64) -> Outcome {
    let (size, time, outcome) = match op.code {
        Code::Cps => {
            if cpu.privileged() {
                cpu.primask = op.imm != 0;
            }
            (2, 1, Outcome::Done)
        }
        Code::Sev => {
            cpu.event = true;
            (2, 1, Outcome::Done)
        }
        Code::Wfe if cpu.event => {
            cpu.event = false;
            (2, 2, Outcome::Done)
        }
        Code::Wfe => (2, 2, Outcome::WaitForEvent),
        Code::Wfi => (2, 2, Outcome::WaitForInterrupt),
        Code::Svc => (2, 0, Outcome::Svc),
        Code::Bkpt => (0, 0, Outcome::Breakpoint),
        Code::Msr => {
            write_special(cpu, op.imm, cpu.r[usize::from(op.b)]);
            (4, 3, Outcome::Done)
        }
        Code::Mrs => {
            cpu.r[usize::from(op.a)] = read_special(cpu, op.imm);
            (4, 3, Outcome::Done)
        }
        Code::Barrier => (4, 3, Outcome::Done),
        _ => (0, 0, Outcome::Fault(None)),
    };
    cpu.r[15] = cpu.r[15].wrapping_add(size);
    *cycles += time;
    outcome
}

/// MRS (ARMv6-M ARM §B4.2.2). The EPSR part reads as zero; without privilege so do IPSR, the
/// stack pointers and PRIMASK.
fn read_special(cpu: &Cpu, number: u32) -> u32 {
    let privileged = cpu.privileged();
    match number {
        0..=3 => {
            let ipsr = if number & 1 != 0 && privileged {
                u32::from(cpu.ipsr)
            } else {
                0
            };
            cpu.flags.psr() | ipsr
        }
        5 | 7 if privileged => u32::from(cpu.ipsr),
        8 if privileged => cpu.msp(),
        9 if privileged => cpu.psp(),
        16 if privileged => u32::from(cpu.primask),
        20 => u32::from(cpu.control),
        _ => 0,
    }
}

/// MSR (ARMv6-M ARM §B4.2.3). IPSR and EPSR cannot be written; without privilege only APSR can.
fn write_special(cpu: &mut Cpu, number: u32, value: u32) {
    let privileged = cpu.privileged();
    match number {
        0..=3 => cpu.flags = Flags::from_psr(value),
        8 if privileged => cpu.set_msp(value),
        9 if privileged => cpu.set_psp(value),
        16 if privileged => cpu.primask = value & 1 != 0,
        20 if privileged => {
            // SPSEL is written in thread mode only (ARMv6-M ARM §B1.4.4).
            let mask = if cpu.ipsr == 0 { 3 } else { 1 };
            let control = cpu.control & !mask | value as u8 & mask;
            cpu.switch(cpu.ipsr, control);
        }
        _ => {}
    }
}
