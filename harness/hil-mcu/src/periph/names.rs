//! Names of the registers that are not modelled, so that a finding can name them (RM0444, register
//! maps of each chapter).

use super::map::Block;

/// The register's name, or its offset where RM0444 has no register.
pub(crate) fn register(block: Block, offset: u32) -> String {
    let table: &[(u32, &str)] = match block {
        Block::Dma1 => return dma(offset),
        Block::Dmamux => return dmamux(offset),
        Block::Syscfg if (0x80..0x100).contains(&offset) => {
            return format!("ITLINE{}", (offset - 0x80) / 4);
        }
        Block::Tamp if (0x100..0x114).contains(&offset) => {
            return format!("BKP{}R", (offset - 0x100) / 4);
        }
        Block::Syscfg => &[(0x30, "VREFBUF_CSR"), (0x34, "VREFBUF_CCR")],
        Block::Spi1 | Block::Spi2 => SPI,
        Block::I2c1 | Block::I2c2 => I2C,
        Block::Wwdg => &[(0x00, "CR"), (0x04, "CFR"), (0x08, "SR")],
        Block::Tamp => TAMP,
        Block::Rtc => RTC,
        Block::Usart1 | Block::Usart2 | Block::Lpuart1 => &[(0x10, "GTPR"), (0x14, "RTOR")],
        Block::Exti => &[(0x90, "IMR2"), (0x94, "EMR2")],
        Block::Lptim1 | Block::Lptim2 => &[(0x24, "CFGR2")],
        Block::Tim1 | Block::Tim2 | Block::Tim3 | Block::Tim14 | Block::Tim16 | Block::Tim17 => {
            TIMER
        }
        _ => &[],
    };
    match table.iter().find(|entry| entry.0 == offset) {
        Some((_, name)) => (*name).to_owned(),
        None => unnamed(offset),
    }
}

fn unnamed(offset: u32) -> String {
    format!("{offset:#05x}")
}

const SPI: &[(u32, &str)] = &[
    (0x00, "CR1"),
    (0x04, "CR2"),
    (0x08, "SR"),
    (0x0C, "DR"),
    (0x10, "CRCPR"),
    (0x14, "RXCRCR"),
    (0x18, "TXCRCR"),
    (0x1C, "I2SCFGR"),
    (0x20, "I2SPR"),
];

const I2C: &[(u32, &str)] = &[
    (0x00, "CR1"),
    (0x04, "CR2"),
    (0x08, "OAR1"),
    (0x0C, "OAR2"),
    (0x10, "TIMINGR"),
    (0x14, "TIMEOUTR"),
    (0x18, "ISR"),
    (0x1C, "ICR"),
    (0x20, "PECR"),
    (0x24, "RXDR"),
    (0x28, "TXDR"),
];

const TAMP: &[(u32, &str)] = &[
    (0x00, "CR1"),
    (0x04, "CR2"),
    (0x0C, "FLTCR"),
    (0x2C, "IER"),
    (0x30, "SR"),
    (0x34, "MISR"),
    (0x3C, "SCR"),
];

const RTC: &[(u32, &str)] = &[
    (0x28, "CALR"),
    (0x2C, "SHIFTR"),
    (0x30, "TSTR"),
    (0x34, "TSDR"),
    (0x38, "TSSSR"),
    (0x48, "ALRMBR"),
    (0x4C, "ALRMBSSR"),
];

const TIMER: &[(u32, &str)] = &[
    (0x04, "CR2"),
    (0x08, "SMCR"),
    (0x48, "DCR"),
    (0x4C, "DMAR"),
    (0x50, "OR1"),
    (0x54, "CCMR3"),
    (0x58, "CCR5"),
    (0x5C, "CCR6"),
    (0x60, "AF1"),
    (0x64, "AF2"),
    (0x68, "TISEL"),
];

/// Five channels of four registers behind the two common ones (RM0444 §11.6).
fn dma(offset: u32) -> String {
    match offset {
        0x00 => "ISR".to_owned(),
        0x04 => "IFCR".to_owned(),
        0x08..0x6C => {
            let channel = (offset - 0x08) / 0x14 + 1;
            match (offset - 0x08) % 0x14 {
                0x00 => format!("CCR{channel}"),
                0x04 => format!("CNDTR{channel}"),
                0x08 => format!("CPAR{channel}"),
                0x0C => format!("CMAR{channel}"),
                _ => unnamed(offset),
            }
        }
        _ => unnamed(offset),
    }
}

fn dmamux(offset: u32) -> String {
    match offset {
        0x00..0x14 => format!("C{}CR", offset / 4),
        0x80 => "CSR".to_owned(),
        0x84 => "CFR".to_owned(),
        0x100..0x110 => format!("RG{}CR", (offset - 0x100) / 4),
        0x140 => "RGSR".to_owned(),
        0x144 => "RGCFR".to_owned(),
        _ => unnamed(offset),
    }
}
