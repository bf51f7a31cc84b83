//! From half-words to [`Op`] (ARMv6-M ARM §A5.2, §A5.3).
//!
//! UNPREDICTABLE encodings do what a Cortex-M0+ is known to do where that is known, and are
//! undefined instructions otherwise.

use super::op::{Code, Op};

/// Decodes the instruction whose first half-word is `first`; `second` counts for the 32-bit ones.
pub(crate) fn decode(first: u16, second: u16) -> Op {
    let bits = u32::from(first);
    match bits >> 11 {
        0b00000..=0b00010 => shift_immediate(bits),
        0b00011 => add_subtract(bits),
        0b00100..=0b00111 => immediate_8(bits),
        0b01000 if bits & 0x400 == 0 => data_processing(bits),
        0b01000 => high_registers(bits),
        0b01001 => op(Code::LdrLiteral, field(bits, 8), 0, 0, (bits & 0xFF) << 2),
        0b01010 | 0b01011 => register_offset(bits),
        0b01100..=0b10001 => immediate_offset(bits),
        0b10010 => op(Code::StrImm, field(bits, 8), 13, 0, (bits & 0xFF) << 2),
        0b10011 => op(Code::LdrImm, field(bits, 8), 13, 0, (bits & 0xFF) << 2),
        0b10100 => op(Code::Adr, field(bits, 8), 0, 0, (bits & 0xFF) << 2),
        0b10101 => op(Code::AddSpImm, field(bits, 8), 0, 0, (bits & 0xFF) << 2),
        0b10110 | 0b10111 => miscellaneous(bits),
        0b11000 | 0b11001 => multiple(bits),
        0b11010 | 0b11011 => conditional(bits),
        0b11100 => {
            let distance = sign_extend(bits & 0x7FF, 11);
            op(Code::B, 0, 0, 0, distance.wrapping_add(1))
        }
        _ => wide(bits, u32::from(second)),
    }
}

const fn op(code: Code, a: u32, b: u32, c: u32, imm: u32) -> Op {
    Op {
        code,
        a: a as u8,
        b: b as u8,
        c: c as u8,
        imm,
    }
}

const UNDEFINED: Op = op(Code::Undefined, 0, 0, 0, 0);

/// The three-bit register field at `shift`.
const fn field(bits: u32, shift: u32) -> u32 {
    bits >> shift & 7
}

/// `value`, whose highest bit is `width - 1`, as a two's complement number.
const fn sign_extend(value: u32, width: u32) -> u32 {
    ((value << (32 - width)) as i32 >> (32 - width)) as u32
}

fn shift_immediate(bits: u32) -> Op {
    let amount = bits >> 6 & 31;
    let code = match (bits >> 11, amount) {
        (0, 0) => Code::MovsReg,
        (0, _) => Code::LslImm,
        (1, 0) => Code::Lsr32,
        (1, _) => Code::LsrImm,
        (_, 0) => Code::Asr32,
        _ => Code::AsrImm,
    };
    op(code, field(bits, 0), field(bits, 3), 0, amount)
}

fn add_subtract(bits: u32) -> Op {
    let (d, n, m) = (field(bits, 0), field(bits, 3), field(bits, 6));
    match bits >> 9 & 3 {
        0 => op(Code::AddsReg, d, n, m, 0),
        1 => op(Code::SubsReg, d, n, m, 0),
        2 => op(Code::AddsImm, d, n, 0, m),
        _ => op(Code::SubsImm, d, n, 0, m),
    }
}

fn immediate_8(bits: u32) -> Op {
    let code = match bits >> 11 & 3 {
        0 => Code::MovsImm,
        1 => Code::CmpImm,
        2 => Code::AddsImm,
        _ => Code::SubsImm,
    };
    let register = field(bits, 8);
    op(code, register, register, 0, bits & 0xFF)
}

