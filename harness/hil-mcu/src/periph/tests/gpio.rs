//! Ports, pulls, locks, and edges through EXTI.

use super::*;

const MODER: u32 = 0x00;
const OTYPER: u32 = 0x04;
const PUPDR: u32 = 0x0C;
const IDR: u32 = 0x10;
const ODR: u32 = 0x14;
const BSRR: u32 = 0x18;
const LCKR: u32 = 0x1C;
const BRR: u32 = 0x28;

const EXTI: u32 = 0x4002_1800;
const PB3: Pin = Pin::b(3);

#[test]
fn reset_drives_nothing_but_the_pulls_of_the_debug_pins() {
    let bench = Bench::new();
    let changes: Vec<_> = bench
        .circuit
        .changes
        .iter()
        .map(|change| (change.1, change.2))
        .collect();
    assert_eq!(
        changes,
        [(Pin::a(13), Drive::PullUp), (Pin::a(14), Drive::PullDown)]
    );
}

#[test]
fn set_and_reset_bits_drive_the_pin_at_their_time() {
    let mut bench = Bench::new();
    bench.write(GPIOB + BSRR, 1 << 3);
    bench.mode(PB3, 1);
    bench.run_for(Time::from_us(10));
    bench.write(GPIOB + BSRR, 1 << 19);
    bench.run_for(Time::from_us(10));
    bench.write(GPIOB + BSRR, 1 << 19 | 1 << 3);
    bench.run_for(Time::from_us(10));
    bench.write(GPIOB + BRR, 1 << 3);
    assert_eq!(
        bench.changes_of(PB3),
        [
            (Time::ZERO, Drive::High),
            (Time::from_us(10), Drive::Low),
            (Time::from_us(20), Drive::High),
            (Time::from_us(30), Drive::Low)
        ]
    );
    assert_eq!(bench.read(GPIOB + IDR) >> 3 & 1, 0);
}

#[test]
fn byte_and_half_word_writes_reach_their_lanes_only() {
    let mut bench = Bench::new();
    bench.write(GPIOB + ODR, 0x1234);
    bench.write_as(GPIOB + ODR, Width::Byte, 0xFF);
    assert_eq!(bench.read(GPIOB + ODR), 0x12FF);
    bench.write_as(GPIOB + BSRR + 2, Width::Half, 0x00F0);
    assert_eq!(bench.read(GPIOB + ODR), 0x120F);
}

#[test]
fn an_open_pin_follows_its_pull_and_a_driven_one_the_circuit() {
    let mut bench = Bench::new();
    bench.mode(PB3, 0);
    let idr = |bench: &mut Bench| bench.read(GPIOB + IDR) >> 3 & 1;
    assert_eq!(idr(&mut bench), 0);
    bench.write(GPIOB + PUPDR, 1 << 6);
    assert_eq!(idr(&mut bench), 1);
    bench.input(bench.now + Time::from_us(5), PB3, Some(false));
    assert_eq!(idr(&mut bench), 1, "not yet");
    bench.run_for(Time::from_us(5));
    assert_eq!(idr(&mut bench), 0);
    bench.input(bench.now, PB3, None);
    assert_eq!(idr(&mut bench), 1);
    bench.mode(PB3, 3);
    assert_eq!(idr(&mut bench), 0, "analog reads 0");
}

#[test]
fn open_drain_lets_go_instead_of_driving_high() {
    let mut bench = Bench::new();
    bench.write(GPIOB + OTYPER, 1 << 3);
    bench.mode(PB3, 1);
    bench.write(GPIOB + ODR, 1 << 3);
    assert_eq!(
        bench.changes_of(PB3),
        [(Time::ZERO, Drive::Low), (Time::ZERO, Drive::HighZ)]
    );
}

#[test]
fn the_lock_sequence_freezes_the_configuration() {
    let mut bench = Bench::new();
    bench.mode(PB3, 1);
    let moder = bench.read(GPIOB + MODER);
    for value in [1 << 16 | 1 << 3, 1 << 3, 1 << 16 | 1 << 3] {
        bench.write(GPIOB + LCKR, value);
    }
    assert_eq!(bench.read(GPIOB + LCKR), 1 << 16 | 1 << 3);
    bench.write(GPIOB + MODER, 0);
    assert_eq!(bench.read(GPIOB + MODER), moder & 0xC0);
    bench.write(GPIOB + 0x20, 0xFFFF_FFFF);
    assert_eq!(bench.read(GPIOB + 0x20), 0xFFFF_0FFF);
    bench.write(GPIOB + ODR, 1 << 3);
    assert_eq!(
        bench.changes_of(PB3).last(),
        Some(&(Time::ZERO, Drive::High))
    );
}

