//! LPTIM and RTC, which run on in Stop.

use super::*;

const PWR_CR1: u32 = 0x4000_7000;
const BDCR: u32 = RCC + 0x5C;
const CSR: u32 = RCC + 0x60;
const CCIPR: u32 = RCC + 0x54;

const LPTIM1: u32 = 0x4000_7C00;
const LPTIM2: u32 = 0x4000_9400;

const RTC: u32 = 0x4000_2800;
const TR: u32 = RTC;
const DR: u32 = RTC + 0x04;
const SSR: u32 = RTC + 0x08;
const ICSR: u32 = RTC + 0x0C;
const PRER: u32 = RTC + 0x10;
const WUTR: u32 = RTC + 0x14;
const CR: u32 = RTC + 0x18;
const WPR: u32 = RTC + 0x24;
const ALRMAR: u32 = RTC + 0x40;
const SR: u32 = RTC + 0x50;
const SCR: u32 = RTC + 0x5C;

/// 32 kHz in picoseconds.
const LSI_PS: u64 = 31_250_000;

/// LSI runs and is the kernel clock of both LPTIMs.
fn with_lsi() -> Bench {
    let mut bench = Bench::new();
    bench.write(CSR, 1);
    bench.run_for(Time::from_us(1_000));
    bench.write(CCIPR, 1 << 18 | 1 << 20);
    bench
}

fn start_lptim(bench: &mut Bench, base: u32, cfgr: u32, ier: u32, arr: u32, start: u32) {
    bench.write(base + 0x0C, cfgr);
    bench.write(base + 0x08, ier);
    bench.write(base + 0x10, 1);
    bench.write(base + 0x18, arr);
    while bench.read(base) >> 4 & 1 == 0 {
        bench.run_for(Time::from_us(10));
    }
    bench.write(base + 0x04, 0x7F);
    bench.write(base + 0x10, 1 | start);
}

#[test]
fn auto_reload_matches_come_every_period_even_in_stop() {
    for (base, line) in [(LPTIM1, 17), (LPTIM2, 18)] {
        let mut bench = with_lsi();
        // Divided by 32: 1 kHz.
        start_lptim(&mut bench, base, 5 << 9, 1 << 1, 99, 1 << 2);
        let start = bench.now;
        bench.with(|periph, cx| periph.sleep(cx, true));
        for period in 0..3 {
            let at = bench
                .run_to_irq(line, Time::from_us(10_000_000))
                .expect("match");
            assert_eq!(at, start + Time(LSI_PS * 32 * (99 + 100 * period)));
            bench.write(base + 0x04, 1 << 1);
        }
        bench.assert_clean();
    }
}

#[test]
fn one_shot_stops_and_compare_matches_once() {
    let mut bench = with_lsi();
    start_lptim(&mut bench, LPTIM1, 0, 1, 999, 0);
    bench.write(LPTIM1 + 0x14, 500);
    bench.run_for(Time::from_us(1_000));
    bench.write(LPTIM1 + 0x10, 1 | 1 << 1);
    let start = bench.now;
    let at = bench.run_to_irq(17, Time::from_us(10_000_000));
    assert_eq!(at, Some(start + Time(LSI_PS * 500)));
    bench.write(LPTIM1 + 0x04, 0x7F);
    assert_eq!(bench.run_to_irq(17, Time::from_us(10_000_000)), None);
    assert_eq!(bench.read(LPTIM1 + 0x1C), 0);
}

#[test]
fn lptim_registers_are_locked_by_enable() {
    let mut bench = with_lsi();
    bench.write(LPTIM1 + 0x18, 5);
    assert_eq!(bench.read(LPTIM1 + 0x18), 1);
    bench.write(LPTIM1 + 0x10, 1);
    bench.write(LPTIM1 + 0x08, 1);
    assert_eq!(bench.read(LPTIM1 + 0x08), 0);
    assert_eq!(bench.findings().len(), 2);
}

/// An RTC on LSE with its registers open.
fn with_rtc() -> Bench {
    let mut bench = Bench::of(&Part {
        lse: true,
        ..Part::default()
    });
    bench.write(PWR_CR1, 0x308);
    bench.write(BDCR, 1);
    bench.run_for(Time::from_us(2_500_000));
    bench.write(BDCR, 1 | 1 << 8 | 1 << 15);
    bench.write(WPR, 0xCA);
    bench.write(WPR, 0x53);
    bench
}

