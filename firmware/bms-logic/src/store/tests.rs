//! The store against a memory whose power goes at every operation there is, and against the simplest model of it.
//!
//! What a cut leaves is as bad as the contract of [`Flash`] allows: the double word or page under way reads as old, new,
//! random, erased or unreadable, and as something else again after the next power-up.

use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

const PAGES: usize = 4;

/// A small generator, so that every run is the same.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// One double word: what it reads now, and what a cut left between.
#[derive(Debug, Clone, Copy)]
struct Word {
    reads: Option<u64>,
    torn: Option<(Option<u64>, u64)>,
}

#[derive(Debug, Clone)]
struct Chip {
    words: Vec<[Word; DOUBLE_WORDS]>,
    random: Random,
    /// Operations until the power goes.
    left: Option<usize>,
    erases: [usize; PAGES],
    /// A page whose programming always fails.
    worn: Option<usize>,
}

/// The board's flash; survives the store that uses it.
#[derive(Debug, Clone)]
struct Memory(Rc<RefCell<Chip>>);

impl Memory {
    fn new(seed: u64) -> Self {
        let erased = Word {
            reads: Some(ERASED),
            torn: None,
        };
        Self(Rc::new(RefCell::new(Chip {
            words: vec![[erased; DOUBLE_WORDS]; PAGES],
            random: Random(seed | 1),
            left: None,
            erases: [0; PAGES],
            worn: None,
        })))
    }

    /// A copy that shares nothing and is torn in its own way.
    fn copy(&self, seed: u64) -> Self {
        let mut chip = self.0.borrow().clone();
        chip.random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Self(Rc::new(RefCell::new(chip)))
    }

    /// The power comes, and goes again during operation `cut`: what an earlier cut left between reads anew.
    fn power_up(&self, cut: Option<usize>) -> Store<Self> {
        let mut chip = self.0.borrow_mut();
        chip.left = cut;
        let Chip { words, random, .. } = &mut *chip;
        for word in words.iter_mut().flatten() {
            if let Some((old, new)) = word.torn {
                word.reads = match random.next() >> 60 {
                    0..4 => old,
                    4..8 => Some(new),
                    8..10 => Some(ERASED),
                    10..13 => Some(random.next()),
                    _ => None,
                };
            }
        }
        drop(chip);
        Store::open(self.clone())
    }

    fn was_cut(&self) -> bool {
        self.0.borrow().left == Some(0)
    }
}

impl Chip {
    /// Counts an operation; false when it is the one during which the power goes, or one after it.
    fn powered(&mut self) -> Result<bool, FlashError> {
        match &mut self.left {
            None => Ok(true),
            Some(0) => Err(FlashError),
            Some(left) => {
                *left -= 1;
                Ok(*left > 0)
            }
        }
    }
}

impl Flash for Memory {
    const PAGES: usize = PAGES;

    fn read(&self, page: usize, at: usize) -> Option<u64> {
        self.0.borrow().words[page][at].reads
    }

