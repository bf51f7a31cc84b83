//! Bit timing, loop-back, errors and FIFOs of the UARTs.

use proptest::prelude::*;

use super::*;

const USART1: u32 = 0x4001_3800;
const USART2: u32 = 0x4000_4400;
const LPUART1: u32 = 0x4000_8000;
const CR1: u32 = 0x00;
const CR2: u32 = 0x04;
const CR3: u32 = 0x08;
const BRR: u32 = 0x0C;
const RTOR: u32 = 0x14;
const RQR: u32 = 0x18;
const ISR: u32 = 0x1C;
const ICR: u32 = 0x20;
const RDR: u32 = 0x24;
const TDR: u32 = 0x28;

const UE: u32 = 1;
const RE: u32 = 1 << 2;
const TE: u32 = 1 << 3;
const RXNEIE: u32 = 1 << 5;

const PE: u32 = 1;
const FE: u32 = 1 << 1;
const NE: u32 = 1 << 2;
const ORE: u32 = 1 << 3;
const IDLE: u32 = 1 << 4;
const RXNE: u32 = 1 << 5;
const TC: u32 = 1 << 6;
const TXE: u32 = 1 << 7;
const RTOF: u32 = 1 << 11;

/// PA9, where USART1 sends.
const PA9: Pin = Pin::a(9);
/// PA3, where LPUART1 listens.
const PA3: Pin = Pin::a(3);

/// A bench whose USART1 sends on PA9 with these settings; the idle frame after TE is over.
fn sender(brr: u32, cr1: u32, cr2: u32) -> Bench {
    let mut bench = Bench::new();
    bench.write(USART1 + BRR, brr);
    bench.write(USART1 + CR2, cr2);
    bench.write(USART1 + CR1, cr1 | UE | TE);
    bench.alternate(PA9, 1);
    bench.run_for(Time::from_us(100_000));
    bench.circuit.changes.clear();
    bench
}

/// A bench whose LPUART1 listens on PA3 at 16 MHz × 256 / `brr`.
fn listener(part: &Part, brr: u32, cr1: u32) -> Bench {
    let mut bench = Bench::of(part);
    bench.alternate(PA3, 6);
    bench.input(bench.now, PA3, Some(true));
    bench.write(LPUART1 + BRR, brr);
    bench.write(LPUART1 + CR1, cr1 | UE | RE);
    bench
}

/// Queues a character, LSB first, with these levels after the start bit; when it ends.
fn queue_bits(bench: &mut Bench, pin: Pin, start: Time, bit_ps: u64, levels: &[bool]) -> Time {
    bench.input(start, pin, Some(false));
    for (index, &level) in levels.iter().enumerate() {
        bench.input(start + Time((index as u64 + 1) * bit_ps), pin, Some(level));
    }
    start + Time((levels.len() as u64 + 1) * bit_ps)
}

fn byte_levels(byte: u8) -> Vec<bool> {
    (0..8)
        .map(|bit| byte >> bit & 1 == 1)
        .chain([true])
        .collect()
}

#[test]
fn edges_stand_at_exact_multiples_of_the_bit_time() {
    for brr in [139, 1667, 16, 35] {
        let mut bench = sender(brr, 0, 0);
        let start = bench.now;
        bench.write(USART1 + TDR, 0x55);
        bench.run_for(Time::from_us(5_000));
        let bit = u64::from(brr) * HSI_PS;
        let expected: Vec<_> = (0..10)
            .map(|n| {
                (
                    start + Time(n * bit),
                    if n % 2 == 0 { Drive::Low } else { Drive::High },
                )
            })
            .collect();
        assert_eq!(bench.changes_of(PA9), expected, "BRR {brr}");
        bench.assert_clean();
    }
}

