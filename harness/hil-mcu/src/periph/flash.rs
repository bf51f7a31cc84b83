//! The flash controller (RM0444 §3.3.6 to §3.3.8, §3.7): who may erase and program, how long it
//! takes, the error flags, and what is left of an operation that is cut short.
//!
//! Contents change when an operation ends. One that loses its supply or is reset on the way leaves
//! each double word as it was, done, or torn: a mixture of both on which error correction fails
//! (§3.3.4, §3.3.6: "not guaranteed"). Which of them is drawn from the chip's identifier. Fast
//! programming, option-byte programming, write and readout protection are reported when asked for.

mod torn;

use super::cx::{Cx, ResetCause};
use crate::Time;
use crate::memory::{FLASH_PAGE, FLASH_SIZE, Width};

const IRQ: u8 = 3;

const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
const OPTION_KEYS: [u32; 2] = [0x0819_2A3B, 0x4C5D_6E7F];

const ACR_RESET: u32 = 0x0004_0600;
const ACR_EMPTY: u32 = 1 << 16;

const SR_EOP: u32 = 1;
const SR_OPERR: u32 = 1 << 1;
const SR_PROGERR: u32 = 1 << 3;
const SR_WRPERR: u32 = 1 << 4;
const SR_PGAERR: u32 = 1 << 5;
const SR_SIZERR: u32 = 1 << 6;
const SR_PGSERR: u32 = 1 << 7;
const SR_BSY1: u32 = 1 << 16;
const SR_CFGBSY: u32 = 1 << 18;
/// Errors that must be cleared before the next operation.
const SR_ERRORS: u32 =
    SR_OPERR | SR_PROGERR | SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_PGSERR | 0xC300;

/// FLASH_ECCR: the double word, the detection of two or more wrong bits, and the interrupt of one.
const ECCR_ADDRESS: u32 = 0x3FFF;
const ECCR_ECCCIE: u32 = 1 << 24;
const ECCR_ECCD: u32 = 1 << 31;

const CR_PG: u32 = 1;
const CR_PER: u32 = 1 << 1;
const CR_MER1: u32 = 1 << 2;
const CR_STRT: u32 = 1 << 16;
const CR_OPTSTRT: u32 = 1 << 17;
const CR_FSTPG: u32 = 1 << 18;
const CR_EOPIE: u32 = 1 << 24;
const CR_ERRIE: u32 = 1 << 25;
const CR_OBL_LAUNCH: u32 = 1 << 27;
const CR_OPTLOCK: u32 = 1 << 30;
const CR_LOCK: u32 = 1 << 31;
/// PG, PER, MER1, PNB, EOPIE, ERRIE, RDERRIE: bits that stay as written.
const CR_KEPT: u32 = 0x0700_03FF;

/// Factory option bytes: no protection, reset pin as NRST, no hardware watchdog (RM0444 §3.4.1).
pub(crate) const OPTR: u32 = 0xFFFF_FEAA;

/// Typical times (data sheet, flash memory characteristics).
const PROGRAM_TIME: Time = Time::from_us(85);
const PAGE_ERASE_TIME: Time = Time::from_us(22_000);
const MASS_ERASE_TIME: Time = Time::from_us(22_100);

/// How far a two-key sequence has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unlock {
    Idle,
    FirstKey,
    /// A wrong key: locked until the next reset.
    Refused,
}

/// The key was wrong: the chip answers with a bus error (RM0444 §3.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongKey;

/// What the array is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Program { offset: usize, value: u64 },
    ErasePage(usize),
    EraseAll,
}

/// The registers and the operation under way.
#[derive(Clone, Debug)]
pub(crate) struct FlashController {
    acr: u32,
    sr: u32,
    cr: u32,
    unlock: Unlock,
    option_unlock: Unlock,
    /// First word of a double word: its offset and value.
    first_word: Option<(u32, u32)>,
    busy_until: Time,
    running: Option<Operation>,
    eccr: u32,
    /// From which the state of a cut operation is drawn.
    identifier: u64,
}

impl FlashController {
    /// After reset; [`Self::load_options`] sets ACR.EMPTY.
    pub fn new([low, middle, high]: [u32; 3]) -> Self {
        let identifier = u64::from(low ^ high) << 32 | u64::from(middle);
        Self::of(identifier)
    }

    const fn of(identifier: u64) -> Self {
        Self {
            acr: ACR_RESET,
            sr: 0,
            cr: CR_LOCK | CR_OPTLOCK,
            unlock: Unlock::Idle,
            option_unlock: Unlock::Idle,
            first_word: None,
            busy_until: Time::ZERO,
            running: None,
            eccr: 0,
            identifier,
        }
    }

