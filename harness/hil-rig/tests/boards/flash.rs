//! Flashing emulated boards over TCP: the good way, and every way in which it can go wrong.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::support::{Fate, Proxy, Rig, TICKER, carries_image, selector};
use hil_core::ports::{
    FlashError, FlashJob, FlashPhase, FlashProgress, FlashReport, FlashTrouble, Flasher,
};
use hil_mcu::{RttReader, Time};
use hil_rig::flash::chip::STM32G031K8;
use hil_rig::flash::{Image, ProbeRsFlasher};
use sha2::{Digest, Sha256};

/// Long enough for a busy machine, short enough for a test of silence.
const PATIENCE: Duration = Duration::from_secs(2);
const DEADLINE: Duration = Duration::from_secs(60);

fn flasher(probes: impl IntoIterator<Item = (u16, String)>) -> ProbeRsFlasher {
    ProbeRsFlasher::new(STM32G031K8, probes).with_limits(PATIENCE, DEADLINE)
}

fn flash_one(probe: String, elf: &[u8]) -> Result<FlashReport, FlashError> {
    let job = FlashJob { board: 1, elf };
    flasher([(1, probe)]).flash(&[job], &mut |_| {}).remove(0)
}

#[test]
fn four_boards_are_flashed_verified_and_run() {
    let rig = Rig::new(4);
    let boards = 1..=4_u16;
    let jobs: Vec<_> = boards
        .clone()
        .map(|board| FlashJob { board, elf: TICKER })
        .collect();
    let mut steps = Vec::new();
    let reports = flasher(boards.map(|board| (board, rig.selector(usize::from(board) - 1))))
        .flash(&jobs, &mut |step| steps.push(step));

    let image = Image::parse(TICKER, &STM32G031K8).unwrap();
    let segment = &image.segments()[0];
    for (board, report) in (1..).zip(reports) {
        let report = report.unwrap();
        assert_eq!(report.board, board);
        assert_eq!(report.chip_id, 0x466);
        assert_eq!(report.erased, 64 * 1024);
        assert_eq!(
            (report.programmed, report.verified),
            (image.len(), image.len())
        );
        assert_eq!(report.read_back_sha256, sha256(&segment.data));
    }
    for (mcu, _) in &rig.stack().boards {
        assert_eq!(&mcu.flash()[..segment.data.len()], segment.data);
    }
    check_progress(&steps, image.len());
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Every board goes through all phases in order, never backwards, and to the end.
fn check_progress(steps: &[FlashProgress], length: u32) {
    for board in 1..=4 {
        let mine: Vec<_> = steps.iter().filter(|s| s.board == board).collect();
        assert!(mine.is_sorted_by_key(|s| (s.phase, s.done)), "{mine:?}");
        for (phase, total) in [
            (FlashPhase::Erase, 64 * 1024),
            (FlashPhase::Program, length),
            (FlashPhase::Verify, length),
        ] {
            let last = mine.iter().rfind(|s| s.phase == phase).unwrap();
            assert_eq!((last.done, last.total), (total, total), "{phase}");
        }
    }
}

#[test]
fn the_firmware_of_this_repository_is_accepted() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/images");
    let read = |name: &str| std::fs::read(format!("{folder}/{name}.elf")).unwrap();
    let (begin, between, end) = (read("begin"), read("between"), read("end"));
    let images = [&begin, &between, &between, &end];
    let jobs: Vec<_> = (1..)
        .zip(images)
        .map(|(board, elf)| FlashJob { board, elf })
        .collect();
    let rig = Rig::new(4);
    let probes = jobs
        .iter()
        .map(|job| (job.board, rig.selector(usize::from(job.board) - 1)));
    for result in flasher(probes).flash(&jobs, &mut |_| {}) {
        result.unwrap();
    }
    let mut stack = rig.stack();
    for (mcu, wires) in &mut stack.boards {
        // What the loader has touched is not the firmware's doing.
        mcu.findings();
        mcu.power_off(mcu.now(), wires);
        mcu.power_on(mcu.now(), wires);
    }
    stack.advance(Time::from_us(50_000));
    for (mcu, wires) in &mut stack.boards {
        assert_eq!(
            mcu.findings(),
            [],
            "and touches nothing that is not modelled"
        );
        let log = RttReader::default().read(mcu, wires).unwrap();
        assert!(!log.is_empty(), "every board says something when it starts");
    }
}

