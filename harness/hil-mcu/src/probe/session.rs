//! What the probe does for one client on one board: packets in, replies out.
//!
//! It is the firmware of the probe, without the socket: it clocks the line and drives the debug
//! port, and the chip behind it cannot tell it from a real one.

use super::packet::{Packet, PacketError, Reply};
use crate::debug::dap::{Link, Refused, ap, dp};

/// Told to `GA`; the client shows it.
const IDENTITY: &str = "Black Magic Probe of a virtual board";
/// The version of the high-level protocol offered.
const PROTOCOL_VERSION: u64 = 1;
const TARGET_SUPPLY: &str = "3.0V";
const NO_SUPPLY: &str = "0.0V";
/// The codes of `&E…#`: a refused access, and a target that does not answer.
const FAULT: u8 = 1;
const NO_ANSWER: u8 = 7;
const CSW_SIZE: u32 = 7;
const CSW_INCREMENT: u32 = 3 << 4;
const CSW_INCREMENT_SINGLE: u32 = 1 << 4;
/// The MEM-AP increments its address within this span only.
const INCREMENT_SPAN: u32 = 1024;
const DEFAULT_FREQUENCY_HZ: u32 = 4_000_000;

/// The probe's own state.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    listening: bool,
    reset_asserted: bool,
    frequency_hz: u32,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            listening: false,
            reset_asserted: false,
            frequency_hz: DEFAULT_FREQUENCY_HZ,
        }
    }
}

impl Session {
    /// Serves one packet.
    pub(crate) fn serve(&mut self, packet: &Packet, link: &mut Link<'_>) -> Reply {
        let powered = link.mcu.has_supply();
        match *packet {
            Packet::Identify => Reply::Text(IDENTITY),
            Packet::ProtocolVersion => Reply::Value(PROTOCOL_VERSION),
            Packet::Voltage if powered => Reply::Text(TARGET_SUPPLY),
            Packet::Voltage => Reply::Text(NO_SUPPLY),
            Packet::AssertReset(low) => {
                self.drive_reset(low, link);
                Reply::Value(0)
            }
            Packet::IsResetAsserted => Reply::Value(self.reset_asserted.into()),
            Packet::Ignored => Reply::Value(0),
            Packet::SetFrequency(hertz) => {
                self.frequency_hz = hertz;
                Reply::Value(0)
            }
            Packet::Frequency => Reply::Value((self.frequency_hz / 1000).into()),
            Packet::SelectSwd => {
                self.listening = false;
                Reply::Value(0)
            }
            Packet::Drive {
                count,
                bits,
                parity,
            } => self.drive(link, count, bits, parity),
            Packet::Sample { count, parity } => self.sample(link, count, parity),
            ref access if powered => accelerated(access, link),
            _ => Reply::TargetError(NO_ANSWER),
        }
    }

    /// The client is gone: lets go of the reset line, so that the board is not held for ever.
    pub(crate) fn close(&mut self, link: &mut Link<'_>) {
        self.drive_reset(false, link);
    }

    fn drive_reset(&mut self, low: bool, link: &mut Link<'_>) {
        if self.reset_asserted != low {
            self.reset_asserted = low;
            let at = link.mcu.now();
            link.mcu.set_nrst(at, low, link.circuit);
        }
    }

    /// A change of direction costs one clock, the turnaround.
    fn turn(&mut self, link: &mut Link<'_>, listening: bool) {
        if self.listening != listening {
            self.listening = listening;
            link.clock(None);
        }
    }

    fn drive(&mut self, link: &mut Link<'_>, count: u8, bits: u32, parity: bool) -> Reply {
        self.turn(link, false);
        let mut ones = 0;
        for n in 0..count {
            let bit = bits >> n & 1 == 1;
            ones += u32::from(bit);
            link.clock(Some(bit));
        }
        if parity {
            link.clock(Some(ones % 2 == 1));
        }
        Reply::Value(0)
    }

    fn sample(&mut self, link: &mut Link<'_>, count: u8, parity: bool) -> Reply {
        self.turn(link, true);
        let mut value = 0_u32;
        for n in 0..count {
            value |= u32::from(link.clock(None)) << n;
        }
        if parity && link.clock(None) != (value.count_ones() % 2 == 1) {
            return Reply::Refused(PacketError::Parameter);
        }
        Reply::Value(value.into())
    }
}

