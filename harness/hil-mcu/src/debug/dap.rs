//! The debug access port: the registers of the SW-DP and of its one MEM-AP (ADIv5.2 §B2, §C2).
//!
//! [`DebugPort`] is the state, part of the chip; a [`Link`] is that state with the chip and the
//! circuit around it, for as long as an access takes.

use super::registers;
use super::swd::{Ack, Port, SwdLine};
use crate::memory::{BusFault, Width};
use crate::{Circuit, Mcu};

/// SW-DP of a Cortex-M0+, version 1 with minimal features (RM0444, debug support).
const DPIDR: u32 = 0x0BC1_1477;
/// AHB-AP of a Cortex-M0+.
const AP_IDR: u32 = 0x0477_0031;
/// The ROM table of the chip, 32-bit format, present.
const AP_BASE: u32 = registers::SYSTEM_ROM_TABLE | 3;

/// Registers of the debug port, by address.
pub(crate) mod dp {
    /// DPIDR when read, ABORT when written.
    pub(crate) const ABORT: u8 = 0x0;
    /// CTRL/STAT in bank 0.
    pub(crate) const CTRL_STAT: u8 = 0x4;
    /// SELECT when written.
    pub(crate) const SELECT: u8 = 0x8;
    /// RDBUFF when read.
    pub(crate) const RDBUFF: u8 = 0xC;
}

/// Registers of the MEM-AP, by address.
pub(crate) mod ap {
    /// Control and status word.
    pub(crate) const CSW: u8 = 0x00;
    /// Transfer address.
    pub(crate) const TAR: u8 = 0x04;
    /// Data read/write.
    pub(crate) const DRW: u8 = 0x0C;
}

const ABORT_CLEAR_ERRORS: u32 = 0x1E;
const STICKY_ERROR: u32 = 1 << 5;
const WRITE_DATA_ERROR: u32 = 1 << 7;
const OVERRUN_DETECT: u32 = 1;
const POWER_REQUESTS: u32 = 1 << 28 | 1 << 30;
/// CTRL/STAT bits a debugger may write.
const CTRL_WRITABLE: u32 = POWER_REQUESTS | OVERRUN_DETECT;

const CSW_RESET: u32 = 0x0300_0042;
const CSW_DEVICE_ENABLED: u32 = 1 << 6;
const CSW_WRITABLE: u32 = 0xFF00_0037;
const CSW_SIZE: u32 = 7;
const CSW_INCREMENT_SINGLE: u32 = 1 << 4;
const CSW_INCREMENT: u32 = 3 << 4;
/// Auto-increment is guaranteed, and done here, within this span only (ADIv5.2 §C2.2.2).
const INCREMENT_SPAN: u32 = 1024;

/// An access the debug port refused: the chip has no power, or a bus error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// State of SW-DP and MEM-AP.
#[derive(Clone, Debug)]
pub(crate) struct DebugPort {
    line: SwdLine,
    ctrl: u32,
    select: u32,
    read_buffer: u32,
    csw: u32,
    tar: u32,
    /// DHCSR was read and the core was running: somebody waits for it.
    polled_running: bool,
}

impl Default for DebugPort {
    fn default() -> Self {
        Self {
            line: SwdLine::default(),
            ctrl: 0,
            select: 0,
            read_buffer: 0,
            csw: CSW_RESET,
            tar: 0,
            polled_running: false,
        }
    }
}

/// A probe's wires on a chip in its circuit.
pub(crate) struct Link<'a> {
    pub(crate) mcu: &'a mut Mcu,
    pub(crate) circuit: &'a mut dyn Circuit,
}