/// The trouble of a flash that must not succeed.
fn trouble(probe: String, elf: &[u8]) -> FlashTrouble {
    flash_one(probe, elf).unwrap_err().trouble
}

#[test]
fn an_image_for_another_chip_touches_nothing() {
    let rig = Rig::new(1);
    let mut elf = TICKER.to_vec();
    // The physical address of the first program header.
    elf[52 + 12..52 + 16].copy_from_slice(&0x1000_0000_u32.to_le_bytes());
    let error = flash_one(rig.selector(0), &elf).unwrap_err();
    assert!(matches!(error.trouble, FlashTrouble::WrongImage(_)));
    assert_eq!(
        error.to_string(),
        format!(
            "board 1 through probe {}: wrong image: linked for another chip: 0x10000000 to \
             0x10007cb4 is outside the flash of the STM32G031K8Tx",
            rig.selector(0)
        )
    );
    assert_eq!(rig.stack().boards[0].1.resets, 1, "only its power-on reset");
}

#[test]
fn a_board_without_a_probe_is_told_apart() {
    let rig = Rig::new(1);
    let jobs = [1, 2].map(|board| FlashJob { board, elf: TICKER });
    let results = flasher([(1, rig.selector(0))]).flash(&jobs, &mut |_| {});
    assert!(results[0].is_ok(), "the others are flashed");
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(error.board, 2);
    assert!(matches!(error.trouble, FlashTrouble::NoProbe));
}

#[test]
fn another_chip_is_not_erased() {
    let rig = Rig::new(1);
    flash_one(rig.selector(0), TICKER).unwrap();
    let expecting = hil_rig::flash::Chip {
        device_id: 0x460,
        ..STM32G031K8
    };
    let job = FlashJob {
        board: 1,
        elf: TICKER,
    };
    let error = ProbeRsFlasher::new(expecting, [(1, rig.selector(0))])
        .flash(&[job], &mut |_| {})
        .remove(0)
        .unwrap_err();
    assert!(matches!(
        error.trouble,
        FlashTrouble::WrongChip {
            found: 0x466,
            expected: 0x460
        }
    ));
    assert_ne!(rig.stack().boards[0].0.flash()[..8], [0xFF; 8]);
}

#[test]
fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(
        trouble(selector(port), TICKER),
        FlashTrouble::Unreachable(_)
    ));
}

#[test]
fn a_silent_port_is_given_up() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap();
    assert!(matches!(
        trouble(selector(port), TICKER),
        FlashTrouble::Silent {
            phase: FlashPhase::Identify,
            seconds: 2
        }
    ));
}

#[test]
fn a_second_client_is_refused() {
    use std::io::{Read, Write};
    let rig = Rig::new(1);
    let mut first = TcpStream::connect(rig.port(0)).unwrap();
    first.write_all(b"!HC#").unwrap();
    let mut answer = [0; 4];
    first.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"&K1#");
    assert!(matches!(
        trouble(rig.selector(0), TICKER),
        FlashTrouble::NotAProbe(_)
    ));
    drop(first);
    flash_one(rig.selector(0), TICKER).unwrap();
}

