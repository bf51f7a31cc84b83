//! How the fast loop reaches RAM and flash: aligned accesses inside them succeed, everything else
//! is left to the slow path and its bus.
//!
//! One mask checks range and alignment together, because both sizes are powers of two.

use crate::memory::{FLASH_BASE, FLASH_SIZE, RAM_BASE, RAM_SIZE};

#[inline(always)]
pub(super) fn ram_load<const N: usize>(ram: &[u8; RAM_SIZE], addr: u32) -> Option<[u8; N]> {
    let offset = addr.wrapping_sub(RAM_BASE) as usize;
    if offset & !(RAM_SIZE - N) != 0 {
        return None;
    }
    ram.get(offset..offset + N)?.try_into().ok()
}

/// A load from flash, at its own address or its alias at 0; none with `TORN`.
#[inline(always)]
pub(super) fn flash_load<const N: usize, const TORN: bool>(
    flash: &[u8; FLASH_SIZE],
    addr: u32,
) -> Option<[u8; N]> {
    let offset = (addr & !FLASH_BASE) as usize;
    if TORN || offset & !(FLASH_SIZE - N) != 0 {
        return None;
    }
    flash.get(offset..offset + N)?.try_into().ok()
}

#[inline(always)]
pub(super) fn ram_store<const N: usize>(
    ram: &mut [u8; RAM_SIZE],
    addr: u32,
    bytes: [u8; N],
) -> bool {
    let offset = addr.wrapping_sub(RAM_BASE) as usize;
    if offset & !(RAM_SIZE - N) != 0 {
        return false;
    }
    match ram.get_mut(offset..offset + N) {
        Some(place) => {
            place.copy_from_slice(&bytes);
            true
        }
        None => false,
    }
}

/// RAM or else (not with `TORN`) flash from `addr` on, if `count` words are there and it is aligned.
#[inline(always)]
pub(super) fn readable_words<'a, const TORN: bool>(
    ram: &'a [u8; RAM_SIZE],
    flash: &'a [u8; FLASH_SIZE],
    addr: u32,
    count: u8,
) -> Option<&'a [u8]> {
    let (memory, offset): (&[u8], u32) = if addr >= RAM_BASE {
        (ram, addr - RAM_BASE)
    } else if TORN {
        return None;
    } else {
        (flash, addr & !FLASH_BASE)
    };
    let offset = offset as usize;
    if offset & 3 != 0 {
        return None;
    }
    memory.get(offset..offset.checked_add(usize::from(count) * 4)?)
}

/// RAM from `addr` on, if `count` words fit there and it is aligned.
#[inline(always)]
pub(super) fn ram_words(ram: &mut [u8; RAM_SIZE], addr: u32, count: u8) -> Option<&mut [u8]> {
    let offset = addr.wrapping_sub(RAM_BASE) as usize;
    if offset & 3 != 0 {
        return None;
    }
    ram.get_mut(offset..offset.checked_add(usize::from(count) * 4)?)
}

#[inline(always)]
pub(super) fn store_list(r: &[u32; 16], words: &mut [u8], mut list: u32) {
    for word in words.chunks_exact_mut(4) {
        let register = list.trailing_zeros() as usize & 15;
        list &= list.wrapping_sub(1);
        word.copy_from_slice(&r[register].to_le_bytes());
    }
}

#[inline(always)]
pub(super) fn load_list(r: &mut [u32; 16], words: &[u8], mut list: u32) {
    for word in words.chunks_exact(4) {
        let register = list.trailing_zeros() as usize & 15;
        list &= list.wrapping_sub(1);
        r[register] = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
    }
}

#[inline(always)]
pub(super) fn half(bytes: [u8; 2]) -> u32 {
    u32::from(u16::from_le_bytes(bytes))
}

#[inline(always)]
pub(super) fn byte([byte]: [u8; 1]) -> u32 {
    u32::from(byte)
}

#[inline(always)]
pub(super) fn signed_half(bytes: [u8; 2]) -> u32 {
    i32::from(i16::from_le_bytes(bytes)) as u32
}

#[inline(always)]
pub(super) fn signed_byte([byte]: [u8; 1]) -> u32 {
    i32::from(byte as i8) as u32
}
