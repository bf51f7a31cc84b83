//! The rules of the flash controller.

use super::*;
use crate::memory::BusFault;

const FLASH: u32 = 0x4002_2000;
const KEYR: u32 = FLASH + 0x08;
const OPTKEYR: u32 = FLASH + 0x0C;
const SR: u32 = FLASH + 0x10;
const CR: u32 = FLASH + 0x14;
const ECCR: u32 = FLASH + 0x18;
const OPTR: u32 = FLASH + 0x20;

const PG: u32 = 1;
const PER: u32 = 1 << 1;
const MER1: u32 = 1 << 2;
const STRT: u32 = 1 << 16;
const EOPIE: u32 = 1 << 24;
const LOCK: u32 = 1 << 31;

const BSY1: u32 = 1 << 16;
const CFGBSY: u32 = 1 << 18;
const EOP: u32 = 1;
const PROGERR: u32 = 1 << 3;
const PGAERR: u32 = 1 << 5;
const SIZERR: u32 = 1 << 6;
const PGSERR: u32 = 1 << 7;

impl Bench {
    fn program(&mut self, offset: u32, width: Width, value: u32) {
        self.with(|periph, cx| periph.flash_write(cx, offset, width, value));
    }

    fn program_double(&mut self, offset: u32, value: u64) {
        self.program(offset, Width::Word, value as u32);
        self.program(offset + 4, Width::Word, (value >> 32) as u32);
    }

    fn wait_while_busy(&mut self) -> Time {
        let from = self.now;
        while self.read(SR) & BSY1 != 0 {
            let next = self.periph.next_event();
            self.run_until(next);
        }
        self.now - from
    }
}

fn unlocked() -> Bench {
    let mut bench = Bench::new();
    bench.write(KEYR, 0x4567_0123);
    bench.write(KEYR, 0xCDEF_89AB);
    assert_eq!(bench.read(CR) & LOCK, 0);
    bench
}

#[test]
fn a_double_word_takes_85_us_and_stays() {
    let mut bench = unlocked();
    bench.write(CR, PG);
    bench.program(0x100, Width::Word, 0x1234_5678);
    assert_eq!(bench.read(SR), CFGBSY);
    bench.program(0x104, Width::Word, 0x9ABC_DEF0);
    assert_eq!(bench.read(SR), CFGBSY | BSY1);
    assert_eq!(
        bench.periph.flash_busy_until(),
        bench.now + Time::from_us(85)
    );
    assert_eq!(bench.wait_while_busy(), Time::from_us(85));
    assert_eq!(bench.read(SR), 0, "EOP only with EOPIE");
    assert_eq!(bench.flash.double_word(0x100), 0x9ABC_DEF0_1234_5678);
    bench.assert_clean();
}

#[test]
fn eop_comes_with_eopie_and_raises_the_interrupt() {
    let mut bench = unlocked();
    bench.write(CR, PG | EOPIE);
    bench.program_double(0, 1);
    bench.wait_while_busy();
    assert_eq!(bench.read(SR), EOP);
    assert!(bench.irq_is_high(3));
    bench.write(SR, EOP);
    assert_eq!(bench.read(SR), 0);
    assert!(!bench.irq_is_high(3));
}

#[test]
fn a_page_erase_takes_22_ms_and_erases_2_kib() {
    let mut bench = unlocked();
    bench.write(CR, PG);
    for offset in [0x7F8, 0x800, 0xFF8, 0x1000] {
        bench.program_double(offset, 0);
        bench.wait_while_busy();
    }
    bench.write(CR, PER | 1 << 3);
    bench.write(CR, PER | 1 << 3 | STRT);
    assert_eq!(bench.wait_while_busy(), Time::from_us(22_000));
    let contents = [0x7F8, 0x800, 0xFF8, 0x1000].map(|offset| bench.flash.double_word(offset));
    assert_eq!(contents, [0, u64::MAX, u64::MAX, 0]);
}

#[test]
fn a_mass_erase_erases_everything() {
    let mut bench = unlocked();
    bench.write(CR, PG);
    bench.program_double(0xFFF8, 0);
    bench.wait_while_busy();
    bench.write(CR, MER1);
    bench.write(CR, MER1 | STRT);
    assert_eq!(bench.wait_while_busy(), Time::from_us(22_100));
    assert_eq!(bench.flash.double_word(0xFFF8), u64::MAX);
}

