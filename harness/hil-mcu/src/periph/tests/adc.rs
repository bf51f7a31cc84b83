//! Durations, codes, sequences and triggers of the converter.

use super::*;

const ADC: u32 = 0x4001_2400;
const ISR: u32 = ADC;
const IER: u32 = ADC + 0x04;
const CR: u32 = ADC + 0x08;
const CFGR1: u32 = ADC + 0x0C;
const CFGR2: u32 = ADC + 0x10;
const SMPR: u32 = ADC + 0x14;
const CHSELR: u32 = ADC + 0x28;
const DR: u32 = ADC + 0x40;
const CALFACT: u32 = ADC + 0xB4;
const CCR: u32 = ADC + 0x308;

const ADEN: u32 = 1;
const ADSTART: u32 = 1 << 2;
const ADVREGEN: u32 = 1 << 28;
const ADCAL: u32 = 1 << 31;
const ADRDY: u32 = 1;
const EOC: u32 = 1 << 2;
const EOS: u32 = 1 << 3;
const OVR: u32 = 1 << 4;
const AWD1: u32 = 1 << 7;

/// One ADC clock when PCLK is taken undivided.
const CLOCK: u64 = HSI_PS;
/// Trigger latency then: 3.5 clocks.
const LATENCY: u64 = CLOCK * 7 / 2;

/// Calibrated and ready at 16 MHz.
fn ready() -> Bench {
    ready_with(&Part::default())
}

fn ready_with(part: &Part) -> Bench {
    let mut bench = Bench::of(part);
    bench.write(CR, ADVREGEN);
    bench.run_for(Time::from_us(20));
    bench.write(CFGR2, 3 << 30);
    bench.write(CR, ADVREGEN | ADCAL);
    let from = bench.now;
    while bench.read(CR) & ADCAL != 0 {
        let next = bench.periph.next_event();
        bench.run_until(next);
    }
    assert_eq!(bench.now - from, Time(82 * CLOCK));
    bench.write(CR, ADVREGEN | ADEN);
    while bench.read(ISR) & ADRDY == 0 {
        let next = bench.periph.next_event();
        bench.run_until(next);
    }
    bench.assert_clean();
    bench
}

fn convert(bench: &mut Bench, channel: u8) -> u32 {
    bench.write(CHSELR, 1 << channel);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    bench.run_for(Time::from_us(1_000));
    bench.read(DR)
}

#[test]
fn a_conversion_takes_sampling_and_approximation() {
    for (code, half_clocks) in [3u64, 7, 15, 25, 39, 79, 159, 321].into_iter().enumerate() {
        let mut bench = ready();
        bench.write(SMPR, code as u32);
        bench.write(IER, EOC);
        bench.write(CHSELR, 1);
        let start = bench.now;
        bench.write(CR, ADVREGEN | ADEN | ADSTART);
        let end = bench
            .run_to_irq(12, Time::from_us(1_000))
            .expect("converted");
        let sampled = start + Time(LATENCY + half_clocks * CLOCK / 2);
        assert_eq!(bench.circuit.samples, [(sampled, 0)]);
        assert_eq!(end, sampled + Time(CLOCK * 25 / 2));
    }
}

#[test]
fn codes_are_rounded_and_clipped() {
    let mut bench = ready();
    for (ratio, code) in [
        (0.0, 0),
        (0.5, 2048),
        (0.6 / 4096.0, 1),
        (0.4 / 4096.0, 0),
        (4094.6 / 4096.0, 4095),
        (1.2, 4095),
        (-0.3, 0),
    ] {
        bench.circuit.ratios[0] = ratio;
        assert_eq!(convert(&mut bench, 0), code, "{ratio}");
    }
}

#[test]
fn the_parts_offset_remains_after_calibration_and_more_before() {
    let mut bench = ready_with(&Part {
        adc_offset_lsb: -1.5,
        ..Part::default()
    });
    bench.circuit.ratios[0] = 0.5;
    assert_eq!(convert(&mut bench, 0), 2047);
    assert_ne!(bench.read(CALFACT), 0);
    bench.write(CALFACT, 0);
    assert!(convert(&mut bench, 0) > 2050);
}

#[test]
fn resolution_and_alignment() {
    let mut bench = ready();
    bench.circuit.ratios[0] = 2748.0 / 4096.0;
    for (resolution, right, left) in [
        (0, 0xABC, 0xABC0),
        (1, 0x2AF, 0xABC0),
        (2, 0xAB, 0xAB00),
        (3, 0x2A, 0xA8),
    ] {
        bench.write(CFGR1, resolution << 3);
        assert_eq!(convert(&mut bench, 0), right);
        bench.write(CFGR1, resolution << 3 | 1 << 5);
        assert_eq!(convert(&mut bench, 0), left);
    }
}

#[test]
fn reference_and_temperature_match_the_factorys_words() {
    let part = Part {
        vrefint_ratio: 0.41,
        ..Part::default()
    };
    let mut bench = ready_with(&part);
    bench.write(CCR, 3 << 22);
    assert_eq!(convert(&mut bench, 13), u32::from(vrefint_cal(&part)));
    assert_eq!(convert(&mut bench, 12), u32::from(TS_CAL[0]));
    bench.write(CCR, 0);
    assert_eq!(convert(&mut bench, 13), 0, "off");
}

