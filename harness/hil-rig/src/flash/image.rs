//! A firmware image: an ELF file, checked against the chip it is meant for before any probe is
//! opened. It does not judge what the firmware does.

use object::LittleEndian;
use object::elf::{ELFCLASS32, EM_ARM, ET_EXEC, FileHeader32, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Chip;

/// Why a file is not an image for the chip.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImageError {
    /// Not an ELF file, or a damaged one.
    #[error("not a complete ELF file ({0})")]
    NotElf(String),
    /// An ELF file for another processor or of another kind.
    #[error("an ELF file, but not a 32-bit little-endian Arm executable")]
    NotArm,
    /// Nothing in it goes to flash.
    #[error("an Arm executable without anything to program")]
    Empty,
    /// A part of it lies outside the chip's flash.
    #[error(
        "linked for another chip: {start:#010x} to {end:#010x} is outside the flash of the {chip}"
    )]
    OutsideFlash {
        /// First address of the part.
        start: u32,
        /// First address behind it.
        end: u64,
        /// The chip.
        chip: &'static str,
    },
    /// Two parts of it claim the same flash.
    #[error("two segments overlap at {0:#010x}")]
    Overlap(u32),
    /// No vector table where the chip looks for it.
    #[error("no vector table at {0:#010x}, where the chip starts")]
    NoVectors(u32),
    /// The initial stack pointer does not point into RAM.
    #[error("linked for another chip: its stack pointer {0:#010x} is outside the RAM of the {1}")]
    StackOutsideRam(u32, &'static str),
    /// The reset vector does not point at an instruction of the image.
    #[error("its reset vector {0:#010x} does not point at code of the image")]
    BadResetVector(u32),
}

/// Consecutive bytes of flash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where they go.
    pub address: u32,
    /// What they are; not empty.
    pub data: Vec<u8>,
}

impl Segment {
    fn end(&self) -> u64 {
        u64::from(self.address) + self.data.len() as u64
    }
}

/// A checked image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    segments: Vec<Segment>,
    sha256: String,
}

impl Image {
    /// Reads and checks an ELF file.
    ///
    /// # Errors
    /// When it is no ELF file, not for this kind of processor, or not for this chip.
    pub fn parse(elf: &[u8], chip: &Chip) -> Result<Self, ImageError> {
        let segments = load(elf)?;
        check_flash(&segments, chip)?;
        check_vectors(&segments, chip)?;
        Ok(Self {
            segments,
            sha256: hex(&Sha256::digest(elf)),
        })
    }

    /// What goes to flash, in address order, without overlaps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Bytes that go to flash.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.segments.iter().map(|s| s.data.len() as u32).sum()
    }

    /// Whether there is nothing to program; never true of a parsed image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// SHA-256 of the file, hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The loadable segments with contents, by their load address.
fn load(elf: &[u8]) -> Result<Vec<Segment>, ImageError> {
    let not_elf = |error: object::Error| ImageError::NotElf(error.to_string());
    let header = FileHeader32::<LittleEndian>::parse(elf).map_err(|error| {
        // A sound file of another class or byte order is for another processor.
        match elf.get(4..6) {
            Some(ident) if elf.starts_with(b"\x7fELF") && ident != [ELFCLASS32, 1] => {
                ImageError::NotArm
            }
            _ => not_elf(error),
        }
    })?;
    let endian = header.endian().map_err(|_| ImageError::NotArm)?;
    if header.e_machine(endian) != EM_ARM || header.e_type(endian) != ET_EXEC {
        return Err(ImageError::NotArm);
    }
    let mut segments = Vec::new();
    for program in header.program_headers(endian, elf).map_err(not_elf)? {
        if program.p_type(endian) != PT_LOAD || program.p_filesz(endian) == 0 {
            continue;
        }
        let data = program
            .data(endian, elf)
            .map_err(|()| ImageError::NotElf("a segment lies behind the end of the file".into()))?;
        segments.push(Segment {
            address: program.p_paddr(endian),
            data: data.to_vec(),
        });
    }
    segments.sort_by_key(|segment| segment.address);
    Ok(segments)
}

fn check_flash(segments: &[Segment], chip: &Chip) -> Result<(), ImageError> {
    if segments.is_empty() {
        return Err(ImageError::Empty);
    }
    let outside = |s: &&Segment| s.address < chip.flash.start || s.end() > chip.flash.end.into();
    if let Some(segment) = segments.iter().find(outside) {
        return Err(ImageError::OutsideFlash {
            start: segment.address,
            end: segment.end(),
            chip: chip.name,
        });
    }
    for pair in segments.windows(2) {
        if pair[0].end() > pair[1].address.into() {
            return Err(ImageError::Overlap(pair[1].address));
        }
    }
    Ok(())
}

/// The first two words of flash: initial stack pointer and reset vector (ARMv6-M ARM §B1.5.3).
fn check_vectors(segments: &[Segment], chip: &Chip) -> Result<(), ImageError> {
    let no_vectors = ImageError::NoVectors(chip.flash.start);
    let first = &segments[0];
    let (Some(stack), Some(reset)) = (word(&first.data, 0), word(&first.data, 4)) else {
        return Err(no_vectors);
    };
    if first.address != chip.flash.start {
        return Err(no_vectors);
    }
    if stack <= chip.ram.start || stack > chip.ram.end || stack & 3 != 0 {
        return Err(ImageError::StackOutsideRam(stack, chip.name));
    }
    let code = u64::from(reset & !1);
    let inside = |s: &Segment| (u64::from(s.address)..s.end()).contains(&code);
    if reset & 1 == 0 || !segments.iter().any(inside) {
        return Err(ImageError::BadResetVector(reset));
    }
    Ok(())
}

fn word(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..offset + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests;
