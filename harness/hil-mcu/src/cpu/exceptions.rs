//! What entering and leaving an exception does to the core and its stack (ARMv6-M ARM §B1.5.6 to
//! §B1.5.8). Which exception, and when, is decided by the NVIC and `mcu`.

use super::{Bus, Cpu, Flags};
use crate::memory::{BusFault, Width};

/// Bytes of an exception frame: R0 to R3, R12, LR, return address, xPSR.
const FRAME: u32 = 0x20;
/// xPSR bit 9 in a frame: the stack pointer was moved by four to align it to eight.
const ALIGNED: u32 = 1 << 9;

impl Cpu {
    /// Pushes the frame and returns the EXC_RETURN value that undoes it. The stack pointer moves
    /// even if a write fails.
    pub(crate) fn push_frame(&mut self, bus: &mut dyn Bus) -> (u32, Result<(), BusFault>) {
        let exc_return = match (self.ipsr, self.uses_psp()) {
            (0, true) => 0xFFFF_FFFD,
            (0, false) => 0xFFFF_FFF9,
            _ => 0xFFFF_FFF1,
        };
        let sp = self.r[13];
        let frame = sp.wrapping_sub(FRAME) & !4;
        let psr = self.xpsr() | if sp & 4 != 0 { ALIGNED } else { 0 };
        let [r0, r1, r2, r3, .., r12, _, lr, pc] = self.r;
        self.r[13] = frame;
        let words = [r0, r1, r2, r3, r12, lr, pc, psr];
        let mut addr = frame;
        for word in words {
            if let Err(fault) = bus.write(addr, Width::Word, word) {
                return (exc_return, Err(fault));
            }
            addr = addr.wrapping_add(4);
        }
        (exc_return, Ok(()))
    }

    /// Starts the handler of exception `number` at `vector`.
    pub(crate) fn start_handler(&mut self, number: u8, vector: u32, exc_return: u32) {
        self.switch(number, self.control & 1);
        self.r[14] = exc_return;
        self.r[15] = vector & !1;
        self.thumb = vector & 1 != 0;
        self.event = true;
        self.just_entered = true;
    }

    /// Pops the frame that `exc_return` names and continues what was interrupted.
    ///
    /// # Errors
    /// `None` if `exc_return` or the frame's exception number does not fit the mode returned to
    /// (UNPREDICTABLE, HardFault here); the fault if the frame cannot be read. Nothing has changed
    /// then.
    pub(crate) fn pop_frame(
        &mut self,
        exc_return: u32,
        bus: &mut dyn Bus,
    ) -> Result<(), Option<BusFault>> {
        let (thread, process_stack) = match exc_return & 0xF {
            0x1 => (false, false),
            0x9 => (true, false),
            0xD => (true, true),
            _ => return Err(None),
        };
        let frame = if process_stack {
            self.psp()
        } else {
            self.msp()
        };
        let mut words = [0; 8];
        for (index, word) in (0..).zip(&mut words) {
            *word = bus
                .read(frame.wrapping_add(index * 4), Width::Word)
                .map_err(Some)?;
        }
        let [r0, r1, r2, r3, r12, lr, pc, psr] = words;
        let number = (psr & 0x3F) as u8;
        if thread != (number == 0) {
            return Err(None);
        }
        self.switch(number, self.control & 1 | u8::from(process_stack) << 1);
        self.r[..4].copy_from_slice(&[r0, r1, r2, r3]);
        self.r[12] = r12;
        let realign = if psr & ALIGNED != 0 { 4 } else { 0 };
        self.r[13] = frame.wrapping_add(FRAME) | realign;
        self.r[14] = lr;
        self.r[15] = pc & !1;
        self.flags = Flags::from_psr(psr);
        self.thumb = psr & 1 << 24 != 0;
        self.event = true;
        Ok(())
    }
}
