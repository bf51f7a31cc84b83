//! Timers against times worked out by hand.

use super::*;

const TIM1: u32 = 0x4001_2C00;
const TIM2: u32 = 0x4000_0000;
const TIM3: u32 = 0x4000_0400;
const TIM14: u32 = 0x4000_2000;
const TIM16: u32 = 0x4001_4400;
const CR1: u32 = 0x00;
const DIER: u32 = 0x0C;
const SR: u32 = 0x10;
const EGR: u32 = 0x14;
const CCMR1: u32 = 0x18;
const CCER: u32 = 0x20;
const CNT: u32 = 0x24;
const PSC: u32 = 0x28;
const ARR: u32 = 0x2C;
const RCR: u32 = 0x30;
const CCR1: u32 = 0x34;
const BDTR: u32 = 0x44;

const CEN: u32 = 1;
const UIF: u32 = 1;
const CC1IF: u32 = 1 << 1;

/// A timer that ticks every microsecond, the prescaler loaded, flags clear.
fn microseconds(timer: u32, arr: u32) -> Bench {
    let mut bench = Bench::new();
    bench.write(timer + PSC, 15);
    bench.write(timer + ARR, arr);
    bench.write(timer + EGR, 1);
    bench.write(timer + SR, 0);
    bench
}

#[test]
fn the_counter_follows_the_time() {
    for timer in [TIM1, TIM2, TIM3, TIM14, TIM16] {
        let mut bench = microseconds(timer, 999);
        bench.write(timer + CR1, CEN);
        for (us, count) in [(1, 1), (500, 500), (999, 999), (1_000, 0), (7_042, 42)] {
            bench.run_until(Time::from_us(us));
            assert_eq!(bench.read(timer + CNT), count, "{timer:#x} at {us} us");
        }
        bench.assert_clean();
    }
}

#[test]
fn update_interrupts_come_every_period() {
    for (timer, line) in [(TIM1, 13), (TIM2, 15), (TIM3, 16), (TIM14, 19), (TIM16, 21)] {
        let mut bench = microseconds(timer, 1_999);
        bench.write(timer + DIER, 1);
        bench.write(timer + CR1, CEN);
        for period in 1..=3 {
            let at = bench.run_to_irq(line, Time::from_us(100_000));
            assert_eq!(at, Some(Time::from_us(period * 2_000)));
            assert_eq!(bench.read(timer + SR) & UIF, UIF);
            bench.write(timer + SR, !UIF);
            assert!(!bench.irq_is_high(line));
        }
    }
}

#[test]
fn without_an_interrupt_nothing_happens_but_the_flags_are_right() {
    let mut bench = microseconds(TIM3, 999);
    bench.write(TIM3 + CCR1, 300);
    bench.write(TIM3 + CR1, CEN);
    assert_eq!(bench.periph.next_event(), Time::NEVER);
    bench.run_until(Time::from_us(299));
    assert_eq!(bench.read(TIM3 + SR) & (UIF | CC1IF), 0);
    bench.run_until(Time::from_us(300));
    assert_eq!(bench.read(TIM3 + SR) & (UIF | CC1IF), CC1IF);
    bench.write(TIM3 + SR, 0);
    bench.run_until(Time::from_us(999));
    assert_eq!(bench.read(TIM3 + SR) & (UIF | CC1IF), 0);
    bench.run_until(Time::from_us(1_000));
    assert_eq!(bench.read(TIM3 + SR) & (UIF | CC1IF), UIF);
    bench.write(TIM3 + SR, 0);
    bench.run_until(Time::from_us(1_000_000));
    assert_eq!(bench.read(TIM3 + SR) & (UIF | CC1IF), UIF | CC1IF);
}