/// Enters initialisation mode, sets time and date, leaves; the time of leaving.
fn set_calendar(bench: &mut Bench, tr: u32, dr: u32) -> Time {
    bench.write(ICSR, 1 << 7);
    while bench.read(ICSR) >> 6 & 1 == 0 {
        bench.run_for(Time::from_us(10));
    }
    bench.write(PRER, 0x007F_00FF);
    bench.write(TR, tr);
    bench.write(DR, dr);
    bench.write(ICSR, 0);
    bench.now
}

/// 32 768 LSE periods, as the model rounds them.
const SECOND: u64 = 30_517_578 * 32_768;

#[test]
fn the_calendar_counts_through_stop_and_reset() {
    let mut bench = with_rtc();
    let start = set_calendar(&mut bench, 0x0023_5958, 0x0024_8229);
    bench.run_until(start + Time(SECOND * 3 / 2));
    assert_eq!(bench.read(TR), 0x0023_5959);
    assert_eq!(bench.read(SSR), 127);
    bench.with(|periph, cx| periph.sleep(cx, true));
    bench.run_until(start + Time(SECOND * 5 / 2));
    bench.with(|periph, cx| periph.reset(cx, ResetCause::Software));
    bench.write(RCC + 0x3C, 1 << 10);
    assert_eq!((bench.read(TR), bench.read(DR)), (0x0000_0000, 0x0024_A301));
    assert_eq!(bench.read(ICSR) >> 4 & 1, 1, "INITS");
    bench.assert_clean();
}

#[test]
fn the_wake_up_timer_counts_divided_clocks_or_seconds() {
    for (select, ticks, period) in [
        (0, 2_047, SECOND),
        (3, 0, 2 * 30_517_578),
        (4, 9, 10 * SECOND),
    ] {
        let mut bench = with_rtc();
        let start = set_calendar(&mut bench, 0, 0x0024_8229);
        bench.write(WUTR, ticks);
        bench.write(CR, select | 1 << 14);
        bench.write(CR, select | 1 << 14 | 1 << 10);
        for turn in 1..=3 {
            let at = bench.run_to_irq(2, Time::NEVER);
            assert_eq!(at, Some(start + Time(period * turn)), "WUCKSEL {select}");
            assert_eq!(bench.read(SR), 1 << 2);
            bench.write(SCR, 1 << 2);
        }
    }
}

#[test]
fn alarm_a_rings_when_its_fields_match() {
    let mut bench = with_rtc();
    let start = set_calendar(&mut bench, 0x0000_0010, 0x0024_8229);
    bench.write(ALRMAR, 0x8080_8005);
    bench.write(CR, 1 << 12 | 1 << 8);
    for turn in 0..3 {
        let at = bench.run_to_irq(2, Time::NEVER);
        assert_eq!(at, Some(start + Time(SECOND * (55 + 60 * turn))));
        bench.write(SCR, 1);
    }
}

#[test]
fn the_registers_are_write_protected() {
    let mut bench = with_rtc();
    bench.write(WPR, 0xFF);
    bench.write(WUTR, 5);
    assert_eq!(bench.read(WUTR), 0xFFFF);
    bench.write(WPR, 0xCA);
    bench.write(WPR, 0x53);
    bench.write(WUTR, 5);
    assert_eq!(bench.read(WUTR), 5);
    bench.write(TR, 5);
    assert_eq!(bench.findings().len(), 2, "no key; no initialisation mode");
}

#[test]
fn backup_registers_survive_a_reset_but_not_a_backup_reset() {
    let backup = 0x4000_B000 + 0x100;
    let mut bench = with_rtc();
    bench.write(backup + 8, 0xABCD);
    bench.with(|periph, cx| periph.reset(cx, ResetCause::Software));
    bench.write(RCC + 0x3C, 1 << 10 | 1 << 28);
    assert_eq!(bench.read(backup + 8), 0xABCD);
    bench.write(backup + 8, 1);
    assert_eq!(bench.read(backup + 8), 0xABCD, "PWR_CR1.DBP is gone");
    bench.write(PWR_CR1, 0x308);
    bench.write(BDCR, 1 << 16);
    assert_eq!(bench.read(backup + 8), 0);
}
