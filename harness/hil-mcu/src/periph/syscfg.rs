//! System configuration controller (RM0444 §8): the configuration registers and the interrupt
//! line status registers.
//!
//! Memory remapping by MEM_MODE is reported when asked for. VREFBUF is not modelled.

use super::cx::Cx;

/// The registers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syscfg {
    cfgr1: u32,
    cfgr2: u32,
}

impl Syscfg {
    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.cfgr1,
            0x18 => self.cfgr2,
            _ => return None,
        })
    }

    /// Writes a register; false if there is none.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> bool {
        match offset {
            0x00 => {
                if value & 3 != 0 {
                    cx.unmodelled_mode("SYSCFG", "memory remapping (MEM_MODE)");
                }
                self.cfgr1 = value & 0x01FF_01FB;
            }
            0x18 => self.cfgr2 |= value & 0xB,
            _ => return false,
        }
        true
    }
}
