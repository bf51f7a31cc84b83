//! The core on flash that is busy or torn.

use crate::cpu::Bus;
use crate::memory::Width;
use crate::nvic::NMI;
use crate::testing::{NoCircuit, START, chip};
use crate::{Mcu, Time};

/// LDR R0, [R1].
const LOAD: u16 = 0x6808;
const NOP: u16 = 0xBF00;
/// B to itself.
const STAY: u16 = 0xE7FE;
const HANDLER: u32 = START + 0x10;
const TORN: u32 = 0x0800_F008;

fn run_for_us(mcu: &mut Mcu, us: u64) {
    let until = mcu.now() + Time::from_us(us);
    mcu.run_until(until, &mut NoCircuit);
}

#[test]
fn reading_a_torn_double_word_raises_the_non_maskable_interrupt() {
    for (address, expected) in [(TORN, NMI), (TORN + 4, NMI), (TORN + 8, 0), (TORN - 4, 0)] {
        let code = [LOAD, STAY, NOP, NOP, NOP, NOP, NOP, NOP, STAY];
        let mut mcu = chip(&code, &[(NMI, HANDLER)]);
        mcu.chip.flash.tear(0xF008, 0x1111_1111_2222_2222);
        mcu.cpu.r[1] = address;
        mcu.cpu.primask = true;
        run_for_us(&mut mcu, 10);
        assert_eq!(mcu.cpu.ipsr, expected, "{address:#x}");
        let read = if address == TORN {
            0x2222_2222
        } else {
            mcu.cpu.r[0]
        };
        assert_eq!(mcu.cpu.r[0], read, "the read itself goes on");
    }
}

#[test]
fn code_in_flash_stands_still_while_flash_is_erased() {
    let mut mcu = chip(&[0x3001, 0xE7FD], &[]);
    let circuit = &mut NoCircuit;
    for (offset, value) in [
        (0x08, 0x4567_0123),
        (0x08, 0xCDEF_89AB),
        (0x14, 2 | 31 << 3),
        (0x14, 2 | 31 << 3 | 1 << 16),
    ] {
        let done = mcu
            .debugger_port(circuit)
            .write(0x4002_2000 + offset, Width::Word, value);
        assert_eq!(done, Ok(()));
    }
    let counted = |mcu: &mut Mcu, us| {
        let before = mcu.cpu.r[0];
        run_for_us(mcu, us);
        mcu.cpu.r[0] - before
    };
    assert!(counted(&mut mcu, 21_900) < 100);
    assert!(counted(&mut mcu, 1_000) > 1_000);
}
