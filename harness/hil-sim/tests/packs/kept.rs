//! What boards keep without power, and what an interrupted update leaves.

use std::collections::BTreeMap;

use hil_core::channel::{Channel, Signal};
use hil_core::ports::{Bench, Observations, Sample};
use hil_core::time::Time;
use hil_sim::{Role, VirtualBench, VirtualRig};

use crate::FLASHED;
use crate::common::{self, Probe, double_words, open};

/// Pages of the program (`firmware/BOARDS.md`).
const PAGE: u32 = 2048;

struct Pack {
    bench: VirtualBench,
    now_ms: u64,
}

impl Pack {
    fn new(bench: VirtualBench) -> Self {
        Self { bench, now_ms: 0 }
    }

    fn run(&mut self, ms: u64) -> Vec<Sample> {
        self.now_ms += ms;
        let mut out = Observations::default();
        self.bench
            .run_until(Time(self.now_ms * 1000), &[], &mut out)
            .expect("nothing can fail on this bench");
        out.samples
    }

    fn set(&mut self, signal: Signal, index: u16, value: f64) {
        self.bench
            .write(Channel::at(signal, index), value)
            .expect("inside the envelope");
    }

    fn show(&mut self, signal: Signal, index: u16) -> f64 {
        let reading = self.bench.read(Channel::at(signal, index));
        reading.expect("exists").value
    }

    fn power_cycle(&mut self) {
        for value in [0.0, 1.0] {
            (1..=4).for_each(|k| self.set(Signal::BoardPower, k, value));
            self.run(3_000);
        }
    }

    /// Holds the Begin board's button; how often its Info LED went on within the next two seconds.
    fn press(&mut self, ms: u64) -> usize {
        self.set(Signal::ButtonBegin, 0, 1.0);
        let led = Channel::at(Signal::LedInfo, 1);
        self.bench.observe(&[led]).expect("exists");
        let mut seen = self.run(ms);
        self.set(Signal::ButtonBegin, 0, 0.0);
        seen.append(&mut self.run(2_000));
        let lit = |sample: &&Sample| sample.channel == led && sample.value == 1.0;
        seen.iter().filter(lit).count()
    }

    /// What EXT OUT shows of sensor 1 at 10 A.
    fn ten_amperes(&mut self) -> f64 {
        self.set(Signal::SensorCurrent, 1, 10.0);
        self.run(4_000);
        self.show(Signal::ExtSensorCurrent, 1)
    }
}

#[test]
fn power_loss_costs_at_most_a_percent_and_no_energy() {
    let mut pack = Pack::new(open(&FLASHED, 4, 1));
    pack.run(20_000);
    pack.set(Signal::PackCurrent, 0, -200.0);
    for _ in 0..3 {
        pack.run(100_000);
        let before = pack.show(Signal::ExtSoc, 0);
        let consumed = pack.show(Signal::ExtEnergyConsumedToday, 0);
        assert!(consumed > 70.0, "{consumed}");
        pack.power_cycle();
        let after = pack.show(Signal::ExtSoc, 0);
        assert!((after - before).abs() <= 1.0, "{before} % became {after} %");
        let left = pack.show(Signal::ExtEnergyConsumedToday, 0) / consumed;
        assert!((0.9..=1.05).contains(&left), "{left} of {consumed} Wh");
    }
    assert!((32.0..=35.0).contains(&pack.show(Signal::ExtSoc, 0)));
}

