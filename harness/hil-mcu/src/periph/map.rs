//! Where the peripherals are (RM0444 §2.2.2, table 5) and which clock enable each one needs
//! (RM0444 §5.4.13 ff.).

/// Every peripheral of the chip, modelled or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Block {
    Tim2,
    Tim3,
    Tim14,
    Rtc,
    Wwdg,
    Iwdg,
    Spi2,
    Usart2,
    I2c1,
    I2c2,
    Pwr,
    Lptim1,
    Lpuart1,
    Lptim2,
    Tamp,
    Syscfg,
    Adc,
    Tim1,
    Spi1,
    Usart1,
    Tim16,
    Tim17,
    Dbg,
    Dma1,
    Dmamux,
    Rcc,
    Exti,
    Flash,
    Crc,
    GpioA,
    GpioB,
    GpioC,
    GpioD,
    GpioF,
}

/// The four clock-enable registers; the number is the index into `Rcc::enable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    Iop,
    Ahb,
    Apb1,
    Apb2,
}

impl Block {
    /// All of them, in the order of the enumeration.
    pub const ALL: [Self; 34] = [
        Self::Tim2,
        Self::Tim3,
        Self::Tim14,
        Self::Rtc,
        Self::Wwdg,
        Self::Iwdg,
        Self::Spi2,
        Self::Usart2,
        Self::I2c1,
        Self::I2c2,
        Self::Pwr,
        Self::Lptim1,
        Self::Lpuart1,
        Self::Lptim2,
        Self::Tamp,
        Self::Syscfg,
        Self::Adc,
        Self::Tim1,
        Self::Spi1,
        Self::Usart1,
        Self::Tim16,
        Self::Tim17,
        Self::Dbg,
        Self::Dma1,
        Self::Dmamux,
        Self::Rcc,
        Self::Exti,
        Self::Flash,
        Self::Crc,
        Self::GpioA,
        Self::GpioB,
        Self::GpioC,
        Self::GpioD,
        Self::GpioF,
    ];

    /// First address; each block takes 1 KiB.
    pub const fn base(self) -> u32 {
        match self {
            Self::Tim2 => 0x4000_0000,
            Self::Tim3 => 0x4000_0400,
            Self::Tim14 => 0x4000_2000,
            Self::Rtc => 0x4000_2800,
            Self::Wwdg => 0x4000_2C00,
            Self::Iwdg => 0x4000_3000,
            Self::Spi2 => 0x4000_3800,
            Self::Usart2 => 0x4000_4400,
            Self::I2c1 => 0x4000_5400,
            Self::I2c2 => 0x4000_5800,
            Self::Pwr => 0x4000_7000,
            Self::Lptim1 => 0x4000_7C00,
            Self::Lpuart1 => 0x4000_8000,
            Self::Lptim2 => 0x4000_9400,
            Self::Tamp => 0x4000_B000,
            Self::Syscfg => 0x4001_0000,
            Self::Adc => 0x4001_2400,
            Self::Tim1 => 0x4001_2C00,
            Self::Spi1 => 0x4001_3000,
            Self::Usart1 => 0x4001_3800,
            Self::Tim16 => 0x4001_4400,
            Self::Tim17 => 0x4001_4800,
            Self::Dbg => 0x4001_5800,
            Self::Dma1 => 0x4002_0000,
            Self::Dmamux => 0x4002_0800,
            Self::Rcc => 0x4002_1000,
            Self::Exti => 0x4002_1800,
            Self::Flash => 0x4002_2000,
            Self::Crc => 0x4002_3000,
            Self::GpioA => 0x5000_0000,
            Self::GpioB => 0x5000_0400,
            Self::GpioC => 0x5000_0800,
            Self::GpioD => 0x5000_0C00,
            Self::GpioF => 0x5000_1400,
        }
    }

