//! How fast the chip is, in the figures it was asked for: instructions per second of one busy
//! board and of four in lock step, and what a copy of a board costs.
//!
//! The program is `programs/workload.c` with its 1 kHz SysTick. Times are CPU times of whole runs
//! (on Linux; elapsed times elsewhere), so that what else the machine does hardly matters, and the
//! median of several counts. There is no statistics library because a ratio to the asked figure is
//! all that is wanted here.

mod flasher;

use std::hint::black_box;
use std::time::Instant;

use hil_mcu::{Circuit, Drive, Mcu, Pin, Time};

const WORKLOAD: &[u8] = include_bytes!("../../programs/workload.bin");
/// Runs of which the median counts.
const RUNS: usize = 7;
const ASKED_BUSY: f64 = 250e6;
const ASKED_FOUR: f64 = 200e6;

/// Nothing around the chip.
struct NoCircuit;

impl Circuit for NoCircuit {
    fn sample(&mut self, _at: Time, _channel: u8) -> f64 {
        0.0
    }
    fn pin_changed(&mut self, _at: Time, _pin: Pin, _drive: Drive) {}
    fn nrst_pulse(&mut self, _at: Time) {}
}

fn main() {
    let board = flasher::flashed(WORKLOAD);
    report("one busy board, 1 kHz SysTick", ASKED_BUSY, || {
        run(vec![board.clone()], Time::from_us(10_000_000), 10_000_000)
    });
    report("four busy boards, turns of 100 µs", ASKED_FOUR, || {
        run(vec![board.clone(); 4], Time::from_us(2_500_000), 100)
    });
    let waiting = flasher::flashed(&waiting_program());
    let watch = Stopwatch::start();
    let wakes = run(vec![waiting; 4], Time::from_us(25_000_000), 1_000) / WAKE_INSTRUCTIONS;
    let each = watch.seconds() / wakes as f64;
    println!(
        "waking for an interrupt and sleeping again: {:.2} µs",
        each * 1e6
    );
    let copies = 10_000;
    let watch = Stopwatch::start();
    for _ in 0..copies {
        black_box(board.clone());
    }
    let each = watch.seconds() / f64::from(copies);
    println!("a copy of a board: {:.1} µs", each * 1e6);
}

/// WFI, branch and handler of [`waiting_program`].
const WAKE_INSTRUCTIONS: u64 = 3;

/// SysTick at 1 kHz and `WFI; B` around it.
fn waiting_program() -> Vec<u8> {
    const CODE: [u16; 16] = [
        // LDR R0, =SYST_CSR; LDR R1, =15999; STR R1, [R0, #4]; MOVS R1, #7; STR R1, [R0]
        0x4804, 0x4905, 0x6041, 0x2107, 0x6001, // WFI; B to it; the handler's BX LR
        0xBF30, 0xE7FD, 0x4770, 0, 0, 0xE010, 0xE000, 15_999, 0, 0, 0,
    ];
    let mut vectors = [0_u32; 16];
    (vectors[0], vectors[1], vectors[15]) = (0x2000_2000, 0x41, 0x4F);
    let code = CODE.into_iter().flat_map(u16::to_le_bytes);
    vectors
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .chain(code)
        .collect()
}

/// Runs boards in turns of `turn_us` until `end`; instructions executed by all of them.
fn run(mut boards: Vec<Mcu>, end: Time, turn_us: u64) -> u64 {
    for board in &mut boards {
        board.power_on(Time::ZERO, &mut NoCircuit);
    }
    let mut now = Time::ZERO;
    while now < end {
        now += Time::from_us(turn_us);
        for board in &mut boards {
            board.run_until(now, &mut NoCircuit);
        }
    }
    boards.iter().map(|board| board.stats().instructions).sum()
}

fn report(what: &str, asked: f64, measure: impl Fn() -> u64) {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let watch = Stopwatch::start();
            let instructions = measure();
            instructions as f64 / watch.seconds()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[RUNS / 2];
    println!(
        "{what}: {:.0} M instructions/s, {:.2} × the {:.0} M asked for",
        rate / 1e6,
        rate / asked,
        asked / 1e6
    );
}

/// Measures what this thread spends.
struct Stopwatch {
    started: Instant,
    cpu_ns: Option<u64>,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            cpu_ns: cpu_ns(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.cpu_ns, cpu_ns()) {
            (Some(start), Some(end)) => (end - start) as f64 / 1e9,
            _ => self.started.elapsed().as_secs_f64(),
        }
    }
}

/// CPU time of this thread as Linux tells it.
fn cpu_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
