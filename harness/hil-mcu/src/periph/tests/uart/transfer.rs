//! From one chip's pin to another's, over differing clocks.

use proptest::prelude::*;

use super::*;

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
