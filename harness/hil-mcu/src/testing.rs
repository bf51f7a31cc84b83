//! For the tests of this crate: a chip that holds a given program without having been flashed, and
//! a circuit with nothing in it.

use crate::{Circuit, Drive, Mcu, Part, Pin, Time};

/// Nothing around the chip.
pub(crate) struct NoCircuit;

impl Circuit for NoCircuit {
    fn sample(&mut self, _at: Time, _channel: u8) -> f64 {
        0.0
    }
    fn pin_changed(&mut self, _at: Time, _pin: Pin, _drive: Drive) {}
    fn nrst_pulse(&mut self, _at: Time) {}
}

/// First instruction of [`chip`]'s program.
pub(crate) const START: u32 = 0x0800_0200;
/// Its initial stack pointer.
pub(crate) const STACK: u32 = 0x2000_1000;

/// A chip, switched on and about to execute `code` at [`START`]; all vectors but reset lead to
/// `handlers`: (exception number, address).
pub(crate) fn chip(code: &[u16], handlers: &[(u8, u32)]) -> Mcu {
    let mut image = vec![0; 0x200 + code.len() * 2];
    let mut vector = |number: usize, value: u32| {
        image[number * 4..number * 4 + 4].copy_from_slice(&value.to_le_bytes());
    };
    vector(0, STACK);
    vector(1, START | 1);
    for &(number, address) in handlers {
        vector(usize::from(number), address | 1);
    }
    for (index, half) in code.iter().enumerate() {
        let at = 0x200 + index * 2;
        image[at..at + 2].copy_from_slice(&half.to_le_bytes());
    }
    flashed(&image)
}

/// A chip with this flash image, switched on, its power-on delay over.
pub(crate) fn flashed(image: &[u8]) -> Mcu {
    let mut mcu = Mcu::new(Part::default());
    for (index, bytes) in image.chunks(8).enumerate() {
        let mut padded = [0xFF; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        mcu.chip
            .flash
            .program(index * 8, u64::from_le_bytes(padded));
    }
    mcu.power_on(Time::ZERO, &mut NoCircuit);
    mcu.run_until(Time::from_us(250), &mut NoCircuit);
    mcu
}