#[test]
fn a_scan_with_wait_goes_on_when_the_data_is_read() {
    for (cfgr1, order) in [(1 << 14, [0, 1, 4]), (1 << 14 | 1 << 2, [4, 1, 0])] {
        let mut bench = ready();
        for channel in [0, 1, 4] {
            bench.circuit.ratios[channel] = channel as f64 / 16.0;
        }
        bench.write(CFGR1, cfgr1);
        bench.write(CHSELR, 0b1_0011);
        bench.write(CR, ADVREGEN | ADEN | ADSTART);
        for (index, channel) in order.into_iter().enumerate() {
            bench.run_for(Time::from_us(1_000));
            let last = index == 2;
            assert_eq!(
                bench.read(ISR) & (EOC | EOS),
                EOC | if last { EOS } else { 0 }
            );
            assert_eq!(bench.read(DR), channel * 256);
            assert_eq!(bench.read(ISR) & EOC, 0);
        }
        assert_eq!(bench.read(CR) & ADSTART, 0);
        assert_eq!(bench.read(ISR) & OVR, 0);
    }
}

#[test]
fn the_configurable_sequence_may_repeat_and_reorder() {
    let mut bench = ready();
    bench.write(CFGR1, 1 << 21 | 1 << 14);
    bench.write(CHSELR, 0xFFFF_F353);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    for _ in 0..3 {
        bench.run_for(Time::from_us(100));
        bench.read(DR);
    }
    let channels: Vec<_> = bench
        .circuit
        .samples
        .iter()
        .map(|sample| sample.1)
        .collect();
    assert_eq!(channels, [3, 5, 3]);
}

#[test]
fn unread_data_is_an_overrun() {
    let mut bench = ready();
    bench.circuit.ratios[1] = 0.5;
    bench.write(CHSELR, 0b11);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    bench.run_for(Time::from_us(100));
    assert_eq!(bench.read(ISR) & (EOC | EOS | OVR), EOC | EOS | OVR);
    assert_eq!(bench.read(DR), 0, "the old data stays");
    bench.write(ISR, OVR);
    bench.write(CFGR1, 1 << 12);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    bench.run_for(Time::from_us(100));
    assert_eq!(bench.read(DR), 2048, "OVRMOD: the new data");
}

#[test]
fn continuous_mode_repeats_without_a_gap_until_stopped() {
    let mut bench = ready();
    bench.write(CFGR1, 1 << 13 | 1 << 12);
    bench.write(CHSELR, 1);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    bench.run_for(Time(LATENCY + 10 * 14 * CLOCK));
    assert_eq!(bench.circuit.samples.len(), 10);
    bench.write(CR, ADVREGEN | ADEN | 1 << 4);
    assert_eq!(bench.read(CR) & ADSTART, 0);
    bench.run_for(Time::from_us(100));
    assert_eq!(bench.circuit.samples.len(), 10);
}

#[test]
fn the_oversampler_sums_and_shifts() {
    let mut bench = ready();
    bench.circuit.ratios[0] = 1000.0 / 4096.0;
    // 16 samples, no shift; then a shift by 4.
    bench.write(CFGR2, 3 << 30 | 3 << 2 | 1);
    assert_eq!(convert(&mut bench, 0), 16_000);
    assert_eq!(bench.circuit.samples.len(), 16);
    bench.write(CFGR2, 3 << 30 | 4 << 5 | 3 << 2 | 1);
    assert_eq!(convert(&mut bench, 0), 1_000);
}

#[test]
fn the_analog_watchdog_looks_at_its_channel() {
    let mut bench = ready();
    bench.circuit.ratios[4] = 0.75;
    bench.write(ADC + 0x20, 3000 << 16 | 100);
    bench.write(CFGR1, 4 << 26 | 1 << 23 | 1 << 22);
    convert(&mut bench, 0);
    assert_eq!(bench.read(ISR) & AWD1, 0);
    convert(&mut bench, 4);
    assert_eq!(bench.read(ISR) & AWD1, AWD1);
}

#[test]
fn a_timer_triggers_conversions_at_its_period() {
    let tim3 = 0x4000_0400;
    let mut bench = ready();
    // TIM3_TRGO on its rising edge.
    bench.write(CFGR1, 1 << 10 | 3 << 6 | 1 << 12);
    bench.write(CHSELR, 1);
    bench.write(CR, ADVREGEN | ADEN | ADSTART);
    bench.write(tim3 + 0x2C, 15_999);
    bench.write(tim3 + 0x04, 2 << 4);
    let start = bench.now;
    bench.write(tim3, 1);
    bench.run_for(Time::from_us(3_500));
    let first = LATENCY + CLOCK * 3 / 2;
    let expected: Vec<_> = (1..=3)
        .map(|n| (start + Time::from_us(n * 1_000) + Time(first), 0))
        .collect();
    assert_eq!(bench.circuit.samples, expected);
}

#[test]
fn misuse_is_ignored_and_reported() {
    let mut bench = Bench::new();
    bench.write(CR, ADVREGEN | ADCAL);
    bench.write(CR, ADVREGEN | ADSTART);
    assert_eq!(bench.read(CR) & ADSTART, 0);
    let findings = bench.findings();
    assert_eq!(findings.len(), 2, "{findings:?}");
}