#[test]
fn compare_interrupts_of_tim1_have_their_own_line() {
    let mut bench = microseconds(TIM1, 999);
    bench.write(TIM1 + CCR1, 250);
    bench.write(TIM1 + DIER, CC1IF);
    bench.write(TIM1 + CR1, CEN);
    for period in 0..3 {
        assert_eq!(
            bench.run_to_irq(14, Time::from_us(100_000)),
            Some(Time::from_us(period * 1_000 + 250))
        );
        assert!(!bench.irq_is_high(13));
        bench.write(TIM1 + SR, 0);
    }
}

#[test]
fn the_preloaded_period_takes_effect_at_the_update() {
    let mut bench = microseconds(TIM3, 999);
    bench.write(TIM3 + DIER, 1);
    bench.write(TIM3 + CR1, CEN | 1 << 7);
    bench.run_until(Time::from_us(500));
    bench.write(TIM3 + ARR, 99);
    assert_eq!(
        bench.run_to_irq(16, Time::from_us(10_000)),
        Some(Time::from_us(1_000))
    );
    bench.write(TIM3 + SR, 0);
    assert_eq!(
        bench.run_to_irq(16, Time::from_us(10_000)),
        Some(Time::from_us(1_100))
    );
}

#[test]
fn one_pulse_mode_stops_at_the_update() {
    let mut bench = microseconds(TIM14, 9_999);
    bench.write(TIM14 + DIER, 1);
    bench.write(TIM14 + CR1, CEN | 1 << 3);
    assert_eq!(
        bench.run_to_irq(19, Time::from_us(100_000)),
        Some(Time::from_us(10_000))
    );
    assert_eq!(bench.read(TIM14 + CR1) & CEN, 0);
    bench.write(TIM14 + SR, 0);
    assert_eq!(bench.run_to_irq(19, Time::from_us(100_000)), None);
    assert_eq!(bench.read(TIM14 + CNT), 0);
}

#[test]
fn repetitions_divide_the_updates_awaited_or_not() {
    let mut bench = microseconds(TIM1, 99);
    bench.write(TIM1 + RCR, 4);
    bench.write(TIM1 + EGR, 1);
    bench.write(TIM1 + SR, 0);
    bench.write(TIM1 + CR1, CEN);
    // Nobody waits for the first 23 overflows (updates at 5, 10, 15, 20).
    bench.run_until(Time::from_us(2_310));
    assert_eq!(bench.read(TIM1 + SR) & UIF, UIF);
    bench.write(TIM1 + SR, 0);
    bench.write(TIM1 + DIER, 1);
    assert_eq!(
        bench.run_to_irq(13, Time::from_us(100_000)),
        Some(Time::from_us(2_500))
    );
}

#[test]
fn stopping_holds_the_count_and_writing_moves_it() {
    let mut bench = microseconds(TIM2, u32::MAX);
    bench.write(TIM2 + CR1, CEN);
    bench.run_until(Time::from_us(70_000));
    bench.write(TIM2 + CR1, 0);
    bench.run_for(Time::from_us(1_000));
    assert_eq!(bench.read(TIM2 + CNT), 70_000);
    bench.write(TIM2 + CNT, 0xFFFF_FFF0);
    bench.write(TIM2 + CR1, CEN);
    bench.run_for(Time::from_us(32));
    assert_eq!(bench.read(TIM2 + CNT), 16);
}

#[test]
fn pwm_edges_stand_at_compare_and_update() {
    let pin = Pin::a(6);
    let mut bench = microseconds(TIM3, 99);
    bench.alternate(pin, 1);
    bench.write(TIM3 + CCMR1, 6 << 4 | 1 << 3);
    bench.write(TIM3 + CCR1, 25);
    bench.write(TIM3 + EGR, 1);
    bench.write(TIM3 + CCER, 1);
    bench.write(TIM3 + CR1, CEN);
    bench.run_until(Time::from_us(210));
    let high = |us| (Time::from_us(us), Drive::High);
    let low = |us| (Time::from_us(us), Drive::Low);
    assert_eq!(
        bench.changes_of(pin),
        [high(0), low(25), high(100), low(125), high(200)]
    );
    // A new duty cycle waits for the update; polarity acts at once.
    bench.write(TIM3 + CCR1, 50);
    bench.run_until(Time::from_us(310));
    assert_eq!(bench.changes_of(pin)[5..], [low(225), high(300)]);
    bench.write(TIM3 + CCER, 3);
    assert_eq!(bench.changes_of(pin).last(), Some(&low(310)));
    bench.write(TIM3 + CCER, 0);
    assert_eq!(
        bench.changes_of(pin).last(),
        Some(&(Time::from_us(310), Drive::HighZ))
    );
}

