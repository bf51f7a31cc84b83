//! RCC, CRC, IWDG, DBG, PWR, and what the bus does with accesses nobody answers.

use super::*;
use crate::memory::BusFault;

const CRC: u32 = 0x4002_3000;
const IWDG: u32 = 0x4000_3000;
const CSR: u32 = RCC + 0x60;

/// The CRC of "123456789" with these settings, fed by bytes.
fn check_value(pol: u32, size_code: u32, init: u32, reversed: bool) -> u32 {
    let mut bench = Bench::new();
    bench.write(CRC + 0x14, pol);
    bench.write(CRC + 0x10, init);
    let reverse = if reversed { 1 << 5 | 1 << 7 } else { 0 };
    bench.write(CRC + 0x08, size_code << 3 | reverse | 1);
    for byte in *b"123456789" {
        bench.write_as(CRC, Width::Byte, u32::from(byte));
    }
    let value = bench.read(CRC);
    bench.assert_clean();
    value
}

#[test]
fn crc_check_values_of_the_catalogue() {
    assert_eq!(
        check_value(0x04C1_1DB7, 0, u32::MAX, false),
        0x0376_E6E7,
        "CRC-32/MPEG-2"
    );
    assert_eq!(
        check_value(0x04C1_1DB7, 0, u32::MAX, true) ^ u32::MAX,
        0xCBF4_3926,
        "CRC-32"
    );
    assert_eq!(
        check_value(0x1021, 1, 0xFFFF, false),
        0x29B1,
        "CRC-16/CCITT-FALSE"
    );
    assert_eq!(check_value(0x1021, 1, 0, false), 0x31C3, "CRC-16/XMODEM");
    assert_eq!(
        check_value(0x8005, 1, 0xFFFF, true),
        0x4B37,
        "CRC-16/MODBUS"
    );
    assert_eq!(check_value(0x07, 2, 0, false), 0xF4, "CRC-8");
    assert_eq!(check_value(0x09, 3, 0, false), 0x75, "CRC-7/MMC");
}

#[test]
fn crc_words_are_four_bytes_most_significant_first() {
    let mut bench = Bench::new();
    bench.write(CRC, 0x3132_3334);
    let by_word = bench.read(CRC);
    bench.write(CRC + 0x08, 1);
    bench.write_as(CRC, Width::Half, 0x3132);
    bench.write_as(CRC, Width::Half, 0x3334);
    assert_eq!(bench.read(CRC), by_word);
    bench.write(CRC + 0x08, 1);
    for byte in 0x31..=0x34 {
        bench.write_as(CRC, Width::Byte, byte);
    }
    assert_eq!(bench.read(CRC), by_word);
}

#[test]
fn the_watchdog_bites_after_its_period_of_lsi() {
    let part = Part {
        lsi_period_ps: 33_000_000,
        ..Part::default()
    };
    let mut bench = Bench::of(&part);
    bench.write(IWDG, 0x5555);
    bench.write(IWDG + 0x04, 2);
    bench.write(IWDG + 0x08, 999);
    bench.write(IWDG, 0xCCCC);
    bench.run_for(Time::from_us(100_000));
    bench.write(IWDG, 0xAAAA);
    let loaded = bench.now;
    let bite = loaded + Time(33_000_000 * 16 * 1_000);
    bench.run_until(Time(bite.0 - 1));
    assert_eq!(bench.req.reset, None);
    bench.run_until(bite);
    assert_eq!(bench.req.reset, Some(ResetCause::IndependentWatchdog));
    bench.with(|periph, cx| periph.reset(cx, ResetCause::IndependentWatchdog));
    assert_eq!(
        bench.read(CSR) >> 24,
        0b0010_1100,
        "IWDGRSTF and PINRSTF join PWRRSTF"
    );
    bench.assert_clean();
}

#[test]
fn a_refresh_before_the_window_resets() {
    let mut bench = Bench::new();
    bench.write(IWDG, 0xCCCC);
    bench.write(IWDG, 0x5555);
    bench.write(IWDG + 0x08, 999);
    bench.write(IWDG + 0x10, 500);
    let tick = Time(31_250_000 * 4);
    bench.run_for(Time(tick.0 * 600));
    bench.write(IWDG, 0xAAAA);
    assert_eq!(bench.req.reset, None);
    bench.run_for(Time(tick.0 * 300));
    bench.write(IWDG, 0xAAAA);
    assert_eq!(bench.req.reset, Some(ResetCause::IndependentWatchdog));
}

#[test]
fn the_watchdog_needs_its_key_and_runs_in_stop_but_not_halted() {
    let mut bench = Bench::new();
    bench.write(IWDG + 0x08, 10);
    assert_eq!(bench.read(IWDG + 0x08), 0xFFF);
    assert_eq!(bench.findings().len(), 1);
    bench.write(0x4001_5808, 1 << 12);
    bench.write(IWDG, 0xCCCC);
    bench.with(|periph, cx| periph.set_halted(cx, true));
    bench.run_for(Time::from_us(5_000_000));
    assert_eq!(bench.req.reset, None);
    bench.with(|periph, cx| periph.set_halted(cx, false));
    bench.with(|periph, cx| periph.sleep(cx, true));
    bench.run_for(Time::from_us(511_000));
    assert_eq!(bench.req.reset, None);
    bench.run_for(Time::from_us(2_000));
    assert_eq!(bench.req.reset, Some(ResetCause::IndependentWatchdog));
}

