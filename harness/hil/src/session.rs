//! A run: a plan's cases on flashed boards, several at a time, into one record.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::operator::Terminal;
use hil_core::channel::Signal;
use hil_core::event::Event;
use hil_core::plan::{Plan, PlannedCase};
use hil_core::ports::{Bench, BenchError, Identity, RecordSink, Sample, SinkError};
use hil_core::rig::Rig;
use hil_core::runner::{CaseOutcome, Options, Progress, run_attended_case, run_case};
use hil_core::{Span, Time, Verdict};
use hil_report::RunFolder;
use hil_report::record::chain;
use hil_sim::{Defect, Envelope, Flashed, LogTables, Setup, VirtualBench};

/// Bench time between two news of where a case is.
const NEWS_INTERVAL: Span = Span(5_000_000);

/// What all cases of a run have in common.
pub struct Session<'a> {
    /// The rig.
    pub rig: &'a Rig,
    /// The boards packs are made of.
    pub boards: &'a Flashed,
    /// The format strings of what the boards log.
    pub logs: Arc<LogTables>,
    /// Seed of tolerances and noise.
    pub seed: u64,
    /// Cases at the same time, at least 1.
    pub jobs: usize,
    /// Stop after so many failed cases.
    pub max_fail: Option<usize>,
    /// Set by whoever wants the run to stop.
    pub interrupt: Arc<AtomicBool>,
    /// What is wrong with the boards' circuits, to see whether the cases notice.
    pub defect: Option<Defect>,
}

/// What became of the cases of a run.
#[derive(Debug)]
pub struct Ran {
    /// What the cases that ended came to, in plan order.
    pub outcomes: Vec<CaseOutcome>,
    /// Why the record could not be written any more.
    pub unwritten: Option<SinkError>,
}

/// What stands in the first event of a run besides its plan.
#[derive(Clone, Debug, Default)]
pub struct RunStart<'a> {
    /// Seed of tolerances and noise.
    pub seed: u64,
    /// Arguments that change what a case does, as typed.
    pub arguments: Vec<String>,
    /// Text of the rig file.
    pub rig: &'a str,
    /// SHA-256 of the case and profile files by their paths.
    pub inputs_sha256: BTreeMap<String, String>,
    /// Serial number of the DUT.
    pub dut_serial: Option<String>,
    /// Hardware revision of the DUT.
    pub hardware_revision: Option<String>,
}

impl RunStart<'_> {
    /// The event.
    #[must_use]
    pub fn event(self, plan: &Plan) -> Event {
        Event::RunStarted {
            tool: format!("hil {}", env!("CARGO_PKG_VERSION")),
            seed: self.seed,
            arguments: self.arguments,
            rig_sha256: chain::sha256(self.rig.as_bytes()),
            inputs_sha256: self.inputs_sha256,
            cases: plan.cases.iter().map(|case| case.id.clone()).collect(),
            skipped: plan
                .skipped
                .iter()
                .map(|s| (s.id.clone(), s.reason.clone()))
                .collect(),
            dut_serial: self.dut_serial,
            hardware_revision: self.hardware_revision,
        }
    }
}

/// What somebody who looks on is told; cases come from several threads.
pub enum News {
    /// A case began.
    Started {
        /// Index into the plan's cases.
        case: usize,
    },
    /// A case is at this bench time and step.
    At {
        /// Index into the plan's cases.
        case: usize,
        /// Index into its steps.
        step: usize,
        /// Bench time.
        time: Time,
    },
    /// A case ended.
    Ended {
        /// Index into the plan's cases.
        case: usize,
        /// What it came to.
        outcome: Box<CaseOutcome>,
        /// Instructions all its boards executed together.
        instructions: u64,
    },
}