    /// Option loading, at power-on and OBL_LAUNCH, looks whether flash is empty (RM0444 §3.7.1).
    pub fn load_options(&mut self, first_double_word: u64) {
        let empty = first_double_word as u32 == u32::MAX;
        self.acr = self.acr & !ACR_EMPTY | if empty { ACR_EMPTY } else { 0 };
    }

    /// System reset: everything but EMPTY.
    pub fn reset(&mut self, cx: &mut Cx) {
        self.cut(cx);
        let empty = self.acr & ACR_EMPTY;
        *self = Self::of(self.identifier);
        self.acr |= empty;
        cx.irq.set(IRQ, false);
    }

    /// Until when the array cannot be read.
    pub fn busy_until(&self) -> Time {
        self.busy_until
    }

    /// When the operation under way ends.
    pub fn next_event(&self) -> Time {
        if self.running.is_some() {
            self.busy_until
        } else {
            Time::NEVER
        }
    }

    /// The operation under way has ended: EOP appears only with EOPIE (RM0444 §3.7.4).
    pub fn advance(&mut self, cx: &mut Cx) {
        if self.busy_until <= cx.now
            && let Some(operation) = self.running.take()
        {
            match operation {
                Operation::Program { offset, value } => cx.flash.program(offset, value),
                Operation::ErasePage(page) => {
                    cx.flash.erase_page(page);
                }
                Operation::EraseAll => cx.flash.erase_all(),
            }
            self.sr &= !(SR_BSY1 | SR_CFGBSY);
            if self.cr & CR_EOPIE != 0 {
                self.sr |= SR_EOP;
            }
            self.update_irq(cx);
        }
    }

    fn update_irq(&mut self, cx: &mut Cx) {
        let error = self.cr & CR_ERRIE != 0 && self.sr & SR_OPERR != 0;
        let end = self.cr & CR_EOPIE != 0 && self.sr & SR_EOP != 0;
        cx.irq.set(IRQ, error || end);
    }

    fn fail(&mut self, cx: &mut Cx, flag: u32) {
        self.sr |= flag;
        if self.cr & CR_ERRIE != 0 {
            self.sr |= SR_OPERR;
        }
        self.update_irq(cx);
    }

    /// The supply is lost, or a reset comes, while an operation may be under way.
    pub fn cut(&mut self, cx: &mut Cx) {
        let Some(operation) = self.running.take() else {
            return;
        };
        let cut_at = torn::mix(self.identifier ^ cx.now.0);
        match operation {
            Operation::Program { offset, value } => torn::tear(cx.flash, cut_at, offset, value),
            Operation::ErasePage(page) => torn::tear_page(cx.flash, cut_at, page),
            Operation::EraseAll => {
                (0..FLASH_SIZE / FLASH_PAGE)
                    .for_each(|page| torn::tear_page(cx.flash, cut_at, page));
            }
        }
    }

    /// A double word was read on which error correction fails: the first is kept (RM0444 §3.7.6).
    pub fn unreadable(&mut self, cx: &mut Cx, offset: u32) {
        if self.eccr & ECCR_ECCD == 0 {
            self.eccr = self.eccr & !ECCR_ADDRESS | (offset / 8) | ECCR_ECCD;
        }
        cx.req.nmi = true;
    }

    fn start(&mut self, now: Time, operation: Operation, duration: Time) {
        self.running = Some(operation);
        self.busy_until = now + duration;
        self.sr |= SR_BSY1;
    }

    /// FLASH_ACR.LATENCY: wait states of an access.
    pub fn wait_states(&self) -> u32 {
        self.acr & 7
    }