    fn program(&mut self, page: usize, at: usize, value: u64) -> Result<(), FlashError> {
        let mut chip = self.0.borrow_mut();
        let powered = chip.powered()?;
        let worn = chip.worn == Some(page);
        let word = &mut chip.words[page][at];
        if word.torn.is_some() || word.reads != Some(ERASED) {
            return Err(FlashError);
        }
        if !powered {
            word.torn = Some((word.reads, value));
            return Err(FlashError);
        }
        word.reads = if worn { None } else { Some(value) };
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashError> {
        let mut chip = self.0.borrow_mut();
        let powered = chip.powered()?;
        chip.erases[page] += 1;
        for word in &mut chip.words[page] {
            if powered {
                *word = Word {
                    reads: Some(ERASED),
                    torn: None,
                };
            } else {
                word.torn = Some((word.reads, ERASED));
            }
        }
        if powered { Ok(()) } else { Err(FlashError) }
    }
}

fn payload(number: u64) -> Payload {
    let mut random = Random(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    core::array::from_fn(|_| (random.next() >> 40) as u8)
}

/// What every kind was put last.
type Model = [Option<Payload>; KINDS.len()];

/// What a board that was just powered may find: one state, or several after a cut.
type Possible = Vec<Model>;

const NEW: Model = [None; KINDS.len()];

fn contents<F: Flash>(store: &Store<F>) -> Model {
    KINDS.map(|kind| store.get(kind))
}

/// From power-up to the last of `numbers`, which are put in turn, the charge most often, or to the cut: true if there was one.
fn session(
    memory: &Memory,
    cut: Option<usize>,
    numbers: Range<u64>,
    possible: &mut Possible,
) -> bool {
    let mut store = memory.power_up(cut);
    let mut model = contents(&store);
    assert!(possible.contains(&model), "found {model:?} of {possible:?}");
    for number in numbers {
        let at = if number.is_multiple_of(5) {
            (number / 5) as usize % KINDS.len()
        } else {
            2
        };
        model[at] = Some(payload(number));
        let result = store.put(KINDS[at], &payload(number));
        if memory.was_cut() {
            assert_eq!(result, Err(FlashError));
            possible.push(model);
            return true;
        }
        result.expect("a whole memory takes everything");
        *possible = vec![model];
    }
    false
}

/// Enough for every page to have its turn, and the first one a second.
const MANY: u64 = (PAGES as u64 + 1) * RECORDS as u64;

#[test]
fn a_new_board_has_nothing_and_keeps_what_it_is_given() {
    let memory = Memory::new(1);
    let mut possible = vec![NEW];
    for numbers in [0..1, 1..2, 2..MANY, MANY..MANY + 1, 0..0] {
        assert!(!session(&memory, None, numbers, &mut possible));
    }
}

#[test]
fn all_pages_wear_alike() {
    let memory = Memory::new(1);
    session(&memory, None, 0..10 * MANY, &mut vec![NEW]);
    let erases = memory.0.borrow().erases;
    let most = erases.iter().max().expect("there are pages");
    assert!(erases.iter().all(|count| most - count <= 1), "{erases:?}");
    let fewest_records = (RECORDS - KINDS.len() + 1) as u64;
    assert!(erases.iter().sum::<usize>() as u64 <= 10 * MANY / fewest_records + 1);
}

#[test]
fn a_worn_page_is_passed_over() {
    let memory = Memory::new(1);
    memory.0.borrow_mut().worn = Some(2);
    let mut possible = vec![NEW];
    for start in 0..10 {
        session(
            &memory,
            None,
            start * MANY..(start + 1) * MANY,
            &mut possible,
        );
    }
}

/// The power goes during operation 1, 2, 3 … of a round through all pages, and again during every operation of the first
/// write after that: nothing that was stored is lost, however what is left reads at every later power-up.
#[test]
fn a_cut_at_any_operation_and_a_second_one_lose_nothing() {
    let fresh = Memory::new(1);
    for first in 1.. {
        let memory = fresh.copy(first as u64);
        let mut possible = vec![NEW];
        if !session(&memory, Some(first), 0..MANY, &mut possible) {
            assert!(first > RECORD * MANY as usize, "every operation was cut");
            return;
        }
        for second in 1.. {
            let memory = memory.copy((first * 1000 + second) as u64);
            let mut possible = possible.clone();
            let cut = session(&memory, Some(second), MANY..MANY + 1, &mut possible);
            for later in 1..4 {
                session(&memory, None, 0..0, &mut possible);
                let numbers = MANY + later..MANY + 2 * later;
                session(&memory, None, numbers, &mut possible);
            }
            if !cut {
                break;
            }
        }
    }
}

proptest! {
    /// Any sessions, three of them cut anywhere.
    #[test]
    fn any_sequence_agrees_with_the_model(
        seed: u64,
        sessions in prop::collection::vec((0u64..150, prop::option::of(1usize..400)), 1..12),
    ) {
        let memory = Memory::new(seed);
        let mut possible = vec![NEW];
        let mut cuts = 3;
        let mut number = 0;
        for (puts, cut) in sessions {
            let cut = cut.filter(|_| cuts > 0);
            cuts -= usize::from(session(&memory, cut, number..number + puts, &mut possible));
            number += puts;
        }
        session(&memory, None, 0..0, &mut possible);
    }
}