impl Link<'_> {
    /// One clock on SWCLK; see [`SwdLine::clock`].
    pub(crate) fn clock(&mut self, driven: Option<bool>) -> bool {
        if !self.mcu.has_supply() {
            return driven.unwrap_or(true);
        }
        let mut line = std::mem::take(&mut self.port().line);
        let level = line.clock(driven, self);
        self.port().line = line;
        level
    }

    /// Reads a register of the debug port.
    pub(crate) fn read_dp(&mut self, register: u8) -> u32 {
        let port = self.port();
        match (register & 0xC, port.select & 0xF) {
            (dp::ABORT, _) => DPIDR,
            (dp::CTRL_STAT, 0) => port.ctrl | (port.ctrl & POWER_REQUESTS) << 1,
            (dp::RDBUFF, _) => port.read_buffer,
            _ => 0,
        }
    }

    /// Writes a register of the debug port.
    pub(crate) fn write_dp(&mut self, register: u8, value: u32) {
        let port = self.port();
        match (register & 0xC, port.select & 0xF) {
            (dp::ABORT, _) if value & ABORT_CLEAR_ERRORS != 0 => {
                port.ctrl &= !(STICKY_ERROR | WRITE_DATA_ERROR);
            }
            (dp::CTRL_STAT, 0) => {
                port.ctrl = port.ctrl & !CTRL_WRITABLE | value & CTRL_WRITABLE;
            }
            (dp::SELECT, _) => port.select = value,
            _ => {}
        }
    }

    /// Reads a register of access port `ap`, selecting it as a probe does. Sets STICKYERR when
    /// the bus refuses.
    pub(crate) fn read_ap(&mut self, ap: u8, register: u8) -> Result<u32, Refused> {
        self.select(ap, register);
        self.read_selected(register)
    }

    /// Writes a register of access port `ap`, selecting it as a probe does. Sets STICKYERR when
    /// the bus refuses.
    pub(crate) fn write_ap(&mut self, ap: u8, register: u8, value: u32) -> Result<(), Refused> {
        self.select(ap, register);
        self.write_selected(register, value)
    }

    /// What SELECT holds: access port, register bank and debug-port bank.
    pub(crate) fn selected(&self) -> u32 {
        self.mcu.debug_port.select
    }

    /// Clears the sticky errors, as a probe does after a failed access.
    pub(crate) fn clear_errors(&mut self) {
        self.write_dp(dp::ABORT, ABORT_CLEAR_ERRORS);
    }

    /// Whether a running core was polled since the last call.
    pub(crate) fn take_polled_running(&mut self) -> bool {
        std::mem::take(&mut self.port().polled_running)
    }

    pub(super) fn note_running_poll(&mut self) {
        self.port().polled_running = true;
    }

    fn port(&mut self) -> &mut DebugPort {
        &mut self.mcu.debug_port
    }

    fn select(&mut self, ap: u8, register: u8) {
        let port = self.port();
        port.select = u32::from(ap) << 24 | u32::from(register & 0xF0) | port.select & 0xF;
    }

    fn ready(&mut self) -> Result<(), Refused> {
        let ctrl = self.port().ctrl;
        if ctrl & POWER_REQUESTS == POWER_REQUESTS && ctrl & STICKY_ERROR == 0 {
            Ok(())
        } else {
            Err(Refused)
        }
    }

    fn read_selected(&mut self, register: u8) -> Result<u32, Refused> {
        self.ready()?;
        let port = self.port();
        if port.select >> 24 != 0 {
            return Ok(0);
        }
        Ok(match port.select as u8 & 0xF0 | register & 0xC {
            ap::CSW => port.csw | CSW_DEVICE_ENABLED,
            ap::TAR => port.tar,
            ap::DRW => self.read_data()?,
            banked @ 0x10..=0x1C => {
                let address = port.tar & !0xF | u32::from(banked & 0xC);
                let access = registers::read(self, address, Width::Word);
                self.sticky(access)?
            }
            0xF8 => AP_BASE,
            0xFC => AP_IDR,
            _ => 0,
        })
    }

    fn write_selected(&mut self, register: u8, value: u32) -> Result<(), Refused> {
        self.ready()?;
        let port = self.port();
        if port.select >> 24 != 0 {
            return Ok(());
        }
        match port.select as u8 & 0xF0 | register & 0xC {
            ap::CSW => port.csw = value & CSW_WRITABLE,
            ap::TAR => port.tar = value,
            ap::DRW => self.write_data(value)?,
            banked @ 0x10..=0x1C => {
                let address = port.tar & !0xF | u32::from(banked & 0xC);
                let access = registers::write(self, address, Width::Word, value);
                self.sticky(access)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Size of a transfer through DRW. Sizes the bus does not have act as a word.
    fn width(&mut self) -> Width {
        match self.port().csw & CSW_SIZE {
            0 => Width::Byte,
            1 => Width::Half,
            _ => Width::Word,
        }
    }

    /// A transfer moves the byte lanes that its address names, not the lowest ones.
    fn read_data(&mut self) -> Result<u32, Refused> {
        let (address, width) = (self.port().tar, self.width());
        let access = registers::read(self, address, width);
        let value = self.sticky(access)?;
        self.increment(width);
        Ok(value << (8 * (address & 3)))
    }

    fn write_data(&mut self, value: u32) -> Result<(), Refused> {
        let (address, width) = (self.port().tar, self.width());
        let lanes = value >> (8 * (address & 3));
        let lanes = match width {
            Width::Byte => lanes & 0xFF,
            Width::Half => lanes & 0xFFFF,
            Width::Word => lanes,
        };
        let access = registers::write(self, address, width, lanes);
        self.sticky(access)?;
        self.increment(width);
        Ok(())
    }

    fn increment(&mut self, width: Width) {
        let port = self.port();
        if port.csw & CSW_INCREMENT == CSW_INCREMENT_SINGLE {
            let next = port.tar.wrapping_add(width.bytes());
            port.tar = port.tar & !(INCREMENT_SPAN - 1) | next & (INCREMENT_SPAN - 1);
        }
    }

    fn sticky<T>(&mut self, access: Result<T, BusFault>) -> Result<T, Refused> {
        access.map_err(|_| {
            self.port().ctrl |= STICKY_ERROR;
            Refused
        })
    }
}

/// Access-port transfers on the line use the selection the debugger made, and reads are posted.
impl Port for Link<'_> {
    fn acknowledge(&mut self, access_port: bool, _read: bool, _register: u8) -> Ack {
        if access_port && self.ready().is_err() {
            Ack::Fault
        } else {
            Ack::Ok
        }
    }

    fn read(&mut self, access_port: bool, register: u8) -> u32 {
        if !access_port {
            return self.read_dp(register);
        }
        let posted = self.port().read_buffer;
        if let Ok(value) = self.read_selected(register) {
            self.port().read_buffer = value;
        }
        posted
    }

    fn write(&mut self, access_port: bool, register: u8, value: u32) {
        if access_port {
            // A refused write leaves STICKYERR behind, which the next acknowledge tells.
            let _ = self.write_selected(register, value);
        } else {
            self.write_dp(register, value);
        }
    }

    fn write_parity_error(&mut self) {
        self.port().ctrl |= WRITE_DATA_ERROR;
    }

    fn data_after_fault(&self) -> bool {
        self.mcu.debug_port.ctrl & OVERRUN_DETECT != 0
    }
}
