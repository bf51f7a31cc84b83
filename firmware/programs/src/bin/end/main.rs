//! The End board: measures the last cell, takes the whole pack from the chain, switches both relays, counts the state of
//! charge, and sends EXT OUT.
#![no_std]
#![no_main]

mod ext_out;
mod picture;
mod relays;
mod status_leds;

use bms_logic::bms::Bms;
use bms_logic::settings::Settings;
use bms_logic::soc::Sync;
use bms_logic::time::{Cadence, SECOND, SILENCE, Ticks};
use board::adc::{Adc, Channels};
use board::cell_board::{CellBoard, CellCodes};
use board::chip::{self, interrupt};
use board::{chain_in, pins, sleep, step, watchdog};
use relays::Relays;
use status_leds::StatusLeds;

/// The EXT OUT frame follows the picture by 80 ms, so that what it shows is fresh.
const EXT_OUT_AFTER_PICTURE: Ticks = 10;

/// The first complete picture comes within 3 s of power-up (`REL-2`).
const FIRST_PICTURE: Ticks = 3 * SECOND;

#[interrupt]
fn TIM3() {
    step::acknowledge();
    step::end();
}

/// Everything main code works on.
struct End {
    bms: Bms,
    cell_board: CellBoard,
    cadence: Cadence,
    relays: Relays,
    leds: StatusLeds,
    v_balance: Option<(Ticks, u16)>,
    /// Whether EXT OUT has begun: with the first picture, or when there ought to have been one.
    shows: bool,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = chip::Peripherals::take().expect("main runs once");
    board::init(&chip);
    pins::BRIDGE_RESET.init();
    defmt::info!("end");
    let mut adc = Adc::start(&chip, Channels::CELL);
    let mut end = End {
        bms: Bms::new(Settings::DEFAULT),
        cell_board: CellBoard::starting_at(CellCodes::read(&mut adc.scan())),
        cadence: Cadence::new(),
        relays: Relays::start(&chip),
        leds: StatusLeds::start(),
        v_balance: None,
        shows: false,
    };
    ext_out::start(&chip);
    chain_in::start(&chip);
    let mut ticks = end.cadence.next_step(false);
    step::start(&chip, ticks);
    loop {
        sleep::until(|| step::has_ended() || picture::is_complete());
        if picture::is_complete() {
            end.on_picture();
        }
        if step::take_end() {
            watchdog::refresh();
            let codes = CellCodes::read(&mut adc.scan());
            end.on_step(ticks, codes);
            ticks = end.cadence.next_step(end.cell_board.needs_fine_steps());
            step::set_length(ticks);
        }
    }
}

impl End {
    fn on_picture(&mut self) {
        let now = self.cadence.now();
        let taken = picture::take(|frame| {
            let header = *frame.header();
            (header, self.bms.on_frame(now, &header, frame.cells()))
        });
        let Some((header, taken)) = taken else { return };
        self.v_balance = header.v_balance_mv.map(|mv| (now, mv));
        self.cell_board.on_frame(header.v_balance_mv);
        match taken {
            Ok(change) => {
                if self.shows {
                    self.cadence.steer(EXT_OUT_AFTER_PICTURE);
                } else {
                    self.cadence.align(EXT_OUT_AFTER_PICTURE);
                    self.shows = true;
                }
                if change.connected {
                    defmt::info!("pack of {=u8} cells", header.count);
                }
                match change.synchronised {
                    Some(Sync::Full) => defmt::info!("SoC synchronised: full"),
                    Some(Sync::Empty) => defmt::info!("SoC synchronised: empty"),
                    None => {}
                }
            }
            Err(refusal) => defmt::warn!("frame refused: {=u8}", refusal as u8),
        }
        self.switch();
    }

    fn on_step(&mut self, ticks: Ticks, codes: CellCodes) {
        let second = self.cadence.advance(ticks);
        let now = self.cadence.now();
        let v_balance_mv = self
            .v_balance
            .filter(|(heard, _)| now.wrapping_sub(*heard) < SILENCE)
            .map(|(_, mv)| mv);
        chain_in::set_own_cell(self.cell_board.step(ticks, codes, v_balance_mv));
        if self.bms.on_time(now) {
            defmt::warn!("communication lost");
            self.switch();
        }
        self.leds.step(ticks, second, &self.bms);
        self.shows |= now >= FIRST_PICTURE;
        if second && self.shows {
            ext_out::send(self.bms.ext_out());
        }
    }

    fn switch(&mut self) {
        self.relays
            .set(self.bms.charge_allowed(), self.bms.load_allowed());
    }
}