#[test]
fn toggle_mode_and_the_main_output_enable_of_tim16() {
    let pin = Pin::b(8);
    let mut bench = microseconds(TIM16, 99);
    bench.alternate(pin, 2);
    bench.write(TIM16 + CCMR1, 3 << 4);
    bench.write(TIM16 + CCR1, 10);
    bench.write(TIM16 + CCER, 1);
    bench.write(TIM16 + CR1, CEN);
    bench.run_until(Time::from_us(50));
    assert_eq!(bench.changes_of(pin), [], "MOE is off");
    bench.write(TIM16 + BDTR, 1 << 15);
    bench.run_until(Time::from_us(250));
    let edges: Vec<_> = bench
        .changes_of(pin)
        .iter()
        .map(|change| change.0.as_us())
        .collect();
    assert_eq!(edges, [50, 110, 210]);
}

#[test]
fn stop_freezes_the_counter() {
    let mut bench = microseconds(TIM3, 9_999);
    bench.write(TIM3 + DIER, 1);
    bench.write(TIM3 + CR1, CEN);
    bench.run_until(Time::from_us(4_000));
    bench.with(|periph, cx| periph.sleep(cx, true));
    assert_eq!(bench.periph.next_event(), Time::NEVER);
    bench.run_until(Time::from_us(50_000));
    bench.with(|periph, cx| periph.wake(cx));
    assert_eq!(
        bench.run_to_irq(16, Time::from_us(100_000)),
        Some(Time::from_us(56_000))
    );
}

#[test]
fn a_halted_core_stops_the_counters_it_is_told_to() {
    let mut bench = microseconds(TIM3, 9_999);
    bench.write(0x4001_5808, 1 << 1);
    bench.write(TIM3 + CR1, CEN);
    bench.write(TIM14 + CR1, CEN);
    bench.with(|periph, cx| periph.set_halted(cx, true));
    bench.run_until(Time::from_us(1_000));
    assert_eq!(bench.read(TIM3 + CNT), 0);
    assert_eq!(bench.read(TIM14 + CNT), 16_000);
    bench.with(|periph, cx| periph.set_halted(cx, false));
    bench.run_until(Time::from_us(1_500));
    assert_eq!(bench.read(TIM3 + CNT), 500);
}

#[test]
fn a_divided_bus_clock_doubles_for_the_timers() {
    let mut bench = microseconds(TIM3, 9_999);
    // PPRE = 4: PCLK 4 MHz, timers 8 MHz.
    bench.write(RCC + 0x08, 5 << 12);
    bench.write(TIM3 + CR1, CEN);
    bench.run_until(Time::from_us(1_000));
    assert_eq!(bench.read(TIM3 + CNT), 500);
}

#[test]
fn modes_that_are_not_modelled_are_reported() {
    for (offset, value) in [
        (CR1, 1 << 4),
        (CR1, 1 << 5),
        (0x08, 4),
        (CCMR1, 1),
        (DIER, 1 << 8),
    ] {
        let mut bench = Bench::new();
        bench.write(TIM3 + offset, value);
        assert!(
            matches!(
                bench.findings()[..],
                [FindingKind::UnmodelledMode {
                    peripheral: "TIM3",
                    ..
                }]
            ),
            "{offset:#x}"
        );
    }
}