fn data_processing(bits: u32) -> Op {
    const CODES: [Code; 16] = [
        Code::Ands,
        Code::Eors,
        Code::LslReg,
        Code::LsrReg,
        Code::AsrReg,
        Code::Adcs,
        Code::Sbcs,
        Code::RorReg,
        Code::Tst,
        Code::Rsbs,
        Code::CmpReg,
        Code::Cmn,
        Code::Orrs,
        Code::Muls,
        Code::Bics,
        Code::Mvns,
    ];
    let code = CODES[(bits >> 6 & 15) as usize];
    let (d, m) = (field(bits, 0), field(bits, 3));
    op(code, d, d, m, 0)
}

fn high_registers(bits: u32) -> Op {
    let m = bits >> 3 & 15;
    let d = field(bits, 0) | bits >> 4 & 8;
    match bits >> 8 & 3 {
        0 => match (d, m) {
            (15, 15) => UNDEFINED,
            (15, _) => op(Code::AddPc, 15, 15, m, 0),
            (13, 15) => UNDEFINED,
            (13, _) => op(Code::AddSp, 13, 13, m, 0),
            (_, 15) => op(Code::AddFromPc, d, d, 0, 0),
            _ => op(Code::AddHigh, d, d, m, 0),
        },
        1 if d == 15 || m == 15 || (d < 8 && m < 8) => UNDEFINED,
        1 => op(Code::CmpReg, d, d, m, 0),
        2 => match (d, m) {
            (15, 15) => op(Code::B, 0, 0, 0, 1),
            (15, _) => op(Code::MovPc, 15, 0, m, 0),
            (13, 15) => UNDEFINED,
            (13, _) => op(Code::MovSp, 13, 0, m, 0),
            (_, 15) => op(Code::MovFromPc, d, 0, 0, 0),
            _ => op(Code::MovHigh, d, 0, m, 0),
        },
        _ if m == 15 || bits & 7 != 0 => UNDEFINED,
        _ if bits & 0x80 == 0 => op(Code::Bx, 0, 0, m, 0),
        _ => op(Code::Blx, 0, 0, m, 0),
    }
}

fn register_offset(bits: u32) -> Op {
    const CODES: [Code; 8] = [
        Code::StrReg,
        Code::StrhReg,
        Code::StrbReg,
        Code::LdrsbReg,
        Code::LdrReg,
        Code::LdrhReg,
        Code::LdrbReg,
        Code::LdrshReg,
    ];
    let code = CODES[field(bits, 9) as usize];
    op(code, field(bits, 0), field(bits, 3), field(bits, 6), 0)
}

fn immediate_offset(bits: u32) -> Op {
    let (code, scale) = match bits >> 11 {
        0b01100 => (Code::StrImm, 2),
        0b01101 => (Code::LdrImm, 2),
        0b01110 => (Code::StrbImm, 0),
        0b01111 => (Code::LdrbImm, 0),
        0b10000 => (Code::StrhImm, 1),
        _ => (Code::LdrhImm, 1),
    };
    let offset = (bits >> 6 & 31) << scale;
    op(code, field(bits, 0), field(bits, 3), 0, offset)
}

fn miscellaneous(bits: u32) -> Op {
    let (d, m) = (field(bits, 0), field(bits, 3));
    let extra = bits >> 8 & 1;
    match bits >> 6 & 0x3F {
        0b000000 | 0b000001 => op(Code::AddSpImm, 13, 0, 0, (bits & 0x7F) << 2),
        0b000010 | 0b000011 => {
            let down = ((bits & 0x7F) << 2).wrapping_neg();
            op(Code::AddSpImm, 13, 0, 0, down)
        }
        0b001000 => op(Code::Sxth, d, 0, m, 0),
        0b001001 => op(Code::Sxtb, d, 0, m, 0),
        0b001010 => op(Code::Uxth, d, 0, m, 0),
        0b001011 => op(Code::Uxtb, d, 0, m, 0),
        0b010000..=0b010111 => list(Code::Push, 13, bits & 0xFF | extra << 14),
        0b011001 if bits & 0x2F == 0x22 => op(Code::Cps, 0, 0, 0, bits >> 4 & 1),
        0b101000 => op(Code::Rev, d, 0, m, 0),
        0b101001 => op(Code::Rev16, d, 0, m, 0),
        0b101011 => op(Code::Revsh, d, 0, m, 0),
        0b110000..=0b110111 if extra == 1 => list(Code::PopPc, 13, bits & 0xFF | 1 << 15),
        0b110000..=0b110111 => list(Code::Pop, 13, bits & 0xFF),
        0b111000..=0b111011 => op(Code::Bkpt, 0, 0, 0, bits & 0xFF),
        0b111100..=0b111111 => hint(bits),
        _ => UNDEFINED,
    }
}

