//! Whatever the bits: the decoder answers, and the chip neither panics nor hangs.

use proptest::prelude::*;

use crate::Time;
use crate::cpu::decode;
use crate::memory::{FLASH_SIZE, RAM_BASE};
use crate::testing::{NoCircuit, flashed};

#[test]
fn every_encoding_decodes_to_registers_that_exist() {
    for first in 0..=u16::MAX {
        for second in [0x0000, 0x8000, 0xD000, 0xF800, 0xFFFF] {
            let op = decode(first, second);
            assert!(op.a < 16 && op.b < 16, "{first:04x} {second:04x}: {op:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_flash_neither_panics_nor_hangs(
        body in prop::collection::vec(any::<u16>(), 64..1024),
        vectors in prop::collection::vec(0_u32..2048, 48),
        interrupts in any::<u32>(),
    ) {
        let mut image = Vec::new();
        image.extend((RAM_BASE + 0x1000).to_le_bytes());
        for vector in &vectors[1..] {
            image.extend((0x0800_0001 | vector).to_le_bytes());
        }
        for half in &body {
            image.extend(half.to_le_bytes());
        }
        let mut mcu = flashed(&image);
        mcu.chip.scs.nvic.write(0, u32::MAX);
        mcu.chip.scs.nvic.write(0x100, interrupts);
        for slice in 1..20 {
            let end = Time::from_us(250 + slice * 50);
            mcu.run_until(end, &mut NoCircuit);
            prop_assert_eq!(mcu.now(), end);
        }
        prop_assert_eq!(mcu.flash().len(), FLASH_SIZE);
    }

    #[test]
    fn random_ram_code_neither_panics_nor_hangs(
        body in prop::collection::vec(any::<u16>(), 8..512),
        offset in 0_u32..0x1F00,
    ) {
        let mut mcu = flashed(&[0; 8]);
        for (index, half) in body.iter().enumerate() {
            let at = (offset as usize & !1) + index * 2;
            if let Some(place) = mcu.chip.ram.get_mut(at..at + 2) {
                place.copy_from_slice(&half.to_le_bytes());
            }
        }
        mcu.cpu.debug_write(15, RAM_BASE + (offset & !1));
        mcu.cpu.debug_write(13, RAM_BASE + 0x1000);
        mcu.cpu.thumb = true;
        let end = Time::from_us(1_250);
        mcu.run_until(end, &mut NoCircuit);
        prop_assert_eq!(mcu.now(), end);
    }
}
