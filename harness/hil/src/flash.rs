//! Puts the images into the boards of a run, once, before its first case.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hil_core::event::Event;
use hil_core::ports::{FlashJob, FlashProgress, FlashReport, Flasher};
use hil_rig::flash::ProbeRsFlasher;
use hil_rig::flash::chip::STM32G031K8;
use hil_sim::{Flashed, VirtualRig};

use crate::images::Images;

/// Boards of the virtual rig that are flashed one by one; larger packs are copies of these.
const LARGEST_FLASHED: u16 = 4;

/// The boards of a run with their firmware, and how they came to it.
pub struct FlashedRig {
    /// What packs are made of.
    pub boards: Flashed,
    /// One event per board, in board order.
    pub events: Vec<Event>,
    /// Wall-clock time each board took.
    pub took: BTreeMap<u16, Duration>,
}

/// Flashes the virtual rig with probe-rs for packs of up to `cells` cells. `probes` names other
/// probes than the rig's own, by board.
///
/// # Errors
/// Trouble of the rig: the first board that could not be flashed.
pub fn virtual_rig(
    images: &Images,
    cells: u16,
    probes: &[(u16, String)],
    progress: &mut dyn FnMut(FlashProgress),
) -> Result<FlashedRig> {
    let boards = cells.clamp(2, LARGEST_FLASHED);
    let rig = VirtualRig::start(boards)?;
    let mut selectors: BTreeMap<u16, String> = (1..)
        .zip(rig.probes())
        .map(|(board, address)| (board, format!("1d50:6018:{address}")))
        .collect();
    selectors.extend(probes.iter().cloned());

    let mut flasher = ProbeRsFlasher::new(STM32G031K8, selectors);
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
    let reports = results
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .context("the boards were not flashed; their relays stay not-allowed")?;
    let events = reports
        .iter()
        .map(|report| event(report, images.of_board(report.board, boards).0));
    Ok(FlashedRig {
        boards: flashed?,
        events: events.collect(),
        took: clock.took,
    })
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
