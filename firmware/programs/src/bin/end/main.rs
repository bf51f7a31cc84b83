//! The End board: measures the last cell, takes the whole pack from the chain, switches both relays, counts the state of
//! charge, and sends EXT OUT.
#![no_std]
#![no_main]

mod app;
mod app_link;
mod ext_out;
mod memory;
mod picture;
mod relays;
mod status_leds;

use app::App;
use bms_logic::bms::Bms;
use bms_logic::settings::Settings;
use bms_logic::soc::Sync;
use bms_logic::store::Kind;
use bms_logic::time::{Cadence, SECOND, SILENCE, Ticks};
use board::adc::{Adc, Channels};
use board::cell_board::{CellBoard, CellCodes};
use board::chip::{self, interrupt};
use board::{chain_in, sleep, step, watchdog};
use memory::Memory;
use relays::Relays;
use status_leds::StatusLeds;

/// The EXT OUT frame follows the picture by 80 ms, so that what it shows is fresh.
const EXT_OUT_AFTER_PICTURE: Ticks = 10;

/// The chain is quiet for this long after a frame: the next one comes after a second of the Begin board's clock, and begins up
/// to 0.1 s before it is complete.
const CHAIN_IS_QUIET: Ticks = SECOND * 7 / 10;

/// Writing a record may take this long, and no EXT OUT frame is to wait for it.
const WRITING: Ticks = 5;

/// The first complete picture comes within 3 s of power-up (`REL-2`).
const FIRST_PICTURE: Ticks = 3 * SECOND;

#[interrupt]
fn TIM3() {
    step::acknowledge();
    step::end();
}

/// Everything main code works on.
struct End {
    bms: &'static mut Bms,
    cell_board: CellBoard,
    cadence: Cadence,
    relays: Relays,
    leds: StatusLeds,
    app: App,
    memory: Memory,
    /// When the chain last brought a valid frame.
    frame_at: Ticks,
    v_balance: Option<(Ticks, u16)>,
    /// Whether EXT OUT has begun: with the first picture, or when there ought to have been one.
    shows: bool,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = chip::Peripherals::take().expect("main runs once");
    board::init(&chip);
    defmt::info!("end");
    let mut adc = Adc::start(&chip, Channels::CELL);
    // SAFETY: main runs once.
    let memory = unsafe { Memory::open() };
    // Not on the stack: a picture of 255 cells is a kilobyte, and every move of it another one.
    let bms = cortex_m::singleton!(: Bms = Bms::new(Settings::DEFAULT)).expect("main runs once");
    bms.set_settings(app::kept_settings(&memory));
    if let Some(kept) = memory.get(Kind::Charge) {
        bms.restore_charge(&kept);
        defmt::info!("SoC {=u8} %", bms.soc_percent());
    }
    let mut end = End {
        bms,
        cell_board: CellBoard::starting_at(CellCodes::read(&mut adc.scan())),
        cadence: Cadence::new(),
        relays: Relays::start(&chip),
        leds: StatusLeds::start(),
        app: App::start(&chip, &memory),
        memory,
        frame_at: 0,
        v_balance: None,
        shows: false,
    };
    ext_out::start(&chip);
    chain_in::start(&chip);
    let mut ticks = end.cadence.next_step(false);
    step::start(&chip, ticks);
    loop {
        sleep::until(|| step::has_ended() || picture::is_complete() || end.app.has_work());
        if picture::is_complete() {
            end.on_picture();
        }
        if step::take_end() {
            watchdog::refresh();
            let codes = CellCodes::read(&mut adc.scan());
            end.on_step(ticks, codes);
            ticks = end.cadence.next_step(end.cell_board.needs_fine_steps());
            step::set_length(ticks);
            if end.memory.has_waiting() && end.is_quiet() {
                end.write_one();
            }
        }
        if end.app.has_work() {
            end.app.run(end.cadence.now(), end.bms, &mut end.memory);
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
        self.frame_at = now;
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
                if let Some(charge) = self.bms.charge_to_keep(now, &change) {
                    self.memory.keep(Kind::Charge, charge);
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
        self.leds.step(ticks, second, self.bms);
        self.shows |= now >= FIRST_PICTURE;
        self.app.on_step(ticks, &mut self.memory);
        if second && self.shows {
            self.bms.on_second();
            ext_out::send(self.bms.content(now).encode());
            self.app.on_second();
        }
    }

    /// Whether the core may stand still without losing a byte of the chain or of the app, or tearing a message.
    fn is_quiet(&self) -> bool {
        let since_frame = self.cadence.now().wrapping_sub(self.frame_at);
        let chain = !(CHAIN_IS_QUIET..SILENCE).contains(&since_frame);
        let app = app_link::is_quiet();
        app && chain && ext_out::is_idle() && self.cadence.to_second() > WRITING
    }

    fn write_one(&mut self) {
        let Some((kind, result)) = self.memory.write_one() else {
            return;
        };
        if result.is_err() {
            defmt::error!("record {=u8} could not be written", kind as u8);
        }
        self.app.on_written(kind, result.is_ok(), self.bms);
    }

    fn switch(&mut self) {
        self.relays
            .set(self.bms.charge_allowed(), self.bms.load_allowed());
    }
}
