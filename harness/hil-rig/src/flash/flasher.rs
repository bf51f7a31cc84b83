//! Several boards at once: one thread per board, with a deadline the driver does not have.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use hil_core::ports::{
    FlashError, FlashJob, FlashPhase, FlashProgress, FlashReport, FlashTrouble, Flasher,
};
use probe_rs::probe::DebugProbeSelector;

use super::Chip;
use super::image::Image;
use super::session::{self, Outcome};
use super::watched::{Broken, WatchedPort};

/// USB identity of a Black Magic Probe; its "serial number" may be a TCP address.
const BLACK_MAGIC: (u16, u16) = (0x1D50, 0x6018);
/// How long one answer of a probe may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one board may take altogether: a minute is far beyond 64 KiB at the slowest clock.
const DEADLINE: Duration = Duration::from_secs(60);
/// Longest time between two looks at whether a person asked to stop.
const ATTENTION: Duration = Duration::from_millis(50);

/// Flashes boards through probe-rs.
#[derive(Clone, Debug)]
pub struct ProbeRsFlasher {
    chip: Chip,
    probes: BTreeMap<u16, String>,
    patience: Duration,
    deadline: Duration,
    interrupt: Arc<AtomicBool>,
}

/// A message of a board's thread.
enum Message {
    Progress(FlashProgress),
    Done(usize, Result<FlashReport, FlashTrouble>),
}

/// What a board's thread works on.
struct Task {
    index: usize,
    board: u16,
    selector: String,
    chip: Chip,
    image: Image,
    patience: Duration,
}

impl ProbeRsFlasher {
    /// A flasher for boards with `chip` on the probes given by board number (from 1). A probe is
    /// named as probe-rs does: `VID:PID`, `VID:PID:SERIAL`, or `1d50:6018:ADDRESS:PORT`.
    #[must_use]
    pub fn new(chip: Chip, probes: impl IntoIterator<Item = (u16, String)>) -> Self {
        Self {
            chip,
            probes: probes.into_iter().collect(),
            patience: PATIENCE,
            deadline: DEADLINE,
            interrupt: Arc::default(),
        }
    }

    /// Gives up the boards that are not finished when `interrupt` is set.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Arc<AtomicBool>) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// Sets how long one answer of a probe may take, and how long one board may take altogether.
    #[must_use]
    pub fn with_limits(mut self, patience: Duration, deadline: Duration) -> Self {
        self.patience = patience;
        self.deadline = deadline;
        self
    }

    fn task(&self, index: usize, job: &FlashJob<'_>) -> Result<Task, FlashTrouble> {
        let image = Image::parse(job.elf, &self.chip)
            .map_err(|error| FlashTrouble::WrongImage(error.to_string()))?;
        let selector = self.probes.get(&job.board).ok_or(FlashTrouble::NoProbe)?;
        Ok(Task {
            index,
            board: job.board,
            selector: selector.clone(),
            chip: self.chip.clone(),
            image,
            patience: self.patience,
        })
    }

