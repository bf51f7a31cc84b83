//! What the End board keeps over power loss: waiting records, written one at a time when the lines are quiet.
//!
//! Writing makes the core stand still for up to 25 ms. Whoever owns a line says when that costs no byte; see `End::is_quiet`.

use bms_logic::store::{FlashError, Kind, Payload, Store};
use board::flash::StorePages;

/// The kinds of an End board.
const KINDS: [Kind; 3] = [Kind::Settings, Kind::Pin, Kind::Charge];

/// The store and what is to go into it.
#[derive(Debug)]
pub struct Memory {
    store: Store<StorePages>,
    waiting: [Option<Payload>; KINDS.len()],
}

impl Memory {
    /// Opens the store.
    ///
    /// # Safety
    /// Only once, see [`StorePages::take`].
    pub unsafe fn open() -> Self {
        Self {
            // SAFETY: the caller's promise.
            store: Store::open(unsafe { StorePages::take() }),
            waiting: [None; KINDS.len()],
        }
    }

    /// What was kept at power-up.
    pub fn get(&self, kind: Kind) -> Option<Payload> {
        self.store.get(kind)
    }

    /// Keeps `payload` as soon as the lines are quiet; what waits of the same kind is replaced.
    pub fn keep(&mut self, kind: Kind, payload: Payload) {
        if let Some(at) = KINDS.iter().position(|known| *known == kind) {
            self.waiting[at] = Some(payload);
        }
    }

    /// Whether something waits.
    pub fn has_waiting(&self) -> bool {
        self.waiting.iter().any(Option::is_some)
    }

    /// The lines are quiet: writes the first waiting record, and says which it was and whether it is kept now.
    pub fn write_one(&mut self) -> Option<(Kind, Result<(), FlashError>)> {
        let (at, payload) = self
            .waiting
            .iter_mut()
            .enumerate()
            .find_map(|(at, waiting)| Some((at, waiting.take()?)))?;
        let result = self.store.put(KINDS[at], &payload);
        Some((KINDS[at], result))
    }
}
