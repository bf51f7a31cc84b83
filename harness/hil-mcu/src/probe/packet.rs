//! The Black Magic Probe remote protocol, version 1, as text: framing, packets and replies.
//!
//! Pure: it knows neither sockets nor the debug port. Whatever bytes arrive, every framed packet
//! becomes a [`Packet`] or a [`PacketError`], and both are answered: a client of this protocol has
//! no read time-out, so silence would hang it.

use thiserror::Error;

/// The longest packet accepted between `!` and `#`, the size of the real probe's buffer.
pub(crate) const PACKET_MAX: usize = 1024;
/// The longest memory read, so that its reply fits the same buffer.
pub(crate) const READ_MAX: u32 = 508;

/// One request of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// `GA`: who are you?
    Identify,
    /// `HC`: which version of the high-level protocol?
    ProtocolVersion,
    /// `GV`: the target's supply, as text.
    Voltage,
    /// `GZ`: drive NRST (true = low).
    AssertReset(bool),
    /// `Gz`: is NRST low?
    IsResetAsserted,
    /// `GP`, `GE`: target power or clock output, which this probe does not have; accepted.
    Ignored,
    /// `GF`: set the SWD clock, hertz.
    SetFrequency(u32),
    /// `Gf`: the SWD clock.
    Frequency,
    /// `SS`: use SWD.
    SelectSwd,
    /// `So`, `SO`: drive 1 to 32 bits, least significant first; with a parity bit after them.
    Drive { count: u8, bits: u32, parity: bool },
    /// `Si`, `SI`: sample 1 to 32 bits; with a parity bit after them.
    Sample { count: u8, parity: bool },
    /// `Hd`: read a register of the debug port.
    ReadDp { register: u8 },
    /// `HL`: read or write a register of the debug or access port.
    RawAccess {
        read: bool,
        access_port: bool,
        register: u8,
        value: u32,
    },
    /// `Ha`: read a register of access port `ap`.
    ReadAp { ap: u8, register: u8 },
    /// `HA`: write a register of access port `ap`.
    WriteAp { ap: u8, register: u8, value: u32 },
    /// `HM`: read `length` bytes at `address`.
    ReadMemory {
        ap: u8,
        csw: u32,
        address: u32,
        length: u32,
    },
    /// `Hm`: write `data` at `address` in units of `1 << align` bytes.
    WriteMemory {
        ap: u8,
        csw: u32,
        align: u8,
        address: u32,
        data: Vec<u8>,
    },
}

/// Why a packet was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PacketError {
    /// No such command in version 1 with SWD (JTAG, SPI and later versions are not offered).
    #[error("no such command")]
    Unsupported,
    /// A known command with a wrong, missing or surplus parameter.
    #[error("malformed parameter")]
    Parameter,
    /// Longer than the probe's buffer.
    #[error("longer than {PACKET_MAX} bytes")]
    TooLong,
}

/// What the probe answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Done, with a number.
    Value(u64),
    /// Done, with a register in the byte order the protocol gives it: as stored in memory.
    Register(u32),
    /// Done, with bytes.
    Bytes(Vec<u8>),
    /// Done, with plain text.
    Text(&'static str),
    /// The target did not do it: a bus fault or no acknowledge.
    TargetError(u8),
    /// The request was not understood.
    Refused(PacketError),
}

impl Reply {
    /// The bytes on the wire.
    #[must_use]
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Value(value) => format!("&K{value:x}#"),
            Self::Register(value) => format!("&K{:08x}#", value.swap_bytes()),
            Self::Bytes(bytes) => {
                let mut text = String::with_capacity(bytes.len() * 2 + 3);
                text.push_str("&K");
                for byte in bytes {
                    for nibble in [byte >> 4, byte & 15] {
                        text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
                    }
                }
                text.push('#');
                text
            }
            Self::Text(text) => format!("&K{text}#"),
            Self::TargetError(code) => format!("&E{code:x}#"),
            Self::Refused(PacketError::Unsupported) => "&N0#".to_owned(),
            Self::Refused(PacketError::Parameter | PacketError::TooLong) => "&P0#".to_owned(),
        }
        .into_bytes()
    }
}

/// Cuts a byte stream into packets; bytes outside `!…#` are ignored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Framer {
    body: Vec<u8>,
    inside: bool,
    too_long: bool,
}

impl Framer {
    /// Takes one byte; a completed packet, or why it is none.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Result<Packet, PacketError>> {
        match byte {
            b'!' => {
                self.body.clear();
                self.inside = true;
                self.too_long = false;
                None
            }
            _ if !self.inside => None,
            b'#' => {
                self.inside = false;
                Some(if self.too_long {
                    Err(PacketError::TooLong)
                } else {
                    parse(&self.body)
                })
            }
            _ if self.body.len() == PACKET_MAX => {
                self.too_long = true;
                None
            }
            _ => {
                self.body.push(byte);
                None
            }
        }
    }
}