/// The high-level commands, which need a target that answers.
fn accelerated(packet: &Packet, link: &mut Link<'_>) -> Reply {
    match *packet {
        Packet::ReadDp { register } => Reply::Register(link.read_dp(register)),
        Packet::ReadAp { ap, register } => register_reply(link, |l| l.read_ap(ap, register)),
        Packet::WriteAp {
            ap,
            register,
            value,
        } => done(link, |l| l.write_ap(ap, register, value)),
        Packet::RawAccess {
            read,
            access_port,
            register,
            value,
        } => raw_access(link, read, access_port, register, value),
        Packet::ReadMemory {
            ap,
            csw,
            address,
            length,
        } => match read_memory(link, ap, csw, address, length) {
            Ok(bytes) => Reply::Bytes(bytes),
            Err(Refused) => refused(link),
        },
        Packet::WriteMemory {
            ap,
            csw,
            align,
            address,
            ref data,
        } => {
            let unit = 1 << align.min(2);
            if !(address | data.len() as u32).is_multiple_of(unit) {
                return Reply::Refused(PacketError::Parameter);
            }
            done(link, |l| write_memory(l, ap, csw, unit, address, data))
        }
        _ => Reply::Refused(PacketError::Unsupported),
    }
}

fn raw_access(
    link: &mut Link<'_>,
    read: bool,
    access_port: bool,
    register: u8,
    value: u32,
) -> Reply {
    // Access-port registers keep the selection the client wrote to SELECT.
    let select = link.selected();
    let (ap, register) = if access_port {
        ((select >> 24) as u8, select as u8 & 0xF0 | register & 0xC)
    } else {
        (0, register)
    };
    match (read, access_port) {
        (true, false) => Reply::Register(link.read_dp(register)),
        (true, true) => register_reply(link, |l| l.read_ap(ap, register)),
        (false, true) => done(link, |l| l.write_ap(ap, register, value)),
        (false, false) => {
            link.write_dp(register, value);
            Reply::Value(0)
        }
    }
}

fn register_reply(
    link: &mut Link<'_>,
    access: impl FnOnce(&mut Link<'_>) -> Result<u32, Refused>,
) -> Reply {
    match access(link) {
        Ok(value) => Reply::Register(value),
        Err(Refused) => refused(link),
    }
}

fn done(link: &mut Link<'_>, access: impl FnOnce(&mut Link<'_>) -> Result<(), Refused>) -> Reply {
    match access(link) {
        Ok(()) => Reply::Value(0),
        Err(Refused) => refused(link),
    }
}

/// Clears the sticky errors, so that the client's next request finds the port usable.
fn refused(link: &mut Link<'_>) -> Reply {
    link.clear_errors();
    Reply::TargetError(FAULT)
}

/// Programs the MEM-AP for transfers of `unit` bytes from `address` on.
fn set_up(link: &mut Link<'_>, ap: u8, csw: u32, unit: u32) -> Result<(), Refused> {
    let csw = csw & !(CSW_SIZE | CSW_INCREMENT) | CSW_INCREMENT_SINGLE | (unit / 2);
    link.write_ap(ap, ap::CSW, csw)
}

/// Sets the address at the start and wherever the increment would wrap.
fn set_address(link: &mut Link<'_>, ap: u8, address: u32, first: bool) -> Result<(), Refused> {
    if first || address.is_multiple_of(INCREMENT_SPAN) {
        link.write_ap(ap, ap::TAR, address)?;
    }
    Ok(())
}

/// Reads carry no width: the widest that address and length are multiples of.
fn read_memory(
    link: &mut Link<'_>,
    ap: u8,
    csw: u32,
    address: u32,
    length: u32,
) -> Result<Vec<u8>, Refused> {
    let unit = match (address | length) & 3 {
        0 => 4,
        2 => 2,
        _ => 1,
    };
    set_up(link, ap, csw, unit)?;
    let mut bytes = Vec::with_capacity(length as usize);
    for offset in (0..length).step_by(unit as usize) {
        let at = address.wrapping_add(offset);
        set_address(link, ap, at, offset == 0)?;
        let lanes = link.read_ap(ap, ap::DRW)?.to_le_bytes();
        let lane = (at & 3) as usize;
        bytes.extend_from_slice(&lanes[lane..lane + unit as usize]);
    }
    Ok(bytes)
}

fn write_memory(
    link: &mut Link<'_>,
    ap: u8,
    csw: u32,
    unit: u32,
    address: u32,
    data: &[u8],
) -> Result<(), Refused> {
    set_up(link, ap, csw, unit)?;
    for (index, chunk) in data.chunks_exact(unit as usize).enumerate() {
        let at = address.wrapping_add(index as u32 * unit);
        set_address(link, ap, at, index == 0)?;
        let mut lanes = [0; 4];
        let lane = (at & 3) as usize;
        lanes[lane..lane + unit as usize].copy_from_slice(chunk);
        link.write_ap(ap, ap::DRW, u32::from_le_bytes(lanes))?;
    }
    // Writes are posted; the probe reads RDBUFF to have waited for the last one.
    link.read_dp(dp::RDBUFF);
    Ok(())
}

#[cfg(test)]
mod tests;
