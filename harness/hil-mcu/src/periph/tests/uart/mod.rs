//! Bit timing, errors, FIFOs and transfers of the UARTs.

mod receiving;
mod sending;
mod transfer;

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
