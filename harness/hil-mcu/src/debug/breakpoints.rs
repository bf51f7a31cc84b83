//! The breakpoint unit: BP_CTRL and four comparators on instruction addresses in the code region
//! (ARMv6-M ARM §C1.8). Data watchpoints are not modelled: the flash loader needs none.

/// Comparators of the STM32G0's breakpoint unit (RM0444, debug support).
const COMPARATORS: usize = 4;
const CTRL_ENABLE: u32 = 1;
const CTRL_KEY: u32 = 1 << 1;
const COMP_ENABLE: u32 = 1;
/// Comparator bits that exist: BP_MATCH, COMP and ENABLE.
const COMP_MASK: u32 = 0xDFFF_FFFD;

/// State of the breakpoint unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakpoints {
    enabled: bool,
    comparators: [u32; COMPARATORS],
}

impl Breakpoints {
    /// Reads the register at `offset` from the unit's base; `None` where it has none.
    #[must_use]
    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0 => Some((COMPARATORS as u32) << 4 | u32::from(self.enabled)),
            8..0x18 => self.comparators.get((offset as usize - 8) / 4).copied(),
            _ => None,
        }
    }

    /// Writes the register at `offset` from the unit's base; BP_CTRL only with its key. False
    /// where there is no register.
    pub(crate) fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            0 => {
                if value & CTRL_KEY != 0 {
                    self.enabled = value & CTRL_ENABLE != 0;
                }
                true
            }
            8..0x18 => {
                self.comparators[(offset as usize - 8) / 4] = value & COMP_MASK;
                true
            }
            _ => false,
        }
    }

    /// Whether any comparator can match.
    #[inline]
    #[must_use]
    pub(crate) fn armed(&self) -> bool {
        self.enabled && self.comparators.iter().any(|c| c & COMP_ENABLE != 0)
    }

    /// Whether an enabled comparator matches the instruction at `address`.
    #[must_use]
    pub(crate) fn matches(&self, address: u32) -> bool {
        self.enabled
            && self.comparators.iter().any(|&comparator| {
                let half = if address & 2 == 0 { 1 << 30 } else { 1 << 31 };
                comparator & COMP_ENABLE != 0
                    && comparator & half != 0
                    && comparator & 0x1FFF_FFFC == address & !3
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: u32, halves: u32) -> Breakpoints {
        let mut unit = Breakpoints::default();
        assert!(unit.write(0, CTRL_KEY | CTRL_ENABLE));
        assert!(unit.write(8, halves << 30 | address & !3 | COMP_ENABLE));
        unit
    }

    #[test]
    fn four_comparators_are_announced() {
        assert_eq!(Breakpoints::default().read(0), Some(0x40));
        assert_eq!(Breakpoints::default().read(0x14), Some(0));
        assert_eq!(Breakpoints::default().read(0x18), None);
        assert!(!Breakpoints::default().write(4, 0));
    }

    #[test]
    fn a_comparator_matches_only_its_half_word() {
        let lower = at(0x0800_0100, 0b01);
        assert!(lower.matches(0x0800_0100) && !lower.matches(0x0800_0102));
        let upper = at(0x0800_0100, 0b10);
        assert!(upper.matches(0x0800_0102) && !upper.matches(0x0800_0100));
        let both = at(0x0800_0100, 0b11);
        assert!(both.matches(0x0800_0100) && both.matches(0x0800_0102));
        assert!(!both.matches(0x0800_0104) && !both.matches(0x2800_0100));
    }

    #[test]
    fn control_needs_its_key() {
        let mut unit = at(0x100, 0b11);
        assert!(unit.write(0, 0));
        assert!(unit.armed(), "a write without the key is ignored");
        assert!(unit.write(0, CTRL_KEY));
        assert!(!unit.armed() && !unit.matches(0x100));
    }
}