#[test]
fn oversampling_by_8_halves_the_divider() {
    // USARTDIV = 2 × 16 MHz / 115200 = 277.8: BRR = 0x110 | (0x115 & 0xF) >> 1 (RM0444 §33.5.7).
    let mut bench = sender(0x110 | (0x115 & 0xF) >> 1, 1 << 15, 0);
    let start = bench.now;
    bench.write(USART1 + TDR, 0xFF);
    bench.run_for(Time::from_us(1_000));
    let bit = (0x114 / 2) * HSI_PS;
    assert_eq!(
        bench.changes_of(PA9),
        [(start, Drive::Low), (start + Time(bit), Drive::High)]
    );
}

#[test]
fn edges_are_told_up_to_a_flush_in_the_middle_of_a_character() {
    let mut bench = sender(1600, 0, 0);
    let start = bench.now;
    bench.write(USART1 + TDR, 0x55);
    bench.run_for(Time::from_us(250));
    let bit = Time::from_us(100);
    assert_eq!(
        bench.changes_of(PA9),
        [
            (start, Drive::Low),
            (start + bit, Drive::High),
            (start + bit + bit, Drive::Low)
        ]
    );
    assert_eq!(bench.read(GPIOA + 0x10) >> 9 & 1, 0, "IDR shows the line");
    bench.run_for(Time::from_us(5_000));
    assert_eq!(bench.changes_of(PA9).len(), 10);
}

#[test]
fn inverted_output_idles_low() {
    let mut bench = sender(1667, 0, 1 << 17);
    let start = bench.now;
    bench.write(USART1 + TDR, 0x00);
    bench.run_for(Time::from_us(5_000));
    let bit = Time(1667 * HSI_PS);
    assert_eq!(
        bench.changes_of(PA9),
        [(start, Drive::High), (start + Time(9 * bit.0), Drive::Low)]
    );
}

#[test]
fn characters_follow_without_a_gap_and_tc_comes_after_the_last() {
    let mut bench = sender(1600, 0, 0);
    let start = bench.now;
    bench.write(USART1 + TDR, 0x00);
    assert_ne!(bench.read(USART1 + ISR) & TXE, 0);
    bench.write(USART1 + TDR, 0x00);
    assert_eq!(bench.read(USART1 + ISR) & (TXE | TC), 0);
    bench.run_until(start + Time::from_us(1_000));
    assert_eq!(bench.read(USART1 + ISR) & (TXE | TC), TXE);
    bench.run_until(start + Time::from_us(1_999));
    assert_eq!(bench.read(USART1 + ISR) & TC, 0);
    bench.run_until(start + Time::from_us(2_000));
    assert_ne!(bench.read(USART1 + ISR) & TC, 0);
    let low = |us| (start + Time::from_us(us), Drive::Low);
    let high = |us| (start + Time::from_us(us), Drive::High);
    assert_eq!(
        bench.changes_of(PA9),
        [low(0), high(900), low(1_000), high(1_900)]
    );
}

#[test]
fn the_first_character_waits_for_the_idle_frame() {
    let mut bench = Bench::new();
    bench.write(USART1 + BRR, 1600);
    bench.alternate(PA9, 1);
    bench.write(USART1 + CR1, UE | TE);
    let start = bench.now;
    bench.write(USART1 + TDR, 0xFF);
    bench.run_for(Time::from_us(5_000));
    assert_eq!(
        bench.changes_of(PA9),
        [
            (start, Drive::High),
            (start + Time::from_us(1_000), Drive::Low),
            (start + Time::from_us(1_100), Drive::High)
        ]
    );
}

#[test]
fn a_break_is_a_frame_of_zeros_and_two_stop_bits() {
    let mut bench = sender(1600, 0, 0);
    let start = bench.now;
    bench.write(USART1 + RQR, 1 << 1);
    bench.write(USART1 + TDR, 0xFF);
    bench.run_for(Time::from_us(5_000));
    assert_eq!(
        bench.changes_of(PA9),
        [
            (start, Drive::Low),
            (start + Time::from_us(1_000), Drive::High),
            (start + Time::from_us(1_200), Drive::Low),
            (start + Time::from_us(1_300), Drive::High)
        ]
    );
}

