//! A Between board: measures its cell, passes the chain frame on with its own entry, and balances.
#![no_std]
#![no_main]

use bms_logic::cell::CellWord;
use bms_logic::chain::{ChainPort, Event, Receiver};
use bms_logic::time::{Cadence, SILENCE, Ticks};
use board::adc::{Adc, Channels};
use board::cell_board::{CellBoard, CellCodes};
use board::chip::{self, interrupt};
use board::shared::IrqCell;
use board::{chain_in, chain_out, crc, sleep, step, watchdog};
use core::sync::atomic::{AtomicBool, Ordering};

static RECEIVER: IrqCell<Receiver> = IrqCell::new(Receiver::new());

/// A valid frame has passed that main code has not seen.
static FRAME: AtomicBool = AtomicBool::new(false);

/// Forwards what comes in.
struct Forward;

impl ChainPort for Forward {
    fn start(&mut self) {}

    fn crc_set(&mut self, state: u16) {
        crc::set(state);
    }

    #[inline(always)]
    fn crc_feed(&mut self, byte: u8) {
        crc::feed(byte);
    }

    #[inline(always)]
    fn crc_feed_group(&mut self, group: u32) {
        crc::feed_group(group);
    }

    fn crc(&self) -> u16 {
        crc::state()
    }

    #[inline(always)]
    fn pass(&mut self, group: u32) {
        // SAFETY: the receiver runs in the interrupt handler only.
        unsafe { chain_out::forward(group) };
    }

    fn finish(&mut self, groups: [u32; 2]) {
        // SAFETY: as above.
        unsafe { chain_out::finish(groups) };
    }

    fn take_own_entry(&mut self) -> CellWord {
        chain_in::take_own_entry()
    }
}

#[interrupt]
fn USART3_USART4_LPUART1() {
    // SAFETY: in an interrupt handler.
    let receiver = unsafe { RECEIVER.borrow() };
    if chain_in::on_interrupt(receiver, &mut Forward) == Some(Event::Valid) {
        FRAME.store(true, Ordering::Relaxed);
        sleep::wake();
    }
}

#[interrupt]
fn USART1() {
    // SAFETY: in the handler of USART1.
    unsafe { chain_out::on_interrupt() };
}

#[interrupt]
fn TIM3() {
    step::acknowledge();
    step::end();
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = chip::Peripherals::take().expect("main runs once");
    board::init(&chip);
    defmt::info!("between");
    let mut adc = Adc::start(&chip, Channels::CELL);
    let mut cell_board = CellBoard::starting_at(CellCodes::read(&mut adc.scan()));
    let mut cadence = Cadence::new();
    let mut chain = Chain::default();
    let mut ticks = cadence.next_step(false);
    chain_out::start(&chip);
    chain_in::start(&chip);
    step::start(&chip, ticks);
    loop {
        sleep::until(|| step::has_ended() || FRAME.load(Ordering::Relaxed));
        if FRAME.load(Ordering::Relaxed) {
            FRAME.store(false, Ordering::Relaxed);
            chain.on_frame(cadence.now());
            cell_board.on_frame(chain.v_balance_mv);
        }
        if step::take_end() {
            watchdog::refresh();
            cadence.advance(ticks);
            let codes = CellCodes::read(&mut adc.scan());
            chain_in::set_own_cell(cell_board.step(
                ticks,
                codes,
                chain.v_balance_mv(cadence.now()),
            ));
            ticks = cadence.next_step(cell_board.needs_fine_steps());
            step::set_length(ticks);
        }
    }
}

/// What the board knows from the chain.
#[derive(Default)]
struct Chain {
    last_frame: Option<Ticks>,
    v_balance_mv: Option<u16>,
}

impl Chain {
    fn on_frame(&mut self, now: Ticks) {
        let (before, v_balance_mv) =
            RECEIVER.with(|receiver| (receiver.cells_before(), receiver.v_balance_mv()));
        if self.last_frame.is_none() {
            defmt::info!("cell {=u8}, V-balance {=?} mV", before + 1, v_balance_mv);
        }
        self.last_frame = Some(now);
        self.v_balance_mv = v_balance_mv;
    }

    /// V-balance while the chain is alive (`BAL-5`).
    fn v_balance_mv(&mut self, now: Ticks) -> Option<u16> {
        let heard = self.last_frame?;
        if now.wrapping_sub(heard) >= SILENCE {
            *self = Self::default();
        }
        self.v_balance_mv
    }
}
