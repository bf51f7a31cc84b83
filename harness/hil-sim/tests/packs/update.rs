//! The End board gets its next firmware in a living pack, whole or only in part (`UPD-1`).

use hil_core::channel::{Channel, Signal};
use hil_core::ports::{Bench, Observations};
use hil_core::time::Time;
use hil_sim::VirtualBench;

use crate::FLASHED;
use crate::app::{ask, pass};
use crate::common::{open, set, show};
use crate::settled;

/// Value of `board[k].update` for all pages and no cut.
const WHOLE: f64 = 32.0;
/// Pages of the image; the last may be short.
const PAGES: u64 = 16;
/// Patch level, key 7 of EXT OUT.
const PATCH: u16 = 7;

fn relays(bench: &mut VirtualBench) -> [f64; 2] {
    [Signal::RelayCharge, Signal::RelayLoad].map(|relay| show(bench, relay, 0))
}

#[test]
fn a_whole_update_brings_the_next_version_and_keeps_what_the_phone_set() {
    let mut bench = open(&FLASHED, 4, 1);
    assert_eq!(ask(&mut bench, "log-in"), "accepted");
    set(&mut bench, Signal::SettingVmin, 0, 2.8);
    assert_eq!(ask(&mut bench, "apply-settings"), "accepted");
    pass(&mut bench, 25_000);
    assert_eq!(show(&mut bench, Signal::ExtKey, PATCH), 0.0);
    assert_eq!(relays(&mut bench), [1.0, 1.0]);

    let infos: Vec<Channel> = (1..=4).map(|k| Channel::at(Signal::LedInfo, k)).collect();
    bench.observe(&infos).expect("exist");
    let began = bench.now();
    set(&mut bench, Signal::BoardUpdate, 4, WHOLE);
    let took = bench.now().since(began).0 / 1000;
    // Erasing 16 pages and programming 4 000 double words; the line needs about as long again.
    assert!(
        (16 * 22 + 4_000 * 85 / 1000..2_000).contains(&took),
        "{took} ms"
    );
    assert_eq!(relays(&mut bench), [0.0, 0.0], "as in every reset");
    let mut out = Observations::default();
    let now = bench.now();
    bench.run_until(now, &[], &mut out).expect("sound");
    assert!(out.samples.is_sorted_by_key(|sample| sample.at));
    let during = |k: usize| {
        let mut of = out.samples.iter();
        of.any(|s| s.channel == infos[k - 1] && s.at > began && s.at < now)
    };
    assert!(during(1) && during(3), "the others lived on");

    pass(&mut bench, 25_000);
    assert_eq!(show(&mut bench, Signal::ExtKey, PATCH), 1.0);
    assert_eq!(show(&mut bench, Signal::ExtVmin, 0), 2.8);
    assert_eq!(relays(&mut bench), [1.0, 1.0]);
}

#[test]
fn an_update_cut_at_any_page_leaves_the_relays_not_allowed_until_it_is_done_again() {
    for pages in 0..PAGES {
        let mut bench = settled();
        set(&mut bench, Signal::BoardUpdate, 4, pages as f64);
        let mut out = Observations::default();
        let relays = [Signal::RelayCharge, Signal::RelayLoad].map(Channel::plain);
        bench.observe(&relays).expect("exist");
        let until = Time(bench.now().0 + 30_000_000);
        bench.run_until(until, &[], &mut out).expect("sound");
        let allowed = out.samples.iter().any(|sample| sample.value != 0.0);
        assert!(!allowed, "{pages} pages: {:?}", out.samples);
        if pages % 5 == 0 {
            set(&mut bench, Signal::BoardUpdate, 4, WHOLE);
            pass(&mut bench, 25_000);
            assert_eq!(show(&mut bench, Signal::RelayLoad, 0), 1.0, "{pages} pages");
        }
    }
}

#[test]
fn a_cut_after_the_last_page_leaves_the_whole_next_version() {
    let mut bench = settled();
    set(&mut bench, Signal::BoardUpdate, 4, 31.0);
    pass(&mut bench, 25_000);
    assert_eq!(show(&mut bench, Signal::ExtKey, PATCH), 1.0);
    assert_eq!(relays(&mut bench), [1.0, 1.0]);
}

#[test]
fn a_board_without_supply_or_without_a_next_version_is_trouble_of_the_rig() {
    let mut bench = settled();
    let between = bench.write(Channel::at(Signal::BoardUpdate, 2), WHOLE);
    assert!(between.is_err(), "only End boards have a next version");
    set(&mut bench, Signal::BoardPower, 4, 0.0);
    let unpowered = bench.write(Channel::at(Signal::BoardUpdate, 4), WHOLE);
    assert!(unpowered.is_err(), "nobody answers the probe");
}
