//! Good and bad files, made from one good one.

use proptest::prelude::*;

use super::*;
use crate::flash::chip::STM32G031K8;

const TICKER: &[u8] = include_bytes!("../../../tests/target/ticker.elf");
/// Offsets into the file: ELF header, and its first program header.
const MACHINE: usize = 18;
const SEGMENT: usize = 52;
const LOAD_ADDRESS: usize = SEGMENT + 12;
const FILE_SIZE: usize = SEGMENT + 16;
/// Where the first segment's contents begin: the vector table.
const VECTORS: usize = 0x1000;

fn parse(elf: &[u8]) -> Result<Image, ImageError> {
    Image::parse(elf, &STM32G031K8)
}

fn with_word(offset: usize, value: u32) -> Vec<u8> {
    let mut elf = TICKER.to_vec();
    elf[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    elf
}

#[test]
fn a_good_image_is_its_segments() {
    let image = parse(TICKER).unwrap();
    let [segment] = image.segments() else {
        panic!("one segment")
    };
    assert_eq!(segment.address, 0x0800_0000);
    assert_eq!(segment.data[..4], 0x2000_2000_u32.to_le_bytes());
    assert_eq!(image.len() as usize, segment.data.len());
    assert_eq!(image.sha256(), hex(&Sha256::digest(TICKER)));
}

#[test]
fn damaged_and_foreign_files_are_told_apart() {
    assert!(matches!(parse(b""), Err(ImageError::NotElf(_))));
    assert!(matches!(parse(b"hello"), Err(ImageError::NotElf(_))));
    let cut = parse(&TICKER[..TICKER.len() / 2]);
    assert!(matches!(cut, Err(ImageError::NotElf(_))));
    let mut riscv = TICKER.to_vec();
    riscv[MACHINE] = 243;
    assert_eq!(parse(&riscv), Err(ImageError::NotArm));
    let this_program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(parse(&this_program), Err(ImageError::NotArm));
    assert_eq!(parse(&with_word(FILE_SIZE, 0)), Err(ImageError::Empty));
}

#[test]
fn another_chip_is_recognised_by_its_memories() {
    let outside = |start| {
        let end = u64::from(start) + 0x7CB4;
        Err(ImageError::OutsideFlash {
            start,
            end,
            chip: "STM32G031K8Tx",
        })
    };
    for start in [0, 0x1000_0000, 0x0800_F000, 0xFFFF_FF00] {
        assert_eq!(parse(&with_word(LOAD_ADDRESS, start)), outside(start));
    }
    let large_ram = parse(&with_word(VECTORS, 0x2000_9000));
    assert_eq!(
        large_ram,
        Err(ImageError::StackOutsideRam(0x2000_9000, "STM32G031K8Tx"))
    );
}

#[test]
fn the_vectors_must_be_where_the_chip_looks() {
    let behind_a_boot_loader = parse(&with_word(LOAD_ADDRESS, 0x0800_2000));
    assert_eq!(
        behind_a_boot_loader,
        Err(ImageError::NoVectors(0x0800_0000))
    );
    for reset in [0x0800_0010, 0x0800_8001, u32::MAX] {
        let image = parse(&with_word(VECTORS + 4, reset));
        assert_eq!(image, Err(ImageError::BadResetVector(reset)));
    }
}

proptest! {
    #[test]
    fn any_damage_is_refused_or_harmless(offset in 0..TICKER.len(), byte in any::<u8>()) {
        let mut elf = TICKER.to_vec();
        elf[offset] = byte;
        if let Ok(image) = parse(&elf) {
            let flash = &STM32G031K8.flash;
            for segment in image.segments() {
                prop_assert!(segment.address >= flash.start);
                prop_assert!(segment.end() <= flash.end.into());
            }
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse(&bytes).is_err());
    }
}
