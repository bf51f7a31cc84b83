//! Puts the images into the boards of a run, once, before its first case.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use hil_core::event::Event;
use hil_core::ports::{FlashError, FlashJob, FlashProgress, FlashReport, FlashTrouble, Flasher};
use hil_rig::flash::ProbeRsFlasher;
use hil_rig::flash::chip::STM32G031K8;
use hil_sim::{Flashed, VirtualRig};

use crate::images::Images;

/// Boards of the virtual rig that are flashed one by one; larger packs are copies of these.
const LARGEST_FLASHED: u16 = 4;

/// How the boards of a run came to their firmware.
pub struct Flashing {
    /// What packs are made of, when every board was flashed.
    pub boards: Result<Flashed>,
    /// One event per board, in board order: what was done to its flash, or what went wrong.
    pub events: Vec<Event>,
    /// Wall-clock time each board took.
    pub took: BTreeMap<u16, Duration>,
}

/// Flashes the virtual rig with probe-rs for packs of up to `cells` cells. `probes` names other
/// probes than the rig's own, by board. Setting `interrupt` gives up the boards in progress.
///
/// # Errors
/// When the virtual rig cannot be started. Trouble with a board stands in the result.
pub fn virtual_rig(
    images: &Images,
    cells: u16,
    probes: &[(u16, String)],
    interrupt: &Arc<AtomicBool>,
    progress: &mut dyn FnMut(FlashProgress),
) -> Result<Flashing> {
    let boards = cells.clamp(2, LARGEST_FLASHED);
    let rig = VirtualRig::start(boards)?;
    let mut selectors: BTreeMap<u16, String> = (1..)
        .zip(rig.probes())
        .map(|(board, address)| (board, format!("1d50:6018:{address}")))
        .collect();
    selectors.extend(probes.iter().cloned());

    let mut flasher =
        ProbeRsFlasher::new(STM32G031K8, selectors).with_interrupt(Arc::clone(interrupt));
    let jobs: Vec<_> = (1..=boards)
        .map(|board| FlashJob {
            board,
            elf: &images.of_board(board, boards).1.elf,
        })
        .collect();
    let mut clock = Stopwatch::new();
    let results = flasher.flash(&jobs, &mut |step| {
        clock.saw(&step);
        progress(step);
    });
    let flashed = rig.finish();
    let events = results.iter().map(|result| match result {
        Ok(report) => event(report, images.of_board(report.board, boards).0),
        Err(error) => trouble(error),
    });
    let events = events.collect();
    let first_trouble = results.into_iter().find_map(Result::err);
    Ok(Flashing {
        boards: match first_trouble {
            Some(error) => Err(error.into()),
            None => Ok(flashed?),
        },
        events,
        took: clock.took,
    })
}

fn trouble(error: &FlashError) -> Event {
    let message = format!("not flashed: {error}");
    match error.trouble {
        FlashTrouble::Stopped { .. } => Event::Aborted { reason: message },
        _ => Event::RigError { message },
    }
}

fn event(report: &FlashReport, image: &str) -> Event {
    Event::Flashed {
        board: report.board,
        image: image.to_owned(),
        image_sha256: report.image_sha256.clone(),
        erased: report.erased,
        programmed: report.programmed,
        verified: report.verified,
        read_back_sha256: report.read_back_sha256.clone(),
        copy_of: None,
    }
}

/// Wall-clock time from the start to the last progress of each board.
struct Stopwatch {
    start: Instant,
    took: BTreeMap<u16, Duration>,
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            took: BTreeMap::new(),
        }
    }

    fn saw(&mut self, step: &FlashProgress) {
        self.took.insert(step.board, self.start.elapsed());
    }
}