    /// A register, by its offset.
    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0x00 => self.acr,
            0x08 | 0x0C => 0,
            0x10 => self.sr,
            0x14 => self.cr,
            0x18 => self.eccr,
            0x20 => OPTR,
            // No proprietary-code, write or securable areas: start above end.
            0x24 | 0x34 => 0xFF,
            0x28 | 0x38 => 0,
            0x2C | 0x30 => 0x3F,
            0x80 => 0,
            _ => return None,
        })
    }

    /// Writes a register; `Ok(false)` if there is none.
    ///
    /// # Errors
    /// A wrong key.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32) -> Result<bool, WrongKey> {
        match offset {
            0x00 => self.acr = value & 0x0005_0707,
            0x08 if self.cr & CR_LOCK == 0 => cx.misuse("FLASH", "KEYR written while unlocked"),
            0x08 => {
                if key_step(&mut self.unlock, value, KEYS)? {
                    self.cr &= !CR_LOCK;
                }
            }
            0x0C if self.cr & CR_LOCK != 0 => {
                cx.misuse("FLASH", "OPTKEYR written while FLASH_CR is locked");
            }
            0x0C => {
                if key_step(&mut self.option_unlock, value, OPTION_KEYS)? {
                    self.cr &= !CR_OPTLOCK;
                }
            }
            0x10 => {
                self.sr &= !(value & (SR_ERRORS | SR_EOP));
                self.update_irq(cx);
            }
            0x14 => self.write_cr(cx, value),
            0x18 => {
                self.eccr = self.eccr & !(value & ECCR_ECCD) & !ECCR_ECCCIE | value & ECCR_ECCCIE;
            }
            0x20..=0x38 | 0x80 => cx.unmodelled_mode("FLASH", "changing option bytes"),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write_cr(&mut self, cx: &mut Cx, value: u32) {
        if self.cr & CR_LOCK != 0 {
            if value & !CR_LOCK & !CR_OPTLOCK != 0 {
                cx.misuse("FLASH", "CR written while it is locked: ignored");
            }
            return;
        }
        if self.running.is_some() {
            cx.misuse("FLASH", "CR written while BSY1 = 1");
        }
        if value & CR_FSTPG != 0 {
            cx.unmodelled_mode("FLASH", "fast programming (FSTPG)");
        }
        let locks = self.cr & CR_OPTLOCK | value & (CR_LOCK | CR_OPTLOCK);
        self.cr = value & CR_KEPT | locks;
        if value & CR_LOCK != 0 {
            self.unlock = Unlock::Idle;
        }
        if self.cr & CR_PG == 0 {
            self.first_word = None;
        }
        if value & (CR_OPTSTRT | CR_OBL_LAUNCH) != 0 {
            self.option_operation(cx, value);
        }
        if value & CR_STRT != 0 {
            self.erase(cx);
        }
        self.update_irq(cx);
    }

    fn option_operation(&mut self, cx: &mut Cx, value: u32) {
        if self.cr & CR_OPTLOCK != 0 {
            cx.misuse("FLASH", "option operation while OPTLOCK = 1: ignored");
        } else if value & CR_OBL_LAUNCH != 0 {
            cx.req.reset = Some(ResetCause::OptionBytes);
        } else {
            cx.unmodelled_mode("FLASH", "programming option bytes (OPTSTRT)");
        }
    }

    fn erase(&mut self, cx: &mut Cx) {
        let page = (self.cr >> 3 & 0x7F) as usize;
        match self.cr & (CR_PG | CR_PER | CR_MER1) {
            _ if self.sr & SR_ERRORS != 0 || self.running.is_some() => self.fail(cx, SR_PGSERR),
            CR_PER if page < FLASH_SIZE / FLASH_PAGE => {
                self.start(cx.now, Operation::ErasePage(page), PAGE_ERASE_TIME);
            }
            CR_MER1 => {
                self.start(cx.now, Operation::EraseAll, MASS_ERASE_TIME);
            }
            _ => self.fail(cx, SR_PGSERR),
        }
    }

    /// A write into main flash (RM0444 §3.3.8): two words make a double word.
    pub fn program(&mut self, cx: &mut Cx, offset: u32, width: Width, value: u32) {
        if self.cr & CR_PG == 0 || self.sr & SR_ERRORS != 0 || self.running.is_some() {
            return self.fail(cx, SR_PGSERR);
        }
        if width != Width::Word {
            self.first_word = None;
            return self.fail(cx, SR_SIZERR);
        }
        match self.first_word.take() {
            None if offset.is_multiple_of(8) => {
                self.first_word = Some((offset, value));
                self.sr |= SR_CFGBSY;
            }
            Some((first, low)) if offset == first + 4 => {
                self.program_double_word(cx, first, u64::from(value) << 32 | u64::from(low));
            }
            _ => {
                self.sr &= !SR_CFGBSY;
                self.fail(cx, SR_PGAERR);
            }
        }
    }

    fn program_double_word(&mut self, cx: &mut Cx, offset: u32, value: u64) {
        let offset = offset as usize;
        if cx.flash.double_word(offset) != u64::MAX && value != 0 {
            self.sr &= !SR_CFGBSY;
            return self.fail(cx, SR_PROGERR);
        }
        self.start(cx.now, Operation::Program { offset, value }, PROGRAM_TIME);
    }
}

/// One key of a sequence: true when it is complete.
fn key_step(state: &mut Unlock, value: u32, keys: [u32; 2]) -> Result<bool, WrongKey> {
    match *state {
        Unlock::Idle if value == keys[0] => {
            *state = Unlock::FirstKey;
            Ok(false)
        }
        Unlock::FirstKey if value == keys[1] => {
            *state = Unlock::Idle;
            Ok(true)
        }
        _ => {
            *state = Unlock::Refused;
            Err(WrongKey)
        }
    }
}
