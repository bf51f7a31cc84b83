//! Whether the program is whole (`UPD-1`): the same build id stands right behind the vector table and in the last words of the image,
//! and they are compared before anything else, memory included.
//!
//! A programmer that is interrupted has erased or programmed upwards, all pages first or page by page. So the last words are not
//! those of the first page, and the board does nothing: the relays stay where the reset circuit put them, not allowed, and
//! the LEDs dark, until somebody programs it again. The comparison stands in the first page beside the first id, so
//! that it never calls into pages of another program. A first page that is itself cut has no program to start, or faults.

use core::ptr::read_volatile;

/// The build's identity, from `firmware/build`; 0 in a build by hand.
const BUILD_ID: u64 = match option_env!("BUILD_ID") {
    Some(hex) => match u64::from_str_radix(hex, 16) {
        Ok(id) => id,
        Err(_) => panic!("BUILD_ID is not a hexadecimal number of 64 bits"),
    },
    None => 0,
};

// `memory.x` puts these two at both ends of the image.
#[used]
#[unsafe(link_section = ".head.id")]
static FIRST: u64 = BUILD_ID;

#[used]
#[unsafe(link_section = ".tail")]
static LAST: u64 = BUILD_ID;

/// What cortex-m-rt calls before it prepares the memory.
///
/// # Safety
/// Touches no memory but these two words: statics do not exist yet.
#[unsafe(export_name = "__pre_init")]
#[unsafe(link_section = ".head.compare")]
unsafe extern "C" fn compare() {
    // SAFETY: both are words of flash; volatile, because what stands there need not be what the compiler put there.
    let whole = unsafe { read_volatile(&raw const FIRST) == read_volatile(&raw const LAST) };
    if !whole {
        loop {
            cortex_m::asm::wfi();
        }
    }
}
