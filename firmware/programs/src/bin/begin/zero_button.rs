//! The calibration button: samples the sensors while it is held, keeps the new zeros, and lets the Info LED say so (`CUR-7`).

use super::Sampling;
use bms_logic::store::{Kind, Store};
use bms_logic::time::Ticks;
use bms_logic::zero::{self, Calibration, SCANS_PER_STEP, Zeros};
use board::flash::StorePages;
use board::pins;

/// The button, the zeros that count, and where they are kept.
#[derive(Debug)]
pub struct ZeroButton {
    store: Store<StorePages>,
    zeros: Zeros,
    calibration: Calibration,
    /// New zeros that are not kept yet.
    waiting: Option<Zeros>,
}

impl ZeroButton {
    /// Prepares the button and reads what was kept.
    ///
    /// # Safety
    /// Only once, see [`StorePages::take`].
    pub unsafe fn start() -> Self {
        pins::BUTTON.init_pulled_up();
        // SAFETY: the caller's promise.
        let store = Store::open(unsafe { StorePages::take() });
        let zeros = store
            .get(Kind::Zero)
            .map_or(Zeros::default(), |kept| zero::decode(&kept));
        Self {
            store,
            zeros,
            calibration: Calibration::new(),
            waiting: None,
        }
    }

    /// The zeros that count.
    pub const fn zeros(&self) -> &Zeros {
        &self.zeros
    }

    /// A step of `ticks` has ended.
    pub fn step(&mut self, ticks: Ticks, sampling: &mut Sampling) {
        let pressed = !pins::BUTTON.is_high();
        if let Some(zeros) = self.calibration.step(ticks, pressed, &self.zeros) {
            self.waiting = Some(zeros);
        }
        if self.calibration.wants_scans() {
            for _ in 0..SCANS_PER_STEP {
                self.calibration.push(sampling.scan());
            }
        }
    }

    /// The chain line is quiet, so the core may stand still for a page's erase: keeps what waits, and applies it.
    pub fn on_quiet(&mut self, sampling: &mut Sampling) {
        let Some(zeros) = self.waiting.take() else {
            return;
        };
        if self.store.put(Kind::Zero, &zero::encode(&zeros)).is_err() {
            return;
        }
        self.zeros = zeros;
        sampling.set_zeros(&zeros);
        self.calibration.done();
    }

    /// Whether the LED blinks, which takes steps of a single tick.
    pub fn needs_fine_steps(&self) -> bool {
        self.led().is_some()
    }

    /// What the Info LED shows instead of its own business.
    pub fn led(&self) -> Option<bool> {
        self.calibration.led()
    }
}