#[test]
fn a_broken_lock_sequence_locks_nothing() {
    let mut bench = Bench::new();
    for value in [1 << 16 | 1 << 3, 1 << 4, 1 << 16 | 1 << 3] {
        bench.write(GPIOB + LCKR, value);
    }
    assert_eq!(bench.read(GPIOB + LCKR) >> 16, 0);
}

#[test]
fn power_off_floats_every_pin() {
    let mut bench = Bench::new();
    bench.mode(PB3, 1);
    bench.circuit.changes.clear();
    bench.with(|periph, cx| periph.power_off(cx));
    let mut pins: Vec<_> = bench
        .circuit
        .changes
        .iter()
        .map(|change| (change.1, change.2))
        .collect();
    pins.sort_by_key(|change| change.0);
    assert_eq!(
        pins,
        [Pin::a(13), Pin::a(14), PB3].map(|pin| (pin, Drive::HighZ))
    );
    assert_eq!(bench.periph.next_event(), Time::NEVER);
}

fn armed(rising: u32, falling: u32) -> Bench {
    let mut bench = Bench::new();
    bench.mode(PB3, 0);
    bench.write(EXTI + 0x60, 1 << 24);
    bench.write(EXTI, rising);
    bench.write(EXTI + 0x04, falling);
    bench.set(EXTI + 0x80, 1 << 3);
    bench
}

#[test]
fn edges_set_their_own_pending_register_at_their_time() {
    let mut bench = armed(1 << 3, 1 << 3);
    bench.input(Time::from_us(100), PB3, Some(true));
    bench.input(Time::from_us(200), PB3, Some(false));
    assert_eq!(bench.periph.next_event(), Time::from_us(100));
    assert_eq!(
        bench.run_to_irq(6, Time::from_us(1_000)),
        Some(Time::from_us(100))
    );
    assert_eq!(
        (bench.read(EXTI + 0x0C), bench.read(EXTI + 0x10)),
        (1 << 3, 0)
    );
    bench.write(EXTI + 0x0C, 1 << 3);
    assert!(!bench.irq_is_high(6));
    assert_eq!(
        bench.run_to_irq(6, Time::from_us(1_000)),
        Some(Time::from_us(200))
    );
    assert_eq!(
        (bench.read(EXTI + 0x0C), bench.read(EXTI + 0x10)),
        (0, 1 << 3)
    );
}

#[test]
fn only_the_selected_edge_counts() {
    let mut bench = armed(0, 1 << 3);
    bench.input(Time::from_us(100), PB3, Some(true));
    assert_eq!(bench.run_to_irq(6, Time::from_us(1_000)), None);
    assert_eq!(bench.read(EXTI + 0x0C), 0);
}

#[test]
fn an_edge_before_arming_does_not_count_one_queued_for_later_does() {
    let mut bench = Bench::new();
    bench.mode(PB3, 0);
    bench.input(Time::from_us(1), PB3, Some(true));
    bench.input(Time::from_us(50), PB3, Some(false));
    bench.input(Time::from_us(60), PB3, Some(true));
    bench.run_until(Time::from_us(10));
    bench.write(EXTI + 0x60, 1 << 24);
    bench.set(EXTI + 0x80, 1 << 3);
    bench.write(EXTI, 1 << 3);
    assert_eq!(
        bench.run_to_irq(6, Time::from_us(1_000)),
        Some(Time::from_us(60))
    );
}

#[test]
fn an_event_line_wakes_without_an_interrupt() {
    let mut bench = armed(1 << 3, 0);
    bench.write(EXTI + 0x80, 0);
    bench.write(EXTI + 0x84, 1 << 3);
    bench.input(Time::from_us(100), PB3, Some(true));
    bench.run_until(Time::from_us(200));
    assert!(bench.req.event);
    assert_eq!(bench.irq.bits(), 0);
}

#[test]
fn a_software_event_is_a_rising_edge() {
    let mut bench = Bench::new();
    bench.set(EXTI + 0x80, 1 << 15);
    bench.write(EXTI + 0x08, 1 << 15);
    assert_eq!(bench.read(EXTI + 0x0C), 1 << 15);
    assert!(bench.irq_is_high(7));
}
