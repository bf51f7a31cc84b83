//! What only the debugger sees on the bus: the debug registers of the core, the breakpoint unit
//! and the ROM tables. Every other address goes to the bus the core uses, so flash is written
//! through the flash controller or not at all.

use super::dap::Link;
use super::{Action, CoreStatus};
use crate::cpu::Activity;
use crate::memory::{BusFault, Width};

const BREAKPOINT_UNIT: u32 = 0xE000_2000;
const DFSR: u32 = 0xE000_ED30;
const DHCSR: u32 = 0xE000_EDF0;
const DCRSR: u32 = 0xE000_EDF4;
const DCRDR: u32 = 0xE000_EDF8;
const DEMCR: u32 = 0xE000_EDFC;
const DCRSR_WRITE: u32 = 1 << 16;
const DCRSR_REGISTER: u32 = 0x1F;

/// The chip's ROM table, which names the core's (RM0444, debug support).
pub(crate) const SYSTEM_ROM_TABLE: u32 = 0xF000_0000;
const CORE_ROM_TABLE: u32 = 0xE00F_F000;
const SYSTEM_CONTROL_SPACE: u32 = 0xE000_E000;
const BLOCK: u32 = 0x1000;
/// Where the management registers of a component begin (ADIv5.2 §D2); those it lacks read zero.
const MANAGEMENT: u32 = 0xF00;

/// A debug component: where it is, its identification, and the entries of a ROM table.
struct Component {
    base: u32,
    /// Component class in CIDR1: 1 is a ROM table, 14 a generic component.
    class: u8,
    /// PIDR0 to PIDR4 without the reserved PIDR3.
    peripheral_id: [u8; 4],
    entries: &'static [u32],
}

/// The data watchpoint unit is present in the ROM table and reads as one without comparators.
const COMPONENTS: [Component; 5] = [
    Component {
        base: SYSTEM_ROM_TABLE,
        class: 1,
        peripheral_id: [0x66, 0x04, 0x0A, 0x00],
        entries: &[CORE_ROM_TABLE.wrapping_sub(SYSTEM_ROM_TABLE) | 3],
    },
    Component {
        base: CORE_ROM_TABLE,
        class: 1,
        peripheral_id: [0xC0, 0xB4, 0x0B, 0x04],
        entries: &[0xFFF0_F003, 0xFFF0_2003, 0xFFF0_3003],
    },
    Component {
        base: SYSTEM_CONTROL_SPACE,
        class: 14,
        peripheral_id: [0x08, 0xB0, 0x0B, 0x04],
        entries: &[],
    },
    Component {
        base: 0xE000_1000,
        class: 14,
        peripheral_id: [0x0A, 0xB0, 0x0B, 0x04],
        entries: &[],
    },
    Component {
        base: BREAKPOINT_UNIT,
        class: 14,
        peripheral_id: [0x0B, 0xB0, 0x0B, 0x04],
        entries: &[],
    },
];

impl Component {
    /// The identification registers, and the entries of a ROM table.
    fn read(&self, offset: u32) -> Option<u32> {
        let index = offset as usize / 4;
        match offset {
            0xFD0 => Some(self.peripheral_id[3].into()),
            0xFE0..=0xFE8 => Some(self.peripheral_id[(offset as usize - 0xFE0) / 4].into()),
            0xFD4..=0xFDC | 0xFEC => Some(0),
            0xFF0 => Some(0x0D),
            0xFF4 => Some(u32::from(self.class) << 4),
            0xFF8 => Some(0x05),
            0xFFC => Some(0xB1),
            0xFCC if self.class == 1 => Some(1),
            _ if self.class == 1 => Some(self.entries.get(index).copied().unwrap_or(0)),
            _ => None,
        }
    }
}

/// Makes an access whose findings are not the program's: it is the debugger who touches what is
/// not modelled or not clocked.
fn unreported<T>(link: &mut Link<'_>, access: impl FnOnce(&mut Link<'_>) -> T) -> T {
    let findings = std::mem::take(&mut link.mcu.chip.findings);
    let result = access(link);
    link.mcu.chip.findings = findings;
    result
}

