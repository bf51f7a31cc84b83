//! The flash pages of the store: unlock, erase, program (RM0444 §3.3.6 to §3.3.8), and double words that cannot be read.
//!
//! The core executes from the same memory, so it stands still while a page is erased (22 ms) or a double word programmed
//! (85 µs), interrupts included; when that may be is the caller's business.
//!
//! **Torn double words.** Each double word has eight bits of error correction. After a power cut in the middle of an operation
//! two or more of its bits can be wrong: reading it then sets ECCD and raises an NMI (RM0444 §3.3.4). The handler clears
//! ECCD and notes it, and the read tells the store that there is nothing. The same in program code restarts the board,
//! for ever if need be, and each restart leaves the relays not allowed. One wrong bit is corrected by the hardware.

use crate::chip;
use bms_logic::store::{DOUBLE_WORDS, Flash, FlashError};
use core::sync::atomic::{AtomicBool, Ordering};
use cortex_m::peripheral::SCB;

/// Keys of FLASH_KEYR (RM0444 §3.3.6).
const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];

/// FLASH_SR: errors of an operation, and its end (RM0444 §3.7.4).
const ERRORS: u32 = 0xC3FA;
const EOP: u32 = 1;
const BUSY: u32 = 1 << 16 | 1 << 18;

/// FLASH_CR (RM0444 §3.7.5).
const PROGRAM: u32 = 1;
const ERASE_PAGE: u32 = 1 << 1;
const PAGE_SHIFT: usize = 3;
const START: u32 = 1 << 16;
const LOCK: u32 = 1 << 31;

/// FLASH_ECCR: where a double word failed, counted in double words, and that it did (RM0444 §3.7.6).
const ECC_ADDRESS: u32 = 0x3FFF;
const ECC_FAILED: u32 = 1 << 31;

const FLASH_START: usize = 0x0800_0000;
const DOUBLE_WORD: usize = 8;
const PAGE: usize = DOUBLE_WORDS * DOUBLE_WORD;

/// A double word of the store could not be read.
static UNREADABLE: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    /// The first of the store's pages, from `memory.x`.
    static __store: u32;
}

/// The pages behind the program.
#[derive(Debug)]
pub struct StorePages(());

impl StorePages {
    /// The one driver of the pages.
    ///
    /// # Safety
    /// Only once: two stores would overwrite each other.
    pub const unsafe fn take() -> Self {
        Self(())
    }
}

impl Flash for StorePages {
    const PAGES: usize = 4;

    fn read(&self, page: usize, at: usize) -> Option<u64> {
        let address = address(page, at) as *const u32;
        UNREADABLE.store(false, Ordering::Relaxed);
        // SAFETY: both words of an aligned double word inside the store's pages.
        let words = unsafe { [address.read_volatile(), address.add(1).read_volatile()] };
        // The NMI of the read is taken before its flag is asked for.
        cortex_m::asm::dsb();
        cortex_m::asm::isb();
        let value = u64::from(words[0]) | u64::from(words[1]) << 32;
        (!UNREADABLE.load(Ordering::Relaxed)).then_some(value)
    }

    fn program(&mut self, page: usize, at: usize, value: u64) -> Result<(), FlashError> {
        let address = address(page, at) as *mut u32;
        operate(PROGRAM, || {
            // SAFETY: a double word inside the store's pages, low word first (RM0444 §3.3.8).
            unsafe {
                address.write_volatile(value as u32);
                cortex_m::asm::isb();
                address.add(1).write_volatile((value >> 32) as u32);
            }
        })
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashError> {
        let number = (address(page, 0) - FLASH_START) / PAGE;
        let erase = ERASE_PAGE | (number as u32) << PAGE_SHIFT;
        operate(erase, || write_cr(erase | START))
    }
}

fn address(page: usize, at: usize) -> usize {
    (&raw const __store) as usize + page * PAGE + at * DOUBLE_WORD
}

/// Unlocks, selects `mode`, lets `begin` start the operation, waits for its end, and locks again.
fn operate(mode: u32, begin: impl FnOnce()) -> Result<(), FlashError> {
    for key in KEYS {
        // SAFETY: the key sequence is given to a locked controller only.
        flash().keyr().write(|w| unsafe { w.bits(key) });
    }
    // SAFETY: writing 1 clears these flags and no other.
    flash().sr().write(|w| unsafe { w.bits(ERRORS | EOP) });
    write_cr(mode);
    begin();
    while flash().sr().read().bits() & BUSY != 0 {}
    let failed = flash().sr().read().bits() & ERRORS != 0;
    write_cr(LOCK);
    if failed { Err(FlashError) } else { Ok(()) }
}

fn write_cr(value: u32) {
    // SAFETY: the fields of RM0444 §3.7.5 that this module uses.
    flash().cr().write(|w| unsafe { w.bits(value) });
}

fn flash() -> &'static chip::flash::RegisterBlock {
    // SAFETY: the controller belongs to this module.
    unsafe { &*chip::FLASH::ptr() }
}

/// Error correction gave up, or another reason that no board can go on with.
#[cortex_m_rt::exception]
unsafe fn NonMaskableInt() {
    let status = flash().eccr().read().bits();
    let store = (address(0, 0) - FLASH_START) / DOUBLE_WORD;
    if status & ECC_FAILED == 0 || ((status & ECC_ADDRESS) as usize) < store {
        SCB::sys_reset();
    }
    // SAFETY: writing 1 clears this flag.
    flash().eccr().write(|w| unsafe { w.bits(ECC_FAILED) });
    UNREADABLE.store(true, Ordering::Relaxed);
}
