//! Queued edges to characters, errors and flags.

use super::*;

const BIT: u64 = 100_000_000;
/// 100 µs a bit: 256 × 16 MHz / 10 kHz.
const SLOW_BRR: u32 = 409_600;

#[test]
fn rxne_comes_in_the_middle_of_the_stop_bit() {
    let mut bench = listener(&Part::default(), SLOW_BRR, RXNEIE);
    let start = bench.now + Time::from_us(1_000);
    queue_bits(&mut bench, PA3, start, BIT, &byte_levels(0xA5));
    let at = bench
        .run_to_irq(29, Time::from_us(10_000))
        .expect("received");
    let middle = start + Time(BIT * 9 + BIT * 9 / 16);
    assert!(at >= middle && at <= middle + Time(HSI_PS), "{at:?}");
    assert_eq!(bench.read(LPUART1 + RDR), 0xA5);
    assert!(!bench.irq_is_high(29));
}

#[test]
fn a_missing_stop_bit_is_a_framing_error_and_the_receiver_resynchronises() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 0);
    let start = bench.now + Time::from_us(1_000);
    let mut levels = byte_levels(0x0F);
    levels[8] = false;
    let end = queue_bits(&mut bench, PA3, start, BIT, &levels);
    bench.input(end, PA3, Some(true));
    queue_bits(
        &mut bench,
        PA3,
        end + Time(2 * BIT),
        BIT,
        &byte_levels(0x3C),
    );
    bench.run_until(end);
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | NE | RXNE), FE | RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0x0F);
    bench.write(LPUART1 + ICR, FE);
    bench.run_for(Time(20 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | RXNE), RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0x3C);
}

#[test]
fn a_stuck_line_is_one_break_only() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 0);
    bench.input(bench.now + Time::from_us(1_000), PA3, Some(false));
    bench.run_for(Time::from_us(10_000));
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | RXNE), FE | RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0);
    bench.write(LPUART1 + ICR, FE);
    bench.run_for(Time::from_us(100_000));
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | RXNE), 0);
}

#[test]
fn a_spike_in_the_middle_of_a_bit_is_noise_but_the_majority_counts() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 0);
    let start = bench.now + Time::from_us(1_000);
    // 0xFF: only the start bit is low. A spike covers one of the three samples of bit 3.
    bench.input(start, PA3, Some(false));
    bench.input(start + Time(BIT), PA3, Some(true));
    let sample = start + Time(4 * BIT + BIT * 8 / 16);
    bench.input(sample - Time(BIT / 32), PA3, Some(false));
    bench.input(sample + Time(BIT / 32), PA3, Some(true));
    bench.run_for(Time(20 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | NE | RXNE), NE | RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0xFF);
}

#[test]
fn a_glitch_is_no_start_bit() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 0);
    let start = bench.now + Time::from_us(1_000);
    bench.input(start, PA3, Some(false));
    bench.input(start + Time(BIT / 8), PA3, Some(true));
    // A real character right behind it, while the receiver still looks at the glitch.
    queue_bits(
        &mut bench,
        PA3,
        start + Time(2 * BIT),
        BIT,
        &byte_levels(0x42),
    );
    bench.run_for(Time(30 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (FE | NE | RXNE), RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0x42);
    assert_eq!(bench.read(LPUART1 + ISR) & RXNE, 0);
}

#[test]
fn an_unread_character_is_kept_and_the_next_one_lost() {
    let mut bench = listener(&Part::default(), SLOW_BRR, RXNEIE);
    let start = bench.now + Time::from_us(1_000);
    let end = queue_bits(&mut bench, PA3, start, BIT, &byte_levels(1));
    queue_bits(&mut bench, PA3, end, BIT, &byte_levels(2));
    bench.run_for(Time(40 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (ORE | RXNE), ORE | RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 1);
    assert!(bench.irq_is_high(29), "ORE alone keeps the line high");
    bench.write(LPUART1 + ICR, ORE);
    assert!(!bench.irq_is_high(29));
    assert_eq!(bench.read(LPUART1 + ISR) & (ORE | RXNE), 0);
}

#[test]
fn the_fifo_holds_nine_characters_with_their_own_errors() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 1 << 29 | 1 << 12 | 1 << 10);
    let mut start = bench.now + Time::from_us(1_000);
    for byte in 0..10u8 {
        let mut levels = byte_levels(byte);
        // Even parity, wrong for the character 3.
        let parity = (byte.count_ones() % 2 == 1) ^ (byte == 3);
        levels.insert(8, parity);
        start = queue_bits(&mut bench, PA3, start, BIT, &levels);
    }
    bench.run_for(Time(130 * BIT));
    assert_ne!(bench.read(LPUART1 + ISR) & ORE, 0, "the tenth is lost");
    for byte in 0..9 {
        assert_eq!(
            bench.read(LPUART1 + ISR) & PE,
            if byte == 3 { PE } else { 0 },
            "{byte}"
        );
        bench.write(LPUART1 + ICR, PE);
        assert_eq!(bench.read(LPUART1 + RDR) & 0xFF, byte);
    }
    assert_eq!(bench.read(LPUART1 + ISR) & RXNE, 0);
}