/// Parses what stood between `!` and `#`.
pub(crate) fn parse(body: &[u8]) -> Result<Packet, PacketError> {
    let (command, rest) = body.split_at_checked(2).ok_or(PacketError::Unsupported)?;
    let mut fields = Fields(rest);
    let packet = match command {
        b"GA" => Packet::Identify,
        b"HC" => Packet::ProtocolVersion,
        b"GV" => Packet::Voltage,
        b"GZ" => Packet::AssertReset(fields.flag()?),
        b"Gz" => Packet::IsResetAsserted,
        b"GP" | b"GE" => {
            fields.flag()?;
            Packet::Ignored
        }
        b"GF" => Packet::SetFrequency(fields.hex(8)?),
        b"Gf" => Packet::Frequency,
        b"SS" => Packet::SelectSwd,
        b"So" | b"SO" => Packet::Drive {
            count: fields.bit_count()?,
            bits: fields.remaining_hex()?,
            parity: command == b"SO",
        },
        b"Si" | b"SI" => Packet::Sample {
            count: fields.bit_count()?,
            parity: command == b"SI",
        },
        b"Hd" | b"HL" | b"Ha" | b"HA" | b"HM" | b"Hm" => high_level(command[1], &mut fields)?,
        _ => return Err(PacketError::Unsupported),
    };
    fields.end()?;
    Ok(packet)
}

/// The accelerated commands, all of which begin with a device index that SWD does not need.
fn high_level(command: u8, fields: &mut Fields<'_>) -> Result<Packet, PacketError> {
    fields.byte()?;
    let selector = fields.byte()?;
    Ok(match command {
        b'd' => Packet::ReadDp {
            register: fields.register()?.1,
        },
        b'L' => {
            let (access_port, register) = fields.register()?;
            Packet::RawAccess {
                read: selector != 0,
                access_port,
                register,
                value: fields.hex(8)?,
            }
        }
        b'a' => Packet::ReadAp {
            ap: selector,
            register: fields.register()?.1,
        },
        b'A' => Packet::WriteAp {
            ap: selector,
            register: fields.register()?.1,
            value: fields.hex(8)?,
        },
        b'M' => Packet::ReadMemory {
            ap: selector,
            csw: fields.hex(8)?,
            address: fields.hex(8)?,
            length: Some(fields.hex(8)?)
                .filter(|&length| length <= READ_MAX)
                .ok_or(PacketError::Parameter)?,
        },
        _ => Packet::WriteMemory {
            ap: selector,
            csw: fields.hex(8)?,
            align: Some(fields.byte()?)
                .filter(|&align| align <= 3)
                .ok_or(PacketError::Parameter)?,
            address: fields.hex(8)?,
            data: fields.data()?,
        },
    })
}

/// The parameters of a packet, consumed from the left.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// A number of exactly `digits` hexadecimal digits.
    fn hex(&mut self, digits: usize) -> Result<u32, PacketError> {
        let (text, rest) = self
            .0
            .split_at_checked(digits)
            .ok_or(PacketError::Parameter)?;
        self.0 = rest;
        text.iter().try_fold(0, |value, &digit| {
            let digit = char::from(digit).to_digit(16);
            Ok(value << 4 | digit.ok_or(PacketError::Parameter)?)
        })
    }

    fn byte(&mut self) -> Result<u8, PacketError> {
        Ok(self.hex(2)? as u8)
    }

    fn flag(&mut self) -> Result<bool, PacketError> {
        match self.hex(1)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(PacketError::Parameter),
        }
    }

    /// `0x1rr` or `0x0rr`: whether it is an access port's register, and which. Reads of the debug
    /// port carry the flag too.
    fn register(&mut self) -> Result<(bool, u8), PacketError> {
        let value = self.hex(4)?;
        if value > 0x1FF || value & 3 != 0 {
            return Err(PacketError::Parameter);
        }
        Ok((value & 0x100 != 0, value as u8))
    }

    fn bit_count(&mut self) -> Result<u8, PacketError> {
        match self.byte()? {
            count @ 1..=32 => Ok(count),
            _ => Err(PacketError::Parameter),
        }
    }

    /// All that is left, as one number of 1 to 8 digits.
    fn remaining_hex(&mut self) -> Result<u32, PacketError> {
        match self.0.len() {
            digits @ 1..=8 => self.hex(digits),
            _ => Err(PacketError::Parameter),
        }
    }

    /// A length and that many bytes.
    fn data(&mut self) -> Result<Vec<u8>, PacketError> {
        let length = self.hex(8)? as usize;
        if self.0.len() != length.saturating_mul(2) {
            return Err(PacketError::Parameter);
        }
        (0..length).map(|_| self.byte()).collect()
    }

    fn end(&self) -> Result<(), PacketError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(PacketError::Parameter)
        }
    }
}

#[cfg(test)]
mod tests;
