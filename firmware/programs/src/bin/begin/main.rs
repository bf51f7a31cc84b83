//! The Begin board: measures the first cell and both current sensors, reads the DIP switches, and starts a chain frame
//! every second, wired or not (`COMM-1`). Its button calibrates the sensors' zero (`CUR-7`).
//!
//! Both outputs of both sensors are sampled at 125 Hz in the timer interrupt; main code wakes every eighth time.
#![no_std]
#![no_main]

mod zero_button;

use bms_logic::chain::{Header, first_frame};
use bms_logic::current::CurrentSensor;
use bms_logic::dip::Dip;
use bms_logic::time::{Cadence, Ticks};
use bms_logic::zero::Zeros;
use board::adc::{Adc, Channels};
use board::cell_board::{CellBoard, CellCodes};
use board::chip::{self, interrupt};
use board::shared::IrqCell;
use board::{chain_out, pins, sleep, step, watchdog};
use zero_button::ZeroButton;

/// A record may take this long to keep; the next frame must not wait for it.
const WRITING: Ticks = 5;

/// What the sampling interrupt works on.
pub(crate) struct Sampling {
    adc: Adc,
    sensor_1: CurrentSensor,
    sensor_2: CurrentSensor,
    ticks_left: Ticks,
}

static SAMPLING: IrqCell<Option<Sampling>> = IrqCell::new(None);

impl Sampling {
    #[inline(always)]
    fn sample(&mut self) {
        let mut scan = self.adc.scan();
        let low = scan.next_code();
        let high = scan.next_code();
        self.sensor_1.push(low, high);
        let low = scan.next_code();
        let high = scan.next_code();
        self.sensor_2.push(low, high);
    }

    /// One look at all four outputs, which counts for nothing.
    fn scan(&mut self) -> [u16; 4] {
        let mut scan = self.adc.scan();
        core::array::from_fn(|_| scan.next_code())
    }

    fn set_zeros(&mut self, [zero_1, zero_2]: &Zeros) {
        self.sensor_1.set_zero(*zero_1);
        self.sensor_2.set_zero(*zero_2);
    }

    fn measure_cell(&mut self) -> CellCodes {
        self.adc.select(Channels::CELL);
        let codes = CellCodes::read(&mut self.adc.scan());
        self.adc.select(Channels::SENSORS);
        codes
    }
}

#[interrupt]
fn TIM3() {
    step::acknowledge();
    // SAFETY: in an interrupt handler.
    if let Some(sampling) = unsafe { SAMPLING.borrow() } {
        sampling.sample();
        if sampling.ticks_left > 1 {
            sampling.ticks_left -= 1;
        } else {
            step::end();
        }
    }
}

#[interrupt]
fn USART1() {
    // SAFETY: in the handler of USART1.
    unsafe { chain_out::on_interrupt() };
}

/// Everything main code works on.
struct Begin {
    cell_board: CellBoard,
    cadence: Cadence,
    header: Header,
    zero_button: ZeroButton,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = chip::Peripherals::take().expect("main runs once");
    board::init(&chip);
    let dip = Dip(pins::read_dip(&chip));
    let v_balance_mv = dip.v_balance_mv();
    defmt::info!(
        "begin: dip {=u8:08b}, V-balance {=?} mV",
        dip.0,
        v_balance_mv
    );
    chain_out::start(&chip);
    let (cell_board, adc) = first_measurement(&chip);
    // SAFETY: main runs once.
    let zero_button = unsafe { ZeroButton::start() };
    let mut begin = Begin {
        cell_board,
        cadence: Cadence::new(),
        header: Header {
            dip,
            v_balance_mv,
            ..Header::default()
        },
        zero_button,
    };
    let mut ticks = begin.cadence.next_step(false);
    start_sampling(adc, ticks, begin.zero_button.zeros());
    step::start(&chip, 1);
    loop {
        sleep::until(step::has_ended);
        step::take_end();
        watchdog::refresh();
        ticks = begin.on_step(ticks);
    }
}

impl Begin {
    /// A step of `ticks` has ended; returns the length of the next one.
    fn on_step(&mut self, ticks: Ticks) -> Ticks {
        let second = self.cadence.advance(ticks);
        SAMPLING.with(|sampling| {
            let Some(sampling) = sampling else {
                return ticks;
            };
            let v_balance_mv = self.header.v_balance_mv;
            let reading = self
                .cell_board
                .step(ticks, sampling.measure_cell(), v_balance_mv);
            self.zero_button.step(ticks, sampling);
            if second {
                self.header.sensor_1 = sampling.sensor_1.finish_second();
                self.header.sensor_2 = sampling.sensor_2.finish_second();
                self.header.sequence = self.header.sequence.wrapping_add(1);
                chain_out::send(&first_frame(&self.header, reading.entry()));
                self.cell_board.on_frame(v_balance_mv);
            } else if self.cadence.to_second() > WRITING {
                self.zero_button.on_quiet(sampling);
            }
            self.cell_board.show_instead(self.zero_button.led());
            let fine = self.cell_board.needs_fine_steps() || self.zero_button.needs_fine_steps();
            sampling.ticks_left = self.cadence.next_step(fine);
            sampling.ticks_left
        })
    }
}

/// Measures the cell once, so that the mean has a start.
fn first_measurement(chip: &chip::Peripherals) -> (CellBoard, Adc) {
    let mut adc = Adc::start(chip, Channels::CELL);
    let codes = CellCodes::read(&mut adc.scan());
    adc.select(Channels::SENSORS);
    (CellBoard::starting_at(codes), adc)
}

/// Hands the converter to the interrupt, which wakes main code after `ticks`.
fn start_sampling(adc: Adc, ticks: Ticks, [zero_1, zero_2]: &Zeros) {
    let first = Sampling {
        adc,
        sensor_1: CurrentSensor::new(*zero_1),
        sensor_2: CurrentSensor::new(*zero_2),
        ticks_left: ticks,
    };
    SAMPLING.with(|sampling| *sampling = Some(first));
}