#[test]
fn idle_comes_one_frame_after_the_last_character() {
    let mut bench = listener(&Part::default(), SLOW_BRR, 1 << 4);
    let start = bench.now + Time::from_us(1_000);
    let end = queue_bits(&mut bench, PA3, start, BIT, &byte_levels(7));
    queue_bits(&mut bench, PA3, end + Time(5 * BIT), BIT, &byte_levels(8));
    let at = bench.run_to_irq(29, Time::from_us(100_000)).expect("idle");
    let second_end = end + Time(15 * BIT);
    assert!(
        at > second_end + Time(9 * BIT) && at < second_end + Time(10 * BIT),
        "{at:?}"
    );
    assert_ne!(bench.read(LPUART1 + ISR) & IDLE, 0);
}

#[test]
fn the_receiver_time_out_of_usart1_counts_bits() {
    let mut bench = Bench::new();
    let pin = Pin::a(10);
    bench.alternate(pin, 1);
    bench.input(bench.now, pin, Some(true));
    bench.write(USART1 + BRR, 1600);
    bench.write(USART1 + CR2, 1 << 23);
    bench.write(USART1 + RTOR, 40);
    bench.write(USART1 + CR1, UE | RE | 1 << 26);
    let start = bench.now + Time::from_us(1_000);
    let end = queue_bits(&mut bench, pin, start, BIT, &byte_levels(7));
    let at = bench
        .run_to_irq(27, Time::from_us(100_000))
        .expect("time-out");
    assert!(
        at > end + Time(39 * BIT) && at <= end + Time(40 * BIT),
        "{at:?}"
    );
    assert_ne!(bench.read(USART1 + ISR) & RTOF, 0);
}

#[test]
fn an_open_line_with_pull_up_is_idle_and_rxinv_turns_it_round() {
    let mut bench = Bench::new();
    bench.write(GPIOA + 0x0C, 1 << 6);
    bench.alternate(PA3, 6);
    bench.write(LPUART1 + BRR, SLOW_BRR);
    bench.write(LPUART1 + CR1, UE | RE);
    bench.run_for(Time(40 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (RXNE | FE), 0);
    bench.write(LPUART1 + CR1, 0);
    bench.write(LPUART1 + CR2, 1 << 16);
    bench.write(LPUART1 + CR1, UE | RE);
    let start = bench.now + Time(BIT);
    bench.input(bench.now, PA3, Some(false));
    bench.input(start, PA3, Some(true));
    bench.input(start + Time(5 * BIT), PA3, Some(false));
    bench.run_for(Time(40 * BIT));
    assert_eq!(bench.read(LPUART1 + ISR) & (RXNE | FE | NE), RXNE);
    assert_eq!(bench.read(LPUART1 + RDR), 0xF0);
}

#[test]
fn a_start_bit_wakes_from_stop() {
    let mut bench = Bench::new();
    bench.alternate(PA3, 6);
    bench.input(bench.now, PA3, Some(true));
    // Kernel clock HSI16, wake-up on the start bit.
    bench.write(RCC + 0x54, 2 << 10);
    bench.write(LPUART1 + BRR, SLOW_BRR);
    bench.write(LPUART1 + CR3, 2 << 20 | 1 << 22);
    bench.write(LPUART1 + CR1, UE | RE | 1 << 1);
    assert_eq!(
        bench.with(|periph, cx| periph.sleep(cx, true)),
        SleepMode::Stop
    );
    let start = bench.now + Time::from_us(1_000);
    queue_bits(&mut bench, PA3, start, BIT, &byte_levels(0x5A));
    assert_eq!(bench.run_to_irq(29, Time::from_us(50_000)), Some(start));
    assert!(bench.with(|periph, cx| periph.wake(cx)) > Time::ZERO);
    bench.run_for(Time(20 * BIT));
    assert_eq!(bench.read(LPUART1 + RDR), 0x5A);
}

#[test]
fn settings_are_locked_while_enabled() {
    let mut bench = sender(1600, 0, 0);
    bench.write(USART1 + BRR, 139);
    assert_eq!(bench.read(USART1 + BRR), 1600);
    assert!(matches!(
        bench.findings()[..],
        [FindingKind::Misuse {
            peripheral: "USART1",
            ..
        }]
    ));
}

#[test]
fn usart2_has_no_time_out_register_use_and_reports_dma() {
    let mut bench = Bench::new();
    bench.write(USART2 + CR3, 1 << 7);
    assert!(matches!(
        bench.findings()[..],
        [FindingKind::UnmodelledMode {
            peripheral: "USART2",
            ..
        }]
    ));
}