#[test]
fn a_lost_connection_leaves_a_board_that_runs_nothing() {
    let rig = Rig::new(1);
    flash_one(rig.selector(0), TICKER).unwrap();
    let mut pages = 0;
    let proxy = Proxy::start(rig.port(0), move |request| {
        pages += u32::from(carries_image(request));
        if pages > 20 { Fate::Cut } else { Fate::Pass }
    });
    assert!(matches!(
        trouble(selector(proxy.port), TICKER),
        FlashTrouble::Lost {
            phase: FlashPhase::Program
        }
    ));

    let mut stack = rig.stack();
    let (mcu, wires) = &mut stack.boards[0];
    assert!(mcu.flash()[..2048].iter().all(|&b| b == 0xFF), "no vectors");
    assert!(mcu.flash()[2048..].iter().any(|&b| b != 0xFF), "but a part");
    mcu.power_off(mcu.now(), wires);
    mcu.power_on(mcu.now(), wires);
    wires.driven = 0;
    mcu.run_until(mcu.now() + Time::from_us(100_000), wires);
    assert!(RttReader::default().read(mcu, wires).unwrap().is_empty());
    assert_eq!(
        wires.driven, 0,
        "so the relays stay where the reset put them"
    );
    drop(stack);
    flash_one(rig.selector(0), TICKER).unwrap();
}

/// The driver panics here, which must stay within its thread.
#[test]
fn a_connection_lost_while_attaching_is_an_error_too() {
    let rig = Rig::new(1);
    let proxy = Proxy::start(rig.port(0), |request| {
        if request.starts_with(b"!HL") {
            Fate::Cut
        } else {
            Fate::Pass
        }
    });
    assert!(matches!(
        trouble(selector(proxy.port), TICKER),
        FlashTrouble::Lost {
            phase: FlashPhase::Identify
        }
    ));
    flash_one(rig.selector(0), TICKER).unwrap();
}

#[test]
fn a_probe_that_falls_silent_is_given_up() {
    let rig = Rig::new(1);
    let mut pages = 0;
    let proxy = Proxy::start(rig.port(0), move |request| {
        pages += u32::from(carries_image(request));
        if pages > 5 { Fate::Swallow } else { Fate::Pass }
    });
    let error = flash_one(selector(proxy.port), TICKER).unwrap_err();
    assert!(matches!(
        error.trouble,
        FlashTrouble::Silent {
            phase: FlashPhase::Program,
            ..
        }
    ));
    assert!(error.to_string().contains("relays stay not-allowed"));
}

/// Whatever a driver waits for, the rig waits no longer than its deadline.
#[test]
fn the_deadline_holds_without_the_watch_on_the_connection() {
    let rig = Rig::new(1);
    let mut pages = 0;
    let proxy = Proxy::start(rig.port(0), move |request| {
        pages += u32::from(carries_image(request));
        if pages > 5 { Fate::Swallow } else { Fate::Pass }
    });
    let (endless, deadline) = (Duration::from_secs(3600), Duration::from_secs(3));
    let job = FlashJob {
        board: 1,
        elf: TICKER,
    };
    let error = ProbeRsFlasher::new(STM32G031K8, [(1, selector(proxy.port))])
        .with_limits(endless, deadline)
        .flash(&[job], &mut |_| {})
        .remove(0)
        .unwrap_err();
    assert!(matches!(
        error.trouble,
        FlashTrouble::Silent { seconds: 3, .. }
    ));
}

#[test]
fn corrupted_data_does_not_pass_as_flashed() {
    let rig = Rig::new(1);
    let mut pages = 0;
    let proxy = Proxy::start(rig.port(0), move |request| {
        if carries_image(request) {
            pages += 1;
            if pages == 7 {
                let digit = &mut request[200];
                *digit = if *digit == b'0' { b'1' } else { b'0' };
            }
        }
        Fate::Pass
    });
    let error = flash_one(selector(proxy.port), TICKER).unwrap_err();
    assert!(
        matches!(
            error.trouble,
            FlashTrouble::Mismatch { .. }
                | FlashTrouble::Failed {
                    phase: FlashPhase::Verify,
                    ..
                }
        ),
        "{error}"
    );
}