    /// Starts a thread for every board that has a right image and a probe.
    fn start(&self, jobs: &[FlashJob<'_>], results: &mut Results) -> Receiver<Message> {
        let (messages, inbox) = channel();
        let tasks: Vec<_> = jobs
            .iter()
            .enumerate()
            .map(|(n, j)| self.task(n, j))
            .collect();
        for (index, task) in tasks.into_iter().enumerate() {
            match task {
                Ok(task) => work(task, messages.clone()),
                Err(trouble) => results[index] = Some(Err(trouble)),
            }
        }
        inbox
    }
}

type Results = Vec<Option<Result<FlashReport, FlashTrouble>>>;

impl Flasher for ProbeRsFlasher {
    fn flash(
        &mut self,
        jobs: &[FlashJob<'_>],
        progress: &mut dyn FnMut(FlashProgress),
    ) -> Vec<Result<FlashReport, FlashError>> {
        let mut results: Results = jobs.iter().map(|_| None).collect();
        let mut phases = BTreeMap::new();
        let inbox = self.start(jobs, &mut results);
        let deadline = Instant::now() + self.deadline;
        let stopped = || self.interrupt.load(Ordering::Relaxed);
        while results.iter().any(Option::is_none) && !stopped() {
            let left = deadline.saturating_duration_since(Instant::now());
            match inbox.recv_timeout(left.min(ATTENTION)) {
                Ok(Message::Progress(step)) => {
                    phases.insert(step.board, step.phase);
                    progress(step);
                }
                Ok(Message::Done(index, result)) => results[index] = Some(result),
                Err(RecvTimeoutError::Timeout) if left > ATTENTION => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        let given_up = |board: u16| {
            let phase = phases.get(&board).copied().unwrap_or(FlashPhase::Identify);
            if stopped() {
                return FlashTrouble::Stopped { phase };
            }
            let seconds = self.deadline.as_secs() as u32;
            FlashTrouble::Silent { phase, seconds }
        };
        jobs.iter()
            .zip(results)
            .map(|(job, result)| {
                result
                    .unwrap_or_else(|| Err(given_up(job.board)))
                    .map_err(|trouble| FlashError {
                        board: job.board,
                        probe: self.probes.get(&job.board).cloned().unwrap_or_default(),
                        trouble,
                    })
            })
            .collect()
    }
}

/// Runs one board in its own thread. When nobody listens any more (the deadline has passed or a
/// person asked to stop), the next progress ends it, so a probe that comes back late does not go on
/// flashing.
fn work(task: Task, messages: Sender<Message>) {
    let name = format!("flash-{}", task.board);
    let index = task.index;
    let refused = messages.clone();
    let spawned = thread::Builder::new().name(name).spawn(move || {
        let result = flash_one(&task, &messages);
        // The receiver is gone only when the board was given up; then nobody asks any more.
        let _ = messages.send(Message::Done(task.index, result));
    });
    if let Err(error) = spawned {
        let trouble = FlashTrouble::Failed {
            phase: FlashPhase::Identify,
            cause: error.to_string(),
        };
        let _ = refused.send(Message::Done(index, Err(trouble)));
    }
}

fn flash_one(task: &Task, messages: &Sender<Message>) -> Result<FlashReport, FlashTrouble> {
    let (selector, watched) = open(&task.selector, task.patience)?;
    let mut phase = FlashPhase::Identify;
    let mut progress = |now: FlashPhase, done: u32, total: u32| {
        phase = now;
        let step = FlashProgress {
            board: task.board,
            phase,
            done,
            total,
        };
        assert!(
            messages.send(Message::Progress(step)).is_ok(),
            "the board was given up"
        );
    };
    // The driver panics on some probe errors.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        session::flash(&selector, &task.chip, &task.image, &mut progress)
    }))
    .unwrap_or_else(|panic| Err(panicked(phase, &*panic)));
    match (outcome, watched.and_then(|port| port.broken())) {
        (Ok(outcome), _) => Ok(report(task, outcome)),
        (Err(_), Some(Broken::Silent)) => Err(FlashTrouble::Silent {
            phase,
            seconds: task.patience.as_secs() as u32,
        }),
        (Err(_), Some(Broken::Lost)) => Err(FlashTrouble::Lost { phase }),
        (Err(trouble), None) => Err(trouble),
    }
}

fn report(task: &Task, outcome: Outcome) -> FlashReport {
    FlashReport {
        board: task.board,
        chip_id: outcome.chip_id,
        image_sha256: task.image.sha256().to_owned(),
        erased: outcome.erased,
        programmed: task.image.len(),
        verified: task.image.len(),
        read_back_sha256: outcome.read_back_sha256,
    }
}

fn panicked(phase: FlashPhase, panic: &(dyn std::any::Any + Send)) -> FlashTrouble {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    FlashTrouble::Failed {
        phase,
        cause: format!("the probe driver gave up: {}", words.unwrap_or("no reason")),
    }
}

/// The probe to open. One on TCP is put behind a watched connection.
pub(super) fn open(
    selector: &str,
    patience: Duration,
) -> Result<(DebugProbeSelector, Option<WatchedPort>), FlashTrouble> {
    let mut selector: DebugProbeSelector = selector
        .parse()
        .map_err(|error| FlashTrouble::NotAProbe(format!("{error}")))?;
    let tcp = selector
        .serial_number
        .as_deref()
        .filter(|_| (selector.vendor_id, selector.product_id) == BLACK_MAGIC)
        .and_then(|serial| serial.parse::<SocketAddr>().ok());
    let Some(remote) = tcp else {
        return Ok((selector, None));
    };
    let watched = WatchedPort::open(remote, patience)?;
    selector.serial_number = Some(watched.local().to_string());
    Ok((selector, Some(watched)))
}
