//! What is done to one board, in order: identify, erase everything, program everything but the
//! vectors, program the vectors, read back, reset.
//!
//! Erasing first and programming the vectors last means that an interrupted board has no reset
//! vector: it runs nothing, drives no pin, and its relays stay where the reset put them.

use hil_core::ports::{FlashPhase, FlashTrouble};
use probe_rs::flashing::{DownloadOptions, FlashProgress, ProgressEvent, ProgressOperation};
use probe_rs::probe::list::Lister;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use probe_rs::{MemoryInterface, Permissions, Session};
use sha2::{Digest, Sha256};

use super::Chip;
use super::image::{Image, Segment, hex};

/// Bytes read back at a time.
const READ_CHUNK: usize = 1024;

/// What was found and done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) chip_id: u16,
    pub(super) erased: u32,
    pub(super) read_back_sha256: String,
}

/// Told after every step: what, bytes done, bytes to do.
pub(super) type Progress<'a> = &'a mut dyn FnMut(FlashPhase, u32, u32);

/// Opens the probe and attaches to the chip; nothing on it has changed but its debug registers.
pub(super) fn attach(selector: &DebugProbeSelector, chip: &Chip) -> Result<Session, FlashTrouble> {
    let failed = |cause: &dyn std::error::Error| failed(FlashPhase::Identify, cause);
    let mut probe = Lister::new()
        .open(selector.clone())
        .map_err(|e| failed(&e))?;
    probe
        .select_protocol(WireProtocol::Swd)
        .map_err(|e| failed(&e))?;
    probe
        .attach(chip.name, Permissions::default())
        .map_err(|e| failed(&e))
}

/// Flashes one board and lets it run.
pub(super) fn flash(
    selector: &DebugProbeSelector,
    chip: &Chip,
    image: &Image,
    progress: Progress<'_>,
) -> Result<Outcome, FlashTrouble> {
    progress(FlashPhase::Identify, 0, 1);
    let mut session = attach(selector, chip)?;
    let chip_id = identify(&mut session, chip)?;
    progress(FlashPhase::Identify, 1, 1);
    program(&mut session, chip, image, progress)?;
    let read_back_sha256 = read_back(&mut session, image, progress)?;
    // Halting debug stays enabled in the core until the next power-up.
    session
        .core(0)
        .and_then(|mut core| core.reset())
        .map_err(|e| failed(FlashPhase::Verify, &e))?;
    Ok(Outcome {
        chip_id,
        erased: chip.flash.end - chip.flash.start,
        read_back_sha256,
    })
}

/// The driver's error with its causes, as one line.
fn failed(phase: FlashPhase, error: &dyn std::error::Error) -> FlashTrouble {
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        cause.push_str(": ");
        cause.push_str(&error.to_string());
        source = error.source();
    }
    FlashTrouble::Failed { phase, cause }
}

fn identify(session: &mut Session, chip: &Chip) -> Result<u16, FlashTrouble> {
    let found = session
        .core(0)
        .and_then(|mut core| core.read_word_32(chip.device_id_address.into()))
        .map_err(|e| failed(FlashPhase::Identify, &e))?;
    let found = (found & 0xFFF) as u16;
    if found == chip.device_id {
        Ok(found)
    } else {
        Err(FlashTrouble::WrongChip {
            found,
            expected: chip.device_id,
        })
    }
}

