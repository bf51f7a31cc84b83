//! Which exceptions are pending, enabled and active, and at which priority: the NVIC and the
//! system handlers together (ARMv6-M ARM §B1.5.4, §B3.4).
//!
//! Exceptions are numbered as in IPSR: 2 NMI, 3 HardFault, 11 SVCall, 14 PendSV, 15 SysTick, and
//! 16 + n for interrupt n.

pub(crate) const NMI: u8 = 2;
pub(crate) const HARD_FAULT: u8 = 3;
pub(crate) const SVCALL: u8 = 11;
pub(crate) const PENDSV: u8 = 14;
pub(crate) const SYSTICK: u8 = 15;
/// Exception number of interrupt 0.
const FIRST_IRQ: u8 = 16;
/// Exceptions that exist: 16 of the system and 32 interrupts.
const COUNT: usize = 48;
/// Priority of a core that handles nothing.
const THREAD: i16 = 256;
/// Implemented bits of a priority: four levels.
const PRIORITY_MASK: u8 = 0xC0;

/// The state of all exceptions; bit n of a set is exception n.
#[derive(Clone, Debug)]
pub(crate) struct Nvic {
    pending: u64,
    active: u64,
    enabled: u64,
    priority: [u8; COUNT],
    lines: u32,
}

const fn bit(exception: u8) -> u64 {
    1 << exception
}

impl Default for Nvic {
    fn default() -> Self {
        Self {
            pending: 0,
            active: 0,
            // The system handlers cannot be disabled.
            enabled: (1 << FIRST_IRQ) - 1,
            priority: [0; COUNT],
            lines: 0,
        }
    }
}

impl Nvic {
    /// Takes over the levels of the interrupt lines: a line pends its interrupt when it rises.
    /// True if an interrupt became pending (SEVONPEND).
    pub(crate) fn set_lines(&mut self, lines: u32) -> bool {
        let rising = lines & !self.lines;
        self.lines = lines;
        rising != 0 && self.pend_set(u64::from(rising) << FIRST_IRQ)
    }

    /// Makes one exception pending; true if it was not.
    pub(crate) fn pend(&mut self, exception: u8) -> bool {
        self.pend_set(bit(exception))
    }

    fn pend_set(&mut self, set: u64) -> bool {
        let fresh = set & !self.pending != 0;
        self.pending |= set;
        fresh
    }

    /// Takes back a pending state.
    pub(crate) fn unpend(&mut self, exception: u8) {
        self.pending &= !bit(exception);
    }

    pub(crate) fn is_pending(&self, exception: u8) -> bool {
        self.pending & bit(exception) != 0
    }

    /// The exception starts: no longer pending, now active.
    pub(crate) fn activate(&mut self, exception: u8) {
        self.pending &= !bit(exception);
        self.active |= bit(exception);
    }

    /// The exception returns. Its line, if still high, pends it again.
    pub(crate) fn deactivate(&mut self, exception: u8) {
        self.active &= !bit(exception);
        self.pending |= bit(exception) & u64::from(self.lines) << FIRST_IRQ;
    }

    /// Another exception took this one's place before its first instruction.
    pub(crate) fn displace(&mut self, exception: u8) {
        self.active &= !bit(exception);
        self.pending |= bit(exception);
    }

    fn priority_of(&self, exception: u8) -> i16 {
        match exception {
            NMI => -2,
            HARD_FAULT => -1,
            n => i16::from(self.priority[usize::from(n)]),
        }
    }

    /// The priority the core runs at: the highest of its active exceptions, raised to 0 by PRIMASK.
    pub(crate) fn execution_priority(&self, primask: bool) -> i16 {
        let ceiling = if primask { 0 } else { THREAD };
        exceptions(self.active)
            .map(|n| self.priority_of(n))
            .fold(ceiling, i16::min)
    }

    /// The exception that would now preempt a core with this PRIMASK: the pending and enabled one
    /// of highest priority, lowest number first. `hold_back` keeps PendSV, SysTick and interrupts
    /// out (DHCSR.C_MASKINTS).
    #[inline]
    pub(crate) fn preempting(&self, primask: bool, hold_back: bool) -> Option<u8> {
        let mut ready = self.pending & self.enabled;
        if hold_back {
            ready &= bit(PENDSV) - 1;
        }
        if ready == 0 {
            return None;
        }
        let first = exceptions(ready).min_by_key(|&n| (self.priority_of(n), n))?;
        (self.priority_of(first) < self.execution_priority(primask)).then_some(first)
    }

    /// VECTPENDING: the pending and enabled exception of highest priority, 0 if none.
    pub(crate) fn highest_pending(&self) -> u8 {
        exceptions(self.pending & self.enabled)
            .min_by_key(|&n| (self.priority_of(n), n))
            .unwrap_or(0)
    }

    /// Whether any interrupt is pending (ICSR.ISRPENDING).
    pub(crate) fn interrupt_pending(&self) -> bool {
        self.pending >> FIRST_IRQ != 0
    }

    /// Reads an NVIC register at `offset` from 0xE000E100.
    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0x000 | 0x080 => Some((self.enabled >> FIRST_IRQ) as u32),
            0x100 | 0x180 => Some((self.pending >> FIRST_IRQ) as u32),
            0x300..0x320 => Some(self.priorities(FIRST_IRQ + (offset & 0x1C) as u8)),
            _ => None,
        }
    }

    /// Writes an NVIC register. The outer `None`: no such register; else whether an interrupt
    /// became pending.
    pub(crate) fn write(&mut self, offset: u32, value: u32) -> Option<bool> {
        let set = u64::from(value) << FIRST_IRQ;
        match offset {
            0x000 => self.enabled |= set,
            0x080 => self.enabled &= !set,
            0x100 => return Some(self.pend_set(set)),
            0x180 => {
                // A line that is still high pends its interrupt again at once.
                let held = u64::from(self.lines) << FIRST_IRQ & !self.active;
                self.pending &= !set | held;
            }
            0x300..0x320 => self.set_priorities(FIRST_IRQ + (offset & 0x1C) as u8, value),
            _ => return None,
        }
        Some(false)
    }

    /// The priorities of four exceptions from `first` on, one per byte.
    pub(crate) fn priorities(&self, first: u8) -> u32 {
        let first = usize::from(first);
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.priority[first..first + 4]);
        u32::from_le_bytes(bytes)
    }

    /// Sets the priorities of four exceptions from `first` on.
    pub(crate) fn set_priorities(&mut self, first: u8, value: u32) {
        for (exception, byte) in (usize::from(first)..).zip(value.to_le_bytes()) {
            self.priority[exception] = byte & PRIORITY_MASK;
        }
    }
}

/// The exceptions in a set, lowest number first.
fn exceptions(mut set: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let number = set.trailing_zeros() as u8;
        set &= set.checked_sub(1)?;
        Some(number)
    })
}
