//! Debug support (RM0444 §38.9): identity of the chip, and which counters stop while the core is
//! halted.
//!
//! DBG_STOP and DBG_STANDBY are kept as written: the clocks the debug port needs always run here.

/// DEV_ID 0x466, revision Z.
pub(crate) const IDCODE: u32 = 0x1001_0466;

/// The registers. Only a power-on reset clears them (RM0444 §38.9.2).
#[derive(Clone, Debug, Default)]
pub(crate) struct Dbg {
    cr: u32,
    freeze: [u32; 2],
}

impl Dbg {
    /// Whether a bit of APB_FZ1 (`register` 0) or APB_FZ2 (1) is set.
    pub fn freezes(&self, register: usize, bit: u8) -> bool {
        self.freeze[register] >> bit & 1 == 1
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => IDCODE,
            0x04 => self.cr,
            0x08 => self.freeze[0],
            0x0C => self.freeze[1],
            _ => return None,
        })
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            0x00 => {}
            0x04 => self.cr = value & 6,
            0x08 => self.freeze[0] = value & 0xC020_1C03,
            0x0C => self.freeze[1] = value & 0x0006_8800,
            _ => return false,
        }
        true
    }
}
