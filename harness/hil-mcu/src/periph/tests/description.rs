//! Addresses, reset values and names against ST's own description of the chip, as the `stm32g0`
//! crate carries it.
//!
//! Where that description contradicts RM0444, the manual's value stands in [`CORRECTED`].

use std::mem::MaybeUninit;

use stm32g0::stm32g031 as chip;
use stm32g0::{Reg, Resettable};

use super::*;
use crate::periph::map::Block;

/// A register of the description.
struct Described {
    name: &'static str,
    offset: u32,
    reset: u32,
}

fn described<REG: Resettable>(name: &'static str, reg: &Reg<REG>, block: usize) -> Described
where
    u32: From<REG::Ux>,
{
    Described {
        name,
        offset: (reg.as_ptr() as usize - block) as u32,
        reset: REG::RESET_VALUE.into(),
    }
}

/// The registers of a block of the description: its address, and each register's place in it.
macro_rules! block {
    ($peripheral:ident, $module:ident, $($register:ident)*) => {{
        let block: Box<chip::$module::RegisterBlock> = {
            #[expect(unsafe_code, reason = "a block of plain cells, for which zero is a value")]
            // SAFETY: every field is a cell around an integer or reserved bytes.
            unsafe { Box::new(MaybeUninit::zeroed().assume_init()) }
        };
        let start = &raw const *block as usize;
        (
            chip::$peripheral::PTR as usize as u32,
            vec![$(described(stringify!($register), block.$register(), start)),*],
        )
    }};
}

/// Values RM0444 gives and the description does not: block, offset, value.
const CORRECTED: &[(Block, u32, u32)] = &[
    // HSION and HSIRDY; the description has the value of another family.
    (Block::Rcc, 0x00, 0x0000_0500),
    // HSITRIM is 64 in the middle of its range, HSICAL is the factory's.
    (Block::Rcc, 0x04, 0x0000_4000),
    // FLASHEN.
    (Block::Rcc, 0x38, 0x0000_0100),
    // Sleep clocks are all on.
    (Block::Rcc, 0x44, 0x0000_002F),
    (Block::Rcc, 0x48, 0x0000_1301),
    (Block::Rcc, 0x4C, 0xD872_4C03),
    (Block::Rcc, 0x50, 0x0016_D801),
    // Power reset and pin reset.
    (Block::Rcc, 0x60, 0x0C00_0000),
    // DBG_SWEN; EMPTY, since nothing is programmed.
    (Block::Flash, 0x00, 0x0005_0600),
    // Option bytes as delivered: no area is protected.
    (Block::Flash, 0x20, 0xFFFF_FEAA),
    (Block::Flash, 0x24, 0x0000_00FF),
    (Block::Flash, 0x28, 0x0000_0000),
    (Block::Flash, 0x2C, 0x0000_003F),
    (Block::Flash, 0x30, 0x0000_003F),
    (Block::Flash, 0x34, 0x0000_00FF),
    (Block::Flash, 0x38, 0x0000_0000),
    (Block::Flash, 0x80, 0x0000_0000),
    // FLASH_RDY.
    (Block::Pwr, 0x14, 0x0000_0080),
    // The pull-up of SWDIO.
    (Block::GpioA, 0x10, 0x0000_2000),
    // No channel is selected.
    (Block::Adc, 0x28, 0x0000_0000),
    // The chip's identity.
    (Block::Dbg, 0x00, 0x1001_0466),
    // Auto-reload registers start full.
    (Block::Tim1, 0x2C, 0x0000_FFFF),
    (Block::Tim2, 0x2C, 0xFFFF_FFFF),
    (Block::Tim3, 0x2C, 0x0000_FFFF),
    (Block::Tim14, 0x2C, 0x0000_FFFF),
    (Block::Tim16, 0x2C, 0x0000_FFFF),
    (Block::Tim17, 0x2C, 0x0000_FFFF),
];

/// Registers of the description that this chip does not have.
const ABSENT: &[(Block, u32)] = &[(Block::Flash, 0x1C)];

#[test]
#[rustfmt::skip]
fn addresses_reset_values_and_names_are_those_of_the_chip() {
    let tim16 = |base| (base, block!(TIM16, tim16, cr1 cr2 dier sr egr ccer cnt psc arr rcr ccr1 bdtr dcr dmar af1 tisel).1);
    let spi = |base| (base, block!(SPI1, spi1, cr1 cr2 sr dr crcpr rxcrcr txcrcr i2scfgr i2spr).1);
    let i2c = |base| (base, block!(I2C1, i2c1, cr1 cr2 oar1 oar2 timingr timeoutr isr icr pecr rxdr txdr).1);
    let usart = |base| (base, block!(USART1, usart1, cr1 cr2 cr3 brr gtpr rtor rqr isr icr rdr tdr presc).1);
    let lptim = |base| (base, block!(LPTIM1, lptim1, isr icr ier cfgr cr cmp arr cnt cfgr2).1);
    let gpio = |base| (base, block!(GPIOB, gpiob, moder otyper ospeedr pupdr idr odr bsrr lckr afrl afrh brr).1);
    let blocks = [
        (Block::Tim2, block!(TIM2, tim2, cr1 cr2 smcr dier sr egr ccer cnt psc arr ccr1 ccr2 ccr3 ccr4 dcr dmar or1 af1 tisel)),
        (Block::Tim3, block!(TIM3, tim3, cr1 cr2 smcr dier sr egr ccer cnt psc arr ccr1 ccr2 ccr3 ccr4 dcr dmar or1 af1 tisel)),
        (Block::Tim14, block!(TIM14, tim14, cr1 dier sr egr ccer cnt psc arr ccr1 tisel)),
        (Block::Rtc, block!(RTC, rtc, tr dr ssr icsr prer wutr cr wpr calr shiftr tstr tsdr tsssr alrmar alrmassr alrmbr alrmbssr sr misr scr)),
        (Block::Wwdg, block!(WWDG, wwdg, cr cfr sr)),
        (Block::Iwdg, block!(IWDG, iwdg, kr pr rlr sr winr)),
        (Block::Spi2, spi(chip::SPI2::PTR as usize as u32)),
        (Block::Usart2, usart(chip::USART2::PTR as usize as u32)),
        (Block::I2c1, i2c(chip::I2C1::PTR as usize as u32)),
        (Block::I2c2, i2c(chip::I2C2::PTR as usize as u32)),
        (Block::Pwr, block!(PWR, pwr, cr1 cr2 cr3 cr4 sr1 sr2 scr pucra pdcra pucrb pdcrb pucrc pdcrc pucrd pdcrd pucrf pdcrf)),
        (Block::Lptim1, lptim(chip::LPTIM1::PTR as usize as u32)),
        (Block::Lpuart1, block!(LPUART, lpuart, cr1 cr2 cr3 brr rqr isr icr rdr tdr presc)),
        (Block::Lptim2, lptim(chip::LPTIM2::PTR as usize as u32)),
        (Block::Tamp, block!(TAMP, tamp, cr1 cr2 fltcr ier sr misr scr bkp0r bkp1r bkp4r)),
        (Block::Syscfg, block!(SYSCFG, syscfg, cfgr1 cfgr2 itline0 itline15 itline31)),
        (Block::Adc, block!(ADC, adc, isr ier cr cfgr1 cfgr2 smpr awd1tr awd2tr chselr0 awd3tr dr awd2cr awd3cr calfact ccr)),
        (Block::Tim1, block!(TIM1, tim1, cr1 cr2 smcr dier sr egr ccer cnt psc arr rcr ccr1 ccr2 ccr3 ccr4 bdtr dcr dmar or1 ccr5 ccr6 af1 af2 tisel)),
        (Block::Spi1, spi(chip::SPI1::PTR as usize as u32)),
        (Block::Usart1, usart(chip::USART1::PTR as usize as u32)),
        (Block::Tim16, tim16(chip::TIM16::PTR as usize as u32)),
        (Block::Tim17, tim16(chip::TIM17::PTR as usize as u32)),
        (Block::Dbg, block!(DBG, dbg, idcode cr apb_fz1 apb_fz2)),
        (Block::Dma1, block!(DMA1, dma1, isr ifcr)),
        (Block::Dmamux, block!(DMAMUX, dmamux, csr cfr rgsr rgcfr)),
        (Block::Rcc, block!(RCC, rcc, cr icscr cfgr pllcfgr cier cifr cicr ioprstr ahbrstr apbrstr1 apbrstr2 iopenr ahbenr apbenr1 apbenr2 iopsmenr ahbsmenr apbsmenr1 apbsmenr2 ccipr bdcr csr)),
        (Block::Exti, block!(EXTI, exti, rtsr1 ftsr1 swier1 rpr1 fpr1 exticr1 exticr2 exticr3 exticr4 imr1 emr1)),
        (Block::Flash, block!(FLASH, flash, acr keyr optkeyr sr cr eccr optr pcrop1asr pcrop1aer wrp1ar wrp1br pcrop1bsr pcrop1ber secr)),
        (Block::Crc, block!(CRC, crc, dr idr cr init pol)),
        (Block::GpioA, block!(GPIOA, gpioa, moder otyper ospeedr pupdr idr odr bsrr lckr afrl afrh brr)),
        (Block::GpioB, gpio(chip::GPIOB::PTR as usize as u32)),
        (Block::GpioC, gpio(chip::GPIOC::PTR as usize as u32)),
        (Block::GpioD, gpio(chip::GPIOD::PTR as usize as u32)),
        (Block::GpioF, gpio(chip::GPIOF::PTR as usize as u32)),
    ];
    assert_eq!(blocks.len(), Block::ALL.len());
    let mut wrong = Vec::new();
    for (block, (base, registers)) in blocks {
        assert_eq!(block.base(), base, "{}", block.name());
        wrong.extend(registers.iter().filter_map(|register| difference(block, register)));
    }
    assert_eq!(wrong, [""; 0]);
}

/// A register must read as described, or be reported under its name; else what it does.
fn difference(block: Block, register: &Described) -> Option<String> {
    let mut bench = match block {
        Block::Rcc => Bench::cold(&Part::default()),
        _ => Bench::new(),
    };
    bench.write(RCC + 0x38, bench_ahb(block));
    let name = format!("{}_{}", block.name(), register.name.to_uppercase());
    let value = bench.read(block.base() + register.offset);
    match bench.findings().as_slice() {
        [] => {
            let corrected = CORRECTED
                .iter()
                .find(|entry| (entry.0, entry.1) == (block, register.offset));
            let expected = corrected.map_or(register.reset, |entry| entry.2);
            (value != expected).then(|| format!("{name}: {value:#x} instead of {expected:#x}"))
        }
        [FindingKind::Unmodelled { .. }] if ABSENT.contains(&(block, register.offset)) => None,
        [finding] if finding.to_string() == format!("{name} is not modelled") => None,
        findings => Some(format!("{name}: {findings:?}")),
    }
}

/// AHBENR as after reset for RCC's own check, everything on for the others.
fn bench_ahb(block: Block) -> u32 {
    if block == Block::Rcc { 0x100 } else { 0x1101 }
}
