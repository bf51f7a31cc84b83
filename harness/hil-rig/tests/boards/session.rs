//! What stock probe-rs can do with an emulated board: attach, halt, step, hardware breakpoints,
//! memory, registers, RTT.

use std::time::Duration;

use crate::support::{Rig, TICKER, ticker};
use hil_core::ports::{FlashJob, Flasher};
use hil_mcu::{RttReader, Time};
use hil_rig::flash::chip::STM32G031K8;
use hil_rig::flash::{ProbeRsFlasher, TargetLog};
use probe_rs::probe::WireProtocol;
use probe_rs::probe::list::Lister;
use probe_rs::{MemoryInterface, Permissions, Session};

const TIMEOUT: Duration = Duration::from_millis(500);

fn attach(rig: &Rig) -> Session {
    let selector: probe_rs::probe::DebugProbeSelector = rig.selector(0).parse().unwrap();
    let mut probe = Lister::new().open(selector).unwrap();
    probe.select_protocol(WireProtocol::Swd).unwrap();
    probe
        .attach(STM32G031K8.name, Permissions::default())
        .unwrap()
}

#[test]
fn an_erased_board_attaches_halts_and_lends_its_memory() {
    let rig = Rig::new(1);
    let mut session = attach(&rig);
    let mut core = session.core(0).unwrap();
    core.halt(TIMEOUT).unwrap();
    core.write_32(0x2000_0100, &[0xDEAD_BEEF, 0x1234_5678])
        .unwrap();
    core.write_8(0x2000_0101, &[0x55]).unwrap();
    let mut bytes = [0; 8];
    core.read(0x2000_0100, &mut bytes).unwrap();
    assert_eq!(bytes, [0xEF, 0x55, 0xAD, 0xDE, 0x78, 0x56, 0x34, 0x12]);
    core.write_core_reg(3_u16, 0xCAFE_u32).unwrap();
    assert_eq!(core.read_core_reg::<u32>(3_u16).unwrap(), 0xCAFE);
    assert!(core.read_word_32(0x6000_0000).is_err(), "nothing is there");
    assert_eq!(core.read_word_32(0x4001_5800).unwrap() & 0xFFF, 0x466);
}

/// A board that runs the ticker, and its rig.
fn ticking() -> Rig {
    let rig = Rig::new(1);
    let job = FlashJob {
        board: 1,
        elf: TICKER,
    };
    ProbeRsFlasher::new(STM32G031K8, [(1, rig.selector(0))]).flash(&[job], &mut |_| {})[0]
        .as_ref()
        .unwrap();
    rig
}

#[test]
fn a_board_is_reset_stepped_and_stopped_at_a_breakpoint() {
    let rig = ticking();
    let mut session = attach(&rig);
    let mut core = session.core(0).unwrap();
    assert_eq!(core.reset_and_halt(TIMEOUT).unwrap().pc, ticker::RESET);
    assert_eq!(core.step().unwrap().pc, ticker::RESET + 2);

    core.set_hw_breakpoint(ticker::TICK).unwrap();
    for ticks in 0..3 {
        core.run().unwrap();
        core.wait_for_core_halted(TIMEOUT).unwrap();
        assert_eq!(
            core.read_core_reg::<u32>(core.program_counter()).unwrap(),
            ticker::TICK as u32
        );
        assert_eq!(core.read_word_32(ticker::COUNTER).unwrap(), ticks);
    }

    core.clear_hw_breakpoint(ticker::TICK).unwrap();
    core.run().unwrap();
    rig.stack().advance(Time::from_us(10_000));
    core.halt(TIMEOUT).unwrap();
    assert!(core.read_word_32(ticker::COUNTER).unwrap() > 10);
}

#[test]
fn the_log_reads_the_same_through_a_probe_and_in_process() {
    let rig = ticking();
    rig.stack().advance(Time::from_us(2_000));
    let mut log = TargetLog::open(&rig.selector(0), &STM32G031K8, TIMEOUT).unwrap();
    assert!(log.read().unwrap().starts_with(b"tick\ntick\n"));
    for _ in 0..3 {
        let in_process = {
            let mut stack = rig.stack();
            stack.advance(Time::from_us(500));
            let (mut mcu, mut wires) = stack.boards[0].clone();
            RttReader::default().read(&mut mcu, &mut wires).unwrap()
        };
        assert!(!in_process.is_empty());
        assert_eq!(log.read().unwrap(), in_process);
    }
}
