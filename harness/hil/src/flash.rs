//! Puts the images into the boards of a run, once, before its first case.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use hil_core::event::Event;
use hil_core::plan::{BoardRole, Plan};
use hil_core::ports::{
    FlashError, FlashJob, FlashPhase, FlashProgress, FlashReport, FlashTrouble, Flasher,
};
use hil_core::rig::Rig;
use hil_rig::flash::ProbeRsFlasher;
use hil_rig::flash::chip::STM32G031K8;
use hil_sim::{Flashed, Role, VirtualRig};

use crate::images::Images;

/// Boards of the virtual rig that are flashed one by one; larger packs are copies of these.
const LARGEST_FLASHED: u16 = 4;

/// How the boards of a run came to their firmware.
pub struct Flashing {
    /// What packs are made of, when every board was flashed.
    pub boards: Result<Flashed>,
    /// In board order: the phases that were done, then what came of it or what went wrong.
    pub events: Vec<Event>,
    /// Wall-clock time from the start to the end of each phase of each board.
    pub took: Vec<(u16, FlashPhase, Duration)>,
}

/// The boards that are flashed for a plan: the one of a fixture, or those packs are copied from.
#[must_use]
pub fn boards(rig: &Rig, plan: &Plan) -> Vec<Role> {
    match rig.carries.only() {
        Some(BoardRole::Begin) => vec![Role::Begin],
        Some(BoardRole::Between) => vec![Role::Between],
        Some(BoardRole::End) => vec![Role::End],
        None => of_pack(
            plan.cases
                .iter()
                .map(|case| case.pack.cells)
                .max()
                .unwrap_or(2),
        ),
    }
}

fn of_pack(cells: u16) -> Vec<Role> {
    let boards = cells.clamp(2, LARGEST_FLASHED);
    (1..=boards).map(|k| Role::of(k, boards)).collect()
}

/// Flashes the virtual rig for packs of up to `cells` cells, as [`virtual_boards`] does.
///
/// # Errors
/// As there.
pub fn virtual_rig(
    images: &Images,
    cells: u16,
    probes: &[(u16, String)],
    interrupt: &Arc<AtomicBool>,
    progress: &mut dyn FnMut(FlashProgress),
) -> Result<Flashing> {
    virtual_boards(images, &of_pack(cells), probes, interrupt, progress)
}

/// Flashes blank boards of these roles with probe-rs. `probes` names other probes than the rig's
/// own, by board. Setting `interrupt` gives up the boards in progress.
///
/// # Errors
/// When the virtual rig cannot be started. Trouble with a board stands in the result.
pub fn virtual_boards(
    images: &Images,
    boards: &[Role],
    probes: &[(u16, String)],
    interrupt: &Arc<AtomicBool>,
    progress: &mut dyn FnMut(FlashProgress),
) -> Result<Flashing> {
    let rig = VirtualRig::with_boards(boards)?;
    let mut selectors: BTreeMap<u16, String> = (1..)
        .zip(rig.probes())
        .map(|(board, address)| (board, format!("1d50:6018:{address}")))
        .collect();
    selectors.extend(probes.iter().cloned());

    let mut flasher =
        ProbeRsFlasher::new(STM32G031K8, selectors).with_interrupt(Arc::clone(interrupt));
    let jobs: Vec<_> = (1..)
        .zip(boards)
        .map(|(board, role)| FlashJob {
            board,
            elf: &images.of_role(*role).elf,
        })
        .collect();
    let mut clock = Stopwatch::new();
    let results = flasher.flash(&jobs, &mut |step| {
        clock.saw(step);
        progress(step);
    });
    let flashed = rig.finish();
    let mut events = Vec::new();
    for ((job, role), result) in jobs.iter().zip(boards).zip(&results) {
        events.extend(clock.phases(job.board));
        events.push(match result {
            Ok(report) => event(report, role.name()),
            Err(error) => trouble(error),
        });
    }
    let first_trouble = results.into_iter().find_map(Result::err);
    Ok(Flashing {
        boards: match first_trouble {
            Some(error) => Err(error.into()),
            None => Ok(flashed?.with_next_end(images.next_end())),
        },
        events,
        took: clock.times(),
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

/// When each phase of each board was last heard of, and how far it had come.
struct Stopwatch {
    start: Instant,
    seen: BTreeMap<(u16, FlashPhase), (Duration, FlashProgress)>,
}

impl Stopwatch {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            seen: BTreeMap::new(),
        }
    }

    fn saw(&mut self, step: FlashProgress) {
        let key = (step.board, step.phase);
        self.seen.insert(key, (self.start.elapsed(), step));
    }

    /// The phases of a board that changed or read its flash and were done to their end.
    fn phases(&self, board: u16) -> impl Iterator<Item = Event> + '_ {
        let of_board = self
            .seen
            .values()
            .filter(move |(_, step)| step.board == board);
        let done = of_board
            .filter(|(_, step)| step.phase > FlashPhase::Identify && step.done == step.total);
        done.map(|(_, step)| Event::FlashPhaseDone {
            board: step.board,
            phase: step.phase,
            bytes: step.done,
        })
    }

    fn times(self) -> Vec<(u16, FlashPhase, Duration)> {
        let seen = self.seen.into_iter();
        seen.map(|((board, phase), (at, _))| (board, phase, at))
            .collect()
    }
}
