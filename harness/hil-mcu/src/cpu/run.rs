//! The fast loop: executes decoded instructions until its cycle budget is used up or it meets
//! something it leaves to `slow.rs`: system instructions, faults, and every access that is not
//! RAM or flash.
//!
//! No time, no interrupts, no peripherals: the caller makes sure that nothing can happen within
//! the budget.

use super::Cpu;
use super::data::{
    byte, flash_load, half, load_list, ram_load, ram_store, ram_words, readable_words, signed_byte,
    signed_half, store_list,
};
use super::op::{Code, Op};
use crate::memory::{FLASH_SIZE, RAM_SIZE};

/// What one instruction adds to the loop's counter: cycles in the lower half, instructions in the
/// upper, so that both cost one addition.
const ONE_INSTRUCTION: u64 = 1 << 32 | 1;

/// What the fast loop did. It ended because the cycles were used up, because PC left the code it
/// was given, or because of an instruction it cannot execute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    /// Cycles used; may exceed the budget by one instruction.
    pub(crate) cycles: u64,
    /// Instructions retired.
    pub(crate) instructions: u64,
    /// The instruction at PC if it needs the slow path; it has changed nothing yet.
    pub(crate) slow: Option<Op>,
}

/// Code and data the fast loop works on.
pub(crate) struct Surroundings<'a> {
    /// Decoded instructions, one per half-word.
    pub(crate) ops: &'a [Op],
    /// Address of `ops[0]`.
    pub(crate) base: u32,
    /// Main flash, for data.
    pub(crate) flash: &'a [u8; FLASH_SIZE],
    /// RAM.
    pub(crate) ram: &'a mut [u8; RAM_SIZE],
    /// Extra cycles of a taken branch and of a data access to flash: FLASH_ACR's wait states.
    pub(crate) wait_states: u32,
}

/// Whether a value loaded into PC, or a BX target, is anything but a plain Thumb address: it is
/// then an exception return or a fault, which the slow path sorts out.
#[inline(always)]
const fn is_special_target(target: u32) -> bool {
    target & 1 == 0 || target >> 28 == 0xF
}