/// A read through the MEM-AP.
pub(crate) fn read(link: &mut Link<'_>, address: u32, width: Width) -> Result<u32, BusFault> {
    powered(link, address)?;
    if let (Width::Word, Some(value)) = (width, read_debug(link, address)) {
        return Ok(value);
    }
    unreported(link, |l| l.mcu.bus_read(address, width, l.circuit))
}

/// A write through the MEM-AP.
pub(crate) fn write(
    link: &mut Link<'_>,
    address: u32,
    width: Width,
    value: u32,
) -> Result<(), BusFault> {
    powered(link, address)?;
    if width == Width::Word && write_debug(link, address, value) {
        return Ok(());
    }
    unreported(link, |l| l.mcu.bus_write(address, width, value, l.circuit))
}

fn powered(link: &Link<'_>, addr: u32) -> Result<(), BusFault> {
    if link.mcu.has_supply() {
        Ok(())
    } else {
        Err(BusFault { addr })
    }
}

fn read_debug(link: &mut Link<'_>, address: u32) -> Option<u32> {
    if address & 3 != 0 || address < 0xE000_0000 {
        return None;
    }
    match address {
        DFSR => Some(link.mcu.debug.read_dfsr()),
        DHCSR => {
            if !link.mcu.debug.is_halted() {
                link.note_running_poll();
            }
            let core = CoreStatus {
                sleeping: link.mcu.cpu.sleeping(),
                locked_up: link.mcu.cpu.activity == Activity::LockedUp,
            };
            Some(link.mcu.debug.read_dhcsr(core))
        }
        DCRSR => Some(0),
        DCRDR => Some(link.mcu.debug.transfer),
        DEMCR => Some(link.mcu.debug.read_demcr()),
        _ => read_component(link, address),
    }
}

fn read_component(link: &Link<'_>, address: u32) -> Option<u32> {
    let (base, offset) = (address & !(BLOCK - 1), address & (BLOCK - 1));
    let component = COMPONENTS.iter().find(|c| c.base == base)?;
    if base == BREAKPOINT_UNIT
        && let Some(value) = link.mcu.debug.breakpoints.read(offset)
    {
        return Some(value);
    }
    match component.read(offset) {
        // The lower part of the system control space belongs to the core.
        None if base == SYSTEM_CONTROL_SPACE && offset < MANAGEMENT => None,
        value => Some(value.unwrap_or(0)),
    }
}

/// True if the address belongs to the debugger alone.
fn write_debug(link: &mut Link<'_>, address: u32, value: u32) -> bool {
    match address {
        DFSR => link.mcu.debug.write_dfsr(value),
        DHCSR => write_dhcsr(link, value),
        DCRSR => transfer(link, value),
        DCRDR => link.mcu.debug.transfer = value,
        DEMCR => link.mcu.debug.write_demcr(value),
        _ => {
            let base = address & !(BLOCK - 1);
            if base == BREAKPOINT_UNIT {
                link.mcu
                    .debug
                    .breakpoints
                    .write(address & (BLOCK - 1), value);
            }
            return base != SYSTEM_CONTROL_SPACE && COMPONENTS.iter().any(|c| c.base == base);
        }
    }
    true
}

/// A step executes inside the write, so that serving a packet needs no further time.
fn write_dhcsr(link: &mut Link<'_>, value: u32) {
    let action = link.mcu.debug.write_dhcsr(value);
    link.mcu.tell_halted(link.circuit);
    if action == Action::Step {
        link.mcu.step(link.circuit);
        link.mcu.debug.step_done();
        link.mcu.tell_halted(link.circuit);
    }
}

/// Moves a core register to or from DCRDR; only in Debug state.
fn transfer(link: &mut Link<'_>, value: u32) {
    if !link.mcu.debug.is_halted() {
        return;
    }
    let register = (value & DCRSR_REGISTER) as u8;
    if value & DCRSR_WRITE != 0 {
        link.mcu.cpu.debug_write(register, link.mcu.debug.transfer);
    } else {
        link.mcu.debug.transfer = link.mcu.cpu.debug_read(register);
    }
}