impl Session<'_> {
    /// Runs the cases. After `max_fail`, an interruption, a rig that is not seen to be safe or a
    /// record that cannot be written, those that already run are finished and no other is begun.
    pub fn run(&self, plan: &Plan, folder: &mut RunFolder, news: &mut dyn FnMut(News)) -> Ran {
        let folder = Mutex::new(folder);
        let next = AtomicUsize::new(0);
        let failed = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let worker = |sender: Sender<News>| -> Result<(), SinkError> {
            while !over.load(Ordering::Relaxed) && self.goes_on(&failed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = plan.cases.get(index) else {
                    break;
                };
                let (outcome, instructions) = self
                    .work(index, case, &folder, &sender)
                    .inspect_err(|_| over.store(true, Ordering::Relaxed))?;
                if outcome.verdicts().any(|verdict| verdict == Verdict::Fail) {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
                if !outcome.is_safe() {
                    over.store(true, Ordering::Relaxed);
                }
                let outcome = Box::new(outcome);
                // Nobody listens only when the run is being given up.
                let _ = sender.send(News::Ended {
                    case: index,
                    outcome,
                    instructions,
                });
            }
            Ok(())
        };
        thread::scope(|scope| {
            let (sender, inbox) = channel();
            let workers: Vec<_> = (0..self.jobs.clamp(1, plan.cases.len().max(1)))
                .map(|_| {
                    let sender = sender.clone();
                    scope.spawn(|| worker(sender))
                })
                .collect();
            drop(sender);
            let outcomes = listen(inbox, plan.cases.len(), news);
            let join = |worker: thread::ScopedJoinHandle<'_, _>| {
                let ended = worker.join();
                ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let ended: Vec<Result<(), SinkError>> = workers.into_iter().map(join).collect();
            Ran {
                outcomes,
                unwritten: ended.into_iter().find_map(Result::err),
            }
        })
    }

    /// Who the rig is, asked of the bench of a case.
    ///
    /// # Errors
    /// When an instrument is missing or is not the expected one.
    pub fn identify(&self, case: &PlannedCase) -> Result<Identity, BenchError> {
        self.open(case).identify()
    }

    /// Runs one case by itself, without a record.
    pub fn try_case(&self, case: &PlannedCase) -> CaseOutcome {
        let options = Options::default();
        let mut bench = self.open(case);
        run_case(
            case,
            self.seed,
            &options,
            &mut bench,
            &mut Unrecorded,
            &mut |_| (),
        )
    }

    fn open(&self, case: &PlannedCase) -> VirtualBench {
        let mut bench = VirtualBench::open(self.boards, self.setup(case), self.seed);
        bench.read_logs(&self.logs);
        bench
    }

    fn goes_on(&self, failed: &AtomicUsize) -> bool {
        let enough = self
            .max_fail
            .is_some_and(|most| failed.load(Ordering::Relaxed) >= most);
        !enough && !self.interrupt.load(Ordering::Relaxed)
    }

    fn work(
        &self,
        index: usize,
        case: &PlannedCase,
        folder: &Mutex<&mut RunFolder>,
        sender: &Sender<News>,
    ) -> Result<(CaseOutcome, u64), SinkError> {
        let mut sink = lock(folder).case(&case.id)?;
        let mut bench = self.open(case);
        let _ = sender.send(News::Started { case: index });
        let mut step = 0;
        let mut told = Time::ZERO;
        let mut progress = |progress: Progress<'_>| match progress {
            Progress::Event {
                event: Event::StepStarted { step: now },
                ..
            } => step = *now,
            Progress::Time(time) if time.since(told) >= NEWS_INTERVAL => {
                told = time;
                let _ = sender.send(News::At {
                    case: index,
                    step,
                    time,
                });
            }
            _ => {}
        };
        let options = Options::default();
        let mut operator = Terminal {
            interrupt: Arc::clone(&self.interrupt),
        };
        let outcome = run_attended_case(
            case,
            self.seed,
            &options,
            &mut bench,
            &mut operator,
            &mut sink,
            &mut progress,
        );
        lock(folder).recorded(sink.close())?;
        Ok((outcome, bench.instructions()))
    }

    fn setup(&self, case: &PlannedCase) -> Setup {
        let vbalance = case
            .constants
            .get("vbalance")
            .map(|constant| constant.value);
        let mut setup = Setup::new(&case.pack, vbalance);
        setup.rig.clone_from(&self.rig.name);
        setup.envelope = envelope(self.rig);
        setup.interrupt = Arc::clone(&self.interrupt);
        setup.defect = self.defect;
        setup
    }
}

/// The record of a case of which only the outcome is wanted.
struct Unrecorded;

impl RecordSink for Unrecorded {
    fn event(&mut self, _: Time, _: &Event) -> Result<(), SinkError> {
        Ok(())
    }

    fn samples(&mut self, _: &[Sample]) -> Result<(), SinkError> {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(inbox: Receiver<News>, cases: usize, news: &mut dyn FnMut(News)) -> Vec<CaseOutcome> {
    let mut outcomes: Vec<Option<CaseOutcome>> = (0..cases).map(|_| None).collect();
    for item in inbox {
        if let News::Ended { case, outcome, .. } = &item {
            outcomes[*case] = Some(outcome.as_ref().clone());
        }
        news(item);
    }
    outcomes.into_iter().flatten().collect()
}

/// What the rig file permits, for the virtual bench.
fn envelope(rig: &Rig) -> Envelope {
    let mut envelope = Envelope::default();
    let limits = |signal| {
        let channel = rig.channels.get(&signal)?;
        let limits = channel.envelope.as_ref()?;
        Some((limits.low?, limits.high?))
    };
    if let Some(volts) = limits(Signal::CellVoltage) {
        envelope.cell_volts = volts;
    }
    if let Some(celsius) = limits(Signal::CellTemperature) {
        envelope.celsius = celsius;
    }
    if let Some(amps) = limits(Signal::PackCurrent) {
        envelope.amps = amps;
    }
    envelope
}
