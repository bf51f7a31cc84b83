//! A decoded instruction: what the executors dispatch on.
//!
//! Operands are register numbers and one immediate; everything that can be computed from the
//! encoding alone (offsets scaled, lists masked, branch distances in half-words) has been.

/// One decoded instruction, eight bytes, so that the decoded flash stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    /// What to do.
    pub(crate) code: Code,
    /// Destination register, or the register stored.
    pub(crate) a: u8,
    /// First source, or the base of an address.
    pub(crate) b: u8,
    /// Second source, or the number of registers in a list.
    pub(crate) c: u8,
    /// Immediate, offset in bytes, register list (bit n = register n), or, for a branch, the
    /// distance in half-words from the half-word after the instruction's first.
    pub(crate) imm: u32,
}

/// The operations. Names are the assembler's; `…Imm` takes an immediate, `…Reg` a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// MOVS Rd, Rm (LSLS #0): carry stays.
    MovsReg,
    LslImm,
    LsrImm,
    /// LSRS #32.
    Lsr32,
    AsrImm,
    /// ASRS #32.
    Asr32,
    AddsReg,
    SubsReg,
    AddsImm,
    SubsImm,
    MovsImm,
    CmpImm,
    Ands,
    Eors,
    LslReg,
    LsrReg,
    AsrReg,
    Adcs,
    Sbcs,
    RorReg,
    Tst,
    Rsbs,
    CmpReg,
    Cmn,
    Orrs,
    Muls,
    Bics,
    Mvns,
    /// ADD Rd, Rm without flags, neither being PC nor Rd SP.
    AddHigh,
    /// ADD Rd, PC.
    AddFromPc,
    /// MOV Rd, Rm without flags.
    MovHigh,
    /// MOV Rd, PC.
    MovFromPc,
    /// MOV SP, Rm.
    MovSp,
    /// ADD SP, Rm.
    AddSp,
    /// MOV PC, Rm.
    MovPc,
    /// ADD PC, Rm.
    AddPc,
    Bx,
    Blx,
    /// ADR, and ADD Rd, PC, #imm.
    Adr,
    /// ADD Rd, SP, #imm; ADD and SUB SP, #imm.
    AddSpImm,
    LdrLiteral,
    LdrImm,
    LdrReg,
    LdrhImm,
    LdrhReg,
    LdrbImm,
    LdrbReg,
    LdrshReg,
    LdrsbReg,
    StrImm,
    StrReg,
    StrhImm,
    StrhReg,
    StrbImm,
    StrbReg,
    Push,
    Pop,
    /// POP with PC in the list.
    PopPc,
    /// LDM; bit `b` in the list means no write-back.
    Ldm,
    Stm,
    Sxth,
    Sxtb,
    Uxth,
    Uxtb,
    Rev,
    Rev16,
    Revsh,
    Beq,
    Bne,
    Bcs,
    Bcc,
    Bmi,
    Bpl,
    Bvs,
    Bvc,
    Bhi,
    Bls,
    Bge,
    Blt,
    Bgt,
    Ble,
    B,
    Bl,
    Nop,
    // What follows leaves the fast loop.
    /// CPSIE i (imm 0) or CPSID i (imm 1).
    Cps,
    Wfe,
    Wfi,
    Sev,
    Svc,
    Bkpt,
    /// MSR: register `b` to special register `imm`.
    Msr,
    /// MRS: special register `imm` to register `a`.
    Mrs,
    /// DSB, DMB, ISB: nothing is reordered here, so only the cycles count.
    Barrier,
    /// UDF, or an encoding ARMv6-M does not define (16 bits).
    Undefined,
    /// The same, 32 bits.
    UndefinedWide,
}

impl Op {
    /// Whether what follows in memory may not be the next instruction, or may have been changed by
    /// this one: a run of instructions decoded ahead stops here.
    pub(crate) fn ends_block(self) -> bool {
        use Code::{AddPc, B, Bl, Blx, Bx, MovPc, PopPc};
        let branches = matches!(self.code, AddPc | B | Bl | Blx | Bx | MovPc | PopPc);
        branches || self.code as u8 >= Code::Cps as u8
    }
}
