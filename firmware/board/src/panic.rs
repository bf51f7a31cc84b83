//! The end of a program that contradicts itself: say where, then restart, which leaves the relays not allowed.

use core::panic::PanicInfo;
use defmt_rtt as _;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    if let Some(location) = info.location() {
        defmt::error!("panic at {=str}:{=u32}", location.file(), location.line());
    }
    cortex_m::peripheral::SCB::sys_reset()
}
