//! A chip that already runs one program gets another, or only a part of it.

use super::*;
use crate::testing::{NoCircuit, chip};

/// ADDS R0, #1 for ever, and ADDS R1, #1 for ever.
const OLD: [u16; 2] = [0x3001, 0xE7FD];
const NEW: [u16; 2] = [0x3101, 0xE7FD];
const KEPT: u64 = 0x0123_4567_89AB_CDEF;

/// A chip that runs the old program and keeps something in its last page.
fn old() -> Mcu {
    let mut mcu = chip(&OLD, &[]);
    mcu.chip.flash.program(0xF800, KEPT);
    mcu
}

/// The new program, its second part in page 3.
fn programmer() -> Programmer {
    let first = chip(&NEW, &[]).flash()[..0x204].to_vec();
    let parts = [(0x0800_0000, &first[..]), (0x0800_1FFC, &[1; 8][..])];
    Programmer::new(parts, 4_000_000).expect("inside flash")
}

fn move_on(mcu: &mut Mcu, wait: Time) {
    mcu.run_until(mcu.now() + wait, &mut NoCircuit);
}

#[test]
fn a_running_chip_gets_new_firmware_and_keeps_the_other_pages() {
    let (mut mcu, mut programmer) = (old(), programmer());
    let from = mcu.now();
    while let Some(wait) = programmer.step(&mut mcu, &mut NoCircuit).expect("sound") {
        move_on(&mut mcu, wait);
    }
    assert_eq!(programmer.programmed(), 3);
    let took = mcu.now().since(from);
    // Three pages erased, 67 double words, and the transfers.
    let expected = Time::from_us(3 * 22_000 + 67 * 85);
    assert!(
        took > expected && took < expected + Time::from_us(80_000),
        "{took:?}"
    );
    move_on(&mut mcu, Time::from_us(100));
    assert_eq!(mcu.cpu.r[0], 0);
    assert!(mcu.cpu.r[1] > 10, "the new program runs");
    assert_eq!(mcu.chip.flash.double_word(0xF800), KEPT);
    assert_eq!(mcu.chip.flash.double_word(0x2000), 0xFFFF_FFFF_0101_0101);
    assert!(!mcu.debug.is_halted());
}

#[test]
fn supply_lost_on_the_way_leaves_the_pages_programmed_so_far() {
    for cut in 0..3 {
        let (mut mcu, mut programmer) = (old(), programmer());
        while !programmer.is_programming() || programmer.programmed() < cut {
            let wait = programmer.step(&mut mcu, &mut NoCircuit).expect("sound");
            move_on(&mut mcu, wait.expect("not done"));
        }
        mcu.power_off(mcu.now(), &mut NoCircuit);
        let left = |offset| mcu.chip.flash.double_word(offset) != u64::MAX;
        let pages = [left(0), left(0x1FF8), left(0x2000)];
        assert_eq!(pages, [cut > 0, cut > 1, cut > 2]);
        assert!(!mcu.chip.flash.has_torn());
        let refused = programmer.step(&mut mcu, &mut NoCircuit);
        assert_eq!(refused, Err(ProgramError::NoAnswer));
    }
}

#[test]
fn an_image_outside_flash_is_refused() {
    let parts = [(0x0800_FFFC, &[0; 8][..])];
    let error = Programmer::new(parts, 4_000_000).map(|_| ()).unwrap_err();
    let address = 0x0801_0000;
    assert_eq!(error, ProgramError::OutsideFlash { address });
}