#[test]
fn without_unlocking_nothing_is_programmed() {
    let mut bench = Bench::new();
    bench.write(CR, PG);
    assert_eq!(bench.read(CR), 0xC000_0000);
    bench.program_double(0, 0);
    assert_eq!(bench.read(SR), PGSERR);
    assert_eq!(bench.flash.double_word(0), u64::MAX);
    assert!(matches!(
        bench.findings()[..],
        [FindingKind::Misuse {
            peripheral: "FLASH",
            ..
        }]
    ));
}

#[test]
fn a_wrong_key_is_a_bus_error_and_locks_until_reset() {
    let mut bench = Bench::new();
    let wrong =
        |bench: &mut Bench, key| bench.with(|periph, cx| periph.write(cx, KEYR, Width::Word, key));
    assert_eq!(wrong(&mut bench, 0x1234), Err(BusFault { addr: KEYR }));
    assert!(wrong(&mut bench, 0x4567_0123).is_err());
    bench.with(|periph, cx| periph.reset(cx, ResetCause::Software));
    assert_eq!(wrong(&mut bench, 0x4567_0123), Ok(()));
    assert_eq!(wrong(&mut bench, 0xCDEF_89AB), Ok(()));
    assert_eq!(bench.read(CR) & LOCK, 0);
}

#[test]
fn option_keys_need_the_first_lock_open() {
    let mut bench = unlocked();
    bench.write(OPTKEYR, 0x0819_2A3B);
    bench.write(OPTKEYR, 0x4C5D_6E7F);
    assert_eq!(bench.read(CR) >> 30, 0);
    bench.write(CR, LOCK);
    assert_eq!(bench.read(CR) >> 30 & 2, 2);
    assert_eq!(bench.read(OPTR), 0xFFFF_FEAA);
}

#[test]
fn what_is_not_erased_takes_only_zeros() {
    let mut bench = unlocked();
    bench.write(CR, PG);
    bench.program_double(8, 0x1111);
    bench.wait_while_busy();
    bench.program_double(8, 0x0011);
    assert_eq!(bench.read(SR), PROGERR);
    assert_eq!(bench.flash.double_word(8), 0x1111);
    // The pending error refuses even a correct program.
    bench.program_double(16, 5);
    assert_eq!(bench.read(SR), PROGERR | PGSERR);
    assert_eq!(bench.flash.double_word(16), u64::MAX);
    bench.write(SR, PROGERR | PGSERR);
    bench.program_double(8, 0);
    bench.wait_while_busy();
    assert_eq!(bench.flash.double_word(8), 0);
}

#[test]
fn narrow_misaligned_and_torn_writes_have_their_flags() {
    let cases: [(&[(u32, Width)], u32); 4] = [
        (&[(0, Width::Byte)], SIZERR),
        (&[(0, Width::Half)], SIZERR),
        (&[(4, Width::Word)], PGAERR),
        (&[(0, Width::Word), (12, Width::Word)], PGAERR),
    ];
    for (writes, flag) in cases {
        let mut bench = unlocked();
        bench.write(CR, PG);
        for &(offset, width) in writes {
            bench.program(offset, width, 0);
        }
        assert_eq!(bench.read(SR), flag, "{writes:?}");
        assert_eq!(bench.flash.double_word(0), u64::MAX);
    }
}

#[test]
fn erasing_asks_for_one_mode_no_error_and_an_existing_page() {
    for cr in [PER | PG, PER | MER1, PER | 32 << 3, 0] {
        let mut bench = unlocked();
        bench.write(CR, cr | STRT);
        assert_eq!(bench.read(SR), PGSERR, "{cr:#x}");
    }
}

#[test]
fn empty_is_looked_at_when_the_options_are_loaded() {
    let mut bench = Bench::new();
    assert_eq!(bench.read(FLASH), 0x0005_0600);
    bench.flash.program(0, 0x0800_0101_2000_1000);
    bench.with(|periph, cx| periph.reset(cx, ResetCause::Software));
    assert_eq!(bench.read(FLASH), 0x0005_0600);
    bench.with(|periph, cx| periph.reset(cx, ResetCause::PowerOn));
    assert_eq!(bench.read(FLASH), 0x0004_0600);
}

