//! Random register traffic: never a panic, and the same traffic gives the same chip.

use proptest::prelude::*;

use super::*;
use crate::periph::map::Block;

#[derive(Clone, Debug)]
enum Step {
    Read(u32, Width),
    Write(u32, Width, u32),
    Input(u8, u8, Option<bool>, u32),
    Program(u32, Width, u32),
    Wait(u32),
    Sleep(bool),
    Wake,
    Halt(bool),
    Reset(u8),
}

fn width() -> impl Strategy<Value = Width> {
    prop_oneof![Just(Width::Word), Just(Width::Half), Just(Width::Byte)]
}

fn address() -> impl Strategy<Value = u32> {
    let block = prop::sample::select(Block::ALL.to_vec());
    let offset = prop_oneof![9 => 0u32..0x70, 1 => 0u32..0x400];
    (block, offset).prop_map(|(block, offset)| block.base() + offset)
}

fn value() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0u32..0x100,
        (0u32..32).prop_map(|bit| 1 << bit),
        prop::sample::select(vec![
            0x4567_0123,
            0xCDEF_89AB,
            0x5555,
            0xAAAA,
            0xCCCC,
            0xCA,
            0x53,
            0x0D
        ]),
    ]
}

fn aligned(addr: u32, width: Width) -> u32 {
    addr & !(width.bytes() - 1)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (address(), width()).prop_map(|(addr, width)| Step::Read(aligned(addr, width), width)),
        8 => (address(), width(), value())
            .prop_map(|(addr, width, value)| Step::Write(aligned(addr, width), width, value)),
        2 => (0u8..6, 0u8..16, any::<Option<bool>>(), 0u32..1_000_000)
            .prop_map(|(port, number, level, ns)| Step::Input(port, number, level, ns)),
        1 => (0u32..0x1_0000, width(), any::<u32>())
            .prop_map(|(at, width, value)| Step::Program(aligned(at, width), width, value)),
        3 => (0u32..10_000_000).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Sleep),
        1 => Just(Step::Wake),
        1 => any::<bool>().prop_map(Step::Halt),
        1 => (0u8..6).prop_map(Step::Reset),
    ]
}

/// Events of one stretch of waiting are bounded, so that a fast timer does not make the test slow.
const MAX_EVENTS: u32 = 2_000;

fn apply(bench: &mut Bench, step: &Step, log: &mut Vec<u32>) {
    match *step {
        Step::Read(addr, width) => {
            log.push(
                bench
                    .with(|periph, cx| periph.read(cx, addr, width))
                    .unwrap_or(!0),
            );
        }
        Step::Write(addr, width, value) => {
            let done = bench.with(|periph, cx| periph.write(cx, addr, width, value));
            log.push(u32::from(done.is_ok()));
        }
        Step::Input(port, number, level, ns) => {
            let at = bench.now + Time::from_ns(ns.into());
            bench.input(at, Pin { port, number }, level);
        }
        Step::Program(offset, width, value) => {
            bench.with(|periph, cx| periph.flash_write(cx, offset, width, value));
        }
        Step::Wait(ns) => {
            let until = bench.now + Time::from_ns(ns.into());
            for _ in 0..MAX_EVENTS {
                let next = bench.periph.next_event();
                if next > until {
                    break;
                }
                assert!(next >= bench.now, "an event in the past was left over");
                bench.run_until(next);
            }
            if bench.periph.next_event() > until {
                bench.run_until(until);
            }
        }
        Step::Sleep(deep) => {
            bench.with(|periph, cx| periph.sleep(cx, deep));
        }
        Step::Wake => {
            bench.with(|periph, cx| periph.wake(cx));
        }
        Step::Halt(halted) => bench.with(|periph, cx| periph.set_halted(cx, halted)),
        Step::Reset(cause) => {
            let cause = [
                ResetCause::PowerOn,
                ResetCause::Pin,
                ResetCause::Software,
                ResetCause::IndependentWatchdog,
                ResetCause::OptionBytes,
                ResetCause::LowPower,
            ][usize::from(cause)];
            bench.with(|periph, cx| periph.reset(cx, cause));
        }
    }
    log.push(bench.irq.bits());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn traffic_never_panics_and_a_clone_goes_the_same_way(
        before in prop::collection::vec(step(), 0..60),
        after in prop::collection::vec(step(), 0..60),
    ) {
        let mut bench = Bench::of(&Part { lse: true, ..Part::default() });
        let mut log = Vec::new();
        for step in &before {
            apply(&mut bench, step, &mut log);
        }
        let mut copy = bench.clone();
        let mut copy_log = log.clone();
        for step in &after {
            apply(&mut bench, step, &mut log);
            apply(&mut copy, step, &mut copy_log);
        }
        prop_assert_eq!(log, copy_log);
        prop_assert_eq!(bench.circuit.changes, copy.circuit.changes);
        prop_assert_eq!(bench.flash.bytes(), copy.flash.bytes());
    }

    #[test]
    fn pin_changes_are_told_in_time_order_per_pin(steps in prop::collection::vec(step(), 0..80)) {
        let mut bench = Bench::new();
        let mut log = Vec::new();
        for step in &steps {
            apply(&mut bench, step, &mut log);
        }
        for pin in super::pads::Pads::pins() {
            let times: Vec<_> = bench.changes_of(pin).iter().map(|change| change.0).collect();
            prop_assert!(times.is_sorted(), "{:?}: {:?}", pin, times);
        }
    }
}