#[test]
fn an_unclocked_peripheral_reads_zero_ignores_writes_and_is_reported() {
    let mut bench = Bench::cold(&Part::default());
    assert_eq!(bench.read(GPIOA), 0);
    bench.write(GPIOA, 0);
    assert_eq!(
        bench.findings(),
        [FindingKind::Unclocked {
            peripheral: "GPIOA"
        }]
    );
    bench.write(RCC + 0x34, 1);
    assert_eq!(bench.read(GPIOA), 0xEBFF_FFFF);
    bench.assert_clean();
}

#[test]
fn an_unmodelled_register_is_reported_once_and_by_name() {
    let mut bench = Bench::new();
    bench.write(RCC + 0x38, 0x1101);
    for _ in 0..3 {
        assert_eq!(bench.read(0x4002_0008), 0);
        bench.write(0x4002_0008, 1);
    }
    let findings = bench.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].to_string(), "DMA1_CCR1 is not modelled");
    bench.read(0x4000_3800 + 0x0C);
    bench.write(0x4000_0000 + 0x68, 1);
    let names: Vec<_> = bench.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["SPI2_DR is not modelled", "TIM2_TISEL is not modelled"]
    );
}

#[test]
fn holes_are_bus_faults() {
    let mut bench = Bench::new();
    for addr in [0x4000_0800, 0x4002_0C00, 0x5000_1000, 0x5000_2000] {
        let read = bench.with(|periph, cx| periph.read(cx, addr, Width::Word));
        assert_eq!(read, Err(BusFault { addr }));
    }
}

#[test]
fn the_pll_runs_the_core_at_64_mhz_once_it_has_locked() {
    let mut bench = Bench::new();
    // HSI16 / 1 × 8 / 2.
    bench.write(RCC + 0x0C, 2 | 8 << 8 | 1 << 28 | 1 << 29);
    bench.set(RCC, 1 << 24);
    bench.write(RCC + 0x08, 2);
    assert_eq!(bench.read(RCC + 0x08) >> 3 & 7, 0, "not ready yet");
    bench.run_for(Time::from_us(100));
    assert_eq!(bench.read(RCC) >> 25 & 1, 1);
    assert_eq!(bench.read(RCC + 0x08) >> 3 & 7, 2);
    assert_eq!(bench.req.core_period_ps, Some(15_625));
    // In use: cannot be switched off.
    bench.write(RCC, 0x500);
    assert_eq!(bench.read(RCC) >> 24 & 3, 3);
    bench.with(|periph, cx| periph.sleep(cx, true));
    bench.with(|periph, cx| periph.wake(cx));
    assert_eq!(
        bench.req.core_period_ps,
        Some(62_500),
        "Stop is left on HSI16"
    );
}

#[test]
fn dividers_of_the_system_clock() {
    for (cr, cfgr, period) in [
        (3 << 11, 0, 500_000),
        (0, 8 << 8, 125_000),
        (0, 11 << 8, 1_000_000),
        (0, 12 << 8, 4_000_000),
        (0, 15 << 8, 32_000_000),
    ] {
        let mut bench = Bench::new();
        bench.write(RCC, 0x500 | cr);
        bench.write(RCC + 0x08, cfgr);
        assert_eq!(bench.req.core_period_ps, Some(period));
    }
}

#[test]
fn lsi_becomes_ready_and_says_so() {
    let mut bench = Bench::new();
    bench.write(RCC + 0x18, 1);
    bench.write(CSR, 1);
    assert_eq!(bench.read(CSR) >> 1 & 1, 0);
    assert_eq!(
        bench.run_to_irq(4, Time::from_us(1_000)),
        Some(Time::from_us(110))
    );
    assert_eq!(bench.read(CSR) >> 1 & 1, 1);
    bench.write(RCC + 0x20, 1);
    assert!(!bench.irq_is_high(4));
}

#[test]
fn lse_is_ready_only_where_it_is_fitted_and_needs_the_backup_key() {
    for fitted in [false, true] {
        let mut bench = Bench::of(&Part {
            lse: fitted,
            ..Part::default()
        });
        bench.write(RCC + 0x5C, 1);
        assert_eq!(bench.read(RCC + 0x5C), 0);
        assert_eq!(bench.findings().len(), 1);
        bench.write(0x4000_7000, 0x308);
        bench.write(RCC + 0x5C, 1);
        bench.run_for(Time::from_us(3_000_000));
        assert_eq!(bench.read(RCC + 0x5C) >> 1 & 1, u32::from(fitted));
    }
}

#[test]
fn reset_flags_accumulate_until_they_are_removed() {
    let mut bench = Bench::new();
    assert_eq!(bench.read(CSR), 0x0C00_0000);
    bench.write(CSR, 1 << 23);
    assert_eq!(bench.read(CSR), 0);
    for (cause, flags) in [
        (ResetCause::Software, 0x1400_0000),
        (ResetCause::Pin, 0x1400_0000),
        (ResetCause::OptionBytes, 0x1600_0000),
    ] {
        bench.with(|periph, cx| periph.reset(cx, cause));
        assert_eq!(bench.read(CSR), flags);
    }
}

#[test]
fn a_peripheral_reset_bit_resets_that_peripheral() {
    let mut bench = Bench::new();
    bench.write(0x4000_0428, 77);
    bench.write(0x4000_0028, 88);
    bench.write(RCC + 0x2C, 1 << 1);
    bench.write(RCC + 0x2C, 0);
    assert_eq!((bench.read(0x4000_0428), bench.read(0x4000_0028)), (0, 88));
}

#[test]
fn identity_of_the_chip() {
    let mut bench = Bench::new();
    assert_eq!(bench.read(0x4001_5800) & 0xFFF, 0x466);
}