/// The End board loses its supply again and again, somewhere before, in or after the 25 ms in which it writes: it then finds the
/// last record or the one before, torn double words and all, never an older one or none.
#[test]
fn a_cut_while_the_charge_is_written_loses_no_more_than_that_record() {
    let mut pack = Pack::new(open(&FLASHED, 4, 1));
    let frames = Channel::plain(Signal::ExtFrame);
    pack.bench.observe(&[frames]).expect("exists");
    pack.set(Signal::PackCurrent, 0, -400.0);
    let (mut consumed, mut lost) = (0.0, 0);
    for cycle in 0..60 {
        let mut at = Vec::new();
        for _ in 0..200 {
            at.extend(pack.run(50).iter().map(|sample| sample.at.0 / 1000));
            if at.len() >= 5 {
                break;
            }
        }
        let before =
            core::mem::replace(&mut consumed, pack.show(Signal::ExtEnergyConsumedToday, 0));
        assert!(
            consumed >= before,
            "{before} Wh became {consumed} Wh, cycle {cycle}"
        );
        lost += u32::from(consumed == before);
        // At 0.11 % a second a record is due with the sixth picture, and written once the sixth frame is out.
        let sixth = at[4] + 1006;
        pack.run((sixth + cycle).saturating_sub(pack.now_ms));
        pack.set(Signal::BoardPower, 4, 0.0);
        pack.run(500);
        pack.set(Signal::BoardPower, 4, 1.0);
    }
    assert!(
        (10..50).contains(&lost),
        "some cuts came before the record was whole and some after: {lost}"
    );
}

#[test]
fn the_button_calibrates_zero_and_the_zero_is_kept() {
    let mut pack = Pack::new(open(&FLASHED, 4, 1));
    pack.run(10_000);
    assert!((pack.ten_amperes() - 10.0).abs() < 0.3);
    pack.set(Signal::SensorCurrent, 1, 1.5);
    assert!(pack.press(2_800) <= 6, "too short a press");
    assert!((pack.ten_amperes() - 10.0).abs() < 0.3);
    pack.set(Signal::SensorCurrent, 1, 1.5);
    assert!(
        pack.press(3_600) >= 10,
        "five blinks a second for two seconds"
    );
    assert!((pack.ten_amperes() - 8.5).abs() < 0.3);
    pack.power_cycle();
    assert!((pack.ten_amperes() - 8.5).abs() < 0.3);
    assert!(pack.press(5_000) <= 8, "a current flows");
    assert!((pack.ten_amperes() - 8.5).abs() < 0.3);
}

/// The contents of an image, by address.
type Words = BTreeMap<u32, [u8; 8]>;

/// What lies in flash when the update from `old` to `new` was cut after `pages`: everything was erased first, or page by page.
fn torn(old: &Words, new: &Words, pages: u32, page_by_page: bool) -> Words {
    let cut = 0x0800_0000 + pages * PAGE;
    let mut words: Words = new.range(..cut).map(|(at, word)| (*at, *word)).collect();
    if page_by_page {
        words.extend(old.range(cut..).map(|(at, word)| (*at, *word)));
    }
    words
}

/// A four-cell pack whose End board has this in its flash.
fn with_end(words: &Words) -> Pack {
    let rig = VirtualRig::start(3).expect("ports are free");
    for (k, address) in (1..).zip(rig.probes()) {
        let probe = &mut Probe::open(*address);
        match Role::of(k, 3) {
            Role::End => probe.program(words),
            role => probe.program(&double_words(&common::image(role.name()))),
        }
    }
    Pack::new(open(&rig.finish().expect("flashed"), 4, 1))
}

#[test]
fn an_update_cut_anywhere_leaves_the_relays_not_allowed_and_a_whole_one_shows_its_version() {
    let old = double_words(&common::image("end"));
    let new = double_words(&common::image("update/end"));
    let last = new.keys().last().expect("not empty") - 0x0800_0000;
    let pages = last / PAGE + 1;
    assert!(pages > 4);
    for cut in [0, 1, pages / 2, pages - 1, pages] {
        for page_by_page in [false, true] {
            let mut pack = with_end(&torn(&old, &new, cut, page_by_page));
            let whole = cut == pages || cut == 0 && page_by_page;
            pack.run(20_000);
            let seen = [Signal::RelayCharge, Signal::RelayLoad, Signal::ExtFrame];
            let alive = seen.map(|signal| pack.show(signal, 0) > 0.0);
            assert_eq!(alive, [whole; 3], "cut after page {cut} of {pages}");
        }
    }
    let mut pack = with_end(&new);
    pack.run(30_000);
    assert_eq!(pack.show(Signal::ExtKey, 7), 1.0);
}