/// What is in each double word of page 1 of a chip that held `before` in all of them.
fn after_cut(bench: &mut Bench, cut: impl FnOnce(&mut Bench)) -> Vec<(u64, bool)> {
    cut(bench);
    let words = (0x800..0x1000).step_by(8);
    words
        .map(|at| (bench.flash.double_word(at), bench.flash.is_torn(at)))
        .collect()
}

fn erasing(us: u64) -> Bench {
    let mut bench = unlocked();
    for offset in (0x800..0x1000).step_by(8) {
        bench.flash.program(offset, 0x1122_3344_5566_7788);
    }
    bench.write(CR, PER | 1 << 3 | STRT);
    bench.run_for(Time::from_us(us));
    bench
}

fn lose_supply(bench: &mut Bench) {
    bench.with(|periph, cx| periph.power_off(cx));
}

fn reset(bench: &mut Bench) {
    bench.with(|periph, cx| periph.reset(cx, ResetCause::Pin));
}

#[test]
fn contents_change_at_the_end_of_an_operation() {
    let mut bench = erasing(21_999);
    assert_eq!(bench.flash.double_word(0x800), 0x1122_3344_5566_7788);
    bench.wait_while_busy();
    assert_eq!(bench.flash.double_word(0x800), u64::MAX);
    bench.write(CR, PG);
    bench.program_double(0x800, 5);
    assert_eq!(bench.flash.double_word(0x800), u64::MAX);
    bench.wait_while_busy();
    assert_eq!(bench.flash.double_word(0x800), 5);
}

#[test]
fn an_erase_that_is_cut_leaves_old_new_and_torn_double_words() {
    for cut in [lose_supply, reset] {
        let words = after_cut(&mut erasing(7_000), cut);
        let count = |wanted: (u64, bool)| words.iter().filter(|word| **word == wanted).count();
        let (old, new) = (
            count((0x1122_3344_5566_7788, false)),
            count((u64::MAX, false)),
        );
        let torn = words.iter().filter(|(_, torn)| *torn).count();
        assert_eq!(old + new + torn, 256, "a double word is old, new or torn");
        assert!(old > 30 && new > 30 && torn > 90, "{old} {new} {torn}");
        let kept = words
            .iter()
            .all(|(word, _)| word & 0x1122_3344_5566_7788 == 0x1122_3344_5566_7788);
        assert!(kept, "erasing sets bits and clears none");
        assert_eq!(words, after_cut(&mut erasing(7_000), cut), "the same cut");
        assert_ne!(words, after_cut(&mut erasing(8_000), cut), "another one");
    }
}

#[test]
fn a_double_word_that_is_cut_is_old_new_or_torn() {
    let mut seen = [0; 3];
    for n in 0..64 {
        let mut bench = unlocked();
        bench.run_for(Time::from_us(n));
        bench.write(CR, PG);
        bench.program_double(0x800, 0);
        bench.run_for(Time::from_us(n));
        lose_supply(&mut bench);
        let word = bench.flash.double_word(0x800);
        let kind = match bench.flash.is_torn(0x800) {
            true => 2,
            false if word == 0 => 1,
            false => {
                assert_eq!(word, u64::MAX);
                0
            }
        };
        seen[kind] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5), "{seen:?}");
}

#[test]
fn a_torn_double_word_is_told_until_it_is_erased() {
    let mut bench = unlocked();
    bench.flash.tear(0x1238, 7);
    bench.with(|periph, cx| periph.flash_unreadable(cx, 0x123C));
    assert!(std::mem::take(&mut bench.req.nmi));
    assert_eq!(bench.read(ECCR), (1 << 31) | (0x1238 / 8));
    bench.with(|periph, cx| periph.flash_unreadable(cx, 0x2000));
    assert_eq!(
        bench.read(ECCR),
        (1 << 31) | (0x1238 / 8),
        "the first is kept"
    );
    bench.write(ECCR, 1 << 31);
    assert_eq!(bench.read(ECCR) >> 31, 0);
    bench.write(CR, PER | 2 << 3 | STRT);
    bench.wait_while_busy();
    assert!(!bench.flash.is_torn(0x1238));
    assert!(!bench.flash.has_torn());
}
