//! Sets a word of an ELF file's contents that a symbol names: how one image becomes many mutants.
//! What goes to flash is then that of the file, so it is flashed and verified like any other.

use object::LittleEndian;
use object::elf::{FileHeader32, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

/// The file with `word` where `symbol` stands; `None` when it has no such symbol in what goes to
/// flash, or is no ELF file.
#[must_use]
pub fn patched(elf: &[u8], symbol: &str, word: u32) -> Option<Vec<u8>> {
    let at = offset(elf, symbol)?;
    let mut patched = elf.to_vec();
    patched
        .get_mut(at..at + 4)?
        .copy_from_slice(&word.to_le_bytes());
    Some(patched)
}

/// Where in the file the symbol's word stands.
fn offset(elf: &[u8], symbol: &str) -> Option<usize> {
    let header = FileHeader32::<LittleEndian>::parse(elf).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, elf).ok()?;
    let symbols = sections
        .symbols(endian, elf, object::elf::SHT_SYMTAB)
        .ok()?;
    let named = |name: &[u8]| name == symbol.as_bytes();
    let address = symbols.iter().find_map(|entry| {
        let name = entry.name(endian, symbols.strings()).ok()?;
        named(name).then(|| entry.st_value(endian))
    })?;
    let programs = header.program_headers(endian, elf).ok()?;
    programs.iter().find_map(|program| {
        let (start, size) = (program.p_vaddr(endian), program.p_filesz(endian));
        let inside = address.checked_sub(start)?;
        let here = program.p_type(endian) == PT_LOAD && inside + 4 <= size;
        here.then(|| (program.p_offset(endian) + inside) as usize)
    })
}