fn hint(bits: u32) -> Op {
    match bits & 0xFF {
        0x20 => op(Code::Wfe, 0, 0, 0, 0),
        0x30 => op(Code::Wfi, 0, 0, 0, 0),
        0x40 => op(Code::Sev, 0, 0, 0, 0),
        // NOP, YIELD and the reserved hints; IT does not exist here.
        low if low & 0xF == 0 => op(Code::Nop, 0, 0, 0, 0),
        _ => UNDEFINED,
    }
}

/// An instruction with a register list; an empty list is UNPREDICTABLE.
fn list(code: Code, base: u32, registers: u32) -> Op {
    if registers == 0 {
        return UNDEFINED;
    }
    op(code, 0, base, registers.count_ones(), registers)
}

fn multiple(bits: u32) -> Op {
    let code = if bits & 0x800 == 0 {
        Code::Stm
    } else {
        Code::Ldm
    };
    list(code, field(bits, 8), bits & 0xFF)
}

fn conditional(bits: u32) -> Op {
    const CODES: [Code; 14] = [
        Code::Beq,
        Code::Bne,
        Code::Bcs,
        Code::Bcc,
        Code::Bmi,
        Code::Bpl,
        Code::Bvs,
        Code::Bvc,
        Code::Bhi,
        Code::Bls,
        Code::Bge,
        Code::Blt,
        Code::Bgt,
        Code::Ble,
    ];
    match bits >> 8 & 15 {
        14 => UNDEFINED,
        15 => op(Code::Svc, 0, 0, 0, bits & 0xFF),
        condition => {
            let distance = sign_extend(bits & 0xFF, 8);
            op(CODES[condition as usize], 0, 0, 0, distance.wrapping_add(1))
        }
    }
}

/// 32-bit instructions (ARMv6-M ARM §A5.3.1); `first` has bits 15:11 at 0b11101 or above.
fn wide(first: u32, second: u32) -> Op {
    const NOTHING: Op = op(Code::UndefinedWide, 0, 0, 0, 0);
    if first >> 11 != 0b11110 || second & 0x8000 == 0 {
        return NOTHING;
    }
    if second & 0x5000 == 0x5000 {
        return branch_with_link(first, second);
    }
    if second & 0x5000 != 0 {
        return NOTHING;
    }
    match first >> 4 & 0x7F {
        0b0111000 | 0b0111001 => op(Code::Msr, 0, first & 15, 0, second & 0xFF),
        0b0111011 if matches!(second >> 4 & 15, 4..=6) => op(Code::Barrier, 0, 0, 0, 0),
        0b0111110 | 0b0111111 => {
            let d = second >> 8 & 15;
            op(Code::Mrs, d, 0, 0, second & 0xFF)
        }
        _ => NOTHING,
    }
}

fn branch_with_link(first: u32, second: u32) -> Op {
    let s = first >> 10 & 1;
    let i1 = !(second >> 13 ^ s) & 1;
    let i2 = !(second >> 11 ^ s) & 1;
    let half_words = s << 23 | i1 << 22 | i2 << 21 | (first & 0x3FF) << 11 | second & 0x7FF;
    let distance = sign_extend(half_words, 24);
    op(Code::Bl, 0, 0, 0, distance.wrapping_add(1))
}