    /// The name RM0444 uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tim2 => "TIM2",
            Self::Tim3 => "TIM3",
            Self::Tim14 => "TIM14",
            Self::Rtc => "RTC",
            Self::Wwdg => "WWDG",
            Self::Iwdg => "IWDG",
            Self::Spi2 => "SPI2",
            Self::Usart2 => "USART2",
            Self::I2c1 => "I2C1",
            Self::I2c2 => "I2C2",
            Self::Pwr => "PWR",
            Self::Lptim1 => "LPTIM1",
            Self::Lpuart1 => "LPUART1",
            Self::Lptim2 => "LPTIM2",
            Self::Tamp => "TAMP",
            Self::Syscfg => "SYSCFG",
            Self::Adc => "ADC",
            Self::Tim1 => "TIM1",
            Self::Spi1 => "SPI1",
            Self::Usart1 => "USART1",
            Self::Tim16 => "TIM16",
            Self::Tim17 => "TIM17",
            Self::Dbg => "DBG",
            Self::Dma1 => "DMA1",
            Self::Dmamux => "DMAMUX",
            Self::Rcc => "RCC",
            Self::Exti => "EXTI",
            Self::Flash => "FLASH",
            Self::Crc => "CRC",
            Self::GpioA => "GPIOA",
            Self::GpioB => "GPIOB",
            Self::GpioC => "GPIOC",
            Self::GpioD => "GPIOD",
            Self::GpioF => "GPIOF",
        }
    }

    /// The bit that switches its bus clock on; `None` if the clock is always on.
    pub const fn clock_enable(self) -> Option<(Bus, u8)> {
        Some(match self {
            Self::Iwdg | Self::Rcc | Self::Exti => return None,
            Self::GpioA => (Bus::Iop, 0),
            Self::GpioB => (Bus::Iop, 1),
            Self::GpioC => (Bus::Iop, 2),
            Self::GpioD => (Bus::Iop, 3),
            Self::GpioF => (Bus::Iop, 5),
            Self::Dma1 | Self::Dmamux => (Bus::Ahb, 0),
            Self::Flash => (Bus::Ahb, 8),
            Self::Crc => (Bus::Ahb, 12),
            Self::Tim2 => (Bus::Apb1, 0),
            Self::Tim3 => (Bus::Apb1, 1),
            Self::Rtc | Self::Tamp => (Bus::Apb1, 10),
            Self::Wwdg => (Bus::Apb1, 11),
            Self::Spi2 => (Bus::Apb1, 14),
            Self::Usart2 => (Bus::Apb1, 17),
            Self::Lpuart1 => (Bus::Apb1, 20),
            Self::I2c1 => (Bus::Apb1, 21),
            Self::I2c2 => (Bus::Apb1, 22),
            Self::Dbg => (Bus::Apb1, 27),
            Self::Pwr => (Bus::Apb1, 28),
            Self::Lptim2 => (Bus::Apb1, 30),
            Self::Lptim1 => (Bus::Apb1, 31),
            Self::Syscfg => (Bus::Apb2, 0),
            Self::Tim1 => (Bus::Apb2, 11),
            Self::Spi1 => (Bus::Apb2, 12),
            Self::Usart1 => (Bus::Apb2, 14),
            Self::Tim14 => (Bus::Apb2, 15),
            Self::Tim16 => (Bus::Apb2, 17),
            Self::Tim17 => (Bus::Apb2, 18),
            Self::Adc => (Bus::Apb2, 20),
        })
    }

    /// Behind an AHB-to-APB bridge, which widens narrow writes by repeating the data
    /// (RM0444 §2.1.6); the others see byte lanes.
    pub const fn behind_bridge(self) -> bool {
        self.base() < 0x4002_0000
    }
}

/// First 1 KiB page of the APB, AHB and I/O port areas, with the number of pages looked at.
const APB_PAGES: usize = 0x58;
const AHB_PAGES: usize = 0x10;
const IOP_PAGES: usize = 0x08;

static APB: [Option<Block>; APB_PAGES] = pages(0x4000_0000);
static AHB: [Option<Block>; AHB_PAGES] = pages(0x4002_0000);
static IOP: [Option<Block>; IOP_PAGES] = pages(0x5000_0000);

/// The blocks by 1 KiB page from `start` on.
const fn pages<const N: usize>(start: u32) -> [Option<Block>; N] {
    let mut table = [None; N];
    let mut index = 0;
    while index < Block::ALL.len() {
        let base = Block::ALL[index].base();
        if base >= start {
            let page = ((base - start) >> 10) as usize;
            if page < N {
                table[page] = Some(Block::ALL[index]);
            }
        }
        index += 1;
    }
    table
}

/// The block at an address, and the offset into it.
pub(crate) fn decode(addr: u32) -> Option<(Block, u32)> {
    let page = (addr >> 10) as usize;
    let block = match addr >> 16 {
        0x4000 | 0x4001 => *APB.get(page - (0x4000_0000 >> 10))?,
        0x4002 => *AHB.get(page - (0x4002_0000 >> 10))?,
        0x5000 => *IOP.get(page - (0x5000_0000 >> 10))?,
        _ => None,
    }?;
    Some((block, addr & 0x3FF))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_found_at_its_base_and_nothing_between() {
        for block in Block::ALL {
            assert_eq!(decode(block.base()), Some((block, 0)));
            assert_eq!(decode(block.base() + 0x3FC), Some((block, 0x3FC)));
        }
        for hole in [
            0x4000_0800,
            0x4000_C000,
            0x4002_0C00,
            0x5000_1000,
            0x6000_0000,
        ] {
            assert_eq!(decode(hole), None, "{hole:#x}");
        }
    }

    #[test]
    fn the_list_is_in_the_order_of_the_enumeration() {
        for (index, block) in Block::ALL.into_iter().enumerate() {
            assert_eq!(block as usize, index);
        }
    }
}