#[test]
fn two_stop_bits_and_parity_lengthen_the_character() {
    // 9 bits with even parity, two stop bits: 12 bit times.
    let mut bench = sender(1600, 1 << 12 | 1 << 10, 2 << 12);
    let start = bench.now;
    bench.write(USART1 + TDR, 0x01);
    bench.run_until(start + Time::from_us(1_199));
    assert_eq!(bench.read(USART1 + ISR) & TC, 0);
    bench.run_until(start + Time::from_us(1_200));
    assert_ne!(bench.read(USART1 + ISR) & TC, 0);
    // Bit 0 and the parity bit (the ninth) are one.
    let high_at: Vec<_> = bench
        .changes_of(PA9)
        .into_iter()
        .filter(|change| change.1 == Drive::High)
        .map(|change| (change.0 - start).as_us())
        .collect();
    assert_eq!(high_at, [100, 900]);
}

/// Sends bytes from USART1 of one chip to LPUART1 of another; what arrives, with the flags seen.
fn transfer(bytes: &[u8], sender_hsi: u32, receiver_hsi: u32) -> (Vec<u8>, u32) {
    let mut from = Bench::of(&Part {
        hsi_period_ps: sender_hsi,
        ..Part::default()
    });
    from.alternate(PA9, 1);
    from.write(USART1 + BRR, 139);
    from.write(USART1 + CR1, UE | TE);
    let part = Part {
        hsi_period_ps: receiver_hsi,
        ..Part::default()
    };
    let mut to = listener(&part, 35_556, RXNEIE);
    let mut received = Vec::new();
    let mut flags = 0;
    let mut told = 0;
    let mut sent = 0;
    while received.len() < bytes.len() && from.now < Time::from_us(1_000_000) {
        if sent < bytes.len() && from.read(USART1 + ISR) & TXE != 0 {
            from.write(USART1 + TDR, u32::from(bytes[sent]));
            sent += 1;
        }
        from.run_for(Time::from_us(20));
        for &(at, pin, drive) in &from.circuit.changes[told..] {
            if pin == PA9 {
                to.input(at.max(to.now), PA3, Some(drive != Drive::Low));
            }
        }
        told = from.circuit.changes.len();
        // The receiver stays behind the sender, as boards in lock step do.
        to.run_until(from.now);
        if to.irq_is_high(29) {
            flags |= to.read(LPUART1 + ISR) & (PE | FE | NE | ORE);
            received.push(to.read(LPUART1 + RDR) as u8);
        }
    }
    from.assert_clean();
    to.assert_clean();
    (received, flags)
}

#[test]
fn bytes_arrive_over_two_percent_of_clock_mismatch() {
    let bytes: Vec<u8> = (0..=255).collect();
    for (sender_hsi, receiver_hsi) in [(62_500, 62_500), (61_875, 63_125), (63_125, 61_875)] {
        let (received, flags) = transfer(&bytes, sender_hsi, receiver_hsi);
        assert_eq!(received, bytes);
        assert_eq!(flags, 0);
    }
}

#[test]
fn ten_percent_of_mismatch_does_not_arrive() {
    let (received, flags) = transfer(&[0x55, 0xAA, 0x00, 0x7F], 56_000, 62_500);
    assert!(received != [0x55, 0xAA, 0x00, 0x7F] || flags & FE != 0);
}

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_bytes_arrive(
        bytes in proptest::collection::vec(any::<u8>(), 1..20),
        sender_hsi in 61_875u32..63_125,
        receiver_hsi in 61_875u32..63_125,
    ) {
        let (received, flags) = transfer(&bytes, sender_hsi, receiver_hsi);
        prop_assert_eq!(received, bytes);
        prop_assert_eq!(flags, 0);
    }
}
