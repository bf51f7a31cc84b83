//! EXT OUT: USART2 at 9600 baud, inverted at the pin, one byte per transmit interrupt.

use bms_logic::ext_out::FRAME_LEN;
use board::chip::{self, interrupt};
use board::pins;
use board::shared::IrqCell;

/// 16 MHz / 9600.
const BAUD_DIVIDER: u32 = 1667;

struct Sending {
    frame: [u8; FRAME_LEN],
    at: usize,
}

static SENDING: IrqCell<Sending> = IrqCell::new(Sending {
    frame: [0; FRAME_LEN],
    at: FRAME_LEN,
});

/// Starts the transmitter.
pub fn start(chip: &chip::Peripherals) {
    // SAFETY: the divider for 16 MHz.
    chip.USART2.brr().write(|w| unsafe { w.bits(BAUD_DIVIDER) });
    chip.USART2.cr2().write(|w| w.txinv().set_bit());
    enable(false);
    pins::ext_out(chip);
    // SAFETY: the handler's state is static and complete.
    unsafe { cortex_m::peripheral::NVIC::unmask(chip::Interrupt::USART2) };
}

/// Sends a frame; 60 ms, long before the next one.
pub fn send(frame: [u8; FRAME_LEN]) {
    SENDING.with(|sending| *sending = Sending { frame, at: 0 });
    enable(true);
}

/// Whether no frame is being sent.
pub fn is_idle() -> bool {
    SENDING.with(|sending| sending.at == FRAME_LEN)
}

#[interrupt]
fn USART2() {
    // SAFETY: in an interrupt handler.
    let sending = unsafe { SENDING.borrow() };
    if let Some(&byte) = sending.frame.get(sending.at) {
        sending.at += 1;
        // SAFETY: any byte may be sent.
        unsafe {
            (*chip::USART2::ptr())
                .tdr()
                .write(|w| w.bits(u32::from(byte)))
        };
    } else {
        enable(false);
    }
}

fn enable(interrupt_when_empty: bool) {
    // SAFETY: the transmitter belongs to this module.
    let usart = unsafe { &*chip::USART2::ptr() };
    usart.cr1().write(|w| {
        w.te()
            .set_bit()
            .ue()
            .set_bit()
            .txeie()
            .bit(interrupt_when_empty)
    });
}
