//! Edges on the transmit pin, to the picosecond.

use super::*;

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
