//! The Begin board: measures the first cell and both current sensors, reads the DIP switches, and starts a chain frame
//! every second, wired or not (`COMM-1`).
//!
//! Both outputs of both sensors are sampled at 125 Hz in the timer interrupt; main code wakes every eighth time.
#![no_std]
#![no_main]

use bms_logic::chain::{Header, first_frame};
use bms_logic::current::{CurrentSensor, SensorReading};
use bms_logic::dip::Dip;
use bms_logic::time::{Cadence, Ticks};
use board::adc::{Adc, Channels};
use board::cell_board::{CellBoard, CellCodes};
use board::chip::{self, interrupt};
use board::shared::IrqCell;
use board::{chain_out, pins, sleep, step, watchdog};

/// What the sampling interrupt works on.
struct Sampling {
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
}

#[interrupt]
fn TIM3() {
    step::acknowledge();
    // SAFETY: in an interrupt handler.
    if let Some(sampling) = unsafe { SAMPLING.borrow() } {
        sampling.sample();
        sampling.ticks_left -= 1;
        if sampling.ticks_left == 0 {
            step::end();
        }
    }
}

#[interrupt]
fn USART1() {
    // SAFETY: in the handler of USART1.
    unsafe { chain_out::on_interrupt() };
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
    let (mut cell_board, adc) = first_measurement(&chip);
    let mut cadence = Cadence::new();
    let mut header = Header {
        dip,
        v_balance_mv,
        ..Header::default()
    };
    let mut ticks = cadence.next_step(false);
    SAMPLING.with(|sampling| {
        *sampling = Some(Sampling {
            adc,
            sensor_1: CurrentSensor::new(),
            sensor_2: CurrentSensor::new(),
            ticks_left: ticks,
        });
    });
    step::start(&chip, 1);
    loop {
        sleep::until(step::has_ended);
        step::take_end();
        watchdog::refresh();
        let second = cadence.advance(ticks);
        let Some((codes, readings)) = take_samples(second) else {
            continue;
        };
        let reading = cell_board.step(ticks, codes, v_balance_mv);
        if let Some([sensor_1, sensor_2]) = readings {
            header = Header {
                sensor_1,
                sensor_2,
                sequence: header.sequence.wrapping_add(1),
                ..header
            };
            chain_out::send(&first_frame(&header, reading.entry()));
            cell_board.on_frame(v_balance_mv);
        }
        ticks = cadence.next_step(cell_board.needs_fine_steps());
        SAMPLING.with(|sampling| {
            if let Some(sampling) = sampling {
                sampling.ticks_left = ticks;
            }
        });
    }
}

/// Measures the cell once, so that the mean has a start.
fn first_measurement(chip: &chip::Peripherals) -> (CellBoard, Adc) {
    let mut adc = Adc::start(chip, Channels::CELL);
    let codes = CellCodes::read(&mut adc.scan());
    adc.select(Channels::SENSORS);
    (CellBoard::starting_at(codes), adc)
}

/// The cell's codes, and with a full second both sensors' readings.
fn take_samples(second: bool) -> Option<(CellCodes, Option<[SensorReading; 2]>)> {
    SAMPLING.with(|sampling| {
        let sampling = sampling.as_mut()?;
        sampling.adc.select(Channels::CELL);
        let codes = CellCodes::read(&mut sampling.adc.scan());
        sampling.adc.select(Channels::SENSORS);
        let readings = second.then(|| {
            [
                sampling.sensor_1.finish_second(),
                sampling.sensor_2.finish_second(),
            ]
        });
        Some((codes, readings))
    })
}