/// Executes from `cpu.r[15]` until at least `budget` cycles are used or the loop has to end.
///
/// With `TORN`, data in flash is left to the slow path, which sees whether it can be read.
pub(crate) fn run<const TORN: bool>(cpu: &mut Cpu, around: Surroundings<'_>, budget: u32) -> Slice {
    let Surroundings {
        ops,
        base,
        flash,
        ram,
        wait_states,
    } = around;
    let taken = 1 + u64::from(wait_states);
    let mut flags = cpu.flags;
    let r = &mut cpu.r;
    let mut at = r[15].wrapping_sub(base) >> 1;
    let mut done = 0_u64;

    let slow = loop {
        if done as u32 >= budget {
            break false;
        }
        let Some(op) = ops.get(at as usize) else {
            break false;
        };
        at = at.wrapping_add(1);
        done += ONE_INSTRUCTION;

        macro_rules! slow {
            () => {{
                at = at.wrapping_sub(1);
                done -= ONE_INSTRUCTION;
                break true;
            }};
        }
        macro_rules! a {
            () => {
                r[op.a as usize & 15]
            };
        }
        macro_rules! b {
            () => {
                r[op.b as usize & 15]
            };
        }
        macro_rules! c {
            () => {
                r[op.c as usize & 15]
            };
        }
        // The half-word offset of an address, and the address of this instruction plus four.
        macro_rules! jump {
            ($target:expr) => {{
                at = $target.wrapping_sub(base) >> 1;
                done += taken;
            }};
        }
        macro_rules! pc4 {
            () => {
                base.wrapping_add(at << 1).wrapping_add(2)
            };
        }
        macro_rules! branch {
            ($condition:expr) => {
                if $condition {
                    at = at.wrapping_add(op.imm);
                    done += taken;
                }
            };
        }
        macro_rules! logic {
            ($value:expr) => {{
                let value = $value;
                a!() = value;
                flags.set_nz(value);
            }};
        }
        macro_rules! load {
            ($size:literal, $addr:expr, $convert:expr) => {{
                let addr = $addr;
                if let Some(bytes) = ram_load::<$size>(ram, addr) {
                    a!() = $convert(bytes);
                    done += 1;
                } else if let Some(bytes) = flash_load::<$size, TORN>(flash, addr) {
                    a!() = $convert(bytes);
                    done += taken;
                } else {
                    slow!();
                }
            }};
        }
        macro_rules! store {
            ($addr:expr, $type:ty) => {{
                if ram_store(ram, $addr, (a!() as $type).to_le_bytes()) {
                    done += 1;
                } else {
                    slow!();
                }
            }};
        }

        match op.code {
            Code::MovsReg => logic!(b!()),
            Code::LslImm => {
                let value = b!();
                flags.c = value >> ((32 - op.imm) & 31) & 1;
                logic!(value << (op.imm & 31));
            }
            Code::LsrImm => {
                let value = b!();
                flags.c = value >> (op.imm.wrapping_sub(1) & 31) & 1;
                logic!(value >> (op.imm & 31));
            }
            Code::Lsr32 => {
                flags.c = b!() >> 31;
                logic!(0);
            }
            Code::AsrImm => {
                let value = b!();
                flags.c = value >> (op.imm.wrapping_sub(1) & 31) & 1;
                logic!((value as i32 >> (op.imm & 31)) as u32);
            }
            Code::Asr32 => {
                let value = b!();
                flags.c = value >> 31;
                logic!((value as i32 >> 31) as u32);
            }
            Code::AddsReg => a!() = flags.add(b!(), c!()),
            Code::SubsReg => a!() = flags.subtract(b!(), c!()),
            Code::AddsImm => a!() = flags.add(b!(), op.imm),
            Code::SubsImm => a!() = flags.subtract(b!(), op.imm),
            Code::MovsImm => logic!(op.imm),
            Code::CmpImm => {
                flags.subtract(b!(), op.imm);
            }
            Code::Ands => logic!(b!() & c!()),
            Code::Eors => logic!(b!() ^ c!()),
            Code::LslReg => a!() = flags.shift_left(b!(), c!()),
            Code::LsrReg => a!() = flags.shift_right(b!(), c!()),
            Code::AsrReg => a!() = flags.shift_right_signed(b!(), c!()),
            Code::RorReg => a!() = flags.rotate_right(b!(), c!()),
            Code::Adcs => a!() = flags.add_with_carry(b!(), c!()),
            Code::Sbcs => a!() = flags.add_with_carry(b!(), !c!()),
            Code::Tst => flags.set_nz(b!() & c!()),
            Code::Rsbs => a!() = flags.subtract(0, c!()),
            Code::CmpReg => {
                flags.subtract(b!(), c!());
            }
            Code::Cmn => {
                flags.add(b!(), c!());
            }
            Code::Orrs => logic!(b!() | c!()),
            Code::Muls => logic!(b!().wrapping_mul(c!())),
            Code::Bics => logic!(b!() & !c!()),
            Code::Mvns => logic!(!c!()),
            Code::AddHigh => a!() = b!().wrapping_add(c!()),
            Code::AddFromPc => a!() = b!().wrapping_add(pc4!()),
            Code::MovHigh => a!() = c!(),
            Code::MovFromPc => a!() = pc4!(),
            Code::MovSp => r[13] = c!() & !3,
            Code::AddSp => r[13] = r[13].wrapping_add(c!()) & !3,
            Code::MovPc => jump!(c!()),
            Code::AddPc => jump!(pc4!().wrapping_add(c!())),
            Code::Bx | Code::Blx => {
                let target = c!();
                if is_special_target(target) {
                    slow!();
                }
                if op.code == Code::Blx {
                    r[14] = base.wrapping_add(at << 1) | 1;
                }
                jump!(target);
            }
            Code::Adr => a!() = (pc4!() & !3).wrapping_add(op.imm),
            Code::AddSpImm => a!() = r[13].wrapping_add(op.imm),
            Code::LdrLiteral => {
                load!(4, (pc4!() & !3).wrapping_add(op.imm), u32::from_le_bytes);
            }
            Code::LdrImm => load!(4, b!().wrapping_add(op.imm), u32::from_le_bytes),
            Code::LdrReg => load!(4, b!().wrapping_add(c!()), u32::from_le_bytes),
            Code::LdrhImm => load!(2, b!().wrapping_add(op.imm), half),
            Code::LdrhReg => load!(2, b!().wrapping_add(c!()), half),
            Code::LdrbImm => load!(1, b!().wrapping_add(op.imm), byte),
            Code::LdrbReg => load!(1, b!().wrapping_add(c!()), byte),
            Code::LdrshReg => load!(2, b!().wrapping_add(c!()), signed_half),
            Code::LdrsbReg => load!(1, b!().wrapping_add(c!()), signed_byte),
            Code::StrImm => store!(b!().wrapping_add(op.imm), u32),
            Code::StrReg => store!(b!().wrapping_add(c!()), u32),
            Code::StrhImm => store!(b!().wrapping_add(op.imm), u16),
            Code::StrhReg => store!(b!().wrapping_add(c!()), u16),
            Code::StrbImm => store!(b!().wrapping_add(op.imm), u8),
            Code::StrbReg => store!(b!().wrapping_add(c!()), u8),
            Code::Push => {
                let sp = r[13].wrapping_sub(u32::from(op.c) * 4);
                let Some(words) = ram_words(ram, sp, op.c) else {
                    slow!();
                };
                store_list(r, words, op.imm);
                r[13] = sp;
                done += u64::from(op.c);
            }
            Code::Pop => {
                let Some(words) = readable_words::<TORN>(ram, flash, r[13], op.c) else {
                    slow!();
                };
                load_list(r, words, op.imm);
                r[13] = r[13].wrapping_add(u32::from(op.c) * 4);
                done += u64::from(op.c);
            }
            Code::PopPc => {
                let count = u32::from(op.c) * 4;
                let last = r[13].wrapping_add(count).wrapping_sub(4);
                let Some(target) = ram_load::<4>(ram, last).map(u32::from_le_bytes) else {
                    slow!();
                };
                let Some(words) = ram_words(ram, r[13], op.c - 1) else {
                    slow!();
                };
                if is_special_target(target) {
                    slow!();
                }
                load_list(r, words, op.imm);
                r[13] = r[13].wrapping_add(count);
                done += u64::from(op.c) + 1;
                jump!(target);
            }
            Code::Ldm => {
                let start = b!();
                let Some(words) = readable_words::<TORN>(ram, flash, start, op.c) else {
                    slow!();
                };
                load_list(r, words, op.imm);
                if op.imm >> op.b & 1 == 0 {
                    b!() = start.wrapping_add(u32::from(op.c) * 4);
                }
                done += u64::from(op.c);
            }
            Code::Stm => {
                let start = b!();
                let Some(words) = ram_words(ram, start, op.c) else {
                    slow!();
                };
                store_list(r, words, op.imm);
                b!() = start.wrapping_add(u32::from(op.c) * 4);
                done += u64::from(op.c);
            }
            Code::Sxth => a!() = signed_half((c!() as u16).to_le_bytes()),
            Code::Sxtb => a!() = signed_byte([c!() as u8]),
            Code::Uxth => a!() = c!() & 0xFFFF,
            Code::Uxtb => a!() = c!() & 0xFF,
            Code::Rev => a!() = c!().swap_bytes(),
            Code::Rev16 => a!() = c!().swap_bytes().rotate_right(16),
            Code::Revsh => a!() = signed_half((c!() as u16).to_be_bytes()),
            Code::Beq => branch!(flags.z == 0),
            Code::Bne => branch!(flags.z != 0),
            Code::Bcs => branch!(flags.c != 0),
            Code::Bcc => branch!(flags.c == 0),
            Code::Bmi => branch!((flags.n as i32) < 0),
            Code::Bpl => branch!((flags.n as i32) >= 0),
            Code::Bvs => branch!((flags.v as i32) < 0),
            Code::Bvc => branch!((flags.v as i32) >= 0),
            Code::Bhi => branch!(flags.c != 0 && flags.z != 0),
            Code::Bls => branch!(flags.c == 0 || flags.z == 0),
            Code::Bge => branch!(((flags.n ^ flags.v) as i32) >= 0),
            Code::Blt => branch!(((flags.n ^ flags.v) as i32) < 0),
            Code::Bgt => branch!(flags.z != 0 && ((flags.n ^ flags.v) as i32) >= 0),
            Code::Ble => branch!(flags.z == 0 || ((flags.n ^ flags.v) as i32) < 0),
            Code::B => branch!(true),
            Code::Bl => {
                r[14] = pc4!() | 1;
                at = at.wrapping_add(op.imm);
                done += taken + 1;
            }
            Code::Nop => {}
            Code::Cps
            | Code::Wfe
            | Code::Wfi
            | Code::Sev
            | Code::Svc
            | Code::Bkpt
            | Code::Msr
            | Code::Mrs
            | Code::Barrier
            | Code::Undefined
            | Code::UndefinedWide => slow!(),
        }
    };

    r[15] = base.wrapping_add(at << 1);
    cpu.flags = flags;
    Slice {
        cycles: done & 0xFFFF_FFFF,
        instructions: done >> 32,
        slow: if slow {
            ops.get(at as usize).copied()
        } else {
            None
        },
    }
}