/// Two passes: the first erases the whole chip and programs what lies behind the vectors' page,
/// the second programs that page.
fn program(
    session: &mut Session,
    chip: &Chip,
    image: &Image,
    progress: Progress<'_>,
) -> Result<(), FlashTrouble> {
    let border = chip.flash.start + chip.flash_page;
    let (vectors, rest) = split(image.segments(), border);
    let mut tracker = Tracker {
        progress,
        phase: FlashPhase::Erase,
        flash: chip.flash.end - chip.flash.start,
        image: image.len(),
        programmed: 0,
    };
    let mut erased = false;
    for part in [rest, vectors] {
        if part.is_empty() {
            continue;
        }
        let mut loader = session.target().flash_loader();
        for segment in &part {
            loader
                .add_data(segment.address.into(), &segment.data)
                .map_err(|e| failed(tracker.phase, &e))?;
        }
        let mut options = DownloadOptions::new();
        options.verify = true;
        options.do_chip_erase = !erased;
        options.skip_erase = erased;
        options.progress = FlashProgress::new(|event| tracker.event(&event));
        let result = loader.commit(session, options);
        result.map_err(|e| failed(tracker.phase, &e))?;
        erased = true;
    }
    Ok(())
}

/// What lies below `border`, and what above it.
fn split(segments: &[Segment], border: u32) -> (Vec<Segment>, Vec<Segment>) {
    let (mut below, mut above) = (Vec::new(), Vec::new());
    for segment in segments {
        let cut = (border.saturating_sub(segment.address) as usize).min(segment.data.len());
        let (low, high) = segment.data.split_at(cut);
        for (part, offset, data) in [(&mut below, 0, low), (&mut above, cut, high)] {
            if !data.is_empty() {
                part.push(Segment {
                    address: segment.address + offset as u32,
                    data: data.to_vec(),
                });
            }
        }
    }
    (below, above)
}

/// Turns the driver's events of two passes into one progress.
struct Tracker<'a> {
    progress: Progress<'a>,
    phase: FlashPhase,
    flash: u32,
    image: u32,
    programmed: u32,
}

impl Tracker<'_> {
    fn event(&mut self, event: &ProgressEvent) {
        use ProgressOperation::{Erase, Program, Verify};
        match *event {
            ProgressEvent::Started(Erase) => self.step(FlashPhase::Erase, 0, self.flash),
            ProgressEvent::Finished(Erase) => {
                self.step(FlashPhase::Erase, self.flash, self.flash);
            }
            ProgressEvent::Progress {
                operation: Program,
                size,
                ..
            } => {
                // Whole pages are programmed, the image need not fill its last one.
                self.programmed = self.image.min(self.programmed + size as u32);
                self.step(FlashPhase::Program, self.programmed, self.image);
            }
            ProgressEvent::Started(Program) => {
                self.step(FlashPhase::Program, self.programmed, self.image);
            }
            ProgressEvent::Started(Verify) => self.phase = FlashPhase::Verify,
            _ => {}
        }
    }

    fn step(&mut self, phase: FlashPhase, done: u32, total: u32) {
        self.phase = phase;
        (self.progress)(phase, done, total);
    }
}

/// Compares flash with the image, whatever the driver has verified before, and hashes it.
fn read_back(
    session: &mut Session,
    image: &Image,
    progress: Progress<'_>,
) -> Result<String, FlashTrouble> {
    let io = |e: probe_rs::Error| failed(FlashPhase::Verify, &e);
    let mut core = session.core(0).map_err(io)?;
    let mut hash = Sha256::new();
    let mut done = 0;
    progress(FlashPhase::Verify, 0, image.len());
    for segment in image.segments() {
        let chunks = segment.data.chunks(READ_CHUNK);
        for (address, expected) in (segment.address..).step_by(READ_CHUNK).zip(chunks) {
            let mut found = vec![0; expected.len()];
            core.read(address.into(), &mut found).map_err(io)?;
            compare(address, expected, &found)?;
            hash.update(&found);
            done += found.len() as u32;
            progress(FlashPhase::Verify, done, image.len());
        }
    }
    Ok(hex(&hash.finalize()))
}

fn compare(address: u32, expected: &[u8], found: &[u8]) -> Result<(), FlashTrouble> {
    match (address..)
        .zip(expected.iter().zip(found))
        .find(|(_, (e, f))| e != f)
    {
        None => Ok(()),
        Some((address, (&expected, &found))) => Err(FlashTrouble::Mismatch {
            address,
            expected,
            found,
        }),
    }
}
